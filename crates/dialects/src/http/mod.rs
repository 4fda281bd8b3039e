//! Dialects over HTTP: the tool sends requests to the listener of its job.

pub mod aws_container;
pub mod azure_app_service;
pub mod azure_imds;
pub mod google_metadata;
mod managed_identity;
