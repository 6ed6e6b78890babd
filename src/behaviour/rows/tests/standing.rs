//! What the world makes of a request beside its rows: what nobody knows to be there, or no page speaks of.

use super::*;

const U2: &str = "register {'loginId':'b'} -> {'userId':'u2'}";
const LEFT: &str = "names something that has left, and no page shows what that gets";
const ORPHANED: &str = "names something that belongs to what has left, and no page shows what that gets";
const NOWHERE: &str = "names nothing that exists, and no page shows what that gets";
const PERHAPS: &str = "names something that may not exist";
const ODD: &str = "names something in a state of which the endpoint's page says nothing";

/// Why a call of `ask` dangles; the rest of the endpoint's text follows its request.
fn check_dangling(request: &str, rest: &str, rows: &[(bool, &[&str], &str, Option<&str>)]) {
    let text = format!("id: ask\nrequest:\n{request}\n{rest}");
    let profile = "fixtures: [{name: sleeper, user: {userId: u7, state: DORMANT}}]";
    let contract = contract(&text, profile);
    for (closed, history, request, why) in rows {
        let bench = Bench::after(&contract, *closed, history);
        let found = bench.world.standing(bench.endpoint("ask"), &json(request), &noon()).dangling;
        assert_eq!(found.as_deref(), *why, "{rest}: {request} after {history:?}, closed: {closed}");
    }
}

fn row(when: &str) -> String {
    format!("errors:\n  - {{status: 400, code: c, message: m, when: {when}}}")
}

#[test]
fn a_reference_dangles_unless_it_is_found_or_a_row_speaks_of_it() {
    let asked = "{'userId':'u1'}";
    let z = "{'userId':'z'}";
    let named = |why: &str| format!("userId {why}");
    let (left, nowhere, perhaps, odd) = (named(LEFT), named(NOWHERE), named(PERHAPS), named(ODD));
    let one = "  - ref user.userId";
    check_dangling(
        one,
        "",
        &[
            (OPEN, &[U1], asked, None),
            (OPEN, &[U1], "{}", None),
            (OPEN, &[], z, Some(&perhaps)),
            (OPEN, &["fresh 'z'"], z, Some(&nowhere)),
            (CLOSED, &[], z, Some(&nowhere)),
            (OPEN, &[U1, LEAVE], asked, Some(&left)),
            (CLOSED, &[U1, LEAVE], asked, None),
            (OPEN, &[U1, REST], asked, Some(&odd)),
            // As it was made or found: nobody has moved it.
            (OPEN, &["plant 0 0"], "{'userId':'u7'}", None),
        ],
    );
    check_dangling(
        one,
        &row("{unknown: userId}"),
        &[(OPEN, &["fresh 'z'"], z, None), (OPEN, &[], z, Some(&perhaps)), (OPEN, &[U1, LEAVE], asked, Some(&left))],
    );
    check_dangling(
        one,
        &row("{unknown: {userId: [never, left]}}"),
        &[(OPEN, &[U1, LEAVE], asked, None), (OPEN, &[U1, ERASE], asked, None)],
    );
    check_dangling(
        one,
        &row("{state: {user: WITHDRAWN}}"),
        &[
            (OPEN, &[U1, LEAVE], asked, None),
            (OPEN, &["fresh 'z'"], z, Some(&nowhere)),
            (OPEN, &[U1, REST], asked, None),
        ],
    );
    // A row speaks of the field that it names.
    check_dangling(
        "  - ref user.userId\n  - ref user.loginId",
        &row("{unknown: userId}"),
        &[(OPEN, &[U1, "fresh 'z'"], "{'userId':'u1','loginId':'z'}", Some(&format!("loginId {NOWHERE}")))],
    );
}

#[test]
fn what_belongs_to_what_has_left_is_in_doubt_but_for_owners_that_never_last() {
    let take = "
---
id: take
request:
  - ref user.userId
response:
  - text tokenId
effects:
  - {create: token, key: response.tokenId, set: {user: userId}}
---
id: use
request:
  - ref token.tokenId
response:
  - text orderId
effects:
  - {create: order, key: response.orderId, set: {token: tokenId}}
  - {update: token, by: tokenId, state: USED}
";
    let used = "use {'tokenId':'t1'} -> {'orderId':'o1'}";
    let orphaned = format!("cardNo {ORPHANED}");
    let left = format!("tokenId {LEFT}");
    check_dangling(
        "  - ref card.cardNo\n  - ref order.orderId\n  - ref token.tokenId",
        take,
        &[
            (OPEN, &[U1, C1], "{'cardNo':'c1'}", None),
            (OPEN, &[U1, C1, LEAVE], "{'cardNo':'c1'}", Some(&orphaned)),
            (OPEN, &[U1, C1, ERASE], "{'cardNo':'c1'}", Some(&orphaned)),
            (OPEN, &[U1, U2, C1, "leave {'userId':'u2'}"], "{'cardNo':'c1'}", None),
            (OPEN, &["take {} -> {'tokenId':'t1'}", used], "{'orderId':'o1'}", None),
            (OPEN, &["take {} -> {'tokenId':'t1'}", used], "{'tokenId':'t1'}", Some(&left)),
        ],
    );
    // A row about the owner's state speaks of its cards too.
    check_dangling(
        "  - ref card.cardNo",
        &row("{state: {user: WITHDRAWN}}"),
        &[(OPEN, &[U1, C1, LEAVE], "{'cardNo':'c1'}", None)],
    );
}

#[test]
fn an_unusual_state_is_in_doubt_where_the_page_never_speaks_of_states() {
    let asked = "{'userId':'u1'}";
    let odd = format!("userId {ODD}");
    let wake =
        "\n---\nid: wake\nrequest:\n  - ref user.userId\neffects:\n  - {update: user, by: userId, state: ACTIVE}";
    for (page, doubt) in [
        ("effects:\n  - {update: user, by: userId, state: ACTIVE}".to_owned(), None),
        ("effects:\n  - {update: user, by: userId, set: {seen: now}}".to_owned(), Some(odd.as_str())),
        ("response:\n  - maybe state\neffects:\n  - {read: user, by: userId, answer: {state: user.state}}".to_owned(), None),
        ("response:\n  - maybe state\neffects:\n  - {read: user, by: userId, answer: {state: user.mail}}".to_owned(), Some(&odd)),
        ("response:\n  - maybe state\neffects:\n  - {read: user, by: userId, present: false, answer: {state: user.mail}}".to_owned(), None),
        ("response:\n  - maybe state\neffects:\n  - {read: user, by: userId, answer: {state: card.state}}".to_owned(), Some(&odd)),
        ("needs: [{user: DORMANT}]".to_owned(), None),
        ("needs: [user]".to_owned(), Some(&odd)),
        (row("{state: {user: ACTIVE}}"), None),
        (row("{where: {user.state: ACTIVE}}"), None),
        (row("{where: {user.mail: x}}"), Some(&odd)),
        (row("{state: {card: ACTIVE}}"), Some(&odd)),
        (row("{unknown: userId, state: {user: ACTIVE}}"), None),
        (wake.to_owned(), Some(&odd)),
    ] {
        check_dangling("  - ref user.userId", &page, &[(OPEN, &[U1, REST], asked, doubt)]);
    }
    // Back in the first state it is as usual, and so is what the platform walks through by itself.
    check_dangling("  - ref user.userId", wake, &[(OPEN, &[U1, REST, "wake {'userId':'u1'}"], asked, None)]);
    let pay = "\n---\nid: pay\nrequest:\n  - ref order.orderId\n  - text to\neffects:\n  - {update: order, by: orderId, state: {by: to}}";
    let order = "buy {'cardNo':'c1'} -> {'orderId':'o1'}";
    check_dangling(
        "  - ref order.orderId",
        pay,
        &[
            (OPEN, &[order, "pay {'orderId':'o1','to':'PAYING'}"], "{'orderId':'o1'}", None),
            (OPEN, &[order, "pay {'orderId':'o1','to':'FAILED'}"], "{'orderId':'o1'}", Some(&format!("orderId {ODD}"))),
        ],
    );
}

#[test]
fn a_call_that_must_come_after_another_or_needs_something_dangles_without_it() {
    let asked = "{'userId':'u1'}";
    let both = "{'userId':'u1','cardNo':'c1'}";
    let late = "the call comes after issue, which was not made for this one";
    check_dangling(
        "  - ref user.userId",
        "after: [issue]",
        &[
            (OPEN, &[U1, C1], asked, None),
            (OPEN, &[U1], asked, Some(late)),
            (OPEN, &[U1, U2, C1], "{'userId':'u2'}", Some(late)),
            (CLOSED, &[U1], asked, None),
        ],
    );
    // A row about what the request names is promised whatever else is wanting.
    let reference = format!("after: [issue]\n{}", row("{unknown: userId}"));
    check_dangling(
        "  - ref user.userId",
        &reference,
        &[(OPEN, &["fresh 'z'"], "{'userId':'z'}", None), (OPEN, &[U1], asked, Some(late))],
    );
    let state = format!("after: [issue]\n{}", row("{state: {user: ACTIVE}}"));
    check_dangling("  - ref user.userId", &state, &[(OPEN, &[U1], asked, Some(late))]);

    let other = "the user of the card must be the userId of the user, and is not known to be";
    check_dangling(
        "  - ref user.userId\n  - ref card.cardNo",
        "same: {card.user: user.userId}",
        &[
            (OPEN, &[U1, C1], both, None),
            (OPEN, &[U1, U2, C1], "{'userId':'u2','cardNo':'c1'}", Some(other)),
            (OPEN, &[U1, "entry card {'cardNo':'c1'}"], both, Some(other)),
            (CLOSED, &[U1, U2, C1], "{'userId':'u2','cardNo':'c1'}", None),
        ],
    );
    let none = "the call needs a card, and nobody knows of one";
    check_dangling(
        "  - ref user.userId",
        "needs: [card]",
        &[(OPEN, &[U1, C1], asked, None), (OPEN, &[U1], asked, Some(none)), (CLOSED, &[U1], asked, None)],
    );
    let suspend =
        "\n---\nid: suspend\nrequest:\n  - ref card.cardNo\neffects:\n  - {update: card, by: cardNo, state: SUSPENDED}";
    check_dangling(
        "  - ref user.userId",
        &format!("needs: [{{card: SUSPENDED}}]{suspend}"),
        &[
            (OPEN, &[U1, C1], asked, Some("the call needs a card in state SUSPENDED, and nobody knows of one")),
            (OPEN, &[U1, C1, C2, "suspend {'cardNo':'c2'}"], asked, None),
        ],
    );
}

#[test]
fn values_that_differ_and_lists_that_are_empty_dangle_unless_a_row_speaks_of_them() {
    let lists = "  - {name: termIds, type: array, presence: optional, items: {type: string, length: unseen, ref: terms.termId}}\n  - {name: words, type: array, presence: optional, items: {type: string, length: unseen}}";
    check_dangling(
        lists,
        "",
        &[
            (OPEN, &[], "{'termIds':[]}", Some("termIds is empty, and no page says what that means")),
            (OPEN, &[], "{'words':[]}", None),
            (OPEN, &["entry terms {'termId':'t1'}"], "{'termIds':['t1']}", None),
        ],
    );
    let terms: &[&str] = &["entry terms {'termId':'t1','kind':'MUST'}", "entry terms {'termId':'t2','kind':'MUST'}"];
    check_dangling(
        lists,
        &row("{lacks: {termIds: {terms.kind: MUST}}}"),
        &[
            (OPEN, terms, "{'termIds':['t1']}", Some("termIds lacks an entry that it may have to hold")),
            (OPEN, terms, "{'termIds':['t1','t2']}", None),
            (CLOSED, terms, "{'termIds':['t1']}", None),
        ],
    );
    let holder = "  - ref user.userId\n  - {name: holder, type: string, presence: optional, length: unseen, equals: user.loginId}";
    let differs = "holder differs from what is known, and no page shows what that gets";
    check_dangling(
        holder,
        "",
        &[
            (OPEN, &[U1], "{'userId':'u1','holder':'a'}", None),
            (OPEN, &[U1], "{'userId':'u1','holder':'b'}", Some(differs)),
            (OPEN, &["entry user {'userId':'u1'}"], "{'userId':'u1','holder':'b'}", None),
        ],
    );
    check_dangling(holder, &row("{mismatch: holder}"), &[(OPEN, &[U1], "{'userId':'u1','holder':'b'}", None)]);
    check_dangling(holder, &row("{unknown: userId}"), &[(OPEN, &[U1], "{'userId':'u1','holder':'b'}", Some(differs))]);
}

#[test]
fn a_row_of_konforms_own_reading_is_never_ruled_out_and_either_row_may_answer_what_has_left() {
    let asked = "{'userId':'u1'}";
    let guessed = "{status: 400, code: a, message: m, when: {state: {user: DORMANT}}, trigger: inferred}";
    let stated = "{status: 400, code: a, message: m, when: {state: {user: DORMANT}}}";
    let gone = "{status: 404, code: b, message: m, when: {unknown: {userId: [never, left]}}}";
    let never = "{status: 404, code: b, message: m, when: {unknown: userId}}";
    let inactive = "{status: 400, code: c, message: m, when: {state: {user: {not: ACTIVE}}}}";
    let withdrawn = "{status: 400, code: e, message: m, when: {state: {user: WITHDRAWN}}}";
    let card = "{status: 400, code: d, message: m, when: {state: {card: SUSPENDED}}}";
    for (rows, closed, history, truths) in [
        (&[guessed][..], OPEN, &[U1][..], &[Unknown][..]),
        (&[guessed], OPEN, &[U1, REST], &[Yes]),
        (&[guessed], CLOSED, &[U1], &[No]),
        (&[stated], OPEN, &[U1], &[No]),
        (&[gone, inactive], OPEN, &[U1, LEAVE], &[Yes, Yes]),
        (&[gone, inactive], OPEN, &[U1, REST], &[No, Yes]),
        (&[gone, stated], OPEN, &[U1, LEAVE], &[Yes, No]),
        (&[never, inactive], OPEN, &[U1, LEAVE], &[Unknown, Unknown]),
        // No row counts what has left.
        (&[withdrawn, inactive], OPEN, &[U1, LEAVE], &[Yes, Unknown]),
        // The state of something else is no answer.
        (&[gone, card], OPEN, &[U1, LEAVE], &[Yes, Unknown]),
    ] {
        let errors: Vec<String> = rows.iter().map(|row| format!("  - {row}")).collect();
        let text = format!("id: ask\nrequest:\n  - ref user.userId\nerrors:\n{}", errors.join("\n"));
        let contract = contract(&text, "");
        let bench = Bench::after(&contract, closed, history);
        let found = bench.world.standing(bench.endpoint("ask"), &json(asked), &noon()).rows;
        assert_eq!(found, truths, "{rows:?} after {history:?}");
    }
}

#[test]
fn a_request_names_the_thing_that_it_is_about() {
    let contract = contract("", "");
    for (history, call, request, resource, at) in [
        (&[U1, U2][..], "look", "{'userId':'u2'}", "user", Some(1)),
        (&[U1, U2], "look", "{'userId':'u9'}", "user", None),
        (&[U1, C1], "buy", "{'cardNo':'c1'}", "user", Some(0)),
        (&[U1, C1], "look", "{'userId':'u1'}", "nothing", None),
    ] {
        let bench = Bench::after(&contract, OPEN, history);
        assert_eq!(bench.world.names(bench.endpoint(call), resource, &json(request)), at, "{call} {request}");
    }
}
