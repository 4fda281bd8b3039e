//! The files of the record: one folder, each file named by the number of its first line.

/// The folder, below Abide's state folder.
pub const FOLDER: &str = "audit";

/// The name of the file that begins with line `n`.
#[must_use]
pub fn file_name(n: u64) -> String {
    format!("{n:012}.jsonl")
}

/// The number of the first line of a file, by its name; `None` for a file that is not part of the record.
#[must_use]
pub fn first_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".jsonl")?;
    let n: u64 = digits.parse().ok()?;
    (n > 0 && file_name(n) == name).then_some(n)
}
