//! The code for another device in a terminal (RFC 8628, section 3.3).

use abide_wire::DeviceCode;
use abide_wire::text::duration;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

/// Whether a QR code of the page's address is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Picture {
    /// None: the output is a file.
    None,
    /// In the terminal's own colours. If those are light on dark, not every telephone can read it.
    Plain,
    /// Black on white, whatever the terminal's colours are.
    Inked,
}

/// What to do with the code. It is shown beside the QR code, because the person has to compare it with the page (section
/// 3.3.1).
pub(super) fn page(code: &DeviceCode, picture: Picture) -> String {
    let lasts = duration(code.expires_in);
    let mut page = format!(
        "Open this page on any device and enter the code. It expires in {lasts}.\n\n  {}\n  {}\n\n",
        code.verification_uri, code.user_code
    );
    let address = code.verification_uri_complete.as_ref().unwrap_or(&code.verification_uri);
    let drawn = if picture == Picture::None { None } else { drawn(address) };
    for line in drawn.iter().flat_map(|drawn| drawn.lines()) {
        match picture {
            Picture::Inked => page.push_str(&format!("\u{1b}[30;107m{line}\u{1b}[0m\n")),
            _ => page.push_str(&format!("{line}\n")),
        }
    }
    if drawn.is_some() {
        page.push('\n');
    }
    page
}

/// With the quiet zone around it, which a reader needs to find the edge.
fn drawn(address: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(address, EcLevel::L).ok()?;
    Some(code.render::<Dense1x2>().dark_color(Dense1x2::Dark).light_color(Dense1x2::Light).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> DeviceCode {
        DeviceCode {
            verification_uri: "https://id.example.com/device".to_owned(),
            verification_uri_complete: Some("https://id.example.com/device?user_code=WDJB-MJHT".to_owned()),
            user_code: "WDJB-MJHT".to_owned(),
            expires_in: 600,
        }
    }

    #[test]
    fn the_code_stands_under_the_page_and_a_picture_only_in_a_terminal() {
        let plain = page(&code(), Picture::None);
        assert_eq!(
            plain,
            "Open this page on any device and enter the code. It expires in 10 min.\n\n  \
             https://id.example.com/device\n  WDJB-MJHT\n\n"
        );
        let drawn = page(&code(), Picture::Plain);
        assert!(
            drawn.starts_with(&plain) && drawn.contains('\u{2588}') && !drawn.contains('\u{1b}'),
            "{drawn}"
        );
        assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
        let inked = page(&code(), Picture::Inked);
        assert_eq!(inked.replace("\u{1b}[30;107m", "").replace("\u{1b}[0m", ""), drawn);
        assert!(
            inked
                .lines()
                .skip(5)
                .filter(|line| !line.is_empty())
                .all(|line| line.starts_with("\u{1b}[30;107m"))
        );
    }
}
