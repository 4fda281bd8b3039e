//! The files of the record: one folder, each file named by the number of its first line.

use std::path::PathBuf;

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

/// The files of the record among the files of its folder, the oldest first, each with the number of its first line.
#[must_use]
pub fn in_order(found: impl IntoIterator<Item = PathBuf>) -> Vec<(u64, PathBuf)> {
    let numbered = |path: PathBuf| Some((first_of(path.file_name()?.to_str()?)?, path));
    let mut files: Vec<(u64, PathBuf)> = found.into_iter().filter_map(numbered).collect();
    files.sort();
    files
}

/// The part of a file that is whole lines. Its last line may still be being written.
#[must_use]
pub fn whole(content: &[u8]) -> &[u8] {
    let end = content.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    &content[..end]
}

/// The whole lines of a file, without their newlines.
pub fn raw_lines(content: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    whole(content).split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_record_count_the_oldest_first() {
        let names =
            ["000000000012.jsonl", "000000000001.jsonl", "12.jsonl", "000000000013.jsonl.tmp", "notes"];
        let found = in_order(names.map(|name| PathBuf::from("/audit").join(name)));
        let numbers: Vec<u64> = found.iter().map(|(first, _)| *first).collect();
        assert_eq!(numbers, [1, 12]);
        assert_eq!(found[0].1, PathBuf::from("/audit/000000000001.jsonl"));
    }

    #[test]
    fn a_line_without_its_end_is_not_whole() {
        assert_eq!(whole(b"a\nb\nc"), b"a\nb\n");
        assert_eq!(whole(b"c"), b"");
        assert_eq!(raw_lines(b"a\n\nb\nc").collect::<Vec<_>>(), [b"a", b"b"]);
        assert_eq!(raw_lines(b"a\nb\n").rev().collect::<Vec<_>>(), [b"b", b"a"]);
        assert_eq!(raw_lines(b"c").count(), 0);
    }
}
