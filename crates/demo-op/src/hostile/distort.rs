//! Applies deviations to a right answer just before it is sent.

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use serde_json::Value;

use crate::hostile::deviation::{Hostile, Wrong};
use crate::hostile::edit::{self, QueryEdit};
use crate::hostile::id_token;
use crate::hostile::known::{Known, LARGEST};
use crate::http::Endpoint;

/// Applies deviations to a right answer.
pub(crate) async fn distort(
    hostile: &Hostile,
    known: &Known<'_>,
    at: Endpoint,
    grant: Option<&str>,
    response: Response,
) -> Response {
    let mut response = response;
    for wrong in hostile.wrongs(at, grant) {
        response = match wrong {
            Wrong::Answer(answer) => answer.in_place_of(known, response).await,
            Wrong::Json(edits) => rewrite(response, |document| edit::apply(known, document, &edits)).await,
            Wrong::IdToken(wrong) => {
                rewrite(response, |mut document| {
                    if let Some(Value::String(good)) = document.get("id_token") {
                        document["id_token"] = id_token::wrong(known, good, &wrong).into();
                    }
                    document.to_string()
                })
                .await
            }
            Wrong::Header(name, value) => with_header(response, name, &known.text(&value)),
            Wrong::Another(name, value) => with_another(response, name, &known.text(&value)),
            Wrong::Query(edits) => redirected(known, response, &edits),
        };
    }
    response
}

/// The response with changed JSON. An error stays as it is.
async fn rewrite(response: Response, change: impl FnOnce(Value) -> String) -> Response {
    if !response.status().is_success() {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let bytes = to_bytes(body, LARGEST).await.unwrap_or_default();
    let changed = match serde_json::from_slice(&bytes) {
        Ok(document) => change(document).into_bytes(),
        Err(_) => bytes.to_vec(),
    };
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::from(changed))
}

fn with_header(mut response: Response, name: &'static str, value: &str) -> Response {
    let name = HeaderName::from_static(name);
    match HeaderValue::from_str(value) {
        Ok(value) if !value.is_empty() => drop(response.headers_mut().insert(name, value)),
        _ => drop(response.headers_mut().remove(name)),
    }
    response
}

fn with_another(mut response: Response, name: &'static str, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(HeaderName::from_static(name), value);
    }
    response
}

fn redirected(known: &Known<'_>, mut response: Response, edits: &[QueryEdit]) -> Response {
    let place = response.headers().get(LOCATION).and_then(|place| place.to_str().ok());
    if let Some(place) = place
        && let Ok(place) = HeaderValue::from_str(&edit::query(known, place, edits))
    {
        response.headers_mut().insert(LOCATION, place);
        response.headers_mut().remove(CONTENT_TYPE);
    }
    response
}
