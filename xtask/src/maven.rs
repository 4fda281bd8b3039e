//! The address of Maven Central on this machine: the one that Maven itself would use, for downloads without it.

use std::path::PathBuf;

const CENTRAL: &str = "https://repo1.maven.org/maven2";

/// Its address without a slash at the end: `MAVEN_CENTRAL`, a mirror in the `settings.xml` of the user or the system, or the
/// default. Downloads are compared with a checksum in any case.
pub(crate) fn central() -> String {
    let chosen = std::env::var("MAVEN_CENTRAL").ok().filter(|address| !address.is_empty());
    let home = std::env::home_dir().map(|home| home.join(".m2/settings.xml"));
    let files = home.into_iter().chain([PathBuf::from("/etc/maven/settings.xml")]);
    let mirror =
        || files.filter_map(|file| std::fs::read_to_string(file).ok()).find_map(|text| mirror(&text));
    let address = chosen.or_else(mirror).unwrap_or_else(|| CENTRAL.to_owned());
    address.trim_end_matches('/').to_owned()
}

/// The first mirror of Maven Central in a `settings.xml`.
fn mirror(settings: &str) -> Option<String> {
    let mut text = settings.to_owned();
    while let Some((before, rest)) = text.split_once("<!--") {
        text = before.to_owned() + rest.split_once("-->").map_or("", |(_, after)| after);
    }
    text.split("<mirror>").skip(1).find_map(|rest| {
        let mirror = rest.split("</mirror>").next()?;
        if element(mirror, "blocked").is_some_and(|blocked| blocked == "true") {
            return None;
        }
        let of = element(mirror, "mirrorOf")?;
        let mut of = of.split(',').map(str::trim);
        // `!central` excludes it; `external:*` means every address that is not on this machine.
        let all = ["*", "central", "external:*"];
        of.clone().all(|one| one != "!central").then_some(())?;
        of.any(|one| all.contains(&one)).then_some(())?;
        element(mirror, "url").map(str::to_owned)
    })
}

fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(content, _)| content.trim())
}

#[cfg(test)]
mod tests {
    use super::mirror;

    fn settings(mirrors: &str) -> String {
        format!("<settings><mirrors>{mirrors}</mirrors></settings>")
    }

    fn one(of: &str) -> String {
        format!("<mirror><id>m</id><mirrorOf>{of}</mirrorOf><url> https://maven.example/all </url></mirror>")
    }

    #[test]
    fn a_mirror_of_everything_or_of_central_is_taken() {
        for of in ["*", "central", "external:*", "snapshots, central", "*,!ours"] {
            assert_eq!(mirror(&settings(&one(of))).as_deref(), Some("https://maven.example/all"), "{of}");
        }
    }

    #[test]
    fn a_mirror_of_something_else_is_not() {
        for of in ["ours", "external:http:*", "*,!central"] {
            assert_eq!(mirror(&settings(&one(of))), None, "{of}");
        }
    }

    #[test]
    fn what_is_commented_out_or_blocked_does_not_count() {
        let blocked = one("*").replace("</mirror>", "<blocked>true</blocked></mirror>");
        assert_eq!(mirror(&settings(&format!("<!-- {} -->{blocked}", one("*")))), None);
        let second = one("*").replace("example/all", "example/second");
        let found = mirror(&settings(&format!("<!-- {} -->{second}", one("*"))));
        assert_eq!(found.as_deref(), Some("https://maven.example/second"));
    }
}
