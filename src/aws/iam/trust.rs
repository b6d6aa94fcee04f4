//! Whom a role's trust policy lets in.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::aws::spelling;

/// The principals of whom every use of a role is in some list that Dismantle reads, so that a role
/// is seen in use by them. Others of the same services are not: S3's batch operations and access
/// grants; CloudWatch Logs, whose destinations, deliveries, policies and scheduled queries are read,
/// and whose imports and OpenSearch integrations are not.
const SEEN_SERVICES: &[&str] = &[
    // A trail's CloudWatch Logs role (`CreateTrail`).
    "cloudtrail.amazonaws.com",
    // A capability's role (EKS user guide, "Amazon EKS capability IAM role").
    "capabilities.eks.amazonaws.com",
    // A cluster's role (EKS user guide, "Amazon EKS cluster IAM role").
    "eks.amazonaws.com",
    // A Fargate profile's (EKS user guide, "Amazon EKS Pod execution IAM role").
    "eks-fargate-pods.amazonaws.com",
    // A Pod Identity association's (EKS user guide, "EKS Pod Identity role").
    "pods.eks.amazonaws.com",
    // A repository creation template's role: but for the next one, no call of ECR's takes a role
    // (ECR user guide, "Creating an IAM role for repository creation templates").
    "ecr.amazonaws.com",
    // A pull through cache rule's (ECR user guide, "Creating a Trust policy for the IAM role").
    "pullthroughcache.ecr.amazonaws.com",
    // A bucket's replication (S3 user guide, "Setting up permissions for live replication").
    "s3.amazonaws.com",
    "sagemaker.amazonaws.com",
];

/// The principals of a trust policy's `Allow` statements, in AWS's own words.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// `lambda.amazonaws.com`
    pub services: BTreeSet<String>,
    /// ARNs of identity providers, and names such as `cognito-identity.amazonaws.com`.
    pub federated: BTreeSet<String>,
    /// ARNs, account numbers, unique ids, `*`.
    pub aws: BTreeSet<String>,
    /// Accounts by their canonical ids, which do not say whose they are.
    pub canonical: BTreeSet<String>,
}

impl Trust {
    pub fn read(document: &Value) -> Self {
        let mut trust = Self::default();
        for statement in one_or_many(document.get("Statement")) {
            if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
                continue;
            }
            // Everybody but these.
            if statement.get("NotPrincipal").is_some() {
                trust.aws.insert("*".to_owned());
            }
            let Some(principal) = statement.get("Principal") else {
                continue;
            };
            if let Some(anyone) = principal.as_str() {
                trust.aws.insert(anyone.to_owned());
            }
            let texts =
                |key| one_or_many(principal.get(key)).filter_map(Value::as_str).map(str::to_owned);
            trust.services.extend(texts("Service"));
            trust.federated.extend(texts("Federated"));
            trust.aws.extend(texts("AWS"));
            trust.canonical.extend(texts("CanonicalUser"));
        }
        trust
    }

    /// `ec2`, `lambda`: what `where: { service: … }` reads.
    pub fn service_names(&self) -> BTreeSet<&str> {
        self.services.iter().map(|service| spelling::principal_service(service)).collect()
    }

    /// Those that may be using the role where Dismantle cannot see it.
    pub fn unseen(&self, account: &str) -> Vec<&str> {
        let services = self.services.iter().filter(|service| !is_seen(service));
        // A cluster's own provider lets in the pods of that cluster, which is read.
        let federated = self.federated.iter().filter(|provider| !provider.contains("oidc.eks."));
        let people = self.aws.iter().filter(|principal| !is_read(principal, account));
        let all = services.chain(federated).chain(people).chain(&self.canonical);
        all.map(String::as_str).collect()
    }

    /// Names of this account's roles that are let in.
    pub fn roles<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a str> {
        self.aws.iter().filter_map(move |principal| role_of(principal, account))
    }

    /// Names of this account's users that are let in.
    pub fn users<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a str> {
        self.aws.iter().filter_map(move |principal| {
            let name = path_of(principal, "iam", account)?.strip_prefix("user/")?;
            Some(spelling::last_segment(name))
        })
    }

    /// ARNs of this account's OIDC providers.
    pub fn oidc_providers<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a str> {
        self.federated.iter().map(String::as_str).filter(move |provider| {
            path_of(provider, "iam", account).is_some_and(|path| path.starts_with("oidc-provider/"))
        })
    }
}

/// The name of a role of this account, out of the role's ARN or of a session's:
/// `arn:aws:sts::account:assumed-role/name/session`.
pub fn role_of<'a>(principal: &'a str, account: &str) -> Option<&'a str> {
    if let Some(path) = path_of(principal, "sts", account) {
        return path.strip_prefix("assumed-role/")?.split('/').next();
    }
    path_of(principal, "iam", account)?.strip_prefix("role/").map(spelling::last_segment)
}

/// What follows the account in an ARN of this account.
fn path_of<'a>(arn: &'a str, service: &str, account: &str) -> Option<&'a str> {
    let mut parts = arn.splitn(6, ':');
    (parts.next()? == "arn").then_some(())?;
    (parts.nth(1)? == service).then_some(())?;
    (parts.nth(1)? == account).then_some(())?;
    parts.next()
}

/// Whether the one who is let in is a role or a user of this account, both of which are listed. An
/// account stands for whomever in it a policy allows to come (IAM user guide, "AWS JSON policy
/// elements: Principal"), and that is in no list. A bare unique id is what IAM puts in the place
/// of somebody who is gone.
fn is_read(principal: &str, account: &str) -> bool {
    if !principal.starts_with("arn:") {
        let is_unique_id = principal.len() > 12
            && principal.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        return is_unique_id;
    }
    let user = path_of(principal, "iam", account).is_some_and(|path| path.starts_with("user/"));
    user || role_of(principal, account).is_some()
}

/// China's partition has its own end: `ec2.amazonaws.com.cn`.
fn is_seen(principal: &str) -> bool {
    SEEN_SERVICES.contains(&principal.strip_suffix(".cn").unwrap_or(principal))
}

/// JSON policies write one value bare and several as a list.
fn one_or_many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(many)) => many.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
    .iter()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const US: &str = "842676018087";

    fn trust(principal: Value) -> Trust {
        Trust::read(&json!({ "Statement": [{ "Effect": "Allow", "Principal": principal }] }))
    }

    #[test]
    fn only_services_whose_every_use_is_read_are_seen() {
        for (principal, unseen) in [
            ("eks.amazonaws.com", false),
            ("pods.eks.amazonaws.com", false),
            ("eks-fargate-pods.amazonaws.com", false),
            ("capabilities.eks.amazonaws.com", false),
            ("cloudtrail.amazonaws.com", false),
            ("eks.amazonaws.com.cn", false),
            ("sagemaker.amazonaws.com", false),
            ("s3.amazonaws.com", false),
            ("batchoperations.s3.amazonaws.com", true),
            ("access-grants.s3.amazonaws.com", true),
            ("pullthroughcache.ecr.amazonaws.com", false),
            ("ecr.amazonaws.com", false),
            ("replication.ecr.amazonaws.com", true),
            ("logs.amazonaws.com", true),
            ("logs.us-east-1.amazonaws.com", true),
            ("eks-nodegroup.amazonaws.com", true),
            ("sagemaker.amazonaws.com.evil.example", true),
            ("ec2.amazonaws.com", true),
            ("lambda.amazonaws.com", true),
            ("states.us-east-1.amazonaws.com", true),
            ("eksotic.amazonaws.com", true),
            ("", true),
        ] {
            let trust = trust(json!({ "Service": principal }));
            assert_eq!(!trust.unseen(US).is_empty(), unseen, "{principal}");
        }
    }

    #[test]
    fn other_accounts_and_anyone_are_unseen() {
        for (principal, unseen) in [
            ("arn:aws:iam::842676018087:root", true),
            ("842676018087", true),
            ("arn:aws:iam::842676018087:role/a", false),
            ("arn:aws:iam::842676018087:user/a", false),
            ("arn:aws:sts::842676018087:assumed-role/a/session", false),
            ("arn:aws:sts::842676018087:federated-user/a", true),
            ("arn:aws:iam::111122223333:role/a", true),
            ("AROA1234567890EXAMPLE", false),
            ("arn:aws:iam::111122223333:root", true),
            ("111122223333", true),
            ("*", true),
        ] {
            let trust = trust(json!({ "AWS": principal }));
            assert_eq!(!trust.unseen(US).is_empty(), unseen, "{principal}");
        }
        assert_eq!(trust(json!("*")).unseen(US), ["*"]);
        let id = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
        assert_eq!(trust(json!({ "CanonicalUser": id })).unseen(US), [id]);
        let but = json!({ "Effect": "Allow", "NotPrincipal": { "AWS": "111122223333" } });
        assert_eq!(Trust::read(&json!({ "Statement": but })).unseen(US), ["*"]);
    }

    #[test]
    fn principals_are_taken_apart() {
        let trust = trust(json!({
            "AWS": [
                "arn:aws:iam::842676018087:role/team/lead",
                "arn:aws:sts::842676018087:assumed-role/builder/session",
                "arn:aws:iam::842676018087:user/path/ann",
                "arn:aws:iam::111122223333:role/stranger",
            ],
            "Federated": [
                "arn:aws:iam::842676018087:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/A",
                "arn:aws:iam::842676018087:saml-provider/corp",
            ],
        }));
        assert_eq!(trust.roles(US).collect::<Vec<_>>(), ["lead", "builder"]);
        assert_eq!(trust.users(US).collect::<Vec<_>>(), ["ann"]);
        assert_eq!(trust.oidc_providers(US).count(), 1);
        assert_eq!(
            trust.unseen(US),
            [
                "arn:aws:iam::842676018087:saml-provider/corp",
                "arn:aws:iam::111122223333:role/stranger",
            ]
        );
    }

    #[test]
    fn odd_documents_trust_nobody() {
        for document in [
            json!(null),
            json!("text"),
            json!({ "Statement": 1 }),
            json!({ "Statement": [{ "Effect": "Deny", "Principal": { "Service": "x" } }] }),
            json!({ "Statement": { "Effect": "Allow", "Principal": { "Service": [1, {}] } } }),
            json!({ "Statement": { "Effect": "Allow" } }),
        ] {
            assert_eq!(Trust::read(&document), Trust::default(), "{document}");
        }
    }
}
