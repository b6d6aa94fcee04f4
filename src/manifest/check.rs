//! From what is written to what is meant: every value is checked, and all that is wrong is said.

use std::collections::{BTreeMap, BTreeSet};

use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

use super::error::{Issue, closest, shown};
use super::raw::{RawAccount, RawManifest, RawOptions};
use super::{
    Convention, KmsOptions, Limits, List, Manifest, ManifestError, Options, S3Options,
    SageMakerOptions, Selector, pattern,
};
use crate::regions;
use crate::resource::{Catalog, Kind, Region};

/// A manifest is a page or two; a megabyte is something else.
const TEXT_BYTES_MAX: usize = 1 << 20;
/// How often one anchor's content may be repeated, all aliases together.
const ALIAS_EVENTS_MAX: usize = 10_000;
const NESTING_MAX: usize = 32;
/// AWS has fewer regions than this, and nobody has a lab in more accounts.
const LIST_MAX: usize = 1000;

pub(super) fn parse(
    text: &str,
    source: &str,
    catalog: &Catalog,
) -> Result<Manifest, ManifestError> {
    if text.len() > TEXT_BYTES_MAX {
        let message = format!("the manifest is larger than {} KiB", TEXT_BYTES_MAX / 1024);
        return Err(ManifestError::new(source, "", vec![Issue::at(&START, message, None)]));
    }
    let raw: RawManifest = serde_saphyr::from_str_with_options(text, reader_options())
        .map_err(|error| ManifestError::new(source, text, vec![Issue::of_yaml(&error)]))?;
    let mut checker = Checker { catalog, text, issues: Vec::new() };
    let manifest = checker.manifest(raw, source);
    match manifest {
        Some(manifest) if checker.issues.is_empty() => Ok(manifest),
        _ => Err(ManifestError::new(source, text, checker.issues)),
    }
}

const START: Location = Location::UNKNOWN;

fn reader_options() -> serde_saphyr::Options {
    let mut alias_limits = serde_saphyr::options::AliasLimits::default();
    alias_limits.max_total_replayed_events = ALIAS_EVENTS_MAX;
    alias_limits.max_replay_stack_depth = NESTING_MAX;
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: NESTING_MAX,
            max_documents: 1,
            max_nodes: 200_000,
        },
        alias_limits: alias_limits,
        duplicate_keys: DuplicateKeyPolicy::Error,
        // Comments are many in a manifest that people copy, and the reader has a limit on them.
        emit_comments: false,
    }
}

pub(super) struct Checker<'a> {
    pub catalog: &'a Catalog,
    text: &'a str,
    issues: Vec<Issue>,
}

impl Checker<'_> {
    pub fn wrong(
        &mut self,
        at: &Location,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.issues.push(Issue::at(at, message, help));
    }

    /// The value, or nothing and an issue.
    pub fn ok<T>(&mut self, at: &Location, read: Result<T, pattern::Wrong>) -> Option<T> {
        read.map_err(|(message, help)| self.wrong(at, message, help)).ok()
    }

    /// What stands in the file at that place.
    pub fn written(&self, at: &Location) -> Option<&str> {
        let span = at.span();
        let start = usize::try_from(span.byte_offset()?).ok()?;
        let len = usize::try_from(span.byte_len()?).ok()?;
        self.text.get(start..start.checked_add(len)?)
    }

    fn manifest(&mut self, raw: RawManifest, source: &str) -> Option<Manifest> {
        if raw.version.value != 1 {
            self.wrong(
                &raw.version.referenced,
                format!("this program reads manifests of version 1, not {}", raw.version.value),
                Some("write `version: 1`, or use a newer dismantle".to_owned()),
            );
        }
        self.name(&raw.name);
        let accounts = self.accounts(&raw.accounts);
        let regions = self.regions(&raw.regions);
        let matches = self.matches(raw.matches);
        let keep: Vec<Option<Selector>> = raw
            .keep
            .unwrap_or_default()
            .into_iter()
            .map(|one| self.selector(one, List::Keep))
            .collect();
        let labels = raw.labels.and_then(|labels| {
            let read = Convention::parse(&labels.value)
                .map_err(|bad| (bad.message().to_owned(), Some(bad.help().to_owned())));
            self.ok(&labels.referenced, read)
        });
        let limits = self.limits(raw.limits.unwrap_or_default());
        let options = self.options(raw.options.unwrap_or_default());
        let journal = raw.journal.map(|journal| {
            let place = journal.value.trim();
            let bucket = place.strip_prefix("s3://");
            if place.is_empty() || bucket.is_some_and(|rest| rest.split('/').next() == Some("")) {
                self.wrong(
                    &journal.referenced,
                    "this is no place for a journal",
                    Some("write a file's path, or `s3://bucket/prefix`".to_owned()),
                );
            }
            place.to_owned()
        });
        let sweep = raw.sweep.map(|sweep| {
            if !sweep.value.is_object() {
                self.wrong(
                    &sweep.referenced,
                    "`sweep` is a map of settings",
                    Some("leave it out, or write `sweep: { … }`".to_owned()),
                );
            }
            sweep.value
        });
        Some(Manifest {
            text: self.text.to_owned(),
            source: source.to_owned(),
            version: raw.version.value,
            name: raw.name.value,
            accounts,
            regions,
            matches: matches.into_iter().collect::<Option<_>>()?,
            keep: keep.into_iter().collect::<Option<_>>()?,
            labels,
            limits,
            options,
            journal,
            sweep,
        })
    }

    fn name(&mut self, name: &Spanned<String>) {
        let text = name.value.as_str();
        let sensible = text.len() <= 128
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !sensible {
            self.wrong(
                &name.referenced,
                format!("{} is not a name for a lab", shown(text)),
                Some(
                    "a person types it to confirm: 1 to 128 letters, digits, `-`, `_` and `.`, \
                     the first a letter or a digit"
                        .to_owned(),
                ),
            );
        }
    }

    fn too_many(&mut self, at: &Location, count: usize) -> bool {
        if count > LIST_MAX {
            self.wrong(at, format!("more than {LIST_MAX} entries"), None);
        }
        count > LIST_MAX
    }

    fn accounts(&mut self, list: &Spanned<Vec<Spanned<RawAccount>>>) -> Vec<String> {
        if list.value.is_empty() {
            self.wrong(
                &list.referenced,
                "`accounts` is empty, so nothing could ever be removed",
                Some("write the account's twelve digits, such as [\"123456789012\"]".to_owned()),
            );
        }
        if self.too_many(&list.referenced, list.value.len()) {
            return Vec::new();
        }
        let mut accounts: Vec<String> = Vec::new();
        for one in &list.value {
            let RawAccount::Text(text) = &one.value else {
                let written = self.written(&one.defined).unwrap_or_default();
                let help = if is_account(written) {
                    format!("put it in quotes: \"{written}\"")
                } else {
                    "put it in quotes, twelve digits: \"123456789012\"".to_owned()
                };
                self.wrong(
                    &one.referenced,
                    "an account is a text, not a number: YAML eats leading zeros",
                    Some(help),
                );
                continue;
            };
            if !is_account(text) {
                let digits: String = text.chars().filter(char::is_ascii_digit).take(13).collect();
                let help = if is_account(&digits) {
                    format!("did you mean \"{digits}\"?")
                } else {
                    "`aws sts get-caller-identity` shows it".to_owned()
                };
                self.wrong(
                    &one.referenced,
                    format!("{} is not an account: it has twelve digits", shown(text)),
                    Some(help),
                );
            } else if accounts.contains(text) {
                let message = format!("the account {text} is there twice");
                self.wrong(&one.referenced, message, Some("leave one out".to_owned()));
            } else {
                accounts.push(text.clone());
            }
        }
        accounts
    }

    fn regions(&mut self, list: &Spanned<Vec<Spanned<String>>>) -> Vec<Region> {
        if list.value.is_empty() {
            self.wrong(
                &list.referenced,
                "`regions` is empty, so there is nowhere to look",
                Some("write the lab's regions, such as [us-east-1]".to_owned()),
            );
        }
        if self.too_many(&list.referenced, list.value.len()) {
            return Vec::new();
        }
        let mut regions: Vec<Region> = Vec::new();
        for one in &list.value {
            let text = one.value.as_str();
            let region = is_region(text).then(|| Region::parse(text).ok()).flatten();
            match region {
                None => {
                    let help = match closest(text, regions::all()) {
                        _ if text == "global" => {
                            "leave it out: global services are asked once, whatever the regions"
                                .to_owned()
                        }
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "write it as AWS does: `us-east-1`".to_owned(),
                    };
                    let message = format!("{} is not a region", shown(text));
                    self.wrong(&one.referenced, message, Some(help));
                }
                Some(region) if regions.contains(&region) => {
                    let message = format!("the region {region} is there twice");
                    self.wrong(&one.referenced, message, Some("leave one out".to_owned()));
                }
                Some(region) => regions.push(region),
            }
        }
        regions
    }

    fn matches(
        &mut self,
        list: Spanned<Vec<Spanned<super::raw::RawSelector>>>,
    ) -> Vec<Option<Selector>> {
        if list.value.is_empty() {
            self.wrong(
                &list.referenced,
                "`match` is empty, so there is nothing to take apart",
                Some("write what is the lab's, such as [{ prefix: my-lab-dev }]".to_owned()),
            );
        }
        if self.too_many(&list.referenced, list.value.len()) {
            return Vec::new();
        }
        list.value.into_iter().map(|one| self.selector(one, List::Match)).collect()
    }

    fn limits(&mut self, raw: super::raw::RawLimits) -> Limits {
        let absent = Limits::default();
        if let Some(share) = &raw.max_share
            && !(share.value > 0.0 && share.value <= 1.0)
        {
            self.wrong(
                &share.referenced,
                "`max_share` is a share: more than 0, and at most 1",
                Some("write 0.5 for half of what was listed of a kind".to_owned()),
            );
        }
        Limits {
            max_deletions: raw.max_deletions.unwrap_or(absent.max_deletions),
            max_share: raw.max_share.map_or(absent.max_share, |share| share.value),
        }
    }

    fn options(&mut self, raw: RawOptions) -> Options {
        let absent = Options::default();
        let mut pending_window_days = absent.kms.pending_window_days;
        if let Some(days) = raw.kms.and_then(|kms| kms.pending_window_days) {
            // ScheduleKeyDeletion, PendingWindowInDays: 7 to 30.
            match u8::try_from(days.value).ok().filter(|days| (7..=30).contains(days)) {
                Some(days) => pending_window_days = days,
                None => self.wrong(
                    &days.referenced,
                    "a key's pending window is 7 to 30 days",
                    Some("write a number from 7 to 30".to_owned()),
                ),
            }
        }
        let mut lift_protection: BTreeSet<Kind> = BTreeSet::new();
        for one in raw.lift_protection.unwrap_or_default() {
            let kind = pattern::kind(&one.value, self.catalog);
            lift_protection.extend(self.ok(&one.referenced, kind));
        }
        Options {
            kms: KmsOptions { pending_window_days },
            s3: raw
                .s3
                .and_then(|s3| s3.bypass_governance_retention)
                .map_or(absent.s3, |bypass_governance_retention| S3Options {
                    bypass_governance_retention,
                }),
            sagemaker: raw
                .sagemaker
                .and_then(|sagemaker| sagemaker.home_efs)
                .map_or(absent.sagemaker, |home_efs| SageMakerOptions { home_efs }),
            managed: raw.managed.unwrap_or_default(),
            lift_protection: lift_protection.into_iter().collect(),
            cautions: raw.cautions.unwrap_or_default(),
            root: raw.root.unwrap_or_default(),
        }
    }

    /// The tags, each key with the value that it must have.
    pub fn tags(
        &mut self,
        raw: Option<Spanned<super::raw::Entries<Spanned<String>>>>,
    ) -> BTreeMap<String, String> {
        let Some(raw) = raw else { return BTreeMap::new() };
        if raw.value.0.is_empty() {
            self.wrong(
                &raw.referenced,
                "`tags` is empty",
                Some("write a tag, such as { Project: my-lab }, or leave it out".to_owned()),
            );
        }
        let mut tags = BTreeMap::new();
        for (key, value) in raw.value.0 {
            if key.value.is_empty() || key.value == "*" {
                self.wrong(
                    &key.referenced,
                    "a tag has a key",
                    Some("write the key; its value may be `*`, which is any".to_owned()),
                );
            }
            tags.insert(key.value, value.value);
        }
        tags
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`: words, then one number.
fn is_region(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let [area @ .., number] = words.as_slice() else { return false };
    text.len() <= 32
        && (2..=3).contains(&area.len())
        && area.iter().all(|word| {
            (2..=10).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase())
        })
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}
