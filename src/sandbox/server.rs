//! The sandbox on a socket.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use tokio::net::TcpListener;

use super::{Call, Reply, Sandbox};
use crate::model::address::segments;

/// Larger bodies are refused with 413.
const BODY_LIMIT: usize = 16 << 20;

/// Serves below the contract's base path until `stop` is done.
///
/// # Errors
/// Whatever the listener's socket gives.
pub async fn serve(
    listener: TcpListener,
    sandbox: Arc<Sandbox>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let app = Router::new().fallback(handle).layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(sandbox);
    axum::serve(listener, app).with_graceful_shutdown(stop).await
}

async fn handle(
    State(sandbox): State<Arc<Sandbox>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    if !under(&sandbox.contract.base_path, uri.path()) {
        let why = format!("the contract's base path is {}", sandbox.contract.base_path);
        return sent(sandbox.plain(404, &why));
    }
    // HTTP/2 has the host in the address.
    let authority = uri.authority().filter(|_| !headers.contains_key("host"));
    let host = authority.map(|host| ("host".to_owned(), host.as_str().to_owned()));
    let call = Call {
        method: method.as_str().to_owned(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers: headers
            .iter()
            .map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .chain(host)
            .collect(),
        body: body.to_vec(),
    };
    sent(sandbox.answer(&call).await)
}

/// True for a path below the base path.
fn under(base_path: &str, path: &str) -> bool {
    let base = base_path.trim_end_matches('/');
    base.is_empty() || segments(path).starts_with(&segments(base))
}

/// The answer as it goes over the socket.
fn sent(reply: Reply) -> Response<Body> {
    let Reply { status, headers, body, chunked } = reply;
    let body = if chunked { Body::new(Chunked(Some(Bytes::from(body)))) } else { Body::from(body) };
    let mut builder =
        Response::builder().status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    // A header value that HTTP can't carry is the sandbox's own mistake.
    builder.body(body).unwrap_or_else(|_| Response::new(Body::empty()))
}

/// A body of unknown length, which HTTP/1.1 sends in chunks.
struct Chunked(Option<Bytes>);

impl HttpBody for Chunked {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(http_body::Frame::data(bytes))))
    }
}
