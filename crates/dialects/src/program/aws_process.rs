//! `credential_process` of AWS SDKs: a program that prints credentials of a role, version 1. An SDK shows standard error if the program
//! fails.

use abide_wire::AwsCredentials;

use crate::call::{Call, Input, Next, Output, Program};
use crate::dialect::{Dialect, Kind, Target};
use crate::json::Object;
use crate::time::rfc3339;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "aws-process",
    title: "AWS SDKs and the AWS CLI, by a program",
    kind: Kind::Program,
    sets: &[],
    instead: &[],
    target: Target::Session,
    example: "aws configure set credential_process \"abide credential --format aws-process --account work --role \
              arn:aws:iam::123456789012:role/dev\"",
    page: "aws",
};

/// Its calls.
pub static PROGRAM: Program = Program {
    format: "aws-process",
    link: None,
    input: Input::Nothing,
    server: None,
    read,
    write: |_, _| Output::text("").exit(1),
    nothing: |_| Output::text("").exit(1),
    refuse: |_, why| Output::text("").tell(why.sentence).exit(why.exit),
};

fn read(_: &Call<'_>) -> Next {
    Next::AwsCredentials(credentials)
}

fn credentials(credentials: &AwsCredentials) -> Output {
    let whole = Object::with_room_for_text(credentials.session_token.expose())
        .number("Version", 1)
        .text("AccessKeyId", &credentials.access_key_id)
        .text("SecretAccessKey", credentials.secret_access_key.expose())
        .text("SessionToken", credentials.session_token.expose())
        .text("Expiration", &rfc3339(credentials.expires_at));
    Output::line(whole.end())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use abide_wire::AwsSecret;

    use super::*;
    use crate::call::Ask;
    use crate::call::testing::{read, refused, text};

    #[test]
    fn credentials_are_printed_in_version_one() {
        let Next::AwsCredentials(write) = read(&PROGRAM, &[], "") else { panic!("no credentials") };
        let answer = write(&AwsCredentials {
            access_key_id: "ASIA1".to_owned(),
            secret_access_key: AwsSecret::new("s".to_owned()),
            session_token: AwsSecret::new("t".to_owned()),
            expires_at: 1_900_000_000,
        });
        let expected = "{\"Version\":1,\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\
                        \"Expiration\":\"2030-03-17T17:46:40Z\"}\n";
        assert_eq!(text(&answer), (expected.to_owned(), 0));
    }

    #[test]
    fn the_sdk_shows_what_to_do() {
        let output = refused(&PROGRAM, &Ask::default());
        assert_eq!((text(&output), output.err.contains("abide login")), ((String::new(), 3), true));
    }
}
