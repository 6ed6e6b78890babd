//! Turns what was sent and what came into [`Observed`]: the one place where secrets are taken out.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::coding::{self, Coded};
use super::leak::{self, Needle, Search};
use super::{BODY_CAP, Prepared, Raw, seal};
use crate::crypto::{self, Keys};
use crate::model::bin::{Bin, luhn};
use crate::model::json::{self, Redacted};
use crate::model::observed::{self, Answer, Body, Failure, Opened};
use crate::model::wire::{HeaderPlan, SecretField};
use crate::model::{Json, Observed, place};

/// How much of a body that is no JSON is kept, in characters.
const EXCERPT: usize = 200;
/// Shorter values of a secret header are malformed ones.
const TOKEN: usize = 20;

/// Redacts under a key of its own that is never written anywhere.
pub struct Redactor {
    key: crypto::Mac,
    /// Secrets of the whole run.
    needles: Vec<Needle>,
    /// Card numbers that the run may meet.
    bins: Vec<Bin>,
    /// Bytes that a body may have once its content coding is undone.
    most: usize,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new([], Vec::new())
    }
}

impl Redactor {
    /// Takes these secrets, name and value, and these card numbers out of every answer, besides what a request itself carries.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>, bins: Vec<Bin>) -> Self {
        let mut known: Vec<&str> = Vec::new();
        let mut needles = Vec::new();
        for (kind, value) in secrets {
            if !known.contains(&value) {
                known.push(value);
                needles.extend(Needle::new(kind, value));
            }
        }
        Self { key: crypto::Mac::new(&crypto::random::<32>()), needles, bins, most: BODY_CAP }
    }

    /// Takes bodies of up to so many bytes, their content coding undone.
    #[must_use]
    pub fn reading(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// What may be judged and recorded of one exchange, and beside it the answer's tree as it came, for the model alone.
    #[must_use]
    pub fn observe(
        &self,
        sent: Prepared,
        mut came: Result<Raw, Failure>,
        keys: Option<&Keys>,
        micros: u64,
        attempt: u8,
    ) -> (Observed, Option<Json>) {
        let bytes = came.as_ref().map_or(0, |raw| raw.body.len());
        let coded = match came.as_mut().map(|raw| coding::undo(raw, self.most)) {
            Ok(Ok(coded)) => coded,
            Ok(Err(failure)) => {
                came = Err(failure);
                Coded::Plain
            }
            Err(_) => Coded::Plain,
        };
        let opened = match &mut came {
            Ok(raw) if coded == Coded::Plain => seal::open(sent.wire.encryption.as_deref(), keys, raw),
            _ => Opened::Plain,
        };
        let root = came.as_ref().ok().and_then(|raw| json::parse(&raw.body).ok()).map(|document| document.root);
        let queried = sent.queried().filter(|(_, value)| !value.is_empty());
        let mut secrets: Vec<(String, String)> = queried.map(|(id, value)| (id.to_owned(), value.to_owned())).collect();
        let mut headers = sent.headers;
        for (name, value) in &mut headers {
            if let Some(secret) = secret_of(&sent.wire.headers, name) {
                let value = std::mem::replace(value, format!("${secret}"));
                // What was cut short on purpose is a word like any other.
                if value.len() >= TOKEN {
                    // A target may show what stands behind the scheme's word without the word.
                    let bare = value.split_once(' ').map(|(_, bare)| (secret.clone(), bare.to_owned()));
                    secrets.push((secret.clone(), value));
                    secrets.extend(bare);
                }
            }
        }
        let mut body = sent.tree;
        let addressed = sent.wire.addressed(&body);
        for field in &sent.wire.request_secrets {
            self.redact(&mut body, Some(&field.path), field, &mut |kind, value| {
                secrets.push((kind.to_owned(), value.to_owned()));
            });
        }
        let url = leak::address(&sent.url, &secrets);
        // The transport's words name the address.
        if let Err(failure) = &mut came {
            failure.detail = failure.detail.replace(&sent.url, &url);
        }
        let own: Vec<Needle> = secrets.iter().filter_map(|(kind, value)| Needle::new(kind, value)).collect();
        let mut search = Search::new(&self.needles, &own, &self.bins);
        let answer = came.map(|raw| self.answer(raw, (coded, bytes), &sent.wire.response_secrets, &mut search));
        let observed = Observed {
            endpoint: Arc::from(sent.wire.endpoint.as_str()),
            method: sent.method.into_owned(),
            url,
            version: sent.version.into(),
            request_headers: headers,
            request_body: body,
            addressed,
            bodiless: !sent.wire.has_body,
            trace: sent.trace,
            hostile: sent.hostile.map(|kind| kind.word().into()),
            sealed: sent.sealed,
            opened,
            facts: Vec::new(),
            own: Vec::new(),
            echoes: search.echoes,
            answer,
            micros,
            attempt,
        };
        (observed, root)
    }

    fn answer(
        &self,
        raw: Raw,
        (coded, bytes): (Coded, usize),
        fields: &[SecretField],
        search: &mut Search<'_>,
    ) -> Answer {
        // What the answer shows where a secret may stand is a secret wherever else it shows it; to show it there is no leak.
        let mut shown: Vec<Needle> = Vec::new();
        let body = if raw.body.is_empty() {
            Body::Empty
        } else if let Coded::Left(coding, spoilt) = coded {
            Body::Coded { coding, spoilt }
        } else {
            match json::parse(&raw.body) {
                Ok(json::Document { mut root, defects }) => {
                    let mut note = |kind: &str, value: &str| shown.extend(Needle::new(kind, value));
                    for field in fields {
                        self.redact(&mut root, Some(&field.path), field, &mut note);
                    }
                    search.tree(&mut root, "");
                    if !shown.is_empty() {
                        Search::new(&[], &shown, &[]).tree(&mut root, "");
                    }
                    Body::Json { root, defects }
                }
                Err(error) => {
                    // Of the whole text: what is cut in two would not be recognised.
                    let text = String::from_utf8_lossy(&raw.body);
                    let excerpt =
                        search.text(&without_named(&text, fields, &mut shown), "").chars().take(EXCERPT).collect();
                    Body::Other { why: error.to_string(), excerpt }
                }
            }
        };
        let mut again = Search::new(&[], &shown, &[]);
        let headers: Vec<(String, String)> = raw
            .headers
            .into_iter()
            .map(|(name, value)| {
                let value =
                    String::from_utf8(value).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
                let name = name.to_ascii_lowercase();
                let value = search.text(&value, &format!("header:{name}")).into_owned();
                let value = if shown.is_empty() { value } else { again.text(&value, "").into_owned() };
                (name, value)
            })
            .collect();
        let version = raw.version.map_or_else(observed::usual_version, Cow::Borrowed);
        let excess = raw.excess.map(|what| search.text(&what, "").into_owned());
        Answer { status: raw.status, version, headers, body, bytes, excess }
    }

    /// Takes out what stands at the path, whatever type it and what is on the way to it have: a target that sends a list for one thing,
    /// or a text for an object, has not made the secret less secret.
    fn redact(&self, node: &mut Json, path: Option<&str>, field: &SecretField, found: &mut dyn FnMut(&str, &str)) {
        let Some(path) = path else { return self.hide(node, field, found) };
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        match node {
            Json::Array(items) => {
                let rest = if name == "*" { rest } else { Some(path) };
                for item in items {
                    self.redact(item, rest, field, found);
                }
            }
            Json::Object(members) => {
                let own = place::name(name);
                for (_, value) in members.iter_mut().filter(|(known, _)| name == "*" || *known == own) {
                    self.redact(value, rest, field, found);
                }
            }
            Json::String(_) | Json::Number(_) => self.hide(node, field, found),
            Json::Null | Json::Bool(_) | Json::Redacted(_) => {}
        }
    }

    /// Hides a value and all in it. Of another type than text its type alone can still be judged.
    fn hide(&self, value: &mut Json, field: &SecretField, found: &mut dyn FnMut(&str, &str)) {
        match value {
            Json::String(text) => {
                found(&field.kind, text);
                let redacted = self.seal(text, field);
                *value = Json::Redacted(Box::new(redacted));
            }
            Json::Number(lexeme) => {
                found(&field.kind, lexeme);
                *value = Json::number("0");
            }
            Json::Bool(yes) => *yes = false,
            Json::Array(items) => {
                for item in items {
                    self.hide(item, field, found);
                }
            }
            Json::Object(members) => {
                for (at, (name, inner)) in members.iter_mut().enumerate() {
                    found(&field.kind, name);
                    *name = format!("member-{}", at + 1).as_str().into();
                    self.hide(inner, field, found);
                }
            }
            Json::Null | Json::Redacted(_) => {}
        }
    }

    fn seal(&self, text: &str, field: &SecretField) -> Redacted {
        let mut matches: Vec<String> = field
            .formats
            .iter()
            .filter(|f| crate::model::format::matches(f, text))
            .map(|f| f.name().to_owned())
            .collect();
        matches.extend(field.words.iter().filter(|w| *w == text).cloned());
        matches.extend(field.charset.filter(|set| text.chars().all(|c| set.holds(c))).map(|set| set.word().to_owned()));
        let mut classes = Vec::new();
        for (class, test) in [
            ("digits", (|c: char| c.is_ascii_digit()) as fn(char) -> bool),
            ("letters", char::is_alphabetic),
            ("space", char::is_whitespace),
            ("other", |c| !c.is_ascii_digit() && !c.is_alphabetic() && !c.is_whitespace()),
        ] {
            if text.chars().any(test) {
                classes.push(class.into());
            }
        }
        Redacted {
            kind: field.kind.clone(),
            commit: self.key.base64(text.as_bytes()),
            chars: text.chars().count(),
            utf16: text.encode_utf16().count(),
            bytes: text.len(),
            classes,
            luhn: luhn(text.as_bytes()),
            matches,
        }
    }
}

/// A text that is no JSON without what stands behind the names of secret fields and of what holds them: JSON that was cut off, a form,
/// XML. A list or an object behind such a name takes the rest of the text with it, since nothing says where it ends.
fn without_named(text: &str, fields: &[SecretField], shown: &mut Vec<Needle>) -> String {
    let names = fields.iter().flat_map(|field| {
        let parts = field.path.split('.').filter(|part| *part != "*");
        parts.map(|part| (place::name(part), field.kind.as_str()))
    });
    names.fold(text.to_owned(), |text, (name, kind)| without_value(&text, (&name, kind), shown))
}

/// A text without what stands behind a name.
fn without_value(text: &str, (name, kind): (&str, &str), shown: &mut Vec<Needle>) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(name) {
        let (before, behind) = rest.split_at(at + name.len());
        let value = behind.trim_start_matches(|c: char| c.is_whitespace() || "\"':=>".contains(c));
        let between = &behind[..behind.len() - value.len()];
        kept.extend([before, between]);
        rest = value;
        // Without a sign between them it is another word that begins like the name; an element may hold others.
        if between.contains([':', '=', '>']) && !value.starts_with('<') {
            let quoted = between.ends_with(['"', '\'']);
            let ends = |c: char| if quoted { "\"'".contains(c) } else { c.is_whitespace() || ",}]&<;".contains(c) };
            let whole = value.starts_with(['[', '{']);
            let length = if whole { value.len() } else { value.find(ends).unwrap_or(value.len()) };
            let words = value[..length].split(|c: char| c.is_whitespace() || "\"'[]{},:".contains(c));
            shown.extend(words.filter_map(|word| Needle::new(kind, word)));
            kept.extend(["<", kind, ">"]);
            rest = &value[length..];
        }
    }
    kept + rest
}

/// The name of the secret that a header carries.
fn secret_of<'a>(plans: &'a [HeaderPlan], name: &str) -> Option<&'a String> {
    plans.iter().find(|plan| plan.name.eq_ignore_ascii_case(name)).and_then(|plan| plan.secret.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_keeps_what_can_be_judged_and_nothing_else() {
        let field = SecretField {
            path: "card.*.no".to_owned(),
            kind: "pan".to_owned(),
            formats: Vec::new(),
            words: Vec::new(),
            charset: Some(crate::model::field::Charset::Digits),
        };
        let redactor = Redactor::default();
        let mut body = json::parse(br#"{"card":[{"no":"4111111111111111"},{"no":7}],"no":"x"}"#).unwrap().root;
        redactor.redact(&mut body, Some(&field.path), &field, &mut |_, _| {});
        let text = body.to_text();
        assert!(!text.contains("4111111111111111"), "{text}");
        let Some(Json::Redacted(r)) = body.at("card.0.no") else { panic!("{text}") };
        assert_eq!(
            (r.chars, r.luhn, r.classes.as_slice(), r.matches.as_slice()),
            (16, true, &["digits".into()][..], &["digits".to_owned()][..])
        );
        assert_eq!(body.at("card.1.no"), Some(&Json::number("0")));
        assert_eq!(body.get("no"), Some(&Json::text("x")));
    }

    #[test]
    fn a_secret_of_any_type_and_place_is_taken_out() {
        let field = SecretField {
            path: "card.*.no".to_owned(),
            kind: "pan".to_owned(),
            formats: Vec::new(),
            words: Vec::new(),
            charset: None,
        };
        let secret = "k7Qz-hidden-91";
        for (came, left) in [
            (r#"{"card":[{"no":["S",{"S":"S"},[true,"S"]]}]}"#, r#"[<text>,{"member-1":<text>},[false,<text>]]"#),
            (r#"{"card":[{"no":{"a":{"S":7}}}]}"#, r#"{"member-1":{"member-1":0}}"#),
        ] {
            let mut body = json::parse(came.replace('S', secret).as_bytes()).unwrap().root;
            let mut found = Vec::new();
            Redactor::default()
                .redact(&mut body, Some(&field.path), &field, &mut |_, value| found.push(value.to_owned()));
            assert!(!body.to_text().contains(secret), "{came}: {}", body.to_text());
            assert!(found.iter().any(|value| value == secret), "{came}: {found:?}");
            assert_eq!(shape(body.at("card.0.no").unwrap()), left, "{came}");
        }
        // What is on the way to it is of another type than the contract says.
        for came in
            [r#"{"card":"S"}"#, r#"{"card":{"no":"S"}}"#, r#"{"card":["S"]}"#, r#"{"card":[[{"no":"S"}]]}"#, r#"["S"]"#]
        {
            let mut body = json::parse(came.replace('S', secret).as_bytes()).unwrap().root;
            Redactor::default().redact(&mut body, Some(&field.path), &field, &mut |_, _| {});
            assert!(!body.to_text().contains(secret), "{came}: {}", body.to_text());
        }
    }

    #[test]
    fn secrets_are_taken_out_of_answers_that_are_no_json_by_their_names() {
        let field = |path: &str| SecretField {
            path: path.to_owned(),
            kind: "pan".to_owned(),
            formats: Vec::new(),
            words: Vec::new(),
            charset: None,
        };
        let fields = [field("card.cardNo"), field("pins.*")];
        for (came, left) in [
            (r#"{"a":1,"cardNo" : "S"#, r#"{"a":1,"cardNo" : "<pan>"#),
            (r#"{"a":1,"card": ["S", {"b"#, r#"{"a":1,"card": <pan>"#),
            (r#"{"cardNo":S,"ok":tru"#, r#"{"cardNo":<pan>,"ok":tru"#),
            (r#"{"cardNo":"S","a":1,}{"cardNo":"S"}"#, r#"{"cardNo":"<pan>","a":1,}{"cardNo":"<pan>"}"#),
            (r#"{"pins":["S","S"#, r#"{"pins":<pan>"#),
            ("a=1&cardNo=S&b=2", "a=1&cardNo=<pan>&b=2"),
            ("<r><cardNo>S</cardNo><b>2</b></r>", "<r><cardNo><pan></cardNo><b>2</b></r>"),
            ("no cardNo was given", "no cardNo was given"),
        ] {
            let mut shown = Vec::new();
            let came = came.replace('S', "k7Qz-hidden-91");
            assert_eq!(without_named(&came, &fields, &mut shown), left, "{came}");
            assert_eq!(shown.is_empty(), !came.contains("k7Qz"), "{came}");
        }
    }

    /// A tree with what was hidden by a word.
    fn shape(node: &Json) -> String {
        match node {
            Json::Redacted(_) => "<text>".to_owned(),
            Json::Array(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
            Json::Object(members) => {
                let member = |(name, value): &(crate::model::json::Text, Json)| format!("\"{name}\":{}", shape(value));
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
            other => other.to_text(),
        }
    }
}
