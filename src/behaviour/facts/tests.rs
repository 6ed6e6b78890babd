use super::*;
use crate::behaviour::testing::{Bench, CLOSED, OPEN, contract, json};

const U1: &str = "register {'loginId':'a'} -> {'userId':'u1'}";
const U2: &str = "register {'loginId':'b'} -> {'userId':'u2'}";
const C1: &str = "issue {'userId':'u1'} -> {'cardNo':'c1'}";
const MAILED: &str = "register {'loginId':'a','mail':'m'} -> {'userId':'u1'}";
const LEAVE: &str = "leave {'userId':'u1'}";

const LOOKS: &str = "
id: always
request:
  - ref user.userId
response:
  - maybe loginId
  - maybe state
effects:
  - {read: user, by: userId, present: false, answer: {loginId: user.loginId, state: user.state}}
---
id: alive
request:
  - ref user.userId
response:
  - name: user
    type: object
    presence: optional
    fields:
      - maybe loginId
effects:
  - {read: user, by: userId, present: true, answer: {user.loginId: user.loginId}}
---
id: twice
request:
  - ref user.userId
  - ref user.loginId
response:
  - maybe mail
effects:
  - {read: user, answer: {mail: user.mail}}
---
id: narrow
request:
  - ref user.userId
response:
  - {name: state, type: string, presence: optional, enum: [ACTIVE, WITHDRAWN]}
  - {name: mail, type: string, presence: optional, length: unseen, secret: identity}
effects:
  - {read: user, by: userId, answer: {state: user.state, mail: user.mail}}
---
id: look-order
request:
  - ref order.orderId
response:
  - maybe state
effects:
  - {read: order, by: orderId, answer: {state: order.state}}
---
id: pay
request:
  - ref order.orderId
  - text to
effects:
  - {update: order, by: orderId, state: {by: to}}
";

/// What an answer shows: `holds` or `broken`, what of, and where.
fn told(fact: &Fact) -> String {
    let (_, what) = fact.id.split_once("/effects/").unwrap();
    format!("{} {what} {}", if fact.holds { "holds" } else { "broken" }, fact.pointer)
}

type Shown<'a> = (&'a [&'a str], &'a str, &'a str, &'a str, &'a [&'a str]);

fn check(endpoints: &str, profile: &str, rows: &[Shown<'_>]) {
    let contract = contract(endpoints, profile);
    for (history, call, request, answer, facts) in rows {
        let bench = Bench::after(&contract, OPEN, history);
        let found = bench.world.facts(bench.endpoint(call), &json(request), &json(answer));
        let found: Vec<String> = found.iter().map(told).collect();
        assert_eq!(found, *facts, "{call} {request} -> {answer} after {history:?}");
    }
}

#[test]
fn an_answer_repeats_what_earlier_calls_have_set() {
    let asked = "{'userId':'u1'}";
    let order = "buy {'cardNo':'c1'} -> {'orderId':'o1'}";
    let paid = "pay {'orderId':'o1','to':'DONE'}";
    let paying = "pay {'orderId':'o1','to':'PAYING'}";
    let failed = "pay {'orderId':'o1','to':'FAILED'}";
    check(
        LOOKS,
        "fixtures: [{name: planted, user: {userId: u7, loginId: l7}}]",
        &[
            (&[U1], "look", asked, "{'loginId':'a'}", &["holds loginId/equals /loginId"]),
            (&[U1], "look", asked, "{'loginId':'b'}", &["broken loginId/equals /loginId"]),
            (&[U1], "look", asked, "{}", &[]),
            (&[], "look", asked, "{'loginId':'b'}", &[]),
            (&[U1, U2], "look", "{'userId':'u2'}", "{'loginId':'b'}", &["holds loginId/equals /loginId"]),
            // What was not sent, and whether blanks at the ends are kept, no page says.
            (&[U1], "look", asked, "{'mail':'m'}", &[]),
            (&[MAILED], "look", asked, "{'mail':'m'}", &["holds mail/equals /mail"]),
            (&[MAILED], "look", asked, "{'mail':' m'}", &[]),
            (&[MAILED], "look", asked, "{'mail':'M'}", &["broken mail/equals /mail"]),
            (&[MAILED], "look", asked, "{'mail':7}", &["broken mail/equals /mail"]),
            // The target has given the value by itself: nothing says that it stays.
            (&[U1, "look {'userId':'u1'} -> {'funds':9}"], "look", asked, "{'funds':8}", &[]),
            (&[U1, "look {'userId':'u1'} -> {'mail':'x'}"], "look", asked, "{'mail':'y'}", &[]),
            (
                &[MAILED, "look {'userId':'u1'} -> {'mail':'m'}"],
                "look",
                asked,
                "{'mail':'y'}",
                &["broken mail/equals /mail"],
            ),
            // Two references that disagree name nothing.
            (&[MAILED, U2], "twice", "{'userId':'u1','loginId':'b'}", "{'mail':'x'}", &[]),
            (&[MAILED, U2], "twice", "{'userId':'u1','loginId':'a'}", "{'mail':'x'}", &["broken mail/equals /mail"]),
            // The state, where the answer has a word for it and the platform does not move it.
            (&[U1], "look", asked, "{'state':'ACTIVE'}", &["holds state/equals /state"]),
            (&[U1], "look", asked, "{'state':'DORMANT'}", &["broken state/equals /state"]),
            (&[U1, "rest {'userId':'u1'}"], "look", asked, "{'state':'DORMANT'}", &["holds state/equals /state"]),
            (&[U1, "rest {'userId':'u1'}"], "narrow", asked, "{'state':'ACTIVE'}", &[]),
            (&[U1], "narrow", asked, "{'state':'WITHDRAWN'}", &["broken state/equals /state"]),
            (&["plant 0 0"], "look", "{'userId':'u7'}", "{'state':'DORMANT'}", &[]),
            (&["plant 0 0"], "look", "{'userId':'u7'}", "{'loginId':'x'}", &["broken loginId/equals /loginId"]),
            (&[order], "look-order", "{'orderId':'o1'}", "{'state':'DONE'}", &[]),
            (&[order, paying], "look-order", "{'orderId':'o1'}", "{'state':'DONE'}", &[]),
            (&[order, paid], "look-order", "{'orderId':'o1'}", "{'state':'READY'}", &["broken state/equals /state"]),
            (&[order, failed], "look-order", "{'orderId':'o1'}", "{'state':'FAILED'}", &["holds state/equals /state"]),
        ],
    );
}

#[test]
fn who_has_left_is_shown_where_the_page_says_so_and_nowhere_where_it_says_not() {
    let asked = "{'userId':'u1'}";
    check(
        LOOKS,
        "",
        &[
            (&[U1, LEAVE], "look", asked, "{'loginId':'b'}", &[]),
            (&[U1, LEAVE], "always", asked, "{'loginId':'b'}", &["broken loginId/equals /loginId"]),
            (&[U1, LEAVE], "always", asked, "{'state':'WITHDRAWN'}", &["holds state/equals /state"]),
            (&[U1], "alive", asked, "{'user':{'loginId':'a'}}", &["holds user.loginId/equals /user/loginId"]),
            (&[U1, LEAVE], "alive", asked, "{'user':{'loginId':'a'}}", &["broken user/present /user"]),
            (&[U1, LEAVE], "alive", asked, "{'user':{'loginId':null}}", &["holds user/present /user"]),
            (&[U1, LEAVE], "alive", asked, "{}", &["holds user/present /user"]),
            (&[], "alive", asked, "{}", &[]),
        ],
    );
    let contract = contract(LOOKS, "");
    for (history, call, facts) in [
        (&[U1, LEAVE][..], "alive", &["holds user/present /user"][..]),
        (&[U1], "alive", &[]),
        (&[U1, LEAVE], "look", &[]),
        (&[U1, LEAVE], "always", &[]),
    ] {
        let bench = Bench::after(&contract, OPEN, history);
        let found = bench.world.facts_of_refusal(bench.endpoint(call), &json(asked));
        assert_eq!(found.iter().map(told).collect::<Vec<_>>(), facts, "{call} after {history:?}");
    }
}

const LISTS: &str = "
id: page
request:
  - ref user.userId
  - {name: size, type: number, presence: optional}
  - {name: page, type: number, presence: optional}
  - maybe kind
response:
  - name: cards
    type: array
    presence: optional
    items:
      type: object
      fields:
        - maybe cardNo
effects:
  - {read: card, list: {at: response.cards, of: user, size: size, page: page, narrowed_by: {kind: kind}}}
---
id: every
request:
  - maybe word
response:
  - name: cards
    type: array
    presence: optional
    items:
      type: object
      fields:
        - maybe cardNo
effects:
  - {read: card, list: {at: response.cards}}
---
id: some
request:
  - maybe word
response:
  - name: cards
    type: array
    presence: optional
    items:
      type: object
      fields:
        - maybe cardNo
effects:
  - {read: card, list: response.cards}
---
id: mark
request:
  - ref card.cardNo
  - maybe kind
  - maybe alias
effects:
  - {update: card, by: cardNo, set: [kind, alias]}
";

#[test]
fn a_list_holds_what_is_there_and_nothing_that_has_left() {
    let asked = "{'userId':'u1'}";
    let c1 = "{'cards':[{'cardNo':'c1'}]}";
    let none = "{'cards':[]}";
    let end = "end-card {'cardNo':'c1'}";
    let listed = "holds cards/lists /cards";
    let missing = "broken cards/lists /cards";
    let shown = "cards {'userId':'u1'} -> {'cards':[{'cardNo':'c1'}]}";
    check(
        LISTS,
        "",
        &[
            (&[U1, C1], "cards", asked, c1, &[listed]),
            (&[U1, C1], "cards", asked, none, &[missing]),
            (&[U1, C1], "cards", asked, "{}", &[]),
            (&[U1], "cards", asked, c1, &[]),
            (&[U1, C1, end], "cards", asked, c1, &[missing]),
            (&[U1, C1, end], "cards", asked, none, &[listed]),
            (&[U1, C1, "issue {'userId':'u1'} -> {'cardNo':'c2'}"], "cards", asked, c1, &[listed, missing]),
            // An id may be a number here and a string there.
            (&[U1, "issue {'userId':'u1'} -> {'cardNo':7}"], "cards", asked, "{'cards':[{'cardNo':'7'}]}", &[listed]),
            // What a list alone has shown may go as it came, unless a call has ended it.
            (&[U1, shown], "cards", asked, none, &[]),
            (&[U1, shown, end], "cards", asked, c1, &[missing]),
            // An entry that does not show its key may be any of them.
            (&[U1, C1], "cards", asked, "{'cards':[{'alias':'x'}]}", &[]),
            (&[U1, C1, end], "cards", asked, "{'cards':[{'alias':'x'}]}", &[listed]),
            // Somebody else's card; which list somebody leaves behind, no page says.
            (&[U1, U2, C1], "cards", "{'userId':'u2'}", c1, &["broken cards/lists /cards/0"]),
            (&[U1, U2, C1], "cards", "{'userId':'u2'}", none, &[]),
            (&[U1, C1, LEAVE], "cards", asked, none, &[]),
            (&[], "cards", asked, c1, &[]),
            // A list of all, and one of which nobody says that it is whole.
            (&[U1, C1], "every", "{}", c1, &[listed]),
            (&[U1, C1], "every", "{}", none, &[missing]),
            (&[U1, C1], "some", "{}", none, &[]),
        ],
    );
}

#[test]
fn a_page_has_no_more_entries_than_asked_for_and_may_leave_some_for_the_next() {
    let one = "{'cards':[{'cardNo':'c1'}]}";
    let other = "{'cards':[{'cardNo':'c9'}]}";
    let none = "{'cards':[]}";
    let listed = "holds cards/lists /cards";
    let missing = "broken cards/lists /cards";
    let fits = "holds cards/page /cards";
    let mark = "mark {'cardNo':'c1','kind':'gift'}";
    check(
        LISTS,
        "",
        &[
            (&[U1, C1], "page", "{'userId':'u1'}", one, &[listed]),
            (&[U1, C1], "page", "{'userId':'u1','size':1}", one, &[fits, listed]),
            (&[U1, C1], "page", "{'userId':'u1','size':0}", one, &["broken cards/page /cards", listed]),
            (&[U1, C1], "page", "{'userId':'u1','size':1}", other, &[fits]),
            (&[U1, C1], "page", "{'userId':'u1','size':2}", other, &[fits, missing]),
            (&[U1, C1], "page", "{'userId':'u1','page':1}", none, &[missing]),
            (&[U1, C1], "page", "{'userId':'u1','page':2}", none, &[]),
            // A list that the request narrows holds at least what has that value.
            (&[U1, C1, mark], "page", "{'userId':'u1','kind':'gift'}", none, &[missing]),
            (&[U1, C1, mark], "page", "{'userId':'u1','kind':'gift'}", one, &[listed]),
            (&[U1, C1, mark], "page", "{'userId':'u1','kind':'sale'}", none, &[]),
            (&[U1, C1, mark], "page", "{'userId':'u1','kind':'sale'}", one, &[]),
            (&[U1, C1], "page", "{'userId':'u1','kind':'gift'}", none, &[]),
            (&[U1, C1, "end-card {'cardNo':'c1'}"], "page", "{'userId':'u1','kind':'gift'}", one, &[missing]),
        ],
    );
}

#[test]
fn entries_repeat_what_earlier_calls_have_set() {
    let asked = "{'userId':'u1'}";
    let mark = "mark {'cardNo':'c1','alias':'x'}";
    let listed = "holds cards/lists /cards";
    check(
        LISTS,
        "",
        &[
            (
                &[U1, C1, mark],
                "cards",
                asked,
                "{'cards':[{'cardNo':'c1','alias':'x'}]}",
                &[listed, "holds cards.*.alias/equals /cards/0/alias"],
            ),
            (
                &[U1, C1, mark],
                "cards",
                asked,
                "{'cards':[{},{'cardNo':'c1','alias':'y'}]}",
                &[listed, "broken cards.*.alias/equals /cards/1/alias"],
            ),
            (&[U1, C1], "cards", asked, "{'cards':[{'cardNo':'c1','alias':'y'}]}", &[listed]),
            (
                &[U1, C1],
                "cards",
                asked,
                "{'cards':[{'cardNo':'c1','state':'SUSPENDED'}]}",
                &[listed, "broken cards.*.state/equals /cards/0/state"],
            ),
        ],
    );
}

#[test]
fn a_fact_says_what_was_expected_and_what_came() {
    let contract = contract(&format!("{LOOKS}---\n{LISTS}"), "");
    for (history, call, request, answer, expected, actual) in [
        (&[MAILED][..], "look", "{'userId':'u1'}", "{'mail':'x'}", "\"m\" as known from earlier calls", "\"x\""),
        (&[MAILED], "narrow", "{'userId':'u1'}", "{'mail':'x'}", "<secret> as known from earlier calls", "<secret>"),
        (
            &[U1, LEAVE],
            "alive",
            "{'userId':'u1'}",
            "{'user':{'loginId':'a'}}",
            "user \"u1\", which has left, is not shown",
            "shown",
        ),
        (&[U1, LEAVE], "alive", "{'userId':'u1'}", "{}", "user \"u1\", which has left, is not shown", "not shown"),
        (&[U1, C1], "cards", "{'userId':'u1'}", "{'cards':[]}", "card \"c1\" listed", "not listed"),
        (
            &[U1, C1, "end-card {'cardNo':'c1'}"],
            "cards",
            "{'userId':'u1'}",
            "{'cards':[{'cardNo':'c1'}]}",
            "card \"c1\" not listed",
            "listed",
        ),
        (&[U1], "page", "{'userId':'u1','size':1}", "{'cards':[{},{}]}", "1 entries at most", "2 entries"),
        (
            &[U1, U2, C1],
            "cards",
            "{'userId':'u2'}",
            "{'cards':[{'cardNo':'c1'}]}",
            "card \"c1\" not listed: it belongs to another user",
            "listed",
        ),
    ] {
        let bench = Bench::after(&contract, OPEN, history);
        let facts = bench.world.facts(bench.endpoint(call), &json(request), &json(answer));
        let found = (facts[0].expected.as_str(), facts[0].actual.as_str());
        assert_eq!(found, (expected, actual), "{call} {answer} after {history:?}");
    }
    // In the sandbox all is known.
    let bench = Bench::after(&contract, CLOSED, &[U1]);
    assert_eq!(bench.world.facts(bench.endpoint("look"), &json("{'userId':'u1'}"), &json("{'funds':1}")).len(), 1);
}
