//! Which flow follows from which output of a session.

use std::sync::Arc;

use abide_session::{Attempt, EndReason};

use crate::browser::callback::Callback;
use crate::provider_session::{check_session, probe};
use crate::runtime::presence;
use crate::state::account::Account;
use crate::state::store::{Effects, Store};
use crate::state::tokens::Held;
use crate::tokens::refresh;
use crate::{sign_in, sign_out};

/// The flows of a running agent.
pub(crate) struct Flows;

impl Effects for Flows {
    fn authorize(&self, store: &Arc<Store>, account: &mut Account, attempt: Attempt) {
        sign_in::start(store, account, attempt);
    }

    fn refresh(&self, store: &Arc<Store>, account: &mut Account, attempt: Attempt) {
        refresh::start(store, account, attempt);
    }

    fn probe(&self, store: &Arc<Store>, account: &Account, attempt: Attempt) {
        probe::start(store, account, attempt);
    }

    fn query_idle(&self, store: &Arc<Store>, account: &Account) {
        presence::look(store, &account.name);
    }

    fn signed_in(&self, store: &Arc<Store>, account: &mut Account, callback: Callback) -> Option<Callback> {
        check_session::begin(store, account, callback)
    }

    fn ended(&self, store: &Arc<Store>, account: &mut Account, held: Option<Held>, reason: EndReason) {
        check_session::end(store, account, reason);
        sign_out::ended(store, account, held, reason);
    }

    fn rules_changed(&self, store: &Arc<Store>) {
        presence::watch_input(store);
        store.ports.look_again();
    }
}
