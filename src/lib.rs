//! Dismantle takes an AWS lab apart, piece by piece, in the right order, and can prove it.

// Tests may; the program reports what is wrong, and goes on or ends in order.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo
    )
)]

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
