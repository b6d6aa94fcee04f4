//! Desks to work at, and what the program says there.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

pub use crate::served::{Served, shared_lab};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_dismantle");
pub const LAB: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/mlops-retail-prediction.yaml");
pub const SECTION_5: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/section-5.yaml");

/// The number of every account in memory.
pub const ACCOUNT: &str = "842676018087";
/// What stands for a person's typed yes.
pub const YES: [&str; 3] = ["--yes", "--account", ACCOUNT];

/// Nobody listens there.
pub const NOBODY: &str = "http://127.0.0.1:9";

/// Whatever takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// A person's machine: a home and a journal of its own, credentials, and the way to an account.
pub struct Desk {
    home: TempDir,
    url: String,
    environment: Vec<(&'static str, String)>,
}

impl Desk {
    pub fn at(served: &Served) -> Self {
        Self::at_url(&served.url)
    }

    pub fn at_url(url: &str) -> Self {
        let environment = vec![
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "any".to_owned()),
        ];
        let home = tempfile::tempdir().expect("a directory can be made");
        Self { home, url: url.to_owned(), environment }
    }

    pub fn without_credentials(mut self) -> Self {
        self.environment.clear();
        self
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, contents).expect("a file can be written");
        path.to_str().expect("a plain path").to_owned()
    }

    /// The program in a clean environment, with nobody at a terminal. Where no option says
    /// otherwise it reaches nobody.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("XDG_STATE_HOME", self.path("state"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", self.path("no-config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", self.path("no-credentials"))
            .env("AWS_ENDPOINT_URL", NOBODY)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.home.path());
        command
    }

    /// Runs the program at this desk's account.
    pub fn dismantle(&self, args: &[&str]) -> Said {
        self.dismantle_anywhere(&[args, &["--endpoint-url", &self.url]].concat())
    }

    /// The same, and one JSON document is wanted.
    pub fn json(&self, args: &[&str]) -> Said {
        self.dismantle(&[args, &["--output", "json"]].concat())
    }

    /// Runs the program without telling it where.
    pub fn dismantle_anywhere(&self, args: &[&str]) -> Said {
        let output = assert_cmd::Command::from_std(self.command(args)).timeout(PATIENCE).output();
        Said::new(args, output.expect("the program can be run"))
    }

    /// Runs the program where nothing but this AWS configuration says where to go.
    pub fn dismantle_by_profile(&self, config: &str, args: &[&str]) -> Said {
        let mut command = self.command(args);
        command.env_remove("AWS_ENDPOINT_URL").env("AWS_CONFIG_FILE", self.file("config", config));
        let output = assert_cmd::Command::from_std(command).timeout(PATIENCE).output();
        Said::new(args, output.expect("the program can be run"))
    }

    /// Runs the program through another one, which may limit it: `["sh", "-c", …]`.
    pub fn through(&self, wrapper: &[&str], args: &[&str]) -> Said {
        let words = [wrapper, &[PROGRAM], args].concat();
        let command = self.command(&[]);
        let mut through = Command::new(words[0]);
        through.args(&words[1..]).env_clear().current_dir(self.home.path());
        through.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = assert_cmd::Command::from_std(through).timeout(PATIENCE).output();
        Said::new(args, output.expect("the program can be run"))
    }

    /// Starts the program at this desk's account and goes on.
    pub fn start(&self, args: &[&str]) -> Running {
        let args = [args, &["--endpoint-url", &self.url]].concat();
        Running::start(&args, self.command(&args))
    }

    /// The journal's runs.
    pub fn runs(&self) -> Vec<Value> {
        let runs = self.dismantle_anywhere(&["runs", "list", "--output", "json"]).ends_with(0);
        runs.document().as_array().expect("a list of runs").clone()
    }
}

/// What the program said, and how it ended.
pub struct Said {
    pub out: String,
    pub err: String,
    status: ExitStatus,
    asked: String,
}

impl Said {
    fn new(args: &[&str], output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        Self {
            out: text(output.stdout),
            err: text(output.stderr),
            status: output.status,
            asked: args.join(" "),
        }
    }

    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "the exit code of {self}");
        self
    }

    pub fn has_ended_with(&self, codes: &[i32]) -> bool {
        self.status.code().is_some_and(|code| codes.contains(&code))
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub fn document(&self) -> Value {
        match serde_json::from_str(&self.out) {
            Ok(document) => document,
            Err(error) => panic!("no single JSON document ({error}): {self}"),
        }
    }

    /// Whether stderr has these words.
    #[track_caller]
    pub fn explains(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "no {word:?} on stderr of {self}");
        }
        self
    }

    /// A refusal or an error: one line on stderr, nothing on stdout.
    #[track_caller]
    pub fn in_one_sentence(self) -> Self {
        assert_eq!(self.out, "", "nothing is printed by {self}");
        let lines: Vec<&str> = self.err.lines().collect();
        assert!(matches!(lines[..], [line] if line.starts_with("error: ")), "one line of {self}");
        self
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { out, err, status, asked } = self;
        write!(f, "dismantle {asked}\n{status}\n--- stdout\n{out}\n--- stderr\n{err}\n---")
    }
}

/// The program at work in the background.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    heard: Vec<String>,
    out: Option<JoinHandle<Vec<u8>>>,
    asked: String,
}

impl Running {
    fn start(args: &[&str], mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be run");
        let (send, lines) = channel();
        let err = BufReader::new(child.stderr.take().expect("it is piped"));
        thread::spawn(move || err.lines().map_while(Result::ok).try_for_each(|l| send.send(l)));
        let mut out = child.stdout.take().expect("it is piped");
        let out = thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = out.read_to_end(&mut bytes);
            bytes
        });
        Self { child, lines, heard: Vec::new(), out: Some(out), asked: args.join(" ") }
    }

    /// Listens to stderr until so many lines begin with these words.
    #[track_caller]
    pub fn until(&mut self, words: &str, times: usize) {
        let mut met = 0;
        while met < times {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("no {words:?} from {}:\n{}", self.asked, self.heard.join("\n"));
            };
            met += usize::from(line.starts_with(words));
            self.heard.push(line);
        }
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal: `INT`, `KILL`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{name} was sent");
    }

    /// Waits for its end.
    pub fn end(mut self) -> Said {
        let status = self.child.wait().expect("it ends");
        self.heard.extend(self.lines.iter());
        let stdout = self.out.take().and_then(|out| out.join().ok()).unwrap_or_default();
        let stderr = self.heard.join("\n").into_bytes();
        Said::new(&[&self.asked], Output { status, stdout, stderr })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// The rows of a list in a document.
#[track_caller]
pub fn rows<'d>(document: &'d Value, list: &str) -> &'d [Value] {
    let Some(rows) = document[list].as_array() else { panic!("no list {list}: {document:#}") };
    rows
}

/// A manifest of one line of `match`, in one region.
pub fn manifest(name: &str, matches: &str) -> String {
    format!(
        "version: 1\nname: {name}\naccounts: [\"{ACCOUNT}\"]\nregions: [us-east-1]\nmatch: \
         [{matches}]\n"
    )
}

/// Where a file of the repository is.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
