//! The sandbox's token endpoints (OAuth 2.0, RFC 6749): a token for a client who shows its id and secret.

use std::borrow::Cow;

use chrono::Duration;

use super::{Call, Reply, Sandbox};
use crate::behaviour::Moment;
use crate::crypto;
use crate::model::Json;
use crate::model::wire::{OAuthClient, Scheme, Secret};

/// How long a token is good.
const SECONDS: i64 = 3600;

/// A token that was given out.
#[derive(Debug)]
pub(super) struct Issued {
    token_path: String,
    client: String,
    token: String,
    until: Moment,
}

impl Sandbox {
    /// The answer to a request for a token; none for any other call.
    pub(super) fn issue(&self, call: &Call) -> Option<Reply> {
        let mut schemes = self.contract.schemes.iter();
        let scheme = schemes.find_map(|plan| match &plan.scheme {
            Scheme::OAuthClient(own) if call.path.ends_with(&own.token_path) => Some(own),
            _ => None,
        })?;
        if call.method != "POST" {
            return Some(self.plain(405, "tokens are asked for with POST"));
        }
        let form: Vec<(Cow<'_, str>, Cow<'_, str>)> = url::form_urlencoded::parse(&call.body).collect();
        let value = |name: &str| form.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_ref());
        if value("grant_type") != Some("client_credentials") {
            return Some(told(400, vec![("error", Json::text("unsupported_grant_type"))]));
        }
        let shown = match shown(call) {
            Some(shown) => shown,
            None => (
                value("client_id").unwrap_or_default().to_owned(),
                value("client_secret").unwrap_or_default().to_owned(),
            ),
        };
        let knows = |name: &str, given: &str, actor: &crate::model::wire::Credentials| {
            actor.get(name).is_some_and(|own| crypto::equal(own.reveal().as_bytes(), given.as_bytes()))
        };
        let mut actors = self.actors.iter();
        if !actors.any(|own| knows(&scheme.client_id, &shown.0, own) && knows(&scheme.client_secret, &shown.1, own)) {
            return Some(told(401, vec![("error", Json::text("invalid_client"))]));
        }
        let token = crypto::hex(&crypto::random::<20>());
        let issued = Issued {
            token_path: scheme.token_path.clone(),
            client: shown.0,
            token: token.clone(),
            until: self.now() + Duration::seconds(SECONDS),
        };
        self.lock().issued.push(issued);
        Some(told(
            200,
            vec![
                ("access_token", Json::text(token)),
                ("token_type", Json::text("Bearer")),
                ("expires_in", Json::number(SECONDS.to_string())),
            ],
        ))
    }

    /// The tokens that the client was given and that are still good.
    pub(super) fn issued(&self, scheme: &OAuthClient, client: Option<&Secret>) -> Vec<String> {
        let now = self.now();
        let own = |issued: &&Issued| {
            issued.token_path == scheme.token_path
                && client.is_some_and(|client| client.reveal() == issued.client)
                && now < issued.until
        };
        self.lock().issued.iter().filter(own).map(|issued| issued.token.clone()).collect()
    }
}

/// Id and secret that stand in the header.
fn shown(call: &Call) -> Option<(String, String)> {
    let text = crypto::from_base64(call.header("authorization")?.strip_prefix("Basic ")?)?;
    let text = String::from_utf8(text).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = |text: &str| {
        let pair = format!("t={text}");
        url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((decoded(id)?, decoded(secret)?))
}

/// An answer of the token endpoint, which nobody may keep (RFC 6749, 5.1).
fn told(status: u16, members: Vec<(&str, Json)>) -> Reply {
    let mut body = Vec::new();
    Json::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect()).write(&mut body);
    let mut headers = vec![("content-type", "application/json"), ("cache-control", "no-store")];
    headers.extend((status == 401).then_some(("www-authenticate", "Basic")));
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Reply { status, headers, body, chunked: false }
}
