//! What follows from a session's outputs outside of this room. The store calls it; it never calls a flow itself.

use std::sync::Arc;

use abide_session::{Attempt, EndReason};

use crate::browser::callback::Callback;
use crate::state::account::Account;
use crate::state::store::Store;
use crate::state::tokens::Held;

/// The flows that a session's outputs set in motion. Every method is called under the store's lock and returns at once.
pub(crate) trait Effects: Send + Sync {
    /// Starts the sign-in that a session has asked for.
    fn authorize(&self, store: &Arc<Store>, account: &mut Account, attempt: Attempt);
    /// Starts the refresh that a session has asked for.
    fn refresh(&self, store: &Arc<Store>, account: &mut Account, attempt: Attempt);
    /// Asks the provider whether it still accepts the access token.
    fn probe(&self, store: &Arc<Store>, account: &Account, attempt: Attempt);
    /// Finds out when the user last touched keyboard or mouse.
    fn query_idle(&self, store: &Arc<Store>, account: &Account);
    /// A sign-in has come back through this listener. Returns it unless a page goes on using it.
    fn signed_in(&self, store: &Arc<Store>, account: &mut Account, callback: Callback) -> Option<Callback>;
    /// A session has ended; `held` is what it had.
    fn ended(&self, store: &Arc<Store>, account: &mut Account, held: Option<Held>, reason: EndReason);
    /// Accounts were added, or what they are held to has changed. Called without the lock.
    fn rules_changed(&self, store: &Arc<Store>);
}
