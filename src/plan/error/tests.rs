use crate::model::Family;
use crate::plan::testing::{clause, compare, lines, plan, table};

/// An endpoint `add` whose request has one field and whose page has one row.
fn input(field: &str, when: &str, documented: &str) -> String {
    format!(
        "== add POST /things\nrequest: [{field}]\n\
         errors: [{{status: 400, code: E, message: m, when: {when}, documented_for: [{documented}]}}]\n"
    )
}

#[test]
fn a_row_about_the_input_is_met_by_the_way_of_breaking_a_field_that_it_is_documented_for() {
    let a = "{name: a, type: string, presence: required, length: 2..5}";
    table(
        Family::Error,
        &[
            (&input(a, "{empty: any}", "a"), &[r#"body.a::E a="" -> refuse a/length with E"#]),
            (&input(a, "{missing: any}", "a"), &["body.a::E a=null -> refuse a/presence with E"]),
            (&input(a, "{missing: any}", "{a: absent}"), &["body.a::E -a -> refuse a/presence with E"]),
            (&input(a, "{missing: any}", "{a: 'null'}"), &["body.a::E a=null -> refuse a/presence with E"]),
            (
                &input(a, "{missing: any}", "{a: absent}, {a: 'null'}"),
                &[
                    "body.a::E-absent -a -> refuse a/presence with E",
                    "body.a::E-null a=null -> refuse a/presence with E",
                ],
            ),
            (&input(a, "{length: any}", "a"), &[r#"body.a::E a="a" -> refuse a/length with E"#]),
            (&input(a, "{length: any}", "{a: below}"), &[r#"body.a::E a="a" -> refuse a/length with E"#]),
            (&input(a, "{length: any}", "{a: above}"), &[r#"body.a::E a="abcdef" -> refuse a/length with E"#]),
            (&input(a, "{invalid: any}", "a"), &["body.a::E a={} -> refuse a/type with E"]),
            (
                &input("{name: a, type: number, presence: required, value: 1..9}", "{invalid: any}", "a"),
                &[r#"body.a::E a="x" -> refuse a/type with E"#],
            ),
            (
                &input("{name: a, type: unseen, presence: required}", "{invalid: any}", "a"),
                &["body.a::E left out (errors/E/code/a): no page shows what the field may be"],
            ),
            (
                &input("{name: a, type: string, presence: required, length: unseen}", "{length: a}", "a"),
                &["body.a::E left out (errors/E/code/a): the field has no known length"],
            ),
            // No page has this row for this field: the other families break the field.
            (&input(a, "{length: any}", ""), &[]),
            (
                &input(a, "unseen", ""),
                &[
                    "body.unseen::E left out (errors/E/code/unseen): no page shows what brings it about, or the profile decided that it does not come",
                ],
            ),
        ],
    );
}

/// Members who may leave, and an endpoint `add` that names one of them.
fn members(request: &str, rows: &str) -> String {
    format!(
        "
        resources: [{{name: member, key: memberId, states: [ACTIVE, LEFT], left: [LEFT]}}]
        == add POST /things
        request: [{request}]
        errors: [{rows}]
        == member-add POST /members
        request:
          - {{name: name, type: string, presence: required, length: 1..9}}
          - {{name: pin, type: string, presence: required, length: 4, charset: digits}}
        response: [{{name: memberId, type: number, presence: required, value: 1..999999999999}}]
        effects: [{{create: member, key: response.memberId, set: [name, pin]}}]
        == member-leave DELETE /members/{{memberId}}
        request: [{{name: memberId, in: path, type: number, presence: required, value: 1..999999999999, ref: member.memberId}}]
        effects: [{{update: member, by: memberId, state: LEFT}}]
        "
    )
}

const MEMBER: &str = "{name: memberId, type: number, presence: required, value: 1..999999999999, ref: member.memberId}";
const NOBODY: &str = "memberId=<number 900000000000..999999999999>";
const SOMEBODY: &str = "memberId=<answer 0 memberId>";

fn row(code: &str, when: &str) -> String {
    format!("{{status: 400, code: {code}, message: m, when: {when}}}")
}

#[test]
fn what_never_was_is_named_and_where_a_row_counts_it_what_has_left() {
    let left = format!("| member-add | member-leave {SOMEBODY} | {SOMEBODY} ->");
    let few = MEMBER.replace("999999999999", "9");
    table(
        Family::Error,
        &[
            (
                &members(MEMBER, &row("E", "{unknown: memberId}")),
                &[&format!("body.memberId::E {NOBODY} -> refuse errors/E/code/memberId with E")],
            ),
            (
                &members(MEMBER, &row("E", "{unknown: {memberId: [never, left]}}")),
                &[
                    &format!("body.memberId::E {NOBODY} -> refuse errors/E/code/memberId with E"),
                    &format!("body.memberId::E-left {left} refuse errors/E/code/memberId with E"),
                ],
            ),
            (
                &members(&few, &row("E", "{unknown: memberId}")),
                &[
                    "body.memberId::E left out (errors/E/code/memberId): memberId has so few legal values that each may name something at the target",
                ],
            ),
            (
                &members(MEMBER, &row("E", "{state: {member: LEFT}}")),
                &[&format!("body.member::E {left} refuse errors/E/code/member with E")],
            ),
            // Each cause of a row has a case, under the field that it is about if there is one.
            (
                &members(MEMBER, &row("E", "{unknown: memberId, state: {member: LEFT}}")),
                &[
                    &format!("body.memberId::E {NOBODY} -> refuse errors/E/code/memberId with E"),
                    &format!("body.memberId-2::E {left} refuse errors/E/code/memberId with E"),
                ],
            ),
            (
                &members(MEMBER, &row("E", "{where: {member.level: GOLD}}")),
                &[
                    "body.member.level::E left out (errors/E/code/member.level): no call of the contract brings about that member.level is GOLD: a profile's fixture can",
                ],
            ),
            (
                &(members(MEMBER, &row("E", "{where: {member.level: GOLD}}"))
                    + "== profile\nfixtures: [{name: golden, member: {memberId: 7, level: GOLD}}]\n"),
                &["body.member.level::E memberId=<fixture 0.0 memberId> -> refuse errors/E/code/member.level with E"],
            ),
        ],
    );
}

#[test]
fn what_repeats_an_attribute_is_sent_as_another_value_and_nearly_right() {
    let pin = format!("{MEMBER}, {{name: pin, type: string, presence: required, length: 4, equals: member.pin}}");
    let somebody = format!("| member-add | {SOMEBODY}");
    let found = lines(&plan(&members(&pin, &row("E", "{mismatch: pin}"))), "add", Family::Error);
    compare(
        "mismatch",
        &found[..2],
        &[
            // Every digit moved on by three.
            &format!(r#"body.pin::E {somebody} pin=<sent 0 pin> pin="2963" -> refuse errors/E/code/pin with E"#),
            &format!("body.pin::other-end {somebody} pin=other-end(<sent 0 pin>) -> refuse errors/E/code/pin with E"),
        ],
    );
    assert!(found[2].starts_with(&format!("body.pin::full-width {somebody} pin=full-width(<sent 0 pin>) -> refuse")));
    assert_eq!(found.len(), 3);
    // Of two causes the second has the place of its own field.
    let both = lines(&plan(&members(&pin, &row("E", "{unknown: memberId, mismatch: pin}"))), "add", Family::Error);
    let places: Vec<&str> = both.iter().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    assert_eq!(places, ["body.memberId::E", "body.pin::E", "body.pin::other-end", "body.pin::full-width"]);
}

#[test]
fn a_cause_about_the_request_is_met_in_the_request_itself() {
    let number = "{name: n, type: number, presence: required, value: 2..900}";
    let kind = "{name: kind, type: string, presence: required, enum: [X, Y]}";
    let flag = "{name: flag, type: boolean, presence: required}";
    let word = "{name: word, type: string, presence: required, enum: ['true', 'false']}";
    let optional = "{name: kind, type: string, presence: optional, enum: [X, Y]}";
    let name = "{name: name, type: string, presence: required, length: 1..9}";
    let new = "== profile\nnew: {member: {funds: 100}}\n";
    let funds = "\n== deposit POST /deposits\nrequest: [{name: funds, type: number, presence: required, value: 0..900}]\neffects: [{update: member, set: [funds]}]\n";
    let with = |field: &str, when: &str| members(&format!("{MEMBER}, {field}"), &row("E", when));
    let sent = |place: &str, edits: &str| {
        format!("body.{place}::E | member-add | {SOMEBODY} {edits} -> refuse errors/E/code/{place} with E")
    };
    table(
        Family::Error,
        &[
            (&with(kind, "{where: {request.kind: Y, member: present}}"), &[&sent("kind", r#"kind="Y""#)]),
            (&with(flag, "{where: {request.flag: {not: true}, member: present}}"), &[&sent("flag", "flag=false")]),
            (
                &with(word, "{where: {request.word: {not: 'true'}, member: present}}"),
                &[&sent("word", r#"word="false""#)],
            ),
            (&with(optional, "{where: {request.kind: {not: X}, member: present}}"), &[&sent("kind", "-kind")]),
            (&with(name, "{where: {member.name: request.name}}"), &[&sent("member.name", "name=<sent 0 name>")]),
            (
                &(with(number, "{where: {member.funds: {below: request.n}}}") + funds + new),
                &[&sent("member.funds", "n=900")],
            ),
            (
                &(with(number, "{where: {member.funds: {above: request.n}}}") + funds + new),
                &[&sent("member.funds", "n=2")],
            ),
        ],
    );
}

#[test]
fn an_entry_of_a_catalogue_is_chosen_by_its_attribute() {
    let text = "
        resources: [{name: terms, key: tcId, catalogue: true}, {name: note, key: noteId}]
        == add POST /things
        request:
          - {name: tcId, type: number, presence: required, value: 1..99999, ref: terms.tcId, sample: {catalogue: terms, where: {required: MANDATORY}}}
          - {name: noteId, type: number, presence: optional, value: 1..99999, ref: note.noteId}
        errors: [{status: 400, code: E, message: m, when: {where: {terms.required: OPTIONAL}}}]
        == terms-all GET /terms
        response:
          - name: list
            type: array
            presence: required
            items:
              type: object
              fields:
                - {name: tcId, type: number, presence: required, value: 1..99999}
                - {name: required, type: string, presence: required, enum: [MANDATORY, OPTIONAL]}
        effects: [{read: terms, list: response.list}]
    ";
    table(
        Family::Error,
        &[(
            text,
            &[
                "body.terms.required::E tcId=<one terms required OPTIONAL as number> -> refuse errors/E/code/terms.required with E",
            ],
        )],
    );
}

#[test]
fn a_value_that_may_be_there_once_is_sent_twice() {
    let text = "
        resources: [{name: note, key: noteId}]
        == add POST /notes
        request: [{name: tag, type: string, presence: required, length: 2..5}]
        response: [{name: noteId, type: number, presence: required, value: 1..999}]
        effects: [{create: note, key: response.noteId, unique: [tag]}]
        errors: [{status: 409, code: E, message: m, when: {taken: tag}}]
    ";
    table(Family::Error, &[(text, &["body.tag::E | add | tag=<sent 0 tag> -> refuse errors/E/code/tag with E"])]);
}

#[test]
fn a_list_that_lacks_entries_of_a_catalogue() {
    let text = |sample: &str| {
        format!(
            "
            resources: [{{name: terms, key: tcId, catalogue: true}}]
            == add POST /things
            request: [{{name: ids, type: array, presence: required, items: {{type: number, value: 1..99999999999999999999}}{sample}}}]
            errors: [{{status: 400, code: E, message: m, when: {{lacks: {{ids: {{terms.required: MANDATORY}}}}}}}}]
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
    };
    table(
        Family::Error,
        &[
            (
                &text(", sample: {catalogue: terms, where: {required: MANDATORY}}"),
                &[
                    "body.ids::E ids=<Others terms required MANDATORY as numbers> -> refuse errors/E/code/ids with E",
                    "body.ids::E-empty-list ids=[] -> refuse errors/E/code/ids with E",
                    "body.ids::E-one-left-out ids=<AllButOne terms required MANDATORY as numbers> -> either: ids lacks an entry that it may have to hold",
                ],
            ),
            (
                &text(""),
                &[
                    "body.ids::E left out (errors/E/code/ids): the field's sample names no catalogue",
                    "body.ids::E-empty-list left out: no call or fixture avoids E (lacks)",
                ],
            ),
        ],
    );
}

#[test]
fn attempts_that_are_counted_are_made_before_the_request() {
    let pin = format!("{MEMBER}, {{name: pin, type: string, presence: required, length: 4, equals: member.pin}}");
    let counted = |code: &str| row("E", &format!("{{attempts: {{code: {code}, per: member, limit: unseen}}}}"));
    let rows = |code: &str| format!("{}, {}", row("PIN", "{mismatch: pin}"), counted(code));
    let profile = "== profile\nattempts: 2\n";
    let attempt = format!(r#"add (attempt) {SOMEBODY} pin=<sent 0 pin> pin="2963""#);
    let found = lines(&plan(&(members(&pin, &rows("PIN")) + profile)), "add", Family::Error);
    let made =
        format!(r#"body.member::E | member-add | {attempt} | {attempt} | {SOMEBODY} pin=<sent 0 pin> pin="2963" -> "#);
    let last = found.last().map(String::as_str).unwrap_or_default();
    assert_eq!(last, format!("{made}refuse errors/PIN/code/pin with PIN unless E"));
    // Though nobody can tell when the counted code comes, the case is there for it.
    let plan_of = plan(&(members(&pin, &rows("PIN")) + profile));
    let case = plan_of.find("add::error::body.member::E").expect("a case");
    let clauses: Vec<String> = case.clauses.iter().map(|ix| clause(plan_of.contract(), *ix)).collect();
    assert!(clauses.contains(&"errors/E/code/member".to_owned()), "{clauses:?}");
    let missing = lines(&plan(&members(&pin, &rows("OTHER"))), "add", Family::Error);
    assert_eq!(
        missing.last().map(String::as_str),
        Some("body.member::E left out (errors/E/code/member): no row has the counted code OTHER")
    );
}

#[test]
fn a_row_about_one_of_two_references_is_also_tried_after_the_target_took_the_call_without_the_other() {
    let number = |presence: &str| MEMBER.replace("required", presence);
    let name =
        |presence: &str| format!("{{name: name, type: string, presence: {presence}, length: 1..9, ref: member.name}}");
    let rows = row("E", "{unknown: memberId}");
    let without = "name is left out, and no source says whether it must be there";
    let alone = format!("body.memberId::E {NOBODY} -name -> refuse errors/E/code/memberId with E");
    let required =
        lines(&plan(&members(&format!("{}, {}", number("required"), name("required")), &rows)), "add", Family::Error);
    assert_eq!(required.len(), 1, "{required:#?}");
    table(
        Family::Error,
        &[
            (
                &members(&format!("{}, {}", number("required"), name("unseen")), &rows),
                &[
                    &format!("{alone}, though {without}"),
                    &format!(
                        "body.memberId::E-after-omission | member-add | add (trial) -name {SOMEBODY} | -name {NOBODY} -> refuse errors/E/code/memberId with E"
                    ),
                ],
            ),
            // What is known to be optional needs no trial.
            (&members(&format!("{}, {}", number("required"), name("optional")), &rows), &[&alone]),
            // One reference alone has no other that could be left out.
            (
                &members(&number("required"), &rows),
                &[&format!("body.memberId::E {NOBODY} -> refuse errors/E/code/memberId with E")],
            ),
        ],
    );
}

#[test]
fn a_row_that_rests_on_a_name_which_nobody_has_seen_waits_for_the_profile() {
    let text = members(
        &format!("{MEMBER}, {{name: unseen.key, type: string, presence: required, length: 1..9, ref: member.name}}"),
        &row("E", "{unknown: unseen.key}"),
    );
    let why = "the name of the request field `key` is unseen: the profile can bind it";
    table(Family::Error, &[(&text, &[&format!("body.unseen.key::E left out (errors/E/code/unseen.key): {why}")])]);
}
