//! Somebody who looks at every change, in the moment in which it is made.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{Call, Sandbox};

/// Is told of each call of the account's own caller that changed something, after its effect and
/// before its answer leaves. Nothing else happens in the account until it returns, unless it waits;
/// if it never returns, the call has no answer.
#[async_trait]
pub trait Watcher: Send + Sync {
    async fn changed(&self, sandbox: &Sandbox, call: &Call);
}

/// Who watches at the moment, if anybody does.
#[derive(Default)]
pub struct Post(Mutex<Option<Arc<dyn Watcher>>>);

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Post")
    }
}

impl Post {
    pub fn set(&self, watcher: Option<Arc<dyn Watcher>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = watcher;
    }

    pub fn get(&self) -> Option<Arc<dyn Watcher>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
