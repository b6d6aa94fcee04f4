//! Bodies that come in pieces.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;

/// Undoes `aws-chunked`, in which SDKs send a body with its checksum at the end.
///
/// Source: S3's "Signature calculations for the Authorization header: transferring payload in
/// multiple chunks": `HEX-SIZE[;chunk-signature=…]\r\n DATA\r\n … 0\r\n trailers`.
pub fn unchunk(headers: &HeaderMap, body: Bytes) -> Bytes {
    let value =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let chunked = value("content-encoding").contains("aws-chunked")
        || value("x-amz-content-sha256").starts_with("STREAMING-");
    if !chunked {
        return body;
    }
    pieces(&body).unwrap_or(body)
}

fn pieces(body: &[u8]) -> Option<Bytes> {
    let mut whole = BytesMut::new();
    let mut rest = body;
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let (line, after) = rest.split_at(end);
        let line = std::str::from_utf8(line).ok()?;
        let size = line.split(';').next().unwrap_or(line).trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(whole.freeze());
        }
        let data = after.get(2..)?;
        whole.extend_from_slice(data.get(..size)?);
        rest = data.get(size..)?.strip_prefix(b"\r\n".as_slice())?;
    }
}
