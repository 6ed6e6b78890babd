//! Named faults: ways to break the contract on purpose, in answers and in handlers.

use std::fmt;

use super::change::{Change, content_type, edit, edit_bytes};
use super::history::History;
use super::{Call, Reply, Sandbox, keys};
use crate::contract::{Endpoint, Row, When};
use crate::model::Rule;
use crate::model::field::Way;
use crate::model::json::{self, Json, printable};
use crate::model::template::Region;
use crate::schema::check::Judged;

/// One fault, read from its name: [`FAULTS`] lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub(super) Kind);

/// What a fault does; [`FAULTS`] explains each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Overlook { path: String, rule: Rule, way: Option<Way> },
    Object { path: String, longest: bool },
    WrongCode { code: String, elsewhere: bool },
    WrongStatus(String),
    WrongField(String),
    WrongSuccessStatus,
    WrongSuccessCode,
    SkipUnique(String),
    SkipLacks(String),
    SkipToken,
    SkipHeaders,
    CrashOnAstral,
    Answer { path: String, change: Change },
    DropHeader(String),
    MalformHeader(String),
    StretchHeader(String),
    CrossHeader(String),
    Html,
    Redirect,
    ContentType,
    BadUtf8,
    DoubledName,
    NoBody,
    NoEnvelope,
    SkipRow { endpoint: String, row: String },
    SkipEffects(String),
    Accept(String),
    AnswerPlain,
    AnswerOtherKey,
    IgnorePage(String),
    RefuseBare(String),
    RefuseOnlyWithout(String),
    CrashOnValue { path: String, text: String },
    CrashOnLength { path: String, from: usize, to: usize },
    AcceptText { path: String, text: String },
    Stale { reader: String, mover: String },
    CrashOnChar(char),
    CrashLongAstral(String),
    CrashOnBody(Broken),
    LooseToken(Region),
    LooseCode,
    Unsigned,
    AnySecret,
    ReplayedToken,
    ServerError,
    Race(String),
    Stumble(Vec<String>),
    Leak(String),
    Sometimes { every: u64, fault: Box<Fault> },
    At { endpoint: String, fault: Box<Fault> },
}

/// A body that is no plain JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Syntax,
    Deep,
    Defect,
    Shape,
}

/// Every fault: its name with the kind of argument it takes, and what it does.
pub const FAULTS: [(&str, &str); 67] = [
    ("accept-above:FIELD", "takes values above the field's bounds"),
    ("accept-below:FIELD", "takes values below the field's bounds"),
    ("accept-empty:FIELD", "takes the empty string"),
    ("accept-null:FIELD", "takes null"),
    ("accept-absent:FIELD", "takes requests without the field"),
    ("skip-type:FIELD", "does not check the field's type"),
    ("skip-enum:FIELD", "does not check the field's list of words"),
    ("skip-format:FIELD", "does not check the field's format"),
    ("skip-charset:FIELD", "does not check the field's characters"),
    ("skip-value:FIELD", "does not check the number's bounds"),
    ("refuse-max:FIELD", "refuses the longest legal value"),
    ("refuse-min:FIELD", "refuses the shortest legal value"),
    ("wrong-code:CODE", "answers another code on the fields that the row names"),
    ("wrong-code-elsewhere:CODE", "answers another code on the other fields"),
    ("wrong-status:CODE", "answers another status with this code"),
    ("wrong-field:CODE", "names another field in the message"),
    ("wrong-success-status", "answers 201 to a legal request"),
    ("wrong-success-code", "answers an unknown code to a legal request"),
    ("skip-unique:FIELD", "takes a value that belongs to somebody else"),
    ("skip-lacks:FIELD", "takes a list that lacks what it must hold"),
    ("skip-token", "does not check the token"),
    ("skip-headers", "does not check the request headers"),
    ("crash-on-astral", "answers 500 to a character beyond the basic plane"),
    ("answer-text:FIELD", "answers a number as a string"),
    ("answer-number:FIELD", "answers a string as a number"),
    ("answer-zero:FIELD", "answers 0"),
    ("answer-above:FIELD", "answers a number above its maximum"),
    ("answer-exponent:FIELD", "answers a whole number as 1.0e3"),
    ("answer-longer:FIELD", "answers a text one character too long"),
    ("answer-stretched:FIELD=N", "answers a text of so many characters"),
    ("answer-shorter:FIELD", "answers a text one character too short"),
    ("answer-without:FIELD", "leaves a field out of the answer"),
    ("answer-garbled:FIELD", "answers a text of the right length in no format"),
    ("drop-header:NAME", "leaves a header out of the answer"),
    ("malform-header:NAME", "answers a header of the right length in no format"),
    ("stretch-header:NAME", "answers a header one character too long"),
    ("cross-header:NAME", "answers the header of the request before"),
    ("body:KIND", "spoils the body: html, utf8, doubled, none, no-envelope"),
    ("http:KIND", "spoils the answer: redirect, content-type, error"),
    ("skip-row:ENDPOINT/CODE", "does not know the row of the endpoint"),
    ("skip-effects:ENDPOINT", "answers a call and does nothing"),
    ("accept-sealed:KIND", "takes an encrypted body in spite of its: tag, key, alg, enc, form, no-json, key-id"),
    ("ignore-page:ENDPOINT", "lists everything whatever page is asked for"),
    ("answer-plain", "answers in plain where the page marks the answer as encrypted"),
    ("answer-other-key", "encrypts answers under a key that is not the caller's"),
    ("refuse-bare:ENDPOINT", "refuses a request with none of its optional fields"),
    ("refuse-only-without:FIELD", "refuses a request that lacks this optional field and no other"),
    ("accept-text:FIELD=TEXT", "takes this one illegal value"),
    ("crash-on-value:FIELD=VALUE", "answers 500 to this one value"),
    ("crash-on-length:FIELD=FROM-TO", "answers 500 to texts of so many characters"),
    ("stale:READER/CALL", "a call shows what was before another one was made"),
    ("answer-other:FIELD", "answers another legal value"),
    ("crash-on-char:HEX", "answers 500 to one character, by its code point"),
    ("crash-long-astral:FIELD", "answers 500 to more than 64 characters with one beyond the basic plane among them"),
    ("leak:WHAT", "shows a secret in every message: a credential or a field of the request by name, or `private-key`"),
    ("crash-on-body:KIND", "answers 500 to a body of this kind: syntax, deep, defect, shape"),
    ("loose-token:REGION", "takes a token over the body with a blank more at its: head, middle, tail, end"),
    ("any-secret", "takes a token signed with any actor's secret"),
    ("replayed-token", "takes a token that was good for a request before, whatever its body was"),
    ("race:ENDPOINT", "checks, waits, then acts, without looking again"),
    ("stumble:E1>E2>...", "answers 500 to the last of these calls when they come one after the other for one thing"),
    ("loose-code", "does not look at the first character of the token's code"),
    ("unsigned", "takes a request without a token"),
    ("answer-negative:FIELD", "answers -1"),
    ("answer-fraction:FIELD", "answers a number with a fraction"),
    ("at:ENDPOINT:FAULT", "has the fault in calls of one endpoint alone"),
    ("sometimes:N:FAULT", "has an answer's fault in one of N answers"),
];

/// A fault that does not exist, or can't show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No fault has the name.
    #[error("no fault `{}`: {}`konform serve --faults` lists them", shown(.0), proposal(.0))]
    Unknown(String),
    /// The contract has nothing that the fault could be in.
    #[error("the fault `{}` can't show: {why}", shown(name))]
    Nowhere {
        /// The fault's name.
        name: String,
        /// What the contract lacks.
        why: String,
    },
}

/// Characters of an unknown fault's name that are shown: it may stand in a file of anybody's.
const SHOWN: usize = 100;

fn shown(text: &str) -> String {
    printable(&text.chars().take(SHOWN).collect::<String>())
}

/// The fault that a mistyped name may mean.
fn proposal(text: &str) -> String {
    let stem = |name: &'static str| name.split(':').next().unwrap_or_default();
    let typed: String = text.split(':').next().unwrap_or_default().chars().take(SHOWN).collect();
    let distance = |name: &str| strsim::damerau_levenshtein(&typed, name);
    let near = FAULTS.iter().map(|(name, _)| stem(name)).min_by_key(|name| distance(name));
    let near = near.filter(|name| (1..=name.len() / 3).contains(&distance(name)));
    near.map(|name| format!("did you mean `{name}`? ")).unwrap_or_default()
}

impl fmt::Display for FaultList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, does) in self.0 {
            writeln!(f, "{name:<28} {does}")?;
        }
        Ok(())
    }
}

/// [`FAULTS`] as a table.
#[derive(Debug)]
pub struct FaultList<'a>(pub &'a [(&'a str, &'a str)]);

impl Fault {
    /// True if the handler does not notice this breach.
    pub(super) fn overlooks(&self, judged: &Judged<'_>) -> bool {
        match &self.0 {
            Kind::Overlook { path, rule, way } => {
                let empty = *way == Some(Way::Empty) && judged.way == Way::Empty;
                *path == judged.field.path && (*rule == judged.rule || empty) && way.is_none_or(|w| w == judged.way)
            }
            Kind::AcceptText { path, text } => {
                *path == judged.field.path && judged.value.and_then(Json::scalar) == Some(text)
            }
            _ => false,
        }
    }

    /// True if the handler does not know the row.
    pub(super) fn skips(&self, endpoint: &str, row: &Row) -> bool {
        match (&self.0, &row.when) {
            (Kind::SkipRow { endpoint: e, row: r }, _) => e == endpoint && *r == row.name,
            (Kind::SkipUnique(path), When::Taken(field)) | (Kind::SkipLacks(path), When::Lacks { field, .. }) => {
                path == field
            }
            _ => false,
        }
    }

    /// True if the handler refuses what is legal.
    pub(super) fn objects(&self, judged: &Judged<'_>) -> bool {
        let Kind::Object { path, longest } = &self.0 else { return false };
        if *path != judged.field.path || judged.rule != Rule::Length {
            return false;
        }
        let (Some(limits), Some(Json::String(text))) =
            (judged.field.length.as_ref().map(super::super::model::field::Constraint::first), judged.value)
        else {
            return false;
        };
        text.chars().count() == if *longest { limits.max } else { limits.min }
    }

    /// True if the handler breaks down over this body.
    pub(super) fn crashes(&self, body: &Json) -> bool {
        let astral = |c: char| u32::from(c) > 0xffff;
        match &self.0 {
            Kind::CrashOnAstral => any_char(body, &astral),
            Kind::CrashOnChar(char) => any_char(body, &|c| c == *char),
            Kind::CrashOnValue { path, text } => body.at(path).and_then(Json::scalar) == Some(text),
            Kind::CrashOnLength { path, from, to } => {
                matches!(body.at(path), Some(Json::String(text)) if (*from..=*to).contains(&text.chars().count()))
            }
            Kind::CrashLongAstral(path) => {
                matches!(body.at(path), Some(Json::String(text)) if text.chars().count() > 64 && text.chars().any(astral))
            }
            _ => false,
        }
    }

    /// The answer of a reader that breaks down over what is no plain JSON object.
    pub(super) fn chokes(&self, read: &Result<json::Document, json::SyntaxError>, sandbox: &Sandbox) -> Option<Reply> {
        let Kind::CrashOnBody(broken) = &self.0 else { return None };
        let met = match read {
            Err(error) if error.what == "nesting too deep" => Broken::Deep,
            Err(_) => Broken::Syntax,
            Ok(document) if document.defects.is_empty() => Broken::Shape,
            Ok(_) => Broken::Defect,
        };
        (met == *broken).then(|| sandbox.plain(500, "Internal Server Error"))
    }

    /// True if the handler refuses a legal body.
    pub(super) fn rejects(&self, endpoint: &Endpoint, body: &Json) -> bool {
        let mut optional = Vec::new();
        let mut absent = || {
            for field in &endpoint.request {
                field.walk(&mut |f| {
                    if f.optional() && !f.path.contains('*') && body.at(&f.path).is_none() {
                        optional.push(f.path.clone());
                    }
                });
            }
            std::mem::take(&mut optional)
        };
        match &self.0 {
            Kind::RefuseBare(id) if *id == endpoint.id => {
                let mut all = 0;
                endpoint
                    .request
                    .iter()
                    .for_each(|f| f.walk(&mut |f| all += usize::from(f.optional() && !f.path.contains('*'))));
                all > 0 && absent().len() == all
            }
            Kind::RefuseOnlyWithout(path) => absent() == [path.as_str()],
            _ => false,
        }
    }

    /// The body that a careless check of the token takes for the one that came.
    pub(super) fn loosens(&self, body: &[u8]) -> Option<Vec<u8>> {
        let Kind::LooseToken(region) = &self.0 else { return None };
        Some(region.widen(body))
    }

    /// The call whose effects a call of this endpoint does not see.
    pub(super) fn overlooked(&self, reader: &str) -> Option<&str> {
        match &self.0 {
            Kind::Stale { reader: r, mover } if r == reader => Some(mover),
            _ => None,
        }
    }

    /// The call that a stale reader does not see.
    pub(super) fn unseen(&self) -> Option<&str> {
        if let Kind::Stale { mover, .. } = &self.0 { Some(mover) } else { None }
    }

    /// True if it needs to know what came before.
    pub(super) fn remembers(&self) -> bool {
        matches!(self.0, Kind::Stumble(_))
    }

    /// True if the handler breaks down over this call after those before.
    pub(super) fn stumbles(&self, endpoint: &Endpoint, about: &[String], history: &History) -> bool {
        let Kind::Stumble(calls) = &self.0 else { return false };
        let Some((last, before)) = calls.split_last() else { return false };
        *last == endpoint.id && about.iter().any(|key| history.of(key).is_some_and(|h| h.ends_with(before)))
    }

    /// The fault in calls of this endpoint, if it concerns them.
    pub(super) fn concerning(&self, id: &str) -> Option<&Fault> {
        match &self.0 {
            Kind::At { endpoint, fault } => (endpoint == id).then_some(fault),
            _ => Some(self),
        }
    }

    /// The fault that shows in the answer of this number.
    pub(super) fn due(&self, answer: u64) -> Option<&Fault> {
        match &self.0 {
            Kind::Sometimes { every, fault } => answer.is_multiple_of(*every).then_some(fault),
            _ => Some(self),
        }
    }

    /// Changes what a refusal says.
    pub(super) fn misreport(
        &self,
        row: &str,
        documented: bool,
        (status, code, named): (&mut u16, &mut String, &mut String),
    ) {
        match &self.0 {
            Kind::WrongCode { code: c, elsewhere } if c == row && documented != *elsewhere => {
                "999_999".clone_into(code);
            }
            Kind::WrongStatus(c) if c == row => *status = 422,
            Kind::WrongField(c) if c == row => "someOtherField".clone_into(named),
            _ => {}
        }
    }

    /// Changes a finished answer.
    pub(super) fn spoil(&self, mut reply: Reply, sandbox: &Sandbox, call: &Call) -> Reply {
        let success = (200..300).contains(&reply.status);
        match &self.0 {
            Kind::WrongSuccessStatus if success => reply.status = 201,
            Kind::WrongSuccessCode if success => {
                edit(&mut reply, |members| json::put(members, &sandbox.contract.envelope.code, Json::text("999_999")));
            }
            Kind::Answer { path, change } if success => edit(&mut reply, |members| change.apply(members, path)),
            Kind::DropHeader(name) => reply.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name)),
            Kind::StretchHeader(name) => {
                for (_, value) in reply.headers.iter_mut().filter(|(n, _)| n.eq_ignore_ascii_case(name)) {
                    value.extend(value.clone().chars().next_back());
                }
            }
            Kind::MalformHeader(name) => {
                for (_, value) in reply.headers.iter_mut().filter(|(n, _)| n.eq_ignore_ascii_case(name)) {
                    *value = "z".repeat(value.len());
                }
            }
            Kind::CrossHeader(name) => {
                if let (Some(now), Some((_, value))) =
                    (call.header(name), reply.headers.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name)))
                {
                    if let Some(before) = sandbox.lock().last.replace(now.to_owned()) {
                        *value = before;
                    }
                }
            }
            Kind::Html => {
                reply.body = b"<html><body>It works!</body></html>".to_vec();
                content_type(&mut reply, "text/html");
            }
            Kind::NoBody => reply.body.clear(),
            Kind::BadUtf8 => edit_bytes(&mut reply, b"\"", b"\"\xff"),
            Kind::DoubledName => edit(&mut reply, |members| members.extend(members.first().cloned())),
            Kind::NoEnvelope => edit(&mut reply, |members| {
                let top = sandbox.contract.envelope.code.split('.').next().unwrap_or_default();
                members.retain(|(n, _)| *n != top);
            }),
            Kind::Redirect => {
                reply.status = 302;
                reply.headers.push(("location".to_owned(), "/elsewhere".to_owned()));
            }
            Kind::ServerError => {
                reply = sandbox.plain(500, "Internal Server Error");
            }
            Kind::Leak(what) => {
                let field = || json::parse(&call.body).ok()?.root.at(what)?.scalar().map(str::to_owned);
                let credential = || Some(sandbox.actors.first()?.get(what)?.reveal().to_owned());
                let key = || keys().filter(|_| what == "private-key").map(|(_, _, client)| client);
                let path = &sandbox.contract.envelope.message;
                if let Some(secret) = credential().or_else(key).or_else(field) {
                    edit(&mut reply, |members| json::put(members, path, Json::text(format!("failed for {secret}"))));
                }
            }
            Kind::ContentType => content_type(&mut reply, "text/plain"),
            _ => {}
        }
        reply
    }
}

fn any_char(node: &Json, test: &dyn Fn(char) -> bool) -> bool {
    match node {
        Json::String(word) => word.chars().any(test),
        Json::Array(items) => items.iter().any(|item| any_char(item, test)),
        Json::Object(members) => members.iter().any(|(_, v)| any_char(v, test)),
        _ => false,
    }
}
