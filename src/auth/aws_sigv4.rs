//! AWS Signature Version 4 in the `Authorization` header.
//!
//! Source: "AWS Signature Version 4 for API requests" in the IAM User Guide; checked against botocore. The path is encoded once more than it
//! is on the wire, as every service but S3 wants it.

use super::{Draft, Method, Proof, Signer, Tamper, bend, known};
use crate::crypto::{self, Mac};
use crate::model::template::{Region, TokenEdit};
use crate::model::wire::{AwsSigV4, Credentials};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

impl AwsSigV4 {
    /// The names of the headers that are signed: all that AWS asks for and that the request has, sorted.
    fn signed(draft: &Draft<'_>) -> String {
        let wanted = |name: &str| matches!(name, "host" | "content-type") || name.starts_with("x-amz-");
        let mut names: Vec<String> = draft.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.retain(|name| wanted(name));
        names.sort_unstable();
        names.dedup();
        names.join(";")
    }

    /// The date, the scope of the key and the text that is signed; none if the host, another signed header or the date is missing.
    fn text(&self, draft: &Draft<'_>, signed: &str) -> Option<(String, String, String)> {
        if !signed.split(';').any(|name| name == "host") {
            return None;
        }
        let mut headers = String::new();
        for name in signed.split(';') {
            let values: Vec<String> = draft
                .headers
                .iter()
                .filter(|(own, _)| own.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            if values.is_empty() {
                return None;
            }
            headers.extend([name, ":", &values.join(","), "\n"]);
        }
        let mut query: Vec<(&str, &str)> = draft
            .query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        query.sort_unstable();
        let query: Vec<String> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{}\n{}\n{}\n{headers}\n{signed}\n{}",
            draft.method,
            draft.path.replace('%', "%25"),
            query.join("&"),
            crypto::hex(&crypto::sha256(draft.body)),
        );
        let time = draft.header(Self::DATE)?;
        let day = time.get(..8)?.to_owned();
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let text = format!("{ALGORITHM}\n{time}\n{scope}\n{}", crypto::hex(&crypto::sha256(request.as_bytes())));
        Some((day, scope, text))
    }

    fn signature(&self, secret: &str, day: &str, text: &str) -> String {
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in [day, &self.region, &self.service, "aws4_request"] {
            key = Mac::new(&key).bytes(part.as_bytes());
        }
        crypto::hex(&Mac::new(&key).bytes(text.as_bytes()))
    }
}

impl Method for AwsSigV4 {
    fn credentials(&self, draft: &Draft<'_>, signer: &Signer<'_>, edit: TokenEdit) -> Result<Vec<String>, String> {
        let (id, secret) = (signer.credential(&self.access_key)?, signer.credential(&self.secret_key)?);
        let body = bend::body(draft.body, edit)?;
        let address = bend::Address::of(draft, edit);
        let bent = Draft { body: &body, ..address.draft(draft) };
        let names = Self::signed(&bent);
        let missing = || format!("the request has no host or no header {}", Self::DATE);
        let (day, scope, text) = self.text(&bent, &names).ok_or_else(missing)?;
        let right = |secret: &str| self.signature(secret, &day, &text);
        let signature = match edit {
            TokenEdit::WrongCode => bend::first(&right(secret), ["a", "b"]),
            TokenEdit::HalfCode => bend::half(&right(secret)),
            TokenEdit::NoCode => String::new(),
            TokenEdit::OtherKey => right(&bend::of_nobody(secret)),
            TokenEdit::SecondKey => right(signer.second(&self.secret_key)?),
            _ => right(secret),
        };
        let id = if edit == TokenEdit::OtherName { bend::of_nobody(id) } else { id.to_owned() };
        Ok(vec![format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")])
    }

    fn proof(&self, values: &[&str], received: &Draft<'_>, actor: &Credentials) -> Option<Proof> {
        let rest = values.first()?.strip_prefix(ALGORITHM)?.trim_start();
        let part = |name: &str| rest.split(',').find_map(|p| p.trim().strip_prefix(name)?.strip_prefix('='));
        let (credential, signed, given) = (part("Credential")?, part("SignedHeaders")?, part("Signature")?);
        // What AWS asks to be signed must be.
        let asked = Self::signed(received);
        if !asked.split(';').all(|name| signed.split(';').any(|s| s == name)) {
            return None;
        }
        let (day, scope, text) = self.text(received, signed)?;
        let own = format!("{}/{scope}", known(actor, &self.access_key));
        let due = self.signature(known(actor, &self.secret_key), &day, &text);
        (credential == own).then(|| Proof { given: given.to_owned(), due })
    }

    fn tampers(&self, body: bool) -> Vec<Tamper> {
        let mut out = vec![
            Tamper::own("wrong-code", TokenEdit::WrongCode),
            Tamper::own("other-key", TokenEdit::OtherKey),
            Tamper::own("other-body", TokenEdit::Blank(Region::End)),
            Tamper::own("half-code", TokenEdit::HalfCode),
            Tamper::own("no-code", TokenEdit::NoCode),
            Tamper::own("other-name", TokenEdit::OtherName),
            Tamper::elsewhere("second-key", TokenEdit::SecondKey),
            Tamper::elsewhere("other-method", TokenEdit::OtherMethod),
            Tamper::elsewhere("other-path", TokenEdit::OtherPath),
            Tamper::elsewhere("other-query", TokenEdit::OtherQuery),
        ];
        if body {
            out.extend([
                Tamper::elsewhere("blank-head", TokenEdit::Blank(Region::Head)),
                Tamper::elsewhere("blank-tail", TokenEdit::Blank(Region::Tail)),
                Tamper::elsewhere("other-value", TokenEdit::Value),
            ]);
        }
        out
    }

    fn covers_body(&self) -> bool {
        true
    }

    fn stand_in(&self, length: &dyn Fn(&str) -> usize) -> Vec<String> {
        let id = "0".repeat(length(&self.access_key));
        let scope = format!("20010101/{}/{}/aws4_request", self.region, self.service);
        let signed = "content-type;host;x-amz-date";
        vec![format!("{ALGORITHM} Credential={id}/{scope}, SignedHeaders={signed}, Signature={}", "0".repeat(64))]
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::wire::Secret;

    /// The first three are of AWS's own test suite (`get-vanilla`, `get-vanilla-query-order-key-case`, `post-vanilla`), the others are made
    /// with botocore 1.44.8.
    #[test]
    fn signatures_of_others() {
        let scheme = AwsSigV4 {
            access_key: "id".to_owned(),
            secret_key: "secret".to_owned(),
            region: "us-east-1".to_owned(),
            service: "service".to_owned(),
        };
        let secret = |name: &str, value: &str| (name.to_owned(), Secret::new(name, value));
        let actor = Credentials::from([
            secret("id", "AKIDEXAMPLE"),
            secret("secret", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        ]);
        let now = DateTime::parse_from_rfc3339("2015-08-30T12:36:00Z").expect("a time");
        let signer = Signer { credentials: &actor, second: None, earlier: None, now, count: 0 };
        let more = [
            ("Content-Type", "application/json"),
            ("X-Amz-Security-Token", "of-a-session"),
            ("X-Amz-Meta", "  two   words "),
            ("X-Other", "is not signed"),
        ];
        for (method, path, query, body, more, signature) in [
            ("GET", "/", "", "", &[][..], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            (
                "GET",
                "/",
                "Param2=value2&Param1=value1",
                "",
                &[],
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            ("POST", "/", "", "", &[], "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
            (
                "GET",
                "/notes/a%20b/%EA%B0%80",
                "q=%EB%82%98&ids=2&ids=1&empty=",
                "",
                &[],
                "62fad3b5e601a8f5bc0e73ff66138bf4c51cbe4b4d2cae9157f42ae81657b02c",
            ),
            (
                "POST",
                "/v1/notes",
                "",
                "{\"text\":\"a  b\"}",
                &more[..],
                "fc53a637be1b69b41d27057b101daaa818361200eed84bbd39b76dff062edb50",
            ),
            (
                "DELETE",
                "/v1/notes/~x-y_z.1",
                "",
                "",
                &[],
                "ecd00ac7a54a37b2e33cd06a3f081606d766a411c5f631ff29e00fcea8354341",
            ),
        ] {
            let own = [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")];
            let headers: Vec<(String, String)> =
                own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let draft = Draft { method, path, query, headers: &headers, body: body.as_bytes() };
            let made = scheme.credentials(&draft, &signer, TokenEdit::Intact).expect("credentials").concat();
            assert!(made.ends_with(&format!("Signature={signature}")), "{method} {path}?{query}: {made}");
            assert!(made.starts_with(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="
            ));
            assert!(!made.contains("x-other"), "{made}");
        }
    }

    #[test]
    fn a_header_that_must_be_signed_is_asked_for() {
        let scheme = AwsSigV4 {
            access_key: "id".to_owned(),
            secret_key: "secret".to_owned(),
            region: "r".to_owned(),
            service: "s".to_owned(),
        };
        let secret = |name: &str| (name.to_owned(), Secret::new(name, format!("{name}-of-a-test")));
        let actor = Credentials::from([secret("id"), secret("secret")]);
        let now = DateTime::parse_from_rfc3339("2015-08-30T12:36:00Z").expect("a time");
        let signer = Signer { credentials: &actor, second: None, earlier: None, now, count: 0 };
        let headers = [("Host".to_owned(), "h".to_owned()), ("X-Amz-Date".to_owned(), "20150830T123600Z".to_owned())];
        let draft = Draft { method: "GET", path: "/", query: "", headers: &headers, body: b"" };
        let made = scheme.credentials(&draft, &signer, TokenEdit::Intact).expect("credentials").concat();
        assert!(scheme.proof(&[&made], &draft, &actor).is_some_and(|proof| proof.holds()));
        let more = [&headers[..], &[("X-Amz-Target".to_owned(), "added.on.the.way".to_owned())]].concat();
        assert!(scheme.proof(&[&made], &Draft { headers: &more, ..draft }, &actor).is_none());
        for incomplete in [&headers[..1], &headers[1..]] {
            assert_eq!(
                scheme.credentials(&Draft { headers: incomplete, ..draft }, &signer, TokenEdit::Intact),
                Err("the request has no host or no header X-Amz-Date".to_owned())
            );
        }
    }
}
