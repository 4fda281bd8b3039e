//! A hyper reverse proxy that does nothing else: `bench-bare-proxy UPSTREAM_PORT`.
//!
//! It passes each request on to a port of 127.0.0.1 with one more header, over a connection that stays open, and prints the port that it
//! listens on. Like the agent without a desktop, it has one thread.
#![allow(clippy::print_stdout, reason = "the port is told on standard output")]

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> Result<(), unix::Failure> {
    unix::main()
}

#[cfg(unix)]
mod unix {
    use std::net::Ipv4Addr;

    use hyper::body::Incoming;
    use hyper::header::{AUTHORIZATION, HeaderValue};
    use hyper::{Request, Response};
    use hyper_util::rt::TokioIo;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::Mutex;

    pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
    type Sender = hyper::client::conn::http1::SendRequest<Incoming>;

    pub(crate) fn main() -> Result<(), Failure> {
        let port: u16 = std::env::args().nth(1).ok_or("bench-bare-proxy UPSTREAM_PORT")?.parse()?;
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(port))
    }

    async fn serve(port: u16) -> Result<(), Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?.port());
        loop {
            let stream = listener.accept().await?.0;
            stream.set_nodelay(true)?;
            tokio::spawn(async move {
                if let Ok(sender) = connect(port).await {
                    connection(stream, sender).await;
                }
            });
        }
    }

    async fn connect(port: u16) -> Result<Sender, Failure> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn connection(stream: TcpStream, sender: Sender) {
        let sender = &Mutex::new(sender);
        let service = hyper::service::service_fn(|request| passed_on(request, sender));
        // A client that closes the connection early does not matter.
        let _ =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    async fn passed_on(
        mut request: Request<Incoming>,
        sender: &Mutex<Sender>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Bearer of-the-bare-proxy"));
        let mut sender = sender.lock().await;
        sender.ready().await?;
        sender.send_request(request).await
    }
}
