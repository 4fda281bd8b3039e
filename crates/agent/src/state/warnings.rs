//! What the user should know and no account's state shows.

use std::collections::BTreeMap;

/// The warnings that views show, each once, in the order in which they came.
pub(crate) struct Warnings {
    texts: Vec<String>,
    /// Why the vault does not have what an account holds, by account.
    unwritten: BTreeMap<String, String>,
}

impl Warnings {
    pub(crate) fn new(texts: Vec<String>) -> Self {
        Self { texts, unwritten: BTreeMap::new() }
    }

    /// Whether it is a new one.
    pub(crate) fn add(&mut self, text: String) -> bool {
        let new = !self.texts.contains(&text);
        if new {
            self.texts.push(text);
        }
        new
    }

    pub(crate) fn end(&mut self, text: &str) {
        self.texts.retain(|warning| warning != text);
    }

    /// The vault did not take what the account holds.
    pub(crate) fn unwritten(&mut self, account: &str, text: String) {
        self.unwritten.insert(account.to_owned(), text);
    }

    /// The vault has what the account holds. Returns the accounts that it lacks although it can write again; `None` if nothing has
    /// changed.
    pub(crate) fn written(&mut self, account: &str) -> Option<Vec<String>> {
        self.unwritten.remove(account)?;
        Some(self.unwritten.keys().cloned().collect())
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<String> {
        let mut all = self.texts.clone();
        for text in self.unwritten.values() {
            if !all.contains(text) {
                all.push(text.clone());
            }
        }
        all
    }
}
