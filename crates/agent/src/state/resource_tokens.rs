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
    /// A refresh for something else may have ended it.
    doubted: bool,
    /// Why there was none the last time.
    pub(crate) refused: Option<ErrorAnswer>,
    /// Boot time.
    asked: Duration,
}

impl Kept {
    /// There is a token now.
    pub(crate) fn issued(&mut self, issued: Issued) {
        (self.issued, self.doubted, self.refused) = (Some(issued), false, None);
    }

    pub(crate) fn is_doubted(&self) -> bool {
        self.doubted && self.issued.is_some()
    }

    /// It is fetched anew when it is asked for.
    pub(crate) fn forget(&mut self) {
        (self.issued, self.doubted) = (None, false);
        self.life = ResourceToken::default();
    }
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
            if kept.issued.is_some() {
                kept.forget();
            }
        }
    }

    /// A refresh for something else may have ended what was issued before.
    pub(crate) fn doubt(&mut self) {
        self.kept.iter_mut().for_each(|kept| kept.doubted = kept.issued.is_some());
    }

    /// A refresh ends nothing there.
    pub(crate) fn trust(&mut self) {
        self.kept.iter_mut().for_each(|kept| kept.doubted = false);
    }

    /// The tokens that are valid still.
    pub(crate) fn valid(&self, now: Now) -> Vec<SecretString> {
        let valid = self.kept.iter().filter(|kept| kept.life.left(now).is_some_and(|left| !left.is_zero()));
        valid.filter_map(|kept| kept.issued.as_ref()).map(|issued| issued.token.clone()).collect()
    }

    /// A resource server has refused this token: it is fetched anew, unless another one is there already.
    pub(crate) fn reject(&mut self, target: &TokenTarget, token: &str) {
        let found = self.kept.iter_mut().find(|kept| kept.target == *target);
        let refused =
            |issued: &Issued| bool::from(issued.token.expose_secret().as_bytes().ct_eq(token.as_bytes()));
        if let Some(kept) = found.filter(|kept| kept.issued.as_ref().is_some_and(refused)) {
            kept.forget();
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
                doubted: false,
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
