//! JSON that contains a token, written into one buffer that is wiped. A general serializer grows its buffer, and would leave
//! copies behind.

use abide_wire::AccessToken;
use zeroize::Zeroizing;

/// A JSON object that is being written.
#[derive(Debug)]
pub struct Object {
    text: Zeroizing<String>,
}

impl Object {
    /// An empty object with room for a token of this length.
    #[must_use]
    pub fn with_room_for(token: &AccessToken) -> Self {
        Self::with_room_for_text(token.expose())
    }

    /// The same for a secret of another kind.
    #[must_use]
    pub fn with_room_for_text(secret: &str) -> Self {
        // Never grows in practice: the other members of each dialect are short.
        let mut text = Zeroizing::new(String::with_capacity(secret.len() * 2 + 4096));
        text.push('{');
        Self { text }
    }

    /// An empty object for an answer that has no token.
    #[must_use]
    pub fn without_token() -> Self {
        Self::with_room_for_text("")
    }

    /// Adds a token.
    #[must_use]
    pub fn token(mut self, name: &str, token: &AccessToken) -> Self {
        self.name(name);
        self.string(token.expose());
        self
    }

    /// Adds a token with words before it, such as `Bearer `.
    #[must_use]
    pub fn prefixed(mut self, name: &str, before: &str, token: &AccessToken) -> Self {
        self.name(name);
        self.reserve(before.len() + token.expose().len());
        self.text.push('"');
        self.escaped(before);
        self.escaped(token.expose());
        self.text.push('"');
        self
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, name: &str, value: &str) -> Self {
        self.name(name);
        self.string(value);
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, name: &str, value: u64) -> Self {
        self.name(name);
        let digits = value.to_string();
        self.reserve(digits.len());
        self.text.push_str(&digits);
        self
    }

    /// Adds `true` or `false`.
    #[must_use]
    pub fn flag(mut self, name: &str, value: bool) -> Self {
        self.name(name);
        self.reserve(5);
        self.text.push_str(if value { "true" } else { "false" });
        self
    }

    /// Adds an object or a list that has been written.
    #[must_use]
    pub fn nested(mut self, name: &str, value: &[u8]) -> Self {
        self.name(name);
        let value = std::str::from_utf8(value).unwrap_or("null");
        self.reserve(value.len());
        self.text.push_str(value);
        self
    }

    /// The whole object.
    #[must_use]
    pub fn end(mut self) -> Zeroizing<Vec<u8>> {
        self.reserve(1);
        self.text.push('}');
        // The same memory: nothing is copied.
        Zeroizing::new(std::mem::take(&mut *self.text).into_bytes())
    }

    fn name(&mut self, name: &str) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.string(name);
        self.text.push(':');
    }

    fn string(&mut self, value: &str) {
        self.reserve(value.len());
        self.text.push('"');
        self.escaped(value);
        self.text.push('"');
    }

    /// RFC 8259, section 7.
    fn escaped(&mut self, value: &str) {
        for character in value.chars() {
            match character {
                '"' | '\\' => {
                    self.text.push('\\');
                    self.text.push(character);
                }
                control if u32::from(control) < 0x20 => {
                    let code = format!("\\u{:04x}", u32::from(control));
                    self.reserve(code.len());
                    self.text.push_str(&code);
                }
                other => self.text.push(other),
            }
        }
    }

    /// Room for so many more bytes, each of which can become an escape of six. What has to move is wiped where it was.
    fn reserve(&mut self, more: usize) {
        let needed = self.text.len() + more * 6 + 16;
        if needed > self.text.capacity() {
            let mut larger = Zeroizing::new(String::with_capacity(needed * 2));
            larger.push_str(&self.text);
            self.text = larger;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let token = AccessToken::new("a\"b\\c\u{1}\u{e4}".to_owned());
        let inner = Object::with_room_for(&token).prefixed("Authorization", "Bearer ", &token).end();
        let whole = Object::with_room_for(&token)
            .token("access_token", &token)
            .text("kind", "x\ny")
            .number("expires", 17)
            .flag("success", true)
            .nested("headers", &inner)
            .end();
        let read: serde_json::Value = serde_json::from_slice(&whole).unwrap();
        assert_eq!(read["access_token"], token.expose());
        assert_eq!(read["kind"], "x\ny");
        assert_eq!(read["expires"], 17);
        assert_eq!(read["success"], true);
        assert_eq!(read["headers"]["Authorization"], format!("Bearer {}", token.expose()));
    }

    #[test]
    fn a_long_text_has_room() {
        let token = AccessToken::new("t".to_owned());
        let long = "\u{1}".repeat(100_000);
        let whole = Object::with_room_for(&token).text("long", &long).end();
        let read: serde_json::Value = serde_json::from_slice(&whole).unwrap();
        assert_eq!(read["long"], long);
    }
}
