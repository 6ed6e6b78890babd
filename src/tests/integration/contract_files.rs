//! The contract files held against the facts, the hand count and their own JSON Schemas; mistakes in them are shown.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use konform::contract::{File, load};
use konform::model::Basis;
use konform::model::field::Field;
use serde_json::Value;

use super::lab;

type Counts = BTreeMap<String, BTreeMap<String, BTreeMap<String, usize>>>;

#[test]
fn clauses_of_each_kind_equal_the_count_made_by_hand() {
    let text = fs::read_to_string(lab::root().join("src/tests/clause-counts.yaml")).expect("the counts");
    let by_hand: Counts = serde_saphyr::from_str(&text).expect("counts");
    let mut counted = Counts::new();
    for clause in &lab::contract(None).clauses {
        let of = counted.entry(clause.endpoint().to_owned()).or_default().entry(clause.part().to_owned()).or_default();
        *of.entry(clause.rule.word().to_owned()).or_default() += 1;
    }
    assert_eq!(counted, by_hand);
}

fn fact(path: &str) -> Value {
    let path = lab::root().join("specs/kona-plate/facts").join(path);
    serde_json::from_str(&fs::read_to_string(path).expect("a fact file")).expect("JSON")
}

fn strings(value: &Value, key: &str) -> Vec<String> {
    value[key].as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
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

fn fields<'a>(table: &'a [Field], out: &mut BTreeMap<&'a str, &'a Field>) {
    for field in table {
        field.walk(&mut |f| {
            out.insert(f.path.as_str(), f);
        });
    }
}

#[test]
fn every_fact_is_in_the_contract() {
    let contract = lab::contract(None);
    for (id, file) in [("user-registration", "user/user-registration.json"), ("terms-all", "user/terms-all.json")] {
        let fact = fact(file);
        let (_, endpoint) = contract.endpoint(id).expect("the endpoint");
        assert_eq!(
            (fact["method"].as_str(), fact["path"].as_str()),
            (Some(endpoint.method.as_str()), Some(endpoint.path.as_str()))
        );
        for (side, table) in [("request", &endpoint.request), ("response", &endpoint.response)] {
            let (mut wanted, mut known) = (Vec::new(), BTreeMap::new());
            rows(&fact[side], "", &mut wanted);
            fields(table, &mut known);
            for (path, row) in &wanted {
                let field = known.get(path.as_str()).unwrap_or_else(|| panic!("{id} {side} has no {path}"));
                holds(field, row, &format!("{id} {side} {path}"));
            }
            let extra: Vec<_> =
                known.keys().filter(|k| !k.ends_with('*') && !wanted.iter().any(|(p, _)| p == *k)).collect();
            assert!(extra.is_empty(), "{id} {side} has fields that no fact has: {extra:?}");
        }
        codes(&fact, endpoint);
        notes(&contract, id, &[&fact]);
    }
    let common: Vec<Value> =
        ["headers", "tran_token", "errors", "encryption", "environments_and_certification", "callbacks", "packages"]
            .iter()
            .map(|f| fact(&format!("common/{f}.json")))
            .collect();
    notes(&contract, &contract.id, &common.iter().collect::<Vec<_>>());
    for (side, table) in [
        ("request_headers", &contract.endpoints[0].request_headers),
        ("response_headers", &contract.endpoints[0].response_headers),
    ] {
        for row in common[0][side].as_array().expect("headers") {
            let field = table
                .iter()
                .find(|f| Some(f.name.as_str()) == row["name"].as_str())
                .unwrap_or_else(|| panic!("no header {row}"));
            if let Some(length) = row["length"].as_u64() {
                let length = usize::try_from(length).expect("a length");
                assert!(
                    field.length.as_ref().is_some_and(|l| l.sides.iter().any(|s| s.min == length && s.max == length)),
                    "{row}"
                );
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

fn holds(field: &Field, row: &Value, place: &str) {
    let kind = row["type"].as_str().expect("a type");
    assert_eq!(field.kind.as_ref().map(|k| k.first().word()), Some(kind), "{place}: type");
    match row["presence"].as_str() {
        Some("required") => assert!(field.required(), "{place}: required"),
        Some("optional") => assert!(field.optional(), "{place}: optional"),
        _ => assert!(field.presence.is_none(), "{place}: nobody has seen its presence"),
    }
    let bounds = match (&row["length"], &row["min"], &row["max"]) {
        (Value::Number(n), ..) => Some((n.to_string(), n.to_string())),
        (_, Value::Number(min), Value::Number(max)) => Some((min.to_string(), max.to_string())),
        _ => None,
    };
    match (bounds, kind) {
        (Some((min, max)), "number") => {
            let value = field.value.as_ref().unwrap_or_else(|| panic!("{place}: bounds"));
            assert_eq!((value.first().min.to_string(), value.first().max.to_string()), (min, max), "{place}");
            assert!(value.clause.is_some(), "{place}: bounds are a clause");
        }
        (Some((min, max)), _) => {
            let length = field.length.as_ref().unwrap_or_else(|| panic!("{place}: length"));
            assert_eq!((length.first().min.to_string(), length.first().max.to_string()), (min, max), "{place}");
            assert!(length.clause.is_some(), "{place}: length is a clause");
        }
        // A length that no fact has may guide what is sent, never what is promised.
        (None, _) => assert!(
            field.length.as_ref().is_none_or(|l| l.clause.is_none()) && field.value.is_none(),
            "{place}: invented bounds"
        ),
    }
    if let Some(format) = row["format"].as_str() {
        let known = field.format.as_ref().map(|f| f.first().name().to_lowercase());
        assert_eq!(known, Some(format.to_lowercase()), "{place}: format");
    }
    let words = strings(row, "enum");
    if !words.is_empty() {
        assert_eq!(field.words.as_ref().map(|w| w.first().clone()), Some(words), "{place}: words");
    }
}

fn codes(fact: &Value, endpoint: &konform::contract::Endpoint) {
    let documented: Vec<&Value> = fact["response_codes"].as_array().into_iter().flatten().collect();
    for row in &documented {
        let (code, message) = (row["code"].as_str().expect("a code"), row["message"].as_str().expect("a message"));
        let status = u16::try_from(row["http"].as_u64().expect("a status")).expect("a status");
        if code == endpoint.success.codes[0] {
            assert_eq!((endpoint.success.status, endpoint.success.message.as_str()), (status, message));
            continue;
        }
        let known = endpoint.rows.iter().find(|r| r.code == code).unwrap_or_else(|| panic!("no row {code}"));
        let field = known.fields.iter().find(|f| f.documented).expect("a documented field");
        let bounds = endpoint.request.iter().find(|f| f.path == field.path).and_then(|f| f.length.as_ref());
        let mut text = known.message.replace("{field}", &field.path);
        if let Some(bounds) = bounds {
            text = text
                .replace("{min}", &bounds.first().min.to_string())
                .replace("{max}", &bounds.first().max.to_string());
        }
        assert_eq!((known.status, text.as_str()), (status, message), "{code}");
        if let Some(named) = row["field"].as_str() {
            assert_eq!(field.path, named, "{code}");
        }
    }
    let rows = documented.iter().filter(|r| r["code"].as_str() != Some(endpoint.success.codes[0].as_str())).count();
    assert_eq!(endpoint.rows.len(), rows, "a row that no fact has");
    let examples: Vec<&Value> = fact["test_data"].as_array().into_iter().flatten().collect();
    assert_eq!(endpoint.examples.len(), examples.len());
    for (own, given) in endpoint.examples.iter().zip(examples) {
        assert_eq!(Some(own.title.as_str()), given["case"].as_str());
        assert_eq!(
            own.row.map_or(endpoint.success.codes[0].as_str(), |r| endpoint.rows[r].code.as_str()),
            given["code"].as_str().expect("a code")
        );
    }
}

fn notes(contract: &konform::contract::Contract, owner: &str, facts: &[&Value]) {
    let gaps: Vec<String> = facts.iter().flat_map(|f| strings(f, "gaps")).collect();
    let own: Vec<&str> =
        contract.notes.iter().filter(|n| n.owner == owner && n.kind == "gap").map(|n| n.text.as_str()).collect();
    assert_eq!(own, gaps, "{owner}: gaps");
    let conflicts: Vec<(String, String, String)> = facts
        .iter()
        .flat_map(|f| f["conflicts"].as_array().into_iter().flatten())
        .map(|c| {
            (
                c["what"].as_str().unwrap_or_default().to_owned(),
                c["a"].as_str().unwrap_or_default().to_owned(),
                c["b"].as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    let own: Vec<(String, String, String)> = contract
        .notes
        .iter()
        .filter(|n| n.owner == owner && n.kind == "conflict")
        .map(|n| {
            let (a, b) = n.sides.clone().unwrap_or_default();
            (n.text.clone(), a, b)
        })
        .collect();
    assert_eq!(own, conflicts, "{owner}: conflicts");
}

#[test]
fn inferred_clauses_name_their_origin() {
    for clause in &lab::contract(None).clauses {
        assert!(clause.basis != Basis::Inferred || !clause.why.is_empty(), "{}", clause.id);
        assert!(clause.source.line > 0 && !clause.says.is_empty(), "{}", clause.id);
    }
}

fn yaml_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            yaml_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "yaml") {
            out.push(path);
        }
    }
}

pub(crate) fn schema(name: &str) -> jsonschema::Validator {
    let text = fs::read_to_string(lab::root().join(format!("specs/schema/{name}.schema.json"))).expect("a schema");
    jsonschema::validator_for(&serde_json::from_str(&text).expect("JSON")).expect("a JSON Schema")
}

#[test]
fn every_yaml_file_fits_its_schema() {
    let mut files = Vec::new();
    yaml_files(&lab::root().join("specs"), &mut files);
    assert!(files.len() >= 4);
    for path in files {
        let name = if path.ends_with("api.yaml") {
            "api"
        } else if path.to_string_lossy().contains("profiles") {
            "profile"
        } else {
            "endpoint"
        };
        let text = fs::read_to_string(&path).expect("a file");
        let value: Value = serde_saphyr::from_str(&text).expect("YAML");
        let errors: Vec<String> =
            schema(name).iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
}

const API: &str = "konform: 1\nid: x\ntitle: X\nenvelope: {code: code, message: message}\nsuccess: {status: 200, code: OK, message: Fine}\nresources:\n  - {name: thing, key: id}\n";
const ENDPOINT: &str = "konform: 1\nid: things\ntitle: Things\nmethod: POST\npath: /things\nencryption: {request: unmarked, response: unmarked}\n";

#[test]
fn mistakes_are_shown_with_line_column_and_mend() {
    // `§` marks the place that the caret must show.
    let cases = [
        (
            "request:\n  - {name: a, type: §text, presence: required}\nerrors: unseen\n",
            "unknown word `text`",
            "write one of: string",
        ),
        (
            "request:\n  - §{name: a, type: string, presence: required, lenght: 3}\nerrors: unseen\n",
            "`length` is missing",
            "add `length: ...`",
        ),
        (
            "request:\n  - {name: a, type: number, presence: required, §vlaue: 1..2}\nerrors: unseen\n",
            "unknown key `vlaue`",
            "did you mean `value`?",
        ),
        (
            "request:\n  - {name: a, type: string, presence: required, length: §9..3}\nerrors: unseen\n",
            "the smaller bound stands last",
            "write the smaller one first",
        ),
        ("request:\n  - §{name: a, type: string, length: 3}\nerrors: unseen\n", "`presence` is missing", "add"),
        (
            "request:\n  - {name: a, type: string, presence: required, length: {conflict: §len}}\nerrors: unseen\n",
            "no conflict `len`",
            "write one of",
        ),
        (
            "request:\n  - {name: a, type: string, presence: required, length: §{value: 3, basis: inferred}}\nerrors: unseen\n",
            "an inferred value without its origin",
            "add `from",
        ),
        (
            "request:\n  - {name: a, type: string, presence: required, length: 3, ref: §thnig.id}\nerrors: unseen\n",
            "`thnig.id` refers to nothing",
            "did you mean `thing`?",
        ),
        ("errors:\n  - {status: 400, code: X, message: M, when: {taken: §b}}\n", "the request has no `b`", ""),
        (
            "errors:\n  - {status: 400, code: X, message: M, when: {§where: {a: b}}}\n",
            "`where` is not supported by this version",
            "remove it",
        ),
        ("errors: unseen\n§errors: unseen\n", "`errors` stands here twice", "keep one"),
        ("effects: [{create: thing, key: §response.id}]\nerrors: unseen\n", "the answer has no `id`", ""),
        ("errors: unseen\ntest_data: [{name: t, title: T, expect: §\"9\"}]\n", "no row has code `9`", ""),
        ("§scenarios: []\nerrors: unseen\n", "`scenarios` is not supported by this version", "remove it"),
    ];
    for (marked, message, help) in cases {
        let text = format!("{ENDPOINT}{}", marked.replace('§', ""));
        let before = format!("{ENDPOINT}{}", marked.split('§').next().unwrap_or_default());
        let place =
            (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1);
        let files = [
            File { name: "x/api.yaml".to_owned(), text: API.to_owned() },
            File { name: "x/things.yaml".to_owned(), text },
        ];
        let error = load(&files, None).expect_err(marked);
        assert!(error.message().starts_with(message), "{error}");
        assert!(error.help().starts_with(help), "{error}");
        assert_eq!(error.place(), ("x/things.yaml", place.0, place.1), "{error}");
        assert!(error.to_string().contains('^'), "{error}");
    }
    let good = [
        File { name: "x/api.yaml".to_owned(), text: API.to_owned() },
        File { name: "x/things.yaml".to_owned(), text: format!("{ENDPOINT}errors: unseen\n") },
    ];
    assert!(load(&good, None).is_ok());
}
