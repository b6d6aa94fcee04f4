//! The same account over HTTP on loopback, for the AWS CLI, boto3 and whatever else signs.

use std::future::Future;
use std::io;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http_body_util::{BodyExt, Limited};
use tokio::net::TcpListener;
use winterbaume_core::{MockRequest, MockResponse};

use super::{Answer, Sandbox, answer};

/// The largest body that is taken in: S3's largest part is 5 GiB, but nothing in a lab is.
const BODY_BYTES_MAX: usize = 256 << 20;

/// Serves until `shutdown` is done.
///
/// # Errors
/// What the listener's socket answers.
pub async fn serve(
    sandbox: Sandbox,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new().fallback(handle).with_state(sandbox);
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn handle(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        let service = super::Service::S3;
        return respond(answer::error(service, 400, "EntityTooLarge", "The body is too large."));
    };
    let request = MockRequest {
        method: parts.method.to_string(),
        uri: parts.uri.to_string(),
        headers: parts.headers,
        body: body.to_bytes(),
    };
    let head = request.method == "HEAD";
    match sandbox.handle(request).await {
        Answer::Response(mut response) => {
            if head {
                response.body.clear();
            }
            respond(response)
        }
        Answer::Reset => {
            let reset = io::Error::from(io::ErrorKind::ConnectionReset);
            let body = futures::stream::once(async { Err::<Vec<u8>, _>(reset) });
            Response::new(Body::from_stream(body))
        }
        Answer::Never => std::future::pending().await,
    }
}

fn respond(response: MockResponse) -> Response {
    let mut out = Response::new(Body::from(response.body));
    *out.status_mut() = http::StatusCode::from_u16(response.status)
        .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    *out.headers_mut() = response.headers;
    out
}
