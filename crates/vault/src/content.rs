//! The records in the sealed file: a count, then for each its name, the generation that last set it, and its content.
//! Lengths come first, in little endian. Own code, so that no copy of a secret stays in a buffer of a library.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::error::VaultError;

const MOST: usize = 16 << 20;
const LONGEST_NAME: usize = 1_024;

pub(crate) struct Record {
    /// The generation in which the record was last set. A begun rotation is compared with it.
    pub(crate) rotated: u64,
    pub(crate) content: Zeroizing<Vec<u8>>,
}

pub(crate) type Records = BTreeMap<String, Record>;

pub(crate) fn encode(records: &[(&str, u64, &[u8])]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let size = records.iter().fold(4usize, |sum, (name, _, content)| {
        sum.saturating_add(2 + 8 + 4).saturating_add(name.len()).saturating_add(content.len())
    });
    let names_fit = records.iter().all(|(name, ..)| (1..=LONGEST_NAME).contains(&name.len()));
    if size > MOST || !names_fit {
        return Err(VaultError::TooLarge);
    }
    let length = |n: usize| u32::try_from(n).map_err(|_| VaultError::TooLarge);
    let mut out = Zeroizing::new(Vec::with_capacity(size));
    out.extend_from_slice(&length(records.len())?.to_le_bytes());
    for (name, rotated, content) in records {
        put_name(&mut out, name);
        out.extend_from_slice(&rotated.to_le_bytes());
        out.extend_from_slice(&length(content.len())?.to_le_bytes());
        out.extend_from_slice(content);
    }
    Ok(out)
}

pub(crate) fn decode(plain: &[u8]) -> Option<Records> {
    let mut reader = Reader(plain);
    let mut records = Records::new();
    for _ in 0..reader.u32()? {
        let name = reader.name()?;
        let rotated = reader.u64()?;
        let length = usize::try_from(reader.u32()?).ok()?;
        let content = Zeroizing::new(reader.take(length)?.to_vec());
        if records.insert(name, Record { rotated, content }).is_some() {
            return None;
        }
    }
    reader.0.is_empty().then_some(records)
}

/// `name` is at most [`LONGEST_NAME`] bytes: [`encode`] has accepted every name once.
pub(crate) fn put_name(out: &mut Vec<u8>, name: &str) {
    let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&name.as_bytes()[..usize::from(length)]);
}

pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn name(&mut self) -> Option<String> {
        let length = u16::from_le_bytes(self.array()?);
        String::from_utf8(self.take(usize::from(length))?.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn records_read_back_and_every_cut_or_extra_byte_is_refused() {
        let plain = encode(&[("session/work", 3, b"secret"), ("empty", 0, b"")]).unwrap();
        let records = decode(&plain).unwrap();
        assert_eq!(records["session/work"].content.as_slice(), b"secret");
        assert_eq!(records["session/work"].rotated, 3);
        assert_eq!(records["empty"].content.as_slice(), b"");
        for length in 0..plain.len() {
            assert!(decode(&plain[..length]).is_none(), "cut at {length}");
        }
        let mut longer = plain.to_vec();
        longer.push(0);
        assert!(decode(&longer).is_none());
    }

    #[test]
    fn lengths_that_lie_do_not_allocate_or_panic() {
        assert!(decode(&[0xff; 64]).is_none());
        let twice = encode(&[("a", 1, b"x"), ("a", 1, b"y")]).unwrap();
        assert!(decode(&twice).is_none());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (long, huge) = ("n".repeat(LONGEST_NAME + 1), vec![0u8; MOST]);
        for records in [[(long.as_str(), 1, b"x".as_slice())], [("", 1, b"x")], [("a", 1, &huge)]] {
            assert!(matches!(encode(&records), Err(VaultError::TooLarge)));
        }
    }
}
