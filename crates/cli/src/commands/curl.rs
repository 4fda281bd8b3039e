//! `abide curl`: runs curl with a token, which leaves this computer over https only.

use std::ffi::{OsStr, OsString};
use std::process;

use crate::arguments::token_request::TokenRequest;
use crate::commands::token::{Headers, fetch, warn_of_short_validity};
use crate::failure::Failure;
use crate::io::Io;
use crate::platform;

/// The names of this computer in an address.
const HERE: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Replaces this process with curl, which reads the header from a pipe: every user of the machine can read arguments.
pub(super) fn curl(io: &mut Io<'_>, request: &TokenRequest, arguments: Vec<OsString>) -> Result<u8, Failure> {
    let program = OsString::from("curl");
    let mut command = process::Command::new(&program);
    // Otherwise curl sends the token unencrypted to an address with http, or without a scheme. Who means that says `--proto` again.
    let reach = Reach::of(&arguments, request.parameter("htu"));
    let protocols = if reach.stays_here { "=http,https" } else { "=https" };
    command.args(["--proto-default", "https", "--proto", protocols, "--proto-redir", protocols]);
    if reach.comes_here {
        command.arg("--noproxy").arg(past_the_proxy(io));
    }
    {
        let (_answer, token) = fetch(io, request)?;
        let headers = Headers::of(&token, request, "curl")?;
        warn_of_short_validity(io, request, &token);
        platform::pass_header(&mut command, headers.lines()).map_err(Failure::Handover)?;
        if let Some(url) = request.parameter("htu") {
            command.args(["--url", url]);
        }
        let method = request.parameter("htm");
        match if headers.proof.is_some() { method.or(Some("GET")) } else { method } {
            // With only the name of this method, curl would wait for a body.
            Some("HEAD") => _ = command.arg("--head"),
            Some(method) => _ = command.args(["--request", method]),
            None => {}
        }
    }
    command.args(arguments);
    (io.launch)(&mut command).map_err(|source| Failure::Launch { program, source })
}

/// The hosts that curl reaches without a proxy. A proxy would get the token unencrypted from an address with http. The option takes
/// the place of the variables, so their hosts stay.
fn past_the_proxy(io: &Io<'_>) -> OsString {
    let mut hosts =
        ["no_proxy", "NO_PROXY"].iter().find_map(|name| (io.environment)(name)).unwrap_or_default();
    // All hosts, if it stands alone.
    if hosts == "*" {
        return hosts;
    }
    if !hosts.is_empty() {
        hosts.push(",");
    }
    hosts.push("127.0.0.1,localhost,::1");
    hosts
}

/// Where the arguments of curl send the request.
struct Reach {
    /// Whether an address with http is on this computer.
    comes_here: bool,
    /// Whether that holds for every address with http. An argument that may lead elsewhere counts as one that does.
    stays_here: bool,
}

impl Reach {
    fn of(arguments: &[OsString], named: Option<&str>) -> Self {
        let mut words = arguments.iter().map(OsString::as_os_str);
        let mut reach = Self { comes_here: false, stays_here: true };
        if let Some(named) = named {
            reach.address(OsStr::new(named));
        }
        while let Some(word) = words.next() {
            match Word::of(word) {
                Word::Address(address) => reach.address(address),
                Word::AddressFollows => match words.next() {
                    Some(address) => reach.address(address),
                    None => reach.stays_here = false,
                },
                Word::Known => {}
                Word::ValueFollows => _ = words.next(),
                Word::NoProxyFollows => reach.stays_here &= words.next().is_some_and(|hosts| hosts == "*"),
                // The rest is another request, for which curl forgets the header.
                Word::Next => break,
                Word::Unknown => reach.stays_here = false,
            }
        }
        reach.stays_here &= reach.comes_here;
        reach
    }

    fn address(&mut self, address: &OsStr) {
        let is_here = is_on_this_computer(address);
        self.comes_here |= is_here;
        self.stays_here &= is_here || after_scheme(address, "https://").is_some();
    }
}

/// The rest of an address with this scheme.
fn after_scheme<'a>(address: &'a OsStr, scheme: &str) -> Option<&'a str> {
    let (begin, rest) = address.to_str()?.split_at_checked(scheme.len())?;
    begin.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Whether this is an address with http on this computer.
fn is_on_this_computer(address: &OsStr) -> bool {
    let rest = after_scheme(address, "http://");
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    // A port has only digits: what looks like one may be a password, with the host behind it.
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    HERE.iter()
        .filter_map(|host| authority.strip_prefix(host))
        .any(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
}

/// The meaning of an argument of curl.
enum Word<'a> {
    Address(&'a OsStr),
    /// The next argument is an address.
    AddressFollows,
    /// An option that leads nowhere else.
    Known,
    /// The same, and the next argument is its value.
    ValueFollows,
    /// The next argument names the hosts without a proxy.
    NoProxyFollows,
    /// Another request begins.
    Next,
    /// Possibly an option that leads elsewhere, for example a proxy, a file with options or another address for a host.
    Unknown,
}

impl<'a> Word<'a> {
    fn of(word: &'a OsStr) -> Self {
        let Some(text) = word.to_str() else { return Self::Unknown };
        if let Some(long) = text.strip_prefix("--") {
            return Self::long(long);
        }
        match text.strip_prefix('-') {
            None => Self::Address(word),
            Some(":") => Self::Next,
            Some(letters) => Self::short(letters),
        }
    }

    fn long(option: &'a str) -> Self {
        if let Some((name, value)) = option.split_once('=') {
            return match name {
                "url" => Self::Address(OsStr::new(value)),
                name if WITH_VALUE.contains(&name) => Self::Known,
                _ => Self::Unknown,
            };
        }
        match option {
            "url" => Self::AddressFollows,
            "next" => Self::Next,
            "noproxy" => Self::NoProxyFollows,
            option if WITH_VALUE.contains(&option) => Self::ValueFollows,
            option if ALONE.contains(&option.strip_prefix("no-").unwrap_or(option)) => Self::Known,
            _ => Self::Unknown,
        }
    }

    /// Several letters together: the value of one is the rest, or the next argument.
    fn short(letters: &str) -> Self {
        for (at, letter) in letters.char_indices() {
            if LETTERS_WITH_VALUE.contains(letter) {
                let is_last = at + letter.len_utf8() == letters.len();
                return if is_last { Self::ValueFollows } else { Self::Known };
            }
            if !LETTERS_ALONE.contains(letter) {
                return Self::Unknown;
            }
        }
        if letters.is_empty() { Self::Unknown } else { Self::Known }
    }
}

const LETTERS_ALONE: &str = "0123446BGIJLNOSRZafgijklnsv#";
const LETTERS_WITH_VALUE: &str = "ACDEFHTXYbcdemortuwyz";

/// Options of curl without a value that lead to no other host.
const ALONE: [&str; 48] = [
    "alpn",
    "anyauth",
    "append",
    "basic",
    "buffer",
    "clobber",
    "compressed",
    "create-dirs",
    "digest",
    "fail",
    "fail-early",
    "fail-with-body",
    "get",
    "globoff",
    "head",
    "http0.9",
    "http1.0",
    "http1.1",
    "http2",
    "http2-prior-knowledge",
    "http3",
    "ignore-content-length",
    "include",
    "insecure",
    "ipv4",
    "ipv6",
    "junk-session-cookies",
    "keepalive",
    "list-only",
    "location",
    "negotiate",
    "netrc",
    "ntlm",
    "parallel",
    "path-as-is",
    "post301",
    "post302",
    "post303",
    "progress-bar",
    "progress-meter",
    "remote-header-name",
    "remote-name",
    "remote-name-all",
    "remote-time",
    "show-error",
    "silent",
    "tcp-nodelay",
    "verbose",
];

/// Options of curl with a value that lead to no other host, whatever it is.
const WITH_VALUE: [&str; 43] = [
    "cacert",
    "cert",
    "cert-type",
    "connect-timeout",
    "continue-at",
    "cookie",
    "cookie-jar",
    "data",
    "data-ascii",
    "data-binary",
    "data-raw",
    "data-urlencode",
    "dump-header",
    "expect100-timeout",
    "form",
    "form-string",
    "header",
    "json",
    "key",
    "key-type",
    "limit-rate",
    "max-filesize",
    "max-redirs",
    "max-time",
    "output",
    "output-dir",
    "range",
    "rate",
    "referer",
    "request",
    "retry",
    "retry-delay",
    "retry-max-time",
    "speed-limit",
    "speed-time",
    "stderr",
    "time-cond",
    "trace",
    "trace-ascii",
    "upload-file",
    "user",
    "user-agent",
    "write-out",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(words: &[&str]) -> (bool, bool) {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let reach = Reach::of(&words, None);
        (reach.comes_here, reach.stays_here)
    }

    #[test]
    fn http_is_for_this_computer_alone() {
        for words in [
            &["http://127.0.0.1:8080/x"][..],
            &["HTTP://localhost"],
            &["--url", "http://[::1]:80/{a,b}?c#d"],
            &["-sS", "http://localhost:1/", "-XPOST", "-d", "http://api.example.com/", "-o", "x"],
            &["-sfLd", "http://api.example.com/", "http://localhost:1/", "https://api.example.com/"],
            &["--no-progress-meter", "--json", "{}", "http://localhost/", "--noproxy", "*"],
            &["http://localhost/", "--next", "http://api.example.com/"],
        ] {
            assert_eq!(reach(words), (true, true), "{words:?}");
        }
    }

    #[test]
    fn an_argument_that_may_lead_elsewhere_leaves_only_https() {
        for words in [
            &["http://127.0.0.1/", "http://api.example.com/"][..],
            &["http://127.0.0.1/", "api.example.com"],
            &["http://127.0.0.1/", "--url", "HTTP://api.example.com"],
            &["http://127.0.0.1/", "{http,x}://api.example.com"],
            &["http://127.0.0.1/", "-x", "http://proxy.example.com"],
            &["http://127.0.0.1/", "-sxproxy.example.com"],
            &["http://127.0.0.1/", "--proxy", "proxy.example.com"],
            &["http://127.0.0.1/", "--prox", "proxy.example.com"],
            &["http://127.0.0.1/", "--resolve", "127.0.0.1:80:192.0.2.1"],
            &["http://127.0.0.1/", "--connect-to", "::api.example.com:80"],
            &["http://127.0.0.1/", "--noproxy", "api.example.com"],
            &["http://127.0.0.1/", "--location-trusted"],
            &["http://127.0.0.1/", "-K", "options"],
            &["http://127.0.0.1/", "--proto-default", "http", "-s"],
            &["http://127.0.0.1/", "--", "http://api.example.com"],
        ] {
            assert_eq!(reach(words), (true, false), "{words:?}");
        }
        for words in [
            &["-e", "http://localhost/", "http://api.example.com/y"][..],
            &["-d", "http://127.0.0.1/", "http://api.example.com/y"],
            &["http://127.0.0.1:x@api.example.com/"],
            &["http://127.0.0.1:80{,@api.example.com}/"],
            &["http://127.0.0.1.example.com/"],
            &["http://localhost@api.example.com/"],
            &["http://{localhost,api.example.com}/"],
            &["https://api.example.com/"],
            &["--url"],
            &[],
        ] {
            assert_eq!(reach(words), (false, false), "{words:?}");
        }
    }
}
