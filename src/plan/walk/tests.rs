use super::{made, neighbours};
use crate::model::case::Draw;
use crate::model::input::{Call, Names};
use crate::model::{Family, Input};
use crate::plan::testing::{line, plan};
use crate::plan::{Breadth, Plan, Undrawn};

const NOTES: &str = "
    resources: [{name: note, key: noteId, states: [OPEN, SHUT]}, {name: page, key: pageId}]
    == note-add POST /notes
    response: [{name: noteId, type: number, presence: required, value: 1..999999999999}]
    effects: [{create: note, key: response.noteId}]
    == note-shut POST /shut
    request:
      - {name: noteId, type: number, presence: required, value: 1..999999999999, ref: note.noteId}
      - {name: how, type: string, presence: required, enum: [shut, open]}
    effects: [{update: note, by: noteId, state: {by: request.how, map: {shut: SHUT, open: OPEN}}}]
    errors:
      - {status: 404, code: NONE, message: m, when: {unknown: noteId}}
      - {status: 409, code: SHUT, message: m, when: {state: {note: SHUT}}}
    == note-get GET /notes/{noteId}
    request: [{name: noteId, in: path, type: number, presence: required, value: 1..999999999999, ref: note.noteId}]
    effects: [{read: note, by: noteId}]
    == note-mind POST /mind
    errors: [{status: 409, code: E, message: m, when: {state: {note: SHUT}}}]
    == note-free POST /free
    errors: [{status: 404, code: E, message: m, when: {invalid: any}}]
    == page-add POST /pages
    response: [{name: pageId, type: number, presence: required, value: 1..999999999999}]
    effects: [{create: page, key: response.pageId}]
    == note-closed POST /closed
    undocumented: nobody has seen it
    effects: [{create: note, key: response.noteId}]
    response: [{name: noteId, type: number, presence: required, value: 1..999999999999}]
    == note-unproven POST /unproven
    unproven: a partner's key may be asked for
    effects: [{create: note, key: response.noteId}]
    response: [{name: noteId, type: number, presence: required, value: 1..999999999999}]
";

#[test]
fn calls_that_change_show_or_mind_the_same_things_follow_and_those_that_change_more_often() {
    let plan = plan(NOTES);
    let found = |at: usize| -> Vec<String> {
        let mut counted: Vec<(String, usize)> = Vec::new();
        for id in neighbours(&plan.scope(at, Family::Walk)) {
            match counted.iter_mut().find(|(known, _)| *known == id) {
                Some((_, times)) => *times += 1,
                None => counted.push((id, 1)),
            }
        }
        counted.into_iter().map(|(id, times)| format!("{id} {times}")).collect()
    };
    let notes = ["note-add 1", "note-shut 4", "note-get 1", "note-mind 1"];
    assert_eq!(found(0), notes);
    assert_eq!(found(1), notes);
    assert_eq!(found(5), ["page-add 1"]);
    // What only reads changes nothing that others could show.
    assert_eq!(found(2), [""; 0]);
    assert_eq!(found(3), [""; 0]);
}

/// The line of a sequence that follows on the endpoint's own call.
fn follow(plan: &Plan, calls: &[(&str, Names, u8)]) -> Result<String, Undrawn> {
    let calls = calls.iter().map(|(endpoint, names, turn)| Call {
        endpoint: (*endpoint).to_owned(),
        names: *names,
        turn: *turn,
    });
    let draw = Draw { number: None, shrinks: Vec::new(), input: Input::Calls(calls.collect()) };
    made(&plan.scope(0, Family::Walk), "calls", draw).map(|planned| line(plan, &planned))
}

#[test]
fn a_sequence_goes_on_with_calls_of_which_the_model_knows_what_they_get() {
    use Names::{Earlier, Latest, Left, Nothing};
    let plan = plan(NOTES);
    let first = "noteId=<answer 0 noteId>";
    let nobody = "noteId=<number 900000000000..999999999999>";
    let shut = format!("note-shut {first} how=\"shut\"");
    for (calls, expected) in [
        (vec![("note-get", Latest, 0)], format!("body::calls | note-add | note-get {first} -> accept")),
        // Nobody knows what a look at what is shut gets: that call is not made.
        (
            vec![("note-shut", Latest, 0), ("note-get", Latest, 0), ("note-shut", Latest, 0)],
            format!("body::calls | note-add | {shut} | {shut} -> refuse errors/SHUT/code/note with SHUT"),
        ),
        // What a call does is not held against itself.
        (vec![("note-shut", Latest, 0)], format!("body::calls | note-add | {shut} -> accept")),
        // The turn decides the word, counted around.
        (
            vec![("note-shut", Latest, 1), ("note-get", Latest, 0)],
            format!("body::calls | note-add | note-shut {first} how=\"open\" | note-get {first} -> accept"),
        ),
        (
            vec![("note-shut", Latest, 2), ("note-shut", Latest, 1)],
            format!(
                "body::calls | note-add | {shut} | note-shut {first} how=\"open\" -> refuse errors/SHUT/code/note with SHUT"
            ),
        ),
        // A refusal that the model foresees is part of the sequence.
        (
            vec![("note-shut", Latest, 0), ("note-shut", Latest, 0)],
            format!(
                "body::calls | note-add | note-shut {first} how=\"shut\" | note-shut {first} how=\"shut\" -> refuse errors/SHUT/code/note with SHUT"
            ),
        ),
        (
            vec![("note-shut", Nothing, 0)],
            format!(
                "body::calls | note-add | note-shut {nobody} how=\"shut\" -> refuse errors/NONE/code/noteId with NONE"
            ),
        ),
        (
            vec![("note-add", Latest, 0), ("note-get", Latest, 0)],
            "body::calls | note-add | note-add | note-get noteId=<answer 1 noteId> -> accept".to_owned(),
        ),
        (
            vec![("note-add", Latest, 0), ("note-get", Earlier, 0)],
            format!("body::calls | note-add | note-add | note-get {first} -> accept"),
        ),
        // There is no earlier one and none that has left, and of what never was no row of this page speaks: these are passed over.
        (
            vec![
                ("note-get", Earlier, 0),
                ("note-get", Left, 0),
                ("note-get", Nothing, 0),
                ("unheard-of", Latest, 0),
                ("note-get", Latest, 0),
            ],
            format!("body::calls | note-add | note-get {first} -> accept"),
        ),
    ] {
        // Where the model cannot tell what a call gets, it is not made.
        let found = follow(&plan, &calls).unwrap_or_else(|why| panic!("{calls:?}: {why:?}"));
        assert_eq!(found, expected, "{calls:?}");
    }
    assert_eq!(follow(&plan, &[]), Err(Undrawn::Unfit));
    assert_eq!(follow(&plan, &[("note-get", Left, 0)]), Err(Undrawn::Unfit));
    // Nine calls beside the first are the most; the last is the request under test.
    let many = follow(&plan, &[("note-add", Latest, 0); 12]).expect("a case");
    assert_eq!(many.matches("| note-add").count(), 9);
    // Only selected endpoints are judged.
    let selected = plan.judging(vec![true, false, false, false, false, false, false, false]);
    assert_eq!(follow(&selected, &[("note-get", Latest, 0)]), Err(Undrawn::Unfit));
    let edits = Draw { number: None, shrinks: Vec::new(), input: Input::Edits(Vec::new()) };
    assert_eq!(made(&plan.scope(0, Family::Walk), "calls", edits).err(), Some(Undrawn::Done));
}

#[test]
fn as_many_sequences_are_drawn_as_the_breadth_says_and_none_of_a_call_that_changes_nothing() {
    let plan = plan(NOTES);
    let found = |plan: &Plan, at: usize| -> Vec<(String, Option<u32>)> {
        let cases = plan.cases_of(at).filter(|case| case.family == Family::Walk);
        cases.map(|case| (case.id.to_string(), case.draw.as_ref().and_then(|draw| draw.number))).collect()
    };
    let expected = (0..3).map(|n| (format!("note-add::walk::body::calls-000{n}"), Some(n))).collect::<Vec<_>>();
    assert_eq!(found(&plan, 0), expected);
    assert_eq!(found(&plan, 2), []);
    assert_eq!(found(&plan, 3), []);
    let fewer = Plan::with(std::sync::Arc::clone(plan.contract()), 0, Breadth { walks: 1, ..Breadth::GATE });
    assert_eq!(found(&fewer, 0), expected[..1]);
}
