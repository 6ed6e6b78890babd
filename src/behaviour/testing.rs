//! A small shop as contract text, and a world that calls have gone through.
//!
//! Contracts are written short: `text NAME` and `maybe NAME` are a request's or answer's string that is required or optional, `ref
//! user.userId` an optional string that names a resource. Histories are lines: `CALL REQUEST -> ANSWER`, `fresh VALUE`, `entry RESOURCE
//! OBJECT`, `plant FIXTURE SERIAL`, `refused CODE CALL REQUEST`. In JSON, `'` stands for `"`.

use std::sync::Arc;

use super::world::{Moment, World};
use crate::contract::{Contract, Endpoint, File, Profile, load};
use crate::model::Json;
use crate::model::json::parse;

/// A world in which something may be there that nobody has seen.
pub(super) const OPEN: bool = false;
/// A world in which nothing else is there.
pub(super) const CLOSED: bool = true;

const API: &str = r"konform: 1
id: shop
title: Shop
base_path: /v1
length_unit: code-points
envelope: {code: code, message: message, on: refusals}
success: {status: 200}
resources:
  - {name: user, key: userId, states: [ACTIVE, DORMANT, WITHDRAWN], left: [WITHDRAWN], attributes: {funds: {initial: 0}}}
  - {name: card, key: cardNo, states: [ACTIVE, SUSPENDED, TERMINATED], left: [TERMINATED]}
  - {name: wallet, key: user}
  - {name: order, key: orderId, states: [READY, PAYING, DONE, FAILED], progress: [READY, PAYING, DONE]}
  - {name: token, key: tokenId, states: [FRESH, USED], left: [USED], fleeting: true}
  - {name: terms, key: termId, catalogue: true}
";

/// Calls that most tables need.
const CALLS: &str = "
id: register
request:
  - text loginId
  - maybe mail
response:
  - text userId
effects:
  - {create: user, key: response.userId, unique: [loginId], set: [loginId, mail]}
---
id: leave
request:
  - ref user.userId
effects:
  - {update: user, by: userId, state: WITHDRAWN}
---
id: rest
request:
  - ref user.userId
effects:
  - {update: user, by: userId, state: DORMANT}
---
id: rename
request:
  - ref user.userId
  - text loginId
effects:
  - {update: user, by: userId, set: [loginId]}
---
id: erase
request:
  - ref user.userId
effects:
  - {delete: user, by: userId}
---
id: issue
request:
  - ref user.userId
response:
  - text cardNo
effects:
  - {create: card, key: response.cardNo, set: {user: userId}}
---
id: end-card
request:
  - ref card.cardNo
effects:
  - {update: card, by: cardNo, state: TERMINATED}
---
id: open-wallet
request:
  - ref user.userId
effects:
  - {create: wallet, key: userId}
---
id: close-wallet
request:
  - ref user.userId
effects:
  - {delete: wallet}
---
id: buy
request:
  - ref card.cardNo
response:
  - text orderId
effects:
  - {create: order, key: response.orderId, set: {card: cardNo}}
---
id: login
request:
  - ref user.loginId
errors:
  - {status: 400, code: locked, message: locked, when: {attempts: {code: wrong, per: user, limit: 2}}}
---
id: look
request:
  - ref user.userId
response:
  - maybe loginId
  - maybe mail
  - {name: funds, type: number, presence: optional}
  - maybe state
effects:
  - {read: user, by: userId, answer: {loginId: user.loginId, mail: user.mail, funds: user.funds, state: user.state}}
---
id: cards
request:
  - ref user.userId
response:
  - name: cards
    type: array
    presence: optional
    items:
      type: object
      fields:
        - maybe cardNo
        - maybe alias
        - maybe state
effects:
  - {read: card, list: {at: response.cards, of: user}, answer: {alias: card.alias, state: card.state}}
";

/// A string of a table in short form, written out.
fn written(line: &str) -> String {
    let words: Vec<&str> = line.trim().trim_start_matches("- ").split(' ').collect();
    let (indent, _) = line.split_once('-').unwrap_or_default();
    let (name, presence, rest) = match words[..] {
        ["text", name] => (name, "required", String::new()),
        ["maybe", name] => (name, "optional", String::new()),
        ["ref", path] => (path.split('.').nth(1).unwrap(), "optional", format!(", ref: {path}")),
        _ => return line.to_owned(),
    };
    format!("{indent}- {{name: {name}, type: string, presence: {presence}, length: unseen{rest}}}")
}

/// The shop with these endpoints besides, `---` between two of them, as a profile decides it.
pub(super) fn contract(endpoints: &str, profile: &str) -> Arc<Contract> {
    let mut files = vec![File { name: "api.yaml".to_owned(), text: API.to_owned() }];
    let all = format!("{CALLS}---\n{endpoints}");
    for text in all.split("---\n").map(str::trim).filter(|text| !text.is_empty()) {
        let id = text.lines().next().unwrap().trim_start_matches("id: ").to_owned();
        let errors = if text.contains("errors:") { "" } else { "errors: []" };
        let body: Vec<String> = text.lines().map(written).collect();
        let text =
            format!("konform: 1\ntitle: T\nmethod: POST\npath: /{id}\n{body}\n{errors}\n", body = body.join("\n"));
        files.push(File { name: format!("{id}.yaml"), text });
    }
    let profile = (!profile.is_empty()).then(|| {
        let text = format!("konform: 1\n{profile}\n");
        Profile::load(&File { name: "p.yaml".to_owned(), text }).unwrap_or_else(|e| panic!("{e}"))
    });
    load(&files, profile.as_ref()).map_or_else(|e| panic!("{e}"), Arc::new)
}

/// JSON with `'` for `"`.
pub(super) fn json(text: &str) -> Json {
    parse(text.replace('\'', "\"").as_bytes()).unwrap_or_else(|e| panic!("{text}: {e:?}")).root
}

/// Noon of 26 November 2026 in Seoul: every call is made then.
pub(super) fn noon() -> Moment {
    "2026-11-26T12:00:00+09:00".parse().unwrap()
}

/// A contract and a world of it.
pub(super) struct Bench {
    pub(super) contract: Arc<Contract>,
    pub(super) world: World,
    steps: usize,
}

impl Bench {
    pub(super) fn new(contract: &Arc<Contract>, closed: bool) -> Self {
        Self { contract: Arc::clone(contract), world: World::new(Arc::clone(contract), closed), steps: 0 }
    }

    /// The world after a history.
    pub(super) fn after(contract: &Arc<Contract>, closed: bool, history: &[&str]) -> Self {
        let mut bench = Self::new(contract, closed);
        for line in history {
            bench.take(line);
        }
        bench
    }

    pub(super) fn endpoint(&self, id: &str) -> &Endpoint {
        self.contract.endpoint(id).unwrap_or_else(|| panic!("no endpoint {id}")).1
    }

    pub(super) fn resource(&self, name: &str) -> usize {
        self.world.resource(name).unwrap_or_else(|| panic!("no resource {name}"))
    }

    fn take(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap();
        match word {
            "fresh" => self.world.freshen(&json(rest)),
            "entry" => {
                let (resource, entry) = rest.split_once(' ').unwrap();
                self.world.enter(self.resource(resource), &json(entry));
            }
            "plant" => {
                let (fixture, serial) = rest.split_once(' ').unwrap();
                self.world.plant(fixture.parse().unwrap(), serial.parse().unwrap(), &noon());
            }
            "refused" => {
                let (code, call) = rest.split_once(' ').unwrap();
                let (id, request) = call.split_once(' ').unwrap();
                let contract = Arc::clone(&self.contract);
                self.world.refused(contract.endpoint(id).unwrap().1, &json(request), code);
            }
            id => {
                let (request, answer) = rest.split_once(" -> ").unwrap_or((rest, "{}"));
                let contract = Arc::clone(&self.contract);
                let (_, endpoint) = contract.endpoint(id).unwrap_or_else(|| panic!("no endpoint {id}"));
                self.world.apply(endpoint, &json(request), &json(answer), self.steps, &noon());
                self.steps += 1;
            }
        }
    }

    /// Everything that is known, as text: `user ACTIVE loginId=a userId=u1; ...`, `-` for an attribute that is known to be missing, `?`
    /// for a state that nobody knows.
    pub(super) fn shown(&self) -> String {
        let things = self.world.things().iter().map(|thing| {
            let own = &self.contract.resources[thing.resource];
            let mut words = vec![own.name.clone()];
            if !own.states.is_empty() {
                words.push(if thing.state.is_empty() { "?".to_owned() } else { thing.state.clone() });
            }
            if thing.moved {
                words.push("moved".to_owned());
            }
            if thing.gone {
                words.push("gone".to_owned());
            }
            words.extend(thing.attributes.iter().map(|(name, held)| match &held.value {
                Json::Null => format!("{name}=-"),
                value => format!("{name}={}", value.scalar().map_or_else(|| value.to_text(), str::to_owned)),
            }));
            words.join(" ")
        });
        things.collect::<Vec<_>>().join("; ")
    }
}
