//! The credentials of an AWS container: `GET $AWS_CONTAINER_CREDENTIALS_FULL_URI` with the content of
//! `$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` as the header `Authorization`.
//!
//! botocore shows the body of an answer that is not 200, after three attempts; the SDKs for JavaScript and Go read `Code` and
//! `Message` out of it. An SDK refuses a file with a line break.

use abide_wire::AwsCredentials;

use crate::dialect::{Dialect, Instead, Kind, Target, Value, Variable};
use crate::exchange::{Answer, Http, IsKey, Refusal, Request, Wanted};
use crate::json::Object;
use crate::time::rfc3339;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "aws-container",
    title: "AWS SDKs, by the credentials of a container",
    kind: Kind::Http(&HTTP),
    sets: &[
        Variable { name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", value: Value::Url(PATH) },
        Variable { name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", value: Value::KeyFile },
        Variable { name: "AWS_ROLE_ARN", value: Value::Given },
    ],
    instead: INSTEAD,
    target: Target::Session,
    example: "AWS_ROLE_ARN=arn:aws:iam::123456789012:role/dev abide run --dialect aws-container -- node app.js",
    page: "aws",
};

/// What an SDK uses before the credentials of a container. Some SDKs use the same before a web identity.
pub(crate) const INSTEAD: &[Instead] = &[
    Instead::Variable("AWS_ACCESS_KEY_ID"),
    Instead::Variable("AWS_SECRET_ACCESS_KEY"),
    Instead::Variable("AWS_SESSION_TOKEN"),
    Instead::Variable("AWS_SECURITY_TOKEN"),
    // With a named profile, botocore ignores the web identity in the environment.
    Instead::Variable("AWS_PROFILE"),
    Instead::Variable("AWS_DEFAULT_PROFILE"),
    Instead::Variable("AWS_WEB_IDENTITY_TOKEN_FILE"),
    // Each of these is taken before the address in full, or before the file with the key.
    Instead::Variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    Instead::Variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    Instead::Section {
        file: ".aws/credentials",
        moved_by: "AWS_SHARED_CREDENTIALS_FILE",
        section: "default",
        keys: &[],
    },
    // The file also has the region, so it is set aside only if it has credentials.
    Instead::Section {
        file: ".aws/config",
        moved_by: "AWS_CONFIG_FILE",
        section: "default",
        keys: &[
            "aws_access_key_id",
            "credential_process",
            "login_session",
            "role_arn",
            "sso_account_id",
            "sso_session",
            "web_identity_token_file",
        ],
    },
];

const PATH: &str = "/aws/credentials";

const HTTP: Http = Http { paths: &[PATH], shows_key: true, needs_role: true, read, refuse };

fn read(request: &Request<'_>, key: &dyn IsKey) -> Result<Wanted, Answer> {
    if !request.header("authorization").is_some_and(|shown| key.is_key(shown)) {
        let sentence =
            "The header Authorization is not the key of this run. Restart the program with `abide run`.";
        return Err(error(401, "access_denied", sentence));
    }
    if request.method != "GET" {
        return Err(error(405, "invalid_request", "Use GET."));
    }
    Ok(Wanted::AwsCredentials { write })
}

fn write(credentials: &AwsCredentials) -> Answer {
    let body = Object::with_room_for_text(credentials.session_token.expose())
        .text("AccessKeyId", &credentials.access_key_id)
        .text("SecretAccessKey", credentials.secret_access_key.expose())
        .text("Token", credentials.session_token.expose())
        .text("Expiration", &rfc3339(credentials.expires_at))
        .end();
    Answer::json(200, body)
}

fn refuse(refusal: &Refusal<'_>) -> Answer {
    error(if refusal.later { 500 } else { 400 }, refusal.code.as_str(), refusal.sentence)
}

fn error(status: u16, code: &str, sentence: &str) -> Answer {
    Answer::json(status, Object::without_token().text("Code", code).text("Message", sentence).end())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use abide_wire::{AwsSecret, ErrorCode};

    use super::*;
    use crate::exchange::testing::{KEY, Key, get, json};

    #[test]
    fn credentials_for_the_key_and_for_no_other() {
        let Ok(Wanted::AwsCredentials { write }) = read(&get(PATH, "", &[("authorization", KEY)]), &Key)
        else {
            panic!("refused")
        };
        let answer = write(&AwsCredentials {
            access_key_id: "ASIA1".to_owned(),
            secret_access_key: AwsSecret::new("s/".to_owned()),
            session_token: AwsSecret::new("t".to_owned()),
            expires_at: 1_900_000_000,
        });
        assert_eq!(answer.status, 200);
        let expected = serde_json::json!({
            "AccessKeyId": "ASIA1", "SecretAccessKey": "s/", "Token": "t", "Expiration": "2030-03-17T17:46:40Z"
        });
        assert_eq!(json(answer), expected);
        let bearer = format!("Bearer {KEY}");
        let twice = [("authorization", KEY), ("authorization", KEY)];
        for headers in
            [&[][..], &[("authorization", "another")], &[("authorization", bearer.as_str())], &twice]
        {
            assert_eq!(read(&get(PATH, "", headers), &Key).unwrap_err().status, 401, "{headers:?}");
        }
    }

    #[test]
    fn a_refusal_is_final_and_a_question_is_not() {
        for (later, status) in [(true, 500), (false, 400)] {
            let refusal = Refusal { code: ErrorCode::LoginRequired, sentence: "Sign in.", later };
            let answer = refuse(&refusal);
            assert_eq!(answer.status, status);
            assert_eq!(json(answer), serde_json::json!({ "Code": "login_required", "Message": "Sign in." }));
        }
    }
}
