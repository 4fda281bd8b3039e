//! Managed preferences of macOS: a property list that the system writes from a configuration profile.

use std::io;
use std::path::Path;

use plist::Value;

use super::values::{Content, DEEPEST, ManagedValue, ManagedValues};
use crate::platform::file;

/// Longer than any policy.
const LONGEST: u64 = 4 << 20;

pub(super) fn read(path: &Path) -> io::Result<Option<ManagedValues>> {
    let content = match file::read(path, LONGEST) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        content => content?,
    };
    let value = Value::from_reader(io::Cursor::new(content)).map_err(io::Error::other)?;
    let mut values = Vec::new();
    walk(value, &mut Vec::new(), &mut values);
    Ok(Some(ManagedValues { place: path.to_owned(), values }))
}

fn walk(value: Value, path: &mut Vec<String>, found: &mut Vec<ManagedValue>) {
    let content = match value {
        Value::Dictionary(entries) if path.len() < DEEPEST => {
            for (name, value) in entries {
                path.push(name);
                walk(value, path, found);
                path.pop();
            }
            return;
        }
        Value::String(text) => Content::Text(text),
        Value::Integer(number) => number.as_unsigned().map_or(Content::Other, Content::Number),
        Value::Boolean(flag) => Content::Flag(flag),
        Value::Array(values) => {
            let texts: Option<Vec<String>> = values.into_iter().map(Value::into_string).collect();
            texts.map_or(Content::Other, Content::List)
        }
        _ => Content::Other,
    };
    found.push(ManagedValue { path: path.clone(), content });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PROFILE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>locked</key><dict>
  <key>account</key><dict><key>session</key><dict><key>end_after</key><string>10m</string></dict></dict>
  <key>audit</key><dict><key>syslog</key><true/><key>keep_files</key><integer>8</integer></dict>
</dict>
<key>forbid</key><dict><key>path</key><array><string>/usr/bin/nc</string></array></dict>
<key>odd</key><data>AAA=</data>
</dict></plist>"#;

    #[test]
    fn every_kind_of_value_is_read_and_a_missing_file_is_no_policy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.plist");
        assert!(read(&path).unwrap().is_none());
        std::fs::write(&path, PROFILE).unwrap();
        let read = read(&path).unwrap().unwrap();
        let found: Vec<_> =
            read.values.iter().map(|value| (value.path.join("."), format!("{:?}", value.content))).collect();
        let expected = [
            ("locked.account.session.end_after", "Text(\"10m\")"),
            ("locked.audit.syslog", "Flag(true)"),
            ("locked.audit.keep_files", "Number(8)"),
            ("forbid.path", "List([\"/usr/bin/nc\"])"),
            ("odd", "Other"),
        ];
        assert_eq!(found, expected.map(|(path, content)| (path.to_owned(), content.to_owned())));
        std::fs::write(&path, "no property list").unwrap();
        assert!(super::read(&path).is_err());
    }
}
