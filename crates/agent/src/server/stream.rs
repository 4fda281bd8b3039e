//! A connection whose other side has to take what it is sent, and is not cut off while it still sends.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How long the other side may take to finish a request that was answered before it was whole.
const LINGERS: Duration = Duration::from_secs(1);

/// Fails when nothing could be written for some time. Reading is limited by the HTTP library and by each handler.
///
/// Closing waits for the rest of a request that was refused before it was read. Otherwise the system would reset the connection, and the
/// client would see an error in place of the answer (RFC 9112, section 9.6).
pub(crate) struct Impatient<S> {
    stream: S,
    patience: Duration,
    /// Runs while writing has to wait.
    stalled: Option<Pin<Box<Sleep>>>,
    /// So many bytes of the rest of a request are still read, and thrown away.
    discards: usize,
    /// Runs after the last byte was written.
    closing: Option<Pin<Box<Sleep>>>,
}

impl<S> Impatient<S> {
    pub(crate) fn new(stream: S, patience: Duration, discards: usize) -> Self {
        Self { stream, patience, stalled: None, discards, closing: None }
    }

    fn judge<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let until = Instant::now() + self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> Impatient<S> {
    /// Reads what still comes, until the other side has closed too, sends too much or takes too long.
    fn poll_discard(&mut self, context: &mut Context<'_>, timer: &mut Pin<Box<Sleep>>) -> Poll<()> {
        let mut bytes = [0; 4096];
        while self.discards > 0 && timer.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    self.discards = self.discards.saturating_sub(buffer.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.judge(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.judge(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut timer = match self.closing.take() {
            Some(timer) => timer,
            None => {
                let shut = Pin::new(&mut self.stream).poll_shutdown(context);
                ready!(self.judge(context, shut))?;
                Box::pin(tokio::time::sleep(LINGERS))
            }
        };
        let discarded = self.poll_discard(context, &mut timer);
        self.closing = Some(timer);
        discarded.map(Ok)
    }
}
