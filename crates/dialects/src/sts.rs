//! AWS's Security Token Service: a token for credentials of a role (AssumeRoleWithWebIdentity, API version 2011-06-15). The request
//! is a form without a signature; the answer is XML.

use abide_wire::{AccessToken, AwsCredentials, AwsRole, AwsSecret};
use url::Url;
use zeroize::Zeroizing;

use crate::address::is_loopback;
use crate::time::unix_seconds;

/// The media type to ask for. Without it, the service may answer in another form.
pub const ACCEPT: &str = "text/xml";
/// The most that is read of an answer, in bytes.
const LONGEST: usize = 64 << 10;
/// The longest reason that is shown, in characters.
const REASON: usize = 200;

/// Why a role cannot be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleError {
    /// It is not the name of a role.
    Arn,
    /// It is not the name of a region.
    Region,
    /// The address is not one with https, or one of this computer.
    Endpoint,
}

impl core::fmt::Display for RoleError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Arn => "The role has to be an ARN such as arn:aws:iam::123456789012:role/dev.",
            Self::Region => "The region has to be one of AWS, such as eu-west-1.",
            Self::Endpoint => {
                "The address of the Security Token Service has to begin with https://; http:// is for this computer only."
            }
        })
    }
}

impl core::error::Error for RoleError {}

/// The address of the Security Token Service for a role.
///
/// # Errors
///
/// If the role, its region or its address cannot be used.
pub fn endpoint(role: &AwsRole) -> Result<Url, RoleError> {
    if !is_role(&role.arn) {
        return Err(RoleError::Arn);
    }
    if let Some(endpoint) = &role.endpoint {
        let url = Url::parse(endpoint).map_err(|_| RoleError::Endpoint)?;
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let reachable = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        return if plain && reachable { Ok(url) } else { Err(RoleError::Endpoint) };
    }
    let text = match role.region.as_deref() {
        None => "https://sts.amazonaws.com/".to_owned(),
        Some(region) => {
            let named = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if region.is_empty() || region.len() > 32 || !region.bytes().all(named) {
                return Err(RoleError::Region);
            }
            let china = if region.starts_with("cn-") { ".cn" } else { "" };
            format!("https://sts.{region}.amazonaws.com{china}/")
        }
    };
    Url::parse(&text).map_err(|_| RoleError::Region)
}

fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else { return false };
    partition.starts_with("aws")
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
        && arn.len() <= 2048
        && arn.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The form of the request. `account` becomes the name of the session, which AWS writes into its records.
#[must_use]
pub fn request(role: &AwsRole, account: &str, token: &AccessToken) -> Zeroizing<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_=,.@-".contains(c);
    let session: String = account.chars().map(|c| if allowed(c) { c } else { '-' }).take(58).collect();
    let mut form = Zeroizing::new(String::with_capacity(token.expose().len() * 3 + 8192));
    for (name, value) in [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", role.arn.as_str()),
        ("RoleSessionName", &format!("abide-{session}")),
        ("WebIdentityToken", token.expose()),
    ] {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(name);
        form.push('=');
        form.extend(url::form_urlencoded::byte_serialize(value.as_bytes()));
    }
    form
}

/// The credentials in an answer with status 200; `None` if one of their members is missing or not as it has to be.
#[must_use]
pub fn credentials(body: &[u8]) -> Option<AwsCredentials> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= LONGEST)?;
    let inside = element(text, "Credentials")?;
    let member = |name: &str| {
        let value = element(inside, name)?;
        let sent = |byte: u8| byte.is_ascii_graphic() && !b"<>&\"\\".contains(&byte);
        (!value.is_empty() && value.bytes().all(sent)).then_some(value)
    };
    Some(AwsCredentials {
        access_key_id: member("AccessKeyId")?.to_owned(),
        secret_access_key: AwsSecret::new(member("SecretAccessKey")?.to_owned()),
        session_token: AwsSecret::new(member("SessionToken")?.to_owned()),
        expires_at: unix_seconds(member("Expiration")?)?,
    })
}

/// The reason in an answer with another status: `CODE: MESSAGE`.
#[must_use]
pub fn refusal(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= LONGEST)?;
    let inside = element(text, "Error")?;
    let code = element(inside, "Code").filter(|code| !code.is_empty())?;
    let message = element(inside, "Message").unwrap_or_default();
    let shown = format!("{code}: {}", unescaped(message));
    Some(shown.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON).collect())
}

/// What is between the tags of the first element with this name.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (inside, _) = rest.split_once(&format!("</{name}>"))?;
    Some(inside.trim())
}

/// XML 1.0, section 4.6. `&amp;` is last, so that nothing is replaced twice.
fn unescaped(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (escape, character)| text.replace(escape, character))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ARN: &str = "arn:aws:iam::123456789012:role/team/dev";
    const ANSWER: &str = "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
        <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>\
        <SecretAccessKey>a/b+c=</SecretAccessKey><SessionToken> t/u+v= </SessionToken>\
        <Expiration>2030-03-17T17:46:40.5Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>\
        </AssumeRoleWithWebIdentityResponse>";

    fn role(arn: &str, region: Option<&str>, at: Option<&str>) -> AwsRole {
        AwsRole { arn: arn.to_owned(), region: region.map(str::to_owned), endpoint: at.map(str::to_owned) }
    }

    #[test]
    fn the_service_is_that_of_the_region() {
        for (region, at, expected) in [
            (None, None, Ok("https://sts.amazonaws.com/")),
            (Some("eu-west-1"), None, Ok("https://sts.eu-west-1.amazonaws.com/")),
            (Some("cn-north-1"), None, Ok("https://sts.cn-north-1.amazonaws.com.cn/")),
            (Some("evil.example/"), None, Err(RoleError::Region)),
            (Some(""), None, Err(RoleError::Region)),
            (Some("eu-west-1"), Some("http://127.0.0.1:4711"), Ok("http://127.0.0.1:4711/")),
            (None, Some("https://sts.example.com/x"), Ok("https://sts.example.com/x")),
            (None, Some("http://sts.example.com"), Err(RoleError::Endpoint)),
            (None, Some("https://user@sts.example.com"), Err(RoleError::Endpoint)),
            (None, Some("file:///x"), Err(RoleError::Endpoint)),
        ] {
            let found = endpoint(&role(ARN, region, at)).map(|url| url.to_string());
            assert_eq!(found, expected.map(str::to_owned), "{region:?} {at:?}");
        }
        for arn in [
            "",
            "dev",
            "arn:aws:iam::1:role/dev",
            "arn:aws:iam::123456789012:user/dev",
            "arn:aws:sts::123456789012:role/x",
        ] {
            assert_eq!(endpoint(&role(arn, None, None)), Err(RoleError::Arn), "{arn}");
        }
    }

    #[test]
    fn the_request_is_a_form_that_names_the_role_and_the_session() {
        let token = AccessToken::new("eyJ.a.b+c".to_owned());
        assert_eq!(
            request(&role(ARN, None, None), "my work", &token).as_str(),
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fteam%2Fdev\
             &RoleSessionName=abide-my-work&WebIdentityToken=eyJ.a.b%2Bc"
        );
    }

    #[test]
    fn credentials_are_read_whole_or_not_at_all() {
        let found = credentials(ANSWER.as_bytes()).unwrap();
        assert_eq!((found.access_key_id.as_str(), found.expires_at), ("ASIA1", 1_900_000_000));
        assert_eq!((found.secret_access_key.expose(), found.session_token.expose()), ("a/b+c=", "t/u+v="));
        for (part, other) in [
            ("<AccessKeyId>ASIA1</AccessKeyId>", ""),
            ("ASIA1", ""),
            ("a/b+c=", "a b"),
            ("a/b+c=", "a\"b"),
            ("</SessionToken>", ""),
            ("2030-03-17T17:46:40.5Z", "soon"),
            ("<Credentials>", "<Other>"),
        ] {
            assert!(credentials(ANSWER.replace(part, other).as_bytes()).is_none(), "{part} {other}");
        }
        assert!(credentials(b"\xff").is_none() && credentials(b"").is_none());
    }

    #[test]
    fn a_refusal_has_its_code_and_its_reason() {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code>\
                    <Message>No &quot;provider&quot;\n in &amp;lt; your account</Message></Error></ErrorResponse>";
        let expected = "InvalidIdentityToken: No \"provider\"  in &lt; your account";
        assert_eq!(refusal(body.as_bytes()).as_deref(), Some(expected));
        for other in ["", "{}", "<Error><Code></Code></Error>"] {
            assert_eq!(refusal(other.as_bytes()), None, "{other}");
        }
    }
}
