//! Accounts to work on.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

use crate::harness::{ACCOUNT, PROGRAM, text};

/// A program that serves until it is dropped, or until this process ends in any way.
pub struct Served {
    pub url: String,
    guard: Child,
    guard_input: Option<ChildStdin>,
}

/// Ends `$@` as soon as its own stdin is closed; says nothing itself, so that a program that dies
/// early is noticed by its closed stdout.
const GUARD: &str = r#""$@" & exec >/dev/null; cat; kill -9 $!; wait"#;

impl Served {
    /// An account with the guide's lab and its neighbours in it.
    pub fn lab() -> Self {
        Self::sandbox(&[])
    }

    /// An account with nothing in it.
    pub fn empty() -> Self {
        Self::sandbox(&["--empty"])
    }

    fn sandbox(more: &[&str]) -> Self {
        let mut command =
            vec![PROGRAM, "-q", "sandbox", "serve", "--port", "0", "--output", "json"];
        command.extend(more);
        let (mut served, line) = Self::start(&command);
        let hello: Value = serde_json::from_str(&line).expect("the first line is JSON");
        assert_eq!(hello["account"], ACCOUNT);
        served.url = text(&hello["url"]).to_owned();
        served
    }

    /// Starts a program whose first line is its address.
    pub fn program(command: &[&str]) -> Self {
        let (mut served, line) = Self::start(command);
        served.url = line.trim().to_owned();
        served
    }

    fn start(command: &[&str]) -> (Self, String) {
        let mut guard = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .args(command)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh starts");
        let guard_input = guard.stdin.take();
        let mut line = String::new();
        let out = guard.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut line).expect("its first line can be read");
        assert!(!line.is_empty(), "{command:?} ended before it served");
        (Self { url: String::new(), guard, guard_input }, line)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.guard_input.take());
        let _ = self.guard.wait();
    }
}

/// The account that all may look at and nobody may change.
pub fn shared_lab() -> &'static Served {
    static SHARED: LazyLock<Served> = LazyLock::new(Served::lab);
    &SHARED
}
