//! The request that fetches a token from a target: a form (RFC 6749, 4.4.2) instead of a body of the contract.

use std::borrow::Cow;
use std::sync::Arc;

use super::Means;
use super::prepare::Prepared;
use crate::auth::{self, Fetch, Signer};
use crate::model::address::PathTemplate;
use crate::model::json::Json;
use crate::model::observed::Reason;
use crate::model::template::TokenEdit;
use crate::model::wire::{AuthPlan, HeaderPlan, Mark, SecretField, WirePlan, Zone};

/// Members of a form or of an answer that are secret.
const SECRETS: [&str; 4] = ["client_secret", "access_token", "refresh_token", "id_token"];

/// How the request travels: as that of an endpoint which no contract describes.
fn wire(plan: &AuthPlan, zone: &Zone, fetch: &Fetch) -> WirePlan {
    let secrets = || {
        let field = |name: &str| SecretField {
            path: name.to_owned(),
            kind: "token".to_owned(),
            formats: Vec::new(),
            words: Vec::new(),
            charset: None,
        };
        SECRETS.map(field).to_vec()
    };
    let secret = Some(plan.id.clone());
    WirePlan {
        endpoint: format!("token of {}", plan.id),
        method: "POST".to_owned(),
        path: PathTemplate::parse(&fetch.path).unwrap_or_default(),
        headers: vec![HeaderPlan { name: "Authorization".to_owned(), value: Vec::new(), secret }],
        callers: Vec::new(),
        encryption: None,
        marks: (Mark::Unmarked, Mark::Unmarked),
        path_fields: Vec::new(),
        query_fields: Vec::new(),
        has_body: true,
        zone: zone.clone(),
        trace: None,
        request_secrets: secrets(),
        response_secrets: secrets(),
    }
}

/// Makes the request that fetches a scheme's token; none for a scheme that fetches nothing.
///
/// # Errors
/// [`Reason::FixtureMissing`] if a credential is missing.
pub fn fetch(
    plan: &AuthPlan,
    zone: &Zone,
    edit: TokenEdit,
    means: &Means<'_>,
) -> Option<Result<Prepared, (Reason, String)>> {
    let signer = Signer {
        credentials: means.credentials,
        second: means.second,
        earlier: None,
        now: means.ambient.now(zone),
        count: 0,
    };
    let fetch = match auth::fetch(plan, &signer, edit)? {
        Ok(fetch) => fetch,
        Err(why) => return Some(Err((Reason::FixtureMissing, why))),
    };
    let http2 = means.target.is_http2();
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fetch.form).finish().into_bytes();
    let mut headers: Vec<(String, String)> = Vec::new();
    if !http2 {
        headers.push(("Host".to_owned(), means.target.authority().to_owned()));
    }
    headers.extend(fetch.authorization.clone().map(|value| ("Authorization".to_owned(), value)));
    headers.extend(
        [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Accept", "application/json"),
            ("Content-Length", &body.len().to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    if http2 {
        for (name, _) in &mut headers {
            name.make_ascii_lowercase();
        }
    }
    let tree = fetch.form.iter().map(|(name, value)| ((*name).into(), Json::text(value.clone()))).collect();
    Some(Ok(Prepared {
        url: format!("{}{}", means.target.base(), fetch.path),
        wire: Arc::new(wire(plan, zone, &fetch)),
        method: Cow::Borrowed("POST"),
        version: if http2 { "HTTP/2" } else { "HTTP/1.1" },
        headers,
        body,
        tree: Json::Object(tree),
        trace: None,
        made: Vec::new(),
        caller: 0,
        sealed: false,
        hostile: None,
        fresh: false,
    }))
}
