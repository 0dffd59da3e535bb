//! What goes on the wire: the usual answer, or one that a fault has spoilt.

use std::future::pending;
use std::time::Duration;

use bytes::Bytes;

use crate::connection::{self, ReplyBody};
use crate::faults::{Answer, Fault};
use crate::http::Reply;

/// What goes on the wire.
#[derive(Debug)]
pub enum Outcome {
    /// An answer, whole or spoilt.
    Answer(Reply, Spoil),
    /// The connection is reset.
    Reset,
}

impl From<Reply> for Outcome {
    /// An answer that nothing spoils.
    fn from(reply: Reply) -> Self {
        Self::Answer(reply, Spoil::Nothing)
    }
}

/// What happens to the body of an answer.
#[derive(Debug)]
pub enum Spoil {
    /// It is sent whole.
    Nothing,
    /// It breaks off after so many bytes.
    Cut(usize),
    /// It comes in pieces of so many bytes, with a pause between them.
    Trickle(usize, Duration),
}

impl Spoil {
    /// Returns the body as it is sent.
    pub fn apply(&self, body: Bytes) -> ReplyBody {
        match *self {
            Self::Nothing => connection::whole(body),
            Self::Cut(bytes) => connection::cut(&body, bytes),
            Self::Trickle(bytes, pause) => connection::trickle(&body, bytes, pause),
        }
    }
}

/// Applies a fault to the usual answer, which is there if the request had its effect.
///
/// `error` makes an error of a status, a code and a message, in the shape of the endpoint.
pub async fn spoil(
    fault: Option<Fault>,
    usual: Option<Reply>,
    error: impl Fn(u16, &str, &str) -> Reply,
) -> Outcome {
    let usual = usual.unwrap_or_else(|| Reply::empty(500));
    let Some(fault) = fault else {
        return usual.into();
    };
    match fault.answer {
        Answer::Usual => usual.into(),
        Answer::Cut { bytes } => Outcome::Answer(usual, Spoil::Cut(bytes)),
        Answer::Trickle { bytes, interval_ms } => {
            let pause = Duration::from_millis(interval_ms);
            Outcome::Answer(usual, Spoil::Trickle(bytes, pause))
        }
        Answer::Error {
            status,
            code,
            message,
            retry_after,
            headers,
        } => {
            let mut reply = error(status, &code, &message);
            if let Some(seconds) = retry_after {
                reply = reply.header("Retry-After", &seconds.to_string());
            }
            reply.headers.extend(headers);
            reply.into()
        }
        Answer::Body {
            status,
            content_type,
            body,
        } => Reply::body(status, &content_type, body).into(),
        Answer::Html { status } => Reply::body(status, "text/html", PROXY_PAGE).into(),
        Answer::Garbage { status } => Reply::body(status, "application/json", GARBAGE).into(),
        Answer::Reset => Outcome::Reset,
        Answer::Hang => pending().await,
    }
}

/// What a proxy in between answers.
const PROXY_PAGE: &str = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>\
    <body><center><h1>502 Bad Gateway</h1></center><hr><center>proxy</center></body></html>\n";

/// Neither JSON nor UTF-8.
const GARBAGE: &[u8] = b"\x00\xff{\"value\":[\xfe\xed\x1b]";
