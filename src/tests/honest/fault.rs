//! The defects that the server can be given: how they are named, when they show, and whether they have shown.
//!
//! `[when/]kind[:endpoint[:field or row[:new value]]]`, as in `accept-above:user-registration:loginId`,
//! `every-5/code:charge-charge:007_003:007_004` or `charge-not-booked`. `*` names all endpoints. The older names without an
//! endpoint (`accept-null:loginId`, `skip-token`) mean user-registration, and the whole server where no field is named.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::accident::{Accident, Trigger};
use super::damage::{Damage, Wording};
use super::endpoint::{Endpoint, Field, Kind, Refusal};
use super::gateway::endpoints;
use super::lapse::{Lapse, named};
use super::leniency::Leniency;
use super::world::Account;

named! {
    /// A defect of an endpoint's way in or out that needs no field.
    Gate {
        SkipToken "skip-token",
        TokenFirstBytes "token-first-bytes",
        TokenIgnoresCase "token-ignores-case",
        TokenAnyVersion "token-any-version",
        TokenTimeNone "token-time-none",
        TokenReplayed "token-replayed",
        TokenBlanksRefused "token-blanks-refused",
        TokenEmptyAccepted "token-empty-accepted",
        AccessKeyNotChecked "access-key-not-checked",
        AspIdNotChecked "asp-id-not-checked",
        KeyIdNotChecked "key-id-not-checked",
        TagNotChecked "tag-not-checked",
        AcceptTrailing "accept-trailing",
        PlainAnswer "plain-answer",
        OtherKeyId "other-key-id",
        BrokenSeal "broken-seal",
        TraceOfAnother "trace-of-another",
        TraceShort "trace-short",
        TraceConstant "trace-constant",
        ExtraEnvelope "extra-envelope",
        CodeAsNumber "code-as-number",
        EchoBody "echo-body",
        StackTrace "stack-trace",
        Utf16 "utf-16",
        Bom "bom",
        LongLength "long-length",
        ShortLength "short-length",
        TwoAnswers "two-answers",
    }
}

/// When a fault shows.
enum When {
    Always,
    /// At each so many-th chance.
    Every(u64),
    First,
    /// While another request runs.
    Concurrent,
}

/// What a fault does.
enum What {
    Lenient(Leniency, String),
    Damage(Damage, String),
    Gate(Gate),
    /// A request header that is not looked for.
    SkipHeader(String),
    /// An answer's header that is not written.
    DropHeader(String),
    ContentType(String),
    /// A row of the page that is not checked.
    SkipRow(String),
    Code(String, String),
    Status(String, u16),
    Message(String, Wording),
    EchoSecret(String),
    Accident(Accident, Trigger),
    Lapse(Lapse),
}

struct Fault {
    name: String,
    when: When,
    /// None: all endpoints.
    endpoint: Option<&'static str>,
    what: What,
    chances: AtomicU64,
    fired: AtomicBool,
}

/// What faults remember of requests.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) trace: Option<String>,
    pub(super) tokens: BTreeSet<String>,
    /// Login ids that refused registrations have left behind.
    pub(super) kept: BTreeSet<String>,
    /// Accounts that were deleted, by member.
    pub(super) deleted: BTreeMap<u64, Account>,
}

/// The faults of a server, and how many requests run.
#[derive(Default)]
pub(super) struct Faults {
    list: Vec<Fault>,
    pub(super) running: AtomicU64,
    memory: Mutex<Memory>,
}

impl Fault {
    fn read(name: &str) -> Option<Self> {
        let (when, rest) = match name.split_once('/') {
            Some(("first", rest)) => (When::First, rest),
            Some(("concurrent", rest)) => (When::Concurrent, rest),
            Some((word, rest)) if word.starts_with("every-") => {
                (When::Every(word.strip_prefix("every-")?.parse().ok().filter(|n| *n > 0)?), rest)
            }
            _ => (When::Always, name),
        };
        let mut parts = rest.split(':');
        let kind = parts.next()?;
        let mut rest: Vec<&str> = parts.collect();
        let known = rest.first().map(|id| endpoints().find(|e| e.id == *id));
        let endpoint = match (known, rest.first()) {
            (Some(Some(endpoint)), _) => {
                rest.remove(0);
                Some(endpoint)
            }
            (_, Some(&"*")) => {
                rest.remove(0);
                None
            }
            _ if matches!(kind, "skip-token" | "drop-header") || kind == "crash-on-astral" => None,
            // A name of old: User Register.
            (Some(None), _) => endpoints().find(|e| e.id == "user-registration"),
            _ => None,
        };
        let what = what(kind, endpoint, &rest)?;
        let endpoint = endpoint.map(|e| e.id);
        Some(Self {
            name: name.to_owned(),
            when,
            endpoint,
            what,
            chances: AtomicU64::new(0),
            fired: AtomicBool::new(false),
        })
    }
}

/// What a kind means with an endpoint and the rest of a name; nothing if there is no such thing.
fn what(kind: &str, endpoint: Option<&'static Endpoint>, rest: &[&str]) -> Option<What> {
    let own = |text: &str| text.to_owned();
    let is_row = |code: &str| code == "*" || code.len() == 7 && code.as_bytes()[3] == b'_';
    if let Some(lapse) = Lapse::named(kind) {
        return (rest.is_empty() && endpoint.is_none()).then_some(What::Lapse(lapse));
    }
    if let (Some(gate), []) = (Gate::named(kind), rest) {
        return (endpoint.is_some() || gate == Gate::SkipToken).then_some(What::Gate(gate));
    }
    match (kind, rest, endpoint) {
        ("crash-on-astral", [], None) => Some(What::Accident(Accident::Crash, Trigger::Astral)),
        ("skip-header", [name], Some(_)) => Some(What::SkipHeader(name.to_ascii_lowercase())),
        ("drop-header", [name], _) => Some(What::DropHeader(own(name))),
        ("content-type", [kind], Some(_)) => Some(What::ContentType(own(kind))),
        ("skip-row", [code], Some(_)) if is_row(code) => Some(What::SkipRow(own(code))),
        ("skip-unique", ["loginId"], Some(e)) if e.id == "user-registration" => Some(What::SkipRow(own("001_001"))),
        ("skip-unique", ["ci"], Some(e)) if e.id == "user-registration" => Some(What::SkipRow(own("001_028"))),
        ("skip-lacks", ["tcIdList"], Some(e)) if e.id == "user-registration" => Some(What::SkipRow(own("001_009"))),
        ("wrong-code", ["001_001"], Some(_)) => Some(What::Code(own("001_001"), own("001_002"))),
        ("code", [old, new], Some(_)) if is_row(old) && is_row(new) => Some(What::Code(own(old), own(new))),
        ("status", [code, status], Some(_)) if is_row(code) => Some(What::Status(own(code), status.parse().ok()?)),
        ("message", [code, how], Some(_)) if is_row(code) => Some(What::Message(own(code), Wording::named(how)?)),
        ("echo-secret", [path], Some(e)) => Some(What::EchoSecret(full(e.fields, path)?)),
        (_, [trigger], Some(_)) if Accident::named(kind).is_some() => {
            Some(What::Accident(Accident::named(kind)?, Trigger::named(trigger)?))
        }
        (_, [path], Some(e)) if Leniency::named(kind).is_some() => {
            Some(What::Lenient(Leniency::named(kind)?, full(e.fields, path)?))
        }
        (_, [path], Some(e)) => {
            let damage = Damage::named(kind)?;
            super::damage::shown(e.id, path).then(|| What::Damage(damage, own(path)))
        }
        _ => None,
    }
}

/// The whole path of a request field that is named by its path, or by its last part alone.
fn full(fields: &[Field], path: &str) -> Option<String> {
    if resolve(fields, path).is_some() {
        return Some(path.to_owned());
    }
    fields.iter().find_map(|field| match field.kind {
        Kind::Object(inner) => full(inner, path).map(|rest| format!("{}.{rest}", field.name)),
        _ => None,
    })
}

/// The field at a path; `*` stands for the things of a list.
pub(super) fn resolve(fields: &[Field], path: &str) -> Option<Field> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let field = fields.iter().find(|f| f.name == first)?;
    match (field.kind, rest) {
        (_, None) => Some(*field),
        (Kind::Object(inner), Some(rest)) => resolve(inner, rest),
        (Kind::Objects(inner), Some(rest)) => resolve(inner, rest.strip_prefix("*.")?),
        (Kind::Texts, Some("*")) => Some(super::endpoint::text(field.name, 1, 255)),
        _ => None,
    }
}

impl Faults {
    /// Reads the names of faults; the first name that means nothing is the error.
    pub(super) fn read(names: &[&str]) -> Result<Self, String> {
        let list = names.iter().map(|name| Fault::read(name).ok_or_else(|| format!("there is no fault {name}")));
        Ok(Self { list: list.collect::<Result<_, _>>()?, ..Self::default() })
    }

    /// The names of the faults that have changed something.
    pub(super) fn fired(&self) -> Vec<String> {
        self.list.iter().filter(|f| f.fired.load(Ordering::Relaxed)).map(|f| f.name.clone()).collect()
    }

    /// What the faults remember.
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives other requests time to come, where a fault shows only beside them.
    pub(super) fn linger(&self) {
        if self.list.iter().any(|f| matches!(f.when, When::Concurrent)) {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    fn of<'f>(&'f self, endpoint: &'f str) -> impl Iterator<Item = &'f Fault> {
        self.list.iter().filter(move |f| f.endpoint.is_none_or(|own| own == endpoint))
    }

    /// Takes a chance to show a fault: whether it shows now.
    fn due(&self, fault: &Fault) -> bool {
        let chance = fault.chances.fetch_add(1, Ordering::Relaxed);
        let due = match fault.when {
            When::Always => true,
            When::Every(count) => chance % count == count - 1,
            When::First => chance == 0,
            When::Concurrent => self.running.load(Ordering::Relaxed) > 1,
        };
        fault.fired.fetch_or(due, Ordering::Relaxed);
        due
    }

    fn any(&self, endpoint: &str, fits: impl Fn(&What) -> bool) -> bool {
        self.of(endpoint).any(|f| fits(&f.what) && self.due(f))
    }

    /// Whether a lapse happens. Ask only where it makes a difference.
    pub(super) fn lapse(&self, lapse: Lapse) -> bool {
        self.any("", |what| matches!(what, What::Lapse(own) if *own == lapse))
    }

    /// Whether a defect of an endpoint shows. Ask only where it makes a difference.
    pub(super) fn gate(&self, gate: Gate, endpoint: &str) -> bool {
        self.any(endpoint, |what| matches!(what, What::Gate(own) if *own == gate))
    }

    /// Whether a row is left out that would refuse the call.
    pub(super) fn skips(&self, endpoint: &str, code: &str) -> bool {
        self.any(endpoint, |what| matches!(what, What::SkipRow(own) if own == code))
    }

    /// Whether a request header may be absent that is.
    pub(super) fn skips_header(&self, endpoint: &str, name: &str) -> bool {
        self.any(endpoint, |what| matches!(what, What::SkipHeader(own) if own == name))
    }

    /// Whether an answer's header is left out.
    pub(super) fn drops_header(&self, endpoint: &str, name: &str) -> bool {
        self.any(endpoint, |what| matches!(what, What::DropHeader(own) if own == name))
    }

    /// Whether the check of a field is looser, or narrower. Ask only where it makes a difference.
    pub(super) fn lenient(&self, leniency: Leniency, endpoint: &str, path: &str) -> bool {
        self.any(endpoint, |what| matches!(what, What::Lenient(own, at) if *own == leniency && at == path))
    }

    /// Another content type.
    pub(super) fn content_type(&self, endpoint: &str) -> Option<String> {
        self.of(endpoint).find_map(|f| match &f.what {
            What::ContentType(kind) => self.due(f).then(|| kind.clone()),
            _ => None,
        })
    }

    /// The accident that a request's text brings about.
    pub(super) fn accident(&self, endpoint: &str, text: &[u8]) -> Option<Accident> {
        self.of(endpoint).find_map(|f| match &f.what {
            What::Accident(accident, trigger) => (trigger.in_text(text) && self.due(f)).then_some(*accident),
            _ => None,
        })
    }

    /// Makes legal what a lenient server takes for legal.
    pub(super) fn straighten(&self, endpoint: &Endpoint, body: &mut Map<String, Value>) {
        for fault in self.of(endpoint.id) {
            let What::Lenient(leniency, path) = &fault.what else { continue };
            let Some(field) = resolve(endpoint.fields, path) else { continue };
            let mut changed = Value::Object(body.clone());
            if super::damage::edit(&mut changed, path, &mut |value| leniency.straight(field.kind, value))
                && self.due(fault)
            {
                if let Value::Object(changed) = changed {
                    *body = changed;
                }
            }
        }
    }

    /// Spoils the body of a success.
    pub(super) fn damage(&self, endpoint: &str, body: &mut Value) {
        for fault in self.of(endpoint) {
            let What::Damage(damage, path) = &fault.what else { continue };
            let mut changed = body.clone();
            if damage.apply(&mut changed, path) && self.due(fault) {
                *body = changed;
            }
        }
    }

    /// Changes status, code and text of an answer.
    pub(super) fn reword(&self, endpoint: &str, answer: &mut Refusal, request: &Map<String, Value>) {
        let right = answer.code.clone();
        let own = |code: &str| code == right || code == "*" && right != "000_000";
        for fault in self.of(endpoint) {
            match &fault.what {
                What::Code(code, new) if own(code) && *new != right && self.due(fault) => answer.code.clone_from(new),
                What::Status(code, new) if own(code) && self.due(fault) => answer.status = *new,
                What::Message(code, wording) if own(code) => {
                    let text = wording.apply(&answer.text);
                    if text != answer.text && self.due(fault) {
                        answer.text = text;
                    }
                }
                What::EchoSecret(path) if right != "000_000" => {
                    if let Some(secret) = super::endpoint::at(request, path).filter(|_| self.due(fault)) {
                        answer.text = format!("{} [{path}={secret}]", answer.text);
                    }
                }
                _ => {}
            }
        }
    }
}
