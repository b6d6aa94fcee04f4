//! XML in and out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::sandbox::answer::tag;

/// What `EncodingType=url` leaves as it is.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// The texts of the elements inside each `name` of a document, however deep; and of the whole
/// document if `name` is empty.
pub fn elements(document: &[u8], name: &str) -> Vec<BTreeMap<String, String>> {
    let text = String::from_utf8_lossy(document);
    let mut reader = Reader::from_str(&text);
    let mut found = Vec::new();
    let mut open: Option<BTreeMap<String, String>> = name.is_empty().then(BTreeMap::new);
    let mut within = String::new();
    let mut value = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                let tag = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
                if tag == name {
                    open = Some(BTreeMap::new());
                }
                within = tag;
                value.clear();
            }
            Ok(Event::Text(piece)) => value += &String::from_utf8_lossy(&piece),
            Ok(Event::CData(piece)) => value += &String::from_utf8_lossy(&piece),
            Ok(Event::GeneralRef(reference)) => {
                let entity = String::from_utf8_lossy(&reference).into_owned();
                let letter = match reference.resolve_char_ref() {
                    Ok(Some(letter)) => letter.to_string(),
                    _ => quick_xml::escape::resolve_predefined_entity(&entity)
                        .unwrap_or_default()
                        .to_owned(),
                };
                value += &letter;
            }
            Ok(Event::End(end)) => {
                let tag = String::from_utf8_lossy(end.local_name().as_ref()).into_owned();
                if tag == name {
                    found.extend(open.take());
                } else if tag == within
                    && let Some(open) = &mut open
                {
                    open.insert(tag, std::mem::take(&mut value));
                }
                within.clear();
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    found.extend(open.filter(|_| name.is_empty()));
    found
}

/// The text of one element, wherever it is.
pub fn element(document: &[u8], name: &str) -> Option<String> {
    elements(document, "").into_iter().next()?.remove(name)
}

/// A time as S3's XML writes it.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// A time as HTTP headers write it.
pub fn http_time(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// `<name>key</name>`, percent-encoded if the caller asked for it.
pub fn key(name: &str, text: &str, url: bool) -> String {
    match url {
        true => tag(name, &utf8_percent_encode(text, PLAIN).to_string()),
        false => tag(name, text),
    }
}

/// A whole document.
pub fn document(root: &str, inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inner}</{root}>"
    )
}
