//! On other systems than Unix, tests run as the user who starts them.

use std::process::Command;

use crate::Result;
use crate::steps::Log;

/// Never made.
#[derive(Debug)]
pub(crate) enum TestsUser {}

impl TestsUser {
    pub(crate) fn prepare(_: &mut Log) -> Result<Option<Self>> {
        Ok(None)
    }

    pub(crate) fn run_tests_of(&self, _: &mut Command) {
        match *self {}
    }

    pub(crate) fn path(&self) -> &str {
        match *self {}
    }

    pub(crate) fn starts(&self, _: &std::path::Path) -> bool {
        match *self {}
    }
}
