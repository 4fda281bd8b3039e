//! Requests and answers of all endpoints.

pub(crate) mod endpoint;
pub(crate) mod failure;
pub(crate) mod page;
pub(crate) mod parameters;
pub(crate) mod reply;
pub(crate) mod request;

pub use endpoint::Endpoint;
pub(crate) use failure::Failure;
pub(crate) use page::Page;
pub(crate) use parameters::Parameters;
pub use reply::Outcome;
pub(crate) use reply::Reply;
pub(crate) use request::Request;
