//! Answers in the shape that each protocol gives them.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use winterbaume_core::MockResponse;

use super::route::{Protocol, Service};

/// An answer of the `awsJson1.1` and `restJson1` protocols.
pub fn json(status: u16, body: &Value) -> MockResponse {
    with_type(status, "application/x-amz-json-1.1", body.to_string())
}

/// An XML answer.
pub fn xml(status: u16, body: String) -> MockResponse {
    with_type(status, "text/xml", body)
}

/// An answer without a body.
pub fn empty(status: u16) -> MockResponse {
    MockResponse { status, headers: HeaderMap::new(), body: Bytes::new() }
}

fn with_type(status: u16, content_type: &'static str, body: String) -> MockResponse {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    MockResponse { status, headers, body: Bytes::from(body) }
}

/// The result of an `awsQuery` operation.
pub fn query(namespace: &str, operation: &str, result: &str, request_id: &str) -> MockResponse {
    let result = match result {
        "" => String::new(),
        inner => format!("<{operation}Result>{inner}</{operation}Result>"),
    };
    xml(
        200,
        format!(
            "<{operation}Response xmlns=\"{namespace}\">{result}<ResponseMetadata>\
             <RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
        ),
    )
}

/// A refusal in the words of the service's protocol.
pub fn error(service: Service, status: u16, code: &str, message: &str) -> MockResponse {
    match service.protocol() {
        Protocol::Json => json(status, &json!({ "__type": code, "message": message })),
        Protocol::RestJson => {
            let body = json!({ "message": message });
            let mut answer = with_type(status, "application/json", body.to_string());
            set_header(&mut answer, "x-amzn-errortype", code);
            answer
        }
        Protocol::Query => {
            let side = if status < 500 { "Sender" } else { "Receiver" };
            let message = escape(message);
            xml(
                status,
                format!(
                    "<ErrorResponse><Error><Type>{side}</Type><Code>{code}</Code>\
                     <Message>{message}</Message></Error><RequestId>sandbox</RequestId>\
                     </ErrorResponse>"
                ),
            )
        }
        Protocol::RestXml => {
            let message = escape(message);
            xml(
                status,
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
                     <Message>{message}</Message><RequestId>sandbox</RequestId></Error>"
                ),
            )
        }
    }
}

/// Sets a header; a value that is no header value is left out.
pub fn set_header(answer: &mut MockResponse, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers.insert(HeaderName::from_static(name), value);
    }
}

/// Text as XML writes it.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
    out
}

/// `<name>text</name>`.
pub fn tag(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}
