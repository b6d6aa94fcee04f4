//! Answers that were changed on their way to the caller, as a test wants them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use winterbaume_core::MockResponse;

use super::Call;

/// An answer, as whoever changes it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP's.
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// Changes the answer of a call, which has had its effect by then.
pub type Mangler = Arc<dyn Fn(&Call, &mut Reply) + Send + Sync>;

/// Who changes answers at the moment, if anybody does.
#[derive(Default)]
pub struct Slot(Mutex<Option<Mangler>>);

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot")
    }
}

impl Slot {
    pub fn set(&self, mangler: Option<Mangler>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = mangler;
    }

    pub fn get(&self) -> Option<Mangler> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The answer as it arrives, and whether it is another than was sent.
pub fn mangled(call: &Call, response: MockResponse, mangler: &Mangler) -> (MockResponse, bool) {
    let content_type = response.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let sent = Reply {
        status: response.status,
        content_type: content_type.unwrap_or_default().to_owned(),
        body: response.body.to_vec(),
    };
    let mut reply = sent.clone();
    mangler(call, &mut reply);
    if reply == sent {
        return (response, false);
    }
    let mut headers = response.headers;
    // Of the body that was sent.
    headers.remove(CONTENT_LENGTH);
    if let Ok(value) = HeaderValue::from_str(&reply.content_type) {
        headers.insert(CONTENT_TYPE, value);
    }
    (MockResponse { status: reply.status, headers, body: Bytes::from(reply.body) }, true)
}
