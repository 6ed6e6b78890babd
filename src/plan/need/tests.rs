use crate::plan::testing::{found, plan};
use crate::plan::way::Goal;

/// Members with an account each, and an endpoint `add` that says more of what it wants.
fn accounts(wants: &str, more: &str) -> String {
    format!(
        "
        resources:
          - {{name: member, key: memberId, states: [NEW, CHECKED, LEFT], left: [LEFT]}}
          - {{name: account, key: accountId}}
          - {{name: slip, key: slipId, fleeting: true}}
        == add POST /things
        request: [{{name: memberId, type: number, presence: required, value: 1..9999999, ref: member.memberId}}]
        {wants}
        == member-add POST /members
        request: [{{name: name, type: string, presence: required, length: 1..9}}]
        response: [{{name: memberId, type: number, presence: required, value: 1..9999999}}]
        effects: [{{create: member, key: response.memberId, set: [name]}}]
        == member-check POST /checks
        request: [{{name: memberId, type: number, presence: required, value: 1..9999999, ref: member.memberId}}]
        effects: [{{update: member, by: memberId, state: CHECKED}}]
        == account-open POST /accounts
        request: [{{name: memberId, type: number, presence: required, value: 1..9999999, ref: member.memberId}}]
        response: [{{name: accountId, type: number, presence: required, value: 1..9999999}}]
        effects: [{{create: account, key: response.accountId, set: {{member: memberId}}}}]
        {more}
        "
    )
}

const SOMEBODY: &str = "memberId=<answer 0 memberId>";

#[test]
fn what_a_page_wants_besides_is_brought_about_before_the_request() {
    let alone = format!("member-add | {SOMEBODY}");
    let opened = format!("member-add | account-open {SOMEBODY} | {SOMEBODY}");
    let checked = format!("member-add | member-check {SOMEBODY} | {SOMEBODY}");
    let none = "none: no call of the contract makes any account: a profile's fixture can".to_owned();
    let left = "none: no call of the contract brings any member to LEFT: a profile's fixture can".to_owned();
    let closed = "undocumented: nobody has seen it";
    for (wants, more, goal, expected) in [
        ("", "", Goal::Accept, &alone),
        ("needs: [account]", "", Goal::Accept, &opened),
        ("needs: [{member: CHECKED}]", "", Goal::Accept, &checked),
        ("needs: [{member: NEW}]", "", Goal::Accept, &alone),
        ("needs: [{member: LEFT}]", "", Goal::Accept, &left),
        ("after: [member-check]", "", Goal::Accept, &checked),
        // What is changed or shown must be there, what is only looked up need not.
        ("effects: [{update: account}]", "", Goal::Accept, &opened),
        ("effects: [{delete: account}]", "", Goal::Accept, &opened),
        ("effects: [{read: account}]", "", Goal::Accept, &alone),
        ("effects: [{update: slip}]", "", Goal::Accept, &"none: no slip is there".to_owned()),
        (
            "response: [{name: no, type: number, presence: required, value: 1..9}]\n        effects: [{read: account, answer: {no: account.accountId}}]",
            "",
            Goal::Accept,
            &opened,
        ),
        // A row about what is not there is avoided by making it.
        ("errors: [{status: 409, code: E, message: m, when: {where: {account: absent}}}]", "", Goal::Accept, &opened),
    ] {
        assert_eq!(found(&plan(&accounts(wants, more)), "add", goal), *expected, "{wants} {goal:?}");
    }
    let text = accounts("needs: [account]", "")
        .replace("== account-open POST /accounts\n", &format!("== account-open POST /accounts\n        {closed}\n"));
    assert_eq!(found(&plan(&text), "add", Goal::Accept), none);
    // To be read a request wants nothing but what it names.
    assert_eq!(found(&plan(&accounts("needs: [account]", "")), "add", Goal::Input), alone);
}

#[test]
fn a_row_about_what_a_request_names_is_met_whatever_the_page_wants_besides() {
    let row = |when: &str| {
        format!(
            "needs: [account]\n        after: [member-check]\n        errors: [{{status: 409, code: E, message: m, when: {when}}}]"
        )
    };
    let goal = Goal::Row { row: 0, part: 0, left: false };
    let reference = found(&plan(&accounts(&row("{unknown: memberId}"), "")), "add", goal);
    assert_eq!(reference, "memberId=<number 9000000..9999999>");
    let state = found(&plan(&accounts(&row("{state: {member: CHECKED}}"), "")), "add", goal);
    assert_eq!(state, format!("member-add | member-check {SOMEBODY} | account-open {SOMEBODY} | {SOMEBODY}"));
    let absent = "errors: [{status: 409, code: E, message: m, when: {where: {account: absent}}}]";
    let known = "== profile\nnew: {member: {account: absent}}\n";
    assert_eq!(found(&plan(&(accounts(absent, "") + known)), "add", goal), format!("member-add | {SOMEBODY}"));
}

#[test]
fn a_call_sends_what_the_fixture_must_agree_with() {
    let wants = "
        needs: [account]
        same: {account.holder: member.name}
    ";
    let text = accounts(wants.trim(), "").replace("{name: memberId, type: number, presence: required, value: 1..9999999, ref: member.memberId}]\n        needs", "{name: memberId, type: number, presence: required, value: 1..9999999, ref: member.memberId}, {name: accountId, type: number, presence: required, value: 1..9999999, ref: account.accountId}]\n        needs");
    let text = text.replace("set: {member: memberId}", "set: {holder: holder}").replace(
        "request: [{name: memberId, type: number, presence: required, value: 1..9999999, ref: member.memberId}]\n        response: [{name: accountId",
        "request: [{name: holder, type: string, presence: required, length: 1..9}]\n        response: [{name: accountId",
    );
    let profile = "== profile\nfixtures: [{name: own, member: {memberId: 7, name: abc}}]\n";
    let without = text.replace("create: member", "update: member") + profile;
    assert_eq!(
        found(&plan(&without), "add", Goal::Accept),
        "own | account-open holder=<fixture 0.0 name> | memberId=<fixture 0.0 memberId> accountId=<answer 0 accountId>"
    );
    // Of two calls neither is changed.
    assert_eq!(
        found(&plan(&text), "add", Goal::Accept),
        "member-add | account-open | memberId=<answer 0 memberId> accountId=<answer 1 accountId>"
    );
}

#[test]
fn what_is_there_already_in_its_first_state_or_on_its_way_is_not_made_again() {
    let text = |states: &str, state: &str| {
        format!(
            "
            resources: [{{name: member, key: memberId}}, {{name: account, key: accountId, states: [OPEN, SHUT]{states}}}]
            == add POST /things
            request: [{{name: memberId, type: number, presence: required, value: 1..999, ref: member.memberId}}]
            needs: [account]
            == member-add POST /members
            response:
              - {{name: memberId, type: number, presence: required, value: 1..999}}
              - {{name: accountId, type: number, presence: required, value: 1..999}}
            effects:
              - {{create: member, key: response.memberId}}
              - {{create: account, key: response.accountId, set: {{member: response.memberId}}{state}}}
            == account-open POST /accounts
            request: [{{name: memberId, type: number, presence: required, value: 1..999, ref: member.memberId}}]
            response: [{{name: accountId, type: number, presence: required, value: 1..999}}]
            effects: [{{create: account, key: response.accountId, set: {{member: memberId}}}}]
            "
        )
    };
    let there = format!("member-add | {SOMEBODY}");
    let opened = format!("member-add | account-open {SOMEBODY} | {SOMEBODY}");
    for (states, state, expected) in
        [("", "", &there), ("", ", state: SHUT", &opened), (", progress: [SHUT]", ", state: SHUT", &there)]
    {
        assert_eq!(found(&plan(&text(states, state)), "add", Goal::Accept), *expected, "{states} {state}");
    }
}
