//! Other people's programs: the AWS CLI at our account in memory, and Dismantle at moto.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::account::Account;
use crate::harness::{Desk, LAB, PROGRAM, Served, YES, manifest, repository, shared_lab};

/// The interpreter that has boto3, moto and the AWS CLI beside it.
fn python() -> PathBuf {
    match std::env::var_os("DISMANTLE_TEST_PYTHON") {
        Some(path) => PathBuf::from(path),
        None => panic!(
            "DISMANTLE_TEST_PYTHON is not set, so nothing was tested. scripts/test makes the \
             environment and sets it."
        ),
    }
}

/// Runs somebody else's program with the credentials and the region that all of them take.
fn outsider(program: &Path, region: &str, args: &[&str]) -> Output {
    Command::new(program)
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "any")
        .env("AWS_REGION", region)
        .env("AWS_DEFAULT_REGION", region)
        .env("AWS_PAGER", "")
        .output()
        .unwrap_or_else(|error| panic!("{} cannot be run: {error}", program.display()))
}

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{}\n--- stdout\n{out}\n--- stderr\n{err}", output.status)
}

#[test]
#[ignore = "needs moto and boto3: run scripts/test"]
fn the_aws_cli_sees_the_lab_in_the_served_account() {
    let aws = python().with_file_name("aws");
    let rows = [
        ("us-east-1", "s3 ls", "mlops-cloudtrail-logs-ap-southeast-1"),
        ("us-east-1", "s3 ls s3://mlops-retail-prediction-dev-842676018087/gold/", "sales.parquet"),
        ("us-east-1", "iam list-roles", "CloudTrail_CloudWatchLogs_Role"),
        ("ap-southeast-1", "eks list-clusters", "mlops-retail-cluster"),
        ("us-east-1", "sagemaker list-models", "retail-forecast-model"),
        ("us-east-1", "kms list-keys", ":key/"),
        ("us-east-1", "kms list-aliases", "alias/mlops-retail-prediction-dev-cloudtrail-key"),
        ("ap-southeast-1", "ecr describe-repositories", "mlops/retail-api"),
        ("us-east-1", "logs describe-log-groups", "mlops-cloudtrail-log-group"),
        ("us-east-1", "cloudtrail list-trails", "mlops-retail-prediction-audit-trail"),
    ];
    for (region, command, words) in rows {
        let mut args = vec!["--endpoint-url", shared_lab().url.as_str()];
        args.extend(command.split(' '));
        let output = outsider(&aws, region, &args);
        assert!(output.status.success(), "aws {command}: {}", said(&output));
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(out.contains(words), "{words} in aws {command}: {}", said(&output));
    }
}

#[test]
#[ignore = "needs moto and boto3: run scripts/test"]
fn the_guide_s_lab_in_moto_goes_whole_and_no_neighbour_is_touched() {
    let python = python();
    let path = |path: &str| repository(path).to_str().expect("a plain path").to_owned();
    let (proxy, builder) = (path("scripts/moto_proxy.py"), path("tests/outsiders/lab.py"));
    let moto = Served::program(&[python.to_str().expect("a plain path"), &proxy]);
    let desk = Desk::at(&moto);
    let made = desk.path("lab.json");
    let made = made.to_str().expect("a plain path");
    let build = [builder.as_str(), "build", "--endpoint", &moto.url, "--out", made];
    let built = outsider(&python, "us-east-1", &build);
    assert!(built.status.success(), "{}", said(&built));

    let gone = desk.dismantle(&[&["-m", LAB, "destroy"][..], &YES].concat());
    let check = [builder.as_str(), "check", "--endpoint", &moto.url, "--lab", made];
    let checked = outsider(&python, "us-east-1", &check);
    assert!(gone.has_ended_with(&[0, 3]), "{gone}");
    let found: Value = serde_json::from_slice(&checked.stdout).unwrap_or_default();
    assert!(checked.status.success(), "{}\n\n{gone}", said(&checked));
    assert_eq!(found["left"], serde_json::json!([]));
    assert_eq!(found["harmed"], serde_json::json!([]));
}

/// Runs `argv[2:]` in a terminal, types `argv[1]` when it is asked, and prints the screen.
const TYPIST: &str = r#"
import os, pty, sys
pid, screen = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen, typed = b"", False
while True:
    try:
        some = os.read(screen, 4096)
    except OSError:
        break
    if not some:
        break
    seen += some
    if not typed and b"type the manifest" in seen:
        typed = os.write(screen, sys.argv[1].encode() + b"\r") > 0
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(status) if typed else 99)
"#;

#[test]
#[ignore = "needs moto and boto3: run scripts/test"]
fn at_a_terminal_only_the_manifest_s_name_is_a_yes() {
    let python = python();
    let served = Served::empty();
    let (desk, account) = (Desk::at(&served), Account::of(&served));
    account.make_role("probe-lab-role");
    let lab = desk.file("lab.yaml", manifest("probe", "{ prefix: probe-lab }"));
    let journal = desk.path("journal.sqlite");
    let journal = journal.to_str().expect("a plain path");
    let answer = |typed: &str| {
        let destroy = [
            "-c",
            TYPIST,
            typed,
            PROGRAM,
            "--endpoint-url",
            &served.url,
            "--journal",
            journal,
            "-m",
            &lab,
            "destroy",
        ];
        outsider(&python, "us-east-1", &destroy)
    };
    for wrong in ["y", "yes", "", "probe-lab"] {
        let output = answer(wrong);
        assert_eq!(output.status.code(), Some(4), "{wrong:?}: {}", said(&output));
        assert!(account.has_role("probe-lab-role"), "{wrong:?} is no yes");
    }
    let output = answer("probe");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(!account.has_role("probe-lab-role"));
}
