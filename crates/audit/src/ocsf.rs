//! Export as events of the Open Cybersecurity Schema Framework, version 1.3, classes of the category Identity & Access
//! Management.

use serde_json::{Value, json};

use crate::chain::Line;
use crate::entry::{Caller, Event};

/// The class and the activity of an event: Authentication (3002), Authorize Session (3003), User Access Management (3005),
/// Account Change (3001); application lifecycle (6002) for Abide itself.
fn class(event: Event) -> (u64, &'static str, u64, &'static str) {
    use Event as E;
    match event {
        E::SignInBegun | E::SessionBegan | E::SignInFailed | E::CodeCaught | E::SessionKept => {
            (3002, "Authentication", 1, "Logon")
        }
        E::SessionEnded => (3002, "Authentication", 2, "Logoff"),
        E::SessionRefreshed | E::RefreshFailed => (3002, "Authentication", 99, "Refresh"),
        E::GrantGiven => (3005, "User Access Management", 1, "Assign Privileges"),
        E::GrantRevoked => (3005, "User Access Management", 2, "Revoke Privileges"),
        E::TokenServed | E::TokenRefused | E::ClaimsServed | E::RequestRefused | E::ConsentDecided => {
            (3003, "Authorize Session", 1, "Assign Privileges")
        }
        E::AccountAdded => (3001, "Account Change", 1, "Create"),
        E::AccountRemoved => (3001, "Account Change", 6, "Delete"),
        E::SettingsChanged | E::ConfigReloaded => (3001, "Account Change", 99, "Other"),
        E::AgentStarted => (6002, "Application Lifecycle", 3, "Start"),
        E::AgentStopped => (6002, "Application Lifecycle", 4, "Stop"),
        _ => (6002, "Application Lifecycle", 99, "Other"),
    }
}

fn failed(event: Event) -> bool {
    event.is_refusal()
        || matches!(
            event,
            Event::SignInFailed | Event::CodeCaught | Event::RefreshFailed | Event::RecordBroken
        )
}

fn process(caller: &Caller) -> Value {
    let hashes: Vec<Value> = caller
        .sha256
        .iter()
        .map(|value| json!({ "algorithm": "SHA-256", "algorithm_id": 3, "value": value }))
        .collect();
    let path = caller.program.as_deref().unwrap_or_default();
    json!({
        "name": caller.name.as_deref().or_else(|| path.rsplit('/').next().filter(|name| !name.is_empty())),
        "file": { "path": path, "name": path.rsplit('/').next(), "type_id": 1, "hashes": hashes },
    })
}

/// A line as an OCSF event; `version` is that of Abide. The line itself is under `unmapped`.
#[must_use]
pub fn ocsf(line: &Line, version: &str) -> Value {
    let entry = &line.entry;
    let (class_uid, class_name, activity_id, activity_name) = class(entry.event);
    let failed = failed(entry.event);
    let mut unmapped = serde_json::to_value(entry).unwrap_or_default();
    unmapped["n"] = line.n.into();
    unmapped["hash"] = line.hash.to_string().into();
    let mut event = json!({
        "category_uid": class_uid / 1000,
        "class_uid": class_uid,
        "class_name": class_name,
        "activity_id": activity_id,
        "activity_name": activity_name,
        "type_uid": class_uid * 100 + activity_id,
        "severity_id": if failed { 2 } else { 1 },
        "status_id": if failed { 2 } else { 1 },
        "time": entry.time,
        "metadata": {
            "version": "1.3.0",
            "uid": line.n.to_string(),
            "product": { "name": "Abide", "vendor_name": "Abide", "version": version },
        },
        "unmapped": unmapped,
    });
    if let Some(reason) = &entry.reason {
        event["status_detail"] = reason.as_str().into();
    }
    if let Some(times) = entry.times {
        event["count"] = times.into();
        event["start_time"] = entry.time.into();
        event["end_time"] = entry.until.unwrap_or(entry.time).into();
    }
    if entry.user.is_some() || entry.account.is_some() {
        event["user"] = json!({ "name": entry.user, "account": { "name": entry.account } });
    }
    if let Some(caller) = &entry.caller {
        event["actor"] = json!({ "process": process(caller) });
    }
    event
}
