//! The administrative templates (ADMX) for group policies on Windows, and their texts in English (ADML), from the table of settings in
//! `crates/wire`.

use std::fmt::Write as _;

use abide_wire::managed::{ACCOUNT, Kind, Managed, PROGRAM, REGISTRY_KEY, RULES};

/// Where they are written.
pub(crate) const TEMPLATE: &str = "packaging/windows/policy/Abide.admx";
pub(crate) const TEXTS: &str = "packaging/windows/policy/en-US/Abide.adml";

/// The account that the template can describe: a template has no room for names that are not known beforehand.
const ACCOUNT_NAME: &str = "work";

/// Settings that say which account it is.
const IDENTITY: [&str; 2] = ["issuer", "client_id"];

const LOCKED: &str = "Users cannot change it.";
const DEFAULT: &str = "Users can change it.";

/// A folder of the editor for group policies, and where its settings are.
struct Section {
    id: &'static str,
    title: &'static str,
    key: String,
    settings: Vec<&'static Managed>,
    /// Said after the text of each setting.
    note: &'static str,
}

fn sections() -> Vec<Section> {
    let common = || ACCOUNT.iter().filter(|setting| !IDENTITY.contains(&setting.path)).collect::<Vec<_>>();
    let section =
        |id, title, key: &str, settings, note| Section { id, title, key: key.to_owned(), settings, note };
    vec![
        section("LockedProgram", "Abide: locked", "locked", PROGRAM.iter().collect(), LOCKED),
        section("DefaultProgram", "Abide: default", "default", PROGRAM.iter().collect(), DEFAULT),
        section("LockedAccount", "Every account: locked", r"locked\account", common(), LOCKED),
        section("DefaultAccount", "Every account: default", r"default\account", common(), DEFAULT),
        section(
            "Account",
            "The account \u{201c}work\u{201d} for every user",
            &format!(r"default\accounts\{ACCOUNT_NAME}"),
            ACCOUNT.iter().collect(),
            "The account exists once issuer and client ID are set.",
        ),
    ]
}

/// Both files.
pub(crate) fn templates() -> [(&'static str, String); 2] {
    let mut files = Files::default();
    files.string("Abide", "Abide");
    files.string("Supported", "Abide for Windows");
    files.string("Rules", "Programs and web sites");
    files.categories.push_str("    <category name=\"Abide\" displayName=\"$(string.Abide)\" />\n");
    files.category("Rules");
    for section in sections() {
        files.string(section.id, section.title);
        files.category(section.id);
        for setting in &section.settings {
            files.setting(&section, setting);
        }
    }
    // Abide cannot tell on Windows who may write to a path, so such a rule would allow nothing.
    for (table, name, title, text) in
        RULES.iter().filter(|(table, name, ..)| (*table, *name) != ("allow", "path"))
    {
        let id = format!("Rules_{table}_{name}");
        files.string(&id, title);
        files.string(&format!("{id}_Explain"), text);
        let key = format!(r"{REGISTRY_KEY}\{table}");
        files.policy(
            &id,
            "Rules",
            &key,
            &format!("<multiText id=\"value\" valueName=\"{name}\" required=\"true\" />"),
        );
        files.presentation(&id, &format!("<multiTextBox refId=\"value\">{}</multiTextBox>", escaped(title)));
    }
    [(TEMPLATE, files.template()), (TEXTS, files.texts())]
}

/// What is in the two files, as it is put together.
#[derive(Default)]
struct Files {
    categories: String,
    policies: String,
    strings: String,
    presentations: String,
}

impl Files {
    fn string(&mut self, id: &str, text: &str) {
        let _ = writeln!(self.strings, "      <string id=\"{id}\">{}</string>", escaped(text));
    }

    fn category(&mut self, id: &str) {
        let _ = writeln!(
            self.categories,
            "    <category name=\"{id}\" displayName=\"$(string.{id})\">\n      <parentCategory ref=\"Abide\" />\n    </category>"
        );
    }

    fn presentation(&mut self, id: &str, content: &str) {
        let _ = writeln!(
            self.presentations,
            "      <presentation id=\"{id}\">\n        {content}\n      </presentation>"
        );
    }

    fn policy(&mut self, id: &str, category: &str, key: &str, element: &str) {
        let _ = writeln!(
            self.policies,
            "    <policy name=\"{id}\" class=\"Machine\" displayName=\"$(string.{id})\" explainText=\"$(string.{id}_Explain)\" \
             presentation=\"$(presentation.{id})\" key=\"{key}\">\n      <parentCategory ref=\"{category}\" />\n      <supportedOn \
             ref=\"Supported\" />\n      <elements>\n        {element}\n      </elements>\n    </policy>"
        );
    }

    /// A policy without more to choose than on and off.
    fn flag(&mut self, id: &str, category: &str, key: &str, name: &str) {
        let _ = writeln!(
            self.policies,
            "    <policy name=\"{id}\" class=\"Machine\" displayName=\"$(string.{id})\" explainText=\"$(string.{id}_Explain)\" \
             key=\"{key}\" valueName=\"{name}\">\n      <parentCategory ref=\"{category}\" />\n      <supportedOn ref=\"Supported\" \
             />\n      <enabledValue>\n        <decimal value=\"1\" />\n      </enabledValue>\n      <disabledValue>\n        <decimal \
             value=\"0\" />\n      </disabledValue>\n    </policy>"
        );
    }

    fn setting(&mut self, section: &Section, setting: &Managed) {
        let id = format!("{}_{}", section.id, setting.path.replace('.', "_"));
        let (table, name) = setting.path.rsplit_once('.').unwrap_or(("", setting.path));
        let mut key = format!(r"{REGISTRY_KEY}\{}", section.key);
        if !table.is_empty() {
            key = format!(r"{key}\{}", table.replace('.', r"\"));
        }
        self.string(&id, setting.title);
        self.string(&format!("{id}_Explain"), &format!("{} {}", setting.text, section.note));
        let title = escaped(setting.title);
        let (element, shown) = match setting.kind {
            Kind::Flag => return self.flag(&id, section.id, &key, name),
            Kind::Text => (
                format!("<text id=\"value\" valueName=\"{name}\" required=\"true\" maxLength=\"2048\" />"),
                format!("<textBox refId=\"value\"><label>{title}</label></textBox>"),
            ),
            Kind::Number(least, most) => (
                format!(
                    "<decimal id=\"value\" valueName=\"{name}\" required=\"true\" minValue=\"{least}\" maxValue=\"{most}\" />"
                ),
                format!("<decimalTextBox refId=\"value\">{title}</decimalTextBox>"),
            ),
            Kind::List => (
                format!("<multiText id=\"value\" valueName=\"{name}\" required=\"true\" />"),
                format!("<multiTextBox refId=\"value\">{title}</multiTextBox>"),
            ),
            Kind::Named => (
                format!(r#"<list id="value" key="{key}\{name}" explicitValue="true" />"#),
                format!("<listBox refId=\"value\">{title}</listBox>"),
            ),
            Kind::Choice(choices) => (
                self.choice(&id, name, choices),
                format!("<dropdownList refId=\"value\" noSort=\"true\">{title}</dropdownList>"),
            ),
        };
        self.policy(&id, section.id, &key, &element);
        self.presentation(&id, &shown);
    }

    fn choice(&mut self, id: &str, name: &str, choices: &[&str]) -> String {
        let mut element = format!("<enum id=\"value\" valueName=\"{name}\" required=\"true\">\n");
        for choice in choices {
            let text = format!("{id}_{choice}");
            self.string(&text, choice);
            let _ = writeln!(
                element,
                "          <item displayName=\"$(string.{text})\">\n            <value>\n              \
                 <string>{choice}</string>\n            </value>\n          </item>"
            );
        }
        element.push_str("        </enum>");
        element
    }

    fn template(&self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<policyDefinitions revision=\"1.0\" schemaVersion=\"1.0\" \
             xmlns=\"http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions\">\n  <policyNamespaces>\n    <target \
             prefix=\"abide\" namespace=\"Abide.Policies\" />\n  </policyNamespaces>\n  <resources minRequiredRevision=\"1.0\" \
             />\n  <supportedOn>\n    <definitions>\n      <definition name=\"Supported\" displayName=\"$(string.Supported)\" \
             />\n    </definitions>\n  </supportedOn>\n  <categories>\n{}  </categories>\n  <policies>\n{}  \
             </policies>\n</policyDefinitions>\n",
            self.categories, self.policies
        )
    }

    fn texts(&self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<policyDefinitionResources revision=\"1.0\" schemaVersion=\"1.0\" \
             xmlns=\"http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions\">\n  <displayName>Abide</displayName>\n  \
             <description>Settings of Abide</description>\n  <resources>\n    <stringTable>\n{}    </stringTable>\n    \
             <presentationTable>\n{}    </presentationTable>\n  </resources>\n</policyDefinitionResources>\n",
            self.strings, self.presentations
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
