//! What a request asks for: service, region and operation.
//!
//! Service and region come from the credential scope of the signature, never from the host, so
//! that any custom endpoint reaches the same account. The operation comes from where each
//! protocol writes it: `X-Amz-Target`, the `Action` of a form, or method and path.

use http::HeaderMap;
use percent_encoding::percent_decode_str;
use winterbaume_core::MockRequest;

/// The services that the sandbox has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    Account,
    CloudTrail,
    Ecr,
    Eks,
    Iam,
    Kms,
    Logs,
    Organizations,
    S3,
    SageMaker,
    Sts,
    Tagging,
}

/// How a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `awsJson1.1`: one path, `X-Amz-Target`.
    Json,
    /// `awsQuery`: a form in, XML out.
    Query,
    /// `restJson1`.
    RestJson,
    /// `restXml`.
    RestXml,
}

impl Service {
    /// By the service's name in a credential scope.
    pub fn parse(scope: &str) -> Option<Self> {
        Some(match scope {
            "account" => Self::Account,
            "cloudtrail" => Self::CloudTrail,
            "ecr" => Self::Ecr,
            "eks" => Self::Eks,
            "iam" => Self::Iam,
            "kms" => Self::Kms,
            "logs" => Self::Logs,
            "organizations" => Self::Organizations,
            "s3" | "s3express" => Self::S3,
            "sagemaker" => Self::SageMaker,
            "sts" => Self::Sts,
            "tagging" => Self::Tagging,
            _ => return None,
        })
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::CloudTrail => "cloudtrail",
            Self::Ecr => "ecr",
            Self::Eks => "eks",
            Self::Iam => "iam",
            Self::Kms => "kms",
            Self::Logs => "logs",
            Self::Organizations => "organizations",
            Self::S3 => "s3",
            Self::SageMaker => "sagemaker",
            Self::Sts => "sts",
            Self::Tagging => "tagging",
        }
    }

    pub fn protocol(self) -> Protocol {
        match self {
            Self::CloudTrail
            | Self::Ecr
            | Self::Kms
            | Self::Logs
            | Self::Organizations
            | Self::SageMaker
            | Self::Tagging => Protocol::Json,
            Self::Iam | Self::Sts => Protocol::Query,
            Self::Account | Self::Eks => Protocol::RestJson,
            Self::S3 => Protocol::RestXml,
        }
    }

    /// The host by which winterbaume knows the service.
    pub fn host(self, region: &str) -> String {
        match self {
            Self::Iam => "iam.amazonaws.com".to_owned(),
            Self::SageMaker => format!("api.sagemaker.{region}.amazonaws.com"),
            Self::Ecr => format!("api.ecr.{region}.amazonaws.com"),
            other => format!("{}.{region}.amazonaws.com", other.as_str()),
        }
    }
}

/// A request, understood.
#[derive(Debug, Clone)]
pub struct Route {
    pub service: Service,
    pub region: String,
    /// AWS's name of the operation; empty where nothing in the request names one.
    pub operation: String,
    /// Who signed.
    pub access_key: String,
    /// The path, percent-decoded piece by piece, without empty pieces.
    pub path: Vec<String>,
    /// The query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// For S3.
    pub bucket: Option<String>,
    pub key: Option<String>,
    /// Whether the bucket is in the host, so that the path is the key alone.
    pub in_host: bool,
}

/// Why a request cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unroutable {
    /// No signature from which to read a service.
    Unsigned,
    /// Signed for a service that the sandbox does not have.
    UnknownService(String),
}

impl Route {
    pub fn of(request: &MockRequest) -> Result<Self, Unroutable> {
        let (host, path, query) = split_uri(&request.uri, &request.headers);
        let query = decode_query(query);
        let scope = scope_of(&request.headers, &query).ok_or(Unroutable::Unsigned)?;
        let service = Service::parse(&scope.service)
            .ok_or_else(|| Unroutable::UnknownService(scope.service.clone()))?;
        let mut route = Self {
            service,
            region: scope.region,
            operation: String::new(),
            access_key: scope.access_key,
            path: path.split('/').filter(|piece| !piece.is_empty()).map(decode).collect(),
            query,
            bucket: None,
            key: None,
            in_host: false,
        };
        route.operation = match service.protocol() {
            Protocol::Json => target_of(&request.headers),
            Protocol::Query => action_of(&request.body, &route.query),
            Protocol::RestJson => super::operation::rest_json(service, &request.method, &route),
            Protocol::RestXml => {
                (route.bucket, route.key, route.in_host) = s3_target(host, path);
                super::operation::s3(&request.method, &request.headers, &route)
            }
        };
        Ok(route)
    }

    /// The first value of a query parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn has_param(&self, name: &str) -> bool {
        self.query.iter().any(|(key, _)| key == name)
    }

    /// Whether the operation changes something, by AWS's own naming.
    pub fn mutates(&self) -> bool {
        const READS: [&str; 7] =
            ["Get", "List", "Describe", "Head", "Lookup", "BatchGet", "BatchCheck"];
        !READS.iter().any(|prefix| self.operation.starts_with(prefix))
    }
}

struct Scope {
    access_key: String,
    region: String,
    service: String,
}

/// `AKID/20260224/us-east-1/s3/aws4_request`, from the header or a presigned query.
fn scope_of(headers: &HeaderMap, query: &[(String, String)]) -> Option<Scope> {
    let header = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let credential = match header.and_then(|value| value.split_once("Credential=")) {
        Some((_, rest)) => rest.split([',', ' ']).next()?.to_owned(),
        None => query.iter().find(|(key, _)| key == "X-Amz-Credential")?.1.clone(),
    };
    let pieces: Vec<&str> = credential.rsplitn(5, '/').collect();
    match pieces.as_slice() {
        [_, service, region, _, access_key] => Some(Scope {
            access_key: (*access_key).to_owned(),
            region: (*region).to_owned(),
            service: (*service).to_owned(),
        }),
        _ => None,
    }
}

/// Host, path and query of a request's URI, which has no host when it came over a socket.
fn split_uri<'a>(uri: &'a str, headers: &'a HeaderMap) -> (&'a str, &'a str, &'a str) {
    let (host, rest) = match uri.split_once("://") {
        Some((_, rest)) => match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        },
        None => {
            let host = headers.get(http::header::HOST).and_then(|value| value.to_str().ok());
            (host.unwrap_or(""), uri)
        }
    };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
    (host, path, query)
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A query string or a form, decoded.
pub fn decode_query(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&key.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

fn target_of(headers: &HeaderMap) -> String {
    headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit('.').next())
        .unwrap_or_default()
        .to_owned()
}

fn action_of(body: &[u8], query: &[(String, String)]) -> String {
    let form = decode_query(&String::from_utf8_lossy(body));
    form.iter()
        .chain(query)
        .find(|(key, _)| key == "Action")
        .map(|(_, value)| value.clone())
        .unwrap_or_default()
}

/// Bucket and key, whether the bucket is in the host (`b.s3.…`, `b.127.0.0.1`) or in the path.
fn s3_target(host: &str, path: &str) -> (Option<String>, Option<String>, bool) {
    let in_host = [".s3.", ".s3-"]
        .iter()
        .find_map(|mark| host.split_once(mark))
        .map(|(bucket, _)| bucket)
        .or_else(|| host.strip_suffix(".localhost"))
        .or_else(|| host.strip_suffix(".127.0.0.1"));
    let path = path.strip_prefix('/').unwrap_or(path);
    let some = |text: &str| (!text.is_empty()).then(|| decode(text));
    match in_host {
        Some(bucket) => (some(bucket), some(path), true),
        None => {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            (some(bucket), some(key), false)
        }
    }
}
