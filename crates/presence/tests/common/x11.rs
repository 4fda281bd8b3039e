//! A real X server without a screen, and a way to press its keys.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::Running;

/// The server.
pub struct X11 {
    pub display: String,
    _server: Running,
}

impl X11 {
    pub fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "64x64x24", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Self { display: format!(":{}", number.trim()), _server: Running(server) }
    }

    /// Presses a key.
    pub fn press_a_key(&self) {
        let pressed = Command::new("xdotool").env("DISPLAY", &self.display).args(["key", "shift"]).status();
        assert!(pressed.expect("xdotool is installed").success());
    }
}
