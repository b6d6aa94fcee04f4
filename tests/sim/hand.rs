//! Calls made by hand: by somebody who is not the program, at once, and without an SDK.
//!
//! Worlds are built so, and people act so. A call costs a fraction of the SDK's, no weather hits
//! it, and it does not count as the program's. Worlds are not restored from a snapshot of the
//! emulator: SageMaker, EKS, CloudTrail and what is in buckets are in the sandbox's own books,
//! which have no door but the API.

use bytes::Bytes;
use dismantle::sandbox::{Answer, Sandbox, VISITOR_KEY_ID};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use winterbaume_core::MockRequest;

/// Somebody else in the account.
#[derive(Debug, Clone)]
pub struct Hand(pub Sandbox);

/// A call's parameters as a form.
pub type Form = Vec<(String, String)>;

/// `form!["RoleName" => name, …]`
macro_rules! form {
    ($($key:expr => $value:expr),* $(,)?) => {
        vec![$((($key).to_string(), ($value).to_string())),*]
    };
}
pub(crate) use form;

/// Text as a URL has it.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

impl Hand {
    /// KMS, CloudWatch Logs, ECR, SageMaker and CloudTrail.
    pub async fn json(
        &self,
        service: &str,
        region: &str,
        operation: &str,
        body: Value,
    ) -> Result<Value, String> {
        let target = match service {
            "kms" => "TrentService",
            "logs" => "Logs_20140328",
            "ecr" => "AmazonEC2ContainerRegistry_V20150921",
            "cloudtrail" => "CloudTrail_20131101",
            _ => "SageMaker",
        };
        let target = format!("{target}.{operation}");
        let headers =
            [("x-amz-target", target.as_str()), ("content-type", "application/x-amz-json-1.1")];
        let uri = format!("https://{service}.{region}.amazonaws.com/");
        let answer = self.call(service, region, "POST", uri, &headers, body.to_string()).await?;
        Ok(serde_json::from_slice(&answer).unwrap_or_default())
    }

    pub async fn iam(&self, action: &str, form: &Form) -> Result<String, String> {
        let mut body = format!("Action={action}&Version=2010-05-08");
        for (key, value) in form {
            body.push_str(&format!("&{key}={}", encoded(value)));
        }
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let uri = "https://iam.amazonaws.com/".to_owned();
        let answer = self.call("iam", "us-east-1", "POST", uri, &headers, body).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// `path` is encoded already.
    pub async fn eks(
        &self,
        region: &str,
        method: &str,
        path: &str,
        body: Value,
    ) -> Result<Value, String> {
        let uri = format!("https://eks.{region}.amazonaws.com{path}");
        let headers = [("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.call("eks", region, method, uri, &headers, body).await?;
        Ok(serde_json::from_slice(&answer).unwrap_or_default())
    }

    /// `path` is encoded already, and has the bucket first.
    pub async fn s3(
        &self,
        region: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<(), String> {
        let uri = format!("https://s3.{region}.amazonaws.com/{path}");
        let headers = [("content-type", "application/xml")];
        self.call("s3", region, method, uri, &headers, body.to_owned()).await.map(drop)
    }

    async fn call(
        &self,
        service: &str,
        region: &str,
        method: &str,
        uri: String,
        headers: &[(&'static str, &str)],
        body: String,
    ) -> Result<Bytes, String> {
        let said = format!("{method} {uri} {body}");
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential={VISITOR_KEY_ID}/20260115/{region}/{service}/aws4_request, \
             SignedHeaders=host, Signature=0"
        );
        let mut all = HeaderMap::new();
        for (name, value) in headers.iter().copied().chain([("authorization", scope.as_str())]) {
            let value = HeaderValue::from_str(value).map_err(|error| error.to_string())?;
            all.insert(HeaderName::from_static(name), value);
        }
        let method = method.to_owned();
        let request = MockRequest { method, uri, headers: all, body: Bytes::from(body) };
        match self.0.handle(request).await {
            Answer::Response(answer) if answer.status < 300 => Ok(answer.body),
            Answer::Response(answer) => {
                let body = String::from_utf8_lossy(&answer.body);
                Err(format!("{said}: {} {body}", answer.status))
            }
            other => Err(format!("{said}: {other:?}")),
        }
    }
}
