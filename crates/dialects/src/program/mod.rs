//! Dialects that are programs: the tool runs `abide credential --format …` and reads what it writes.
