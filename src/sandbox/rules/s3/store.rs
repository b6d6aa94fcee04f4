//! Buckets' contents: versions, delete markers, unfinished uploads.
//!
//! winterbaume's bucket settings are used as they are; its objects are not: its lists of versions
//! and uploads have no markers, and object locks hold nothing there.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::sandbox::ACCOUNT_ID;

/// All buckets of the account; names are global.
#[derive(Debug)]
pub struct Store {
    pub buckets: BTreeMap<String, Bucket>,
    chance: SmallRng,
}

#[derive(Debug)]
pub struct Bucket {
    /// The account whose it is: nobody else sees it, but its name is taken.
    pub owner: String,
    pub region: String,
    pub created: Timestamp,
    pub versioning: Versioning,
    pub mfa_delete: bool,
    /// Access points that stand for it, by name.
    pub access_points: Vec<String>,
    /// Settings that winterbaume forgets, as they were put, by the operation's name without its
    /// verb: `BucketLogging`.
    pub settings: BTreeMap<String, Bytes>,
    /// By key, newest first.
    pub objects: BTreeMap<String, Vec<Version>>,
    /// By key and upload id.
    pub uploads: BTreeMap<(String, String), Upload>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versioning {
    Never,
    Enabled,
    Suspended,
}

/// One version of an object, or a delete marker.
#[derive(Debug, Clone)]
pub struct Version {
    /// `null` where versioning was not on.
    pub id: String,
    pub marker: bool,
    pub etag: String,
    pub at: Timestamp,
    pub body: Bytes,
    /// Content type and user metadata.
    pub headers: Vec<(String, String)>,
    pub tags: String,
    /// `None` where nobody ever set one.
    pub legal_hold: Option<bool>,
    /// Mode and end.
    pub retention: Option<(String, Timestamp)>,
}

#[derive(Debug)]
pub struct Upload {
    pub at: Timestamp,
    pub headers: Vec<(String, String)>,
    pub parts: BTreeMap<u32, (Bytes, Timestamp)>,
}

/// The id of a version that was made without versioning.
pub const NULL: &str = "null";

const ID_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Store {
    pub fn new(seed: u64) -> Self {
        Self { buckets: BTreeMap::new(), chance: SmallRng::seed_from_u64(seed ^ 0x53) }
    }

    /// A new version or upload id.
    pub fn new_id(&mut self) -> String {
        (0..32)
            .map(|_| char::from(ID_LETTERS[self.chance.random_range(0..ID_LETTERS.len())]))
            .collect()
    }

    pub fn snapshot(&self) -> Value {
        let version = |version: &Version| {
            json!({ "id": version.id, "marker": version.marker, "etag": version.etag,
                "at": version.at, "legal_hold": version.legal_hold,
                "retention": version.retention, "tags": version.tags })
        };
        let settings = |bucket: &Bucket| -> BTreeMap<String, String> {
            let text = |body: &Bytes| String::from_utf8_lossy(body).into_owned();
            bucket.settings.iter().map(|(name, body)| (name.clone(), text(body))).collect()
        };
        let bucket = |bucket: &Bucket| {
            let objects: BTreeMap<&String, Vec<Value>> = bucket
                .objects
                .iter()
                .map(|(key, versions)| (key, versions.iter().map(version).collect()))
                .collect();
            let uploads: Vec<&(String, String)> = bucket.uploads.keys().collect();
            json!({ "owner": bucket.owner, "region": bucket.region, "created": bucket.created,
                "versioning": format!("{:?}", bucket.versioning), "settings": settings(bucket),
                "mfa_delete": bucket.mfa_delete, "access_points": bucket.access_points, "objects": objects, "uploads": uploads })
        };
        self.buckets.iter().map(|(name, held)| (name.clone(), bucket(held))).collect()
    }
}

/// Why a version stays.
pub enum Held {
    LegalHold,
    Retention,
}

impl Bucket {
    pub fn new(region: &str, created: Timestamp) -> Self {
        Self {
            owner: ACCOUNT_ID.to_owned(),
            region: region.to_owned(),
            created,
            versioning: Versioning::Never,
            mfa_delete: false,
            access_points: Vec::new(),
            settings: BTreeMap::new(),
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
        }
    }

    /// The newest version, if it is no delete marker.
    pub fn current(&self, key: &str) -> Option<&Version> {
        self.objects.get(key)?.first().filter(|version| !version.marker)
    }

    pub fn version(&self, key: &str, id: Option<&str>) -> Option<&Version> {
        match id {
            None => self.current(key),
            Some(id) => self.objects.get(key)?.iter().find(|version| version.id == id),
        }
    }

    pub fn version_mut(&mut self, key: &str, id: Option<&str>) -> Option<&mut Version> {
        let versions = self.objects.get_mut(key)?;
        match id {
            None => versions.first_mut(),
            Some(id) => versions.iter_mut().find(|version| version.id == id),
        }
    }

    /// Puts a version on top; without versioning in place of the one without an id.
    pub fn put(&mut self, key: &str, version: Version) {
        let versions = self.objects.entry(key.to_owned()).or_default();
        if version.id == NULL {
            versions.retain(|held| held.id != NULL);
        }
        versions.insert(0, version);
    }

    /// Takes one version away. What is not there is gone.
    pub fn remove(
        &mut self,
        key: &str,
        id: &str,
        bypass: bool,
        now: Timestamp,
    ) -> Result<Option<Version>, Held> {
        let Some(versions) = self.objects.get_mut(key) else { return Ok(None) };
        let Some(at) = versions.iter().position(|version| version.id == id) else {
            return Ok(None);
        };
        if versions[at].legal_hold == Some(true) {
            return Err(Held::LegalHold);
        }
        if let Some((mode, until)) = &versions[at].retention
            && *until > now
            && !(mode == "GOVERNANCE" && bypass)
        {
            return Err(Held::Retention);
        }
        let gone = versions.remove(at);
        if versions.is_empty() {
            self.objects.remove(key);
        }
        Ok(Some(gone))
    }
}
