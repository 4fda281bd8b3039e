//! What is in the programs and in the window's page: a list in the form of CycloneDX 1.5.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Value, json};

use super::product::Product;
use crate::{Result, cargo};

/// The packages that are handed out.
const ROOTS: [&str; 2] = ["abide-desktop", "abide"];

/// The crates that the programs are made of, on any system: dependencies of tests and of build scripts are not in them.
pub(crate) fn of_programs(product: &Product) -> Result<String> {
    let output = cargo::cargo(["metadata", "--format-version", "1", "--locked"]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let lock = std::fs::read_to_string(cargo::root().join("Cargo.lock"))?;
    document(product, "Cargo.lock", crates(&metadata, &checksums(&lock))?)
}

/// From the packages that are handed out along normal dependencies.
fn crates(metadata: &Value, checksums: &BTreeMap<(String, String), String>) -> Result<Vec<Value>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    let nodes: BTreeMap<String, Value> =
        list(&metadata["resolve"]["nodes"]).into_iter().map(|node| (text(&node["id"]), node)).collect();
    let is_root = |package: &Value| ROOTS.contains(&text(&package["name"]).as_str());
    let mut waiting: Vec<String> =
        packages.iter().filter(|(_, package)| is_root(package)).map(|(id, _)| id.clone()).collect();
    let mut reached = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        let dependencies = nodes.get(&id).map(|node| list(&node["deps"])).unwrap_or_default();
        if reached.insert(id) {
            let normal =
                |dependency: &Value| list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
            waiting
                .extend(dependencies.iter().filter(|found| normal(found)).map(|found| text(&found["pkg"])));
        }
    }
    if reached.len() < 50 {
        return Err(
            format!("only {} crates are in the programs: cargo metadata has changed", reached.len()).into()
        );
    }
    let component = |package: &Value| {
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        let link = format!("pkg:cargo/{name}@{version}");
        let mut component =
            json!({ "type": "library", "bom-ref": link, "name": name, "version": version, "purl": link });
        if let Some(license) = package["license"].as_str() {
            // Crates of old write `MIT/Apache-2.0`.
            component["licenses"] = json!([{ "expression": license.replace('/', " OR ") }]);
        }
        if let Some(sum) = checksums.get(&(name, version)) {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
        }
        component
    };
    Ok(reached.iter().filter_map(|id| packages.get(id)).map(component).collect())
}

/// The checksums of Cargo.lock, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |part: &str, key: &str| {
        let line = part.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    let parts = lock.split("[[package]]").skip(1);
    parts
        .filter_map(|part| Some(((value(part, "name")?, value(part, "version")?), value(part, "checksum")?)))
        .collect()
}

/// The packages that the window's page is built with, from the lock file.
pub(crate) fn of_page(product: &Product) -> Result<String> {
    let lock: Value =
        serde_json::from_str(&std::fs::read_to_string(cargo::root().join("ui/package-lock.json"))?)?;
    let packages = lock["packages"].as_object().ok_or("ui/package-lock.json has no packages")?;
    let mut components = Vec::new();
    for (place, package) in packages.iter().filter(|(place, _)| !place.is_empty()) {
        let name = place.rsplit("node_modules/").next().unwrap_or(place);
        let Some(version) = package["version"].as_str() else { continue };
        let link = format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
        let mut component = json!({ "type": "library", "bom-ref": format!("{link}#{place}"), "name": name,
            "version": version, "purl": link });
        // Tools: what they make is in the page, they are not.
        if package["dev"] == json!(true) && name != "svelte" {
            component["scope"] = json!("excluded");
        }
        if let Some(license) = package["license"].as_str() {
            component["licenses"] = json!([{ "expression": license }]);
        }
        components.push(component);
    }
    document(product, "ui/package-lock.json", components)
}

fn document(product: &Product, from: &str, components: Vec<Value>) -> Result<String> {
    let date = Command::new("git").args(["log", "-1", "--format=%cI"]).current_dir(cargo::root()).output()?;
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": String::from_utf8_lossy(&date.stdout).trim(),
            "component": {
                "type": "application",
                "bom-ref": format!("{}@{}", product.identifier, product.version),
                "name": product.name,
                "version": product.version,
                "licenses": [{ "expression": product.license }],
            },
            "properties": [{ "name": "abide:made-from", "value": from }],
        },
        "components": components,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]
    use super::*;

    #[test]
    fn the_programs_are_listed_and_the_tests_are_not() {
        let product = Product::read().unwrap();
        let list: Value = serde_json::from_str(&of_programs(&product).unwrap()).unwrap();
        let all = list["components"].as_array().unwrap();
        let names: BTreeSet<&str> = all.iter().map(|component| component["name"].as_str().unwrap()).collect();
        for name in ["abide-session", "tauri", "rustls", "windows-sys", "objc2"] {
            assert!(names.contains(name), "{name} is not in the list");
        }
        for name in ["proptest", "xtask", "abide-tests", "tauri-build"] {
            assert!(!names.contains(name), "{name} is in the list");
        }
        let foreign =
            all.iter().filter(|component| !component["name"].as_str().unwrap().starts_with("abide"));
        for component in foreign {
            assert_eq!(component["hashes"][0]["content"].as_str().unwrap().len(), 64, "{component}");
        }
    }

    #[test]
    fn the_page_is_listed() {
        let list: Value = serde_json::from_str(&of_page(&Product::read().unwrap()).unwrap()).unwrap();
        let all = list["components"].as_array().unwrap();
        let svelte = all.iter().find(|component| component["name"] == "svelte").unwrap();
        assert!(svelte["scope"].is_null(), "it is in the page: {svelte}");
    }
}
