//! The contract held against the collected facts, both ways: nothing lost, nothing invented.

use std::collections::BTreeMap;
use std::fs;

use konform::contract::{Contract, Endpoint, When};
use konform::model::field::{Constraint, Field};
use konform::model::{Basis, ClauseIx};
use serde_json::Value;

use super::lab;

/// What a reader of the facts may count on; fewer means that some were lost.
const FILES: usize = 47;
const ROWS: usize = 100;
const TEST_DATA: usize = 11;
const GAPS: usize = 170;
const ALL_GAPS: usize = 200;
const CONFLICTS: usize = 96;

const COMMON: [&str; 7] =
    ["headers", "tran_token", "errors", "encryption", "environments_and_certification", "callbacks", "packages"];

fn read(path: &str) -> Value {
    let path = lab::root().join("specs/kona-plate/facts").join(path);
    serde_json::from_str(&fs::read_to_string(path).expect("a fact file")).expect("JSON")
}

/// Endpoint facts by the id that their contract has: the file's name.
fn endpoints() -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for folder in ["user", "account", "card"] {
        for entry in fs::read_dir(lab::root().join("specs/kona-plate/facts").join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
            let id = name.strip_suffix(".json").expect("a JSON file").to_owned();
            found.insert(id, read(&format!("{folder}/{name}")));
        }
    }
    found
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn strings(value: &Value, key: &str) -> Vec<String> {
    list(value, key).iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// Rows of a fact table with their paths; array children lie below `*`.
fn rows<'a>(table: &'a Value, parent: &str, out: &mut Vec<(String, &'a Value)>) {
    for row in table.as_array().into_iter().flatten() {
        let path = format!("{parent}{}", row["name"].as_str().unwrap_or_default());
        let below = if row["type"] == "array" { format!("{path}.*.") } else { format!("{path}.") };
        out.push((path, row));
        rows(&row["children"], &below, out);
    }
}

/// Every difference between a fact file and its contract.
fn differences(contract: &Contract, id: &str, fact: &Value) -> Vec<String> {
    let mut out = Vec::new();
    let Some((_, endpoint)) = contract.endpoint(id) else { return vec![format!("{id}: no contract")] };
    let mut say = |what: String| out.push(format!("{id}: {what}"));
    if (fact["method"].as_str().unwrap_or("unseen"), fact["path"].as_str().unwrap_or_default())
        != (&endpoint.method, &endpoint.path)
    {
        say(format!("method or path: {} {}", endpoint.method, endpoint.path));
    }
    for (side, table) in [("request", &endpoint.request), ("response", &endpoint.response)] {
        let (mut wanted, mut known) = (Vec::new(), BTreeMap::new());
        rows(&fact[side], "", &mut wanted);
        for field in table {
            field.walk(&mut |f| {
                known.insert(f.path.as_str(), f);
            });
        }
        for (path, row) in &wanted {
            match known.get(path.as_str()) {
                Some(field) => holds(contract, field, row, &mut |what| say(format!("{side} {path}: {what}"))),
                None => say(format!("{side} has no {path}")),
            }
        }
        for path in known.keys().filter(|k| !k.ends_with('*') && !wanted.iter().any(|(p, _)| p == *k)) {
            say(format!("{side} has {path}, which no fact has"));
        }
    }
    codes(fact, endpoint, &mut say);
    // A success that no row shows is inferred from a page that shows one.
    let shown =
        list(fact, "response_codes").iter().any(|r| r["code"].as_str() == Some(endpoint.success.codes[0].as_str()));
    let documented = contract.clause(endpoint.success.status_clause).basis == Basis::Documented;
    if shown != documented {
        say(format!("its success is documented: {documented}, and the facts show it: {shown}"));
    }
    out.extend(notes(contract, id, &[fact]));
    out
}

/// True if the constraint is no promise, or one that names the sibling it comes from.
fn excused<T>(contract: &Contract, constraint: Option<&Constraint<T>>) -> bool {
    let inferred = |ix: ClauseIx| contract.clause(ix).basis == Basis::Inferred;
    constraint.is_none_or(|c| c.open || c.clause.is_none_or(inferred))
}

fn holds(contract: &Contract, field: &Field, row: &Value, say: &mut dyn FnMut(String)) {
    match row["type"].as_str() {
        Some(kind) if field.kind.as_ref().map(|k| k.first().word()) != Some(kind) => say("another type".to_owned()),
        None if !excused(contract, field.kind.as_ref()) => say("an invented type".to_owned()),
        _ => {}
    }
    let presence = match row["presence"].as_str() {
        Some("required") => field.required(),
        Some("optional") => field.optional(),
        _ => field.presence.is_none(),
    };
    if !presence {
        say(format!("presence is {}", row["presence"]));
    }
    let bounds = match (&row["length"], &row["min"], &row["max"]) {
        (Value::Number(n), ..) => Some((n.to_string(), n.to_string())),
        (_, Value::Number(min), Value::Number(max)) => Some((min.to_string(), max.to_string())),
        _ => None,
    };
    match (bounds, row["type"].as_str()) {
        (Some(wanted), Some("number")) => {
            let sides = field.value.iter().filter(|v| v.clause.is_some()).flat_map(|v| &v.sides);
            if !sides.into_iter().any(|s| (s.min.to_string(), s.max.to_string()) == wanted) {
                say(format!("its bounds are {wanted:?}"));
            }
        }
        (Some(wanted), _) => {
            let sides = field.length.iter().filter(|l| l.clause.is_some()).flat_map(|l| &l.sides);
            if !sides.into_iter().any(|s| (s.min.to_string(), s.max.to_string()) == wanted) {
                say(format!("its length is {wanted:?}"));
            }
        }
        // A length that no fact has may guide what is sent, never what is promised.
        (None, _) => {
            if !excused(contract, field.length.as_ref()) || field.value.is_some() {
                say("invented bounds".to_owned());
            }
        }
    }
    let spelling = |text: &str| text.to_lowercase().replace("hh24mi", "hhmm");
    let format = field.format.as_ref().map(|f| spelling(f.first().name()));
    match row["format"].as_str() {
        Some(wanted) if format != Some(spelling(wanted)) => say(format!("its format is {wanted}")),
        None if !excused(contract, field.format.as_ref()) => say("an invented format".to_owned()),
        _ => {}
    }
    let words = strings(row, "enum");
    if words.is_empty() {
        if !excused(contract, field.words.as_ref()) {
            say("invented words".to_owned());
        }
    } else if field.words.as_ref().map(|w| w.first().clone()) != Some(words) {
        say("other words".to_owned());
    }
}

fn codes(fact: &Value, endpoint: &Endpoint, say: &mut dyn FnMut(String)) {
    let documented = list(fact, "response_codes");
    let success = endpoint.success.codes[0].as_str();
    for row in documented {
        let (code, message) = (row["code"].as_str().expect("a code"), row["message"].as_str().unwrap_or_default());
        let status = u16::try_from(row["http"].as_u64().expect("a status")).expect("a status");
        if code == success {
            if (endpoint.success.status, endpoint.success.message.as_str()) != (status, message) {
                say(format!("another success than {status} {message}"));
            }
            continue;
        }
        let Some(known) = endpoint.rows.iter().find(|r| r.code == code) else {
            say(format!("no row {code}"));
            continue;
        };
        let own = known.fields.iter().find(|f| f.documented);
        let path = own.map_or("", |f| f.path.as_str());
        let mut text = known.message.replace("{field}", path).replace("{name}", path.rsplit('.').next().unwrap_or(""));
        let field = konform::model::field::find(&endpoint.request, path);
        if let Some(bounds) = field.and_then(|f| f.length.as_ref()) {
            text = text
                .replace("{min}", &bounds.first().min.to_string())
                .replace("{max}", &bounds.first().max.to_string());
        }
        if (known.status, text.as_str()) != (status, message) {
            say(format!("{code} is {status} {message}, not {} {text}", known.status));
        }
        let named = row["field"].as_str().filter(|_| known.when.input() || matches!(known.when, When::Unknown { .. }));
        if named.is_some_and(|n| path != n && !path.ends_with(&format!(".{n}"))) {
            say(format!("{code} names {named:?}, not {path}"));
        }
    }
    let wanted = documented.iter().filter(|r| r["code"].as_str() != Some(success)).count();
    // What a page forbids without a code stands beside its rows.
    let known = endpoint.rows.iter().filter(|r| !r.code.is_empty()).count();
    if known != wanted {
        say(format!("{known} rows, not {wanted}"));
    }
    let examples = list(fact, "test_data");
    let own: Vec<(&str, &str)> = endpoint
        .examples
        .iter()
        .map(|e| (e.title.as_str(), e.row.map_or(success, |r| endpoint.rows.get(r).map_or("", |r| r.code.as_str()))))
        .collect();
    let given: Vec<(&str, &str)> = examples
        .iter()
        .map(|e| (e["case"].as_str().unwrap_or_default(), e["code"].as_str().unwrap_or_default()))
        .collect();
    if own != given {
        say(format!("test data {own:?}, not {given:?}"));
    }
}

fn notes(contract: &Contract, owner: &str, facts: &[&Value]) -> Vec<String> {
    let mut out = Vec::new();
    let own = |kind: &str| contract.notes.iter().filter(|n| n.owner == owner && n.kind == kind).collect::<Vec<_>>();
    let gaps: Vec<String> = facts.iter().flat_map(|f| strings(f, "gaps")).collect();
    if own("gap").iter().map(|n| n.text.clone()).collect::<Vec<_>>() != gaps {
        out.push(format!("{owner}: other gaps"));
    }
    let conflicts: Vec<[String; 3]> = facts
        .iter()
        .flat_map(|f| list(f, "conflicts"))
        .map(|c| ["what", "a", "b"].map(|key| c[key].as_str().unwrap_or_default().to_owned()))
        .collect();
    let known: Vec<[String; 3]> = own("conflict")
        .iter()
        .map(|n| {
            let (a, b) = n.sides.clone().unwrap_or_default();
            [n.text.clone(), a, b]
        })
        .collect();
    if known != conflicts {
        out.push(format!("{owner}: other conflicts"));
    }
    if let Some(note) = own("conflict").into_iter().find(|n| n.decided.is_empty()) {
        out.push(format!("{owner}: nothing says what decides \"{}\"", note.text));
    }
    out
}

#[test]
fn every_fact_is_in_the_contract_and_nothing_else_is() {
    let contract = lab::bare(None);
    let facts = endpoints();
    let wrong: Vec<String> = facts.iter().flat_map(|(id, fact)| differences(&contract, id, fact)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(contract.endpoints.len(), facts.len(), "a contract without facts");

    let common: Vec<Value> = COMMON.iter().map(|f| read(&format!("common/{f}.json"))).collect();
    let wrong = notes(&contract, &contract.id, &common.iter().collect::<Vec<_>>());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (side, table) in [
        ("request_headers", &contract.endpoints[0].request_headers),
        ("response_headers", &contract.endpoints[0].response_headers),
    ] {
        for row in list(&common[0], side) {
            let field = table.iter().find(|f| Some(f.name.as_str()) == row["name"].as_str());
            let field = field.unwrap_or_else(|| panic!("no header {row}"));
            if let Some(length) = row["length"].as_u64() {
                let length = usize::try_from(length).expect("a length");
                let sides = field.length.iter().flat_map(|l| &l.sides);
                assert!(sides.into_iter().any(|s| s.min == length && s.max == length), "{row}");
            }
            match row["presence"].as_str() {
                // The condition is that it is no callback: every call of this contract.
                Some("required" | "conditional") => assert!(field.required(), "{row}"),
                Some("optional") => assert!(field.optional(), "{row}"),
                _ => assert!(field.presence.is_none(), "{row}"),
            }
        }
    }
}

#[test]
fn the_facts_are_all_there() {
    let facts = endpoints();
    let count = |key: &str| facts.values().map(|f| list(f, key).len()).sum::<usize>();
    let common: Vec<Value> = COMMON.iter().map(|f| read(&format!("common/{f}.json"))).collect();
    let shared = |key: &str| common.iter().map(|f| list(f, key).len()).sum::<usize>();
    assert!(facts.len() >= FILES, "{} endpoint files", facts.len());
    assert!(count("response_codes") >= ROWS, "{} response-code rows", count("response_codes"));
    assert!(count("test_data") >= TEST_DATA, "{} test-data rows", count("test_data"));
    assert!(count("gaps") >= GAPS, "{} gaps of endpoints", count("gaps"));
    assert!(count("gaps") + shared("gaps") >= ALL_GAPS, "{} gaps", count("gaps") + shared("gaps"));
    assert!(count("conflicts") + shared("conflicts") >= CONFLICTS, "{}", count("conflicts") + shared("conflicts"));
}

#[test]
fn a_row_deleted_on_either_side_is_missed() {
    let contract = lab::bare(None);
    let mut deleted = 0;
    for (id, fact) in endpoints() {
        for key in ["request", "response", "response_codes", "test_data", "gaps", "conflicts"] {
            for at in 0..list(&fact, key).len() {
                let mut less = fact.clone();
                less[key].as_array_mut().expect("a list").remove(at);
                assert!(!differences(&contract, &id, &less).is_empty(), "{id} {key} {at} of the facts");
                deleted += 1;
            }
        }
        let at = contract.endpoint(&id).expect("a contract").0;
        let missed = |less: &Contract| !differences(less, &id, &fact).is_empty();
        for n in 0..contract.endpoints[at].rows.len() {
            let mut less = Contract::clone(&contract);
            // What a page forbids without a code is no row of the facts.
            if !less.endpoints[at].rows.remove(n).code.is_empty() {
                assert!(missed(&less), "{id} row {n} of the contract");
            }
        }
        for n in 0..contract.endpoints[at].request.len() {
            let mut less = Contract::clone(&contract);
            less.endpoints[at].request.remove(n);
            assert!(missed(&less), "{id} request {n} of the contract");
        }
        for n in 0..contract.endpoints[at].response.len() {
            let mut less = Contract::clone(&contract);
            less.endpoints[at].response.remove(n);
            assert!(missed(&less), "{id} response {n} of the contract");
        }
        for n in (0..contract.notes.len()).filter(|n| contract.notes[*n].owner == id) {
            let mut less = Contract::clone(&contract);
            less.notes.remove(n);
            assert!(missed(&less), "{id} note {n} of the contract");
        }
    }
    assert!(deleted > 500, "{deleted}");
}

#[test]
fn inferred_clauses_name_the_sibling_that_has_the_value_or_their_row() {
    let contract = lab::bare(None);
    let facts = endpoints();
    let mut siblings = 0;
    for clause in contract.clauses.iter().filter(|c| c.basis == Basis::Inferred) {
        assert!(!clause.why.is_empty(), "{}", clause.id);
        let Some(sibling) = clause.why.strip_prefix("from ").map(|w| w.split(':').next().unwrap_or(w)) else {
            continue;
        };
        if let Some(code) = sibling.strip_prefix("row ") {
            let code = code.split(',').next().unwrap_or(code);
            assert!(clause.id.contains(code), "{} reads row {code}", clause.id);
            continue;
        }
        let fact = facts.get(sibling).unwrap_or_else(|| panic!("{} is from {sibling}, which has no facts", clause.id));
        siblings += 1;
        // The value itself stands in the sibling's facts: the digits and words of the promise.
        let text = fact.to_string();
        let said = clause.says.split_once(' ').map_or("", |(_, rest)| rest);
        for word in
            said.split([' ', ',', '"']).filter(|w| w.chars().any(|c| c.is_ascii_digit()) || w.starts_with("yyyy"))
        {
            assert!(text.contains(word), "{}: {sibling} has no {word}", clause.id);
        }
    }
    assert!(siblings > 10, "{siblings}");
    for clause in &contract.clauses {
        assert!(clause.source.line > 0 && !clause.says.is_empty(), "{}", clause.id);
    }
}
