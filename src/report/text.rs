//! Other people's text, made harmless.

use std::borrow::Cow;

/// What a table shows of one text. Names and ARNs are far shorter; a longer text is a message
/// that repeats itself, or an attack.
const SHOWN_CHARS_MAX: usize = 400;

/// Whether a character acts on a terminal, or on the order or presence of those around it,
/// instead of being seen: controls (C0, C1, DEL), line separators, bidirectional marks and
/// overrides (Unicode UAX #9), zero-width and tag characters.
pub(crate) fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with every character that acts written out: ESC as `\u{1b}`, a line's end as `\n`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match acts(c) {
            true if matches!(c, '\n' | '\r' | '\t') => shown.extend(c.escape_default()),
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// The text for a terminal: on one line, of bounded length, with nothing that a terminal obeys.
pub fn safe(text: &str) -> Cow<'_, str> {
    shortened(text, SHOWN_CHARS_MAX)
}

/// [`visible`], of at most `max` characters of the text.
pub(super) fn shortened(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        None => visible(text),
        Some((end, _)) => Cow::Owned(format!("{}…", visible(&text[..end]))),
    }
}

/// The text as one word for a POSIX shell that means exactly the text. Whole, however long: a
/// command that was cut off means something else.
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    if !text.contains(acts) {
        return Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")));
    }
    // Of bash, zsh and POSIX's issue 8: what acts is written out, in bytes.
    let mut word = "$'".to_owned();
    for c in text.chars() {
        match c {
            '\'' | '\\' => word.extend(['\\', c]),
            c if acts(c) => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    word.push_str(&format!("\\{byte:03o}"));
                }
            }
            c => word.push(c),
        }
    }
    word.push('\'');
    Cow::Owned(word)
}

/// JSON text in which such characters are escaped too: a result may be read on a terminal.
/// Valid because they can stand only inside of strings; layout is plain ASCII.
pub(super) fn quiet_json(text: String) -> String {
    let escapes = |c: char| acts(c) && c != '\n';
    if !text.contains(escapes) {
        return text;
    }
    let mut quiet = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if escapes(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                quiet.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            quiet.push(c);
        }
    }
    quiet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_word_back_as_it_was() {
        let hostile = "a'b \u{1b}[2J\u{202e}\n\\$(touch owned)`id`";
        let rows = [
            "lab.plan.json",
            "",
            "two words",
            "it's",
            "$(touch owned)",
            "a\tb",
            "-x;rm",
            "*?~{a,b}!!",
            hostile,
        ];
        for text in rows {
            let word = shell_word(text);
            assert_eq!(visible(&word), word, "{text:?}");
            let shell = std::process::Command::new("bash")
                .args(["-c", &format!("printf %s {word}")])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(shell.stdout).unwrap(), text, "{word}");
        }
    }

    #[test]
    fn a_text_of_ten_megabytes_is_a_short_cell() {
        for text in ["x".repeat(10 << 20), "\u{1b}".repeat(10 << 20)] {
            let shown = safe(&text);
            assert!(shown.len() <= 8 * SHOWN_CHARS_MAX, "{}", shown.len());
            assert!(shown.ends_with('…'));
        }
    }
}
