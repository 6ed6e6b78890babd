use super::{changes, every_entry, makes};
use crate::model::Family;
use crate::plan::testing::{contract, edit, table};

const NOTE: &str = "{name: noteId, type: number, presence: required, value: 1..999}";

/// Notes that are made, changed and shown; `add` looks at them.
fn notes(method: &str, request: &str, response: &str, effects: &str) -> String {
    format!(
        "
        resources: [{{name: note, key: noteId, states: [OPEN, SHUT]}}]
        == add {method} /things
        request: [{request}]
        response: [{response}]
        effects: [{effects}]
        == note-add POST /notes
        request: [{{name: tag, type: string, presence: required, length: 2..5}}]
        response: [{NOTE}]
        effects: [{{create: note, key: response.noteId, set: [tag]}}]
        == note-shut POST /shut
        request: [{{name: noteId, type: number, presence: required, value: 1..999, ref: note.noteId}}]
        effects: [{{update: note, by: noteId, state: SHUT}}]
        == note-drop DELETE /notes/{{noteId}}
        request: [{{name: noteId, in: path, type: number, presence: required, value: 1..999, ref: note.noteId}}]
        effects: [{{delete: note, by: noteId}}]
        "
    )
}

#[test]
fn what_a_call_changed_is_looked_at_by_the_endpoint_that_shows_it() {
    let named = "{name: noteId, in: query, type: number, presence: required, value: 1..999, ref: note.noteId}";
    let tag = "{name: tag, type: string, presence: required, length: 2..5}";
    let shows = "{read: note, by: noteId, answer: {tag: note.tag}}";
    let id = "noteId=<answer 0 noteId>";
    table(
        Family::Scenario,
        &[
            (
                &notes("GET", named, tag, shows),
                &[
                    &format!(
                        "body::after-note-shut | note-add | note-shut {id} | {id} -> either: noteId names something in a state of which the endpoint's page says nothing"
                    ),
                    "body::after-note-drop left out: no note is there",
                ],
            ),
            // What is looked up without being shown, and what is changed, shows nothing of it.
            (&notes("GET", named, tag, "{read: note, by: noteId}"), &[]),
            (&notes("POST", &named.replace("in: query, ", ""), tag, "{update: note, by: noteId, state: SHUT}"), &[]),
        ],
    );
}

#[test]
fn an_entry_that_a_call_made_is_looked_for_in_the_list() {
    let list = format!("{{name: list, type: array, presence: required, items: {{type: object, fields: [{NOTE}]}}}}");
    let size = "{name: size, in: query, type: number, presence: optional, value: 1..9}";
    let id = "noteId=<answer 0 noteId>";
    let moves = [
        "body::after-note-add | note-add -> accept".to_owned(),
        format!("body::after-note-shut | note-add | note-shut {id} -> accept"),
        format!("body::after-note-drop | note-add | note-drop {id} -> accept"),
    ];
    let [added, shut, dropped] = moves.each_ref().map(String::as_str);
    table(
        Family::Scenario,
        &[
            (&notes("GET", "", &list, "{read: note, list: response.list}"), &[added]),
            (&notes("GET", "", &list, "{read: note, list: {at: response.list}}"), &[added, shut, dropped]),
            (&notes("GET", "", &list, "{read: note, list: {at: response.list, complete: false}}"), &[added]),
            (
                &notes("GET", size, &list, "{read: note, list: {at: response.list, size: size}}"),
                &[
                    added,
                    shut,
                    dropped,
                    "query.size::one-of-two | note-add | note-add | size=1 -> accept for effects/list/page",
                ],
            ),
        ],
    );
    let alone = format!(
        "
        resources: [{{name: note, key: noteId}}]
        == add GET /things
        request: [{size}]
        response: [{list}]
        effects: [{{read: note, list: {{at: response.list, size: size}}}}]
        "
    );
    table(
        Family::Scenario,
        &[(
            &alone,
            &["query.size::one-of-two left out (effects/list/page): no call of the contract makes two entries"],
        )],
    );
}

#[test]
fn a_call_that_cannot_come_before_is_left_out_with_its_reason() {
    let named = "{name: noteId, in: query, type: number, presence: required, value: 1..999, ref: note.noteId}";
    let tag = "{name: tag, type: string, presence: required, length: 2..5}";
    let text = notes("GET", named, tag, "{read: note, by: noteId, answer: {tag: note.tag}}");
    let closed = text
        .replace("== note-shut POST /shut\n", "== note-shut POST /shut\n        undocumented: nobody has seen it\n");
    table(
        Family::Scenario,
        &[(
            &closed,
            &[
                "body::after-note-shut left out: undocumented: nobody has seen it",
                "body::after-note-drop left out: no note is there",
            ],
        )],
    );
}

/// Members who choose terms of a catalogue, and `add`, which shows one.
fn terms(presence: &str, effect: &str, sample: &str) -> String {
    format!(
        "
        resources: [{{name: member, key: memberId}}, {{name: terms, key: tcId, catalogue: true}}]
        == add GET /member
        request: [{{name: memberId, in: query, type: number, presence: required, value: 1..99, ref: member.memberId}}]
        response: [{{name: mail, type: boolean, presence: {presence}}}]
        effects: [{effect}]
        == member-add POST /members
        request: [{{name: ids, type: array, presence: required, items: {{type: number, value: 1..99999999999999999999}}{sample}}}]
        response: [{{name: memberId, type: number, presence: required, value: 1..99}}]
        effects: [{{create: member, key: response.memberId}}]
        == terms-all GET /terms
        response:
          - name: list
            type: array
            presence: required
            items:
              type: object
              fields:
                - {{name: tcId, type: number, presence: required, value: 1..99999999999999999999}}
                - {{name: required, type: string, presence: required, enum: [MANDATORY, OPTIONAL]}}
        effects: [{{read: terms, list: response.list}}]
        "
    )
}

#[test]
fn what_depends_on_a_choice_is_looked_at_after_everything_was_chosen() {
    let read = "{read: member, by: memberId}";
    let sample = ", sample: {catalogue: terms, where: {required: MANDATORY}}";
    let every = "body::after-every-entry | member-add (trial) ids=<Every terms required MANDATORY as numbers> | memberId=<answer 0 memberId> -> accept";
    table(
        Family::Scenario,
        &[
            (&terms("optional", read, sample), &[every]),
            // Everything is in the answer anyway, the call shows nothing, and no list chooses.
            (&terms("required", read, sample), &[]),
            (&terms("optional", "", sample), &[]),
            (&terms("optional", read, ""), &[]),
        ],
    );
    let contract = contract(&terms("optional", read, sample));
    let edits = |id: &str| -> Vec<String> {
        every_entry(contract.endpoint(id).expect("the endpoint").1).iter().map(edit).collect()
    };
    assert_eq!(edits("member-add"), ["ids=<Every terms required MANDATORY as numbers>"]);
    assert_eq!(edits("terms-all"), [""; 0]);
}

#[test]
fn a_change_is_of_what_was_there_before_and_an_entry_is_made_by_a_creation() {
    let contract = contract(&notes("GET", "", "", ""));
    for (id, changed, made) in
        [("note-add", false, true), ("note-shut", true, false), ("note-drop", true, false), ("add", false, false)]
    {
        let (_, endpoint) = contract.endpoint(id).expect("the endpoint");
        assert_eq!((changes(endpoint, &["note"]), makes(endpoint, &["note"])), (changed, made), "{id}");
        assert_eq!((changes(endpoint, &["other"]), makes(endpoint, &["other"])), (false, false), "{id}");
    }
}
