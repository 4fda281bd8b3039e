//! Access tokens for one resource or for fewer scopes, as one account keeps them: in memory alone.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::TokenTarget;
use abide_session::{Now, ResourceToken, ResourceVerdict, TokenRequest};
use abide_wire::{AccessToken, ErrorAnswer, TokenAnswer};
use secrecy::{ExposeSecret, SecretString};

use crate::state::account::Account;

/// As many purposes of an account are remembered. Of more, the one that was asked for longest ago is forgotten.
const MOST: usize = 32;

/// The purposes of one account.
#[derive(Default)]
pub(crate) struct Targets {
    kept: Vec<Kept>,
    /// Grows when what was there is forgotten: what is on its way then is for a session that is not there any more.
    pub(crate) epoch: u64,
    /// One token is fetched at a time, for everybody who waits for it.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
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
        self.epoch += 1;
    }

    /// A refresh may have ended what was issued: it is fetched anew when it is asked for.
    pub(crate) fn forget_issued(&mut self) {
        for kept in &mut self.kept {
            if kept.issued.take().is_some() {
                kept.life = ResourceToken::default();
            }
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

impl Account {
    pub(crate) fn judge_target(
        &mut self,
        now: Now,
        request: TokenRequest,
        target: &TokenTarget,
    ) -> (ResourceVerdict, Option<TokenAnswer>) {
        let life = self.targets.kept(target, now).life;
        let verdict = self.session.resource_token(now, request, &life);
        let served = (verdict == ResourceVerdict::Serve).then(|| self.target_answer(now, target)).flatten();
        (verdict, served)
    }

    fn target_answer(&mut self, now: Now, target: &TokenTarget) -> Option<TokenAnswer> {
        let (account, issuer) = (self.name.clone(), self.config.issuer.clone());
        let kept = self.targets.kept(target, now);
        let issued = kept.issued.as_ref()?;
        let left = kept.life.left(now)?;
        Some(TokenAnswer {
            access_token: AccessToken::new(issued.token.expose_secret().to_owned()),
            token_type: issued.kind.clone(),
            expires_in: left.as_secs(),
            expires_at: now.wall.saturating_add(left).as_secs(),
            scope: issued.scope.clone(),
            account,
            issuer,
            dpop: None,
        })
    }
}
