//! Verification: reads the files in order and says what does not fit.

use serde::Serialize;

use crate::chain::{Chain, Hash, Line, NotALine};
use crate::entry::Event;
use crate::files::file_name;

/// Findings beyond this many are only counted.
const MOST: usize = 100;

/// The ends of the record as the vault, or the running agent, knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The number of the first line that is kept; 0 if that is not known.
    pub first: u64,
    /// The last line that was sealed.
    pub last: Chain,
}

/// Something that does not fit. Every one of them means that the record is not as Abide wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// The content of a line does not fit its hash.
    LineChanged {
        /// Its number.
        n: u64,
    },
    /// A line is not one of the record.
    NotALine {
        /// The file.
        file: String,
        /// Which of its lines, from 1.
        line: u64,
    },
    /// Lines are not there.
    LinesMissing {
        /// The first that is missing.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A line comes after one with the same or a higher number.
    OutOfOrder {
        /// Its number.
        n: u64,
    },
    /// A line does not belong to the one before it.
    NotLinked {
        /// Its number.
        n: u64,
    },
    /// The line that was sealed is another one.
    NotAsSealed {
        /// Its number.
        n: u64,
    },
    /// A file does not begin with the line that its name says.
    WrongFile {
        /// The file.
        file: String,
    },
    /// Abide itself found that the record was not as it had left it: at its start, or while it ran.
    BrokenAtStart {
        /// The line that says it.
        n: u64,
    },
}

/// What a verification found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether the record is as Abide wrote it.
    pub ok: bool,
    /// How many lines there are.
    pub lines: u64,
    /// The number of the first line that is there.
    pub first: u64,
    /// The number of the last.
    pub last: u64,
    /// Up to which line the end was compared with what Abide has sealed; `None`: not at all.
    pub sealed: Option<u64>,
    /// Events that Abide could not write.
    pub missing: u64,
    /// Bytes of lines that were half written when Abide ended.
    pub lost_bytes: u64,
    /// What does not fit, at most 100.
    pub findings: Vec<Finding>,
    /// Findings that are not listed.
    pub more: u64,
}

/// Reads the record, file by file.
pub struct Verifier {
    seal: Option<Seal>,
    seal_seen: bool,
    lines: u64,
    first: Option<u64>,
    /// The last line, and whether its hash can be relied on.
    last: Option<(Chain, bool)>,
    missing: u64,
    lost_bytes: u64,
    findings: Vec<Finding>,
    more: u64,
}

impl Verifier {
    /// Begins. With a seal, the ends of the record are compared with it.
    #[must_use]
    pub fn new(seal: Option<Seal>) -> Self {
        Self {
            seal,
            seal_seen: false,
            lines: 0,
            first: None,
            last: None,
            missing: 0,
            lost_bytes: 0,
            findings: Vec::new(),
            more: 0,
        }
    }

    /// Reads a file, in the order of their names. `first` is the number that its name says.
    pub fn file(&mut self, first: u64, content: &[u8]) {
        let name = file_name(first);
        let mut number = 0;
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            number += 1;
            let Some(line) = line.strip_suffix(b"\n") else {
                // Abide writes whole lines: this one was not finished when it ended, or is being written.
                self.lost_bytes += line.len() as u64;
                continue;
            };
            match Line::read(line) {
                Ok(line) => {
                    if number == 1 && line.n != first {
                        self.found(Finding::WrongFile { file: name.clone() });
                    }
                    self.line(&line);
                }
                Err(NotALine::Changed { n }) => {
                    self.found(Finding::LineChanged { n });
                    self.lines += 1;
                    self.last = Some((Chain { n, hash: Hash::ZERO }, false));
                    self.first.get_or_insert(n);
                }
                Err(NotALine::Form) => self.found(Finding::NotALine { file: name.clone(), line: number }),
            }
        }
        if number == 0 {
            self.found(Finding::WrongFile { file: name });
        }
    }

    fn line(&mut self, line: &Line) {
        self.lines += 1;
        if let Some((last, reliable)) = self.last {
            if line.n <= last.n {
                self.found(Finding::OutOfOrder { n: line.n });
            } else if line.n > last.n + 1 {
                self.found(Finding::LinesMissing { from: last.n + 1, to: line.n - 1 });
            } else if reliable && line.prev != last.hash {
                self.found(Finding::NotLinked { n: line.n });
            }
        } else if line.n == 1 && line.prev != Hash::ZERO {
            self.found(Finding::NotLinked { n: 1 });
        }
        self.first.get_or_insert(line.n);
        self.last = Some((Chain { n: line.n, hash: line.hash }, true));
        self.missing += line.entry.missing.unwrap_or(0);
        self.lost_bytes += line.entry.lost_bytes.unwrap_or(0);
        if line.entry.event == Event::RecordBroken {
            self.found(Finding::BrokenAtStart { n: line.n });
        }
        if let Some(seal) = self.seal
            && seal.last.n == line.n
        {
            self.seal_seen = true;
            if seal.last.hash != line.hash {
                self.found(Finding::NotAsSealed { n: line.n });
            }
        }
    }

    fn found(&mut self, finding: Finding) {
        if self.findings.len() < MOST {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }

    /// Ends: what is missing at the beginning and at the end.
    #[must_use]
    pub fn finish(mut self) -> Report {
        let last = self.last.map_or(0, |(last, _)| last.n);
        let first = self.first.unwrap_or(0);
        if let Some(seal) = self.seal {
            if seal.first > 0 && first > seal.first {
                self.found(Finding::LinesMissing { from: seal.first, to: first - 1 });
            }
            if seal.last.n > 0 && !self.seal_seen {
                let finding = if seal.last.n > last {
                    Finding::LinesMissing { from: last + 1, to: seal.last.n }
                } else {
                    Finding::NotAsSealed { n: seal.last.n }
                };
                if !self.findings.contains(&finding) {
                    self.found(finding);
                }
            }
        }
        Report {
            ok: self.findings.is_empty(),
            lines: self.lines,
            first,
            last,
            sealed: self.seal.map(|seal| seal.last.n),
            missing: self.missing,
            lost_bytes: self.lost_bytes,
            findings: self.findings,
            more: self.more,
        }
    }
}
