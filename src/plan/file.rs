//! The plan file: what a person looked at and approved, to be applied later.
//!
//! The digest over everything else tells a file that was edited or cut short from the one that was
//! written. Safety does not rest on it: `apply` classifies afresh by the manifest in the file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::rows::Row;
use super::step::Step;
use crate::inventory::Gap;
use crate::resource::{Kind, Region};

/// The format that this program writes and reads.
pub const VERSION: u64 = 1;

/// A plan of ten thousand steps is a few megabytes; a larger file is not one of ours.
pub const BYTES_MAX: u64 = 64 << 20;

/// A plan, as `plan --out` writes it. The digest is made by [`PlanFile::to_json`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    pub version: u64,
    pub account: String,
    /// The manifest, word for word.
    pub manifest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_source: Option<String>,
    pub created: Timestamp,
    pub regions: Vec<Region>,
    #[serde(default)]
    pub accept_unseen: Vec<Kind>,
    pub steps: Vec<Step>,
    pub kept: Vec<Row>,
    pub blocked: Vec<Row>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<Row>,
    /// What could not be seen when the plan was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<Gap>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unavailable: Vec<Gap>,
    pub monthly_saving_usd: Option<serde_json::Number>,
}

/// Why a plan file is not taken, or could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    #[error("The plan file {} cannot be read: {source}.", path.display())]
    Unreadable { path: PathBuf, source: io::Error },

    #[error("The plan file {} cannot be written: {source}.", path.display())]
    Unwritable { path: PathBuf, source: io::Error },

    #[error(
        "{} is a symbolic link or no plain file, and a plan is not written through such a thing. \
         Name another file with `--out`.", path.display()
    )]
    Planted { path: PathBuf },

    #[error(
        "The plan file is larger than {max} bytes, so it is not one of Dismantle's. Make it again \
         with `dismantle plan --out FILE`."
    )]
    TooBig { max: u64 },

    #[error(
        "The plan file ends in the middle (at line {line}). Make it again with `dismantle plan \
         --out FILE`."
    )]
    Truncated { line: usize },

    #[error("The plan file is not a plan: {why}. Make one with `dismantle plan --out FILE`.")]
    NotAPlan { why: String },

    #[error(
        "The plan file has format {found}, and this Dismantle reads format {VERSION}. Make it \
         again with this program: `dismantle plan --out FILE`."
    )]
    Version { found: String },

    #[error(
        "The plan file was changed after it was written: its digest is {written}, its contents \
         have {found}. A plan is not edited by hand; change the manifest and make it again with \
         `dismantle plan --out FILE`."
    )]
    Edited { written: String, found: String },
}

impl PlanFileError {
    /// Whether a guard refused the file's contents (exit 4), rather than the disk (exit 1).
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Unreadable { .. } | Self::Unwritable { .. } | Self::Planted { .. })
    }
}

/// The reader's words repeat what is in the file, which may be of any length.
const WHY_CHARS_MAX: usize = 400;

fn not_a_plan(error: &dyn std::fmt::Display) -> PlanFileError {
    PlanFileError::NotAPlan { why: error.to_string().chars().take(WHY_CHARS_MAX).collect() }
}

/// SHA-256 over the canonical form (RFC 8785) of everything but the digest.
fn digest_of(contents: &Value) -> Result<String, PlanFileError> {
    let canonical = serde_json_canonicalizer::to_vec(contents).map_err(|e| not_a_plan(&e))?;
    let hex: String = Sha256::digest(&canonical).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("sha256:{hex}"))
}

impl PlanFile {
    pub fn digest(&self) -> Result<String, PlanFileError> {
        digest_of(&serde_json::to_value(self).map_err(|error| not_a_plan(&error))?)
    }

    /// The plan with its digest in it.
    pub fn to_json(&self) -> Result<Value, PlanFileError> {
        let mut contents = serde_json::to_value(self).map_err(|error| not_a_plan(&error))?;
        let digest = digest_of(&contents)?;
        if let Value::Object(fields) = &mut contents {
            fields.insert("digest".to_owned(), Value::String(digest));
        }
        Ok(contents)
    }

    /// Reads a plan, and refuses one that is not word for word what was written: even a blank
    /// that was added says that somebody was at it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PlanFileError> {
        if bytes.len() as u64 > BYTES_MAX {
            return Err(PlanFileError::TooBig { max: BYTES_MAX });
        }
        let mut contents: Value = serde_json::from_slice(bytes).map_err(|error| {
            if error.is_eof() {
                PlanFileError::Truncated { line: error.line() }
            } else {
                not_a_plan(&error)
            }
        })?;
        let Value::Object(fields) = &mut contents else {
            return Err(not_a_plan(&"it is no JSON object"));
        };
        match fields.get("version") {
            None => return Err(not_a_plan(&"it has no version")),
            Some(version) if version.as_u64() != Some(VERSION) => {
                let found = version.to_string().chars().take(40).collect();
                return Err(PlanFileError::Version { found });
            }
            Some(_) => {}
        }
        let Some(Value::String(written)) = fields.remove("digest") else {
            return Err(not_a_plan(&"it has no digest"));
        };
        let found = digest_of(&contents)?;
        let edited = |found| {
            let written = written.chars().take(80).collect();
            Err(PlanFileError::Edited { written, found })
        };
        if found != written {
            return edited(found);
        }
        let plan: Self = serde_json::from_value(contents).map_err(|error| not_a_plan(&error))?;
        // The value forgets what JSON allows to be said twice, so the bytes are compared as well.
        if plan.to_bytes()? != bytes {
            return edited("the same digest, but are written in another way".to_owned());
        }
        Ok(plan)
    }

    /// The file's bytes: what `plan --output json` prints, too.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PlanFileError> {
        Ok(crate::report::json::text(&self.to_json()?).into_bytes())
    }

    pub fn read(path: &Path) -> Result<Self, PlanFileError> {
        let unreadable = |source| PlanFileError::Unreadable { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.is_empty() {
            return Err(PlanFileError::NotAPlan { why: "the file is empty".to_owned() });
        }
        Self::from_bytes(&bytes)
    }

    /// Writes the file whole or not at all: beside it first, 0600, then over it.
    pub fn write(&self, path: &Path) -> Result<(), PlanFileError> {
        let bytes = self.to_bytes()?;
        match fs::symlink_metadata(path) {
            Ok(meta) if !meta.is_file() => {
                return Err(PlanFileError::Planted { path: path.to_owned() });
            }
            _ => {}
        }
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}.tmp", std::process::id()));
        let beside = PathBuf::from(name);
        let write = || {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&beside, path)
        };
        write().map_err(|source| {
            // A file that was there before us is not ours to remove.
            if source.kind() != io::ErrorKind::AlreadyExists {
                let _ = fs::remove_file(&beside);
            }
            PlanFileError::Unwritable { path: path.to_owned(), source }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use proptest::prelude::*;

    use super::*;
    use crate::plan::{Named, StepId};
    use crate::resource::{Action, ResourceId};

    fn plan() -> PlanFile {
        let role = |id: &str| ResourceId::new(Kind::new("iam:role"), Region::GLOBAL, id);
        PlanFile {
            version: VERSION,
            account: "842676018087".to_owned(),
            manifest: "version: 1\nname: lab\n".to_owned(),
            manifest_source: Some("lab.yaml".to_owned()),
            created: "2026-11-24T17:15:00Z".parse().unwrap(),
            regions: vec![Region::new("us-east-1")],
            accept_unseen: vec![],
            steps: vec![Step {
                step: StepId::numbered(1),
                action: Action::Delete,
                resource: role("lab"),
                target: None,
                after: vec![],
                reason: "name starts with lab".to_owned(),
                pin: None,
                created: None,
            }],
            kept: vec![Row { resource: role("k"), reason: "tag".to_owned(), used_by: vec![] }],
            blocked: vec![Row {
                resource: role("b"),
                reason: "eks:cluster prod uses it".to_owned(),
                used_by: vec![Named {
                    kind: Kind::new("eks:cluster"),
                    id: "prod".to_owned(),
                    region: None,
                }],
            }],
            pending: vec![],
            unseen: vec![],
            unavailable: vec![],
            monthly_saving_usd: None,
        }
    }

    #[test]
    fn it_comes_back_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lab.plan.json");
        plan().write(&path).unwrap();
        plan().write(&path).unwrap();
        assert_eq!(PlanFile::read(&path).unwrap(), plan());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let link = dir.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(matches!(plan().write(&link), Err(PlanFileError::Planted { .. })));
        let row = serde_json::to_value(&plan().kept[0]).unwrap();
        let expected = serde_json::json!(
            { "kind": "iam:role", "id": "k", "region": "global", "reason": "tag" }
        );
        assert_eq!(row, expected);
    }

    #[test]
    fn each_wrong_file_is_called_by_its_fault() {
        let good = String::from_utf8(plan().to_bytes().unwrap()).unwrap();
        let edited = good.replace("\"lab\"", "\"prod\"");
        let newer = good.replace("\"version\": 1", "\"version\": 2");
        assert!(matches!(
            PlanFile::from_bytes(edited.as_bytes()),
            Err(PlanFileError::Edited { .. })
        ));
        assert!(matches!(
            PlanFile::from_bytes(newer.as_bytes()),
            Err(PlanFileError::Version { .. })
        ));
        let half = &good.as_bytes()[..good.len() / 2];
        assert!(matches!(PlanFile::from_bytes(half), Err(PlanFileError::Truncated { .. })));
        for bad in ["", "no", "[]", "{}", "{\"version\":1}"] {
            assert!(PlanFile::from_bytes(bad.as_bytes()).unwrap_err().is_refusal(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(PlanFile::from_bytes(&bytes).is_err());
        }

        #[test]
        fn any_single_edit_is_refused(place in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..3) {
            let good = plan().to_bytes().unwrap();
            let mut bytes = good.clone();
            let at = place.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
            prop_assume!(bytes != good);
            prop_assert!(PlanFile::from_bytes(&bytes).is_err());
        }
    }
}
