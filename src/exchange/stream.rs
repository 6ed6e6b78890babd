//! What a connection reads and writes, whatever lies between.

use tokio::io::{AsyncRead, AsyncWrite};

/// What a connection reads and writes.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

/// A connection, whatever lies between.
pub(super) type Stream = Box<dyn Socket>;
