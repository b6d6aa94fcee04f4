//! Dismantle takes an AWS lab apart, piece by piece, in the right order, and can prove it.
#![warn(clippy::unwrap_used)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod aws;
pub mod clock;
pub mod journal;
pub mod manifest;
pub mod plan;
pub mod resource;
#[cfg(feature = "sandbox")]
pub mod sandbox;
