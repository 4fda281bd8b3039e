//! Dialects that are files: the tool reads a token from a file, and reads it again when it may have been renewed.
