//! Azure SDKs with a workload identity: they read the token from a file and exchange it at Microsoft Entra ID (RFC 7523), for an
//! application that trusts the account's provider.

use crate::dialect::{Dialect, Instead, Kind, Target, Value, Variable};

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "azure-workload",
    title: "Azure SDKs, by a workload identity",
    kind: Kind::File,
    sets: &[
        Variable { name: "AZURE_FEDERATED_TOKEN_FILE", value: Value::TokenFile },
        Variable { name: "AZURE_CLIENT_ID", value: Value::Given },
        Variable { name: "AZURE_TENANT_ID", value: Value::Given },
        Variable { name: "AZURE_TOKEN_CREDENTIALS", value: Value::Text("WorkloadIdentityCredential") },
    ],
    instead: &[Instead::Variable("AZURE_CLIENT_SECRET"), Instead::Variable("AZURE_CLIENT_CERTIFICATE_PATH")],
    target: Target::Session,
    example: "AZURE_CLIENT_ID=CLIENT-ID AZURE_TENANT_ID=TENANT-ID abide run --dialect azure-workload --audience \
              api://AzureADTokenExchange -- python app.py",
    page: "azure",
};
