//! Access tokens for one resource or for fewer scopes, as one account keeps them: in memory alone.

use std::time::Duration;

use abide_oidc::TokenTarget;
use abide_session::{Now, ResourceToken};
use abide_wire::ErrorAnswer;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use crate::state::turn::Turn;

/// As many purposes of an account are remembered. Of more, the one that was asked for longest ago is forgotten.
const MOST: usize = 32;

/// The purposes of one account.
#[derive(Default)]
pub(crate) struct Targets {
    kept: Vec<Kept>,
    /// One token is fetched at a time, for everybody who waits for it.
    pub(crate) turn: Turn,
}

pub(crate) struct Kept {
    pub(crate) target: TokenTarget,
    pub(crate) life: ResourceToken,
    pub(crate) issued: Option<Issued>,
    /// Why there was none the last time.
    pub(crate) refused: Option<ErrorAnswer>,
    /// Boot time.
    asked: Duration,
}

pub(crate) struct Issued {
    pub(crate) token: SecretString,
    pub(crate) kind: String,
    pub(crate) scope: String,
}

impl Targets {
    /// Nothing of what was there belongs to the session as it is now.
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
        self.turn = Turn::default();
    }

    /// A refresh may have ended what was issued: it is fetched anew when it is asked for.
    pub(crate) fn forget_issued(&mut self) {
        for kept in &mut self.kept {
            if kept.issued.take().is_some() {
                kept.life = ResourceToken::default();
            }
        }
    }

    /// A resource server has refused this token: it is fetched anew, unless another one is there already.
    pub(crate) fn reject(&mut self, target: &TokenTarget, token: &str) {
        let found = self.kept.iter_mut().find(|kept| kept.target == *target);
        let refused =
            |issued: &Issued| bool::from(issued.token.expose_secret().as_bytes().ct_eq(token.as_bytes()));
        if let Some(kept) = found.filter(|kept| kept.issued.as_ref().is_some_and(refused)) {
            kept.issued = None;
            kept.life = ResourceToken::default();
        }
    }

    pub(crate) fn kept(&mut self, target: &TokenTarget, now: Now) -> &mut Kept {
        let found = self.kept.iter().position(|kept| kept.target == *target);
        let index = found.unwrap_or_else(|| {
            if self.kept.len() >= MOST
                && let Some(oldest) =
                    self.kept.iter().enumerate().min_by_key(|(_, kept)| kept.asked).map(|(index, _)| index)
            {
                self.kept.swap_remove(oldest);
            }
            let life = ResourceToken::default();
            self.kept.push(Kept {
                target: target.clone(),
                life,
                issued: None,
                refused: None,
                asked: now.boot,
            });
            self.kept.len() - 1
        });
        let kept = &mut self.kept[index];
        kept.asked = now.boot;
        kept
    }
}
