//! The many ways AWS spells one thing, taken apart. All functions are total: what they do not
//! understand gives `None` or comes back unchanged.

/// `s3://bucket/key`, `https://s3.region.amazonaws.com/bucket/key`, `https://bucket.s3….com/key`
/// and `arn:aws:s3:::bucket/key` all name `bucket`.
pub fn bucket_of(text: &str) -> Option<&str> {
    let some = |name: &'_ str| !name.is_empty();
    if let Some(rest) = text.strip_prefix("s3://") {
        return rest.split('/').next().filter(|name| some(name));
    }
    if text.starts_with("arn:") {
        let mut parts = text.splitn(6, ':');
        let service = parts.nth(2)?;
        let path = parts.nth(2)?;
        return (service == "s3")
            .then(|| path.split('/').next().unwrap_or(path))
            .filter(|n| some(n));
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if host.starts_with("s3.") || host.starts_with("s3-") {
        return path.split('/').next().filter(|name| some(name));
    }
    let at = host.find(".s3.").or_else(|| host.find(".s3-"))?;
    Some(&host[..at]).filter(|name| some(name))
}

/// An image in ECR: `account.dkr.ecr.region.amazonaws.com/repository[:tag][@digest]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcrImage<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub repository: &'a str,
    pub tag: Option<&'a str>,
    pub digest: Option<&'a str>,
}

impl<'a> EcrImage<'a> {
    pub fn parse(image: &'a str) -> Option<Self> {
        let (host, path) = image.split_once('/')?;
        let mut labels = host.split('.');
        let account = labels.next()?;
        if labels.next() != Some("dkr") || !labels.next()?.starts_with("ecr") {
            return None;
        }
        let region = labels.next()?;
        let (path, digest) = match path.split_once('@') {
            Some((path, digest)) => (path, Some(digest)),
            None => (path, None),
        };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, None),
        };
        Some(Self { account, region, repository, tag, digest })
    }

    /// The repository's URI, which is one of its spellings.
    pub fn repository_uri(&self, image: &str) -> String {
        let host = image.split('/').next().unwrap_or_default();
        format!("{host}/{}", self.repository)
    }
}

/// A log group's ARN comes with and without `:*` at its end.
pub fn log_group_arn(arn: &str) -> &str {
    arn.strip_suffix(":*").unwrap_or(arn)
}

/// `name` of `arn:aws:logs:region:account:log-group:name[:*]`.
pub fn log_group_of(arn: &str) -> Option<&str> {
    let rest = log_group_arn(arn).splitn(7, ':').nth(6)?;
    (arn.starts_with("arn:") && !rest.is_empty()).then_some(rest)
}

/// `role` of `arn:aws:iam::account:role/path/role`; a bare name stays as it is.
pub fn last_segment(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The region of an ARN, where it has one.
pub fn arn_region(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    (parts.next() == Some("arn")).then_some(())?;
    parts.nth(2).filter(|region| !region.is_empty())
}

/// The account of an ARN, where it has one.
pub fn arn_account(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    (parts.next() == Some("arn")).then_some(())?;
    parts.nth(3).filter(|account| !account.is_empty())
}

/// An OIDC issuer as IAM names it: without `https://`.
pub fn issuer_host(issuer: &str) -> &str {
    issuer.strip_prefix("https://").unwrap_or(issuer).trim_end_matches('/')
}

/// The service of a trust policy's principal: `lambda` of `lambda.amazonaws.com`.
pub fn principal_service(principal: &str) -> &str {
    principal.split('.').next().unwrap_or(principal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_bucket() {
        for text in [
            "s3://data/gold/x.csv",
            "s3://data",
            "arn:aws:s3:::data",
            "arn:aws-cn:s3:::data/key",
            "https://s3.us-east-1.amazonaws.com/data/key",
            "https://s3-us-west-2.amazonaws.com/data/key",
            "https://data.s3.amazonaws.com/key",
            "https://data.s3-us-west-2.amazonaws.com/key",
        ] {
            assert_eq!(bucket_of(text), Some("data"), "{text}");
        }
        for text in ["", "s3://", "data", "arn:aws:iam::1:role/x", "https://example.com/data"] {
            assert_eq!(bucket_of(text), None, "{text}");
        }
    }

    #[test]
    fn every_spelling_of_an_image() {
        let host = "842676018087.dkr.ecr.us-east-1.amazonaws.com";
        let parsed = |tail: &str| {
            let image = format!("{host}/{tail}");
            let image = EcrImage::parse(&image).unwrap();
            (image.repository.to_owned(), image.tag.map(str::to_owned), image.digest.is_some())
        };
        assert_eq!(parsed("mlops/api"), ("mlops/api".into(), None, false));
        assert_eq!(parsed("mlops/api:v1"), ("mlops/api".into(), Some("v1".into()), false));
        assert_eq!(parsed("mlops/api@sha256:0"), ("mlops/api".into(), None, true));
        assert_eq!(EcrImage::parse("docker.io/library/nginx:1"), None);
    }

    #[test]
    fn arns_come_apart() {
        let group = "arn:aws:logs:us-east-1:1:log-group:/aws/eks/x/cluster:*";
        assert_eq!(log_group_of(group), Some("/aws/eks/x/cluster"));
        assert_eq!(arn_region(group), Some("us-east-1"));
        assert_eq!(arn_account("arn:aws:iam::842676018087:role/a"), Some("842676018087"));
        assert_eq!(arn_region("arn:aws:iam::842676018087:role/a"), None);
        assert_eq!(last_segment("arn:aws:iam::1:role/path/name"), "name");
        assert_eq!(issuer_host("https://oidc.eks.x/id/A"), "oidc.eks.x/id/A");
    }
}
