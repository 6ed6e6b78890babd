//! Contract mutants: the sandbox serving the contract with one clause changed. Each must be noticed, by a finding on that clause.

use std::sync::Arc;

use crate::contract::{Contract, Endpoint, Row, RowField};
use crate::model::case::RowRef;
use crate::model::field::{Bounds, Constraint, Field, Kind, Presence};
use crate::model::wire::{Mark, Piece};
use crate::model::{ClauseIx, Decimal, Expect, Location};
use crate::plan::Plan;
use crate::sandbox::Fault;

/// Every operator: what is changed, by its word.
pub const OPERATORS: [(&str, &str); 31] = [
    ("presence-dropped", "a required field may be left out or null"),
    ("presence-added", "an optional field must be there"),
    ("type-dropped", "a request field may have any type"),
    ("length-max+1", "one character more is taken"),
    ("length-max-1", "the longest legal value is refused"),
    ("length-min-1", "one character less is taken"),
    ("length-min+1", "the shortest legal value is refused"),
    ("length-dropped", "a header may have any length"),
    ("value-max+1", "one more than the largest number is taken"),
    ("value-max-1", "the largest number is refused"),
    ("value-min-1", "one less than the smallest number is taken"),
    ("value-min+1", "the smallest number is refused"),
    ("integer-dropped", "a fraction is taken"),
    ("format-dropped", "any text of legal length is taken"),
    ("words-dropped", "any word is taken"),
    ("word-removed", "a listed word is refused"),
    ("charset-dropped", "any character is taken"),
    ("code-changed", "a refusal has another code"),
    ("status-changed", "a refusal or success has another status"),
    ("message-changed", "a refusal or success has a message with a letter missing"),
    ("row-dropped", "what must be refused is taken"),
    ("echo-changed", "an answer shows another value than the one that is known"),
    ("list-dropped", "a list is empty"),
    ("page-dropped", "a list ignores the size that was asked for"),
    ("auth-dropped", "a token is not looked at"),
    ("encryption-dropped", "an answer comes in plain"),
    ("tampering-dropped", "an encrypted body that does not verify is taken"),
    ("field-dropped", "an answer or header lacks a field"),
    ("answer-changed", "an answer's field has another type, length, value, format or word"),
    ("envelope-dropped", "an answer has no envelope"),
    ("answer-spoilt", "an answer breaks a policy: 500, 302, gzip, no JSON, text/plain, another request's number"),
];

/// What is changed.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// The contract.
    Contract(Box<Contract>),
    /// What the sandbox makes of it.
    Fault(Fault),
}

/// One mutant, not yet made.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    pub(super) clause: ClauseIx,
    pub(super) operator: &'static str,
    spec: Spec,
}

#[derive(Clone, Debug)]
enum Spec {
    Field { endpoint: usize, header: bool, path: String, op: Op },
    Row { endpoint: usize, row: usize, field: usize, op: RowOp },
    Success { endpoint: usize, op: RowOp },
    List { endpoint: usize, effect: usize },
    Page { endpoint: usize, effect: usize },
    Auth { endpoint: usize, id: String },
    Mark { endpoint: usize },
    Fault(String),
}

#[derive(Clone, Debug)]
enum Op {
    Presence(Option<Presence>),
    NoType,
    NoLength,
    Length(Bounds<usize>),
    Value(Bounds<Decimal>),
    NoInteger,
    NoFormat,
    NoWords,
    Without(String),
    NoCharset,
}

#[derive(Clone, Copy, Debug)]
enum RowOp {
    Code,
    Status,
    Message,
    Drop,
}

/// A clause for which an operator would be no mutant, and why.
pub(super) type NoMutant = (ClauseIx, &'static str, String);

/// Every mutant of a contract, and what can be none.
pub(super) fn all(plan: &Plan) -> (Vec<Mutant>, Vec<NoMutant>) {
    let contract = plan.contract();
    let mut found = Found { plan, mutants: Vec::new(), none: Vec::new() };
    for (at, endpoint) in contract.endpoints.iter().enumerate().filter(|(_, e)| e.closed.is_none()) {
        for (header, table) in [(false, &endpoint.request), (true, &endpoint.request_headers)] {
            for field in table {
                field.walk(&mut |f| found.request(at, endpoint, header, f));
            }
        }
        for field in &endpoint.response {
            field.walk(&mut |f| found.answer(endpoint, f));
        }
        for field in &endpoint.response_headers {
            found.answer_header(endpoint, field);
        }
        for (row, known) in endpoint.rows.iter().enumerate() {
            for (field, own) in known.fields.iter().enumerate() {
                found.row(at, (row, known), (field, own));
            }
        }
        found.rest(at, endpoint);
    }
    (found.mutants, found.none)
}

struct Found<'a> {
    plan: &'a Plan,
    mutants: Vec<Mutant>,
    none: Vec<NoMutant>,
}

impl Found<'_> {
    fn add(&mut self, clause: Option<ClauseIx>, operator: &'static str, spec: Spec) {
        if let Some(clause) = clause {
            self.mutants.push(Mutant { clause, operator, spec });
        }
    }

    /// A change that shows only where some request is known to be taken, or refused: the case that would send it says whether
    /// that is known.
    fn known(&mut self, clause: Option<ClauseIx>, operator: &'static str, case: &str, taken: bool, spec: Spec) {
        let Some(clause) = clause else { return };
        let found = self.plan.find(case);
        let known = found.as_ref().is_some_and(|c| match c.expect() {
            Expect::Accept { .. } => taken,
            Expect::Refuse { broken, .. } => !taken && broken.contains(&clause),
            Expect::Either { .. } => false,
        });
        if known {
            self.mutants.push(Mutant { clause, operator, spec });
        } else {
            let word = if taken { "is taken" } else { "is refused for this clause" };
            let why = match found.map(|c| c.expect().clone()) {
                Some(Expect::Either { why, .. }) => format!("nobody knows whether such a request {word}: {why}"),
                Some(_) => format!("another clause decides before this one whether such a request {word}"),
                None => format!("no request that {word} can be made ({case})"),
            };
            self.none.push((clause, operator, why));
        }
    }

    fn request(&mut self, at: usize, endpoint: &Endpoint, header: bool, field: &Field) {
        if field.path.contains('*') {
            return;
        }
        let place = field.place();
        let case = |family: &str, variant: &str| format!("{}::{family}::{place}::{variant}", endpoint.id);
        let spec = |op: Op| Spec::Field { endpoint: at, header, path: field.path.clone(), op };
        let whole = header && carried_whole(endpoint, field);
        if let Some(presence) = &field.presence {
            if *presence.first() == Presence::Required {
                let (family, variant) = match (header, token(endpoint, field)) {
                    (true, true) => ("token", "absent"),
                    (true, false) => ("header", "absent"),
                    _ => ("presence", "absent"),
                };
                if whole || (header && token(endpoint, field)) {
                    let why = "the header is compared whole, so that one that is not there is refused all the same";
                    self.none.extend(presence.clause.map(|c| (c, "presence-dropped", why.to_owned())));
                } else {
                    let spec = spec(Op::Presence(None));
                    self.known(presence.clause, "presence-dropped", &case(family, variant), false, spec);
                }
            } else if !header {
                let spec = spec(Op::Presence(Some(Presence::Required)));
                self.known(presence.clause, "presence-added", &case("valid", "without"), true, spec);
            }
        }
        if let Some(length) = field.length.as_ref().filter(|l| !l.open) {
            if header {
                if whole || token(endpoint, field) || field.format.is_some() {
                    let why =
                        "the header is compared or read whole, so that one of another length is refused all the same";
                    self.none.extend(length.clause.map(|c| (c, "length-dropped", why.to_owned())));
                } else {
                    self.known(length.clause, "length-dropped", &case("header", "short"), false, spec(Op::NoLength));
                }
            } else {
                self.length(field, length, &case, &spec);
            }
        }
        if !header {
            self.values(field, &case, &spec);
        }
    }

    /// What a field's value may be, beside its presence and length.
    fn values(&mut self, field: &Field, case: &dyn Fn(&str, &str) -> String, spec: &dyn Fn(Op) -> Spec) {
        if let Some(kind) = &field.kind {
            // One of the other types is known to be refused, or none.
            let other = Kind::ALL.into_iter().filter(|k| !kind.sides.contains(k));
            let cases: Vec<String> = other.map(|k| case("type", k.word())).chain([case("type", "word")]).collect();
            let refused = |id: &&String| {
                self.plan
                    .find(id)
                    .is_some_and(|c| matches!(c.expect(), Expect::Refuse { broken, .. } if broken.len() == 1))
            };
            let chosen = cases.iter().find(refused).unwrap_or(&cases[0]).clone();
            self.known(kind.clause, "type-dropped", &chosen, false, spec(Op::NoType));
        }
        if let Some(value) = field.value.as_ref().filter(|v| !v.open) {
            let bounds = value.first();
            let (min, max) = (&bounds.min, &bounds.max);
            let make = |min: Option<Decimal>, max: Option<Decimal>| Some(Op::Value(Bounds { min: min?, max: max? }));
            for (operator, op, variant, taken) in [
                ("value-max+1", make(Some(min.clone()), max.step(true)), "max+1", false),
                ("value-max-1", make(Some(min.clone()), max.step(false)), "max", true),
                ("value-min-1", make(min.step(false), Some(max.clone())), "min-1", false),
                ("value-min+1", make(min.step(true), Some(max.clone())), "min", true),
            ] {
                if let Some(op) = op {
                    self.known(value.clause, operator, &case("value", variant), taken, spec(op));
                }
            }
        }
        if let Some(integer) = &field.integer {
            self.known(integer.clause, "integer-dropped", &case("value", "fraction"), false, spec(Op::NoInteger));
        }
        if let Some(format) = field.format.as_ref().filter(|f| !f.open) {
            self.known(format.clause, "format-dropped", &case("format", "month-13"), false, spec(Op::NoFormat));
        }
        if let Some(charset) = field.charset.as_ref().filter(|c| !c.open) {
            self.known(charset.clause, "charset-dropped", &case("charset", "letters"), false, spec(Op::NoCharset));
        }
        if let Some(words) = field.words.as_ref().filter(|w| !w.open) {
            for word in words.first() {
                let lower = word.to_ascii_lowercase();
                let without = spec(Op::Without(word.clone()));
                self.known(words.clause, "word-removed", &case("value", &format!("word-{lower}")), true, without);
            }
            if let Some(word) = words.first().first() {
                let near = case("value", &format!("near-{}", word.to_ascii_lowercase()));
                self.known(words.clause, "words-dropped", &near, false, spec(Op::NoWords));
            }
        }
    }

    fn length(
        &mut self,
        field: &Field,
        length: &Constraint<Bounds<usize>>,
        case: &dyn Fn(&str, &str) -> String,
        spec: &dyn Fn(Op) -> Spec,
    ) {
        let Bounds { min, max } = length.first().clone();
        let mut add = |operator, min, max, variant: &str, taken| {
            let op = spec(Op::Length(Bounds { min, max }));
            self.known(length.clause, operator, &case("length", variant), taken, op);
        };
        add("length-max+1", min, max + 1, "max+1", false);
        if min < max {
            add("length-max-1", min, max - 1, "max", true);
            add("length-min+1", min + 1, max, "min", true);
        }
        if min > 0 && field.location != Location::Path {
            add("length-min-1", min - 1, max, if min == 1 { "empty" } else { "min-1" }, false);
        }
    }

    fn answer(&mut self, endpoint: &Endpoint, field: &Field) {
        let fault = |word: &str| Spec::Fault(format!("at:{}:{word}:{}", endpoint.id, field.path));
        if let Some(presence) = field.presence.as_ref().filter(|p| *p.first() == Presence::Required) {
            self.add(presence.clause, "field-dropped", fault("answer-without"));
        }
        if let Some(kind) = &field.kind {
            let word = if kind.sides.contains(&Kind::Number) { "answer-text" } else { "answer-number" };
            if !(kind.sides.contains(&Kind::Number) && kind.sides.contains(&Kind::String)) {
                self.add(kind.clause, "answer-changed", fault(word));
            }
        }
        if let Some(length) = field.length.as_ref().filter(|l| !l.open) {
            let longest = length.sides.iter().map(|l| l.max).max().unwrap_or_default();
            let stretched = format!("at:{}:answer-stretched:{}={}", endpoint.id, field.path, longest + 1);
            self.add(length.clause, "answer-changed", Spec::Fault(stretched));
            if length.sides.iter().all(|l| l.min == l.max) && length.sides.len() == 1 {
                self.add(length.clause, "answer-changed", fault("answer-shorter"));
            }
        }
        if let Some(value) = field.value.as_ref().filter(|v| !v.open) {
            self.add(value.clause, "answer-changed", fault("answer-above"));
            self.add(value.clause, "answer-changed", fault("answer-negative"));
        }
        if let Some(integer) = &field.integer {
            self.add(integer.clause, "answer-changed", fault("answer-fraction"));
        }
        for clause in [
            field.format.as_ref().filter(|f| !f.open).and_then(|f| f.clause),
            field.words.as_ref().filter(|w| !w.open).and_then(|w| w.clause),
            field.charset.as_ref().filter(|c| !c.open).and_then(|c| c.clause),
        ] {
            self.add(clause, "answer-changed", fault("answer-garbled"));
        }
    }

    fn answer_header(&mut self, endpoint: &Endpoint, field: &Field) {
        let fault = |word: &str| Spec::Fault(format!("at:{}:{word}:{}", endpoint.id, field.name));
        let presence = field.presence.as_ref().filter(|p| *p.first() == Presence::Required);
        self.add(presence.and_then(|p| p.clause), "field-dropped", fault("drop-header"));
        self.add(field.format.as_ref().and_then(|f| f.clause), "answer-changed", fault("malform-header"));
        self.add(field.length.as_ref().and_then(|l| l.clause), "answer-changed", fault("stretch-header"));
        self.add(field.trace, "answer-spoilt", fault("cross-header"));
    }

    fn row(&mut self, at: usize, (row, known): (usize, &Row), (field, own): (usize, &RowField)) {
        let spec = |op| Spec::Row { endpoint: at, row, field, op };
        if known.disputed {
            let why = "sources disagree whether the call is refused at all".to_owned();
            self.none.push((own.code, "row-dropped", why));
        } else if !known.when.input() {
            self.add(Some(own.code), "row-dropped", spec(RowOp::Drop));
        }
        if known.code.is_empty() {
            return;
        }
        self.add(Some(own.code), "code-changed", spec(RowOp::Code));
        self.add(own.status, "status-changed", spec(RowOp::Status));
        if known.message.chars().count() > 12 {
            self.add(own.message, "message-changed", spec(RowOp::Message));
        }
    }

    fn rest(&mut self, at: usize, endpoint: &Endpoint) {
        let success = &endpoint.success;
        self.add(Some(success.status_clause), "status-changed", Spec::Success { endpoint: at, op: RowOp::Status });
        self.add(success.code_clause, "code-changed", Spec::Success { endpoint: at, op: RowOp::Code });
        self.add(success.message_clause, "message-changed", Spec::Success { endpoint: at, op: RowOp::Message });
        for (effect, own) in endpoint.effects.iter().enumerate() {
            for echo in &own.answer {
                let list = own.list.as_ref().map(|l| format!("{}.*.", l.path)).unwrap_or_default();
                let fault = format!("at:{}:answer-other:{list}{}", endpoint.id, echo.path);
                self.add(Some(echo.clause), "echo-changed", Spec::Fault(fault));
            }
            if let Some(list) = &own.list {
                self.add(list.clause, "list-dropped", Spec::List { endpoint: at, effect });
                self.add(list.size_clause, "page-dropped", Spec::Page { endpoint: at, effect });
            }
        }
        for (id, clause) in &endpoint.verified {
            self.add(Some(*clause), "auth-dropped", Spec::Auth { endpoint: at, id: id.clone() });
        }
        let spoilt = |fault: &str| Spec::Fault(format!("at:{}:{fault}", endpoint.id));
        if let Some(clauses) = endpoint.encryption {
            self.add(clauses.encrypted, "encryption-dropped", Spec::Mark { endpoint: at });
            if endpoint.wire.marks.1 == Mark::Marked {
                self.add(Some(clauses.opens), "answer-spoilt", spoilt("answer-other-key"));
            }
            self.add(clauses.authentic, "tampering-dropped", spoilt("accept-sealed:tag"));
        }
        let policy = &endpoint.policy;
        self.add(Some(policy.no_server_error), "answer-spoilt", spoilt("http:error"));
        self.add(Some(policy.no_redirect), "answer-spoilt", spoilt("http:redirect"));
        if let Some(secret) = self.plan.contract().credentials.iter().find(|c| c.secret) {
            self.add(Some(policy.no_leak), "answer-spoilt", spoilt(&format!("leak:{}", secret.name)));
        }
        if success.status != 204 {
            self.add(Some(policy.json), "answer-spoilt", spoilt("body:utf8"));
            self.add(Some(policy.content_type), "answer-spoilt", spoilt("http:content-type"));
        }
        // A refusal promises a code where a row has one, a success where the contract puts one into every answer.
        let coded = !self.plan.contract().bare_success || endpoint.rows.iter().any(|row| !row.code.is_empty());
        self.add(Some(endpoint.envelope_clause).filter(|_| coded), "envelope-dropped", spoilt("body:no-envelope"));
    }
}

/// True for the header that carries the token.
fn token(endpoint: &Endpoint, field: &Field) -> bool {
    endpoint.wire.shows_caller(&field.name)
}

/// True for a header that is one credential: a server compares it whole.
fn carried_whole(endpoint: &Endpoint, field: &Field) -> bool {
    let header = endpoint.wire.headers.iter().find(|h| h.name == field.name);
    header.is_some_and(|h| matches!(h.value.as_slice(), [Piece::Credential(_)]))
}

impl Mutant {
    /// Makes it; none for a fault that the sandbox does not have.
    pub(super) fn make(&self, contract: &Contract) -> Option<Change> {
        if let Spec::Fault(name) = &self.spec {
            return name.parse().ok().map(Change::Fault);
        }
        let mut changed = contract.clone();
        match &self.spec {
            Spec::Fault(_) => {}
            Spec::Field { endpoint, header, path, op } => {
                let own = &mut changed.endpoints[*endpoint];
                let table = if *header { &mut own.request_headers } else { &mut own.request };
                apply(find(table, path)?, op);
            }
            Spec::Row { endpoint, row, field, op } => {
                let rows = &mut changed.endpoints[*endpoint].rows;
                let whole = &mut rows[*row];
                let own = whole.fields.remove(*field);
                let mut alone = Row { fields: vec![own], ..whole.clone() };
                let gone = whole.fields.is_empty();
                if !matches!(op, RowOp::Drop) {
                    alter(*op, &mut alone.status, &mut alone.code, &mut alone.message);
                }
                match (op, gone) {
                    (RowOp::Drop, true) => drop(rows.remove(*row)),
                    (RowOp::Drop, false) => {}
                    (_, true) => rows[*row] = alone,
                    (_, false) => rows.insert(*row, alone),
                }
            }
            Spec::Success { endpoint, op } => {
                let own = &mut changed.endpoints[*endpoint].success;
                let mut code = String::new();
                alter(*op, &mut own.status, &mut code, &mut own.message);
                if matches!(op, RowOp::Code) {
                    own.codes = vec![code];
                }
            }
            Spec::List { endpoint, effect } => changed.endpoints[*endpoint].effects[*effect].list = None,
            Spec::Page { endpoint, effect } => {
                if let Some(list) = &mut changed.endpoints[*endpoint].effects[*effect].list {
                    list.size = None;
                }
            }
            Spec::Auth { endpoint, id } => {
                let callers = &mut Arc::make_mut(&mut changed.endpoints[*endpoint].wire).callers;
                for caller in callers {
                    caller.schemes.retain(|plan| plan.id != *id);
                }
            }
            Spec::Mark { endpoint } => Arc::make_mut(&mut changed.endpoints[*endpoint].wire).marks.1 = Mark::Unmarked,
        }
        Some(Change::Contract(Box::new(changed)))
    }

    /// The row whose answer it changes.
    pub(super) fn answer_of(&self) -> Option<RowRef> {
        match &self.spec {
            Spec::Row { row, field, op: RowOp::Code | RowOp::Status | RowOp::Message, .. } => {
                Some(RowRef { row: *row, field: *field })
            }
            _ => None,
        }
    }

    /// True if it changes what a success answers.
    pub(super) fn of_success(&self) -> bool {
        matches!(self.spec, Spec::Success { .. })
    }

    /// True if it lets requests pass that must be refused.
    pub(super) fn loosens(&self) -> bool {
        match &self.spec {
            Spec::Field { op, .. } => !matches!(op, Op::Presence(Some(_)) | Op::Without(_)),
            Spec::Auth { .. } => true,
            _ => false,
        }
    }

    /// True if only a run as a whole may show it.
    pub(super) fn whole_run(&self) -> bool {
        matches!(&self.spec, Spec::Fault(name) if name.contains(":cross-header:"))
    }
}

fn alter(op: RowOp, status: &mut u16, code: &mut String, message: &mut String) {
    match op {
        RowOp::Code => "999_999".clone_into(code),
        RowOp::Status => {
            *status = match *status {
                422 => 409,
                400.. => 422,
                _ => 202,
            }
        }
        RowOp::Message => {
            // A letter that is missing, outside every hole.
            let mut hole = false;
            let letters = message.char_indices().filter(|(_, c)| {
                hole = *c == '{' || (hole && *c != '}');
                !hole && c.is_alphabetic()
            });
            if let Some((at, _)) = letters.last() {
                message.remove(at);
            }
        }
        RowOp::Drop => {}
    }
}

fn find<'a>(table: &'a mut [Field], path: &str) -> Option<&'a mut Field> {
    for field in table {
        if field.path == path {
            return Some(field);
        }
        if path.strip_prefix(field.path.as_str()).is_some_and(|rest| rest.starts_with('.')) {
            return find(&mut field.fields, path);
        }
    }
    None
}

fn apply(field: &mut Field, op: &Op) {
    fn put<T>(slot: &mut Option<Constraint<T>>, value: T) {
        if let Some(constraint) = slot {
            constraint.sides = vec![value];
        }
    }
    match op {
        Op::Presence(None) => field.presence = None,
        Op::Presence(Some(presence)) => put(&mut field.presence, *presence),
        // Of another type it is whatever came: nothing else of the field is looked at.
        Op::NoType => field.kind = None,
        Op::NoLength => field.length = None,
        Op::Length(bounds) => put(&mut field.length, bounds.clone()),
        Op::Value(bounds) => put(&mut field.value, bounds.clone()),
        Op::NoInteger => field.integer = None,
        Op::NoFormat => field.format = None,
        Op::NoWords => field.words = None,
        Op::NoCharset => field.charset = None,
        Op::Without(word) => {
            if let Some(words) = &mut field.words {
                words.sides.iter_mut().for_each(|list| list.retain(|w| w != word));
            }
        }
    }
}
