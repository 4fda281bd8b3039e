//! How each page of the window looks: pictures of the gallery (`ui/src/demo`) in Chromium, in both themes, in each language and
//! in two invented ones, narrow, wide, with large text and with high contrast. They are compared with the pictures in
//! `tests/look`, which `./x look` takes over.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn each_page_looks_as_it_did() {
    abide_tests::skipped("look", "the pictures were made with the fonts of Linux");
}

#[cfg(target_os = "linux")]
mod look {
    use std::fmt::Write as _;
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::path::{Component, Path, PathBuf};

    use abide_tests::browser::{Browser, Page};
    use abide_tests::room::Room;
    use abide_tests::tab::Tab as _;
    use abide_tests::{evidence, s, skipped, workspace};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};

    /// Scenes of the gallery: each page of the window, with much to see.
    const SCENES: [&str; 10] = [
        "demo",
        "closed&open",
        "reminded",
        "several",
        "found",
        "asked",
        "tools",
        "activity",
        "settings",
        "help",
    ];

    /// What is seen of a page without loading it again.
    #[derive(Clone, Copy)]
    struct Look {
        name: &'static str,
        /// In pixels.
        width: u32,
        dark: bool,
        contrast: bool,
        large: bool,
    }

    /// The width of a new window.
    const USUAL: u32 = 420;
    const LIGHT: Look = Look { name: "light", width: USUAL, dark: false, contrast: false, large: false };
    const LOOKS: [Look; 6] = [
        LIGHT,
        Look { name: "dark", dark: true, ..LIGHT },
        // The narrowest window, and one that is wider than its column.
        Look { name: "narrow", width: 360, ..LIGHT },
        Look { name: "wide", width: 860, ..LIGHT },
        Look { name: "large", large: true, ..LIGHT },
        Look { name: "contrast", contrast: true, ..LIGHT },
    ];
    const LANGUAGES: [&str; 5] = ["en", "es", "de", "qps-long", "qps-rtl"];

    /// The part of a picture that may differ: a word, but not a line that is somewhere else.
    const TOLERANCE: f64 = 0.006;

    /// Always the same moment, Friday, 2 January 2026, noon: nothing on a page depends on when its picture is taken.
    const CLOCK: &str = "(() => {
        const noon = 1767355200000, Real = Date;
        globalThis.Date = class extends Real {
            constructor(...given) { given.length === 0 ? super(noon) : super(...given); }
            static now() { return noon; }
        };
        Performance.prototype.now = () => 5000;
    })()";

    /// The widths of some words: what a picture depends on besides the page.
    const FONTS: &str = "(() => {
        const pen = document.createElement('canvas').getContext('2d');
        const family = getComputedStyle(document.body).fontFamily;
        return ['400 16px ' + family, '650 16px ' + family, '400 16px ui-monospace, monospace'].map((font) => {
            pen.font = font;
            return Math.round(pen.measureText('Hamburgefonstiv 0123456789 áéíóúñäöüß “”·…').width);
        });
    })()";

    /// Reduces a picture to a quarter and to few colours, and compares it with the one that is kept.
    const COMPARE: &str = "async (taken, kept) => {
        const image = async (data) => createImageBitmap(await (await fetch('data:image/png;base64,' + data)).blob());
        const canvas = (width, height) => new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
        const text = async (pen) => {
            const bytes = new Uint8Array(await (await pen.canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
            let binary = '';
            for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
            return btoa(binary);
        };
        const full = await image(taken);
        const width = Math.round(full.width / 4), height = Math.round(full.height / 4);
        const pen = canvas(width, height);
        pen.imageSmoothingQuality = 'high';
        pen.drawImage(full, 0, 0, width, height);
        const pixels = pen.getImageData(0, 0, width, height);
        for (let i = 0; i < pixels.data.length; i++) pixels.data[i] = Math.round(pixels.data[i] / 17) * 17;
        pen.putImageData(pixels, 0, 0);
        const reduced = await text(pen);
        if (kept === null) return { reduced, width, height, kept: null };
        const before = await image(kept);
        const size = [before.width, before.height];
        const lower = Math.min(height, before.height);
        const old = canvas(...size);
        old.drawImage(before, 0, 0);
        const was = old.getImageData(0, 0, ...size).data;
        let different = 0;
        for (let y = 0; y < lower; y++) {
            for (let x = 0; x < Math.min(width, before.width); x++) {
                const [i, j] = [4 * (y * width + x), 4 * (y * before.width + x)];
                const far = [0, 1, 2].some((part) => Math.abs(pixels.data[i + part] - was[j + part]) > 68);
                if (!far) continue;
                different++;
                pixels.data.set([255, 0, 0, 255], i);
            }
        }
        pen.putImageData(pixels, 0, 0);
        return { reduced, width, height, kept: size, different: different / (width * lower), marked: await text(pen) };
    }";

    /// Serves the gallery's files at a port of this machine, until the test ends.
    fn serve(folder: PathBuf) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let folder = folder.clone();
                std::thread::spawn(move || answer(stream, &folder));
            }
        });
        port
    }

    /// Answers one request.
    fn answer(mut stream: TcpStream, folder: &Path) -> Option<()> {
        stream.set_read_timeout(Some(s(5))).ok()?;
        let mut head = Vec::new();
        let mut part = [0; 2048];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let count = stream.read(&mut part).ok().filter(|count| *count > 0)?;
            head.extend_from_slice(&part[..count]);
        }
        let head = String::from_utf8(head).ok()?;
        let path = PathBuf::from(head.split(['?', ' ']).nth(1)?.trim_start_matches('/'));
        let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        let content = inside.then(|| std::fs::read(folder.join(&path)).ok()).flatten();
        let kind = match path.extension().and_then(|end| end.to_str()) {
            Some("html") => "text/html",
            Some("js") => "text/javascript",
            Some("css") => "text/css",
            Some("svg") => "image/svg+xml",
            _ => "application/octet-stream",
        };
        let status = if content.is_some() { "200 OK" } else { "404 Not Found" };
        let content = content.unwrap_or_default();
        let length = content.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(&content).ok()
    }

    /// Gives the page this size, and waits until it is drawn. Returns the height of all of it.
    async fn resized(page: &Page<'_>, width: u32, height: i64) -> i64 {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        page.command("Emulation.setDeviceMetricsOverride", size).await;
        let drawn = "(async () => {
            for (let i = 0; i < 3; i++) await new Promise((done) => requestAnimationFrame(done));
            return document.documentElement.scrollHeight;
        })()";
        page.evaluate(drawn).await.as_i64().unwrap()
    }

    /// Makes the page look like this, and takes a picture of all of it.
    async fn picture(page: &Page<'_>, look: Look) -> String {
        let feature = |name: &str, value: &str| json!({ "name": name, "value": value });
        let features = [
            feature("prefers-color-scheme", if look.dark { "dark" } else { "light" }),
            feature("prefers-reduced-motion", "reduce"),
            feature("forced-colors", if look.contrast { "active" } else { "none" }),
            feature("prefers-contrast", if look.contrast { "more" } else { "no-preference" }),
        ];
        page.command("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        let large = if look.large { "200%" } else { "" };
        page.evaluate(&format!("document.documentElement.style.fontSize = '{large}'")).await;
        // A page that is higher than the window would be drawn in parts.
        let height = resized(page, look.width, 600).await;
        resized(page, look.width, height).await;
        let clip = json!({ "x": 0, "y": 0, "width": look.width, "height": height, "scale": 1 });
        let taken = page.command("Page.captureScreenshot", json!({ "format": "png", "clip": clip })).await;
        taken["data"].as_str().unwrap().to_owned()
    }

    fn write(file: &Path, base64: &Value) {
        std::fs::write(file, STANDARD.decode(base64.as_str().unwrap()).unwrap()).unwrap();
    }

    /// What is different from the picture that is kept; empty for nothing.
    fn difference(compared: &Value) -> String {
        let Some(kept) = compared["kept"].as_array() else {
            return "there is no picture to compare with".to_owned();
        };
        let number = |value: &Value| value.as_i64().unwrap_or_default();
        let (width, height) = (number(&compared["width"]), number(&compared["height"]));
        if width != number(&kept[0]) || (height - number(&kept[1])).abs() > 2 {
            return format!(
                "it is {} × {} pixels, and was {} × {}",
                width * 4,
                height * 4,
                number(&kept[0]) * 4,
                number(&kept[1]) * 4
            );
        }
        let different = compared["different"].as_f64().unwrap_or(1.0);
        if different > TOLERANCE {
            format!("{:.1} % of it is different", different * 100.0)
        } else {
            String::new()
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn each_page_looks_as_it_did() {
        let gallery = workspace().join("ui/dist-demo");
        if !gallery.join("demo.html").exists() {
            return skipped("look", "the gallery is not built; ./x test builds it");
        }
        let room = Room::without_keyring("look").await;
        let flags = ["--hide-scrollbars", "--disable-lcd-text", "--font-render-hinting=none"];
        let browser = Browser::headless_with(&room, &flags).await;
        let page = browser.open("about:blank").await;
        page.command("Page.enable", json!({})).await;
        page.command("Page.addScriptToEvaluateOnNewDocument", json!({ "source": CLOCK })).await;
        page.command("Emulation.setTimezoneOverride", json!({ "timezoneId": "UTC" })).await;
        let port = serve(gallery);
        let (kept, shown) = (workspace().join("tests/look"), evidence("ui"));
        let reduced = evidence("ui/reduced");
        let mut problems = String::new();
        let mut fonts = Value::Null;
        for scene in SCENES {
            for language in LANGUAGES {
                let address = format!("http://127.0.0.1:{port}/demo.html?demo={scene}&lang={language}");
                page.go(&address).await;
                page.wait_for("[data-played]").await;
                if fonts.is_null() {
                    fonts = page.evaluate(FONTS).await;
                }
                let looks: &[Look] = if language == "en" { &LOOKS } else { &[LIGHT] };
                for look in looks {
                    let theme = if language == "en" { look.name } else { language };
                    let name = format!("{}-{theme}", scene.replace("&open", ""));
                    let before = std::fs::read(kept.join(&name).with_extension("png")).ok();
                    let before = before.map(|bytes| STANDARD.encode(bytes));
                    let (mut taken, mut compared) = (String::new(), Value::Null);
                    // What a busy computer has not drawn yet is there the next time.
                    for _ in 0..3 {
                        taken = picture(&page, *look).await;
                        let call = format!("({COMPARE})({}, {})", json!(taken), json!(before));
                        compared = page.evaluate(&call).await;
                        if before.is_none() || difference(&compared).is_empty() {
                            break;
                        }
                    }
                    write(&shown.join(&name).with_extension("png"), &json!(taken));
                    write(&reduced.join(&name).with_extension("png"), &compared["reduced"]);
                    let problem = difference(&compared);
                    if !problem.is_empty() {
                        writeln!(problems, "{name}: {problem}").unwrap();
                        if compared["marked"].is_string() {
                            write(&shown.join(format!("{name}-difference.png")), &compared["marked"]);
                        }
                    }
                }
            }
        }
        std::fs::write(reduced.join("fonts.json"), fonts.to_string()).unwrap();
        let before = std::fs::read_to_string(kept.join("fonts.json")).unwrap_or_default();
        if serde_json::from_str::<Value>(&before).is_ok_and(|before| before != fonts) {
            let reason =
                format!("the fonts are others than those of tests/look: {fonts} instead of {before}");
            return skipped("look", &reason);
        }
        assert!(
            problems.is_empty(),
            "Look at target/acceptance/ui. If it is as it should be, run ./x look.\n{problems}"
        );
    }
}
