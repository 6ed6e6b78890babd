use crate::model::Family;
use crate::plan::testing::{case_line, clause, plan, said};

/// The race of the endpoint `add`: its line, how many copies there are, what the others get, and its clauses.
fn race(text: &str) -> Option<(String, String)> {
    let plan = plan(text);
    let (at, _) = plan.contract().endpoint("add").expect("the endpoint");
    let mut cases = plan.cases_of(at).filter(|case| case.family == Family::Race);
    let case = cases.next()?;
    assert!(cases.next().is_none());
    let race = case.race.as_ref().expect("a race");
    let others = race.losers.as_ref().map_or("taken alike".to_owned(), |losers| said(plan.contract(), at, losers));
    let mut clauses: Vec<String> = case.clauses.iter().map(|ix| clause(plan.contract(), *ix)).collect();
    clauses.sort();
    Some((case_line(&plan, &case), format!("{} copies, others: {others}; {}", race.copies, clauses.join(" "))))
}

#[test]
fn where_a_second_request_is_refused_one_of_eight_wins() {
    let unique = |row: &str| {
        format!(
            "
            resources: [{{name: note, key: noteId}}]
            == add POST /notes
            request: [{{name: tag, type: string, presence: required, length: 2..5}}]
            response: [{{name: noteId, type: number, presence: required, value: 1..999}}]
            effects: [{{create: note, key: response.noteId, unique: [tag]}}]
            errors: [{row}]
            "
        )
    };
    let taken = "{status: 409, code: E, message: m, when: {taken: tag}}";
    assert_eq!(
        race(&unique(taken)),
        Some((
            "body::at-once -> accept".to_owned(),
            "8 copies, others: refuse errors/E/code/tag with E; errors/E/code/tag success/200/status".to_owned()
        ))
    );
    // No page says what a second one gets.
    assert_eq!(race(&unique("")), None);
    // Nobody knows whether even one is taken.
    assert_eq!(race(&(unique(taken) + "\n            unproven: a partner's key may be asked for\n")), None);
    let left = "
        resources: [{name: note, key: noteId, states: [OPEN, SHUT]}]
        == add POST /shut
        request: [{name: noteId, type: number, presence: required, value: 1..999, ref: note.noteId}]
        effects: [{update: note, by: noteId, state: SHUT}]
        errors: [{status: 409, code: SHUT, message: m, when: {state: {note: SHUT}}}]
        == note-add POST /notes
        response: [{name: noteId, type: number, presence: required, value: 1..999}]
        effects: [{create: note, key: response.noteId}]
    ";
    assert_eq!(
        race(left).map(|(line, others)| (line, others.split(';').next().unwrap_or_default().to_owned())),
        Some((
            "body::at-once | note-add | noteId=<answer 0 noteId> -> accept".to_owned(),
            "8 copies, others: refuse errors/SHUT/code/note with SHUT".to_owned()
        ))
    );
}

#[test]
fn where_all_are_taken_each_answer_carries_its_own_trace_number() {
    let traced = |trace: &str, method: &str, more: &str| {
        format!(
            "response_headers: [{{name: X-Trace, presence: required, length: unseen{trace}}}]\n\
             == add {method} /things\n{more}\n"
        )
    };
    let of_own = Some((
        "header.X-Trace::at-once -> accept".to_owned(),
        "8 copies, others: taken alike; response-header/X-Trace/trace success/200/status".to_owned(),
    ));
    assert_eq!(race(&traced(", trace: true", "GET", "")), of_own);
    assert_eq!(race(&traced("", "GET", "")), None);
    // A call that makes something is not repeated for the sake of a number.
    assert_eq!(race(&traced(", trace: true", "GET", "hazard: create")), None);
    assert_eq!(race(&traced(", trace: true", "GET", "undocumented: nobody has seen it")), None);
}
