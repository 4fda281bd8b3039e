//! AWS SDKs with a web identity: they read the token from a file and exchange it at AWS's Security Token Service
//! (AssumeRoleWithWebIdentity), again whenever the credentials end.

use crate::dialect::{Dialect, Kind, Target, Value, Variable};
use crate::http::aws_container::INSTEAD;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "aws",
    title: "AWS SDKs, by a web identity",
    kind: Kind::File,
    sets: &[
        Variable { name: "AWS_WEB_IDENTITY_TOKEN_FILE", value: Value::TokenFile },
        Variable { name: "AWS_ROLE_ARN", value: Value::Given },
    ],
    instead: INSTEAD,
    target: Target::Session,
    example: "AWS_ROLE_ARN=arn:aws:iam::123456789012:role/dev abide run --dialect aws -- python app.py",
    page: "aws",
};
