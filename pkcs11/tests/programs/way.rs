//! How the module in a program reaches the cluster.

use std::path::Path;

use crate::common::server::Server;

/// A way to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The module opens the state directory itself.
    Directory,
    /// The module is the client of a server.
    Network,
}

impl Way {
    /// The server that it needs over a state directory.
    pub(crate) fn server(self, state: &Path) -> Option<Server> {
        match self {
            Self::Directory => None,
            Self::Network => Some(Server::start(state)),
        }
    }
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

        mod network {
            $(mod $personality {
                use crate::token::Token;
                use crate::way::Way;

                $(#[test]
                fn $case() {
                    super::super::$case(&Token::$personality(Way::Network));
                })+
            })+
        }
    };
}
pub(crate) use each_way;
