use std::time::Duration;

use abide_oidc::*;

use crate::provider::*;

fn step_up(header: &str) -> Result<Option<StepUp>, &'static str> {
    StepUp::read([header]).map_err(ChallengeError::code)
}

fn asked(acr_values: &[&str], max_age: Option<u64>, scopes: &[&str]) -> StepUp {
    let owned = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    StepUp { acr_values: owned(acr_values), max_age: max_age.map(Duration::from_secs), scopes: owned(scopes) }
}

#[test]
fn a_step_up_says_which_sign_in_is_wanted() {
    let example = "Bearer error=\"insufficient_user_authentication\", \
                   error_description=\"A different authentication level is required\", acr_values=\"myACR\"";
    assert_eq!(step_up(example), Ok(Some(asked(&["myACR"], None, &[]))));
    let all = "bearer realm=\"a, b=\\\"c\\\"\" , ERROR=insufficient_user_authentication,max_age = \"5\",\
               acr_values=\"urn:a urn:b\",scope=\"read write\"";
    assert_eq!(step_up(all), Ok(Some(asked(&["urn:a", "urn:b"], Some(5), &["read", "write"]))));
    let dpop = "DPoP algs=\"ES256\", error=\"insufficient_user_authentication\", max_age=0";
    assert_eq!(step_up(dpop), Ok(Some(asked(&[], Some(0), &[]))));
}

#[test]
fn it_is_found_among_other_challenges() {
    let wanted = Ok(Some(asked(&[], Some(60), &[])));
    let bearer = "Bearer error=\"insufficient_user_authentication\", max_age=\"60\"";
    for header in [
        format!("Basic realm=\"x\", {bearer}"),
        format!("{bearer}, Basic realm=\"x\""),
        format!("Negotiate, {bearer}, Basic"),
        format!("Negotiate YIIB+/a==, {bearer}"),
        format!(", ,Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", {bearer},"),
        format!("{bearer}, DPoP error=\"insufficient_user_authentication\", max_age=\"60\""),
        format!("Basic realm=\"Bearer error=\\\"x\\\", max_age=1\", {bearer}"),
        format!("Basic realm=\"Zürich\",\t{bearer}"),
    ] {
        assert_eq!(step_up(&header), wanted, "{header}");
    }
    assert_eq!(StepUp::read(["Basic realm=\"x\"", bearer]).map_err(ChallengeError::code), wanted);
}

#[test]
fn what_asks_for_something_else_is_no_step_up() {
    for header in [
        "",
        " , ,",
        "Bearer",
        "Bearer realm=\"x\"",
        "Bearer error=\"invalid_token\", acr_values=\"a\"",
        "Bearer error=\"insufficient_scope\", scope=\"write\"",
        "Basic realm=\"x\", error=\"insufficient_user_authentication\", max_age=1",
        "Bearer error=\"Insufficient_User_Authentication\", max_age=1",
        "Bearer insufficient_user_authentication",
        // A token68 in the eyes of the grammar.
        "Bearer error=",
        "Basic realm=\"Bearer error=insufficient_user_authentication\"",
    ] {
        assert_eq!(step_up(header), Ok(None), "{header}");
    }
}

#[test]
fn headers_that_are_not_written_as_they_should_be_are_refused() {
    for header in [
        "=",
        "\"Bearer\"",
        "Bearer error=, max_age=1",
        "Bearer error=\"open",
        "Bearer error=\"open\\",
        "Bearer error=\"a\"b",
        "Bearer error=\"a\" max_age=1",
        "Bearer error=a b",
        "Bearer=\"x\"",
        "Bearer error==\"a\"",
        "Bearer \"a\"",
        "Bearer error=\"a\u{0}b\"",
        "Bearer error=\"a\r\nSet-Cookie: x\"",
        "Bearer error=\"\\\u{7f}\"",
        "Bearer\terror=\"a\"",
        "Beärer error=\"a\"",
        "Bearer error=\u{201c}a\u{201d}",
        "Bearer error=a;max_age=1",
        "a b c",
        "Bearer @",
    ] {
        assert_eq!(step_up(header), Err("challenge_malformed"), "{header}");
    }
    let refused = |rest: &str| step_up(&format!("Bearer error=\"insufficient_user_authentication\"{rest}"));
    assert_eq!(refused(", error=\"invalid_token\""), Err("challenge_duplicate_parameter"));
    assert_eq!(refused(", max_age=1, Max_Age=2"), Err("challenge_duplicate_parameter"));
    assert_eq!(refused(""), Err("challenge_requirement_missing"));
    assert_eq!(refused(", scope=\"a\""), Err("challenge_requirement_missing"));
    for wrong in ["-1", "+1", "1.0", " 1", "1e3", "soon", "", "99999999999", "\u{0661}"] {
        assert_eq!(refused(&format!(", max_age=\"{wrong}\"")), Err("challenge_max_age_invalid"), "{wrong}");
    }
    for wrong in ["", " ", "a  b", "a\tb", "ä", &"a ".repeat(17)] {
        assert_eq!(
            refused(&format!(", acr_values=\"{wrong}\"")),
            Err("challenge_acr_values_invalid"),
            "{wrong}"
        );
    }
    for wrong in ["", "a  b", "a\\\"b", "a\\\\b"] {
        assert_eq!(
            refused(&format!(", max_age=1, scope=\"{wrong}\"")),
            Err("challenge_scope_invalid"),
            "{wrong}"
        );
    }
    assert_eq!(
        refused(", max_age=1, DPoP error=\"insufficient_user_authentication\", max_age=2"),
        Err("challenge_ambiguous")
    );
}

#[test]
fn a_header_is_bounded() {
    let long = format!("Bearer realm=\"{}\"", "a".repeat(8192));
    assert_eq!(step_up(&long), Err("challenge_too_long"));
    let half = format!("Bearer realm=\"{}\"", "a".repeat(5000));
    assert!(StepUp::read([half.as_str()]).is_ok());
    assert_eq!(StepUp::read([half.as_str(), &half]).unwrap_err().code(), "challenge_too_long");
    assert_eq!(step_up(&"a,".repeat(17)), Err("challenge_too_long"));
    assert!(step_up(&"a,".repeat(16)).is_ok());
    let many = |n: usize| (0..n).map(|i| format!("p{i}=1")).collect::<Vec<_>>().join(",");
    assert!(step_up(&format!("Bearer {}", many(32))).is_ok());
    assert_eq!(step_up(&format!("Bearer {}", many(33))), Err("challenge_too_long"));
    assert!(step_up(&",".repeat(8192)).is_ok());
}

#[test]
fn no_header_makes_the_parser_stumble() {
    // Every text of up to five of the pieces that mean something to it.
    let pieces = ["Bearer", " ", ",", "=", "\"", "\\", "ü", "max_age=1"];
    let mut texts = vec![String::new()];
    for _ in 0..5 {
        let longer = texts.iter().flat_map(|text| pieces.map(|piece| format!("{text}{piece}")));
        texts = longer.collect();
        for text in &texts {
            let _ = step_up(text);
        }
    }
}

#[test]
fn a_challenge_can_be_asked_about() {
    let challenges =
        Challenge::read(["DPoP Error=\"use_dpop_nonce\", algs=\"ES256 PS256\", Basic abc=="]).unwrap();
    assert_eq!(challenges.iter().map(Challenge::scheme).collect::<Vec<_>>(), ["dpop", "basic"]);
    assert_eq!(challenges[0].parameter("error"), Some("use_dpop_nonce"));
    assert_eq!(challenges[1].parameter("abc"), None);
    assert!(!format!("{challenges:?}").contains("use_dpop_nonce"));
}

#[tokio::test]
async fn the_person_is_asked_for_the_better_sign_in_and_it_is_held_to() {
    let client = Client::new(Behaviour::default()).await;
    let usual = AuthorizationParameters {
        scopes: vec!["profile".into()],
        acr_values: vec!["1".into()],
        max_age: Some(Duration::from_secs(3600)),
        login_hint: Some("alice@example.com".into()),
        ..AuthorizationParameters::default()
    };
    let wanted = asked(&["2", "3"], Some(300), &["pay", "profile"]);
    let parameters = wanted.parameters(&usual);
    assert_eq!(parameters.acr_values, ["2", "3"]);
    assert_eq!(parameters.max_age, Some(Duration::from_secs(300)));
    assert_eq!(parameters.scopes, ["profile", "pay"]);
    assert_eq!(parameters.login_hint.as_deref(), Some("alice@example.com"));
    let url = client.request(&parameters).url;
    assert!(url.query_pairs().any(|pair| pair == ("acr_values".into(), "2 3".into())));
    let looser = asked(&[], Some(7200), &[]).parameters(&usual);
    assert_eq!((looser.acr_values, looser.max_age), (vec!["1".to_owned()], usual.max_age));

    // The provider does as it likes; the tool is not sent round in circles.
    let tokens = client.sign_in_with(&parameters).await.unwrap();
    assert!(!wanted.is_met_by(&tokens.identity, now()), "it is still class 1");
    assert!(asked(&["1"], Some(10), &[]).is_met_by(&tokens.identity, now()));
    assert!(!asked(&["1"], Some(10), &[]).is_met_by(&tokens.identity, later(61)));
}

#[tokio::test]
async fn a_step_up_takes_nothing_away_from_what_the_account_demands() {
    let old = edit(|claims| claims["auth_time"] = (NOW - 1000).into());
    let client = Client::new(Behaviour { claims: old, ..Behaviour::default() }).await;
    let claims = serde_json::json!({"id_token": {"acr": {"essential": true, "values": ["9"]}}});
    let usual =
        AuthorizationParameters { claims: claims.as_object().cloned(), ..AuthorizationParameters::default() };
    let code =
        async |wanted: StepUp| client.sign_in_with(&wanted.parameters(&usual)).await.unwrap_err().code();
    assert_eq!(code(asked(&[], Some(300), &[])).await, "id_token_auth_time_too_old");
    assert_eq!(code(asked(&["1"], None, &[])).await, "id_token_acr_mismatch");
}
