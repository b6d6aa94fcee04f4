//! The many ways AWS spells one thing, taken apart. All functions are total: what they do not
//! understand gives `None` or comes back unchanged.

/// The bucket that a URI, a URL or an ARN names: `s3://bucket/key` (also `s3a:` and `s3n:`, as
/// Hadoop writes them), `arn:aws:s3:::bucket/key`, and the URLs of S3 user guide, "Methods for
/// accessing a general purpose bucket", by the host or by the path. What an access point names
/// is no bucket's name: see [`access_point`].
pub fn bucket_of(text: &str) -> Option<&str> {
    if access_point(text).is_some() {
        return None;
    }
    named_bucket(text)
}

fn named_bucket(text: &str) -> Option<&str> {
    let some = |name: &&str| !name.is_empty();
    if text.starts_with("arn:") {
        let mut parts = text.splitn(6, ':').skip(2);
        // A bucket's ARN has no region and no account, unlike those of jobs and access points.
        let is_bucket =
            parts.next()? == "s3" && parts.next()?.is_empty() && parts.next()?.is_empty();
        return parts.next()?.split('/').next().filter(|name| is_bucket && some(name));
    }
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    match scheme.to_ascii_lowercase().as_str() {
        "s3" | "s3a" | "s3n" => return Some(host).filter(some),
        "http" | "https" => {}
        _ => return None,
    }
    match s3_label(host)? {
        0 => path.strip_prefix('/')?.split(['/', '?', '#']).next().filter(some),
        at => host.get(..at - 1).filter(some),
    }
}

/// Where in a host the label begins that says S3: `s3`, `s3-us-west-2`, `s3-website`,
/// `s3-accelerate`. A bucket's name may have such labels, too; S3's own is the last.
fn s3_label(host: &str) -> Option<usize> {
    let mut at = 0;
    let mut found = None;
    for label in host.split('.') {
        let lower = label.to_ascii_lowercase();
        if lower == "s3" || lower.starts_with("s3-") {
            found = Some(at);
        }
        at += label.len() + 1;
    }
    // The last label is a domain's.
    found.filter(|at| host[*at..].contains('.'))
}

/// An access point by its ARN, its alias or its URL: it stands for a bucket and does not say for
/// which (S3 user guide, "Referencing access points").
pub fn access_point(text: &str) -> Option<&str> {
    let arn = text.split_once("://").map_or(text, |(_, rest)| rest);
    if arn.starts_with("arn:") {
        let mut parts = arn.splitn(6, ':').skip(2);
        let is_s3 = matches!(parts.next()?, "s3" | "s3-object-lambda" | "s3-outposts");
        // Each access point is of an account; a bucket's ARN has none, and any key may follow it.
        let has_account = !parts.nth(1)?.is_empty();
        let is_point = parts.next()?.contains("accesspoint");
        return (is_s3 && has_account && is_point).then_some(text);
    }
    if let Some(host) = text.split_once("://").and_then(|(_, rest)| rest.split('/').next())
        && (host.contains(".s3-accesspoint") || host.contains(".s3-object-lambda"))
    {
        return Some(text);
    }
    named_bucket(text).filter(|name| name.ends_with("-s3alias") || name.ends_with("--ol-s3"))
}

/// An image in ECR: `account.dkr.ecr.region.amazonaws.com/repository[:tag][@digest]`, or by one of
/// the registry's other hosts (ECR user guide, "Amazon ECR interface": `dkr.ecr-fips`, and
/// `account.dkr-ecr.region.on.aws`, which answers over IPv6, too).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcrImage<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub repository: &'a str,
    pub tag: Option<&'a str>,
    pub digest: Option<&'a str>,
    domain: String,
}

impl<'a> EcrImage<'a> {
    pub fn parse(image: &'a str) -> Option<Self> {
        let image = image.strip_prefix("https://").unwrap_or(image);
        let (host, path) = image.split_once('/')?;
        let (account, rest) = host.split_once('.')?;
        // A host is the same in any case.
        let begins = |word: &str| rest.get(..4).is_some_and(|is| is.eq_ignore_ascii_case(word));
        if !begins("dkr.") && !begins("dkr-") {
            return None;
        }
        let (registry, rest) = rest.get(4..)?.split_once('.')?;
        if !["ecr", "ecr-fips"].iter().any(|known| registry.eq_ignore_ascii_case(known)) {
            return None;
        }
        let (region, domain) = rest.split_once('.')?;
        let domain = match domain.to_ascii_lowercase().as_str() {
            "on.aws" if region.starts_with("cn-") => "amazonaws.com.cn".to_owned(),
            "on.aws" => "amazonaws.com".to_owned(),
            domain => domain.to_owned(),
        };
        let (path, digest) = match path.split_once('@') {
            Some((path, digest)) => (path, Some(digest)),
            None => (path, None),
        };
        let (repository, tag) = match path.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, None),
        };
        Some(Self { account, region, repository, tag, digest, domain })
    }

    /// The repository's URI as ECR shows it, which is one of its spellings.
    pub fn repository_uri(&self) -> String {
        let Self { account, region, domain, repository, .. } = self;
        let region = region.to_ascii_lowercase();
        format!("{account}.dkr.ecr.{region}.{domain}/{repository}")
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
            "s3a://data/gold",
            "s3n://data/gold",
            "S3://data/gold",
            "https://s3.amazonaws.com/data?list-type=2",
            "https://s3.dualstack.us-east-1.amazonaws.com/data/key",
            "https://data.s3.us-east-1.amazonaws.com/key?versionId=1",
            "https://data.s3.dualstack.us-east-1.amazonaws.com/key",
            "https://data.s3.cn-north-1.amazonaws.com.cn/key",
            "https://data.s3-accelerate.amazonaws.com/key",
            "https://data.s3-accelerate.dualstack.amazonaws.com/key",
            "https://data.s3-fips.us-east-1.amazonaws.com",
            "http://data.s3-website-us-east-1.amazonaws.com/index.html",
            "http://data.s3-website.eu-central-1.amazonaws.com",
        ] {
            assert_eq!(bucket_of(text), Some("data"), "{text}");
        }
        let dotted = "https://s3.data.s3.us-east-1.amazonaws.com/key";
        assert_eq!(bucket_of(dotted), Some("s3.data"));
        for text in [
            "",
            "s3://",
            "data",
            "://",
            "https://s3",
            "https://s3.amazonaws.com",
            "arn:aws:s3:us-east-1:842676018087:job/1",
            "arn:aws:iam::1:role/x",
            "https://example.com/data",
        ] {
            assert_eq!(bucket_of(text), None, "{text}");
        }
    }

    #[test]
    fn an_access_point_is_no_bucket() {
        for text in [
            "arn:aws:s3:us-east-1:842676018087:accesspoint/shop",
            "arn:aws:s3:us-east-1:842676018087:accesspoint/shop/object/key",
            "arn:aws:s3::842676018087:accesspoint/m.mrap",
            "arn:aws:s3-object-lambda:us-east-1:842676018087:accesspoint/shop",
            "s3://shop-abcdefghijklmnopqrstuvwxyz123-s3alias/key",
            "s3://arn:aws:s3:us-east-1:842676018087:accesspoint/shop/key",
            "https://shop-842676018087.s3-accesspoint.us-east-1.amazonaws.com/key",
        ] {
            assert!(access_point(text).is_some(), "{text}");
            assert_eq!(bucket_of(text), None, "{text}");
        }
        for text in ["s3://data/accesspoint/x", "arn:aws:s3:::data/accesspoint", "", "data"] {
            assert_eq!(access_point(text), None, "{text}");
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
        assert_eq!(parsed("api:v1@sha256:0"), ("api".into(), Some("v1".into()), true));
        assert_eq!(EcrImage::parse("docker.io/library/nginx:1"), None);
        for (text, uri) in [
            ("1.dkr.ecr.us-east-1.amazonaws.com/a:1", "1.dkr.ecr.us-east-1.amazonaws.com/a"),
            ("1.dkr.ecr-fips.us-east-1.amazonaws.com/a", "1.dkr.ecr.us-east-1.amazonaws.com/a"),
            ("1.dkr-ecr.us-east-1.on.aws/a@sha256:0", "1.dkr.ecr.us-east-1.amazonaws.com/a"),
            ("1.dkr-ecr-fips.us-east-1.on.aws/a", "1.dkr.ecr.us-east-1.amazonaws.com/a"),
            ("1.dkr-ecr.cn-north-1.on.aws/a", "1.dkr.ecr.cn-north-1.amazonaws.com.cn/a"),
            ("1.dkr.ecr.cn-north-1.amazonaws.com.cn/a", "1.dkr.ecr.cn-north-1.amazonaws.com.cn/a"),
            ("https://1.dkr.ecr.us-east-1.amazonaws.com/a", "1.dkr.ecr.us-east-1.amazonaws.com/a"),
            ("1.DKR.ECR.US-EAST-1.AMAZONAWS.COM/a:V1", "1.dkr.ecr.us-east-1.amazonaws.com/a"),
            ("1.Dkr-Ecr.us-east-1.On.AWS/a", "1.dkr.ecr.us-east-1.amazonaws.com/a"),
        ] {
            assert_eq!(EcrImage::parse(text).unwrap().repository_uri(), uri, "{text}");
        }
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
