//! Terraform's and OpenTofu's credentials helpers.
//!
//! `get HOST` as the last arguments. `{}` where there is no token.

use crate::call::{Ask, Call, Given, Input, Named, Next, Output, Program};
use crate::dialect::{Dialect, Kind, Target};
use crate::json::Object;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "terraform",
    title: "Terraform and OpenTofu registries",
    kind: Kind::Program,
    sets: &[],
    instead: &[],
    target: Target::Session,
    example: "ln -s \"$(command -v abide)\" ~/.terraform.d/plugins/terraform-credentials-abide",
    page: "terraform",
};

/// Its calls.
pub static PROGRAM: Program = Program {
    format: "terraform",
    link: Some("terraform-credentials-abide"),
    input: Input::Nothing,
    server: Some(Named::ByHost),
    read,
    write,
    nothing: |_| Output::text("{}\n"),
    refuse: |_, why| Output::text("").tell(why.sentence).exit(why.exit),
};

fn read(call: &Call<'_>) -> Next {
    let failed = |sentence: &str| Next::Done(Output::text("").tell(sentence).exit(1));
    match call.arguments {
        [.., verb, host] if verb == "get" => Next::Token(Ask { server: host.clone(), ..Ask::default() }),
        [.., verb, _] if verb == "store" || verb == "forget" => {
            failed("Abide stores no tokens for Terraform. Use abide login, not terraform login.")
        }
        _ => failed("Usage: terraform-credentials-abide get HOST"),
    }
}

fn write(_: &Ask, given: &Given<'_>) -> Output {
    let token = &given.token.access_token;
    Output::line(Object::with_room_for(token).token("token", token).end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::testing::{asked, done, given, refused, text};

    #[test]
    fn a_host_gets_a_token() {
        let ask = asked(&PROGRAM, &["get", "app.example.com"], "");
        assert_eq!(ask, Ask { server: "app.example.com".to_owned(), ..Ask::default() });
        assert_eq!(given(&PROGRAM, &ask, None), ("{\"token\":\"eyJ.token.x\"}\n".to_owned(), 0));
    }

    #[test]
    fn an_unknown_host_gets_an_empty_answer() {
        assert_eq!(text(&(PROGRAM.nothing)(&Ask::default())), ("{}\n".to_owned(), 0));
        for words in [
            &["store", "app.example.com"][..],
            &["forget", "app.example.com"],
            &["get"],
            &["other", "x"],
            &[],
        ] {
            let output = done(&PROGRAM, words, "");
            assert_eq!(text(&output), (String::new(), 1), "{words:?}");
            assert!(!output.err.is_empty());
        }
        let output = refused(&PROGRAM, &Ask::default());
        assert_eq!((text(&output), output.err.contains("abide login")), ((String::new(), 3), true));
    }
}
