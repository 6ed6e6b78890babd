use super::*;
use crate::behaviour::testing::{Bench, CLOSED, OPEN, contract, json};

const U1: &str = "register {'loginId':'a'} -> {'userId':'u1'}";
const C1: &str = "issue {'userId':'u1'} -> {'cardNo':'c1'}";
const USER: &str = "user ACTIVE loginId=a mail=- userId=u1";

/// Each history in a world of its own, and everything that is known then.
fn check(endpoints: &str, profile: &str, rows: &[(bool, &[&str], &str)]) {
    let contract = contract(endpoints, profile);
    for (closed, history, shown) in rows {
        assert_eq!(Bench::after(&contract, *closed, history).shown(), *shown, "{history:?}, closed: {closed}");
    }
}

#[test]
fn an_effect_happens_if_the_answer_has_what_it_rests_on() {
    for (condition, answer, happens) in [
        ("", "{}", true),
        ("if: response.done,", "{}", false),
        ("if: response.done,", "{'done':null}", false),
        ("if: response.done,", "{'done':false}", true),
        ("if: response.done,", "{'done':{}}", true),
        ("if: {response.done: \"true\"},", "{}", false),
        ("if: {response.done: \"true\"},", "{'done':true}", true),
        ("if: {response.done: \"true\"},", "{'done':false}", false),
        ("if: {response.done: \"true\"},", "{'done':'true'}", true),
        ("if: {response.done: [YES, ALSO]},", "{'done':'ALSO'}", true),
        ("if: {response.done: [YES, ALSO]},", "{'done':'NO'}", false),
        ("if: {response.done: [\"1\"]},", "{'done':1}", true),
        ("if: {response.done: [YES, ALSO]},", "{'done':{}}", false),
    ] {
        let text = format!(
            "id: pay\nrequest:\n  - ref user.userId\nresponse:\n  - maybe done\neffects:\n  - {{update: user, {condition} state: DORMANT}}"
        );
        let contract = contract(&text, "");
        let effect = &contract.endpoint("pay").unwrap().1.effects[0];
        assert_eq!(World::happens(effect, &json(answer)), happens, "{condition} {answer}");
    }
}

const MAKE: &str = "
id: make
request:
  - ref card.cardNo
  - maybe note
response:
  - text orderId
  - maybe pending
  - maybe seen
effects:
  - {create: order, key: response.orderId, set: {card: cardNo, owner: card.user, kind: NEW, made: now, day: today+1d, note: note, seen: response.seen}, state: {by: response.pending, map: {\"true\": PAYING, \"false\": DONE}}}
---
id: stop
request:
  - ref user.userId
response:
  - text cardNo
effects:
  - {create: card, key: response.cardNo, set: {user: userId}, state: SUSPENDED}
---
id: find
request:
  - maybe word
response:
  - maybe tokenId
effects:
  - {read: token, key: response.tokenId, set: {word: word}}
";

#[test]
fn a_create_makes_what_the_answer_names_with_what_is_known_of_it() {
    let made = "card=c1 day=20261127 kind=NEW made=20261126120000";
    let known = format!("{USER}; card ACTIVE cardNo=c1 user=u1");
    let rows: [(bool, &[&str], String); 18] = [
        (OPEN, &[U1], USER.to_owned()),
        (OPEN, &["register {'loginId':'a','mail':'m'} -> {'userId':'u1'}"], USER.replace("=-", "=m")),
        (OPEN, &["register {'loginId':'a'} -> {}"], String::new()),
        (OPEN, &["register {'loginId':'a'} -> {'userId':null}"], String::new()),
        (OPEN, &["register {'loginId':'a'} -> {'userId':{}}"], String::new()),
        (OPEN, &[U1, U1], USER.to_owned()),
        (OPEN, &[U1, C1], known.clone()),
        (OPEN, &[U1, "stop {'userId':'u1'} -> {'cardNo':'c1'}"], known.replace("card ACTIVE", "card SUSPENDED")),
        // What was not sent is known to be missing, what was not answered and of whom nobody knows is not.
        (OPEN, &["make {'cardNo':'c1'} -> {'orderId':'o1'}"], format!("order READY {made} note=- orderId=o1")),
        (
            OPEN,
            &["make {'cardNo':'c1','note':'n'} -> {'orderId':'o1','seen':'s'}"],
            format!("order READY {made} note=n orderId=o1 seen=s"),
        ),
        (
            OPEN,
            &[U1, C1, "make {'cardNo':'c1'} -> {'orderId':'o1'}"],
            format!("{known}; order READY {made} note=- orderId=o1 owner=u1"),
        ),
        // The state as the answer says: by a word of the list, else the word itself.
        (
            OPEN,
            &["make {'cardNo':'c1'} -> {'orderId':'o1','pending':true}"],
            format!("order PAYING {made} note=- orderId=o1"),
        ),
        (
            OPEN,
            &["make {'cardNo':'c1'} -> {'orderId':'o1','pending':'false'}"],
            format!("order DONE {made} note=- orderId=o1"),
        ),
        (
            OPEN,
            &["make {'cardNo':'c1'} -> {'orderId':'o1','pending':'FAILED'}"],
            format!("order FAILED {made} note=- orderId=o1"),
        ),
        (
            OPEN,
            &["make {'cardNo':'c1'} -> {'orderId':'o1','pending':{}}"],
            format!("order READY {made} note=- orderId=o1"),
        ),
        // A look that shows a key makes it known; one that shows none does not.
        (OPEN, &["find {'word':'w'} -> {'tokenId':'t1'}"], "token FRESH tokenId=t1 word=w".to_owned()),
        (OPEN, &["find {'word':'w'} -> {}"], String::new()),
        (OPEN, &["look {'userId':'u1'} -> {'loginId':'a'}"], String::new()),
    ];
    let contract = contract(MAKE, "");
    for (closed, history, shown) in rows {
        assert_eq!(Bench::after(&contract, closed, history).shown(), shown, "{history:?}");
    }
    let made = |line| Bench::after(&contract, OPEN, &[line]).world.things()[0].made;
    assert_eq!((made(U1), made("find {} -> {'tokenId':'t1'}")), (Made::Called, Made::Found));
}

#[test]
fn an_update_changes_what_its_key_its_field_or_the_request_means() {
    let calls = "
id: by-key
request:
  - maybe mail
response:
  - maybe userId
effects:
  - {update: user, key: response.userId, set: [mail]}
---
id: by-field
request:
  - ref user.userId
  - ref user.loginId
  - maybe mail
effects:
  - {update: user, by: loginId, set: [mail]}
---
id: by-owner
request:
  - ref user.userId
effects:
  - {update: card, by: userId, state: SUSPENDED}
---
id: by-relation
request:
  - ref user.userId
effects:
  - {update: card, state: SUSPENDED}
---
id: wake
request:
  - ref user.userId
effects:
  - {update: user, by: userId, state: ACTIVE}
";
    let both = "user ACTIVE loginId=a mail=- userId=u1; user ACTIVE loginId=b mail=- userId=u2";
    let second = "user ACTIVE loginId=a mail=- userId=u1; user ACTIVE loginId=b mail=m userId=u2";
    let u2 = "register {'loginId':'b'} -> {'userId':'u2'}";
    let suspended = "user ACTIVE loginId=a mail=- userId=u1; card SUSPENDED moved cardNo=c1 user=u1";
    check(
        calls,
        "",
        &[
            (OPEN, &[U1, "rest {'userId':'u1'}"], "user DORMANT moved loginId=a mail=- userId=u1"),
            (OPEN, &[U1, "rest {'userId':'u2'}"], USER),
            (OPEN, &[U1, "wake {'userId':'u1'}"], USER),
            (
                OPEN,
                &[U1, "rest {'userId':'u1'}", "wake {'userId':'u1'}"],
                "user ACTIVE moved loginId=a mail=- userId=u1",
            ),
            (OPEN, &[U1, u2, "by-key {'mail':'m'} -> {'userId':'u2'}"], second),
            (OPEN, &[U1, u2, "by-key {} -> {'userId':'u2'}"], both),
            (OPEN, &[U1, u2, "by-key {'mail':'m'} -> {'userId':'u9'}"], both),
            (OPEN, &[U1, u2, "by-key {'mail':'m'} -> {}"], both),
            (OPEN, &[U1, u2, "by-field {'userId':'u1','loginId':'b','mail':'m'}"], second),
            (OPEN, &[U1, u2, "by-field {'userId':'u1','loginId':'z','mail':'m'}"], both),
            (OPEN, &[U1, u2, "by-field {'userId':'u1','mail':'m'}"], both),
            (OPEN, &[U1, C1, "by-owner {'userId':'u1'}"], suspended),
            (
                OPEN,
                &[U1, C1, "by-owner {'userId':'u2'}"],
                "user ACTIVE loginId=a mail=- userId=u1; card ACTIVE cardNo=c1 user=u1",
            ),
            (OPEN, &[U1, C1, "by-relation {'userId':'u1'}"], suspended),
            (OPEN, &[U1, "by-relation {'userId':'u1'}"], USER),
            (OPEN, &[U1, "erase {'userId':'u1'}"], "user ACTIVE gone loginId=a mail=- userId=u1"),
            (OPEN, &[U1, "erase {'userId':'u2'}"], USER),
        ],
    );
}

const MONEY: &str = "
id: deposit
request:
  - ref user.userId
  - {name: amount, type: number, presence: optional}
effects:
  - {update: user, by: userId, add: {funds: amount}}
---
id: spend
request:
  - ref user.userId
  - {name: amount, type: number, presence: optional}
effects:
  - {update: user, by: userId, subtract: {funds: amount}}
---
id: charge
request:
  - ref user.userId
  - {name: amount, type: number, presence: optional}
response:
  - text orderId
  - maybe pending
effects:
  - {create: order, key: response.orderId, state: {by: response.pending, map: {\"true\": PAYING, \"false\": DONE}}}
  - {update: user, by: userId, once: DONE, add: {funds: amount}, state: DORMANT}
---
id: later
request:
  - ref user.userId
  - {name: amount, type: number, presence: optional}
response:
  - maybe done
effects:
  - {update: user, by: userId, if: {response.done: \"true\"}, subtract: {funds: amount}}
---
id: perhaps
request:
  - ref user.userId
response:
  - maybe done
effects:
  - {update: user, by: userId, if: response.done, set: {funds: \"7\"}}
---
id: maybe-gone
request:
  - ref user.userId
response:
  - maybe done
effects:
  - {delete: user, by: userId, if: {response.done: \"true\"}}
";

#[test]
fn sums_are_exact_and_unknown_once_a_part_of_them_is() {
    let deposit = |amount: &str| format!("deposit {{'userId':'u1','amount':{amount}}}");
    let spend = |amount: &str| format!("spend {{'userId':'u1','amount':{amount}}}");
    let huge = format!("1{}", "0".repeat(120));
    let contract = contract(MONEY, "");
    for (closed, call, funds) in [
        (CLOSED, deposit("5"), Some("5")),
        (CLOSED, deposit("0.5"), Some("0.5")),
        (CLOSED, deposit("9007199254740993"), Some("9007199254740993")),
        (CLOSED, spend("5"), Some("-5")),
        (CLOSED, deposit("'five'"), None),
        (CLOSED, deposit("{}"), None),
        (CLOSED, "deposit {'userId':'u1'}".to_owned(), None),
        (CLOSED, "deposit {'userId':'u2','amount':5}".to_owned(), Some("0")),
        // Nobody knows what it was before.
        (OPEN, deposit("5"), None),
    ] {
        let world = Bench::after(&contract, closed, &[U1, &call]).world;
        let found = world.things()[0].attributes.get("funds").and_then(|held| held.value.scalar());
        assert_eq!(found, funds, "{call}, closed: {closed}");
    }
    let (deposit, spend) = (deposit("5"), spend(&huge));
    let world = Bench::after(&contract, CLOSED, &[U1, &deposit, &spend]).world;
    assert!(!world.things()[0].attributes.contains_key("funds"), "more digits than any amount");
}

#[test]
fn what_has_only_begun_leaves_open_what_it_will_change() {
    let rich = "user ACTIVE funds=5 loginId=a mail=- userId=u1";
    let poor = "user ACTIVE loginId=a mail=- userId=u1";
    let moved = "user DORMANT moved funds=7 loginId=a mail=- userId=u1; order DONE orderId=o1";
    check(
        MONEY,
        "new: {user: {funds: 5}}",
        &[
            (OPEN, &[U1, "charge {'userId':'u1','amount':2} -> {'orderId':'o1','pending':false}"], moved),
            // What no answer names may have ended or not: what hangs on it is open.
            (
                OPEN,
                &[U1, "charge {'userId':'u1','amount':2} -> {'pending':false}"],
                "user ? loginId=a mail=- userId=u1",
            ),
            (
                OPEN,
                &[U1, "charge {'userId':'u1','amount':2} -> {'orderId':'o1','pending':true}"],
                "user ? loginId=a mail=- userId=u1; order PAYING orderId=o1",
            ),
            (
                CLOSED,
                &[U1, "charge {'userId':'u1','amount':2} -> {'orderId':'o1','pending':true}"],
                "user ACTIVE funds=5 loginId=a mail=- userId=u1; order PAYING orderId=o1",
            ),
            (
                OPEN,
                &[U1, "later {'userId':'u1','amount':2} -> {'done':true}"],
                "user ACTIVE funds=3 loginId=a mail=- userId=u1",
            ),
            (OPEN, &[U1, "later {'userId':'u1','amount':2} -> {'done':false}"], poor),
            (CLOSED, &[U1, "later {'userId':'u1','amount':2} -> {'done':false}"], rich),
            // What the answer does not have at all never happens.
            (OPEN, &[U1, "perhaps {'userId':'u1'} -> {}"], rich),
            (OPEN, &[U1, "perhaps {'userId':'u1'} -> {'done':'x'}"], "user ACTIVE funds=7 loginId=a mail=- userId=u1"),
            (OPEN, &[U1, "maybe-gone {'userId':'u1'} -> {'done':false}"], rich),
            (
                OPEN,
                &[U1, "maybe-gone {'userId':'u1'} -> {'done':true}"],
                "user ACTIVE gone funds=5 loginId=a mail=- userId=u1",
            ),
        ],
    );
}

#[test]
fn what_an_answer_shows_is_learnt_but_for_what_identifies() {
    let look = "
id: look-order
request:
  - ref order.orderId
response:
  - text state
effects:
  - {read: order, by: orderId, answer: {state: order.state}}
---
id: pay
request:
  - ref order.orderId
effects:
  - {update: order, by: orderId, state: PAYING}
";
    let order = "buy {'cardNo':'c1'} -> {'orderId':'o1'}";
    let pay = "pay {'orderId':'o1'}";
    check(
        look,
        "",
        &[
            (OPEN, &[U1, "look {'userId':'u1'} -> {'funds':9}"], "user ACTIVE funds=9 loginId=a mail=- userId=u1"),
            (CLOSED, &[U1, "look {'userId':'u1'} -> {'funds':9}"], "user ACTIVE funds=0 loginId=a mail=- userId=u1"),
            (OPEN, &[U1, "look {'userId':'u1'} -> {'loginId':'a***'}"], USER),
            (OPEN, &[U1, "look {'userId':'u1'} -> {'mail':'m'}"], "user ACTIVE loginId=a mail=m userId=u1"),
            (
                OPEN,
                &["register {'loginId':'a','mail':'m'} -> {'userId':'u1'}", "look {'userId':'u1'} -> {'mail':null}"],
                "user ACTIVE loginId=a mail=m userId=u1",
            ),
            (OPEN, &[U1, "look {'userId':'u2'} -> {'funds':9}"], USER),
            // The state: one that the contract knows, and not against what a call has done.
            (OPEN, &[U1, "look {'userId':'u1'} -> {'state':'DORMANT'}"], "user DORMANT loginId=a mail=- userId=u1"),
            (OPEN, &[U1, "look {'userId':'u1'} -> {'state':'OTHER'}"], USER),
            (OPEN, &[U1, "look {'userId':'u1'} -> {'state':true}"], USER),
            (
                OPEN,
                &[U1, "rest {'userId':'u1'}", "look {'userId':'u1'} -> {'state':'DORMANT'}"],
                "user DORMANT moved loginId=a mail=- userId=u1",
            ),
            (
                OPEN,
                &[U1, "rest {'userId':'u1'}", "look {'userId':'u1'} -> {'state':'ACTIVE'}"],
                "user ? moved loginId=a mail=- userId=u1",
            ),
            // What the platform walks through by itself goes on, and never back.
            (
                OPEN,
                &[order, pay, "look-order {'orderId':'o1'} -> {'state':'DONE'}"],
                "order DONE moved card=c1 orderId=o1",
            ),
            (
                OPEN,
                &[order, pay, "look-order {'orderId':'o1'} -> {'state':'READY'}"],
                "order ? moved card=c1 orderId=o1",
            ),
            (
                OPEN,
                &[order, pay, "look-order {'orderId':'o1'} -> {'state':'FAILED'}"],
                "order ? moved card=c1 orderId=o1",
            ),
        ],
    );
    let contract = contract("", "");
    // A value that no call has set counts as shown until one sets it; one that is known already does not.
    for (history, attribute, shown) in [
        (&[U1, "look {'userId':'u1'} -> {'funds':9}"][..], "funds", true),
        (
            &["register {'loginId':'a','mail':'m'} -> {'userId':'u1'}", "look {'userId':'u1'} -> {'mail':'m'}"],
            "mail",
            false,
        ),
        (&[U1, "look {'userId':'u1'} -> {'mail':'m'}"], "mail", true),
        (&[U1, "look {'userId':'u1'} -> {'loginId':'z'}"], "loginId", false),
    ] {
        let world = Bench::after(&contract, OPEN, history).world;
        assert_eq!(world.shown.contains(&(0, attribute.to_owned())), shown, "{history:?}");
    }
}

const PAGED: &str = "
id: some-cards
request:
  - ref user.userId
  - {name: size, type: number, presence: optional}
response:
  - name: cards
    type: array
    presence: optional
    items:
      type: object
      fields:
        - maybe cardNo
effects:
  - {read: card, list: {at: response.cards, of: user, size: size}}
---
id: all-cards
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
        - maybe alias
effects:
  - {read: card, list: {at: response.cards}, answer: {alias: card.alias}}
---
id: all-terms
request:
  - maybe word
response:
  - name: terms
    type: array
    presence: optional
    items:
      type: object
      fields:
        - maybe termId
effects:
  - {read: terms, list: response.terms}
";

#[test]
fn a_list_makes_its_entries_known_as_the_owners() {
    let listed = "cards {'userId':'u1'} -> {'cards':[{'cardNo':'c1','alias':'x'},{'alias':'y'},{'cardNo':'c2','state':'SUSPENDED'}]}";
    let card = "card ACTIVE cardNo=c1 user=u1";
    check(
        PAGED,
        "",
        &[
            (
                OPEN,
                &[U1, listed],
                &format!("{USER}; card ACTIVE alias=x cardNo=c1 user=u1; card SUSPENDED cardNo=c2 user=u1"),
            ),
            (CLOSED, &[U1, listed], "user ACTIVE funds=0 loginId=a mail=- userId=u1"),
            (OPEN, &[listed], ""),
            (OPEN, &[U1, "cards {'userId':'u1'} -> {}"], USER),
            (OPEN, &[U1, C1, "cards {'userId':'u1'} -> {'cards':[{'cardNo':'c1'}]}"], &format!("{USER}; {card}")),
            (
                OPEN,
                &[U1, C1, "all-cards {} -> {'cards':[{'cardNo':'c1','alias':'x'},{'cardNo':'c9'}]}"],
                &format!("{USER}; card ACTIVE alias=x cardNo=c1 user=u1"),
            ),
            (OPEN, &["all-terms {} -> {'terms':[{'termId':'t1'}]}"], ""),
        ],
    );
    let contract = contract(PAGED, "");
    // Whether the owner's list is known whole then.
    for (history, complete) in [
        (&[U1, "cards {'userId':'u1'} -> {'cards':[]}"][..], 1),
        (&[U1, "cards {'userId':'u1'} -> {'cards':[]}", "cards {'userId':'u1'} -> {'cards':[]}"], 1),
        (&[U1, "cards {'userId':'u1'} -> {}"], 0),
        (&[U1, "some-cards {'userId':'u1','size':5} -> {'cards':[]}"], 0),
        (&[U1, "close-wallet {'userId':'u1'}"], 1),
        (&[U1, "close-wallet {'userId':'u1'}", "close-wallet {'userId':'u1'}"], 1),
        // A user is not keyed by its owner.
        (&[U1, C1, "erase {'userId':'u1'}"], 0),
    ] {
        let world = Bench::after(&contract, OPEN, history).world;
        assert_eq!(world.things()[0].complete.len(), complete, "{history:?}");
    }
    let world = Bench::after(&contract, OPEN, &[U1, listed]).world;
    let (alias, made) = (&world.things()[1].attributes["alias"].origin, world.things()[1].made);
    assert_eq!(*alias, Origin::Answered { step: 1, path: "cards.0.alias".to_owned() });
    assert_eq!(made, Made::Found);
}

#[test]
fn a_refusal_counts_if_a_row_counts_its_code_until_its_owner_changes() {
    let contract = contract("", "");
    let wrong = "refused wrong login {'loginId':'a'}";
    let u2 = "register {'loginId':'b'} -> {'userId':'u2'}";
    for (history, count) in [
        (&[U1][..], 0),
        (&[U1, wrong], 1),
        (&[U1, wrong, wrong], 2),
        (&[U1, "refused other login {'loginId':'a'}"], 0),
        (&[U1, "refused wrong login {'loginId':'z'}"], 0),
        (&[U1, "refused wrong rename {'userId':'u1'}"], 0),
        (&[U1, wrong, "rename {'userId':'u1','loginId':'a'}"], 0),
        (&[U1, u2, wrong, "rename {'userId':'u2','loginId':'c'}"], 1),
        (&[U1, u2, wrong, "refused wrong login {'loginId':'b'}"], 2),
    ] {
        let world = Bench::after(&contract, OPEN, history).world;
        assert_eq!(world.attempts.values().sum::<u32>(), count, "{history:?}");
    }
}

#[test]
fn a_value_keeps_where_it_came_from() {
    let contract = contract("", "");
    let world = Bench::after(&contract, OPEN, &[U1, C1]).world;
    let origin = |at: usize, name: &str| world.things()[at].attributes[name].origin.clone();
    for (at, name, origin_is) in [
        (0, "userId", Origin::Answered { step: 0, path: "userId".to_owned() }),
        (0, "loginId", Origin::Sent { step: 0, path: "loginId".to_owned() }),
        (0, "mail", Origin::Written),
        (1, "cardNo", Origin::Answered { step: 1, path: "cardNo".to_owned() }),
        (1, "user", Origin::Sent { step: 1, path: "userId".to_owned() }),
    ] {
        assert_eq!(origin(at, name), origin_is, "{name}");
    }
}
