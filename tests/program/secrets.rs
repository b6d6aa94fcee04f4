//! Planted secrets, looked for in all that the program leaves behind, at its loudest.
//!
//! Bodies of lifecycle scripts are the one thing that the journal may keep and nothing else may:
//! `restore` needs them, and the journal is its owner's alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aws_sdk_sagemaker::Client;
use aws_sdk_sagemaker::types::{
    AlgorithmSpecification, AppSpecification, ContainerDefinition, NotebookInstanceLifecycleHook,
    OutputDataConfig, ProcessingClusterConfig, ProcessingInstanceType, ProcessingResources,
    ResourceConfig, StoppingCondition, Tag, TrainingInputMode, TrainingInstanceType,
};

use crate::account::Account;
use crate::harness::{Desk, Said, Served, YES, manifest, text};
use crate::http::{Between, Request, answer};

// None of these opens anything.
const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET_KEY: &str = "Pl4nt3dS3cr3tK3y0Pl4nt3dS3cr3tK3y0Pl4nt3";
const TOKEN: &str = "IQoJb3JpZ2luX2VjPlantedSessionTokenPlantedSessionTokenPlantedSessionTokenPlanted\
                     SessionTokenPlantedSessionToken0123456789";
const PASSWORD: &str = "planted-endpoint-password";
const TAG_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SIGNATURE: &str = "planted0123456789abcdef";
const VARIABLES: [&str; 4] =
    ["planted-model-env", "planted-job-env", "planted-processing-env", "planted-hyperparameter"];
/// `#!/bin/sh` and `export DB_PASSWORD=planted-script-secret`, as AWS wants it.
const SCRIPT: &str = "IyEvYmluL3NoCmV4cG9ydCBEQl9QQVNTV09SRD1wbGFudGVkLXNjcmlwdC1zZWNyZXQK";
const SCRIPT_SECRET: &str = "planted-script-secret";

const IMAGE: &str = "842676018087.dkr.ecr.us-east-1.amazonaws.com/vault:1";
const ROLE: &str = "arn:aws:iam::842676018087:role/vault-role";

/// What may be nowhere at all.
fn secrets() -> Vec<&'static str> {
    let mut all = vec![SECRET_KEY, TOKEN, PASSWORD, TAG_KEY, SIGNATURE];
    all.extend(VARIABLES);
    all
}

fn presigned() -> String {
    format!(
        "https://vault.s3.amazonaws.com/model.tar.gz?X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential={ACCESS_KEY}%2F20260101&X-Amz-Signature={SIGNATURE}"
    )
}

fn plant(account: &Account) {
    account.make_role("vault-role");
    let client = Client::new(account.config());
    let container = ContainerDefinition::builder().image(IMAGE).model_data_url(presigned());
    let container = container.environment("DB_PASSWORD", VARIABLES[0]).build();
    let model = client.create_model().model_name("vault-model").execution_role_arn(ROLE);
    account.wait(model.primary_container(container).send());
    jobs(account, &client);
    let hook = NotebookInstanceLifecycleHook::builder().content(SCRIPT).build();
    let script = client.create_notebook_instance_lifecycle_config().on_start(hook);
    account.wait(script.notebook_instance_lifecycle_config_name("vault-script").send());
    let tag = Tag::builder().key("owner-key").value(TAG_KEY).build();
    let group = client.create_model_package_group().model_package_group_name("vault-models");
    let group = group.model_package_group_description(format!("open it with {TAG_KEY}"));
    account.wait(group.tags(tag).send());
}

/// Two jobs that run.
fn jobs(account: &Account, client: &Client) {
    let algorithm = AlgorithmSpecification::builder().training_image(IMAGE);
    let algorithm = algorithm.training_input_mode(TrainingInputMode::File).build();
    let resources = ResourceConfig::builder().instance_type(TrainingInstanceType::MlM5Large);
    let resources = resources.instance_count(1).volume_size_in_gb(1).build();
    let output = OutputDataConfig::builder().s3_output_path("s3://vault/out").build();
    let hour = StoppingCondition::builder().max_runtime_in_seconds(3600).build();
    let job = client.create_training_job().training_job_name("vault-training").role_arn(ROLE);
    let job = job.algorithm_specification(algorithm).resource_config(resources);
    let job = job.output_data_config(output).stopping_condition(hour);
    let job = job.environment("API_TOKEN", VARIABLES[1]).hyper_parameters("lr", "0.1");
    account.wait(job.hyper_parameters("db_password", VARIABLES[3]).send());

    let cluster = ProcessingClusterConfig::builder().instance_count(1).volume_size_in_gb(1);
    let cluster = cluster.instance_type(ProcessingInstanceType::MlM5Large).build();
    let job = client.create_processing_job().processing_job_name("vault-processing").role_arn(ROLE);
    let job = job.app_specification(AppSpecification::builder().image_uri(IMAGE).build());
    let job =
        job.processing_resources(ProcessingResources::builder().cluster_config(cluster).build());
    account.wait(job.environment("DB_PASSWORD", VARIABLES[2]).send());
}

/// AWS's own words may repeat what was asked for.
fn repeats_the_request(request: &Request) -> Option<String> {
    let message = format!("cannot read {} with {TAG_KEY}", presigned());
    let body = serde_json::json!({ "__type": "ValidationException", "message": message });
    let refused = || answer("400 Bad Request", "application/x-amz-json-1.1", &body.to_string());
    (request.operation() == "DeleteModel").then(refused)
}

/// With everything that could make it talk.
fn loud(served: &Served) -> Desk {
    let between = Between::start(&served.url, repeats_the_request);
    let url = between.url.replace("http://", &format!("http://me:{PASSWORD}@"));
    Desk::at_url(&url)
        .with("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .with("AWS_SESSION_TOKEN", TOKEN)
        .with("RUST_LOG", "trace")
        .with("RUST_BACKTRACE", "full")
}

#[track_caller]
fn tells_no_secret(said: &Said) {
    for stream in [&said.out, &said.err] {
        for secret in secrets().into_iter().chain([SCRIPT, SCRIPT_SECRET]) {
            assert!(!stream.contains(secret), "{secret} in {said}");
        }
    }
}

#[test]
fn planted_secrets_are_in_no_log_no_report_and_no_journal() {
    let served = Served::empty();
    plant(&Account::of(&served));
    let desk = loud(&served);
    let lab = desk.file("lab.yaml", manifest("vault", "{ prefix: vault }"));
    let (plan, picture) = (desk.path("plan.json"), ["--graph", "svg"]);
    let plan = plan.to_str().expect("a plain path");
    let with_lab = |args: &[&str], code: i32| {
        let said = desk.dismantle(&[&["-m", &lab, "-vv"][..], args].concat()).ends_with(code);
        tells_no_secret(&said);
    };
    for format in ["table", "json", "csv"] {
        with_lab(&["inventory", "--all", "--output", format], 0);
    }
    with_lab(&["plan", "--out", plan], 0);
    with_lab(&["plan", "--output", "json"], 0);
    with_lab(&[&["plan"][..], &picture].concat(), 0);
    with_lab(&["tag", "--dry-run", "--output", "json"], 0);
    with_lab(&[&["destroy"][..], &YES].concat(), 3);
    with_lab(&["verify", "--output", "json"], 3);

    let run = desk.runs().pop().map(|run| text(&run["run"]).to_owned()).expect("a run");
    let without_lab = |args: &[&str], code: i32| {
        tells_no_secret(&desk.dismantle(&[args, &["-vv"]].concat()).ends_with(code));
    };
    // The run was at an address with a password, which the journal does not have.
    without_lab(&[&["resume", &run][..], &YES].concat(), 3);
    without_lab(&["runs", "list", "--output", "json"], 0);
    without_lab(&["runs", "show", &run, "--output", "json"], 0);
    without_lab(&["runs", "show", &run], 0);
    without_lab(&["restore", &run, "--dry-run"], 0);
    without_lab(&["restore", &run, "--dry-run", "--output", "json"], 0);

    let kept = files(&desk.path("state"));
    assert!(kept.iter().any(|(path, _)| path.ends_with("journal.sqlite")), "a journal is kept");
    for (path, bytes) in kept.iter().chain(&files(Path::new(plan))) {
        for secret in secrets() {
            assert!(!holds(bytes, secret), "{secret} in {path}");
        }
        let mode = fs::metadata(path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{path} is its owner's alone");
    }
    let plan = fs::read_to_string(plan).expect("the plan was written");
    assert!(!plan.contains(SCRIPT) && !plan.contains(SCRIPT_SECRET));
}

#[test]
fn an_endpoint_that_fails_is_named_without_its_password() {
    let served = Served::empty();
    let desk = loud(&served);
    let lab = desk.file("lab.yaml", manifest("vault", "{ prefix: vault }"));
    let nobody = format!("http://me:{PASSWORD}@127.0.0.1:9");
    let remote = format!("http://me:{PASSWORD}@192.0.2.1:9");
    let signed = format!("http://127.0.0.1:9/?X-Amz-Signature={SIGNATURE}");
    let rows = [
        (nobody.as_str(), 1, "http://127.0.0.1:9"),
        (remote.as_str(), 4, "http://192.0.2.1:9"),
        (signed.as_str(), 1, "http://127.0.0.1:9"),
        (remote.trim_start_matches("http://"), 2, "192.0.2.1:9"),
    ];
    for (url, code, shown) in rows {
        let args = ["-m", &lab, "-vv", "verify", "--endpoint-url", url];
        let said = desk.dismantle_anywhere(&args).ends_with(code).explains(&[shown]);
        tells_no_secret(&said);
    }
}

/// A file, or all that is below a folder, with contents.
fn files(at: &Path) -> Vec<(String, Vec<u8>)> {
    if at.is_file() {
        let bytes = fs::read(at).expect("a file can be read");
        return vec![(at.to_str().expect("a plain path").to_owned(), bytes)];
    }
    let entries = fs::read_dir(at).expect("a folder can be listed");
    entries.flat_map(|entry| files(&entry.expect("an entry").path())).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
