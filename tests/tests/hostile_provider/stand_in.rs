//! A program instead of a browser: it notes the address that it was given.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;

use abide_tests::room::Room;
use url::Url;

/// A program that writes each address to a separate file.
pub(crate) struct StandIn {
    folder: PathBuf,
}

impl StandIn {
    pub(crate) fn new(room: &Room) -> Self {
        let folder = room.path("browser");
        std::fs::create_dir_all(&folder).expect("a folder for addresses");
        Self { folder }
    }

    /// The line of the configuration. The address is the last argument; the number of arguments is written before it.
    pub(crate) fn setting(&self) -> String {
        let place = self.folder.display();
        let script = format!(
            "printf '%s %s' \"$#\" \"$*\" > '{place}'/$$.part; mv '{place}'/$$.part '{place}'/$$.url"
        );
        format!("browser = {}\n", serde_json::json!(["sh", "-c", script, "sh"]))
    }

    fn noted(&self) -> Vec<(PathBuf, String)> {
        let files = std::fs::read_dir(&self.folder).expect("the folder of addresses").flatten();
        files
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "url"))
            .filter_map(|path| Some((path.clone(), arrived(&path)?)))
            .collect()
    }

    /// The address that was opened for this client, once.
    pub(crate) fn take(&self, client: &str) -> Option<String> {
        let mark = format!("client_id={client}&");
        let (path, noted) =
            self.noted().into_iter().find(|(_, noted)| format!("{noted}&").contains(&mark))?;
        std::fs::remove_file(path).expect("take the address");
        let (count, address) = noted.split_once(' ')?;
        assert_eq!(count, "1", "the address is one argument: {noted}");
        Some(address.to_owned())
    }

    /// The addresses that no test has taken.
    pub(crate) fn left(&self) -> Vec<String> {
        self.noted().into_iter().map(|(_, noted)| noted).collect()
    }
}

/// The noted address and its target: the browser gets an address of Abide's own, which redirects it to the provider once.
fn arrived(path: &std::path::Path) -> Option<String> {
    let noted = std::fs::read_to_string(path).ok()?;
    let Some((count, own)) = noted.split_once(' ').filter(|(_, address)| address.contains("/start/")) else {
        return Some(noted);
    };
    let noted = format!("{count} {}", onward(&Url::parse(own).ok()?).unwrap_or_else(|| own.to_owned()));
    std::fs::write(path, &noted).expect("note where the address leads");
    Some(noted)
}

fn onward(own: &Url) -> Option<String> {
    let host = format!("{}:{}", own.host_str()?, own.port()?);
    let mut stream = TcpStream::connect(&host).ok()?;
    write!(stream, "GET {} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n", own.path()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let location = answer.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("location").then(|| value.trim().to_owned())
    });
    location.filter(|_| answer.starts_with("HTTP/1.1 30"))
}
