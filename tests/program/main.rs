//! The built program, run as a person runs it: what is printed, what the exit code is, what is
//! there afterwards.
//!
//! Most of it happens in accounts in memory, served over HTTP by the program itself. One of them
//! is shared by all tests that only look; each test that changes something has its own. Tests
//! that need other people's programs are in [`outsiders`] and ignored unless `scripts/test` runs
//! them.
#![cfg(feature = "sandbox")]

mod account;
mod apply;
mod beyond;
mod commands;
mod destroy;
mod harness;
mod hostile;
mod http;
mod interrupted;
mod inventory;
mod journal;
mod outsiders;
mod plan;
mod refusals;
mod sandbox_http;
mod secrets;
mod section5;
mod served;
mod strangers;
mod tag;
mod unseen;
mod world;
