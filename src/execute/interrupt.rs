//! Asking a run to stop: once, cleanly; twice, at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// A run's brake. Clones share it.
#[derive(Debug, Clone)]
pub struct Interrupt {
    why: Arc<watch::Sender<Option<String>>>,
    brake: Arc<AtomicBool>,
}

impl Default for Interrupt {
    fn default() -> Self {
        Self { why: Arc::new(watch::channel(None).0), brake: Arc::default() }
    }
}

impl Interrupt {
    /// Starts no more steps; calls in flight finish. The first reason stays.
    pub fn stop(&self, why: impl Into<String>) {
        let why = why.into();
        self.brake.store(true, Ordering::Relaxed);
        self.why.send_if_modified(|known| {
            let first = known.is_none();
            if first {
                *known = Some(why);
            }
            first
        });
    }

    /// Set once the run is stopping.
    pub fn brake(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.brake)
    }

    pub fn why(&self) -> Option<String> {
        self.why.borrow().clone()
    }

    pub fn is_stopping(&self) -> bool {
        self.why.borrow().is_some()
    }

    /// Comes back when somebody asks to stop.
    pub async fn stopped(&self) {
        let mut changes = self.why.subscribe();
        // The sender lives in `self`, so waiting cannot fail before the answer.
        let _ = changes.wait_for(Option::is_some).await;
    }

    /// Sleeps; `false` if the sleep was cut short.
    pub async fn sleep(&self, time: std::time::Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stopped() => false,
            () = tokio::time::sleep(time) => true,
        }
    }
}
