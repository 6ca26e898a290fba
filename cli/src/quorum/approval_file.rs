//! The approval file of the older tools: which tokens, and whose signatures under them (documented).

use std::path::{Path, PathBuf};
use std::{fs, io};

use hsm_sim::quorum::Approval;
use hsm_sim::user::LoginType;

use crate::failure::Failure;

/// What the approvers signed, and their signatures.
pub(crate) fn read(file: &Path) -> Result<(Vec<u8>, Vec<Approval>), Failure> {
    let form = Form::parse(&fs::read_to_string(file).map_err(|error| unreadable(file, &error))?)?;
    let signed = fs::read(&form.token).map_err(|error| unreadable(&form.token, &error))?;
    let approvals = form.approvers.into_iter().map(|approver| {
        let Approver { login_type, name, signature } = approver;
        let signature = fs::read(&signature).map_err(|error| unreadable(&signature, &error))?;
        Ok(Approval { login_type, name, signature })
    });
    Ok((signed, approvals.collect::<Result<_, Failure>>()?))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}

/// What an approval file says: lines `name = value;`, and comments from `#` to the end of the line (documented).
#[derive(Debug, PartialEq, Eq)]
struct Form {
    /// The file of the tokens.
    token: PathBuf,
    approvers: Vec<Approver>,
}

#[derive(Debug, PartialEq, Eq)]
struct Approver {
    login_type: LoginType,
    name: String,
    /// The file of the signature.
    signature: PathBuf,
}

impl Form {
    fn parse(text: &str) -> Result<Self, Failure> {
        let mut fields = text.lines().filter_map(|line| {
            let line = line.split('#').next().unwrap_or_default().trim();
            let (name, value) = line.strip_suffix(';')?.split_once('=')?;
            Some((name.trim(), value.trim()))
        });
        let mut take = |wanted: &str| match fields.next() {
            Some((name, value)) if name == wanted => Ok(value),
            _ => Err(Failure::new(format!("the approval file lacks the line '{wanted} = …;'"))),
        };
        let (many, one) = (take("Multi Token File Path")?, take("Token File Path")?);
        let token = PathBuf::from(if many.is_empty() { one } else { many });
        let count = take("Number of Approvals")?;
        let count: usize = count.parse().map_err(|_| Failure::new("the number of approvals is none"))?;
        let mut approvers = Vec::new();
        for _ in 0..count {
            approvers.push(Approver {
                login_type: match take("Approver Type")? {
                    "1" => LoginType::Cu,
                    "2" => LoginType::Co,
                    _ => return Err(Failure::new("an approver's type is 2 for CO or 1 for CU")),
                },
                name: take("Approver Name")?.to_owned(),
                signature: take("Approval File")?.into(),
            });
        }
        Ok(Self { token, approvers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTED: &str = "\
# For \"Multi Token File Path\", type the path to the file that contains
# the token.
Multi Token File Path = officer1.token;
Token File Path = ;

# Total number of approvals
Number of Approvals = 2;

# Approver 1
Approver Type = 2; # 2 for CO, 1 for CU
Approver Name = officer1;
Approval File = officer1.token.sig1;

# Approver 2
Approver Type = 1; # 2 for CO, 1 for CU
Approver Name = officer2;
Approval File = officer1.token.sig2;
";

    #[test]
    fn the_documented_file() {
        let approver = |login_type, name: &str, signature: &str| Approver {
            login_type,
            name: name.to_owned(),
            signature: signature.into(),
        };
        let expected = Form {
            token: "officer1.token".into(),
            approvers: vec![
                approver(LoginType::Co, "officer1", "officer1.token.sig1"),
                approver(LoginType::Cu, "officer2", "officer1.token.sig2"),
            ],
        };
        assert_eq!(Form::parse(DOCUMENTED), Ok(expected));
        let alone = DOCUMENTED
            .replace("Path = officer1.token", "Path = ")
            .replace("\nToken File Path = ", "\nToken File Path = one");
        assert_eq!(Form::parse(&alone).unwrap().token, PathBuf::from("one"));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (from, to, message) in [
            ("Token File Path = ;", "", "the approval file lacks the line 'Token File Path = …;'"),
            ("= 2;\n\n#", "= two;\n\n#", "the number of approvals is none"),
            ("Approvals = 2", "Approvals = 3", "the approval file lacks the line 'Approver Type = …;'"),
            ("Type = 1", "Type = 3", "an approver's type is 2 for CO or 1 for CU"),
        ] {
            let error = Form::parse(&DOCUMENTED.replace(from, to)).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}
