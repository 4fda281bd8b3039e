//! Access tokens for one resource or for fewer scopes, as one account keeps them: in memory alone.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher as _;
use std::time::Duration;

use abide_oidc::TokenTarget;
use abide_session::{Now, ResourceToken};
use abide_wire::ErrorAnswer;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use crate::state::turn::Turn;

/// As many purposes of an account are remembered. Of more, the one that was asked for longest ago is forgotten.
const MOST: usize = 32;
/// For as many purposes that are not remembered a caller may ask within [`NEW_WITHIN`]. Each is a request to the provider, and a grant
/// there.
pub(crate) const NEW: usize = 32;
const NEW_WITHIN: Duration = Duration::from_secs(3600);
/// As many callers are counted. Of more, the one that was counted longest ago starts again.
const CALLERS: usize = 256;

/// The purposes of one account.
#[derive(Default)]
pub(crate) struct Targets {
    kept: Vec<Kept>,
    /// When callers asked for a new purpose (boot time), and a hash of it, by caller.
    new: HashMap<String, VecDeque<(Duration, u64)>>,
    hash: RandomState,
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
        // What was there before has to be asked for again.
        self.new.clear();
        self.turn = Turn::default();
    }

    /// Counts a purpose for its caller, unless it is remembered. Nothing is forgotten for one that is refused.
    ///
    /// # Errors
    ///
    /// How long the caller has to wait for the next one.
    pub(crate) fn admit(&mut self, caller: &str, target: &TokenTarget, now: Now) -> Result<(), Duration> {
        if self.kept.iter().any(|kept| kept.target == *target) {
            return Ok(());
        }
        let rest = |counted: Duration| (counted + NEW_WITHIN).saturating_sub(now.boot);
        self.new.retain(|_, counted| {
            counted.retain(|(at, _)| !rest(*at).is_zero());
            !counted.is_empty()
        });
        let purpose = self.hash.hash_one(format!("{target:?}"));
        // Others have pushed it out of what is remembered: it is no new one.
        if self.new.get(caller).is_some_and(|counted| counted.iter().any(|(_, known)| *known == purpose)) {
            return Ok(());
        }
        if !self.new.contains_key(caller) && self.new.len() >= CALLERS {
            let oldest = self.new.iter().min_by_key(|(_, counted)| counted.back().copied());
            if let Some(oldest) = oldest.map(|(caller, _)| caller.clone()) {
                self.new.remove(&oldest);
            }
        }
        let counted = self.new.entry(caller.to_owned()).or_default();
        if let Some((first, _)) = counted.front().filter(|_| counted.len() >= NEW) {
            return Err(rest(*first));
        }
        counted.push_back((now.boot, purpose));
        Ok(())
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(seconds: u64) -> Now {
        let at = Duration::from_secs(seconds);
        Now { boot: at, wall: at }
    }

    fn purpose(number: usize) -> TokenTarget {
        TokenTarget { resources: vec![format!("https://api{number}.example/")], ..TokenTarget::default() }
    }

    #[test]
    fn a_caller_has_a_number_of_new_purposes_in_an_hour_and_others_have_theirs() {
        let mut targets = Targets::default();
        let ask = |targets: &mut Targets, caller: &str, number: usize, now: Now| {
            let admitted = targets.admit(caller, &purpose(number), now);
            if admitted.is_ok() {
                targets.kept(&purpose(number), now);
            }
            admitted
        };
        for number in 0..NEW {
            ask(&mut targets, "greedy", number, at(60)).unwrap();
        }
        assert_eq!(ask(&mut targets, "greedy", NEW, at(120)), Err(Duration::from_secs(3540)));
        ask(&mut targets, "greedy", 0, at(120)).unwrap();
        assert!(targets.kept.iter().any(|kept| kept.target == purpose(1)), "nothing was pushed out");
        ask(&mut targets, "another", NEW, at(120)).unwrap();
        ask(&mut targets, "greedy", NEW + 1, at(3660)).unwrap();
        for number in 0..NEW - 1 {
            ask(&mut targets, "greedy", 100 + number, at(3661)).unwrap();
        }
        ask(&mut targets, "greedy", 200, at(3661)).unwrap_err();
        targets.clear();
        ask(&mut targets, "greedy", 200, at(3661)).unwrap();
    }

    #[test]
    fn what_another_caller_has_pushed_out_is_not_new_again() {
        let mut targets = Targets::default();
        let mut ask = |caller: &str, numbers: std::ops::Range<usize>, seconds: u64| {
            numbers
                .filter(|number| {
                    let admitted = targets.admit(caller, &purpose(*number), at(seconds)).is_ok();
                    if admitted {
                        targets.kept(&purpose(*number), at(seconds));
                    }
                    admitted
                })
                .count()
        };
        assert_eq!(ask("modest", 0..20, 60), 20);
        assert_eq!(ask("greedy", 100..140, 61), NEW);
        assert_eq!(ask("modest", 0..20, 62), 20, "the same as before");
        assert_eq!(ask("greedy", 140..180, 63), 0);
        assert_eq!(ask("modest", 0..20, 64), 20);
    }

    #[test]
    fn the_callers_that_are_counted_are_limited() {
        let mut targets = Targets::default();
        for number in 0..2 * CALLERS {
            let now = at(number.try_into().unwrap());
            targets.admit(&format!("caller {number}"), &purpose(number), now).unwrap();
        }
        assert_eq!(targets.new.len(), CALLERS);
    }
}
