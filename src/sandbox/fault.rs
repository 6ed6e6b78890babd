//! Named faults: ways to break the contract on purpose, in answers and in handlers.

use std::fmt;
use std::str::FromStr;

use super::{Call, Reply, Sandbox, put};
use crate::contract::{Row, When};
use crate::model::Rule;
use crate::model::field::Way;
use crate::model::json::{self, Json, Text};
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
    CrossHeader(String),
    Html,
    Redirect,
    Coding,
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
}

/// What is done to a member of the answer; [`FAULTS`] explains each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    AsText,
    Zero,
    AboveMax,
    Exponent,
    Longer,
    Shorter,
    Drop,
    Garble,
    AsNumber,
}

/// Every fault: its name with the kind of argument it takes, and what it does.
pub const FAULTS: [(&str, &str); 43] = [
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
    ("answer-shorter:FIELD", "answers a text one character too short"),
    ("answer-without:FIELD", "leaves a field out of the answer"),
    ("answer-garbled:FIELD", "answers a text of the right length in no format"),
    ("drop-header:NAME", "leaves a header out of the answer"),
    ("malform-header:NAME", "answers a header of the right length in no format"),
    ("cross-header:NAME", "answers the header of the request before"),
    ("body:KIND", "spoils the body: html, utf8, doubled, none, no-envelope"),
    ("http:KIND", "spoils the answer: redirect, coding, content-type"),
    ("skip-row:ENDPOINT/CODE", "does not know the row of the endpoint"),
    ("skip-effects:ENDPOINT", "answers a call and does nothing"),
    ("accept-sealed:KIND", "takes an encrypted body in spite of its: tag, key, alg, enc, form, no-json, key-id"),
    ("ignore-page:ENDPOINT", "lists everything whatever page is asked for"),
    ("answer-plain", "answers in plain where the page marks the answer as encrypted"),
    ("answer-other-key", "encrypts answers under a key that is not the caller's"),
];

/// A fault that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no fault `{0}`: `konform serve --faults` lists them")]
pub struct FaultError(String);

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        kind(text).map(Fault)
    }
}

fn kind(text: &str) -> Result<Kind, FaultError> {
    let (name, arg) = text.split_once(':').map_or((text, None), |(n, a)| (n, Some(a.to_owned())));
    let unknown = || FaultError(text.to_owned());
    let Some(arg) = arg else {
        return match name {
            "wrong-success-status" => Ok(Kind::WrongSuccessStatus),
            "wrong-success-code" => Ok(Kind::WrongSuccessCode),
            "skip-token" => Ok(Kind::SkipToken),
            "skip-headers" => Ok(Kind::SkipHeaders),
            "crash-on-astral" => Ok(Kind::CrashOnAstral),
            "answer-plain" => Ok(Kind::AnswerPlain),
            "answer-other-key" => Ok(Kind::AnswerOtherKey),
            _ => Err(unknown()),
        };
    };
    let overlook = |rule, way| Kind::Overlook { path: arg.clone(), rule, way };
    let change = |change| Kind::Answer { path: arg.clone(), change };
    Ok(match name {
        "accept-above" => overlook(Rule::Length, Some(Way::Above)),
        "accept-below" => overlook(Rule::Length, Some(Way::Below)),
        "accept-empty" => overlook(Rule::Length, Some(Way::Empty)),
        "accept-null" => overlook(Rule::Presence, Some(Way::Null)),
        "accept-absent" => overlook(Rule::Presence, Some(Way::Absent)),
        "skip-type" => overlook(Rule::Type, None),
        "skip-enum" => overlook(Rule::Enum, None),
        "skip-format" => overlook(Rule::Format, None),
        "skip-charset" => overlook(Rule::Charset, None),
        "skip-value" => overlook(Rule::Value, None),
        "refuse-max" => Kind::Object { path: arg, longest: true },
        "refuse-min" => Kind::Object { path: arg, longest: false },
        "wrong-code" => Kind::WrongCode { code: arg, elsewhere: false },
        "wrong-code-elsewhere" => Kind::WrongCode { code: arg, elsewhere: true },
        "wrong-status" => Kind::WrongStatus(arg),
        "wrong-field" => Kind::WrongField(arg),
        "skip-row" => match arg.split_once('/') {
            Some((endpoint, row)) => Kind::SkipRow { endpoint: endpoint.to_owned(), row: row.to_owned() },
            None => return Err(unknown()),
        },
        "skip-effects" => Kind::SkipEffects(arg),
        "ignore-page" => Kind::IgnorePage(arg),
        "accept-sealed" if ["tag", "key", "alg", "enc", "form", "no-json", "key-id"].contains(&arg.as_str()) => {
            Kind::Accept(arg)
        }
        "skip-unique" => Kind::SkipUnique(arg),
        "skip-lacks" => Kind::SkipLacks(arg),
        "answer-text" => change(Change::AsText),
        "answer-number" => change(Change::AsNumber),
        "answer-zero" => change(Change::Zero),
        "answer-above" => change(Change::AboveMax),
        "answer-exponent" => change(Change::Exponent),
        "answer-longer" => change(Change::Longer),
        "answer-shorter" => change(Change::Shorter),
        "answer-without" => change(Change::Drop),
        "answer-garbled" => change(Change::Garble),
        "drop-header" => Kind::DropHeader(arg),
        "malform-header" => Kind::MalformHeader(arg),
        "cross-header" => Kind::CrossHeader(arg),
        "body" => match arg.as_str() {
            "html" => Kind::Html,
            "utf8" => Kind::BadUtf8,
            "doubled" => Kind::DoubledName,
            "none" => Kind::NoBody,
            "no-envelope" => Kind::NoEnvelope,
            _ => return Err(unknown()),
        },
        "http" => match arg.as_str() {
            "redirect" => Kind::Redirect,
            "coding" => Kind::Coding,
            "content-type" => Kind::ContentType,
            _ => return Err(unknown()),
        },
        _ => return Err(unknown()),
    })
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
        fn astral(node: &Json) -> bool {
            match node {
                Json::String(text) => text.chars().any(|c| u32::from(c) > 0xffff),
                Json::Array(items) => items.iter().any(astral),
                Json::Object(members) => members.iter().any(|(_, v)| astral(v)),
                _ => false,
            }
        }
        self.0 == Kind::CrashOnAstral && astral(body)
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
                edit(&mut reply, |members| put(members, &sandbox.contract.envelope.code, Json::text("999_999")));
            }
            Kind::Answer { path, change } if success => edit(&mut reply, |members| change.apply(members, path)),
            Kind::DropHeader(name) => reply.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name)),
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
            Kind::Coding => reply.headers.push(("content-encoding".to_owned(), "gzip".to_owned())),
            Kind::ContentType => content_type(&mut reply, "text/plain"),
            _ => {}
        }
        reply
    }
}

impl Change {
    fn apply(self, members: &mut Vec<(Text, Json)>, path: &str) {
        let (name, rest) = path.split_once('.').map_or((path, None), |(n, r)| (n, Some(r)));
        if let Some(rest) = rest {
            for (_, value) in members.iter_mut().filter(|(n, _)| n == name) {
                match value {
                    Json::Object(inner) => self.apply(inner, rest),
                    Json::Array(items) => {
                        let below = rest.strip_prefix("*.").unwrap_or(rest);
                        for item in items {
                            if let Json::Object(inner) = item {
                                self.apply(inner, below);
                            }
                        }
                    }
                    _ => {}
                }
            }
            return;
        }
        if self == Change::Drop {
            members.retain(|(n, _)| n != name);
        }
        for (_, value) in members.iter_mut().filter(|(n, _)| n == name) {
            let text = Text::from(value.scalar().unwrap_or_default());
            *value = match self {
                Change::AsText => Json::text(text),
                Change::AsNumber => Json::number("12"),
                Change::Zero => Json::number("0"),
                Change::AboveMax => Json::number("10000000000000000000"),
                Change::Exponent => Json::number("1.0e3"),
                Change::Longer => Json::text(format!("{text}0")),
                Change::Shorter => Json::text(text.chars().skip(1).collect::<String>()),
                Change::Garble => Json::text("z".repeat(text.len())),
                Change::Drop => value.clone(),
            };
        }
    }
}

fn content_type(reply: &mut Reply, kind: &str) {
    reply.headers.retain(|(n, _)| n != "content-type");
    reply.headers.push(("content-type".to_owned(), kind.to_owned()));
}

fn edit(reply: &mut Reply, change: impl FnOnce(&mut Vec<(Text, Json)>)) {
    if let Ok(json::Document { root: Json::Object(mut members), .. }) = json::parse(&reply.body) {
        change(&mut members);
        reply.body.clear();
        Json::Object(members).write(&mut reply.body);
    }
}

fn edit_bytes(reply: &mut Reply, from: &[u8], to: &[u8]) {
    // The last string of the body: a value, so that member names stay what they are.
    if let Some(at) = reply.body.windows(from.len()).rposition(|w| w == from) {
        let before = reply.body[..at].windows(from.len()).rposition(|w| w == from).unwrap_or(at);
        reply.body.splice(before..before + from.len(), to.iter().copied());
    }
}
