//! AWS SDKs with a web identity: they read the token from a file and exchange it at AWS's Security Token Service
//! (AssumeRoleWithWebIdentity), again whenever the credentials end.

use crate::dialect::{Dialect, Instead, Kind, Target, Value, Variable};

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "aws",
    title: "AWS SDKs, by a web identity",
    kind: Kind::File,
    sets: &[
        Variable { name: "AWS_WEB_IDENTITY_TOKEN_FILE", value: Value::TokenFile },
        Variable { name: "AWS_ROLE_ARN", value: Value::Given },
    ],
    // botocore and the other SDKs use these first.
    instead: &[
        Instead::Variable("AWS_ACCESS_KEY_ID"),
        Instead::Variable("AWS_SECRET_ACCESS_KEY"),
        Instead::Variable("AWS_SESSION_TOKEN"),
        Instead::Variable("AWS_SECURITY_TOKEN"),
        // With a named profile, botocore ignores the web identity in the environment.
        Instead::Variable("AWS_PROFILE"),
        Instead::Variable("AWS_DEFAULT_PROFILE"),
        Instead::Section {
            file: ".aws/credentials",
            moved_by: "AWS_SHARED_CREDENTIALS_FILE",
            section: "default",
        },
    ],
    target: Target::Session,
    example: "AWS_ROLE_ARN=arn:aws:iam::123456789012:role/dev abide run --dialect aws -- python app.py",
    page: "aws",
};
