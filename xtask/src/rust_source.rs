//! The names that a Rust file mentions and defines, as far as the check of the rooms needs them. Not a compiler: it reads
//! names and paths as they are written, without comments and strings.

use std::collections::{BTreeMap, BTreeSet};

/// A path from the root of the crate.
type Absolute = Vec<String>;

/// One file.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Its module, from the root of the crate. Empty for the root itself.
    pub(crate) module: Absolute,
    /// Every path into the crate that it mentions, except for re-exports.
    pub(crate) paths: BTreeSet<Absolute>,
    /// Those of them that are outside of `mod tests`.
    pub(crate) untested: BTreeSet<Absolute>,
    /// The imports at the top of the file: the local name, and the path.
    pub(crate) imports: BTreeMap<String, Absolute>,
    /// The imports with a visibility (`pub use`).
    pub(crate) handed_on: BTreeMap<String, Absolute>,
    /// The structs, enums, unions, traits and type aliases that it defines.
    pub(crate) types: BTreeSet<String>,
    /// The functions that it defines.
    pub(crate) functions: BTreeSet<String>,
    /// Methods with a visibility in `impl` blocks without a trait: the type, and the method.
    pub(crate) methods: BTreeSet<(String, String)>,
    /// The names that are called as a method or as a function of a type.
    pub(crate) calls: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    /// `::`
    Into,
    Mark(char),
}

/// Parses the file at `path`, below the folder of the sources.
pub(crate) fn read(path: &str, text: &str) -> Source {
    let mut module: Absolute = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod") || matches!(path, "lib.rs" | "main.rs") {
        module.pop();
    }
    let tokens = tokens(text);
    let mut reader =
        Reader { tokens: &tokens, at: 0, scopes: Vec::new(), source: Source { module, ..Source::default() } };
    while reader.at < tokens.len() {
        reader.step();
    }
    reader.source
}

fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        at = match (c, next) {
            ('/', Some('/')) => skip_line(&chars, at),
            ('/', Some('*')) => skip_comment(&chars, at),
            ('"', _) => skip_text(&chars, at),
            ('\'', _) => skip_character(&chars, at),
            (':', Some(':')) => {
                found.push(Token::Into);
                at + 2
            }
            _ if c.is_alphabetic() || c == '_' => {
                let end = (at..chars.len())
                    .find(|i| !chars[*i].is_alphanumeric() && chars[*i] != '_')
                    .unwrap_or(chars.len());
                let name: String = chars[at..end].iter().collect();
                let raw =
                    matches!(name.as_str(), "r" | "br" | "cr") && matches!(chars.get(end), Some('"' | '#'));
                if raw {
                    skip_raw(&chars, end)
                } else {
                    found.push(Token::Name(name));
                    end
                }
            }
            _ => {
                if !c.is_whitespace() {
                    found.push(Token::Mark(c));
                }
                at + 1
            }
        };
    }
    found
}

fn skip_line(chars: &[char], at: usize) -> usize {
    (at..chars.len()).find(|i| chars[*i] == '\n').unwrap_or(chars.len())
}

fn skip_comment(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (at, depth) = (at + 2, depth + 1),
            ('*', Some('/')) => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn skip_text(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// Skips a character literal, or the mark of a lifetime.
fn skip_character(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => {
            (at + 3..chars.len()).find(|i| chars[*i] == '\'').map_or(chars.len(), |end| end + 1)
        }
        (_, Some('\'')) => at + 3,
        _ => at + 1,
    }
}

/// Skips from the `#` or `"` after the `r`. Also a raw name: `r#type`.
fn skip_raw(chars: &[char], start: usize) -> usize {
    let hashes = chars[start..].iter().take_while(|c| **c == '#').count();
    if chars.get(start + hashes) != Some(&'"') {
        return start + hashes;
    }
    let ends = |at: &usize| {
        chars[*at] == '"' && chars[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
    };
    (start + hashes + 1..chars.len()).find(ends).map_or(chars.len(), |end| end + 1 + hashes)
}

/// The meaning of a pair of braces.
enum Scope {
    /// A module inside the file.
    Module(String),
    /// An `impl` block without a trait, for this type.
    Type(String),
    Other,
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    scopes: Vec<Scope>,
    source: Source,
}

impl Reader<'_> {
    fn name(&self, at: usize) -> Option<&str> {
        match self.tokens.get(at)? {
            Token::Name(name) => Some(name),
            Token::Into | Token::Mark(_) => None,
        }
    }

    fn is(&self, at: usize, mark: char) -> bool {
        self.tokens.get(at) == Some(&Token::Mark(mark))
    }

    fn step(&mut self) {
        let at = self.at;
        self.at += 1;
        match &self.tokens[at] {
            Token::Mark('{') => self.scopes.push(Scope::Other),
            Token::Mark('}') => {
                self.scopes.pop();
            }
            Token::Mark('.') => {
                if let Some(method) = self.name(at + 1)
                    && (self.is(at + 2, '(') || self.tokens.get(at + 2) == Some(&Token::Into))
                {
                    self.source.calls.insert(method.to_owned());
                }
            }
            Token::Mark(_) | Token::Into => {}
            Token::Name(word) => self.word(at, &word.clone()),
        }
    }

    fn word(&mut self, at: usize, word: &str) {
        let named = self.name(at + 1).map(str::to_owned);
        match (word, named) {
            ("use", _) => self.import(at),
            ("mod", Some(name)) if self.is(at + 2, '{') => {
                self.scopes.push(Scope::Module(name));
                self.at = at + 3;
            }
            ("struct" | "enum" | "union" | "trait" | "type", Some(name)) => {
                self.source.types.insert(name);
                self.at = at + 2;
            }
            ("fn", Some(name)) => {
                if let Some(Scope::Type(kind)) = self.scopes.last()
                    && self.has_visibility(at)
                {
                    self.source.methods.insert((kind.clone(), name.clone()));
                }
                self.source.functions.insert(name);
                self.at = at + 2;
            }
            ("impl", _) if self.begins_item(at) => self.implementation(at),
            // `pub(in crate::room)` is no use of the room.
            ("crate", _)
                if at > 0 && self.name(at - 1) == Some("in") && self.is(at.saturating_sub(2), '(') => {}
            ("crate" | "self" | "super", _) if self.tokens.get(at + 1) == Some(&Token::Into) => {
                let (paths, end) = self.tree(at, &[]);
                self.mention(paths);
                self.at = end.max(at + 1);
            }
            (child, _)
                if self.tokens.get(at + 1) == Some(&Token::Into)
                    && self.scopes.iter().all(|scope| !matches!(scope, Scope::Module(_)))
                    && at.checked_sub(1).is_none_or(|before| self.tokens[before] != Token::Into)
                    && self.declares(child) =>
            {
                let (paths, end) = self.tree(at, &[]);
                self.mention(paths);
                self.at = end.max(at + 1);
            }
            (kind, _) if self.tokens.get(at + 1) == Some(&Token::Into) => {
                // `Type::function(`
                let is_type = kind.starts_with(char::is_uppercase);
                if let Some(function) = self.name(at + 2)
                    && is_type
                    && (self.is(at + 3, '(') || self.tokens.get(at + 3) == Some(&Token::Into))
                {
                    self.source.calls.insert(function.to_owned());
                }
            }
            _ => {}
        }
    }

    /// Whether `pub`, `pub(crate)` or similar is before `fn`, with only `const` and `async` between them.
    fn has_visibility(&self, function: usize) -> bool {
        let mut at = function;
        while at > 0 {
            at -= 1;
            match &self.tokens[at] {
                Token::Name(word) if word == "pub" => return true,
                Token::Name(word)
                    if matches!(
                        word.as_str(),
                        "const" | "async" | "unsafe" | "crate" | "super" | "in" | "extern"
                    ) => {}
                Token::Mark('(' | ')') => {}
                _ => return false,
            }
        }
        false
    }

    /// Not `-> impl Trait` or `: impl Trait`.
    fn begins_item(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map(|before| &self.tokens[before]);
        match before {
            None | Some(Token::Mark('}' | ';' | ']' | '{')) => true,
            Some(Token::Name(word)) => word == "unsafe",
            Some(_) => false,
        }
    }

    /// From `impl` to its opening brace. The type is the last name before generics, `where` and the brace.
    fn implementation(&mut self, start: usize) {
        let (mut at, mut angles, mut kind, mut of_trait) = (start + 1, 0_i32, None, false);
        while let Some(token) = self.tokens.get(at) {
            match token {
                Token::Mark('{' | ';') => break,
                Token::Mark('<') => angles += 1,
                Token::Mark('>') if !self.is(at - 1, '-') => angles -= 1,
                Token::Name(word) if word == "where" && angles == 0 => break,
                Token::Name(word) if word == "for" && angles == 0 => of_trait = true,
                Token::Name(word) if matches!(word.as_str(), "crate" | "super" | "self") => {
                    let (paths, _) = self.tree(at, &[]);
                    self.mention(paths);
                }
                Token::Name(word) if angles == 0 => kind = Some(word.clone()),
                _ => {}
            }
            at += 1;
        }
        while at < self.tokens.len() && !self.is(at, '{') {
            at += 1;
        }
        self.at = at + 1;
        self.scopes.push(kind.filter(|_| !of_trait).map_or(Scope::Other, Scope::Type));
    }

    fn import(&mut self, start: usize) {
        let (paths, end) = self.tree(start + 1, &[]);
        let has_visibility = self.has_visibility(start);
        let at_the_top = self.scopes.is_empty();
        let here = self.module();
        let resolved: Vec<(Absolute, String)> =
            paths.into_iter().filter_map(|(path, name)| Some((self.absolute(path)?, name))).collect();
        for (path, name) in resolved {
            if at_the_top {
                self.source.imports.insert(name.clone(), path.clone());
            }
            // A re-export of the room's own item counts where the item is defined.
            if at_the_top && has_visibility && path.starts_with(&here) {
                self.source.handed_on.insert(name, path);
            } else {
                self.insert(path);
            }
        }
        self.at = end;
    }

    fn mention(&mut self, paths: Vec<(Vec<String>, String)>) {
        for (path, _) in paths {
            if let Some(path) = self.absolute(path) {
                self.insert(path);
            }
        }
    }

    fn insert(&mut self, path: Absolute) {
        let in_tests =
            self.scopes.iter().any(|scope| matches!(scope, Scope::Module(name) if name == "tests"));
        if !in_tests {
            self.source.untested.insert(path.clone());
        }
        self.source.paths.insert(path);
    }

    /// The module at this place: that of the file, and those inside it.
    fn module(&self) -> Absolute {
        let inner = self.scopes.iter().filter_map(|scope| match scope {
            Scope::Module(name) => Some(name.clone()),
            Scope::Type(_) | Scope::Other => None,
        });
        self.source.module.iter().cloned().chain(inner).collect()
    }

    /// The path from the root. A path without `crate`, `self` or `super` counts as one into this module if that is possible:
    /// in the root and in `mod.rs`. Elsewhere it leads to another crate.
    fn absolute(&self, path: Vec<String>) -> Option<Absolute> {
        let mut base = self.module();
        let mut rest = path.as_slice();
        match rest.first().map(String::as_str) {
            Some("crate") => {
                base.clear();
                rest = &rest[1..];
            }
            Some("self" | "super") => {
                while let Some(first) = rest.first() {
                    match first.as_str() {
                        "self" => {}
                        "super" => drop(base.pop()),
                        _ => break,
                    }
                    rest = &rest[1..];
                }
            }
            Some(first) if self.declares(first) => {}
            _ => return None,
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }

    /// True if the file has `mod name`.
    fn declares(&self, name: &str) -> bool {
        let is_name = |token: &Token| matches!(token, Token::Name(found) if found == name);
        self.tokens.windows(2).any(|pair| pair[0] == Token::Name("mod".to_owned()) && is_name(&pair[1]))
    }

    /// The paths of a tree (`a::{b, c::d as e}`), each with its local name, and the end of the tree.
    fn tree(&self, start: usize, before: &[String]) -> (Vec<(Vec<String>, String)>, usize) {
        let mut path = before.to_vec();
        let mut at = start;
        loop {
            if let Some(name) = self.name(at) {
                path.push(name.to_owned());
                at += 1;
            } else if self.is(at, '{') {
                return self.group(at, &path);
            } else {
                // `*`, or generics: the path ends here.
                at += usize::from(self.is(at, '*'));
                break;
            }
            if self.tokens.get(at) == Some(&Token::Into) {
                at += 1;
            } else {
                break;
            }
        }
        // `a::{self}` is `a`.
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let mut name = path.last().cloned().unwrap_or_default();
        if self.name(at) == Some("as") {
            name = self.name(at + 1).unwrap_or_default().to_owned();
            at += 2;
        }
        (vec![(path, name)], at)
    }

    fn group(&self, start: usize, before: &[String]) -> (Vec<(Vec<String>, String)>, usize) {
        let mut found = Vec::new();
        let mut at = start + 1;
        while at < self.tokens.len() && !self.is(at, '}') {
            if self.is(at, ',') {
                at += 1;
                continue;
            }
            let (paths, end) = self.tree(at, before);
            found.extend(paths);
            at = end.max(at + 1);
        }
        (found, at + 1)
    }
}
