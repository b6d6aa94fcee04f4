//! Dismantle takes an AWS lab apart, piece by piece, in the right order, and can prove it.
#![warn(clippy::unwrap_used)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod aws;
pub mod beyond;
pub mod classify;
pub mod cli;
pub mod clock;
pub mod discover;
pub mod error;
pub mod execute;
pub mod graph;
pub mod inventory;
pub mod journal;
pub mod mandate;
pub mod manifest;
pub mod plan;
pub mod regions;
pub mod report;
pub mod resource;
pub mod restore;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod scrub;
pub mod tagging;
pub mod teardown;
