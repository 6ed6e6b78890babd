//! The sandbox without a socket: thousands of runs a second, and nothing left behind.

use std::sync::Arc;

use crate::exchange::{Prepared, Raw, Transport};
use crate::model::observed::Failure;
use crate::sandbox::{Call, Sandbox};

/// Carries requests to a sandbox of this process. What only a socket can carry (raw hostile bytes) goes as the plain request.
#[derive(Debug)]
pub struct Direct(pub Arc<Sandbox>);

impl Transport for Direct {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        let path = request.url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        let path = path.unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let call = Call {
            method: request.wire.method.clone(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        };
        let reply = self.0.answer(&call).await;
        Ok(Raw {
            status: reply.status,
            headers: reply.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect(),
            body: reply.body,
            ..Raw::default()
        })
    }
}
