use proptest::prelude::*;

use super::*;
use crate::resource::{KindFacts, Removable, Scope, WhereKey};

/// The kinds that a manifest of the guide's lab speaks of, as their files declare them.
pub(super) fn catalog() -> Catalog {
    const STATUS: &[WhereKey] = &[WhereKey::new("status", "Creating, InService, Failed…")];
    const IMAGE: &[WhereKey] = &[
        WhereKey { name: "tag", says: "a tag of the image", parts: true },
        WhereKey::new("tagged", "true or false"),
    ];
    const PACKAGE: &[WhereKey] = &[
        WhereKey::new("approval", "Approved, PendingManualApproval, Rejected"),
        WhereKey::new("status", "Completed, Failed"),
    ];
    let kind = |name, scope| KindFacts::new(Kind::new(name), scope);
    let regional = |name| kind(name, Scope::Regional);
    let in_cluster = |name| KindFacts { parent: Some(Kind::new("eks:cluster")), ..regional(name) };
    Catalog::new([
        regional("cloudtrail:trail"),
        kind("s3:bucket", Scope::Global),
        regional("kms:key"),
        regional("kms:alias"),
        kind("iam:role", Scope::Global),
        kind("iam:policy", Scope::Global),
        KindFacts { removable: Removable::ReadOnly, ..kind("iam:user", Scope::Global) },
        regional("logs:log-group"),
        regional("ecr:repository"),
        KindFacts {
            parent: Some(Kind::new("ecr:repository")),
            where_keys: IMAGE,
            ..regional("ecr:image")
        },
        KindFacts { where_keys: STATUS, ..regional("sagemaker:endpoint") },
        regional("sagemaker:endpoint-config"),
        regional("sagemaker:model"),
        KindFacts { where_keys: STATUS, can_stop: true, ..regional("sagemaker:training-job") },
        regional("sagemaker:model-package-group"),
        KindFacts {
            parent: Some(Kind::new("sagemaker:model-package-group")),
            where_keys: PACKAGE,
            ..regional("sagemaker:model-package")
        },
        regional("eks:cluster"),
        in_cluster("eks:nodegroup"),
        in_cluster("eks:addon"),
    ])
}

pub(super) fn parse(text: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse(text, "lab.yaml", &catalog())
}

/// A good manifest with one list of selectors and what follows it.
pub(super) fn with(selectors: &str) -> String {
    format!(
        "version: 1\nname: lab\naccounts: [\"123456789012\"]\nregions: [us-east-1]\n{selectors}\n"
    )
}

/// The one selector of a `match` with only it.
pub(super) fn matching(selector: &str) -> Selector {
    let manifest = parse(&with(&format!("match: [{selector}]"))).unwrap();
    manifest.matches.into_iter().next().unwrap()
}

/// The one selector of a `keep` with only it.
pub(super) fn keeping(selector: &str) -> Selector {
    let text = with(&format!("match: [{{ prefix: lab }}]\nkeep: [{selector}]"));
    parse(&text).unwrap().keep.into_iter().next().unwrap()
}

#[test]
fn a_minimal_manifest_has_the_defaults_of_the_contract() {
    let manifest = parse(&with("match: [{ prefix: lab-dev }]")).unwrap();
    assert_eq!(manifest.accounts, ["123456789012"]);
    assert_eq!(manifest.regions, [Region::new("us-east-1")]);
    assert_eq!(manifest.limits, Limits { max_deletions: 500, max_share: 1.0 });
    assert_eq!(manifest.options, Options::default());
    assert_eq!(manifest.options.kms.pending_window_days, 7);
    assert!(manifest.keep.is_empty() && manifest.journal.is_none() && manifest.sweep.is_none());
}

#[test]
fn the_manifest_of_the_design_is_read_whole() {
    let manifest = parse(
        r#"
version: 1
name: mlops-retail-prediction-dev
accounts: ["842676018087", "000000000001"]
regions: [us-east-1, ap-southeast-1, us-gov-west-1]
match:
  - prefix: mlops-retail-prediction-dev
  - { kind: cloudtrail:trail, name: mlops-retail-prediction-audit-trail }
  - { kind: s3:bucket, glob: "mlops-cloudtrail-logs-*" }
  - { kind: eks:cluster, name: mlops-retail-cluster }
  - { kind: sagemaker:*, prefix: retail }
  - { tags: { Project: MLOps-Retail-Prediction } }
keep:
  - { tags: { "dismantle:keep": "*" } }
  - { kind: sagemaker:model-package, where: { approval: Approved } }
  - { newer_than: 2h }
  - { kind: s3:bucket }
labels: "{project}-{env}-{component}"
limits: { max_deletions: 50, max_share: 0.5 }
options:
  kms: { pending_window_days: 30 }
  s3: { bypass_governance_retention: true }
  sagemaker: { home_efs: delete }
  managed: delete
  lift_protection: [eks:cluster]
  cautions: block
  root: allow
journal: s3://bucket/prefix
sweep: { grace: 3d }
"#,
    )
    .unwrap();
    assert_eq!((manifest.matches.len(), manifest.keep.len()), (6, 4));
    assert_eq!(manifest.accounts[1], "000000000001");
    assert_eq!(manifest.options.lift_protection, [Kind::new("eks:cluster")]);
    assert_eq!(manifest.options.kms.pending_window_days, 30);
    assert!(manifest.options.s3.bypass_governance_retention);
    assert_eq!(manifest.options.root, Root::Allow);
    assert_eq!(manifest.options.sagemaker.home_efs, HomeEfs::Delete);
    assert_eq!(manifest.journal.as_deref(), Some("s3://bucket/prefix"));
    assert_eq!(manifest.sweep.unwrap()["grace"], "3d");
}

#[test]
fn null_is_absent_where_the_contract_says_so() {
    let text =
        with("match: [{ prefix: lab }]\nkeep: null\njournal: null\nsweep: null\nlabels: null");
    assert!(parse(&text).unwrap().journal.is_none());
}

#[test]
fn a_manifest_travels_as_its_text() {
    let manifest = parse(&with("match: [{ prefix: lab }]")).unwrap();
    let json = serde_json::to_string(&manifest).unwrap();
    let carried: Carried = serde_json::from_str(&json).unwrap();
    assert_eq!(carried, manifest.carried());
    assert_eq!(carried.parse(&catalog()).unwrap().name, "lab");
}

#[test]
fn a_hostile_text_does_not_reach_the_terminal_raw() {
    let text = with("match: [{ kind: \"\\e[2Jx\\u202e\", name: x }]");
    let error = parse(&text).unwrap_err().to_string();
    assert!(error.contains("\\u{1b}") && !error.contains('\u{1b}'), "{error}");
    let error = parse(&with("match: [{ kind: '\u{202e}\u{9b}x', name: x }]")).unwrap_err();
    assert!(!error.to_string().contains(['\u{202e}', '\u{9b}']), "{error}");
}

#[test]
fn bombs_are_refused_quickly() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (from, to) in ('a'..='h').zip('b'..='i') {
        bomb.push_str(&format!("{to}: &{to} [*{from}, *{from}, *{from}, *{from}, *{from}]\n"));
    }
    assert!(parse(&bomb).is_err());
    assert!(
        parse(&with(&format!("match: [{{ prefix: lab }}]\nsweep: {{ x: *i }}\n{bomb}"))).is_err()
    );
    let aliased = format!(
        "match: [{{ prefix: lab }}]\nsweep:\n{}  z: *i",
        bomb.lines().map(|line| format!("  {line}\n")).collect::<String>()
    );
    assert!(parse(&with(&aliased)).is_err());
    assert!(parse(&"[".repeat(200_000)).is_err());
    assert!(parse(&"- ".repeat(200_000)).is_err());
    let large = with("match: [{ prefix: lab }]") + &"#".repeat(1 << 20);
    let error = parse(&large).unwrap_err().to_string();
    assert!(error.contains("larger than 1024 KiB"), "{error}");
}

#[test]
fn a_long_line_is_drawn_short() {
    let text = with(&format!("match: [{{ prefix: ab, name: {} }}]", "x".repeat(500_000)));
    let error = parse(&text).unwrap_err().to_string();
    assert!(error.len() < 10_000, "{}", error.len());
}

#[test]
fn many_comments_are_no_limit() {
    let text = with("match:\n  - prefix: lab") + &"# a comment\n".repeat(500) + "  - prefix: two\n";
    assert_eq!(parse(&text).unwrap().matches.len(), 2);
}

#[test]
fn the_committed_schema_is_up_to_date() {
    let path = format!("{}/manifests/dismantle.schema.json", env!("CARGO_MANIFEST_DIR"));
    let now = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, now, "run `UPDATE_SCHEMA=1 cargo test --lib manifest`");
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_line_panics(line in "[ \\-{}\\[\\]:,'\"&*!|>#a-z0-9\n\u{1b}é]{0,80}") {
        if let Err(error) = parse(&with(&line)) {
            let _ = error.to_string();
        }
    }

    #[test]
    fn no_selector_panics(key in "kind|name|prefix|glob|regex|older_than|tags|where|in", value in "\\PC{0,40}") {
        let quoted = serde_json::to_string(&value).unwrap();
        for value in [quoted.clone(), format!("{{ a: {quoted} }}")] {
            if let Err(error) = parse(&with(&format!("match: [{{ {key}: {value} }}]"))) {
                prop_assert!(error.line() > 0, "{error}");
            }
        }
    }
}
