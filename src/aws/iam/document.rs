//! Policy documents.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A policy document as JSON. AWS sends documents URL-encoded (RFC 3986; IAM API reference,
/// `GetRole`). What is not JSON stays as the text that it was.
pub fn read(text: &str) -> Value {
    if text.trim_start().starts_with('{')
        && let Ok(document) = serde_json::from_str(text)
    {
        return document;
    }
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    serde_json::from_str(&decoded).unwrap_or_else(|_| Value::String(decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_read_in_every_spelling() {
        let plain = r#"{"a":"100%25 + x"}"#;
        assert_eq!(read(plain), json!({ "a": "100%25 + x" }));
        assert_eq!(read("%7B%22a%22%3A%22x%2By%22%7D"), json!({ "a": "x+y" }));
        assert_eq!(read("%7Bnot json"), json!("{not json"));
        assert_eq!(read(""), json!(""));
        assert_eq!(read("%FF%"), json!("\u{fffd}%"));
    }
}
