use super::{interest, moves};
use crate::plan::testing::{found, plan};
use crate::plan::way::Goal;

fn row(row: usize, left: bool) -> Goal {
    Goal::Row { row, part: 0, left }
}

/// Members who are active, asleep or gone, and an endpoint `add` that names one.
fn members(rows: &str) -> String {
    format!(
        "
        resources: [{{name: member, key: memberId, states: [ACTIVE, ASLEEP, LEFT], left: [LEFT]}}]
        conflicts: [{{id: c, what: w, a: one, b: two}}]
        == add POST /things
        request: [{{name: memberId, type: number, presence: required, value: 1..999999999999, ref: member.memberId}}]
        errors: [{rows}]
        == member-add POST /members
        response: [{{name: memberId, type: number, presence: required, value: 1..999999999999}}]
        effects: [{{create: member, key: response.memberId}}]
        == member-leave POST /leave
        request: [{{name: memberId, type: number, presence: required, value: 1..999999999999, ref: member.memberId}}]
        effects: [{{update: member, by: memberId, state: LEFT}}]
        "
    )
}

fn of(when: &str, more: &str) -> String {
    format!("{{status: 409, code: E, message: m, when: {when}{more}}}")
}

const SOMEBODY: &str = "memberId=<answer 0 memberId>";
const ASLEEP: &str = "== profile\nfixtures: [{name: sleeper, member: {memberId: 7, state: ASLEEP}}]\n";
const FIXTURE: &str = "memberId=<fixture 0.0 memberId>";

#[test]
fn what_a_request_names_is_made_by_a_call_else_by_a_fixture() {
    let plain = members("");
    let made = format!("member-add | {SOMEBODY}");
    let without = plain.replace("create: member", "update: member");
    for (text, goal, expected) in [
        (plain.clone(), Goal::Accept, made.clone()),
        (plain.clone(), Goal::Input, made.clone()),
        // Of what a call made more is known than of a fixture.
        (plain.clone() + ASLEEP, Goal::Accept, made.clone()),
        (without.clone() + ASLEEP, Goal::Accept, format!("sleeper | {FIXTURE}")),
        (
            without.clone(),
            Goal::Accept,
            "none: no call of the contract makes any member: a profile's fixture can".to_owned(),
        ),
        // To be read a request need not name anything.
        (without, Goal::Input, "memberId=<number 900000000000..999999999999> | dangling".to_owned()),
        (plain.clone(), Goal::After(2), format!("member-add | member-leave {SOMEBODY} | {SOMEBODY}")),
    ] {
        assert_eq!(found(&plan(&text), "add", goal), expected, "{text} {goal:?}");
    }
}

#[test]
fn a_request_that_must_be_taken_avoids_every_row_and_one_for_a_row_meets_it() {
    let active = of("{state: {member: ACTIVE}}", "");
    let asleep = of("{state: {member: ASLEEP}}", "");
    let left = of("{state: {member: LEFT}}", "");
    let unknown = of("{unknown: memberId}", "");
    let either = of("{unknown: {memberId: [never, left]}}", "");
    let disputed = of("{state: {member: ACTIVE}}", ", conflict: {id: c, side: a}");
    let made = format!("member-add | {SOMEBODY}");
    let gone = format!("member-add | member-leave {SOMEBODY} | {SOMEBODY}");
    let slept = format!("sleeper | {FIXTURE}");
    let nobody = "memberId=<number 900000000000..999999999999>";
    for (rows, profile, goal, expected) in [
        (&active, "", Goal::Accept, "none: no call or fixture avoids E (state of member is ACTIVE)"),
        (&active, ASLEEP, Goal::Accept, slept.as_str()),
        (&asleep, ASLEEP, Goal::Accept, &made),
        // What is refused for its input is sent where nothing else refuses it, if there is such a place.
        (&active, ASLEEP, Goal::Input, &slept),
        (&active, "", Goal::Input, &made),
        // Sources disagree whether it refuses: any other way is better, and it is better than none.
        (&disputed, ASLEEP, Goal::Accept, &slept),
        (&disputed, "", Goal::Accept, &made),
        (&active, "", row(0, false), &made),
        (&left, "", row(0, false), &gone),
        (&asleep, ASLEEP, row(0, false), &slept),
        (
            &asleep,
            "",
            row(0, false),
            "none: no call of the contract brings about that state of member is ASLEEP: a profile's fixture can",
        ),
        (&unknown, "", row(0, false), nobody),
        (&either, "", row(0, true), &gone),
    ] {
        let plan = plan(&(members(rows) + profile));
        assert_eq!(found(&plan, "add", goal), expected, "{rows} {profile} {goal:?}");
    }
}

#[test]
fn no_way_is_looked_for_where_nobody_knows_what_to_send() {
    let role = "{name: unseen.key, type: string, presence: required, length: 1..9}";
    let unbound = format!(
        "resources: [{{name: note, key: noteId}}]\n== add POST /things\nrequest: [{role}]\n\
         errors: [{{status: 400, code: E, message: m, when: {{taken: unseen.key}}}}]\n"
    );
    let listed = "
        resources: [{name: terms, key: tcId, catalogue: true}]
        == add POST /things
        request: [{name: ids, type: array, presence: required, items: {type: number, value: 1..999}, sample: {catalogue: terms, where: {required: YES}}}]
    ";
    let prepared = members("") + "== profile\nprepared_only: true\nprepared: {add: {memberId: 7}}\n";
    let closed =
        members("").replace("== add POST /things\n", "== add POST /things\n        undocumented: nobody has seen it\n");
    for (text, goal, expected) in [
        (closed.as_str(), Goal::Accept, "none: undocumented: nobody has seen it"),
        (&prepared, Goal::Accept, ""),
        (listed, Goal::Accept, "none: no call that can be made lists each terms: a profile's fixture can"),
        (&unbound, row(0, false), "none: the name of the request field `key` is unseen: the profile can bind it"),
        (&unbound, Goal::Accept, ""),
    ] {
        assert_eq!(found(&plan(text), "add", goal), expected, "{text} {goal:?}");
    }
}

#[test]
fn the_resources_whose_makers_may_matter_and_the_calls_that_may_bring_a_state_about() {
    let plan = plan(
        "
        resources:
          - {name: member, key: memberId, states: [ACTIVE, LEFT]}
          - {name: card, key: cardId, states: [OPEN, SHUT]}
          - {name: shop, key: shopId}
          - {name: page, key: pageId}
          - {name: terms, key: tcId, catalogue: true}
        == add POST /things
        request:
          - {name: memberId, type: number, presence: required, value: 1..9, ref: member.memberId}
          - {name: shop, type: number, presence: optional, value: 1..9, equals: shop.shopId}
          - {name: tcId, type: number, presence: optional, value: 1..9, ref: terms.tcId}
        response: [{name: pageId, type: number, presence: required, value: 1..9}]
        effects: [{create: page, key: response.pageId}]
        errors:
          - {status: 409, code: E, message: m, when: {state: {card: SHUT}}}
          - {status: 409, code: F, message: m, when: {unknown: memberId}}
        == card-shut POST /shut
        effects: [{update: card, state: SHUT}]
        == card-see POST /see
        effects: [{read: card}]
        == card-drop POST /drop
        effects: [{delete: card}]
        == member-leave POST /leave
        effects: [{update: member, state: LEFT}]
        == closed POST /closed
        undocumented: nobody has seen it
        effects: [{update: card, state: SHUT}]
        ",
    );
    let contract = plan.contract();
    let names = |at: usize, goal| -> Vec<&str> {
        interest(contract, &contract.endpoints[at], goal).iter().map(|r| contract.resources[*r].name.as_str()).collect()
    };
    assert_eq!(names(0, Goal::Accept), ["member", "shop"]);
    assert_eq!(names(0, row(0, false)), ["card", "member", "shop"]);
    assert_eq!(names(0, row(1, false)), ["member", "shop"]);
    assert_eq!(names(1, Goal::Accept), ["card"]);
    assert_eq!(moves(contract, 0, Goal::Accept), [Vec::<usize>::new()]);
    assert_eq!(moves(contract, 0, Goal::Input), [Vec::<usize>::new()]);
    assert_eq!(moves(contract, 0, Goal::After(3)), [vec![3]]);
    assert_eq!(moves(contract, 0, row(0, false)), [vec![], vec![1], vec![3]]);
    assert_eq!(moves(contract, 0, row(1, false)), [vec![], vec![4]]);
}

#[test]
fn of_two_references_to_one_thing_the_other_is_left_out_of_a_request_that_names_what_never_was() {
    let text = members(&of("{unknown: memberId}", "")).replace(
        "request: [{name: memberId, type: number, presence: required, value: 1..999999999999, ref: member.memberId}]\n        errors",
        "request: [{name: memberId, type: number, presence: required, value: 1..999999999999, ref: member.memberId}, {name: other, type: number, presence: unseen, value: 1..999999999999, ref: member.memberId}]\n        errors",
    );
    assert_eq!(found(&plan(&text), "add", row(0, false)), "memberId=<number 900000000000..999999999999> -other");
    assert_eq!(found(&plan(&text), "add", Goal::Accept), format!("member-add | {SOMEBODY} other=<answer 0 memberId>"));
}
