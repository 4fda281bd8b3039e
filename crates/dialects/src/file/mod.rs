//! Dialects that are files: the tool reads a token from a file, and reads it again when it may have been renewed.

pub mod aws_web_identity;
pub mod azure_workload_identity;
