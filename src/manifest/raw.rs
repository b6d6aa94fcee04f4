//! The file as it is written, before its meaning is checked. The JSON Schema is made from these
//! types, so the doc comments here are what an editor shows.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

/// What to take apart, and how carefully.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Dismantle manifest")]
pub(super) struct RawManifest {
    /// The version of this format. Always 1.
    #[schemars(with = "u32", range(min = 1, max = 1))]
    pub version: Spanned<u32>,
    /// The lab's name. A person types it to confirm a removal.
    #[schemars(with = "String", regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"))]
    pub name: Spanned<String>,
    /// The accounts in which anything may be removed: twelve digits each, in quotes, because
    /// YAML eats leading zeros.
    #[schemars(with = "Vec<Account>", length(min = 1))]
    pub accounts: Spanned<Vec<Spanned<RawAccount>>>,
    /// The regions to look in. Global services are asked once.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub regions: Spanned<Vec<Spanned<String>>>,
    /// What belongs to the lab. A resource that any of these selectors matches is taken.
    #[serde(rename = "match")]
    #[schemars(with = "Vec<RawSelector>", length(min = 1))]
    pub matches: Spanned<Vec<Spanned<RawSelector>>>,
    /// What stays although `match` takes it. A tag `dismantle:keep` keeps even where this does
    /// not say so.
    #[serde(default)]
    #[schemars(with = "Option<Vec<RawSelector>>")]
    pub keep: Option<Vec<Spanned<RawSelector>>>,
    /// The naming convention, such as `{project}-{env}-{component}`: read out of names, shown as
    /// columns, written as tags.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub labels: Option<Spanned<String>>,
    /// More than this is refused before anything is done.
    #[serde(default)]
    pub limits: Option<RawLimits>,
    #[serde(default)]
    pub options: Option<RawOptions>,
    /// Where the journal is kept, if not in the user's state directory: `s3://bucket/prefix`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub journal: Option<Spanned<String>>,
    /// Settings of the unattended sweep.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub sweep: Option<Spanned<serde_json::Value>>,
}

/// An account: twelve digits, in quotes.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the schema is all there is to it")]
struct Account(#[schemars(regex(pattern = r"^[0-9]{12}$"))] String);

/// Picks resources: everything that is said must be true. At most one of `name`, `prefix`,
/// `glob` and `regex`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Selector")]
pub(super) struct RawSelector {
    /// A kind such as `iam:role`, or several, such as `sagemaker:*`. Every kind when absent.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>", transform = not_null)]
    pub kind: Option<Spanned<String>>,
    /// The whole name, or the exact id or ARN.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>", transform = not_null)]
    pub name: Option<Spanned<String>>,
    /// The beginning of the name, three characters at least. Ends at a name boundary: the end,
    /// or one of - _ / . :
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>", length(min = 3), transform = not_null)]
    pub prefix: Option<Spanned<String>>,
    /// A glob over the whole name: `*` stops at `/`, `**` does not.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>", transform = not_null)]
    pub glob: Option<Spanned<String>>,
    /// A regular expression that is found anywhere in the name; anchor it with ^ and $.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>", transform = not_null)]
    pub regex: Option<Spanned<String>>,
    /// Tags that must all be there; the value `*` stands for any value.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<std::collections::BTreeMap<String, String>>", transform = not_null)]
    pub tags: Option<Spanned<Entries<Spanned<String>>>>,
    /// Made longer ago than this: `30m`, `2h`, `7d`, `1w`.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>", transform = not_null)]
    pub older_than: Option<Spanned<String>>,
    /// Made less long ago than this: `30m`, `2h`, `7d`, `1w`.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<String>", transform = not_null)]
    pub newer_than: Option<Spanned<String>>,
    /// The kind's own state, such as `status: Failed`; a list means any of them.
    #[serde(default, rename = "where", deserialize_with = "given")]
    #[schemars(
        with = "Option<std::collections::BTreeMap<String, OneOrMany>>",
        transform = not_null
    )]
    pub where_: Option<Spanned<Entries<Spanned<RawScalars>>>>,
    /// Only what lives in this one parent.
    #[serde(default, rename = "in", deserialize_with = "given")]
    #[schemars(with = "Option<RawIn>", transform = not_null)]
    pub in_: Option<Spanned<RawIn>>,
    /// Stop it rather than remove it.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<RawAction>", transform = not_null)]
    pub action: Option<Spanned<RawAction>>,
}

/// The parent in which a resource lives.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "In")]
pub(super) struct RawIn {
    /// The parent's kind, such as `eks:cluster`.
    #[schemars(with = "String")]
    pub kind: Spanned<String>,
    /// The parent's name or id.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Action")]
pub(super) enum RawAction {
    Stop,
}

/// How much a run may remove.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Limits")]
pub(super) struct RawLimits {
    /// Resources (not objects in buckets). 500 when absent.
    pub max_deletions: Option<u32>,
    /// The share of what was listed of a kind, more than 0 and at most 1. 1 when absent.
    #[schemars(with = "Option<f64>", range(min = 0.0, max = 1.0))]
    pub max_share: Option<Spanned<f64>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Options")]
pub(super) struct RawOptions {
    pub kms: Option<RawKms>,
    pub s3: Option<RawS3>,
    pub sagemaker: Option<RawSageMaker>,
    /// What a CloudFormation stack made: `block` (when absent) or `delete`.
    pub managed: Option<Managed>,
    /// Kinds whose deletion protection may be switched off.
    #[schemars(with = "Option<Vec<String>>")]
    pub lift_protection: Option<Vec<Spanned<String>>>,
    /// What a caution on a resource does: `warn` (when absent) or `block`.
    pub cautions: Option<Cautions>,
    /// Credentials of the root user: `refuse` (when absent) or `allow`.
    pub root: Option<Root>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "KmsOptions")]
pub(super) struct RawKms {
    /// Days until a key that was scheduled for deletion is gone: 7 (when absent) to 30.
    #[schemars(with = "Option<u8>", range(min = 7, max = 30))]
    pub pending_window_days: Option<Spanned<i64>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "S3Options")]
pub(super) struct RawS3 {
    /// Whether objects under governance retention are removed all the same.
    pub bypass_governance_retention: Option<bool>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "SageMakerOptions")]
pub(super) struct RawSageMaker {
    /// The home file system of a domain: `retain` (when absent) or `delete`.
    pub home_efs: Option<HomeEfs>,
}

/// What happens to what a CloudFormation stack made.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Managed {
    #[default]
    Block,
    Delete,
}

/// What a caution does.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Cautions {
    #[default]
    Warn,
    Block,
}

/// Whether the root user may remove anything.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Root {
    #[default]
    Refuse,
    Allow,
}

/// What happens to the home file system of a SageMaker domain.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum HomeEfs {
    #[default]
    Retain,
    Delete,
}

/// Reads a value that may be absent but not null: a forgotten value would make a selector wider.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// Takes `null` out of a schema that schemars made of an `Option`.
fn not_null(schema: &mut schemars::Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(serde_json::Value::Array(types)) = object.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(serde_json::Value::Array(any)) = object.get_mut("anyOf") {
        any.retain(|one| one.get("type").is_none_or(|kind| kind != "null"));
        if let [serde_json::Value::Object(only)] = any.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
    object.remove("default");
}

/// A map in the order of the file, each key with its place.
#[derive(Debug)]
pub(super) struct Entries<V>(pub Vec<(Spanned<String>, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Entries<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<V>(std::marker::PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Reader<V> {
            type Value = Entries<V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map, such as { key: value }")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Reader(std::marker::PhantomData))
    }
}

/// An account as it was written: in quotes, or as a number, which is refused later.
#[derive(Debug)]
pub(super) enum RawAccount {
    Text(String),
    Number,
}

impl<'de> Deserialize<'de> for RawAccount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match RawScalar::deserialize(deserializer)? {
            RawScalar::Text(text) => Self::Text(text),
            RawScalar::Bool(flag) => Self::Text(flag.to_string()),
            RawScalar::Integer(_) | RawScalar::Float => Self::Number,
        })
    }
}

#[derive(Debug)]
pub(super) enum RawScalar {
    Text(String),
    Bool(bool),
    Integer(i128),
    Float,
}

struct ScalarReader;

impl Visitor<'_> for ScalarReader {
    type Value = RawScalar;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a whole number, true or false")
    }
    fn visit_bool<E>(self, value: bool) -> Result<RawScalar, E> {
        Ok(RawScalar::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<RawScalar, E> {
        Ok(RawScalar::Integer(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<RawScalar, E> {
        Ok(RawScalar::Integer(value.into()))
    }
    fn visit_i128<E>(self, value: i128) -> Result<RawScalar, E> {
        Ok(RawScalar::Integer(value))
    }
    fn visit_u128<E>(self, value: u128) -> Result<RawScalar, E> {
        Ok(i128::try_from(value).map_or(RawScalar::Float, RawScalar::Integer))
    }
    fn visit_f64<E>(self, _: f64) -> Result<RawScalar, E> {
        Ok(RawScalar::Float)
    }
    fn visit_str<E>(self, value: &str) -> Result<RawScalar, E> {
        Ok(RawScalar::Text(value.to_owned()))
    }
}

impl<'de> Deserialize<'de> for RawScalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarReader)
    }
}

/// One value of `where`, or several of which any will do.
#[derive(Debug)]
pub(super) struct RawScalars(pub Vec<RawScalar>);

impl<'de> Deserialize<'de> for RawScalars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = RawScalars;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a whole number, true, false, or a list of them")
            }
            fn visit_bool<E>(self, value: bool) -> Result<RawScalars, E> {
                Ok(RawScalars(vec![RawScalar::Bool(value)]))
            }
            fn visit_i64<E>(self, value: i64) -> Result<RawScalars, E> {
                Ok(RawScalars(vec![RawScalar::Integer(value.into())]))
            }
            fn visit_u64<E>(self, value: u64) -> Result<RawScalars, E> {
                Ok(RawScalars(vec![RawScalar::Integer(value.into())]))
            }
            fn visit_f64<E>(self, _: f64) -> Result<RawScalars, E> {
                Ok(RawScalars(vec![RawScalar::Float]))
            }
            fn visit_str<E>(self, value: &str) -> Result<RawScalars, E> {
                Ok(RawScalars(vec![RawScalar::Text(value.to_owned())]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawScalars, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = seq.next_element()? {
                    all.push(one);
                }
                if all.is_empty() {
                    return Err(de::Error::custom("an empty list matches nothing"));
                }
                Ok(RawScalars(all))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// One value, or a list of which any will do.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema is all there is to it")]
enum OneOrMany {
    Text(String),
    Bool(bool),
    Integer(i64),
    Many(Vec<One>),
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema is all there is to it")]
enum One {
    Text(String),
    Bool(bool),
    Integer(i64),
}

/// The manifest's JSON Schema, for editors.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RawManifest).to_value()
}
