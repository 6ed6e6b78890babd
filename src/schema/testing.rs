//! What the tables of this folder are made of: fields from the lines of a contract, values from JSON.

use crate::contract::{Contract, File, load};
use crate::model::json::parse;
use crate::model::{Field, Json};

/// A contract with these rows in the request and in the answer of its one endpoint; `api` are lines of `api.yaml`, and `rest` of the
/// endpoint's file.
pub(super) fn contract(api: &str, request: &str, response: &str, rest: &str) -> Contract {
    let api = format!(
        "konform: 1\nid: desk\ntitle: A desk\nenvelope: {{code: code, message: message}}\nsuccess: {{status: 200}}\n{api}"
    );
    let errors = if rest.contains("errors:") { "" } else { "errors: []\n" };
    let endpoint = format!(
        "konform: 1\nid: lend\ntitle: Lend\nmethod: POST\npath: /lend\n{errors}request: [{request}]\nresponse: [{response}]\n{rest}"
    );
    let files = [("api.yaml", api), ("lend.yaml", endpoint)];
    let files = files.map(|(name, text)| File { name: name.to_owned(), text });
    load(&files, None).unwrap_or_else(|e| panic!("{e}"))
}

/// What `api.yaml` says for the fields of these tables.
pub(super) const API: &str = "
resources:
  - {name: shelf, key: shelfId, states: [OPEN]}
  - {name: terms, key: termsId, catalogue: true, attributes: {kind: {}}}
conflicts:
  - {id: size, what: size, a: four, b: six, either: [{length: 4, type: string, format: HHmm}, {length: 6, type: number, format: HHmmss}], default: a}
  - {id: many, what: many, a: few, b: more, either: [{value: 1..5, length: 1..3}, {value: 7..9, length: 5..6}], default: a}
  - {id: word, what: word, a: old, b: new, either: [{enum: [OLD], charset: digits}, {enum: [NEW], charset: hex}], default: a}
";

/// The field `f` of a request: `lines` are what its row says of it besides; it is required unless they say otherwise.
pub(super) fn asked(lines: &str) -> Field {
    of(&contract(API, &row(lines), "", "").endpoints[0].request)
}

/// The same with a reading of the endpoint's file after the rows.
pub(super) fn asked_with(api: &str, lines: &str, rest: &str) -> Field {
    of(&contract(&format!("{API}{api}"), &row(lines), "", rest).endpoints[0].request)
}

/// The field `f` of an answer.
pub(super) fn answered(lines: &str) -> Field {
    of(&contract(API, "", &row(lines), "").endpoints[0].response)
}

fn row(lines: &str) -> String {
    let own = lines.split("fields:").next().unwrap_or_default();
    let presence = if own.contains("presence:") { "" } else { "presence: required, " };
    format!("{{name: f, {presence}{lines}}}")
}

fn of(fields: &[Field]) -> Field {
    fields.iter().find(|f| f.name == "f").cloned().expect("the field f")
}

pub(super) fn json(text: &str) -> Json {
    parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}")).root
}
