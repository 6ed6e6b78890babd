//! Who calls: a scheme of authentication in each file, behind one interface.
//!
//! [`credentials`] makes the text that a request carries, rightly or bent as a case wants it; [`proof`] reads it off a received request;
//! [`tampers`] lists the ways of bending it that a target must notice.

mod api_key;
mod aws_sigv4;
mod basic;
mod bearer;
mod bend;
mod hmac;
mod http_signature;
mod oauth_client;
mod signer;

pub use signer::Signer;

use std::borrow::Cow;

use crate::crypto;
use crate::model::Json;
use crate::model::template::TokenEdit;
use crate::model::wire::{AuthPlan, Carrier, Credentials, Scheme, Secret};

/// A request but for its credentials: all that a scheme may cover.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// Method.
    pub method: &'a str,
    /// Path as it is written on the wire, without the query.
    pub path: &'a str,
    /// Query as it is written on the wire, without its question mark.
    pub query: &'a str,
    /// Headers, names in any case of letters.
    pub headers: &'a [(String, String)],
    /// Body bytes.
    pub body: &'a [u8],
}

impl<'a> Draft<'a> {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What a received request shows, and what an actor's credentials would make it show.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The part of the credentials that only who knows the secret can make.
    pub given: String,
    /// The same part as it must be.
    pub due: String,
}

impl Proof {
    /// True if the actor has sent the request as it came.
    #[must_use]
    pub fn holds(&self) -> bool {
        crypto::equal(self.given.as_bytes(), self.due.as_bytes())
    }
}

/// A request for a token: a form that is sent with POST.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// Path below the target's address.
    pub path: String,
    /// Value of the header `Authorization`, where the client shows itself there.
    pub authorization: Option<String>,
    /// Fields of the form.
    pub form: Vec<(&'static str, String)>,
}

/// A token that a target has given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The name that it has among the credentials.
    pub credential: String,
    /// The token.
    pub token: String,
    /// How long it is good; none if the target does not say.
    pub seconds: Option<u64>,
}

/// A way of bending credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tamper {
    /// Its word in case ids.
    pub variant: &'static str,
    /// What is done.
    pub edit: TokenEdit,
    /// True if the credentials are right, but for another request, moment or actor.
    pub elsewhere: bool,
}

impl Tamper {
    const fn own(variant: &'static str, edit: TokenEdit) -> Self {
        Self { variant, edit, elsewhere: false }
    }

    const fn elsewhere(variant: &'static str, edit: TokenEdit) -> Self {
        Self { variant, edit, elsewhere: true }
    }
}

/// What a scheme can do. Its values stand in the order of [`AuthPlan::carriers`].
trait Method {
    /// The values, or why they can't be made.
    fn credentials(&self, draft: &Draft<'_>, signer: &Signer<'_>, edit: TokenEdit) -> Result<Vec<String>, String>;

    /// What the values of a received request prove of an actor; none if they have another form.
    fn proof(&self, values: &[&str], received: &Draft<'_>, actor: &Credentials) -> Option<Proof>;

    /// The ways of bending the credentials of a request, with or without a body.
    fn tampers(&self, body: bool) -> Vec<Tamper>;

    /// Texts of the form and the length that the values have, for credentials of these lengths.
    fn stand_in(&self, length: &dyn Fn(&str) -> usize) -> Vec<String>;

    /// True if the credentials are made anew for each body.
    fn covers_body(&self) -> bool {
        false
    }

    /// True if the credentials themselves name who calls; else another header does.
    fn names_actor(&self) -> bool {
        true
    }

    /// The request that fetches the token which the scheme shows, or why it can't be made; none for a scheme that shows what it knows.
    fn fetch(&self, _signer: &Signer<'_>, _edit: TokenEdit) -> Option<Result<Fetch, String>> {
        None
    }

    /// The token in the answer to such a request, or why there is none.
    fn given(&self, _answer: &Json) -> Result<Given, String> {
        Err("the scheme fetches no token".to_owned())
    }

    /// An actor's secret in the spelling that requests carry, where that is not the secret itself.
    fn spelled(&self, _actor: &Credentials) -> Option<String> {
        None
    }
}

fn method(scheme: &Scheme) -> &dyn Method {
    match scheme {
        Scheme::Bearer(own) => own,
        Scheme::Basic(own) => own,
        Scheme::ApiKey(own) => own,
        Scheme::Hmac(own) => own,
        Scheme::AwsSigV4(own) => own,
        Scheme::HttpSignature(own) => own,
        Scheme::OAuthClient(own) => own,
    }
}

/// The values that show who calls, in the order of the scheme's carriers.
///
/// # Errors
/// A sentence on what is missing: a credential, a second actor, an earlier request.
pub fn credentials(
    plan: &AuthPlan,
    draft: &Draft<'_>,
    signer: &Signer<'_>,
    edit: TokenEdit,
) -> Result<Vec<String>, String> {
    if edit == TokenEdit::Replayed && covers_body(plan) {
        let missing = || "no request before had a token".to_owned();
        return signer.earlier.map(<[String]>::to_vec).ok_or_else(missing);
    }
    method(&plan.scheme).credentials(draft, signer, edit)
}

/// What a received request proves of an actor; none if it has no credentials of the scheme's form.
#[must_use]
pub fn proof(plan: &AuthPlan, received: &Draft<'_>, actor: &Credentials) -> Option<Proof> {
    let values: Vec<Cow<'_, str>> =
        plan.carriers.iter().map(|carrier| value(carrier, received)).collect::<Option<_>>()?;
    let values: Vec<&str> = values.iter().map(|value| &**value).collect();
    method(&plan.scheme).proof(&values, received, actor)
}

/// What stands where a scheme's value belongs.
#[must_use]
pub fn value<'a>(carrier: &Carrier, received: &Draft<'a>) -> Option<Cow<'a, str>> {
    match carrier {
        Carrier::Header(name) => received.header(name).map(Cow::Borrowed),
        Carrier::Query(name) => {
            let mut pairs = url::form_urlencoded::parse(received.query.as_bytes());
            pairs.find(|(own, _)| own == name).map(|(_, value)| Cow::Owned(value.into_owned()))
        }
    }
}

/// The ways of bending the credentials of a request, with or without a body.
#[must_use]
pub fn tampers(plan: &AuthPlan, body: bool) -> Vec<Tamper> {
    method(&plan.scheme).tampers(body)
}

/// Texts of the form and the length that the values have, for credentials of these lengths.
#[must_use]
pub fn stand_in(plan: &AuthPlan, length: &dyn Fn(&str) -> usize) -> Vec<String> {
    method(&plan.scheme).stand_in(length)
}

/// An actor's secret in the spelling that requests carry, where that is not the secret itself: whoever has it has the secret.
#[must_use]
pub fn spelled(plan: &AuthPlan, actor: &Credentials) -> Option<String> {
    method(&plan.scheme).spelled(actor)
}

/// True if the scheme shows a token that is fetched from the target.
#[must_use]
pub fn fetches(plan: &AuthPlan) -> bool {
    matches!(plan.scheme, Scheme::OAuthClient(_))
}

/// The request that fetches the token of a scheme; none for a scheme that shows what it knows.
///
/// # Errors
/// A sentence on the credential that is missing.
pub fn fetch(plan: &AuthPlan, signer: &Signer<'_>, edit: TokenEdit) -> Option<Result<Fetch, String>> {
    method(&plan.scheme).fetch(signer, edit)
}

/// The token in the answer to a request that fetches it.
///
/// # Errors
/// A sentence on what is missing in the answer.
pub fn given(plan: &AuthPlan, answer: &Json) -> Result<Given, String> {
    method(&plan.scheme).given(answer)
}

/// True if the credentials are made anew for each body.
#[must_use]
pub fn covers_body(plan: &AuthPlan) -> bool {
    method(&plan.scheme).covers_body()
}

/// True if the credentials themselves name who calls; else another header does.
#[must_use]
pub fn names_actor(plan: &AuthPlan) -> bool {
    method(&plan.scheme).names_actor()
}

fn known<'a>(actor: &'a Credentials, name: &str) -> &'a str {
    actor.get(name).map(Secret::reveal).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::wire::{ApiKey, AwsSigV4, Basic, Bearer, Hmac, Piece, SignedBytes};

    fn actor(of: &str) -> Credentials {
        let names = ["user", "password", "key"];
        names.into_iter().map(|name| (name.to_owned(), Secret::new(name, format!("{of}{name}Zz9")))).collect()
    }

    /// Every scheme, with the bends that say nothing of a request alone.
    fn schemes() -> Vec<(Scheme, &'static [TokenEdit])> {
        let own = |name: &str| name.to_owned();
        let pieces = ["KEY1:", ":"].map(|text| Piece::Text(text.to_owned()));
        let [prefix, colon] = pieces;
        let value = vec![prefix, Piece::Now("yyyyMMddHHmmssSSS".to_owned()), colon, Piece::Code];
        vec![
            (Scheme::Bearer(Bearer { token: own("key") }), &[]),
            (Scheme::Basic(Basic { user: own("user"), password: own("password") }), &[]),
            (Scheme::ApiKey(ApiKey { key: own("key"), cookie: None }), &[]),
            (Scheme::ApiKey(ApiKey { key: own("key"), cookie: Some(own("session")) }), &[]),
            // How old a code may be, no request tells.
            (Scheme::Hmac(Hmac { value, key: own("key"), over: SignedBytes::Body }), &[TokenEdit::Stale]),
            (
                Scheme::AwsSigV4(AwsSigV4 {
                    access_key: own("user"),
                    secret_key: own("password"),
                    region: own("eu-west-1"),
                    service: own("execute-api"),
                }),
                &[],
            ),
        ]
    }

    #[test]
    fn what_is_made_is_proven_and_what_is_bent_is_not() {
        let (first, second) = (actor("first"), actor("second"));
        let now = DateTime::parse_from_rfc3339("2026-01-02T03:04:05Z").expect("a time");
        let signer = Signer { credentials: &first, second: Some(&second), earlier: None, now, count: 1 };
        for (scheme, unproven) in schemes() {
            let carriers = vec![Carrier::Header("Authorization".to_owned())];
            let plan = AuthPlan { id: "own".to_owned(), carriers, scheme };
            let headers = [("host", "h"), ("x-amz-date", "20260102T030405Z")];
            let headers: Vec<(String, String)> = headers.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
            let draft = Draft {
                method: "POST",
                path: "/notes/1",
                query: "size=2",
                headers: &headers,
                body: br#"{"text":"a","more":"b"}"#,
            };
            let proves = |edit: TokenEdit, actor: &Credentials| {
                let made = credentials(&plan, &draft, &signer, edit).expect("credentials");
                let made: Vec<(String, String)> = made.into_iter().map(|v| ("authorization".to_owned(), v)).collect();
                let sent = [&headers[..], &made].concat();
                proof(&plan, &Draft { headers: &sent, ..draft }, actor).is_some_and(|proof| proof.holds())
            };
            assert!(proves(TokenEdit::Intact, &first), "{plan:?}");
            assert!(!proves(TokenEdit::Intact, &second), "{plan:?}");
            let tampers = tampers(&plan, true);
            assert!(tampers.len() > 1, "{plan:?}");
            for tamper in tampers {
                assert_eq!(proves(tamper.edit, &first), unproven.contains(&tamper.edit), "{plan:?} {tamper:?}");
            }
            assert!(proof(&plan, &draft, &first).is_none(), "{plan:?}");
        }
    }
}
