//! The packages for Windows, made on Linux from programs that were built for it: a setup program (NSIS) and an `.msi` (wixl), both
//! for one user, signed with a certificate that is made on the spot and that no computer trusts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::product::Product;
use crate::steps::Log;
use crate::{Result, cargo};

/// The programs, and what they load where the linker left it outside of them.
const PROGRAMS: [&str; 3] = ["abide-desktop.exe", "abide.exe", "abide-agent.exe"];
const LIBRARIES: [&str; 1] = ["WebView2Loader.dll"];
/// What is in the packages beside them: for PowerShell and Nushell.
const COMPLETIONS: [&str; 2] = ["_abide.ps1", "abide.nu"];

/// What this needs, from Debian.
const TOOLS: [(&str, &str); 6] = [
    ("makensis", "nsis"),
    ("wixl", "wixl"),
    ("msibuild", "msitools"),
    ("msiinfo", "msitools"),
    ("osslsigncode", "osslsigncode"),
    ("openssl", "openssl"),
];

/// Why this machine cannot make them.
pub(crate) fn lacking() -> Option<String> {
    super::lacking(&TOOLS)
}

/// The files that are packed, signed, in one folder.
#[derive(Debug)]
pub(crate) struct Staged {
    folder: PathBuf,
    names: Vec<String>,
    key: Key,
}

/// A certificate for trying things out, and its key.
#[derive(Debug)]
struct Key {
    certificate: PathBuf,
    key: PathBuf,
}

/// Puts the programs of a folder together, and signs them. A folder without the tray application (`partly`) makes a package of the
/// command and the agent, to try the packing.
pub(crate) fn stage(product: &Product, programs: &Path, log: &mut Log) -> Result<Staged> {
    let folder = cargo::root().join("target/bundle/windows");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let key = Key::make(&folder, log)?;
    let mut names = Vec::new();
    for name in PROGRAMS {
        let source = programs.join(name);
        key.sign(product, &source, &folder.join(name), log)
            .map_err(|error| format!("{}: {error}", source.display()))?;
        names.push(name.to_owned());
    }
    for name in LIBRARIES {
        if programs.join(name).exists() {
            std::fs::copy(programs.join(name), folder.join(name))?;
            names.push(name.to_owned());
        }
    }
    for name in COMPLETIONS {
        std::fs::copy(cargo::root().join(super::MANUAL).join(name), folder.join(name))?;
        names.push(name.to_owned());
    }
    Ok(Staged { folder, names, key })
}

impl Key {
    fn make(folder: &Path, log: &mut Log) -> Result<Self> {
        let made = Self { certificate: folder.join("test.pem"), key: folder.join("test.key") };
        let mut command = Command::new("openssl");
        command
            .args(["req", "-x509", "-newkey", "rsa:3072", "-nodes", "-sha256", "-days", "30"])
            .args(["-subj", "/CN=Abide, a test that no computer trusts"])
            .args(["-addext", "extendedKeyUsage=codeSigning", "-addext", "keyUsage=digitalSignature"])
            .arg("-keyout")
            .arg(&made.key)
            .arg("-out")
            .arg(&made.certificate);
        log.command(command)?;
        Ok(made)
    }

    fn sign(&self, product: &Product, from: &Path, to: &Path, log: &mut Log) -> Result {
        let _ = std::fs::remove_file(to);
        let mut command = Command::new("osslsigncode");
        command.args(["sign", "-h", "sha256", "-n", &product.name, "-i", &product.homepage, "-certs"]);
        command.arg(&self.certificate).arg("-key").arg(&self.key);
        command.arg("-in").arg(from).arg("-out").arg(to);
        log.command(command)?;
        let mut verify = Command::new("osslsigncode");
        verify.args(["verify", "-CAfile"]).arg(&self.certificate).arg("-in").arg(to);
        log.command(verify)
    }
}

/// `Abide_1.2.3_x64-setup.exe`, as the bundler of Tauri names it.
pub(crate) fn nsis(product: &Product, staged: &Staged, out: &Path, log: &mut Log) -> Result<PathBuf> {
    std::fs::create_dir_all(out)?;
    let file = out.join(format!("{}_{}_x64-setup.exe", product.name, product.version));
    let unsigned = staged.folder.join("unsigned.exe");
    let script = staged.folder.join("setup.nsi");
    std::fs::write(&script, nsis_script(product, &staged.folder, &staged.names, &unsigned)?)?;
    let mut command = Command::new("makensis");
    command.args(["-V3", "-WX", "-INPUTCHARSET", "UTF8"]).arg(&script);
    log.command(command)?;
    staged.key.sign(product, &unsigned, &file, log)?;
    Ok(file)
}

/// The script of the setup program.
pub(crate) fn nsis_script(product: &Product, folder: &Path, names: &[String], out: &Path) -> Result<String> {
    let (mut files, mut deletes) = (String::new(), String::new());
    for name in names {
        writeln!(files, "  File \"{}\"", folder.join(name).display())?;
        writeln!(deletes, "  Delete \"$INSTDIR\\{name}\"")?;
    }
    let icon = cargo::root().join("icons/icon.ico");
    let template = std::fs::read_to_string(cargo::root().join("packaging/windows/setup.nsi"))?;
    let (icon, out) = (icon.to_string_lossy(), out.to_string_lossy());
    product.fill(&template, &[("files", &files), ("deletes", &deletes), ("icon", &icon), ("out", &out)])
}

/// `Abide_1.2.3_x64_en-US.msi`, as the bundler of Tauri names it.
pub(crate) fn msi(product: &Product, staged: &Staged, out: &Path, log: &mut Log) -> Result<PathBuf> {
    std::fs::create_dir_all(out)?;
    let file = out.join(format!("{}_{}_x64_en-US.msi", product.name, product.version));
    let unsigned = staged.folder.join("unsigned.msi");
    let source = staged.folder.join("abide.wxs");
    std::fs::write(&source, wix_source(product, &staged.names)?)?;
    std::fs::copy(cargo::root().join("icons/icon.ico"), staged.folder.join("abide.ico"))?;
    // It takes names of files in the folder that it is in, and no paths.
    let mut command = Command::new("wixl");
    command.args(["-a", "x64", "-o"]).arg(&unsigned).arg(&source).current_dir(&staged.folder);
    log.command(command)?;
    complete(product, &unsigned, &staged.folder, log)?;
    staged.key.sign(product, &unsigned, &file, log)?;
    Ok(file)
}

/// The source of the `.msi`.
pub(crate) fn wix_source(product: &Product, names: &[String]) -> Result<String> {
    let (mut components, mut references) = (String::new(), String::new());
    for name in names {
        let id: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let guid = guid(&format!("file {name}"))?;
        // What Windows wants of a package for one user: the key of a component is in the user's registry.
        write!(
            components,
            "            <Component Id=\"C{id}\" Guid=\"{guid}\" Win64=\"yes\">\n              \
             <File Id=\"F{id}\" Name=\"{name}\" Source=\"{name}\"/>\n              \
             <RegistryValue Root=\"HKCU\" Key=\"Software\\{{{{name}}}}\\Installed\" Name=\"{name}\" Type=\"integer\" \
             Value=\"1\" KeyPath=\"yes\"/>\n            </Component>\n"
        )?;
        writeln!(references, "      <ComponentRef Id=\"C{id}\"/>")?;
    }
    let template = std::fs::read_to_string(cargo::root().join("packaging/windows/abide.wxs"))?;
    let template = template.replace("{{components}}", &components).replace("{{references}}", &references);
    let escaped = [
        ("publisher", xml(&product.publisher)),
        ("summary", xml(&product.summary)),
        ("homepage", xml(&product.homepage)),
        ("upgrade_code", product.text("/windows/upgrade_code")?),
        ("product_code", guid(&format!("product {}", product.version))?),
        ("folder_guid", guid("folder")?),
        ("menu_guid", guid("start menu")?),
        ("autostart_guid", guid("autostart")?),
    ];
    let more: Vec<_> = escaped.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // Escaped texts first: what the product fills by itself is not.
    let template = more[..3]
        .iter()
        .fold(template, |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value));
    product.fill(&template, &more)
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A GUID that stays the same for the same words.
fn guid(words: &str) -> Result<String> {
    let mut sum = Command::new("sha256sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = sum.stdin.take().ok_or("sha256sum has no input")?;
    input.write_all(format!("io.github.abide_session.abide {words}").as_bytes())?;
    drop(input);
    let digits = String::from_utf8_lossy(&sum.wait_with_output()?.stdout).to_uppercase();
    let digits = digits.get(..32).ok_or("sha256sum printed nothing")?;
    // Version 8: made of a hash of its maker's choice (RFC 9562, section 5.8).
    Ok(format!(
        "{}-{}-8{}-A{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[13..16],
        &digits[17..20],
        &digits[20..]
    ))
}

/// Adds what wixl cannot write: the user's PATH, and the identifier of the entry in the start menu.
fn complete(product: &Product, package: &Path, folder: &Path, log: &mut Log) -> Result {
    let environment = "Environment\tName\tValue\tComponent_\ns72\tl255\tL255\ts72\nEnvironment\tEnvironment\n\
                       Path\t=-PATH\t[~];[INSTALLDIR]\tFolder\n";
    let property = format!(
        "MsiShortcutProperty\tShortcut_\tPropertyKey\tPropVariantValue\ns72\ts72\ts255\ts255\n\
         MsiShortcutProperty\tMsiShortcutProperty\nStartMenuId\tStartMenuEntry\tSystem.AppUserModel.ID\t{}\n",
        product.identifier
    );
    let mut sequence = export(package, "InstallExecuteSequence")?;
    let actions = [("WriteEnvironmentStrings", 5200), ("RemoveEnvironmentStrings", 3300)];
    for (action, number) in actions {
        if !sequence.lines().any(|line| line.starts_with(&format!("{action}\t"))) {
            writeln!(sequence, "{action}\t\t{number}")?;
        }
    }
    let tables = [
        ("Environment", environment.to_owned()),
        ("MsiShortcutProperty", property),
        ("InstallExecuteSequence", sequence),
    ];
    for (name, text) in tables {
        let file = folder.join(format!("{name}.idt"));
        std::fs::write(&file, text)?;
        let mut command = Command::new("msibuild");
        command.arg(package).arg("-i").arg(file);
        log.command(command)?;
    }
    Ok(())
}

/// A table of an `.msi` as text: a line of names, of types, of the key, then the rows.
fn export(package: &Path, table: &str) -> Result<String> {
    let output = Command::new("msiinfo").arg("export").arg(package).arg(table).output()?;
    if !output.status.success() {
        return Err(format!("{table}: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).replace('\r', ""))
}

/// The rows of a table, each by the names of its columns.
fn rows(package: &Path, table: &str) -> Result<Vec<BTreeMap<String, String>>> {
    let text = export(package, table)?;
    let mut lines = text.lines();
    let names: Vec<String> = lines.next().unwrap_or_default().split('\t').map(str::to_owned).collect();
    let row = |line: &str| names.iter().cloned().zip(line.split('\t').map(str::to_owned)).collect();
    Ok(lines.skip(2).filter(|line| !line.is_empty()).map(row).collect())
}

/// Holds each table of the `.msi` against what Windows asks of a package for one user.
pub(crate) fn look_at_msi(product: &Product, staged: &Staged, package: &Path, log: &mut Log) -> Result {
    let table = |name: &str| rows(package, name).map_err(|error| format!("the table {name}: {error}"));
    let expect = |what: &str, found: &str, wanted: &str| -> Result {
        if found == wanted {
            Ok(())
        } else {
            Err(format!("{what} is “{found}”, not “{wanted}”").into())
        }
    };
    let properties: BTreeMap<String, String> = table("Property")?
        .into_iter()
        .filter_map(|row| Some((row.get("Property")?.clone(), row.get("Value")?.clone())))
        .collect();
    let property = |name: &str| properties.get(name).map(String::as_str).unwrap_or_default();
    expect("ProductName", property("ProductName"), &product.name)?;
    expect("ProductVersion", property("ProductVersion"), &product.version)?;
    expect("Manufacturer", property("Manufacturer"), &product.publisher)?;
    let upgrade = format!("{{{}}}", product.text("/windows/upgrade_code")?);
    expect("UpgradeCode", property("UpgradeCode"), &upgrade)?;
    // Where it is 1 or 2, the package is for the whole computer.
    expect("ALLUSERS", property("ALLUSERS"), "")?;
    for row in table("Upgrade")? {
        expect("an UpgradeCode", row.get("UpgradeCode").map(String::as_str).unwrap_or_default(), &upgrade)?;
    }
    let files = table("File")?;
    let mut named: Vec<String> =
        files.iter().filter_map(|row| Some(row.get("FileName")?.rsplit('|').next()?.to_owned())).collect();
    let mut wanted = staged.names.clone();
    named.sort();
    wanted.sort();
    expect("the list of files", &named.join(" "), &wanted.join(" "))?;
    let components = table("Component")?;
    let registry: BTreeMap<String, String> = table("Registry")?
        .into_iter()
        .filter_map(|row| Some((row.get("Registry")?.clone(), row.get("Root")?.clone())))
        .collect();
    for component in &components {
        let name = component.get("Component").cloned().unwrap_or_default();
        let key = component.get("KeyPath").cloned().unwrap_or_default();
        expect(
            &format!("the root of the key of {name}"),
            registry.get(&key).map_or("", String::as_str),
            "1",
        )?;
        // 4: the key is in the registry. 256: a component of 64 bits.
        let attributes: u32 = component.get("Attributes").and_then(|text| text.parse().ok()).unwrap_or(0);
        expect(&format!("“key in the registry” of {name}"), &(attributes & 4).to_string(), "4")?;
    }
    let featured = table("FeatureComponents")?;
    for component in components.iter().filter_map(|row| row.get("Component")) {
        if !featured.iter().any(|row| row.get("Component_") == Some(component)) {
            return Err(format!("the component {component} is in no feature").into());
        }
    }
    let level = |feature: &str| -> Result<String> {
        let features = table("Feature")?;
        let found = features.into_iter().find(|row| row.get("Feature").is_some_and(|name| name == feature));
        Ok(found.and_then(|row| row.get("Level").cloned()).unwrap_or_default())
    };
    expect("the level of Main", &level("Main")?, "1")?;
    expect("the level of StartWithWindows", &level("StartWithWindows")?, "1000")?;
    for name in
        ["Shortcut", "MsiShortcutProperty", "Environment", "RemoveFile", "LaunchCondition", "AppSearch"]
    {
        if table(name)?.is_empty() {
            return Err(format!("the table {name} is empty").into());
        }
    }
    let actions = export(package, "InstallExecuteSequence")?;
    for action in
        ["RemoveExistingProducts", "WriteEnvironmentStrings", "CreateShortcuts", "WriteRegistryValues"]
    {
        if !actions.lines().any(|line| line.starts_with(&format!("{action}\t"))) {
            return Err(format!("the action {action} is missing").into());
        }
    }
    let mut summary = Command::new("msiinfo");
    summary.arg("suminfo").arg(package);
    // Bit 3 of “Source”: no elevation is needed. Without it Windows asks for an administrator.
    let mut source = String::new();
    log.stream(summary, |_, line| {
        if let Some((name, value)) = line.split_once(':')
            && name.starts_with("Source")
        {
            source = value.trim().to_owned();
        }
    })?;
    let flags: u32 = source.split([' ', '(']).next().and_then(|text| text.parse().ok()).unwrap_or(0);
    if flags & 8 == 0 {
        return Err(format!("the summary says that an administrator is needed (Source: {source})").into());
    }
    Ok(())
}

/// Installs both packages under Wine, uses what they install, and removes them. Returns why this machine cannot.
pub(crate) fn try_them(
    package: &Path,
    setup: &Path,
    staged: &Staged,
    log: &mut Log,
) -> Result<Option<String>> {
    if let Some(lacking) =
        super::lacking(&[("wine", "wine, wine64"), ("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64")])
    {
        return Ok(Some(lacking));
    }
    let folder = std::env::temp_dir().join(format!("abide-wine-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut command = Command::new("/bin/sh");
    command.arg(cargo::root().join("xtask/programs/try_windows.sh")).arg(&folder).args([package, setup]);
    // Stand-ins for the programs only print a version.
    if std::fs::metadata(staged.folder.join("abide-agent.exe"))?.len() > 1_000_000 {
        command.arg("programs");
    }
    let tried = log.command(command);
    std::fs::remove_dir_all(&folder)?;
    tried.map(|()| None)
}
