use super::{case, find, shows, takes};
use crate::model::{Edit, Family, Template};
use crate::plan::testing::{contract, fields, line, plan};

/// Notes with a tag and a word, and calls that show them.
fn notes(effect: &str, readers: &str) -> String {
    format!(
        "
        resources: [{{name: note, key: noteId}}]
        == add POST /notes
        request:
          - {{name: tag, type: string, presence: required, length: 2..9}}
          - {{name: word, type: string, presence: required, length: 2..9}}
        response: [{{name: noteId, type: number, presence: required, value: 1..999}}]
        effects: [{effect}]
        {readers}
        "
    )
}

fn reader(id: &str, shown: &[(&str, &str)], more: &str) -> String {
    let response: Vec<String> = shown
        .iter()
        .map(|(name, length)| format!("{{name: {name}, type: string, presence: required, length: {length}}}"))
        .collect();
    let answer: Vec<String> = shown.iter().map(|(name, _)| format!("{name}: note.{name}")).collect();
    format!(
        "
        == {id} GET /{id}
        request: [{{name: noteId, in: query, type: number, presence: required, value: 1..999, ref: note.noteId}}]
        response: [{}]
        effects: [{{read: note, by: noteId, answer: {{{}}}}}]
        {more}
        ",
        response.join(", "),
        answer.join(", ")
    )
}

#[test]
fn of_the_calls_that_show_what_was_stored_the_one_that_shows_most_is_taken() {
    let create = "{create: note, key: response.noteId, set: [tag, word]}";
    let tag = reader("tag-get", &[("tag", "2..9")], "");
    let both = reader("both-get", &[("tag", "2..9"), ("word", "2..9")], "");
    let closed = reader("both-get", &[("tag", "2..9"), ("word", "2..9")], "undocumented: nobody has seen it");
    let narrow = reader("both-get", &[("tag", "3..9"), ("word", "2..8")], "");
    let half = reader("half-get", &[("tag", "2..9"), ("word", "2..8")], "");
    let told = |effect: &str, readers: &str| {
        let plan = plan(&notes(effect, readers));
        let found = find(&plan.scope(0, Family::Fuzz));
        found.map(|shown| {
            let paths: Vec<String> =
                shown.paths.iter().map(|(path, free)| format!("{path}{}", if *free { "" } else { " bound" })).collect();
            format!("{} {}", plan.contract().endpoints[shown.reader].id, paths.join(", "))
        })
    };
    for (effect, readers, expected) in [
        (create, String::new(), None),
        (create, tag.clone(), Some("tag-get tag")),
        (create, format!("{tag}{both}"), Some("both-get tag, word")),
        (create, format!("{both}{tag}"), Some("both-get tag, word")),
        (create, format!("{tag}{closed}"), Some("tag-get tag")),
        // It may show no more than the answer's own rules allow.
        (create, narrow.clone(), None),
        (create, half.clone(), Some("half-get tag, word bound")),
        (create, format!("{half}{tag}"), Some("half-get tag, word bound")),
        ("{create: note, key: response.noteId, set: {tag: word}}", both.clone(), Some("both-get word")),
        ("{create: note, key: response.noteId, unique: [tag]}", both.clone(), Some("both-get tag")),
        // Nothing of the request is stored, or with some answers only.
        ("{create: note, key: response.noteId}", both.clone(), None),
        ("{create: note, if: response.noteId, key: response.noteId, set: [tag]}", both.clone(), None),
        ("{read: note, key: response.noteId, set: [tag]}", both.clone(), None),
    ] {
        assert_eq!(told(effect, &readers).as_deref(), expected, "{effect} {readers}");
    }
    let text = notes(create, &format!("{tag}{both}"));
    let judged = |judged: Vec<bool>| {
        let plan = plan(&text).judging(judged);
        find(&plan.scope(0, Family::Fuzz)).map(|shown| plan.contract().endpoints[shown.reader].id.clone())
    };
    // A selection judges its own endpoints alone.
    assert_eq!(judged(vec![true, true, false]).as_deref(), Some("tag-get"));
    assert_eq!(judged(vec![true, false, false]), None);
}

#[test]
fn a_shown_field_takes_what_was_sent_if_its_rules_are_no_narrower() {
    let field = |rules: &str| {
        let contract = contract(&fields(&format!("{{name: a, type: string, presence: required, {rules}}}")));
        contract.endpoints[0].request[0].clone()
    };
    for (shown, sent, expected) in [
        ("length: 2..9", "length: 2..9", true),
        ("length: 1..10", "length: 2..9", true),
        ("length: 3..9", "length: 2..9", false),
        ("length: 2..8", "length: 2..9", false),
        ("length: unseen", "length: 2..9", true),
        ("length: unseen", "length: unseen", true),
        ("length: 2..9", "length: unseen", false),
        ("length: {value: 3..8, open: seen}", "length: 2..9", true),
        ("length: 2..9", "length: {value: 2..9, open: seen}", false),
        ("length: 8, format: yyyyMMdd", "length: 8", false),
        ("length: 8, charset: digits", "length: 8", false),
        ("length: 2, enum: [AB]", "length: 2", false),
    ] {
        assert_eq!(takes(&field(shown), &field(sent)), expected, "{shown} shows {sent}");
    }
}

#[test]
fn a_change_is_looked_at_if_a_later_call_shows_all_that_it_stores() {
    let create = "{create: note, key: response.noteId, set: [tag, word]}";
    let half = reader("half-get", &[("tag", "2..9"), ("word", "2..8")], "");
    let plan = plan(&notes(create, &half));
    let scope = plan.scope(0, Family::Fuzz);
    let set = |path: &str| Edit::Set(path.to_owned(), Template::text("abc"));
    for (edits, expected) in [
        (vec![set("tag")], true),
        (vec![Edit::Remove("tag".to_owned())], true),
        (vec![set("word")], false),
        (vec![set("tag"), set("word")], false),
        (vec![set("tag"), set("other")], true),
        (vec![set("other")], false),
        (vec![], false),
    ] {
        assert_eq!(shows(&scope, &edits), expected, "{edits:?}");
    }
    assert_eq!(
        line(&plan, &case(&scope, "body.tag", "v", &[set("tag")])),
        r#"body.tag::v | add (trial) tag="abc" | half-get noteId=<answer 0 noteId> -> accept"#
    );
    let alone = crate::plan::testing::plan(&notes(create, ""));
    let scope = alone.scope(0, Family::Fuzz);
    assert!(!shows(&scope, &[set("tag")]));
    assert_eq!(line(&alone, &case(&scope, "body.tag", "v", &[set("tag")])), r#"body.tag::v tag="abc" -> accept"#);
}

#[test]
fn the_call_that_stores_keeps_what_it_names_and_sends_what_is_edited() {
    let text = "
        resources: [{name: note, key: noteId}, {name: member, key: memberId}]
        == add POST /notes
        request:
          - {name: memberId, type: number, presence: required, value: 1..999, ref: member.memberId}
          - {name: tag, type: string, presence: required, length: 2..9}
        response: [{name: noteId, type: number, presence: required, value: 1..999}]
        effects: [{create: note, key: response.noteId, set: [tag]}]
        == member-add POST /members
        response: [{name: memberId, type: number, presence: required, value: 1..999}]
        effects: [{create: member, key: response.memberId}]
    ";
    let plan = plan(&format!("{text}{}", reader("tag-get", &[("tag", "2..9")], "")));
    let scope = plan.scope(0, Family::Fuzz);
    assert_eq!(
        line(&plan, &case(&scope, "body.tag", "v", &[Edit::Set("tag".to_owned(), Template::text("abc"))])),
        r#"body.tag::v | member-add | add (trial) memberId=<answer 0 memberId> tag="abc" | tag-get noteId=<answer 1 noteId> -> accept"#
    );
}
