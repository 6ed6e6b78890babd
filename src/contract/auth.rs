//! Reads `auth` of `api.yaml`, the schemes by which callers show who they are, and which of them an endpoint asks for.

use super::error::{LoadError, suggest};
use super::header::pieces;
use super::load::Loader;
use super::property::{self, Property};
use super::unique::Unique;
use super::yaml::{Map, Node};
use crate::model::address::PathTemplate;
use crate::model::clause::Basis;
use crate::model::wire::{
    ApiKey, AuthPlan, AwsSigV4, Basic, Bearer, Caller, Carrier, Hmac, HttpSignature, OAuthClient, Scheme, SignedBytes,
};

/// Schemes of authentication, by their words.
const SCHEMES: [&str; 7] =
    ["hmac", "bearer", "basic", "api-key", "aws-sigv4", "http-signature", "oauth2-client-credentials"];

/// A scheme and what is known of it.
#[derive(Clone)]
pub(super) struct Auth {
    pub(super) plan: AuthPlan,
    pub(super) verified: Property<()>,
}

impl Auth {
    /// What the clause of an endpoint says of the scheme, which is enough by itself or not.
    pub(super) fn says(&self, alone: bool) -> String {
        let refused = match &self.plan.scheme {
            Scheme::Hmac(_) => "a token that does not match body and key is refused",
            Scheme::AwsSigV4(_) | Scheme::HttpSignature(_) => {
                "a signature that does not match request and key is refused"
            }
            Scheme::Bearer(_) | Scheme::Basic(_) | Scheme::ApiKey(_) => "a call without the credential is refused",
            Scheme::OAuthClient(_) => "a call without a token that the API gave to this client is refused",
        };
        if alone {
            format!("{refused}, and one that shows {} alone is taken", self.plan.id)
        } else {
            refused.to_owned()
        }
    }
}

/// The schemes of an API, and how its calls show who calls unless an endpoint says it.
pub(super) struct Authentication {
    pub(super) schemes: Vec<Auth>,
    usual: Vec<Vec<usize>>,
}

impl Authentication {
    /// The ways of showing who calls that an endpoint takes, each the schemes that a request shows together.
    pub(super) fn of(&self, endpoint: &Map<'_>) -> Result<Vec<Vec<&Auth>>, LoadError> {
        let ways = endpoint.opt("auth").map(|node| ways(node, &self.schemes)).transpose()?;
        let ways = ways.as_ref().unwrap_or(&self.usual);
        Ok(ways.iter().map(|way| way.iter().map(|at| &self.schemes[*at]).collect()).collect())
    }
}

/// The callers of an endpoint as data.
pub(super) fn callers(ways: &[Vec<&Auth>]) -> Vec<Caller> {
    ways.iter().map(|way| Caller { schemes: way.iter().map(|auth| auth.plan.clone()).collect() }).collect()
}

/// `none`, `ID`, `{all: [ID, ID]}` or `{any: [ID, {all: [ID, ID]}]}`.
fn ways(node: &Node, schemes: &[Auth]) -> Result<Vec<Vec<usize>>, LoadError> {
    if node.plain() == Some("none") {
        return Ok(Vec::new());
    }
    if !node.is_map() {
        return Ok(vec![vec![scheme(node, schemes, true)?]]);
    }
    let map = node.map()?;
    let Some(any) = map.opt("any") else {
        return Ok(vec![together(node, schemes)?]);
    };
    map.done()?;
    let mut ways: Vec<Vec<usize>> = Vec::new();
    for item in any.list()? {
        let way = if item.is_map() { together(item, schemes)? } else { vec![scheme(item, schemes, false)?] };
        if ways.iter().any(|known| known.len() == way.len() && known.iter().all(|at| way.contains(at))) {
            return Err(item.error("the same way of showing who calls stands there twice", "leave one of them out"));
        }
        ways.push(way);
    }
    if ways.len() < 2 {
        return Err(any.error(
            "`any` needs two ways of showing who calls",
            "write `auth: ID` for one, `auth: none` for no scheme",
        ));
    }
    Ok(ways)
}

/// `{all: [ID, ID]}`.
fn together(node: &Node, schemes: &[Auth]) -> Result<Vec<usize>, LoadError> {
    let map = node.map()?;
    let all = map.req("all")?;
    map.done()?;
    let mut way = Vec::new();
    for item in all.list()? {
        let at = scheme(item, schemes, false)?;
        let shared = |known: &usize| {
            let known = &schemes[*known].plan.carriers;
            schemes[at].plan.carriers.iter().find(|carrier| known.contains(carrier))
        };
        if way.contains(&at) {
            return Err(item.error("the same scheme stands there twice", "leave one of them out"));
        }
        if let Some(carrier) = way.iter().find_map(shared) {
            return Err(item.error(
                format!("two schemes that a request shows together have a value at {}", carrier.place()),
                "a request has one value there: write `any` if either is enough",
            ));
        }
        way.push(at);
    }
    if way.len() < 2 {
        return Err(all.error("`all` needs two schemes", "write `auth: ID` for one"));
    }
    Ok(way)
}

/// The scheme of this id.
fn scheme(node: &Node, known: &[Auth], anybody: bool) -> Result<usize, LoadError> {
    let id = node.text()?;
    known.iter().position(|auth| auth.plan.id == id).ok_or_else(|| {
        let ids = known.iter().map(|auth| auth.plan.id.as_str()).chain(anybody.then_some("none"));
        node.error(format!("api.yaml has no scheme `{id}` under `auth`"), suggest(id, ids))
    })
}

/// The headers that an endpoint's requests may have, and the names of those that only some of its ways of showing who calls bring.
pub(super) fn headers(all: &[Node], ways: &[Vec<&Auth>]) -> (Vec<Node>, Vec<String>) {
    let (mut own, mut of_some) = (Vec::new(), Vec::new());
    for node in all {
        if let Some((name, _)) = sent(node).filter(|(_, value)| value.contains("{auth}")) {
            let bring = ways.iter().filter(|way| way.iter().any(|auth| auth.plan.in_header(name))).count();
            if bring == 0 {
                continue;
            }
            if bring < ways.len() {
                of_some.push(name.to_owned());
            }
        }
        own.push(node.clone());
    }
    (own, of_some)
}

impl Loader<'_> {
    /// Reads `auth` and `default_auth`.
    pub(super) fn authentication(&mut self, map: &Map<'_>, headers: &[Node]) -> Result<Authentication, LoadError> {
        let (mut schemes, mut ids) = (Vec::new(), Unique::default());
        for node in map.opt("auth").map(Node::list).transpose()?.unwrap_or_default() {
            let own = self.auth(node)?;
            ids.take("a second scheme", &own.plan.id, node)?;
            carried(node, &own.plan, headers)?;
            schemes.push(own);
        }
        for header in headers {
            let Some((name, _)) = sent(header).filter(|(_, value)| value.contains("{auth}")) else { continue };
            if !schemes.iter().any(|own| own.plan.in_header(name)) {
                let message = format!("no scheme under `auth` is carried by the header `{name}`");
                let known = schemes.iter().flat_map(|own| &own.plan.carriers).filter_map(|carrier| match carrier {
                    Carrier::Header(name) => Some(name.as_str()),
                    Carrier::Query(_) => None,
                });
                let help = if schemes.is_empty() {
                    "name a scheme under `auth`, or leave the header out".to_owned()
                } else {
                    suggest(name, known)
                };
                return Err(header.error(message, help));
            }
        }
        let usual = match map.opt("default_auth") {
            Some(node) => ways(node, &schemes)?,
            None => schemes.first().map(|_| vec![0]).into_iter().collect(),
        };
        self.contract.schemes = schemes.iter().map(|own| own.plan.clone()).collect();
        Ok(Authentication { schemes, usual })
    }

    fn auth(&mut self, node: &Node) -> Result<Auth, LoadError> {
        let map = node.map()?;
        let id = map.req("id")?.text()?.to_owned();
        let basis = map.opt("basis").map(property::basis).transpose()?.unwrap_or(Basis::Documented);
        let verified = Property {
            sides: vec![()],
            open: false,
            basis,
            why: map.text("says")?.unwrap_or_default().to_owned(),
            source: node.source(),
        };
        let word = |key: &'static str| map.req(key)?.text().map(str::to_owned);
        let stated = map.text("header")?.map(str::to_owned);
        let usual = || vec![Carrier::Header(stated.clone().unwrap_or_else(|| "Authorization".to_owned()))];
        let (carriers, scheme) = match map.req("scheme")?.word(&SCHEMES)? {
            "bearer" => (usual(), Scheme::Bearer(Bearer { token: self.credential(&map, "credential")? })),
            "basic" => {
                let (user, password) = (self.credential(&map, "user")?, self.credential(&map, "password")?);
                (usual(), Scheme::Basic(Basic { user, password }))
            }
            "api-key" => self.api_key(&map)?,
            "aws-sigv4" => {
                let scheme = AwsSigV4 {
                    access_key: self.credential(&map, "access_key")?,
                    secret_key: self.credential(&map, "secret_key")?,
                    region: word("region")?,
                    service: word("service")?,
                };
                (usual(), Scheme::AwsSigV4(scheme))
            }
            "http-signature" => self.http_signature(&map)?,
            "oauth2-client-credentials" => (usual(), self.oauth_client(&map, &id)?),
            _ => {
                let scheme = self.hmac(&map, basis)?;
                (vec![Carrier::Header(word("header")?)], Scheme::Hmac(scheme))
            }
        };
        map.done()?;
        Ok(Auth { plan: AuthPlan { id, carriers, scheme }, verified })
    }

    /// The credential that a scheme names.
    fn credential(&self, map: &Map<'_>, key: &'static str) -> Result<String, LoadError> {
        let named = map.req(key)?;
        let name = named.text()?;
        let mut known = self.contract.credentials.iter().map(|c| c.name.as_str());
        if known.clone().any(|own| own == name) {
            Ok(name.to_owned())
        } else {
            Err(named.error("no such credential", suggest(name, &mut known)))
        }
    }

    /// A key in a header, in the query or in a cookie.
    fn api_key(&self, map: &Map<'_>) -> Result<(Vec<Carrier>, Scheme), LoadError> {
        let key = self.credential(map, "credential")?;
        let given: Vec<(&str, &Node)> =
            ["header", "query", "cookie"].into_iter().filter_map(|place| Some((place, map.opt(place)?))).collect();
        let (place, node) = match given.as_slice() {
            // The error of a missing place names the most usual one.
            [] => ("header", map.req("header")?),
            [one] => *one,
            [(one, _), (other, node), ..] => {
                return Err(node.error(
                    format!("`{other}` and `{one}` are both given, and a key travels in one of them"),
                    "leave one of them out; a cookie is sent in the header `Cookie`",
                ));
            }
        };
        let name = node.text()?.to_owned();
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if place == "cookie" && (name.is_empty() || !name.bytes().all(token)) {
            return Err(node.error(
                format!("`{name}` is not a name of a cookie"),
                "write letters, digits and `-`, such as `session` (RFC 6265, 4.1.1)",
            ));
        }
        let (carrier, cookie) = match place {
            "cookie" => (Carrier::Header("Cookie".to_owned()), Some(name)),
            "query" => (Carrier::Query(name), None),
            _ => (Carrier::Header(name), None),
        };
        Ok((vec![carrier], Scheme::ApiKey(ApiKey { key, cookie })))
    }

    /// A keyed hash in a text that the contract describes.
    fn hmac(&mut self, map: &Map<'_>, basis: Basis) -> Result<Hmac, LoadError> {
        let key = self.credential(map, "key")?;
        map.req("algorithm")?.word(&["hmac-sha256"])?;
        let read = |n: &Node| {
            Ok(if n.word(&["body", "base64-body"])? == "body" { SignedBytes::Body } else { SignedBytes::Base64Body })
        };
        let node = map.req("over")?;
        let over = property::property(node, "over", &read, &self.conflicts, (basis, ""))?;
        let over = over.and_then(|over| over.sides.first().copied());
        let over = over.ok_or_else(|| node.error("`over` must be known to sign", "write `body` or `base64-body`"))?;
        let value = pieces(map.req("template")?, &self.contract)?;
        Ok(Hmac { value, key, over })
    }

    /// A token that the target gives out for id and secret (RFC 6749, 4.4).
    fn oauth_client(&self, map: &Map<'_>, id: &str) -> Result<Scheme, LoadError> {
        let path = map.req("token_path")?;
        let fits = PathTemplate::parse(path.text()?).is_ok_and(|template| template.parameters().is_empty());
        if !fits || !path.text()?.starts_with('/') {
            return Err(path.error(
                format!("`{}` is no path below the target's address", path.text()?),
                "write `/oauth/token`: konform fetches tokens from the target alone",
            ));
        }
        let client_auth = map.opt("client_auth").map(|node| node.word(&["basic", "body"])).transpose()?;
        Ok(Scheme::OAuthClient(OAuthClient {
            client_id: self.credential(map, "client_id")?,
            client_secret: self.credential(map, "client_secret")?,
            token_path: path.text()?.to_owned(),
            scope: map.text("scope")?.map(str::to_owned),
            in_body: client_auth == Some("body"),
            bearer: Bearer { token: format!("token of {id}") },
        }))
    }

    /// A signature over named parts of a request (RFC 9421).
    fn http_signature(&self, map: &Map<'_>) -> Result<(Vec<Carrier>, Scheme), LoadError> {
        map.req("algorithm")?.word(&["hmac-sha256"])?;
        let mut covers = Vec::new();
        for node in map.req("covers")?.list()? {
            let part = node.text()?;
            let known = HttpSignature::DERIVED.contains(&part)
                || !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !known {
                return Err(node.error(
                    format!("`{part}` is no part of a request that a signature can cover"),
                    format!(
                        "write the name of a header in small letters, or one of {}",
                        HttpSignature::DERIVED.join(", ")
                    ),
                ));
            }
            covers.push(part.to_owned());
        }
        let label = map.text("label")?.unwrap_or("sig").to_owned();
        let digest = covers.iter().any(|part| part == HttpSignature::DIGEST);
        let mut carriers = vec!["Signature", "Signature-Input"];
        carriers.extend(digest.then_some("Content-Digest"));
        let scheme =
            HttpSignature { key_id: self.credential(map, "key_id")?, key: self.credential(map, "key")?, label, covers };
        let carriers = carriers.into_iter().map(|name| Carrier::Header(name.to_owned())).collect();
        Ok((carriers, Scheme::HttpSignature(scheme)))
    }
}

/// The name of a request header and the template of its value; none for one that is not sent, or that is no header.
fn sent(header: &Node) -> Option<(&str, &str)> {
    let map = header.map().ok()?;
    Some((map.text("name").ok()??, map.text("send").ok()??))
}

/// Fails unless requests have the headers that the scheme needs.
fn carried(node: &Node, plan: &AuthPlan, headers: &[Node]) -> Result<(), LoadError> {
    let carry = |name: &str, part: &str| {
        headers.iter().filter_map(sent).any(|(own, value)| own.eq_ignore_ascii_case(name) && value.contains(part))
    };
    for carrier in &plan.carriers {
        let Carrier::Header(header) = carrier else { continue };
        if !carry(header, "{auth}") {
            return Err(node.error(
                format!("no request header `{header}` carries what `{}` makes", plan.id),
                format!(
                    "add `- {{name: {header}, presence: required, length: unseen, send: \"{{auth}}\"}}` to request_headers"
                ),
            ));
        }
    }
    let date = AwsSigV4::DATE;
    if matches!(plan.scheme, Scheme::AwsSigV4(_)) && !carry(date, "{now:") {
        return Err(node.error(
            format!("no request header `{date}` says when a request was signed"),
            format!(
                "add `- {{name: {date}, presence: required, length: 16, send: \"{{now:yyyyMMddTHHmmssZ}}\"}}` to request_headers"
            ),
        ));
    }
    if let Scheme::HttpSignature(scheme) = &plan.scheme {
        let made = |part: &str| part.starts_with('@') || part == HttpSignature::DIGEST || part == "host";
        let named = |part: &str| headers.iter().filter_map(sent).any(|(own, _)| own.eq_ignore_ascii_case(part));
        if let Some(part) = scheme.covers.iter().find(|part| !made(part) && !named(part)) {
            return Err(node.error(
                format!("`{}` covers the header `{part}`, and no request has it", plan.id),
                "add it to request_headers with what it sends, or leave it out of `covers`",
            ));
        }
    }
    Ok(())
}
