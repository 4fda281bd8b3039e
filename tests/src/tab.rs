//! Actions in a tab of any browser.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{eventually, s};

/// A tab.
#[allow(async_fn_in_trait, reason = "these stay on one thread")]
pub trait Tab {
    /// The value of an expression in the page; `Null` while the page changes to another one.
    async fn evaluate(&self, expression: &str) -> Value;

    /// Opens an address in the tab, as if it had been typed.
    async fn go(&self, url: &str);

    /// Clicks in the middle of an element.
    async fn click(&self, selector: &str);

    /// Clicks into a field, empties it and types, key by key.
    async fn fill(&self, selector: &str, text: &str);

    /// Presses Return in the page.
    async fn press_return(&self);

    /// Keeps a picture of the page.
    async fn screenshot(&self, path: &Path) -> PathBuf;

    /// The page's address.
    async fn address(&self) -> String {
        self.evaluate("location.href").await.as_str().unwrap_or_default().to_owned()
    }

    /// The text of the page.
    async fn text(&self) -> String {
        self.evaluate("document.body ? document.body.innerText : ''")
            .await
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Waits until the page contains this text.
    async fn says(&self, words: &str) -> String {
        let wanted = words.to_lowercase();
        eventually(&format!("the page to say “{words}”"), s(20), || async {
            let text = self.text().await;
            text.to_lowercase().contains(&wanted).then_some(text)
        })
        .await
    }

    /// Whether there is such an element.
    async fn has(&self, selector: &str) -> bool {
        self.evaluate(&format!("document.querySelector({}) !== null", json!(selector))).await == true
    }

    /// Waits until there is such an element.
    async fn wait_for(&self, selector: &str) {
        eventually(&format!("{selector} in the page"), s(20), || async {
            self.has(selector).await.then_some(())
        })
        .await;
    }
}
