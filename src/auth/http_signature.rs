//! HTTP Message Signatures (RFC 9421) with HMAC-SHA256 over the parts that the contract names, the body by its digest (RFC 9530).

use super::{Draft, Method, Proof, Signer, Tamper, bend, known};
use crate::crypto;
use crate::model::template::{Region, TokenEdit};
use crate::model::wire::{Credentials, HttpSignature};

const ALGORITHM: &str = "hmac-sha256";

/// How old the time of a stale signature is: far beyond any difference of clocks.
const STALE: chrono::Duration = chrono::Duration::hours(1);

impl HttpSignature {
    /// The text that is signed (RFC 9421, 2.5), over these parts of a request; none if it lacks one of them.
    fn base(draft: &Draft<'_>, digest: &str, parts: &[&str], parameters: &str) -> Option<String> {
        let mut base = String::new();
        for part in parts {
            let value = match *part {
                "@method" => draft.method.to_owned(),
                "@authority" => draft.header("host")?.to_ascii_lowercase(),
                "@path" => draft.path.to_owned(),
                "@query" => format!("?{}", draft.query),
                Self::DIGEST => digest.to_owned(),
                name => {
                    let own = draft.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
                    let values: Vec<&str> = own.map(|(_, value)| value.trim()).collect();
                    if values.is_empty() {
                        return None;
                    }
                    values.join(", ")
                }
            };
            base.extend(["\"", part, "\": ", &value, "\n"]);
        }
        Some(base + "\"@signature-params\": " + parameters)
    }

    fn signature(key: &str, base: &str) -> String {
        crypto::hmac_sha256_base64(key.as_bytes(), base.as_bytes())
    }

    /// The value of `Content-Digest` for a body.
    fn digest(body: &[u8]) -> String {
        format!("sha-256=:{}:", crypto::base64(&crypto::sha256(body)))
    }
}

impl Method for HttpSignature {
    fn credentials(&self, draft: &Draft<'_>, signer: &Signer<'_>, edit: TokenEdit) -> Result<Vec<String>, String> {
        let (id, key) = (signer.credential(&self.key_id)?, signer.credential(&self.key)?);
        let id = if edit == TokenEdit::OtherName { bend::of_nobody(id) } else { id.to_owned() };
        let time = if edit == TokenEdit::Stale { signer.now - STALE } else { signer.now };
        let parts: Vec<&str> = self.covers.iter().map(String::as_str).collect();
        let quoted: Vec<String> = parts.iter().map(|part| format!("\"{part}\"")).collect();
        let parameters = format!(
            "({});created={};keyid=\"{}\";alg=\"{ALGORITHM}\"",
            quoted.join(" "),
            time.timestamp(),
            id.replace('\\', "\\\\").replace('"', "\\\""),
        );
        let covered = Self::digest(&bend::body(draft.body, edit)?);
        // A target that computes the digest of the body and one that signs what it is told are different targets.
        let told = if edit == TokenEdit::OtherDigest { Self::digest(draft.body) } else { covered.clone() };
        let other = bend::Address::of(draft, edit);
        let missing = || format!("the request lacks a part that is signed: {}", self.covers.join(", "));
        let base = Self::base(&other.draft(draft), &covered, &parts, &parameters).ok_or_else(missing)?;
        let right = |key: &str| Self::signature(key, &base);
        let code = match edit {
            TokenEdit::WrongCode => bend::first(&right(key), ["A", "B"]),
            TokenEdit::HalfCode => bend::half(&right(key)),
            TokenEdit::OtherCase => bend::other_case(&right(key)),
            TokenEdit::NoCode => String::new(),
            TokenEdit::OtherKey => right(&bend::of_nobody(key)),
            TokenEdit::SecondKey => right(signer.second(&self.key)?),
            _ => right(key),
        };
        let label = &self.label;
        let mut values = vec![format!("{label}=:{code}:"), format!("{label}={parameters}")];
        values.extend(self.covers_body().then_some(told));
        Ok(values)
    }

    fn proof(&self, values: &[&str], received: &Draft<'_>, actor: &Credentials) -> Option<Proof> {
        let [signature, input, ..] = values else { return None };
        let own = |value: &'_ str| value.strip_prefix(self.label.as_str())?.strip_prefix('=').map(str::to_owned);
        let (signature, parameters) = (own(signature)?, own(input)?);
        let given = signature.strip_prefix(':')?.strip_suffix(':')?.to_owned();
        let (parts, rest) = parameters.strip_prefix('(')?.split_once(')')?;
        let parts: Vec<&str> = parts.split_ascii_whitespace().map(|part| part.trim_matches('"')).collect();
        // What the contract asks to be signed must be.
        if !self.covers.iter().all(|part| parts.contains(&part.as_str())) {
            return None;
        }
        let named = format!("keyid=\"{}\"", known(actor, &self.key_id));
        let right = rest.split(';').any(|parameter| parameter == named);
        let digest = values.get(2).copied().unwrap_or_default();
        if !right || self.covers_body() && digest != Self::digest(received.body) {
            return None;
        }
        let base = Self::base(received, digest, &parts, &parameters)?;
        Some(Proof { given, due: Self::signature(known(actor, &self.key), &base) })
    }

    fn tampers(&self, body: bool) -> Vec<Tamper> {
        let covers = |part: &str| self.covers.iter().any(|own| own == part);
        let mut out = vec![
            Tamper::own("wrong-code", TokenEdit::WrongCode),
            Tamper::own("other-key", TokenEdit::OtherKey),
            Tamper::own("half-code", TokenEdit::HalfCode),
            Tamper::own("other-case", TokenEdit::OtherCase),
            Tamper::own("no-code", TokenEdit::NoCode),
            Tamper::own("other-name", TokenEdit::OtherName),
            Tamper::elsewhere("earlier-time", TokenEdit::Stale),
            Tamper::elsewhere("second-key", TokenEdit::SecondKey),
        ];
        let address = [
            ("@method", Tamper::elsewhere("other-method", TokenEdit::OtherMethod)),
            ("@path", Tamper::elsewhere("other-path", TokenEdit::OtherPath)),
            ("@query", Tamper::elsewhere("other-query", TokenEdit::OtherQuery)),
        ];
        out.extend(address.into_iter().filter(|(part, _)| covers(part)).map(|(_, tamper)| tamper));
        if self.covers_body() {
            out.push(Tamper::own("other-body", TokenEdit::Blank(Region::End)));
            if body {
                out.extend([
                    Tamper::elsewhere("blank-head", TokenEdit::Blank(Region::Head)),
                    Tamper::elsewhere("blank-tail", TokenEdit::Blank(Region::Tail)),
                    Tamper::elsewhere("other-value", TokenEdit::Value),
                    Tamper::elsewhere("other-digest", TokenEdit::OtherDigest),
                ]);
            }
        }
        out
    }

    fn covers_body(&self) -> bool {
        HttpSignature::covers_body(self)
    }

    fn stand_in(&self, length: &dyn Fn(&str) -> usize) -> Vec<String> {
        let parts: Vec<String> = self.covers.iter().map(|part| format!("\"{part}\"")).collect();
        let (label, id) = (&self.label, "0".repeat(length(&self.key_id)));
        let input = format!("{label}=({});created=1000000000;keyid=\"{id}\";alg=\"{ALGORITHM}\"", parts.join(" "));
        let code = crypto::base64(&[0; 32]);
        let mut values = vec![format!("{label}=:{code}:"), input];
        values.extend(self.covers_body().then(|| Self::digest(b"")));
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9421, B.2.5, and the digest of RFC 9530's first example with the body of RFC 9421, B.2.
    #[test]
    fn the_signature_and_the_digest_of_the_rfcs() {
        let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = [
            text("Host", "example.com"),
            text("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
            text("Content-Type", "application/json"),
        ];
        let draft = Draft { method: "POST", path: "/foo", query: "param=Value&Pet=dog", headers: &headers, body: b"" };
        let parameters = "(\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\"";
        let base = HttpSignature::base(&draft, "", &["date", "@authority", "content-type"], parameters);
        let key = crypto::from_base64(
            "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==",
        );
        let mac = crypto::Mac::new(&key.expect("Base64")).bytes(base.expect("every part").as_bytes());
        assert_eq!(crypto::base64(&mac), "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
        assert_eq!(
            HttpSignature::digest(b"{\"hello\": \"world\"}"),
            "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
        );
    }
}
