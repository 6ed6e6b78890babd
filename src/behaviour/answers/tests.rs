use super::*;
use crate::behaviour::testing::{Bench, CLOSED, OPEN, contract, json, noon};
use crate::contract::Contract;

const ALL: Style = Style { side: 0, optional: true };
const BARE: Style = Style { side: 0, optional: false };
const U1: &str = "register {'loginId':'a'} -> {'userId':'u1'}";
const U2: &str = "register {'loginId':'b'} -> {'userId':'u2'}";
const C1: &str = "issue {'userId':'u1'} -> {'cardNo':'c1'}";
const C2: &str = "issue {'userId':'u1'} -> {'cardNo':'c2'}";
const C3: &str = "issue {'userId':'u2'} -> {'cardNo':'c3'}";

type Asking<'a> = (bool, &'a [&'a str], &'a str, &'a str, Style, &'a str);

/// The answer of each call; a made-up text is `9999...`.
fn check(contract: &std::sync::Arc<Contract>, rows: &[Asking<'_>]) {
    for (closed, history, call, request, style, answer) in rows {
        let mut bench = Bench::after(contract, *closed, history);
        let (_, endpoint) = contract.endpoint(call).unwrap();
        let found = bench.world.answer(endpoint, &json(request), *style, &noon());
        assert_eq!(found.to_text().replace('"', "'"), *answer, "{call} {request} {style:?} after {history:?}");
    }
}

#[test]
fn an_answer_repeats_what_is_there_and_makes_up_the_rest() {
    let contract = contract(
        "
id: nest
request:
  - ref user.userId
response:
  - text word
  - name: user
    type: object
    presence: required
    fields:
      - text loginId
      - maybe mail
      - {name: state, type: string, presence: required, length: unseen}
effects:
  - {read: user, by: userId, answer: {user.loginId: user.loginId, user.state: user.state}}
---
id: seen
request:
  - ref user.userId
response:
  - text stamp
  - maybe tokenId
effects:
  - {read: token, key: response.tokenId}
  - {update: user, by: userId, set: {stamp: response.stamp}}
---
id: refresh
request:
  - ref user.userId
response:
  - text userId
effects:
  - {update: user, key: response.userId, set: {seen: now}}
",
        "",
    );
    let asked = "{'userId':'u1'}";
    check(
        &contract,
        &[
            (CLOSED, &[U1], "look", asked, ALL, "{'loginId':'a','mail':'999900000001','funds':0,'state':'ACTIVE'}"),
            (OPEN, &[U1], "look", asked, ALL, "{'loginId':'a','mail':'999900000001','funds':1,'state':'ACTIVE'}"),
            (CLOSED, &[U1], "look", asked, BARE, "{}"),
            (
                CLOSED,
                &[],
                "look",
                asked,
                ALL,
                "{'loginId':'999900000001','mail':'999900000001','funds':1,'state':'999900000001'}",
            ),
            (CLOSED, &[U1], "nest", asked, BARE, "{'word':'999900000001','user':{'loginId':'a','state':'ACTIVE'}}"),
            (
                CLOSED,
                &[U1],
                "nest",
                asked,
                ALL,
                "{'word':'999900000001','user':{'loginId':'a','mail':'999900000001','state':'ACTIVE'}}",
            ),
            // What is set from the answer has a value of its own, and what is shown without being made is the same each time.
            (CLOSED, &[U1], "seen", asked, ALL, "{'stamp':'999900000001','tokenId':'999900000001'}"),
            (CLOSED, &[U1], "seen", asked, BARE, "{'stamp':'999900000001'}"),
            // An update that finds its object by the answer: the one that the request is about.
            (CLOSED, &[U1], "refresh", asked, ALL, "{'userId':'u1'}"),
            (CLOSED, &[U1], "refresh", "{'userId':'u2'}", ALL, "{'userId':'999900000001'}"),
            (CLOSED, &[], "rest", asked, ALL, "{}"),
        ],
    );
}

#[test]
fn a_new_thing_has_a_key_that_no_other_has() {
    let contract = contract(
        "
id: open
request:
  - maybe word
response:
  - {name: orderId, type: number, presence: required, value: 1..9999999999999999999}
effects:
  - {create: order, key: response.orderId}
---
id: tiny
request:
  - maybe word
response:
  - {name: orderId, type: number, presence: required, value: 1..2}
effects:
  - {create: order, key: response.orderId}
",
        "",
    );
    let taken = "register {'loginId':'b'} -> {'userId':'999900000001'}";
    let order = |n: u64| format!("open {{}} -> {{'orderId':{n}}}");
    check(
        &contract,
        &[
            (CLOSED, &[], "register", "{'loginId':'a'}", ALL, "{'userId':'999900000001'}"),
            (CLOSED, &[taken], "register", "{'loginId':'a'}", ALL, "{'userId':'999900000002'}"),
            (CLOSED, &[], "open", "{}", ALL, "{'orderId':10000000001}"),
            // Short and long in turn.
            (CLOSED, &[&order(10_000_000_001)], "open", "{}", ALL, "{'orderId':9999999999999999997}"),
            (CLOSED, &[], "tiny", "{}", ALL, "{'orderId':2}"),
            (CLOSED, &[&order(2)], "tiny", "{}", ALL, "{'orderId':1}"),
            // No other is left: one is given out again.
            (CLOSED, &[&order(1), &order(2)], "tiny", "{}", ALL, "{'orderId':1}"),
        ],
    );
    let mut world = Bench::new(&contract, CLOSED).world;
    assert_eq!([world.number(), world.number(), world.number()], [1, 2, 3]);
}

#[test]
fn an_id_stays_within_its_bounds() {
    const LONG: u64 = 9_999_999_999_999_999_999;
    for (bounds, n, base, long, is) in [
        ("value: 1..9999999999999999999", 1, 1000, false, 1001),
        ("value: 1..9999999999999999999", 1, 1000, true, LONG - 1),
        ("value: 1..9999999999999999999", 3, 1000, true, LONG - 3),
        ("value: 1..18446744073709551615", 1, 1000, true, LONG - 1),
        // Long ones are not allowed.
        ("value: 1..9999", 1, 1000, true, 1001),
        ("value: 1..1001", 1, 1000, false, 1001),
        ("value: 1001..2000", 1, 1000, false, 1001),
        // Nor is the wanted one: counted from the smallest, and from there again.
        ("value: 1..1000", 1, 1000, false, 2),
        ("value: 1..3", 1, 1000, false, 2),
        ("value: 1..3", 2, 1000, false, 3),
        ("value: 1..3", 3, 1000, false, 1),
        ("value: 5000..5009", 4, 1000, false, 5004),
        ("value: 7..7", 4, 1000, false, 7),
        ("integer: true", 1, 1000, false, 1001),
        ("integer: true", 1, 1000, true, LONG - 1),
    ] {
        let text = format!("id: f\nresponse:\n  - {{name: f, type: number, presence: required, {bounds}}}");
        let contract = contract(&text, "");
        let field = &contract.endpoint("f").unwrap().1.response[0];
        assert_eq!(id(field, n, (base, long)), is, "{bounds} {n} {long}");
    }
}

const LISTS: &str = "
id: page
request:
  - {name: size, type: number, presence: optional}
  - {name: page, type: number, presence: optional}
response:
  - name: cards
    type: array
    presence: required
    items:
      type: object
      fields:
        - text cardNo
effects:
  - {read: card, list: {at: response.cards, size: size, page: page}}
---
id: mine
request:
  - ref user.userId
  - ref card.cardNo
response:
  - name: cards
    type: array
    presence: required
    items:
      type: object
      fields:
        - text cardNo
        - maybe kind
        - maybe alias
        - maybe nick
        - text state
effects:
  - {read: card, list: {at: response.cards, of: user}, answer: {nick: card.alias, state: card.state}}
---
id: picked
request:
  - {name: cardNos, type: array, presence: optional, items: {type: string, length: unseen, ref: card.cardNo}}
response:
  - name: cards
    type: array
    presence: required
    items:
      type: object
      fields:
        - text cardNo
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
fn a_list_shows_what_the_request_asks_for_and_is_there() {
    let cards = |numbers: &[&str]| {
        let entries: Vec<String> = numbers.iter().map(|n| format!("{{'cardNo':'{n}'}}")).collect();
        format!("{{'cards':[{}]}}", entries.join(","))
    };
    let all: &[&str] = &[U1, U2, C1, C2, C3];
    let ended: &[&str] = &[U1, U2, C1, C2, C3, "end-card {'cardNo':'c1'}"];
    let contract = contract(LISTS, "");
    for (history, call, request, listed) in [
        (all, "page", "{}", &["c1", "c2", "c3"][..]),
        (ended, "page", "{}", &["c2", "c3"]),
        (&[], "page", "{}", &[]),
        (all, "page", "{'size':2}", &["c1", "c2"]),
        (all, "page", "{'size':3}", &["c1", "c2", "c3"]),
        (all, "page", "{'size':2,'page':1}", &["c1", "c2"]),
        (all, "page", "{'size':2,'page':2}", &["c3"]),
        (all, "page", "{'size':2,'page':3}", &[]),
        (all, "page", "{'size':'many'}", &["c1", "c2", "c3"]),
        // Those that the request names, whoever has them.
        (all, "picked", "{'cardNos':['c3','c1']}", &["c3", "c1"]),
        (all, "picked", "{'cardNos':['c9']}", &[]),
        (ended, "picked", "{'cardNos':['c3','c1']}", &["c3"]),
        (all, "picked", "{}", &["c1", "c2", "c3"]),
    ] {
        check(&contract, &[(CLOSED, history, call, request, ALL, &cards(listed))]);
    }
}

#[test]
fn an_owners_list_shows_its_own_with_what_is_known_of_them() {
    let all: &[&str] = &[U1, U2, C1, C2, C3, "mark {'cardNo':'c1','kind':'gift','alias':'x'}"];
    let entry = |number: &str| format!("{{'cardNo':'{number}','state':'ACTIVE'}}");
    let marked = "{'cardNo':'c1','state':'ACTIVE','nick':'x'}";
    let contract = contract(LISTS, "");
    let bare: &[(&str, String)] = &[
        ("{'userId':'u1'}", format!("{{'cards':[{marked},{}]}}", entry("c2"))),
        ("{'userId':'u2'}", format!("{{'cards':[{}]}}", entry("c3"))),
        ("{'userId':'u9'}", "{'cards':[]}".to_owned()),
        // A request that names one of them asks for that one alone.
        ("{'userId':'u1','cardNo':'c2'}", format!("{{'cards':[{}]}}", entry("c2"))),
        ("{'userId':'u1','cardNo':'c3'}", "{'cards':[]}".to_owned()),
    ];
    for (request, answer) in bare {
        check(&contract, &[(CLOSED, all, "mine", request, BARE, answer)]);
    }
    // What a call has stored under a member's own name comes back under it, where the member is there.
    let full = "{'cards':[{'cardNo':'c1','kind':'gift','alias':'x','nick':'x','state':'ACTIVE'}]}";
    check(&contract, &[(CLOSED, all, "mine", "{'userId':'u1','cardNo':'c1'}", ALL, full)]);
}

#[test]
fn a_catalogue_is_stocked_once_with_every_kind_of_entry() {
    let list = |key: &str, of: &str| {
        format!(
            "id: all\nresponse:\n  - name: entries\n    type: array\n    presence: required\n    items:\n      type: object\n      fields:\n        - {key}\n        - {{name: kind, type: string, presence: optional, enum: [MUST, MAY]}}\n        - {{name: rank, type: number, presence: required, value: 5..9}}\n        - maybe note\neffects:\n  - {{read: {of}, list: response.entries}}"
        )
    };
    let text = "text termId";
    let number = "{name: termId, type: number, presence: required, value: 1..9999999999999999999}";
    let texts = "terms kind=MUST rank=5 termId=999900000000; terms kind=MAY rank=5 termId=999900000001; terms kind=MUST rank=5 termId=999900000002";
    let numbers = "terms kind=MUST rank=5 termId=1000; terms kind=MAY rank=5 termId=9999999999999999998; terms kind=MUST rank=5 termId=1002";
    for (key, of, history, stocked) in [
        (text, "terms", &[][..], texts),
        (number, "terms", &[], numbers),
        (text, "terms", &["entry terms {'termId':'t1'}"], "terms termId=t1"),
        // No catalogue: calls make it.
        (text, "card", &[], ""),
    ] {
        let contract = contract(&list(key, of), "");
        let mut bench = Bench::after(&contract, CLOSED, history);
        bench.world.stock(&noon());
        assert_eq!(bench.shown(), stocked, "{key} of {of}");
    }
    let contract = contract(&list(text, "terms"), "");
    check(
        &contract,
        &[(
            CLOSED,
            &["entry terms {'termId':'t1','kind':'MAY','other':'x'}"],
            "all",
            "{}",
            ALL,
            "{'entries':[{'termId':'t1','kind':'MAY'}]}",
        )],
    );
}

#[test]
fn each_look_shows_the_next_state_that_the_platform_walks_through() {
    let contract = contract(
        "
id: ask
request:
  - ref order.orderId
response:
  - text state
effects:
  - {update: order, by: orderId, state: {by: response.state, map: {IN_PAYMENT: PAYING}}}
---
id: pay
request:
  - ref order.orderId
  - text to
effects:
  - {update: order, by: orderId, state: {by: to}}
---
id: start
request:
  - maybe word
response:
  - text orderId
  - maybe state
effects:
  - {create: order, key: response.orderId, state: {by: response.state}}
",
        "",
    );
    let order = "buy {'cardNo':'c1'} -> {'orderId':'o1'}";
    let asked = "{'orderId':'o1'}";
    check(
        &contract,
        &[
            (CLOSED, &[order], "ask", asked, ALL, "{'state':'IN_PAYMENT'}"),
            (CLOSED, &[order, "pay {'orderId':'o1','to':'PAYING'}"], "ask", asked, ALL, "{'state':'DONE'}"),
            (CLOSED, &[order, "pay {'orderId':'o1','to':'DONE'}"], "ask", asked, ALL, "{'state':'DONE'}"),
            (CLOSED, &[order, "pay {'orderId':'o1','to':'FAILED'}"], "ask", asked, ALL, "{'state':'FAILED'}"),
            // Of another target nobody knows when it goes on.
            (OPEN, &[order], "ask", asked, ALL, "{'state':'READY'}"),
            (OPEN, &[order, "pay {'orderId':'o1','to':'PAYING'}"], "ask", asked, ALL, "{'state':'IN_PAYMENT'}"),
            (CLOSED, &[], "ask", asked, ALL, "{'state':'999900000001'}"),
            // What is only made has no state before.
            (CLOSED, &[], "start", "{}", ALL, "{'orderId':'999900000001','state':'999900000002'}"),
        ],
    );
}

#[test]
fn the_sides_of_conflicts_are_those_that_were_asked_for() {
    let contract = contract(
        "
id: odd
conflicts:
  - {id: width, what: its length, a: four, b: six, either: [4, 6], default: a}
request:
  - maybe word
response:
  - text f
  - {name: g, type: string, presence: required, length: {conflict: width}}
  - {name: h, type: string, presence: required, length: {conflict: width}}
effects:
  - {create: order, key: response.f, set: {g: response.g}}
",
        "",
    );
    // The answer's side, and that of what a new thing has.
    for (own, new, g, h) in
        [(0, 0, "9992", "9993"), (0, 1, "999902", "9993"), (1, 0, "9992", "999903"), (2, 2, "999902", "999903")]
    {
        let mut bench = Bench::new(&contract, CLOSED);
        bench.world.take_side(new);
        let (_, endpoint) = contract.endpoint("odd").unwrap();
        let found = bench.world.answer(endpoint, &json("{}"), Style { side: own, optional: true }, &noon());
        let text = |name: &str| found.get(name).and_then(Json::scalar).unwrap().to_owned();
        assert_eq!((text("g"), text("h")), (g.to_owned(), h.to_owned()), "sides {own} and {new}");
    }
}
