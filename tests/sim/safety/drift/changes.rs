//! What somebody does to the lab's things meanwhile.

use futures::future::LocalBoxFuture;

use super::{remade, shielded, tagged, used};
use crate::safety::yard::{BoxError, Yard};
use crate::safety::{Built, Evidence};

/// Something that somebody does to a thing of the lab's.
pub struct Change {
    pub name: &'static str,
    pub source: &'static str,
    pub build: fn(Yard) -> Built,
    pub meanwhile: fn(Yard) -> Done,
    /// In the reason.
    pub words: &'static str,
    /// What holds it besides being another thing than was planned for.
    pub evidence: Evidence,
}

pub type Done = LocalBoxFuture<'static, Result<(), BoxError>>;

pub fn done(doing: impl Future<Output = Result<(), BoxError>> + 'static) -> Done {
    Box::pin(doing)
}

/// Every change.
pub fn changes() -> impl Iterator<Item = &'static Change> {
    [remade::ROWS, tagged::ROWS, shielded::ROWS, used::ROWS].into_iter().flatten()
}
