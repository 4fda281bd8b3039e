//! The files in the vault's folder: written by us, and perhaps damaged or replaced since.

use abide_agent::fuzzing as agent;
use abide_vault::fuzzing;

use crate::Outcome;

pub(crate) fn file(data: &[u8]) -> Outcome {
    let sealed = fuzzing::sealed(7, data).unwrap();
    let (number, plain) = fuzzing::unsealed(&sealed).unwrap();
    assert!(number == 7 && *plain == *data, "what is sealed opens");
    let mut altered = sealed.to_vec();
    let at = data.first().map_or(0, |byte| usize::from(*byte) * altered.len() / 256);
    altered[at] ^= 1;
    assert!(fuzzing::unsealed(&altered).is_none(), "byte {at} has been altered");
    let opened = fuzzing::unsealed(data);
    if let Some((number, plain)) = &opened {
        let again = fuzzing::sealed(*number, plain).unwrap();
        assert_eq!(fuzzing::unsealed(&again).as_ref(), opened.as_ref());
    }
    (&opened).into()
}

pub(crate) fn records(data: &[u8]) -> Outcome {
    let records = fuzzing::records(data);
    if let Some(records) = &records {
        let held: usize = records.iter().map(|(name, _, content)| name.len() + content.len()).sum();
        assert!(held <= data.len(), "the content is not larger than the file");
        // The vault writes neither empty names nor very long ones, but may read them.
        if let Some(written) = fuzzing::written(records) {
            assert_eq!(written.len(), data.len());
            assert_eq!(fuzzing::records(&written).as_ref(), Some(records));
        }
    }
    (&records).into()
}

pub(crate) fn journal(data: &[u8]) -> Outcome {
    let raw = fuzzing::journal(data);
    let entries = fuzzing::journal_of(data);
    for entries in [&raw, &entries].into_iter().flatten() {
        let file = fuzzing::journalled(entries).unwrap();
        assert_eq!(fuzzing::journal(&file).as_ref(), Some(entries));
    }
    (&raw.or(entries)).into()
}

pub(crate) fn stored_session(data: &[u8]) -> Outcome {
    let once = agent::stored_session(data);
    if let Some(once) = &once {
        assert_eq!(agent::stored_session(once).as_ref(), Some(once), "what is written reads back");
    }
    (&once).into()
}
