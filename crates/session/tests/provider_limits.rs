//! The ends that the provider declares: by which parameter, and how a refresh changes them.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{
    Checkpoint, EndReason, Input, Limit, LimitSource, Limits, Now, Output, ProviderLimits, Rules, Session,
    State, Tokens,
};
use common::{Story, attempt, lasts, minutes, question, seconds, tokens};

fn with(provider: ProviderLimits) -> Tokens {
    Tokens { access_expires_in: Some(minutes(5)), renewable: true, provider }
}

fn refresh(story: &mut Story, provider: ProviderLimits) {
    let attempt = attempt(&story.input(Input::Renew)).unwrap();
    story.input(Input::Refreshed { attempt, tokens: with(provider) });
}

fn until(story: &Story, time: std::time::Duration) -> ProviderLimits {
    ProviderLimits { session_expiry: Some(story.now.wall + time), ..ProviderLimits::default() }
}

#[test]
fn each_parameter_is_a_limit_with_its_source() {
    let now = Story::new().now;
    let ten = Some(minutes(10));
    for (provider, source) in [
        (
            ProviderLimits { session_expiry: Some(now.wall + minutes(10)), ..Default::default() },
            LimitSource::SessionExpiry,
        ),
        (
            ProviderLimits { authorization_expires_in: ten, ..Default::default() },
            LimitSource::AuthorizationExpiresIn,
        ),
        (
            ProviderLimits { refresh_token_timeout: ten, ..Default::default() },
            LimitSource::RefreshTokenTimeout,
        ),
        (ProviderLimits { refresh_expires_in: ten, ..Default::default() }, LimitSource::RefreshExpiresIn),
    ] {
        let mut story = Story::signed_in_with(with(provider));
        let view = story.session.view(story.now);
        assert_eq!((view.limit, view.left), (Some(Limit::Provider), ten), "{source:?}");
        assert_eq!((view.provider_left, view.provider_source), (ten, Some(source)));
        assert_eq!(view.can_be_kept, source.moves_with_refresh(), "{source:?}");
        assert!(question(&story.wait(minutes(8))).is_some(), "{source:?}: in the last fifth");
        let outputs = story.wait(minutes(2));
        assert!(outputs.contains(&Output::Ended { reason: EndReason::ProviderTimeout }), "{outputs:?}");
    }
}

#[test]
fn an_end_that_no_clock_reaches_is_at_most_ten_years_away() {
    let ten_years = seconds(10 * 366 * 86_400);
    let endless = Some(std::time::Duration::MAX);
    for provider in [
        ProviderLimits { session_expiry: endless, ..Default::default() },
        ProviderLimits { authorization_expires_in: endless, ..Default::default() },
        ProviderLimits { refresh_token_timeout: endless, ..Default::default() },
        ProviderLimits { refresh_expires_in: endless, ..Default::default() },
    ] {
        let story = Story::signed_in_with(with(provider));
        assert_eq!(story.session.view(story.now).provider_left, Some(ten_years), "{provider:?}");
    }
}

#[test]
fn a_session_expiry_is_read_on_the_providers_clock() {
    for (ahead, there) in [(7200, 7200_i64), (-7200, -7200), (0, 0)] {
        let wall = Story::new().now.wall.as_secs().checked_add_signed(there).unwrap();
        let expiry = Some(seconds(wall) + minutes(10));
        let provider =
            ProviderLimits { session_expiry: expiry, clock_ahead: ahead, ..ProviderLimits::default() };
        let mut story = Story::signed_in_with(with(provider));
        assert_eq!(story.session.view(story.now).provider_left, Some(minutes(10)), "{ahead}");
        // Repeated, it moves nothing, also when the clock of this computer has been put right meanwhile.
        story.wait(minutes(4));
        refresh(&mut story, ProviderLimits { clock_ahead: 0, ..provider });
        assert_eq!(story.session.view(story.now).provider_left, Some(minutes(6)), "{ahead}");
    }
}

#[test]
fn of_several_ends_the_nearest_counts() {
    let all = ProviderLimits {
        authorization_expires_in: Some(minutes(9)),
        refresh_token_timeout: Some(minutes(12)),
        refresh_expires_in: Some(minutes(11)),
        ..Default::default()
    };
    let story = Story::signed_in_with(with(all));
    let view = story.session.view(story.now);
    assert_eq!(
        (view.left, view.provider_source),
        (Some(minutes(9)), Some(LimitSource::AuthorizationExpiresIn))
    );
    assert_eq!(view.provider_lifetime, Some(minutes(11)), "the shorter timeout");
    assert_eq!(view.keep_gives, Some(minutes(9)));
    let same = ProviderLimits { authorization_expires_in: Some(minutes(11)), ..all };
    let story = Story::signed_in_with(with(same));
    assert!(!story.session.view(story.now).can_be_kept, "at the same moment the fixed one is named");
}

#[test]
fn a_renewal_without_it_keeps_a_fixed_end_where_it_was() {
    let first = Story::new();
    let fixed = ProviderLimits { authorization_expires_in: Some(minutes(10)), ..Default::default() };
    for provider in [until(&first, minutes(10)), fixed] {
        let mut story = Story::signed_in_with(with(provider));
        story.wait(minutes(4));
        refresh(&mut story, ProviderLimits::default());
        assert_eq!(story.session.view(story.now).provider_left, Some(minutes(6)));
        // Only another declaration of the provider moves it, and each gives the time that is left.
        refresh(
            &mut story,
            ProviderLimits { authorization_expires_in: Some(minutes(3)), ..Default::default() },
        );
        assert_eq!(story.left(), minutes(3));
        assert!(story.session.view(story.now).lifetime >= Some(minutes(3)));
    }
}

#[test]
fn a_renewal_without_it_begins_the_same_timeout_again() {
    let mut story = Story::signed_in_with(with(lasts(minutes(10))));
    story.wait(minutes(4));
    refresh(&mut story, ProviderLimits::default());
    assert_eq!(story.session.view(story.now).provider_left, Some(minutes(10)));
}

#[test]
fn the_question_about_a_fixed_end_comes_as_early_after_a_renewal_as_before() {
    let fixed = |left| ProviderLimits { authorization_expires_in: Some(minutes(left)), ..Default::default() };
    let mut story = Story::signed_in_with(with(fixed(10)));
    story.wait(minutes(7));
    refresh(&mut story, fixed(3));
    assert_eq!(question(&story.wait(minutes(1) - seconds(1))), None);
    assert!(question(&story.wait(seconds(1))).is_some(), "two minutes before: a fifth of ten");
}

#[test]
fn a_session_expiry_that_moves_counts_and_one_that_is_repeated_does_not() {
    let mut story = Story::new();
    let expiry = until(&story, minutes(10));
    let sign_in = story.authorize();
    story.input(Input::Authorized { attempt: sign_in, tokens: with(expiry) });
    story.wait(minutes(2));
    // The wall clock is set back: the same moment is not further away because of that.
    story.now.wall -= minutes(60);
    refresh(&mut story, expiry);
    assert_eq!(story.session.view(story.now).provider_left, Some(minutes(8)));
    let later = until(&story, minutes(12));
    refresh(&mut story, later);
    assert_eq!(story.session.view(story.now).provider_left, Some(minutes(12)));
    let past = ProviderLimits { session_expiry: Some(story.now.wall - seconds(1)), ..Default::default() };
    let refresh = attempt(&story.input(Input::Renew)).unwrap();
    story.input(Input::Refreshed { attempt: refresh, tokens: with(past) });
    assert_eq!(story.session.state(), State::Ended(EndReason::ProviderTimeout));
}

#[test]
fn a_yes_moves_a_timeout_and_not_a_fixed_end() {
    let mut story = Story::signed_in_with(with(lasts(minutes(10))));
    let asked = question(&story.wait(minutes(8))).unwrap();
    assert!(story.session.view(story.now).can_be_kept);
    let attempt = attempt(&story.input(Input::Answer { question: asked, keep: true })).unwrap();
    story.input(Input::Refreshed { attempt, tokens: with(lasts(minutes(10))) });
    assert_eq!(story.left(), minutes(10));

    let fixed = ProviderLimits { authorization_expires_in: Some(minutes(10)), ..Default::default() };
    let mut story = Story::signed_in_with(with(fixed));
    let asked = question(&story.wait(minutes(8))).unwrap();
    assert!(!story.session.view(story.now).can_be_kept);
    story.input(Input::Answer { question: asked, keep: true });
    assert_eq!(question(&story.wait(minutes(2) - seconds(1))), None, "said once");
    assert_eq!(story.left(), seconds(1));
}

#[test]
fn the_ends_and_their_sources_outlive_the_process() {
    let mut before = Story::new();
    let provider = ProviderLimits { refresh_token_timeout: Some(minutes(9)), ..until(&before, minutes(10)) };
    let sign_in = before.authorize();
    before.input(Input::Authorized { attempt: sign_in, tokens: with(provider) });
    before.wait(minutes(1));
    let checkpoint = before.session.checkpoint(before.now).unwrap();
    assert_eq!(checkpoint.provider.iter().count(), 2);
    let copied = Checkpoint { provider: checkpoint.provider.iter().copied().collect(), ..checkpoint };
    assert_eq!(copied, checkpoint);
    let later = Now { wall: before.now.wall + minutes(1), boot: before.now.boot + minutes(1) };
    let mut after = Story { session: Session::restore(Limits::default(), &copied, later, true), now: later };
    after.drain();
    let view = after.session.view(later);
    assert_eq!((view.left, view.provider_source), (Some(minutes(7)), Some(LimitSource::RefreshTokenTimeout)));
    refresh(&mut after, ProviderLimits::default());
    let view = after.session.view(later);
    assert_eq!((view.left, view.provider_source), (Some(minutes(8)), Some(LimitSource::SessionExpiry)));
}

#[test]
fn what_a_sign_in_writes_down_before_it_begins_is_what_it_is_then() {
    let mut story = Story::new();
    let sign_in = story.authorize();
    let tokens = Tokens { provider: lasts(minutes(10)), ..tokens() };
    let planned = Checkpoint::at_sign_in(story.now, &Rules::default(), tokens);
    story.input(Input::Authorized { attempt: sign_in, tokens });
    assert_eq!(story.session.checkpoint(story.now), Some(planned));
}
