use super::{of, steps};
use crate::model::{Role, Step};
use crate::plan::testing::{contract, step};

const KEY: &str = "{name: noteId, in: path, type: number, presence: required, value: 1..999, ref: note.noteId}";

/// Notes, and a call that may take one back.
fn notes(key: &str, request: &str, effect: &str, more: &str) -> String {
    format!(
        "
        resources: [{{name: note, key: noteId, states: [OPEN, HELD, GONE], left: [GONE]}}]
        == note-add POST /notes
        request: [{{name: own, type: number, presence: optional, value: 1..999}}]
        response: [{{name: noteId, type: number, presence: required, value: 1..999}}]
        effects: [{{create: note, key: {key}}}]
        == note-drop DELETE /notes/{{noteId}}
        request: [{request}]
        effects: [{effect}]
        {more}
        "
    )
}

#[test]
fn what_a_case_made_is_undone_by_the_call_that_ends_it_and_needs_its_key_alone() {
    let delete = "{delete: note, by: noteId}";
    let more = |presence: &str| format!("{KEY}, {{name: why, type: string, presence: {presence}, length: 1..9}}");
    let answered = vec!["note-drop (undo) noteId=<answer 0 noteId>".to_owned()];
    let sent = vec!["note-drop (undo) noteId=<sent 0 own>".to_owned()];
    for (text, expected) in [
        (notes("response.noteId", KEY, delete, ""), answered.clone()),
        (notes("own", KEY, delete, ""), sent),
        (notes("response.noteId", KEY, "{delete: note}", ""), answered.clone()),
        (notes("response.noteId", KEY, "{update: note, by: noteId, state: GONE}", ""), answered.clone()),
        // Its state is no end, or the answer alone tells which one it is.
        (notes("response.noteId", KEY, "{update: note, by: noteId, state: HELD}", ""), vec![]),
        (notes("response.noteId", KEY, "{update: note, by: noteId}", ""), vec![]),
        (notes("response.noteId", KEY, "{read: note, by: noteId}", ""), vec![]),
        (notes("response.noteId", &more("optional"), delete, ""), answered.clone()),
        (notes("response.noteId", &more("required"), delete, ""), vec![]),
        (notes("response.noteId", &more("unseen"), delete, ""), vec![]),
        (notes("response.noteId", KEY, delete, "undocumented: nobody has seen it"), vec![]),
        // What it is found by is not its key.
        (notes("response.noteId", &KEY.replace("note.noteId", "note.tag"), delete, ""), vec![]),
        (notes("response.noteId", &KEY.replace(", ref: note.noteId", ""), "{delete: note}", ""), vec![]),
    ] {
        let contract = contract(&text);
        let made = [Step::new(0, Role::Setup, Vec::new())];
        let found: Vec<String> = steps(&contract, &made).iter().map(|own| step(&contract, own)).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn what_was_made_last_goes_first_and_what_the_case_ends_itself_is_left_alone() {
    let contract = contract(&notes("response.noteId", KEY, "{delete: note, by: noteId}", ""));
    let (add, drop) = (|role| Step::new(0, role, Vec::new()), |role| Step::new(1, role, Vec::new()));
    let undone =
        |made: &[Step]| -> Vec<String> { steps(&contract, made).iter().map(|own| step(&contract, own)).collect() };
    let take = |at: usize| format!("note-drop (undo) noteId=<answer {at} noteId>");
    assert_eq!(undone(&[add(Role::Setup), add(Role::Probe)]), [take(1), take(0)]);
    assert_eq!(undone(&[add(Role::Setup), drop(Role::Setup)]), [""; 0]);
    // A call under test may be refused, and one that was made before ends nothing that comes after it.
    assert_eq!(undone(&[add(Role::Setup), drop(Role::Probe)]), [take(0)]);
    assert_eq!(undone(&[drop(Role::Setup), add(Role::Setup)]), [take(1)]);
    assert_eq!(undone(&[]), [""; 0]);
}

#[test]
fn what_comes_with_some_answers_only_is_not_undone() {
    let text = notes("response.noteId", KEY, "{delete: note, by: noteId}", "")
        .replace("{create: note, key: response.noteId}", "{create: note, if: response.noteId, key: response.noteId}");
    let contract = contract(&text);
    assert!(steps(&contract, &[Step::new(0, Role::Setup, Vec::new())]).is_empty());
}

#[test]
fn a_record_of_the_leftovers_is_undone_by_its_key() {
    let number = contract(&notes("response.noteId", KEY, "{delete: note, by: noteId}", ""));
    let text = contract(&notes(
        "response.noteId",
        "{name: noteId, in: path, type: string, presence: required, length: 1..9, ref: note.noteId}",
        "{delete: note, by: noteId}",
        "",
    ));
    for (contract, resource, key, expected) in [
        (&number, "note", "71", Ok("note-drop noteId=71")),
        (&text, "note", "71", Ok("note-drop noteId=\"71\"")),
        (&text, "note", "a1", Ok("note-drop noteId=\"a1\"")),
        (&number, "note", "a1", Err("`noteId` is a number, and the key is none")),
        (&number, "page", "71", Err("no call of the contract undoes any page by its key alone")),
        (&text, "note", "unknown", Err("its key is unknown: no answer came to the call that may have made it")),
        (&text, "note", "(secret)", Err("its key is a secret, which no report holds")),
        (&text, "note", "1234567", Ok("note-drop noteId=\"1234567\"")),
        (&text, "note", "12345678", Err("its key is too long: the list has its beginning alone")),
    ] {
        let found = of(contract, resource, key, 8).map(|own| step(contract, &own));
        assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{resource} {key}");
    }
    let found = of(&number, "note", "71", 8).expect("a step");
    assert_eq!(found.role, Role::Setup);
}
