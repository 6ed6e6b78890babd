//! Servers of the small contracts under `src/tests/contracts`, a function for each.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::http::{Answer, Call};
use super::library::{not_allowed, pages, parsed, text};
use super::{Application, Oddities, refusal};

/// A thing that a call has made: its number, whose it is, what was said of it.
struct Thing {
    id: u64,
    owner: u64,
    said: Map<String, Value>,
    left: bool,
}

/// What a server remembers.
#[derive(Default)]
struct Memory {
    things: Mutex<Vec<Thing>>,
    last: AtomicU64,
}

type Serve = fn(&Memory, &Call, &[&str], &Oddities) -> Result<Answer, Answer>;

struct Small {
    memory: Memory,
    serve: Serve,
}

impl Application for Small {
    fn answer(&self, call: &Call, path: &[&str], odd: &Oddities) -> Answer {
        (self.serve)(&self.memory, call, path, odd).unwrap_or_else(|refused| refused)
    }
}

/// The server of a contract, by the name of the contract's folder.
pub(crate) fn application(contract: &str) -> Option<Box<dyn Application>> {
    let serve: Serve = match contract {
        "jobs" => jobs,
        "labels" => labels,
        "notes" | "diary" => notes,
        "club" => club,
        "wallet" => wallet,
        "pins" => pins,
        "cards" => cards,
        _ => return None,
    };
    Some(Box::new(Small { memory: Memory::default(), serve }))
}

impl Memory {
    fn things(&self) -> std::sync::MutexGuard<'_, Vec<Thing>> {
        self.things.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self, owner: u64, said: Map<String, Value>) -> u64 {
        let id = 1000 + self.last.fetch_add(1, Ordering::Relaxed);
        self.things().push(Thing { id, owner, said, left: false });
        id
    }

    /// What was said of the thing with this number, if it has not left.
    fn present(&self, id: u64) -> Option<Map<String, Value>> {
        self.things().iter().find(|t| t.id == id && !t.left).map(|t| t.said.clone())
    }
}

fn nowhere(call: &Call, odd: &Oddities) -> Answer {
    not_allowed(call, "GET, POST, PUT, DELETE", odd)
}

fn number(text: &str) -> Result<u64, Answer> {
    let whole =
        text.parse().ok().filter(|n| (1..=999_999_999_999).contains(n) && text.bytes().all(|b| b.is_ascii_digit()));
    whole.ok_or_else(|| refusal(422, "value", "the number must be a whole one of 1 to 12 digits"))
}

fn whole(body: &Map<String, Value>, field: &str) -> Result<u64, Answer> {
    pages(body, field, 999_999_999_999)
}

/// A text of any length that the body must have.
fn free_text(body: &Map<String, Value>, field: &str, odd: &Oddities) -> Result<Value, Answer> {
    match body.get(field) {
        Some(Value::String(text)) if text.is_empty() && odd.has("refuses-empty-texts") => {
            Err(refusal(422, "empty", &format!("{field} is empty")))
        }
        Some(Value::String(text)) if text.chars().count() > 500 => {
            Err(refusal(422, "long", &format!("{field} is too long")))
        }
        Some(Value::String(text)) => match odd.objection_to(text) {
            Some(why) => Err(refusal(422, "characters", &format!("{field} {why}"))),
            None => Ok(json!(text)),
        },
        _ => Err(refusal(422, "missing", &format!("{field} must be a text"))),
    }
}

/// Calls that promise nothing but a status.
fn jobs(_: &Memory, call: &Call, path: &[&str], odd: &Oddities) -> Result<Answer, Answer> {
    let done = |status| match odd.body_of_nothing() {
        Some((kind, body)) if status != 205 => {
            Answer { body: body.as_bytes().to_vec(), ..Answer::empty(status) }.header("Content-Type", kind)
        }
        _ => Answer::empty(status),
    };
    match (path, call.method.as_str()) {
        (["jobs"], "POST") => {
            let body = parsed(call);
            let kind = body.and_then(|body| text(&body, "kind", 20, odd));
            match kind {
                Ok(_) => Ok(done(202)),
                Err(refused) if odd.has("refusals-of-no-row-are-empty") => Err(Answer::empty(refused.status)),
                Err(refused) if odd.has("refusals-of-no-row-are-html") => {
                    Err(Answer { body: b"<h1>Unprocessable</h1>".to_vec(), ..Answer::empty(refused.status) }
                        .header("Content-Type", "text/html"))
                }
                Err(refused) => Err(refused),
            }
        }
        (["clock"], "PUT") => Ok(done(205)),
        (["pulse"], "GET") => Ok(done(200)),
        _ => Err(nowhere(call, odd)),
    }
}

/// Texts of which no length is known, and a price that need not be a whole number.
fn labels(memory: &Memory, call: &Call, path: &[&str], odd: &Oddities) -> Result<Answer, Answer> {
    match (path, call.method.as_str()) {
        (["labels"], "POST") => {
            let body = parsed(call)?;
            let label = free_text(&body, "label", odd)?;
            let fraction = body
                .get("cost")
                .filter(|c| odd.has("takes-fractions") && c.as_f64().is_some_and(|c| (1.0..=1000.0).contains(&c)));
            let cost = fraction.cloned().map_or_else(|| pages(&body, "cost", 1000).map(Value::from), Ok)?;
            let mut said = Map::from_iter([("label".to_owned(), label), ("cost".to_owned(), cost)]);
            if let Some(remark) = body.get("remark").filter(|r| !r.is_null()) {
                let remark = free_text(&Map::from_iter([("remark".to_owned(), remark.clone())]), "remark", odd)?;
                said.insert("remark".to_owned(), remark);
            }
            Ok(Answer::json(201, &json!({"labelId": memory.make(0, said)})))
        }
        (["labels", id], "GET") => {
            let said =
                memory.present(number(id)?).ok_or_else(|| refusal(404, "no-such-label", "there is no such label"))?;
            Ok(Answer::json(200, &said.into()))
        }
        _ => Err(nowhere(call, odd)),
    }
}

/// Notes with a tag that may be left out, and a list of them all; a diary's list does not show the numbers of its entries.
fn notes(memory: &Memory, call: &Call, path: &[&str], odd: &Oddities) -> Result<Answer, Answer> {
    match (path, call.method.as_str()) {
        (["notes" | "entries"], "POST") => {
            let body = parsed(call)?;
            let mut said = Map::from_iter([("text".to_owned(), json!(text(&body, "text", 50, odd)?))]);
            match body.get("tag") {
                None => {}
                Some(Value::String(tag)) if tag.is_empty() && odd.has("shows-the-empty-text-that-it-took") => {
                    said.insert("tag".to_owned(), json!(tag));
                }
                Some(Value::String(tag)) if tag.is_empty() => {}
                Some(_) => {
                    said.insert("tag".to_owned(), json!(text(&body, "tag", 9, odd)?));
                }
            }
            Ok(Answer::json(201, &json!({"noteId": memory.make(0, said)})))
        }
        (["notes" | "entries"], "GET") => {
            let shown = |thing: &Thing| {
                let mut shown = thing.said.clone();
                if path == ["notes"] {
                    shown.insert("noteId".to_owned(), json!(thing.id));
                }
                Value::from(shown)
            };
            let items: Vec<Value> = memory.things().iter().map(shown).collect();
            Ok(Answer::json(200, &json!({"items": items})))
        }
        _ => Err(nowhere(call, odd)),
    }
}

/// House rules, each of a kind and a language, and guests who agree to those that are mandatory.
fn club(memory: &Memory, call: &Call, path: &[&str], odd: &Oddities) -> Result<Answer, Answer> {
    const RULES: [(u64, &str, &str, &str); 4] = [
        (11, "DOOR", "EN", "MANDATORY"),
        (12, "BAR", "EN", "MANDATORY"),
        (13, "BAR", "EN", "OPTIONAL"),
        (14, "POOL", "EN", "OPTIONAL"),
    ];
    match (path, call.method.as_str()) {
        (["rules"], "GET") => {
            for (name, known) in [("kind", ["DOOR", "BAR", "POOL"].as_slice()), ("locale", &["EN", "FR"])] {
                if call.query(name).is_some_and(|v| !known.contains(&v)) {
                    return Err(refusal(422, "value", &format!("{name} is not one of those known")));
                }
            }
            let narrow = odd.has("narrows-the-catalogue");
            let fits = |asked: Option<&str>, own: &str| !narrow || asked.is_none_or(|asked| asked == own);
            let rules: Vec<Value> = RULES
                .iter()
                .filter(|(_, kind, locale, _)| fits(call.query("kind"), kind) && fits(call.query("locale"), locale))
                .map(|(id, kind, _, required)| json!({"ruleId": id, "kind": kind, "required": required}))
                .collect();
            Ok(Answer::json(200, &json!({"rules": rules})))
        }
        (["guests"], "POST") => {
            let body = parsed(call)?;
            let name = text(&body, "name", 40, odd)?;
            let Some(agreed) = body.get("rules").and_then(Value::as_array) else {
                return Err(refusal(422, "missing", "rules is missing"));
            };
            if agreed.iter().any(|id| !RULES.iter().any(|r| id.as_u64() == Some(r.0))) {
                return Err(refusal(422, "value", "rules names a rule that is not there"));
            }
            let wanted = |kind: &str| kind == "DOOR" || !odd.has("wants-the-rules-of-the-door-alone");
            let lacks = RULES
                .iter()
                .any(|r| r.3 == "MANDATORY" && wanted(r.1) && !agreed.iter().any(|id| id.as_u64() == Some(r.0)));
            if lacks {
                return Err(refusal(409, "rules-missing", "a mandatory rule is not agreed to"));
            }
            Ok(Answer::json(
                201,
                &json!({"guestId": memory.make(0, Map::from_iter([("name".to_owned(), json!(name))]))}),
            ))
        }
        _ => Err(nowhere(call, odd)),
    }
}

/// Members who may have an account without asking for one, and who may leave.
fn wallet(memory: &Memory, call: &Call, path: &[&str], odd: &Oddities) -> Result<Answer, Answer> {
    let no_member = || refusal(404, "no-such-member", "there is no such member");
    match (path, call.method.as_str()) {
        (["members"], "POST") => {
            let body = parsed(call)?;
            let name = text(&body, "name", 40, odd)?;
            let mut said = Map::from_iter([("name".to_owned(), json!(name))]);
            said.insert("balance".to_owned(), json!(if odd.has("welcomes-with-a-balance") { 500 } else { 0 }));
            said.insert("account".to_owned(), json!(odd.has("gives-an-account-to-everybody")));
            Ok(Answer::json(201, &json!({"memberId": memory.make(0, said)})))
        }
        (["members", id], "GET") => {
            let id = number(id)?;
            let things = memory.things();
            let shows_left = odd.has("shows-members-who-left");
            let member = things.iter().find(|t| t.id == id && (!t.left || shows_left)).ok_or_else(no_member)?;
            let (name, balance) = (&member.said["name"], &member.said["balance"]);
            Ok(Answer::json(200, &json!({"memberId": id, "name": name, "balance": balance})))
        }
        (["members", id], "DELETE") => {
            let id = number(id)?;
            let mut things = memory.things();
            let twice = odd.has("takes-a-second-farewell");
            let member = things.iter_mut().find(|t| t.id == id && (!t.left || twice)).ok_or_else(no_member)?;
            member.left = true;
            Ok(Answer::empty(204))
        }
        (["accounts"], "POST") => {
            let id = whole(&parsed(call)?, "memberId")?;
            let mut things = memory.things();
            let member = things.iter_mut().find(|t| t.id == id && !t.left).ok_or_else(no_member)?;
            member.said["account"] = json!(true);
            Ok(Answer::json(201, &json!({"accountNo": format!("ACC-{id}")})))
        }
        (["charges"], "POST") => {
            let body = parsed(call)?;
            let (id, amount) = (whole(&body, "memberId")?, pages(&body, "amount", 1000)?);
            let mut things = memory.things();
            let member = things.iter_mut().find(|t| t.id == id && !t.left).ok_or_else(no_member)?;
            if member.said["account"] != json!(true) {
                return Err(refusal(409, "no-account", "the member has no account"));
            }
            member.said["balance"] = json!(member.said["balance"].as_u64().unwrap_or_default() + amount);
            Ok(Answer::json(201, &json!({"chargeId": 1 + memory.last.fetch_add(1, Ordering::Relaxed)})))
        }
        _ => Err(nowhere(call, odd)),
    }
}

/// Holders with a pin of six digits, and the call that compares it.
fn pins(memory: &Memory, call: &Call, path: &[&str], odd: &Oddities) -> Result<Answer, Answer> {
    let six_digits = |pin: &str| {
        let fits = pin.len() == 6 && pin.bytes().all(|b| b.is_ascii_digit());
        if fits { Ok(()) } else { Err(refusal(422, "pin", "a pin has six digits")) }
    };
    let body = parsed(call);
    match (path, call.method.as_str()) {
        (["holders"], "POST") => {
            let pin = text(&body?, "pin", 6, odd)?;
            six_digits(&pin)?;
            Ok(Answer::json(
                201,
                &json!({"holderId": memory.make(0, Map::from_iter([("pin".to_owned(), json!(pin))]))}),
            ))
        }
        (["holders", "check"], "POST") => {
            let body = body?;
            let (id, pin) = (whole(&body, "holderId")?, text(&body, "pin", 6, odd)?);
            if odd.has("checks-the-form-of-a-pin-first") || pin.chars().count() != 6 {
                six_digits(&pin)?;
            }
            let said = memory.present(id).ok_or_else(|| refusal(404, "no-such-holder", "there is no such holder"))?;
            if said["pin"] == json!(pin) {
                return Ok(Answer::json(200, &json!({"holderId": id})));
            }
            Err(refusal(403, "wrong-pin", "the pin is another"))
        }
        _ => Err(nowhere(call, odd)),
    }
}

/// Owners, their cards, and a list of an owner's cards that a card's number may narrow.
fn cards(memory: &Memory, call: &Call, path: &[&str], odd: &Oddities) -> Result<Answer, Answer> {
    let no_owner = || refusal(404, "no-such-owner", "there is no such owner");
    let is_owner = |id: u64| memory.things().iter().any(|t| t.id == id && t.owner == 0);
    let shown = |id: u64| format!("C{id:011}");
    match (path, call.method.as_str()) {
        (["owners"], "POST") => {
            text(&parsed(call)?, "name", 40, odd)?;
            let id = memory.make(0, Map::new());
            let first = memory.make(id, Map::new());
            if odd.has("gives-a-second-card") {
                memory.make(id, Map::new());
            }
            Ok(Answer::json(201, &json!({"ownerId": id, "firstCard": shown(first)})))
        }
        (["cards"], "POST") => {
            let owner = whole(&parsed(call)?, "ownerId")?;
            if !is_owner(owner) {
                return Err(no_owner());
            }
            Ok(Answer::json(201, &json!({"cardId": shown(memory.make(owner, Map::new()))})))
        }
        (["cards"], "GET") => {
            let owner = number(call.query("ownerId").ok_or_else(|| refusal(422, "missing", "ownerId is missing"))?)?;
            let asked = call.query("cardId");
            if asked.is_some_and(|asked| asked.chars().count() != 12) {
                return Err(refusal(422, "length", "cardId must have 12 characters"));
            }
            if !is_owner(owner) {
                return Err(no_owner());
            }
            let fits = |id: u64| !odd.has("narrows-the-list") || asked.is_none_or(|asked| asked == shown(id));
            let things = memory.things();
            let own = things.iter().filter(|t| t.owner == owner && fits(t.id));
            let cards: Vec<Value> = own.map(|t| json!({"cardId": shown(t.id)})).collect();
            if cards.is_empty() && odd.has("refuses-cards-of-nobody") {
                return Err(refusal(404, "no-such-card", "there is no such card"));
            }
            Ok(Answer::json(200, &json!({"cards": cards})))
        }
        _ => Err(nowhere(call, odd)),
    }
}
