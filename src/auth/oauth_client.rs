//! OAuth 2.0 client credentials (RFC 6749, 4.4): a bearer token that the target gives out to a client who shows id and secret.

use super::{Draft, Fetch, Given, Method, Proof, Signer, Tamper, bend};
use crate::crypto;
use crate::model::Json;
use crate::model::template::TokenEdit;
use crate::model::wire::{Credentials, OAuthClient};

/// A text as it stands in `application/x-www-form-urlencoded`.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

impl Method for OAuthClient {
    fn credentials(&self, draft: &Draft<'_>, signer: &Signer<'_>, edit: TokenEdit) -> Result<Vec<String>, String> {
        if edit.fetches() && !signer.credentials.contains_key(&self.bearer.token) {
            // The target has given no token to whom it does not know: the call is made without one.
            return Ok(Vec::new());
        }
        self.bearer.credentials(draft, signer, edit)
    }

    fn proof(&self, values: &[&str], received: &Draft<'_>, actor: &Credentials) -> Option<Proof> {
        self.bearer.proof(values, received, actor)
    }

    fn tampers(&self, body: bool) -> Vec<Tamper> {
        let mut out = self.bearer.tampers(body);
        out.extend([
            Tamper::own("token-for-other-secret", TokenEdit::FetchedOtherKey),
            Tamper::own("token-for-other-name", TokenEdit::FetchedOtherName),
            Tamper::own("token-for-no-secret", TokenEdit::FetchedNoKey),
            Tamper::elsewhere("token-for-second-secret", TokenEdit::FetchedSecondKey),
        ]);
        out
    }

    fn stand_in(&self, length: &dyn Fn(&str) -> usize) -> Vec<String> {
        self.bearer.stand_in(length)
    }

    fn fetch(&self, signer: &Signer<'_>, edit: TokenEdit) -> Option<Result<Fetch, String>> {
        Some(self.request(signer, edit))
    }

    fn given(&self, answer: &Json) -> Result<Given, String> {
        let text = |name: &str| answer.get(name).and_then(Json::scalar);
        let token = text("access_token").filter(|token| !token.is_empty()).ok_or("it has no `access_token`")?;
        if let Some(other) = text("token_type").filter(|word| !word.eq_ignore_ascii_case("bearer")) {
            return Err(format!("its `token_type` is {other}, and konform shows bearer tokens"));
        }
        let seconds = text("expires_in").and_then(|seconds| seconds.parse().ok());
        Ok(Given { credential: self.bearer.token.clone(), token: token.to_owned(), seconds })
    }
}

impl OAuthClient {
    fn request(&self, signer: &Signer<'_>, edit: TokenEdit) -> Result<Fetch, String> {
        let (id, secret) = (signer.credential(&self.client_id)?, signer.credential(&self.client_secret)?);
        let secret = match edit {
            TokenEdit::FetchedOtherKey => bend::of_nobody(secret),
            TokenEdit::FetchedNoKey => String::new(),
            TokenEdit::FetchedSecondKey => signer.second(&self.client_secret)?.to_owned(),
            _ => secret.to_owned(),
        };
        let id = if edit == TokenEdit::FetchedOtherName { bend::of_nobody(id) } else { id.to_owned() };
        let mut form = vec![("grant_type", "client_credentials".to_owned())];
        form.extend(self.scope.clone().map(|scope| ("scope", scope)));
        let mut authorization = None;
        if self.in_body {
            form.extend([("client_id", id), ("client_secret", secret)]);
        } else {
            let pair = crypto::base64(format!("{}:{}", encoded(&id), encoded(&secret)).as_bytes());
            authorization = Some(format!("Basic {pair}"));
        }
        Ok(Fetch { path: self.token_path.clone(), authorization, form })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::json::parse;
    use crate::model::wire::{Bearer, Secret};

    fn scheme(in_body: bool) -> OAuthClient {
        OAuthClient {
            client_id: "id".to_owned(),
            client_secret: "secret".to_owned(),
            token_path: "/token".to_owned(),
            scope: in_body.then(|| "read write".to_owned()),
            in_body,
            bearer: Bearer { token: "fetched".to_owned() },
        }
    }

    #[test]
    fn a_client_shows_id_and_secret_in_a_header_or_in_the_body() {
        // The client of RFC 6749, 2.3.1, and a secret with signs that a form encodes.
        let own = [("id", "s6BhdRkqt3"), ("secret", "7Fjfp0ZBr1KtDRbnfVdmIw")];
        let odd = [("id", "a:b"), ("secret", "c d+é")];
        let actor = |of: [(&str, &str); 2]| -> Credentials {
            of.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(name, value))).collect()
        };
        for (of, in_body, edit, authorization, form) in [
            (own, false, TokenEdit::Intact, Some("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"), ""),
            (own, false, TokenEdit::FetchedNoKey, Some("Basic czZCaGRSa3F0Mzo="), ""),
            (odd, false, TokenEdit::Intact, Some("Basic YSUzQWI6YytkJTJCJUMzJUE5"), ""),
            (
                own,
                true,
                TokenEdit::Intact,
                None,
                "scope=read write client_id=s6BhdRkqt3 client_secret=7Fjfp0ZBr1KtDRbnfVdmIw",
            ),
            (
                own,
                true,
                TokenEdit::FetchedOtherName,
                None,
                "scope=read write client_id=s6BhdRkqt3-of-somebody-else client_secret=7Fjfp0ZBr1KtDRbnfVdmIw",
            ),
            (
                own,
                true,
                TokenEdit::FetchedOtherKey,
                None,
                "scope=read write client_id=s6BhdRkqt3 client_secret=7Fjfp0ZBr1KtDRbnfVdmIw-of-somebody-else",
            ),
        ] {
            let credentials = actor(of);
            let now = DateTime::parse_from_rfc3339("2026-01-02T03:04:05Z").expect("a time");
            let signer = Signer { credentials: &credentials, second: None, earlier: None, now, count: 1 };
            let fetch = scheme(in_body).fetch(&signer, edit).expect("a fetch").expect("every credential");
            assert_eq!(fetch.authorization.as_deref(), authorization, "{edit:?}");
            let pairs: Vec<String> = fetch.form.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(pairs.join(" "), format!("grant_type=client_credentials {form}").trim_end(), "{edit:?}");
        }
    }

    #[test]
    fn what_an_answer_gives() {
        for (answer, given) in [
            (r#"{"access_token":"abc","token_type":"Bearer","expires_in":3600}"#, Ok(("abc", Some(3600)))),
            (r#"{"access_token":"abc","token_type":"bearer","expires_in":"60"}"#, Ok(("abc", Some(60)))),
            (r#"{"access_token":"abc"}"#, Ok(("abc", None))),
            (
                r#"{"access_token":"abc","token_type":"mac"}"#,
                Err("its `token_type` is mac, and konform shows bearer tokens"),
            ),
            (r#"{"access_token":"","token_type":"bearer"}"#, Err("it has no `access_token`")),
            (r#"{"error":"invalid_client"}"#, Err("it has no `access_token`")),
        ] {
            let tree = parse(answer.as_bytes()).expect("JSON").root;
            let made = scheme(false).given(&tree).map(|given| (given.token, given.seconds));
            assert_eq!(made, given.map(|(token, s)| (token.to_owned(), s)).map_err(str::to_owned), "{answer}");
        }
    }
}
