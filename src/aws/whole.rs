//! Answers of HTTP 200 that lack what was asked for.
//!
//! The SDK reads an empty body as `{}`, a list that is `null` or missing as one with nothing in
//! it, and a description that is `null` as none. Taken at its word, such an answer makes a
//! neighbour vanish, and what he uses look unused. AWS always sends the list, empty or not; what
//! does not is a proxy, or a wreck.

use std::collections::HashMap;
use std::fmt;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Services that answer in XML: without its outermost element the SDK reads nothing of it.
const SPEAK_XML: [&str; 3] = ["IAM", "STS", "S3"];

/// Services of which every `Describe…` is a list: `DescribeLogGroups`, `DescribeRepositories`.
const DESCRIBE_LISTS: [&str; 3] = ["CloudTrail", "CloudWatch Logs", "ECR"];

/// Refuses such an answer, which makes it an unreadable one.
#[derive(Debug)]
pub struct Whole;

impl Intercept for Whole {
    fn name(&self) -> &'static str {
        "Whole"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let (Some(operation), Some(body)) = (cfg.load::<Metadata>(), response.body().bytes())
        else {
            return Ok(());
        };
        let missing = match response.status().is_success() {
            true => missing(operation.service(), operation.name(), body),
            false => None,
        };
        missing.map_or(Ok(()), |why| Err(why.into()))
    }
}

/// What the body of a successful answer lacks. That of a write may be empty; a page of a proxy's
/// in its place says that the call never came to AWS.
fn missing(service: &str, operation: &str, body: &[u8]) -> Option<&'static str> {
    if is_web_page(body) {
        return Some("it is a web page");
    }
    let begins = |verb: &str| operation.starts_with(verb);
    if SPEAK_XML.contains(&service) || !["List", "Describe", "Get"].into_iter().any(begins) {
        return None;
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Some("its body is empty");
    }
    // What cannot be read here, the SDK judges.
    let members: HashMap<String, Member> = serde_json::from_slice(body).ok()?;
    let has = |wanted: &[Member]| members.values().any(|member| wanted.contains(member));
    let is_list = begins("List") || (begins("Describe") && DESCRIBE_LISTS.contains(&service));
    if is_list && !has(&[Member::List]) {
        return Some("there is no list in it");
    }
    // What a `Get…` asks for may be a setting that was never made.
    let is_empty = !has(&[Member::List, Member::Single]);
    (begins("Describe") && is_empty).then_some("there is nothing in it")
}

fn is_web_page(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    let begins =
        |with: &[u8]| body.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    begins(b"<!doctype html") || begins(b"<html")
}

/// An outermost member of a body: a list, which may be a map (tags by their keys), a single
/// value, or `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    List,
    Single,
    Null,
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Member, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::List)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Single)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Member, E> {
        Ok(Member::Single)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Member, E> {
        Ok(Member::Single)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Member, E> {
        Ok(Member::Single)
    }

    fn visit_str<E>(self, _: &str) -> Result<Member, E> {
        Ok(Member::Single)
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_not_there_is_missed_and_an_empty_one_is_not() {
        let rows = [
            ("EKS", "ListClusters", r#"{"clusters":[],"nextToken":null}"#, None),
            ("EKS", "ListClusters", r#"{"clusters":null}"#, Some("there is no list in it")),
            ("EKS", "ListClusters", "{}", Some("there is no list in it")),
            ("EKS", "ListClusters", " ", Some("its body is empty")),
            ("EKS", "DescribeCluster", "", Some("its body is empty")),
            ("EKS", "DescribeCluster", r#"{"cluster":null}"#, Some("there is nothing in it")),
            ("EKS", "DescribeCluster", r#"{"cluster":{}}"#, None),
            ("CloudWatch Logs", "GetDataProtectionPolicy", "{}", None),
            ("KMS", "ListKeys", r#"{"Truncated":false}"#, Some("there is no list in it")),
            ("CloudWatch Logs", "ListTagsForResource", r#"{"tags":{}}"#, None),
            ("CloudWatch Logs", "DescribeLogGroups", "{}", Some("there is no list in it")),
            ("CloudWatch Logs", "DeleteLogGroup", "", None),
            ("IAM", "ListRoles", "", None),
            ("IAM", "DeleteRole", "<DeleteRoleResponse/>", None),
            ("IAM", "DeleteRole", "\n<!DOCTYPE html><p>Log in", Some("it is a web page")),
            ("ECR", "DeleteRepository", "<HTML>", Some("it is a web page")),
            ("ECR", "DescribeRepositories", "<x>", None),
        ];
        for (service, operation, body, expected) in rows {
            let found = missing(service, operation, body.as_bytes());
            assert_eq!(found, expected, "{operation}: {body}");
        }
    }
}
