//! Group policies in the Windows registry. Only administrators can write below `SOFTWARE\Policies`.

use std::io;
use std::path::PathBuf;

use windows_registry::{Key, Type, Value};

use super::values::{Content, DEEPEST, ManagedValue, ManagedValues};

/// `ERROR_FILE_NOT_FOUND` as an `HRESULT`.
const NOT_FOUND: i32 = 0x8007_0002_u32.cast_signed();

pub(super) fn read(root: &Key, root_name: &str, path: &str) -> io::Result<Option<ManagedValues>> {
    let key = match root.open(path) {
        Err(error) if error.code().0 == NOT_FOUND => return Ok(None),
        key => key.map_err(io::Error::other)?,
    };
    let mut values = Vec::new();
    walk(&key, &mut Vec::new(), &mut values).map_err(io::Error::other)?;
    Ok(Some(ManagedValues { place: PathBuf::from(format!(r"{root_name}\{path}")), values }))
}

fn walk(key: &Key, path: &mut Vec<String>, found: &mut Vec<ManagedValue>) -> windows_registry::Result<()> {
    for (name, value) in key.values()? {
        let content = content(&value);
        found.push(ManagedValue { path: [path.as_slice(), &[name]].concat(), content });
    }
    for name in key.keys()? {
        path.push(name.clone());
        if path.len() < DEEPEST {
            walk(&key.open(&name)?, path, found)?;
        } else {
            found.push(ManagedValue { path: path.clone(), content: Content::Other });
        }
        path.pop();
    }
    Ok(())
}

fn content(value: &Value) -> Content {
    let content = match value.ty() {
        Type::U32 => u32::try_from(value.clone()).map(|number| Content::Number(number.into())),
        Type::U64 => u64::try_from(value.clone()).map(Content::Number),
        Type::String | Type::ExpandString => String::try_from(value.clone()).map(Content::Text),
        Type::MultiString => Vec::<String>::try_from(value.clone()).map(Content::List),
        _ => return Content::Other,
    };
    content.unwrap_or(Content::Other)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use windows_registry::CURRENT_USER;

    use super::*;

    #[test]
    fn every_kind_of_value_is_read_and_a_missing_key_is_no_policy() {
        let path = format!(r"Software\AbideTest\{}", std::process::id());
        assert!(read(CURRENT_USER, "HKEY_CURRENT_USER", &path).unwrap().is_none());
        let key = CURRENT_USER.create(&path).unwrap();
        key.set_string("text", "a").unwrap();
        let deeper = key.create(r"locked\account\session").unwrap();
        deeper.set_u32("number", 7).unwrap();
        deeper.set_multi_string("list", &["a", "b"]).unwrap();
        deeper.set_bytes("other", Type::Bytes, &[1, 2]).unwrap();
        let read = read(CURRENT_USER, "HKEY_CURRENT_USER", &path).unwrap().unwrap();
        CURRENT_USER.remove_tree(&path).unwrap();
        let of = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
            read.values.iter().find(|value| value.path == path).map(|value| &value.content)
        };
        let session = |name| of(&["locked", "account", "session", name]);
        assert_eq!(of(&["text"]), Some(&Content::Text("a".to_owned())));
        assert_eq!(session("number"), Some(&Content::Number(7)));
        assert_eq!(session("list"), Some(&Content::List(vec!["a".to_owned(), "b".to_owned()])));
        assert_eq!(session("other"), Some(&Content::Other));
        assert_eq!(read.values.len(), 4);
    }
}
