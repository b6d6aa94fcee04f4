//! The last net for secrets. Leaving them out of a record is the kinds' duty; what slips through
//! is replaced here before anything is written to the journal, logged, or said of an error or a
//! tag.

use serde_json::Value;

use crate::resource::Resource;

pub const LEFT_OUT: &str = "(left out)";

/// Fields whose whole value stays out. `Environment` is that of models and jobs, `Content` the
/// body of a notebook's lifecycle script.
const SECRET_FIELDS: &[&str] = &[
    "environment",
    "environmentvariables",
    "content",
    "password",
    "secretaccesskey",
    "sessiontoken",
    "securitytoken",
    "accesstoken",
    "authtoken",
    "clientsecret",
    "privatekey",
    "apikey",
];

/// How names end that somebody chose for a secret of his own: `db_password`.
const SECRET_ENDINGS: &[&str] =
    &["password", "passwd", "passphrase", "secret", "secretkey", "apitoken", "apikey"];

/// Query parameters that make an address a key: presigned requests of both signature versions.
const SECRET_QUERIES: &[&str] = &[
    "x-amz-signature=",
    "x-amz-security-token=",
    "x-amz-credential=",
    "&signature=",
    "?signature=",
];

/// How session tokens begin.
const TOKEN_STARTS: &[&str] = &["IQoJ", "FwoG", "FQoG"];

/// AWS secret access keys are this long.
const SECRET_KEY_LEN: usize = 40;

/// A random text of 40 base64 letters changes its class of letter (upper, lower, digit) 25 times
/// on average and practically never fewer than this; words and paths stay below.
const SECRET_KEY_CHANGES_MIN: usize = 15;

/// The resource as it may be written.
pub fn resource(resource: &Resource) -> Resource {
    let mut clean = resource.clone();
    value(&mut clean.record);
    for tag in clean.tags.values_mut() {
        *tag = text(tag);
    }
    for fact in clean.facts.values_mut().flatten() {
        *fact = text(fact);
    }
    clean
}

/// Cleans a JSON value, by field name and by what texts look like.
pub fn value(value: &mut Value) {
    match value {
        Value::String(string) => *string = text(string),
        Value::Array(items) => items.iter_mut().for_each(self::value),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if is_secret_field(name) {
                    leave_out(field);
                } else {
                    self::value(field);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_secret_field(name: &str) -> bool {
    let plain: String =
        name.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_ascii_lowercase();
    SECRET_FIELDS.contains(&plain.as_str())
        || SECRET_ENDINGS.iter().any(|ending| plain.ends_with(ending))
}

/// How the settings of SageMaker's own toolkits begin. They are no secrets, unless the rest of
/// the name says so, and a model cannot be made again without them.
const TOOLKIT: &str = "SAGEMAKER_";
const SECRET_NAMES: &[&str] = &["PASSWORD", "SECRET", "TOKEN", "KEY", "CREDENTIAL"];

fn is_of_the_toolkit(variable: &str) -> bool {
    let name = variable.to_ascii_uppercase();
    variable.starts_with(TOOLKIT) && !SECRET_NAMES.iter().any(|word| name.contains(word))
}

/// Replaces texts and numbers, and keeps the names of variables: `restore` says which ones are to
/// be filled in by hand.
fn leave_out(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if is_of_the_toolkit(name) {
                    self::value(field);
                } else {
                    leave_out(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        Value::String(_) | Value::Bool(_) | Value::Number(_) => {
            *value = Value::String(LEFT_OUT.to_owned());
        }
    }
}

/// An address without the user and password in it, and without a presigned query. What lacks a
/// scheme was perhaps meant as one.
pub fn url(url: &str) -> String {
    let clean = text(url);
    let (scheme, rest) = clean.split_at(clean.find("://").map_or(0, |at| at + 3));
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    match authority.rsplit_once('@') {
        Some((_, "")) => format!("{scheme}{LEFT_OUT}{path}"),
        Some((_, host)) => format!("{scheme}{host}{path}"),
        None => clean,
    }
}

/// A text with what looks like a secret in it replaced.
pub fn text(text: &str) -> String {
    if text.contains("PRIVATE KEY-----") {
        return LEFT_OUT.to_owned();
    }
    without_runs(&without_queries(&without_passwords(text)))
}

/// Addresses with a password in them lose it.
fn without_passwords(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, address) = rest.split_at(at + 3);
        clean.push_str(before);
        let ends = |c: char| matches!(c, '/' | '?' | '#' | '"' | '\'') || c.is_whitespace();
        let authority = &address[..address.find(ends).unwrap_or(address.len())];
        rest = match authority.rfind('@').filter(|at| authority[..*at].contains(':')) {
            Some(at) => {
                clean.push_str(LEFT_OUT);
                &address[at..]
            }
            None => address,
        };
    }
    clean.push_str(rest);
    clean
}

fn without_queries(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut clean = String::with_capacity(text.len());
    let (mut from, mut at) = (0, 0);
    // Byte positions agree: lowering ASCII changes no length.
    while let Some(sign) = lower[at..].find('=') {
        let value = at + sign + 1;
        at = value;
        if !SECRET_QUERIES.iter().any(|name| lower[from..value].ends_with(name)) {
            continue;
        }
        let ends = |c: char| matches!(c, '&' | '"' | '\'' | '#') || c.is_whitespace();
        let length = match text[value..].strip_prefix(LEFT_OUT) {
            Some(_) => LEFT_OUT.len(),
            None => text[value..].find(ends).unwrap_or(text.len() - value),
        };
        clean.push_str(&text[from..value]);
        clean.push_str(LEFT_OUT);
        from = value + length;
        at = from;
    }
    clean.push_str(&text[from..]);
    clean
}

fn without_runs(text: &str) -> String {
    let is_run = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '+' | '_' | '-' | '.');
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let run_end = rest.find(|c| !is_run(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(run_end);
        clean.push_str(if is_secret_run(run) { LEFT_OUT } else { run });
        let gap_end = after.find(is_run).unwrap_or(after.len());
        let (gap, next) = after.split_at(gap_end);
        clean.push_str(gap);
        rest = next;
    }
    clean
}

fn is_secret_run(run: &str) -> bool {
    let base64 =
        |run: &str| run.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'/' || b == b'+');
    if TOKEN_STARTS.iter().any(|start| run.starts_with(start)) && run.len() >= 100 {
        return true;
    }
    run.len() == SECRET_KEY_LEN && base64(run) && class_changes(run) >= SECRET_KEY_CHANGES_MIN && {
        // A SHA-1 in hex is as long and as mixed, and no secret.
        !run.bytes().all(|b| b.is_ascii_hexdigit())
    }
}

fn class_changes(run: &str) -> usize {
    let class = |b: u8| match b {
        b'A'..=b'Z' => 0,
        b'a'..=b'z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    run.as_bytes().windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use serde_json::json;

    use super::*;

    // AWS's own example key, which opens nothing.
    const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    #[test]
    fn secrets_are_left_out_and_the_rest_stays() {
        let token = format!("IQoJb3JpZ2luX2Vj{}", "aB3".repeat(60));
        let rows = [
            ("secret key", KEY.to_owned(), LEFT_OUT.to_owned()),
            ("in a sentence", format!("key={KEY}, ok"), format!("key={LEFT_OUT}, ok")),
            ("session token", format!("t: {token}=="), format!("t: {LEFT_OUT}==")),
            (
                "presigned",
                "https://b.s3/k?X-Amz-Signature=ab12&x-amz-security-token=T%2F&a=1".to_owned(),
                format!(
                    "https://b.s3/k?X-Amz-Signature={LEFT_OUT}&x-amz-security-token={LEFT_OUT}&a=1"
                ),
            ),
            (
                "presigned v2",
                "https://b/k?Signature=a%3D".to_owned(),
                format!("https://b/k?Signature={LEFT_OUT}"),
            ),
            (
                "password in an address",
                "GET https://me:pw@h:1/a@b and s3://b/k@1".to_owned(),
                format!("GET https://{LEFT_OUT}@h:1/a@b and s3://b/k@1"),
            ),
            ("pem", "-----BEGIN RSA PRIVATE KEY-----\nx".to_owned(), LEFT_OUT.to_owned()),
        ];
        for (name, dirty, clean) in rows {
            assert_eq!(text(&dirty), clean, "{name}");
        }
        let stays = [
            "arn:aws:iam::842676018087:role/service-role/AmazonSageMaker-ExecutionRole-20240101T000000",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "AROAIDEXAMPLEEXAMPLE1",
            "s3://mlops-retail-prediction/models/XGBoost/2024",
            "role/ServiceRoleForSomething1234567890Abc",
            "",
            "Tiếng Việt — naïve",
        ];
        for text in stays {
            assert_eq!(super::text(text), text);
        }
    }

    #[test]
    fn fields_are_known_by_name_and_variables_keep_theirs() {
        let mut record = json!({
            "Environment": {
                "DB_PASSWORD": "hunter2", "N": 3, "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_TOKEN": "t", "SAGEMAKER_REGION": KEY,
            },
            "OnStart": [{ "Content": "ZWNobyBoaQ==" }],
            "session_token": "x",
            "HyperParameters": { "db_password": "hunter2", "lr": "0.1" },
            "PasswordLastUsed": "2026-01-15T08:00:00Z",
            "Image": "842676018087.dkr.ecr.us-east-1.amazonaws.com/retail:1",
            "Doc": format!("{{\"k\":\"{KEY}\"}}"),
        });
        value(&mut record);
        let expected = json!({
            "Environment": {
                "DB_PASSWORD": LEFT_OUT, "N": LEFT_OUT, "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_TOKEN": LEFT_OUT, "SAGEMAKER_REGION": LEFT_OUT,
            },
            "OnStart": [{ "Content": LEFT_OUT }],
            "session_token": LEFT_OUT,
            "HyperParameters": { "db_password": LEFT_OUT, "lr": "0.1" },
            "PasswordLastUsed": "2026-01-15T08:00:00Z",
            "Image": "842676018087.dkr.ecr.us-east-1.amazonaws.com/retail:1",
            "Doc": format!("{{\"k\":\"{LEFT_OUT}\"}}"),
        });
        assert_eq!(record, expected);
    }

    #[test]
    fn an_address_loses_its_password() {
        assert_eq!(url("http://me:pw@127.0.0.1:4566/x@y"), "http://127.0.0.1:4566/x@y");
        assert_eq!(url("http://127.0.0.1:4566"), "http://127.0.0.1:4566");
        assert_eq!(url("me:pw@127.0.0.1:4566"), "127.0.0.1:4566");
        assert_eq!(url("nonsense"), "nonsense");
        assert_eq!(url("pw@"), LEFT_OUT);
    }

    #[test]
    fn random_keys_are_caught() {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut rng = rand::rngs::StdRng::seed_from_u64(7);
        let missed = (0..10_000)
            .map(|_| (0..40).map(|_| char::from(LETTERS[rng.random_range(0..64)])).collect())
            .filter(|key: &String| text(key) == *key)
            .count();
        assert!(missed <= 10, "{missed} of 10000");
    }

    proptest! {
        #[test]
        fn any_text_is_cleaned_without_a_panic_and_once_is_enough(dirty in ".{0,200}") {
            let clean = text(&dirty);
            prop_assert_eq!(text(&clean), clean);
        }
    }
}
