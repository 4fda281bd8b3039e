//! Kubernetes' exec plugins: `ExecCredential` of client.authentication.k8s.io, versions v1 and v1beta1.
//!
//! client-go passes the request in `KUBERNETES_EXEC_INFO`. The answer has the version of the request.

use serde_json::Value;

use crate::call::{Ask, Call, Given, Input, Next, Output, Program};
use crate::dialect::{Dialect, Kind, Target};
use crate::json::Object;
use crate::time::rfc3339;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "exec",
    title: "Kubernetes: kubectl, helm, client-go",
    kind: Kind::Program,
    sets: &[],
    instead: &[],
    target: Target::Session,
    example: "kubectl config set-credentials abide --exec-api-version=client.authentication.k8s.io/v1 --exec-command=abide \
              --exec-arg=credential --exec-arg=--format=exec --exec-arg=--account=work --exec-interactive-mode=Never",
    page: "kubernetes",
};

/// Its calls.
pub static PROGRAM: Program = Program {
    format: "exec",
    link: None,
    // It is the terminal of the person who runs kubectl.
    input: Input::Nothing,
    server: None,
    read,
    write,
    nothing: |_| Output::text("").exit(1),
    refuse: |_, why| Output::text("").tell(why.sentence).exit(why.exit),
};

const V1: &str = "client.authentication.k8s.io/v1";
const V1BETA1: &str = "client.authentication.k8s.io/v1beta1";

fn read(call: &Call<'_>) -> Next {
    let failed = |sentence: &str| Next::Done(Output::text("").tell(sentence).exit(1));
    let Some(info) = (call.environment)("KUBERNETES_EXEC_INFO") else {
        // A person who tries it out.
        return Next::Token(Ask { note: V1, ..Ask::default() });
    };
    let Ok(request) = serde_json::from_str::<Value>(&info) else {
        return failed("KUBERNETES_EXEC_INFO is not JSON.");
    };
    if request["kind"] != "ExecCredential" {
        return failed("KUBERNETES_EXEC_INFO is not an ExecCredential.");
    }
    match request["apiVersion"].as_str() {
        Some(V1) => Next::Token(Ask { note: V1, ..Ask::default() }),
        Some(V1BETA1) => Next::Token(Ask { note: V1BETA1, ..Ask::default() }),
        _ => failed(
            "Abide supports only ExecCredential v1 and v1beta1. Set apiVersion to client.authentication.k8s.io/v1.",
        ),
    }
}

fn write(ask: &Ask, given: &Given<'_>) -> Output {
    let token = &given.token.access_token;
    let status = Object::with_room_for(token)
        .text("expirationTimestamp", &rfc3339(given.token.expires_at))
        .token("token", token)
        .end();
    let whole = Object::with_room_for(token)
        .text("apiVersion", ask.note)
        .text("kind", "ExecCredential")
        .nested("status", &status);
    Output::line(whole.end())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;
    use crate::call::testing::{given, refused, text};

    fn called(info: Option<&str>) -> Next {
        let info = info.map(str::to_owned);
        let environment = |name: &str| if name == "KUBERNETES_EXEC_INFO" { info.clone() } else { None };
        (PROGRAM.read)(&Call { arguments: &[], input: b"", environment: &environment })
    }

    #[test]
    fn the_answer_has_the_version_of_the_request() {
        for version in [V1, V1BETA1] {
            let info = format!(
                r#"{{"kind":"ExecCredential","apiVersion":"{version}","spec":{{"interactive":false}}}}"#
            );
            let Next::Token(ask) = called(Some(&info)) else { panic!("no token") };
            let expected = format!(
                "{{\"apiVersion\":\"{version}\",\"kind\":\"ExecCredential\",\"status\":{{\"expirationTimestamp\":\
                 \"2030-03-17T17:46:40Z\",\"token\":\"eyJ.token.x\"}}}}\n"
            );
            assert_eq!(given(&PROGRAM, &ask, None), (expected, 0));
        }
        assert!(matches!(called(None), Next::Token(ask) if ask.note == V1));
    }

    #[test]
    fn other_requests_are_refused() {
        for info in [
            "",
            "{",
            "{}",
            r#"{"kind":"ExecCredential"}"#,
            r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1alpha1"}"#,
            r#"{"kind":"Pod","apiVersion":"client.authentication.k8s.io/v1"}"#,
        ] {
            let Next::Done(output) = called(Some(info)) else { panic!("{info}") };
            assert_eq!(text(&output), (String::new(), 1), "{info}");
            assert!(!output.err.is_empty(), "{info}");
        }
    }

    #[test]
    fn kubectl_shows_what_to_do() {
        let output = refused(&PROGRAM, &Ask::default());
        assert_eq!(text(&output), (String::new(), 3));
        assert!(output.err.contains("abide login"));
    }
}
