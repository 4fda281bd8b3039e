//! What is opened in place of a browser: it writes down the address that it was given.

use std::path::PathBuf;

use abide_tests::room::Room;

/// A program that notes each address in a file of its own.
pub(crate) struct StandIn {
    folder: PathBuf,
}

impl StandIn {
    pub(crate) fn new(room: &Room) -> Self {
        let folder = room.path("browser");
        std::fs::create_dir_all(&folder).expect("a folder for addresses");
        Self { folder }
    }

    /// The line of the configuration. The address comes last, as one argument; how many there were stands in front of it.
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
            .filter_map(|path| Some((path.clone(), std::fs::read_to_string(path).ok()?)))
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

    /// What nobody has taken.
    pub(crate) fn left(&self) -> Vec<String> {
        self.noted().into_iter().map(|(_, noted)| noted).collect()
    }
}
