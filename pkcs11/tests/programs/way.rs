//! How the module in a program reaches the cluster.

/// A way to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The module opens the state directory itself.
    Directory,
}

/// Makes a test of each way and personality out of functions that take a token.
macro_rules! each_way {
    ($($personality:ident: $($case:ident),+;)+) => {
        mod directory {
            $(mod $personality {
                use crate::token::Token;
                use crate::way::Way;

                $(#[test]
                fn $case() {
                    super::super::$case(&Token::$personality(Way::Directory));
                })+
            })+
        }
    };
}
pub(crate) use each_way;
