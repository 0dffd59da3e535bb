//! Bytes on the wire, and how they go wrong.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tokio_rustls::server::TlsStream;

/// Makes a connection end with a TCP reset in place of an orderly close.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResetSwitch(Arc<AtomicBool>);

impl ResetSwitch {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A TLS connection that obeys its [`ResetSwitch`].
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TlsStream<TcpStream>,
    reset: ResetSwitch,
}

impl Connection {
    pub(crate) fn new(stream: TlsStream<TcpStream>, reset: ResetSwitch) -> Self {
        Self { stream, reset }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.reset.0.load(Ordering::Relaxed) {
            // Without linger, closing discards what is unsent and resets. A socket that refuses
            // is closed in order, which the client sees as a cut connection all the same.
            let _unlingered = self.stream.get_ref().0.set_zero_linger();
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// A body that is sent whole, or one that breaks off.
pub type ReplyBody = Either<Full<Bytes>, Spoilt>;

/// Returns a body that is sent whole.
pub(crate) fn whole(body: Bytes) -> ReplyBody {
    Either::Left(Full::new(body))
}

/// Returns a body that promises its length, and breaks off after `bytes`.
pub(crate) fn cut(body: &Bytes, bytes: usize) -> ReplyBody {
    let kept = bytes.min(body.len());
    Either::Right(Spoilt {
        promised: body.len(),
        rest: body.slice(..kept),
        piece: kept.max(1),
        pause: None,
        waiting: None,
        breaks: kept < body.len(),
        flushed: false,
    })
}

/// Returns a body that comes in pieces.
pub(crate) fn trickle(body: &Bytes, piece: usize, pause: Duration) -> ReplyBody {
    Either::Right(Spoilt {
        promised: body.len(),
        rest: body.clone(),
        piece: piece.max(1),
        pause: Some(pause),
        waiting: None,
        breaks: false,
        flushed: false,
    })
}

/// A body that is cut, slow, or both.
#[derive(Debug)]
pub struct Spoilt {
    promised: usize,
    rest: Bytes,
    piece: usize,
    pause: Option<Duration>,
    waiting: Option<Pin<Box<Sleep>>>,
    breaks: bool,
    flushed: bool,
}

/// The body was cut on purpose.
#[derive(Debug, thiserror::Error)]
#[error("cut on purpose")]
pub struct CutShort;

impl From<Infallible> for CutShort {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl Body for Spoilt {
    type Data = Bytes;
    type Error = CutShort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        if let Some(waiting) = &mut self.waiting {
            if waiting.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.waiting = None;
        }
        if self.rest.is_empty() {
            if !self.breaks {
                return Poll::Ready(None);
            }
            if self.flushed {
                return Poll::Ready(Some(Err(CutShort)));
            }
            // What was given so far is written only while the body has nothing to give. The pause
            // lets the client see it apart from the end of the connection.
            self.flushed = true;
            let mut waiting = Box::pin(sleep(Duration::from_millis(5)));
            if waiting.as_mut().poll(context).is_pending() {
                self.waiting = Some(waiting);
            }
            return Poll::Pending;
        }
        let length = self.piece.min(self.rest.len());
        let piece = self.rest.split_to(length);
        if let Some(pause) = self.pause {
            let until = Instant::now() + pause;
            self.waiting = Some(Box::pin(sleep_until(until)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        // hyper asks once, before the first frame, and sends the answer as `Content-Length`.
        SizeHint::with_exact(u64::try_from(self.promised).unwrap_or(u64::MAX))
    }
}
