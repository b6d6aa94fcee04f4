//! The SDK's way in: an HTTP client that never opens a socket.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use http_body_util::BodyExt;
use winterbaume_core::{MockRequest, MockResponse};

use super::{Answer, Sandbox};
use crate::clock::SdkTime;

/// How long one attempt of a call may take. Dismantle's own setting, so that tests meet it.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct Connector(Sandbox);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sandbox = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = read(request).await?;
            match sandbox.handle(request).await {
                Answer::Response(response) => respond(response),
                Answer::Reset => {
                    let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                    Err(ConnectorError::io(reset.into()))
                }
                Answer::Never => std::future::pending().await,
            }
        })
    }
}

/// Takes in the whole body first: winterbaume sees only what is in memory.
async fn read(request: HttpRequest) -> Result<MockRequest, ConnectorError> {
    let method = request.method().to_owned();
    let uri = request.uri().to_owned();
    let mut headers = http::HeaderMap::new();
    for (name, value) in request.headers() {
        if let (Ok(name), Ok(value)) =
            (name.parse::<http::HeaderName>(), http::HeaderValue::from_str(value))
        {
            headers.insert(name, value);
        }
    }
    let body = request.into_body().collect().await.map_err(ConnectorError::io)?.to_bytes();
    Ok(MockRequest { method, uri, headers, body })
}

fn respond(response: MockResponse) -> Result<HttpResponse, ConnectorError> {
    let broken = |error: String| ConnectorError::other(error.into(), None);
    let status = response.status.try_into().map_err(|error| broken(format!("{error}")))?;
    let mut out = HttpResponse::new(status, SdkBody::from(response.body));
    for (name, value) in &response.headers {
        if let Ok(value) = value.to_str() {
            out.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(out)
}

impl Sandbox {
    /// The HTTP client to give to an SDK configuration.
    pub fn http_client(&self) -> SharedHttpClient {
        let sandbox = self.clone();
        http_client_fn(move |_settings, _components| {
            SharedHttpConnector::new(Connector(sandbox.clone()))
        })
    }

    /// Credentials that the account accepts.
    pub fn credentials(&self) -> SharedCredentialsProvider {
        Self::credentials_of(super::ACCESS_KEY_ID)
    }

    fn credentials_of(access_key: &str) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Credentials::new(
            access_key,
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY",
            None,
            None,
            "sandbox",
        ))
    }

    /// A configuration for every SDK client: no retries of the SDK's own, the sandbox's clock.
    pub fn sdk_config(&self, region: impl Into<String>) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.into()))
            .credentials_provider(self.credentials())
            .identity_cache(IdentityCache::lazy().build())
            .http_client(self.http_client())
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build(),
            )
            .time_source(SdkTime(self.clock()))
            .sleep_impl(TokioSleep::new())
            .disable_clock_skew_correction(true)
            .build()
    }

    /// The same for somebody else in the account, see [`super::VISITOR_KEY_ID`].
    pub fn visitor_config(&self, region: impl Into<String>) -> SdkConfig {
        let visitor = Self::credentials_of(super::VISITOR_KEY_ID);
        self.sdk_config(region).into_builder().credentials_provider(visitor).build()
    }
}
