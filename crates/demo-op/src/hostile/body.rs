//! Wrong answers: replaced, endless, slow and incomplete ones.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body as HttpBody, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use hyper::body::Frame;
use tokio::time::Sleep;

use crate::hostile::known::{Known, LARGEST};

/// The pause of a slow answer after each byte.
const PAUSE: Duration = Duration::from_millis(200);
const PIECE: usize = 16 * 1024;

/// An answer that replaces the right one.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `None`: the right one.
    pub status: Option<u16>,
    /// Header fields, which replace existing ones of the same name.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Body,
}

/// A wrong body.
#[derive(Clone, Debug)]
pub enum Body {
    /// The right one.
    Same,
    /// This text, JSON by its content type.
    Text(String),
    /// These bytes, JSON by their content type.
    Bytes(Vec<u8>),
    /// The text, repeated so many times, with its length in the header.
    Large(&'static str, usize),
    /// The text, repeated without end and without a length in the header.
    Endless(&'static str),
    /// The right one, cut off after so many bytes.
    Truncated(usize),
    /// The right one, slowly, byte by byte.
    Slow,
    /// The header of the right one, without any of its body.
    Silent,
    /// No answer at all, not even a status.
    Nothing,
}

impl Answer {
    /// Whether nothing of the right answer is left.
    pub(crate) fn is_made_up(&self) -> bool {
        matches!(self.body, Body::Text(_) | Body::Bytes(_) | Body::Large(..) | Body::Endless(_))
    }

    pub(crate) async fn in_place_of(&self, known: &Known<'_>, response: Response) -> Response {
        let (mut head, body) = response.into_parts();
        if let Some(status) = self.status.and_then(|status| StatusCode::from_u16(status).ok()) {
            head.status = status;
        }
        let same = axum::body::to_bytes(body, LARGEST).await.unwrap_or_default();
        let length = same.len();
        let body = match &self.body {
            Body::Same => HttpBody::from(same),
            Body::Text(text) => replaced(&mut head.headers, known.text(text).into_bytes()),
            Body::Bytes(bytes) => replaced(&mut head.headers, bytes.clone()),
            Body::Large(text, times) => replaced(&mut head.headers, text.repeat(*times).into_bytes()),
            Body::Endless(text) => {
                head.headers.remove(CONTENT_LENGTH);
                head.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
                HttpBody::new(Stream::endless(text))
            }
            Body::Truncated(after) => HttpBody::new(Stream::truncated(&same, *after)),
            Body::Slow => HttpBody::new(Stream::slow(same)),
            Body::Silent => HttpBody::new(Stream::silent()),
            Body::Nothing => std::future::pending::<HttpBody>().await,
        };
        if matches!(self.body, Body::Truncated(_) | Body::Slow | Body::Silent) {
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_str(&known.text(value)) {
                head.headers.insert(HeaderName::from_static(name), value);
            }
        }
        Response::from_parts(head, body)
    }
}

fn replaced(headers: &mut HeaderMap, body: Vec<u8>) -> HttpBody {
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    HttpBody::from(body)
}

/// A body that is made while it is sent.
struct Stream {
    left: Bytes,
    piece: usize,
    pause: Option<Pin<Box<Sleep>>>,
    then: Then,
}

#[derive(Clone, Copy)]
enum Then {
    Again,
    BreakOff,
    End,
    Nothing,
}

impl Stream {
    fn endless(text: &str) -> Stream {
        let piece = text.repeat(PIECE / text.len().max(1) + 1);
        Stream { piece: piece.len(), left: piece.into(), pause: None, then: Then::Again }
    }

    fn truncated(whole: &Bytes, after: usize) -> Stream {
        let left = whole.slice(..after.min(whole.len()));
        Stream { left, piece: PIECE, pause: None, then: Then::BreakOff }
    }

    fn slow(whole: Bytes) -> Stream {
        Stream { left: whole, piece: 1, pause: None, then: Then::End }
    }

    fn silent() -> Stream {
        Stream { left: Bytes::new(), piece: 1, pause: None, then: Then::Nothing }
    }
}

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(pause) = &mut self.pause {
            if pause.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.pause = None;
        }
        let size = self.piece.min(self.left.len());
        match (size, self.then) {
            (0, Then::End) => Poll::Ready(None),
            (0, Then::BreakOff) => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
            (0, _) => Poll::Pending,
            (_, Then::Again) => Poll::Ready(Some(Ok(Frame::data(self.left.clone())))),
            (size, then) => {
                let piece = self.left.split_to(size);
                if matches!(then, Then::End) {
                    self.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
                }
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
        }
    }
}
