//! Changes to JSON and to a query.

use serde_json::Value;
use url::form_urlencoded;

use crate::hostile::known::Known;
use crate::http::parameters::with_parameters;

/// A change to a JSON document. Places are JSON pointers (RFC 6901); `-` at the end means after the last element.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Sets a member to this value.
    Set(&'static str, Value),
    /// Removes a member.
    Remove(&'static str),
    /// Sets a member to so many seconds from now, in seconds since 1970.
    Now(&'static str, i64),
    /// Appends this to a text.
    Append(&'static str, &'static str),
    /// Makes a value the first of a list, followed by this one.
    Beside(&'static str, Value),
    /// Changes a text to capitals.
    Capitals(&'static str),
    /// Puts a second member of this name at the beginning of the document.
    Twice(&'static str, Value),
    /// Appends this to the document's text.
    After(&'static str),
    /// Replaces the document with this text.
    Text(String),
}

/// The text of the document after these changes.
pub(crate) fn apply(known: &Known<'_>, mut document: Value, edits: &[Edit]) -> String {
    let mut more = String::new();
    let mut after = "";
    let mut whole = None;
    for edit in edits {
        match edit {
            Edit::Set(place, value) => put(&mut document, place, known.value(value)),
            Edit::Remove(place) => remove(&mut document, place),
            Edit::Now(place, seconds) => {
                put(&mut document, place, known.now.saturating_add_signed(*seconds).into());
            }
            Edit::Append(place, text) => {
                let before = document.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
                put(&mut document, place, (before + &known.text(text)).into());
            }
            Edit::Beside(place, value) => {
                let before = document.pointer(place).cloned().unwrap_or_default();
                put(&mut document, place, Value::Array(vec![before, known.value(value)]));
            }
            Edit::Capitals(place) => {
                let before = document.pointer(place).and_then(Value::as_str).unwrap_or_default();
                let capitals = before.to_uppercase();
                put(&mut document, place, capitals.into());
            }
            Edit::Twice(name, value) => more += &format!("\"{name}\":{},", known.value(value)),
            Edit::After(text) => after = text,
            Edit::Text(text) => whole = Some(known.text(text)),
        }
    }
    let text = whole.unwrap_or_else(|| document.to_string());
    match text.strip_prefix('{') {
        Some(rest) if !more.is_empty() => format!("{{{more}{rest}{after}"),
        _ => format!("{text}{after}"),
    }
}

fn put(document: &mut Value, place: &str, value: Value) {
    if place.is_empty() {
        *document = value;
        return;
    }
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.insert(name.to_owned(), value)),
        Some(Value::Array(list)) => match name.parse::<usize>().ok().and_then(|at| list.get_mut(at)) {
            Some(element) => *element = value,
            None => list.push(value),
        },
        _ => {}
    }
}

fn remove(document: &mut Value, place: &str) {
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.remove(name)),
        Some(Value::Array(list)) => {
            if let Ok(at) = name.parse::<usize>()
                && at < list.len()
            {
                list.remove(at);
            }
        }
        _ => {}
    }
}

/// A change to the query of the URL that the browser is sent to.
#[derive(Clone, Debug)]
pub enum QueryEdit {
    /// Sets a parameter to this value.
    Set(&'static str, String),
    /// Removes a parameter.
    Remove(&'static str),
    /// Adds a parameter once more with this value; `{same}` is its first value.
    Again(&'static str, &'static str),
    /// Renames a parameter.
    Rename(&'static str, &'static str),
    /// Replaces the whole query with this text.
    Text(&'static str),
    /// Removes the query.
    Nothing,
    /// Moves the query behind `#`.
    Fragment,
}

pub(crate) fn query(known: &Known<'_>, place: &str, edits: &[QueryEdit]) -> String {
    let (address, query) = place.split_once('?').unwrap_or((place, ""));
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut sign = '?';
    for edit in edits {
        match edit {
            QueryEdit::Set(name, value) => {
                pairs.retain(|(found, _)| found != name);
                pairs.push(((*name).to_owned(), known.text(value)));
            }
            QueryEdit::Remove(name) => pairs.retain(|(found, _)| found != name),
            QueryEdit::Again(name, value) => {
                let same = pairs.iter().find(|(found, _)| found == name).map(|(_, same)| same.clone());
                let value = known.text(value).replace("{same}", &same.unwrap_or_default());
                pairs.push(((*name).to_owned(), value));
            }
            QueryEdit::Rename(from, to) => {
                for (name, _) in pairs.iter_mut().filter(|(name, _)| name == from) {
                    *name = (*to).to_owned();
                }
            }
            QueryEdit::Text(text) => return format!("{address}?{}", known.text(text)),
            QueryEdit::Nothing => return address.to_owned(),
            QueryEdit::Fragment => sign = '#',
        }
    }
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), Some(value.as_str())));
    with_parameters(address, pairs).replacen('?', &sign.to_string(), 1)
}
