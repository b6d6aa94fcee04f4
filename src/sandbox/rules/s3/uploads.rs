//! Uploads in parts.

use bytes::{Bytes, BytesMut};
use winterbaume_core::MockResponse;

use super::objects::{etag, kept_headers, store};
use super::store::Upload;
use super::xml::{document, elements, time};
use super::{Ask, refuse};
use crate::sandbox::answer::{self, tag};

type Result = std::result::Result<MockResponse, MockResponse>;

pub fn answer(operation: &str, ask: &mut Ask<'_>) -> Option<Result> {
    Some(match operation {
        "CreateMultipartUpload" => create(ask),
        "UploadPart" => part(ask),
        "CompleteMultipartUpload" => complete(ask),
        "AbortMultipartUpload" => abort(ask),
        "ListParts" => parts(ask),
        _ => return None,
    })
}

fn id_of(ask: &Ask<'_>) -> (String, String) {
    (ask.key.clone(), ask.route.param("uploadId").unwrap_or_default().to_owned())
}

fn upload<'a>(ask: &'a mut Ask<'_>) -> std::result::Result<&'a mut Upload, MockResponse> {
    let id = id_of(ask);
    ask.here()?.uploads.get_mut(&id).ok_or_else(no_upload)
}

fn no_upload() -> MockResponse {
    let message = "The specified upload does not exist. The upload ID may be invalid, or the \
                   upload may have been aborted or completed.";
    refuse(404, "NoSuchUpload", message)
}

fn named(ask: &Ask<'_>, id: &str) -> String {
    [tag("Bucket", &ask.bucket), tag("Key", &ask.key), tag("UploadId", id)].concat()
}

fn create(ask: &mut Ask<'_>) -> Result {
    let id = ask.store.new_id();
    let upload = Upload { at: ask.now, headers: kept_headers(ask), parts: Default::default() };
    let key = ask.key.clone();
    ask.here()?.uploads.insert((key, id.clone()), upload);
    Ok(answer::xml(200, document("InitiateMultipartUploadResult", &named(ask, &id))))
}

fn part(ask: &mut Ask<'_>) -> Result {
    let number = ask.route.param("partNumber").and_then(|number| number.parse().ok());
    let body = ask.request.body.clone();
    let now = ask.now;
    let tag = etag(&body);
    upload(ask)?.parts.insert(number.unwrap_or(1), (body, now));
    let mut response = answer::empty(200);
    answer::set_header(&mut response, "etag", &tag);
    Ok(response)
}

fn complete(ask: &mut Ask<'_>) -> Result {
    let id = id_of(ask);
    let wanted: Vec<u32> = elements(&ask.request.body, "Part")
        .iter()
        .filter_map(|part| part.get("PartNumber")?.parse().ok())
        .collect();
    let held = upload(ask)?;
    let mut whole = BytesMut::new();
    for number in &wanted {
        let Some((body, _)) = held.parts.get(number) else {
            let message = "One or more of the specified parts could not be found.";
            return Err(refuse(400, "InvalidPart", message));
        };
        whole.extend_from_slice(body);
    }
    let headers = held.headers.clone();
    ask.here()?.uploads.remove(&id);
    let version = store(ask, Bytes::from(whole), headers)?;
    let inner =
        [tag("Bucket", &ask.bucket), tag("Key", &ask.key), tag("ETag", &version.etag)].concat();
    let mut response = answer::xml(200, document("CompleteMultipartUploadResult", &inner));
    answer::set_header(&mut response, "x-amz-version-id", &version.id);
    Ok(response)
}

fn abort(ask: &mut Ask<'_>) -> Result {
    let id = id_of(ask);
    match ask.here()?.uploads.remove(&id) {
        Some(_) => Ok(answer::empty(204)),
        None => Err(no_upload()),
    }
}

fn parts(ask: &mut Ask<'_>) -> Result {
    let (_, id) = id_of(ask);
    let rows: String = upload(ask)?
        .parts
        .iter()
        .map(|(number, (body, at))| {
            let inner = [
                tag("PartNumber", &number.to_string()),
                tag("LastModified", &time(*at)),
                tag("ETag", &etag(body)),
                tag("Size", &body.len().to_string()),
            ];
            format!("<Part>{}</Part>", inner.concat())
        })
        .collect();
    let inner = format!("{}<IsTruncated>false</IsTruncated>{rows}", named(ask, &id));
    Ok(answer::xml(200, document("ListPartsResult", &inner)))
}
