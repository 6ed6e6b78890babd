//! Reads the names of faults, as the command line and `qualify` write them.

use std::str::FromStr;

use super::change::Change;
use super::fault::{Broken, Fault, FaultError, Kind};
use crate::model::Rule;
use crate::model::field::Way;
use crate::model::template::Region;

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        kind(text).map(Fault)
    }
}

fn kind(text: &str) -> Result<Kind, FaultError> {
    let unknown = || FaultError::Unknown(text.to_owned());
    let Some((name, arg)) = text.split_once(':') else { return bare(text).ok_or_else(unknown) };
    if let Some(kind) = of_request(name, arg).or_else(|| of_answer(name, arg)) {
        return Ok(kind);
    }
    of_parts(name, arg, text)
}

/// A fault that its name says whole.
fn bare(name: &str) -> Option<Kind> {
    Some(match name {
        "wrong-success-status" => Kind::WrongSuccessStatus,
        "wrong-success-code" => Kind::WrongSuccessCode,
        "skip-token" => Kind::SkipToken,
        "skip-headers" => Kind::SkipHeaders,
        "crash-on-astral" => Kind::CrashOnAstral,
        "answer-plain" => Kind::AnswerPlain,
        "answer-other-key" => Kind::AnswerOtherKey,
        "any-secret" => Kind::AnySecret,
        "replayed-token" => Kind::ReplayedToken,
        "loose-code" => Kind::LooseCode,
        "unsigned" => Kind::Unsigned,
        _ => return None,
    })
}

/// A fault in how requests are taken, with the one thing that it is about.
fn of_request(name: &str, arg: &str) -> Option<Kind> {
    let overlook = |rule, way| Kind::Overlook { path: arg.to_owned(), rule, way };
    let own = arg.to_owned();
    Some(match name {
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
        "refuse-max" => Kind::Object { path: own, longest: true },
        "refuse-min" => Kind::Object { path: own, longest: false },
        "wrong-code" => Kind::WrongCode { code: own, elsewhere: false },
        "wrong-code-elsewhere" => Kind::WrongCode { code: own, elsewhere: true },
        "wrong-status" => Kind::WrongStatus(own),
        "wrong-field" => Kind::WrongField(own),
        "skip-effects" => Kind::SkipEffects(own),
        "ignore-page" => Kind::IgnorePage(own),
        "refuse-bare" => Kind::RefuseBare(own),
        "refuse-only-without" => Kind::RefuseOnlyWithout(own),
        "crash-long-astral" => Kind::CrashLongAstral(own),
        "race" => Kind::Race(own),
        "accept-sealed" if ["tag", "key", "alg", "enc", "form", "no-json", "key-id"].contains(&arg) => {
            Kind::Accept(own)
        }
        "skip-unique" => Kind::SkipUnique(own),
        "skip-lacks" => Kind::SkipLacks(own),
        _ => return None,
    })
}

/// A fault in answers, with the one thing that it is about.
fn of_answer(name: &str, arg: &str) -> Option<Kind> {
    let change = |change| Kind::Answer { path: arg.to_owned(), change };
    let own = arg.to_owned();
    Some(match name {
        "answer-text" => change(Change::AsText),
        "answer-number" => change(Change::AsNumber),
        "answer-zero" => change(Change::Zero),
        "answer-above" => change(Change::AboveMax),
        "answer-exponent" => change(Change::Exponent),
        "answer-longer" => change(Change::Longer),
        "answer-shorter" => change(Change::Shorter),
        "answer-stretched" => {
            let (path, chars) = arg.split_once('=')?;
            let chars = chars.parse().ok()?;
            Kind::Answer { path: path.to_owned(), change: Change::Stretch(chars) }
        }
        "answer-other" => change(Change::Other),
        "answer-negative" => change(Change::Negative),
        "answer-fraction" => change(Change::Fraction),
        "answer-without" => change(Change::Drop),
        "answer-garbled" => change(Change::Garble),
        "body" => match arg {
            "html" => Kind::Html,
            "utf8" => Kind::BadUtf8,
            "doubled" => Kind::DoubledName,
            "none" => Kind::NoBody,
            "no-envelope" => Kind::NoEnvelope,
            _ => return None,
        },
        "http" => match arg {
            "redirect" => Kind::Redirect,
            "content-type" => Kind::ContentType,
            "error" => Kind::ServerError,
            _ => return None,
        },
        "drop-header" => Kind::DropHeader(own),
        "stretch-header" => Kind::StretchHeader(own),
        "malform-header" => Kind::MalformHeader(own),
        "cross-header" => Kind::CrossHeader(own),
        "leak" => Kind::Leak(own),
        _ => return None,
    })
}

/// A fault whose argument has parts, or is a word of a list.
fn of_parts(name: &str, arg: &str, text: &str) -> Result<Kind, FaultError> {
    let unknown = || FaultError::Unknown(text.to_owned());
    Ok(match name {
        "skip-row" => match arg.split_once('/') {
            Some((endpoint, row)) => Kind::SkipRow { endpoint: endpoint.to_owned(), row: row.to_owned() },
            None => return Err(unknown()),
        },
        "accept-text" => {
            let (path, text) = arg.split_once('=').ok_or_else(unknown)?;
            Kind::AcceptText { path: path.to_owned(), text: text.to_owned() }
        }
        "crash-on-value" => {
            let (path, text) = arg.split_once('=').ok_or_else(unknown)?;
            Kind::CrashOnValue { path: path.to_owned(), text: text.to_owned() }
        }
        "crash-on-length" => {
            let (path, span) = arg.split_once('=').ok_or_else(unknown)?;
            let (from, to) = span.split_once('-').ok_or_else(unknown)?;
            let number = |n: &str| n.parse().map_err(|_| unknown());
            Kind::CrashOnLength { path: path.to_owned(), from: number(from)?, to: number(to)? }
        }
        "stale" => {
            let (reader, mover) = arg.split_once('/').ok_or_else(unknown)?;
            Kind::Stale { reader: reader.to_owned(), mover: mover.to_owned() }
        }
        "crash-on-char" => {
            let code = u32::from_str_radix(arg, 16).ok().and_then(char::from_u32);
            Kind::CrashOnChar(code.ok_or_else(unknown)?)
        }
        "crash-on-body" => Kind::CrashOnBody(match arg {
            "syntax" => Broken::Syntax,
            "deep" => Broken::Deep,
            "defect" => Broken::Defect,
            "shape" => Broken::Shape,
            _ => return Err(unknown()),
        }),
        "loose-token" => Kind::LooseToken(match arg {
            "head" => Region::Head,
            "middle" => Region::Middle,
            "tail" => Region::Tail,
            "end" => Region::End,
            _ => return Err(unknown()),
        }),
        "stumble" => Kind::Stumble(arg.split('>').map(str::to_owned).collect()),
        "at" => {
            let (endpoint, fault) = arg.split_once(':').ok_or_else(unknown)?;
            Kind::At { endpoint: endpoint.to_owned(), fault: Box::new(fault.parse()?) }
        }
        "sometimes" => {
            let (every, fault) = arg.split_once(':').ok_or_else(unknown)?;
            let every = every.parse().ok().filter(|n| *n > 0).ok_or_else(unknown)?;
            Kind::Sometimes { every, fault: Box::new(fault.parse()?) }
        }
        _ => return Err(unknown()),
    })
}
