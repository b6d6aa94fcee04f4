//! Arguments in, exit code out.

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

use std::process::ExitCode;

fn main() -> ExitCode {
    dismantle::cli::main()
}
