use super::*;
use crate::behaviour::testing::{Bench, CLOSED, OPEN, contract, json, noon};

const U1: &str = "register {'loginId':'a'} -> {'userId':'u1'}";
const U2: &str = "register {'loginId':'b'} -> {'userId':'u2'}";
const C1: &str = "issue {'userId':'u1'} -> {'cardNo':'c1'}";
const C2: &str = "issue {'userId':'u1'} -> {'cardNo':'c2'}";

#[test]
fn a_value_names_what_has_it_and_else_nothing_or_nobody_knows() {
    let contract = contract("", "");
    for (closed, history, named, value, found) in [
        // Somebody else may have made it; in the sandbox there is nobody else.
        (OPEN, &[][..], "user.userId", "'u1'", Lookup::Unknown),
        (CLOSED, &[], "user.userId", "'u1'", Lookup::Missing),
        (OPEN, &["fresh 'u1'"], "user.userId", "'u1'", Lookup::Missing),
        (OPEN, &["fresh 'u2'"], "user.userId", "'u1'", Lookup::Unknown),
        (OPEN, &[U1], "user.userId", "'u1'", Lookup::Found(0)),
        (OPEN, &[U1], "user.userId", "'u2'", Lookup::Unknown),
        (OPEN, &[U1], "user.loginId", "'a'", Lookup::Found(0)),
        (OPEN, &[U1], "card.cardNo", "'u1'", Lookup::Unknown),
        (OPEN, &[U1], "user.userId", "{}", Lookup::Missing),
        (OPEN, &["register {'loginId':'a'} -> {'userId':7}"], "user.userId", "'7'", Lookup::Found(0)),
        // The latest of several.
        (OPEN, &[U1, "register {'loginId':'a'} -> {'userId':'u2'}"], "user.loginId", "'a'", Lookup::Found(1)),
        (OPEN, &[U1, "leave {'userId':'u1'}"], "user.userId", "'u1'", Lookup::Found(0)),
        (OPEN, &[U1, "erase {'userId':'u1'}"], "user.userId", "'u1'", Lookup::Unknown),
        (CLOSED, &[U1, "erase {'userId':'u1'}"], "user.userId", "'u1'", Lookup::Missing),
        // An attribute that was set anew is found by its new value alone.
        (CLOSED, &[U1, "rename {'userId':'u1','loginId':'c'}"], "user.loginId", "'a'", Lookup::Missing),
        (CLOSED, &[U1, "rename {'userId':'u1','loginId':'c'}"], "user.loginId", "'c'", Lookup::Found(0)),
        // A catalogue is known whole once an entry of it is.
        (OPEN, &[], "terms.termId", "'t2'", Lookup::Unknown),
        (OPEN, &["entry terms {'termId':'t1'}"], "terms.termId", "'t2'", Lookup::Missing),
        (OPEN, &["entry terms {'termId':'t1'}"], "terms.termId", "'t1'", Lookup::Found(0)),
        (OPEN, &["entry user {'userId':'u1'}"], "user.userId", "'u2'", Lookup::Unknown),
    ] {
        let bench = Bench::after(&contract, closed, history);
        let (resource, attribute) = named.split_once('.').unwrap();
        let lookup = bench.world.lookup(bench.resource(resource), attribute, &json(value));
        assert_eq!(lookup, found, "{named} {value} after {history:?}, closed: {closed}");
    }
}

#[test]
fn what_has_left_still_owns_its_values_and_what_was_deleted_is_listed_no_more() {
    let contract = contract("", "");
    let leave = "leave {'userId':'u1'}";
    let erase = "erase {'userId':'u1'}";
    // All owners of the id, those that were not deleted, and whether all with this id have left.
    for (closed, history, owners, there, left) in [
        (OPEN, &[][..], 0, 0, false),
        (OPEN, &[U1], 1, 1, false),
        (OPEN, &[U1, "rest {'userId':'u1'}"], 1, 1, false),
        (OPEN, &[U1, leave], 1, 1, true),
        (CLOSED, &[U1, leave], 1, 1, true),
        (OPEN, &[U1, erase], 1, 0, true),
        (CLOSED, &[U1, erase], 0, 0, true),
        (OPEN, &[U1, erase, U1], 2, 1, false),
        (OPEN, &[U1, C1], 1, 1, false),
    ] {
        let world = Bench::after(&contract, closed, history).world;
        let user = world.resource("user").unwrap();
        let found = (world.owners(user, "userId", &json("'u1'")).len(), world.of(user).count(), world.left(user, "u1"));
        assert_eq!(found, (owners, there, left), "{history:?}, closed: {closed}");
    }
    let world = Bench::after(&contract, OPEN, &[U1, U2, leave]).world;
    assert_eq!([0, 1].map(|at| world.has_left(at)), [true, false]);
    assert!(world.owners(0, "userId", &json("[]")).is_empty() && world.all(0, "userId", &json("[]")).is_empty());
}

const ASKED: &str = "
id: one
request:
  - ref user.userId
---
id: two
request:
  - ref user.userId
  - ref user.loginId
---
id: card
request:
  - ref card.cardNo
---
id: both
request:
  - ref user.userId
  - ref order.orderId
---
id: none
request:
  - text word
";

#[test]
fn a_request_is_about_what_it_names_or_what_is_related_to_it() {
    let plain = contract(ASKED, "");
    // The profile says that a new user has no card yet.
    let bare = contract(ASKED, "new: {user: {card: absent}}");
    let order = "buy {'cardNo':'c1'} -> {'orderId':'o1'}";
    let stray = "entry order {'orderId':'o9'}";
    let wallet = "open-wallet {'userId':'u1'}";
    let closed_wallet = "close-wallet {'userId':'u1'}";
    // The instances, and whether there can be no others.
    for (contract, closed, history, call, request, resource, about, whole) in [
        (&plain, OPEN, &[U1][..], "one", "{'userId':'u1'}", "user", &[0][..], true),
        (&plain, OPEN, &[U1, U2], "one", "{'userId':'u2'}", "user", &[1], true),
        (&plain, OPEN, &[U1], "two", "{'userId':'u1','loginId':'a'}", "user", &[0], true),
        (&plain, OPEN, &[U1], "two", "{'userId':'u1','loginId':'z'}", "user", &[0], false),
        (&plain, OPEN, &[U1, "fresh 'z'"], "two", "{'userId':'u1','loginId':'z'}", "user", &[0], true),
        (&plain, OPEN, &[], "one", "{'userId':'z'}", "user", &[], false),
        (&plain, OPEN, &["fresh 'z'"], "one", "{'userId':'z'}", "user", &[], true),
        (&plain, OPEN, &["fresh 'z'"], "two", "{'userId':'z','loginId':'y'}", "user", &[], false),
        // What a named thing belongs to.
        (&plain, OPEN, &[U1, C1], "card", "{'cardNo':'c1'}", "user", &[0], true),
        (&plain, OPEN, &[U1, C1, order], "both", "{'userId':'u1','orderId':'o1'}", "card", &[1], true),
        // What belongs to a named thing: the target may have given it more by itself.
        (&plain, OPEN, &[U1], "one", "{'userId':'u1'}", "card", &[], false),
        (&plain, OPEN, &[U1, C1], "one", "{'userId':'u1'}", "card", &[1], false),
        (&plain, OPEN, &[U1, C1, C2], "one", "{'userId':'u1'}", "card", &[1, 2], false),
        (&plain, OPEN, &[U1, U2, C1], "one", "{'userId':'u2'}", "card", &[], false),
        (&plain, CLOSED, &[U1], "one", "{'userId':'u1'}", "card", &[], true),
        (&plain, CLOSED, &[U1, C1], "one", "{'userId':'u1'}", "card", &[1], true),
        (&bare, OPEN, &[U1], "one", "{'userId':'u1'}", "card", &[], true),
        (&bare, OPEN, &[U1, C1], "one", "{'userId':'u1'}", "card", &[1], true),
        // Of what is keyed by its owner there is one at most.
        (&plain, OPEN, &[U1], "one", "{'userId':'u1'}", "wallet", &[], false),
        (&plain, OPEN, &[U1, wallet], "one", "{'userId':'u1'}", "wallet", &[1], true),
        (&plain, OPEN, &[U1, closed_wallet], "one", "{'userId':'u1'}", "wallet", &[], true),
        (&plain, OPEN, &[U1, closed_wallet, closed_wallet], "one", "{'userId':'u1'}", "card", &[], false),
        // A named order belongs to a card, and nobody knows to which: the user's card is not meant then.
        (&plain, OPEN, &[U1, C1, stray], "both", "{'userId':'u1','orderId':'o9'}", "card", &[], false),
        (&plain, CLOSED, &[U1, C1, stray], "both", "{'userId':'u1','orderId':'o9'}", "card", &[1], true),
        // An order does not belong to a user itself.
        (&plain, OPEN, &[U1, stray], "both", "{'orderId':'o9'}", "user", &[], true),
        (&plain, OPEN, &[], "none", "{'word':'x'}", "user", &[], false),
        (&plain, CLOSED, &[], "none", "{'word':'x'}", "user", &[], true),
        (&plain, OPEN, &["fresh 'z'"], "one", "{'userId':'z'}", "card", &[], true),
        (&plain, OPEN, &[], "one", "{'userId':'z'}", "card", &[], false),
    ] {
        let bench = Bench::after(contract, closed, history);
        let named = bench.world.named(bench.endpoint(call), &json(request), None);
        let found = bench.world.about(bench.resource(resource), &named);
        assert_eq!(found, (about.to_vec(), whole), "the {resource} of {call} {request} after {history:?}");
    }
}

#[test]
fn references_are_visited_where_they_have_a_value() {
    let contract = contract(
        "
id: many
request:
  - ref user.userId
  - text word
  - {name: users, type: array, presence: optional, items: {type: string, length: unseen, ref: user.loginId}}
  - name: lines
    type: array
    presence: optional
    items:
      type: object
      fields:
        - ref card.cardNo
  - name: owner
    type: object
    presence: optional
    fields:
      - ref order.orderId
",
        "",
    );
    for (request, visited) in [
        ("{}", &[][..]),
        ("{'userId':'u1','word':'x'}", &["userId \"u1\" None"]),
        ("{'userId':null}", &[]),
        ("{'users':['a','b']}", &["users.* \"a\" Some(0)", "users.* \"b\" Some(1)"]),
        ("{'users':[null,'b']}", &["users.* \"b\" Some(1)"]),
        ("{'users':'a'}", &[]),
        ("{'lines':[{},{'cardNo':'c1'}]}", &["lines.*.cardNo \"c1\" Some(1)"]),
        ("{'lines':[{'cardNo':null}]}", &[]),
        ("{'owner':{'orderId':'o1'}}", &["owner.orderId \"o1\" None"]),
    ] {
        let mut found = Vec::new();
        each_reference(contract.endpoint("many").unwrap().1, &json(request), &mut |field, value, at| {
            found.push(format!("{} {} {at:?}", field.path, value.to_text()));
        });
        assert_eq!(found, visited, "{request}");
    }
    // A reference inside a list counts for its own item alone.
    let bench = Bench::after(&contract, OPEN, &[U1, U2]);
    for (element, named) in [
        (None, vec![(0, Lookup::Found(1))]),
        (Some(0), vec![(0, Lookup::Found(1)), (0, Lookup::Found(0))]),
        (Some(1), vec![(0, Lookup::Found(1)), (0, Lookup::Unknown)]),
    ] {
        let request = json("{'userId':'u2','users':['a','z']}");
        assert_eq!(bench.world.named(bench.endpoint("many"), &request, element), named, "{element:?}");
    }
}

const PREPARED: &str = "
fixtures:
  - name: member
    user: {userId: 'u#', loginId: 'l#', mail: absent}
    card: {cardNo: 'c#', state: SUSPENDED}
    wallet: absent
  - name: other
    user: {userId: 'x#'}
";

const MAIL: &str = "
id: set-mail
request:
  - ref user.userId
  - text mail
effects:
  - {update: user, by: userId, set: [mail]}
---
id: wake
request:
  - ref card.cardNo
effects:
  - {update: card, by: cardNo, state: ACTIVE}
";

const PLANTED: &str = "user ACTIVE loginId=l1 mail=- userId=u1; card SUSPENDED cardNo=c1 user=u1";

const AWAKE: &str = "user ACTIVE loginId=l1 mail=- userId=u1; card ACTIVE moved cardNo=c1 user=u1";

#[test]
fn a_fixture_is_planted_with_its_relations_and_made_on_demand() {
    let contract = contract(&format!("{ASKED}---\n{MAIL}"), PREPARED);
    assert_eq!(Bench::after(&contract, OPEN, &["plant 0 1"]).shown(), PLANTED);
    assert_eq!(Bench::after(&contract, OPEN, &["plant 2 1"]).shown(), "");
    let world = Bench::after(&contract, OPEN, &["plant 0 1"]).world;
    assert!(world.things().iter().all(|thing| thing.made == Made::Found && thing.complete == ["wallet"]));
    let origin = Origin::Planted { fixture: 0, part: 0, attribute: "userId".to_owned() };
    assert_eq!(world.things()[1].attributes["user"].origin, origin);
    for (history, call, request, things) in [
        (&[][..], "one", "{'userId':'u1'}", PLANTED),
        // What is there already is left as it is.
        (&["plant 0 1", "wake {'cardNo':'c1'}"], "one", "{'userId':'u1'}", AWAKE),
        // The card names its fixture as well.
        (&[], "card", "{'cardNo':'c1'}", PLANTED),
        (&[], "two", "{'loginId':'l1'}", PLANTED),
        (&[], "one", "{'userId':'x1'}", "user ACTIVE userId=x1"),
        (&[], "one", "{'userId':'y1'}", ""),
        (&[], "one", "{'userId':'u12'}", ""),
        (&[], "one", "{'userId':'c1'}", ""),
        (&[], "none", "{'word':'u1'}", ""),
    ] {
        let mut bench = Bench::after(&contract, CLOSED, history);
        let (_, endpoint) = contract.endpoint(call).unwrap();
        bench.world.materialise(endpoint, &json(request), &noon());
        let shown = bench.shown().replace(" funds=0", "");
        assert_eq!(shown, things, "{call} {request} after {history:?}");
    }
}

#[test]
fn a_fixture_strays_once_anything_is_not_as_its_profile_says() {
    let contract = contract(MAIL, PREPARED);
    for (history, strays) in [
        (&["plant 0 1"][..], false),
        (&[], true),
        (&["plant 0 2"], true),
        (&["plant 1 1"], true),
        (&["plant 1 1", "plant 0 1"], false),
        (&["plant 0 1", "rest {'userId':'u1'}"], true),
        (&["plant 0 1", "leave {'userId':'u1'}"], true),
        (&["plant 0 1", "erase {'userId':'u1'}"], true),
        (&["plant 0 1", "plant 0 2", "rest {'userId':'u2'}"], false),
        (&["plant 0 1", "wake {'cardNo':'c1'}"], true),
        (&["plant 0 1", "rename {'userId':'u1','loginId':'l1'}"], false),
        (&["plant 0 1", "rename {'userId':'u1','loginId':'new'}"], true),
        (&["plant 0 1", "set-mail {'userId':'u1','mail':'m'}"], true),
        (&["plant 0 1", "refused wrong login {'loginId':'l1'}"], true),
        (&["plant 0 1", "refused other login {'loginId':'l1'}"], false),
        (&["plant 0 1", "plant 0 2", "refused wrong login {'loginId':'l2'}"], false),
        // The profile says that it has no wallet; of further cards it says nothing.
        (&["plant 0 1", "open-wallet {'userId':'u1'}"], true),
        (&["plant 0 1", "plant 0 2", "open-wallet {'userId':'u2'}"], false),
        (&["plant 0 1", "open-wallet {'userId':'u1'}", "close-wallet {'userId':'u1'}"], false),
        (&["plant 0 1", "issue {'userId':'u1'} -> {'cardNo':'c7'}"], false),
    ] {
        let bench = Bench::after(&contract, OPEN, history);
        assert_eq!(bench.world.strays(0, 1, &noon()), strays, "{history:?}");
    }
    assert!(!Bench::after(&contract, OPEN, &[]).world.strays(2, 1, &noon()), "there is no such fixture");
}

#[test]
fn a_new_thing_begins_as_the_profile_says_and_in_the_sandbox_as_the_contract_suggests() {
    let plain = contract("", "");
    let told = contract("", "new: {user: {funds: 5, card: absent, wallet: {limit: 3}}, card: {alias: none}}");
    let listed = "cards {'userId':'u1'} -> {'cards':[{'cardNo':'c1'}]}";
    let planted = "entry card {'cardNo':'c1','user':'u1'}";
    let u1 = "user ACTIVE loginId=a mail=- userId=u1";
    let full = "user ACTIVE card=- funds=5 loginId=a mail=- userId=u1; wallet limit=3 user=u1";
    for (contract, closed, history, shown) in [
        (&plain, OPEN, &[U1][..], u1.to_owned()),
        (&plain, CLOSED, &[U1], "user ACTIVE funds=0 loginId=a mail=- userId=u1".to_owned()),
        (&told, OPEN, &[U1], full.to_owned()),
        (&told, CLOSED, &[U1], full.to_owned()),
        // Once is enough: the same key again is the same thing.
        (&plain, OPEN, &[U1, U1], u1.to_owned()),
        (&told, OPEN, &[U1, U1], full.to_owned()),
        // What a list shows of a new user is as new as the user; of somebody found by chance nobody knows.
        (&told, OPEN, &[U1, listed], format!("{full}; card ACTIVE alias=none cardNo=c1 user=u1")),
        (&plain, OPEN, &[U1, listed], format!("{u1}; card ACTIVE cardNo=c1 user=u1")),
        (&told, OPEN, &[planted], "card ACTIVE alias=none cardNo=c1 user=u1".to_owned()),
    ] {
        assert_eq!(Bench::after(contract, closed, history).shown(), shown, "{history:?}, closed: {closed}");
    }
    let fixture = contract("", &format!("new: {{user: {{wallet: {{}}}}, card: {{alias: none}}}}{PREPARED}"));
    let listed = "cards {'userId':'u1'} -> {'cards':[{'cardNo':'c9'}]}";
    let shown = Bench::after(&fixture, OPEN, &["plant 0 1", listed]).shown();
    assert_eq!(shown, format!("{PLANTED}; card ACTIVE cardNo=c9 user=u1"));
    let world = Bench::after(&told, OPEN, &[U1]).world;
    assert_eq!(world.things()[0].complete, ["card"]);
}

#[test]
fn what_a_list_showed_of_a_thing_is_taken_from_that_list_again() {
    let contract = contract("", "");
    let list = contract.endpoint("cards").unwrap().1.effects[0].list.clone().unwrap();
    for (step, path, member) in [
        (3, "cards.0.alias", Some("alias")),
        (3, "cards.2.alias.first", Some("alias.first")),
        (2, "cards.0.alias", None),
        (3, "cardsets.0.alias", None),
        (3, "cards", None),
        (3, "alias", None),
    ] {
        let mut world = Bench::after(&contract, OPEN, &[U1]).world;
        let origin = Origin::Answered { step, path: path.to_owned() };
        world.hold(0, "alias".to_owned(), Held { value: json("'x'"), origin: origin.clone() });
        world.mark_listed(0, (&list, 3), &[Origin::Written]);
        let expected = member.map_or(origin, |member| Origin::Listed {
            step: 3,
            list: "cards".to_owned(),
            key: "cardNo".to_owned(),
            except: vec![Origin::Written],
            member: member.to_owned(),
        });
        assert_eq!(world.things()[0].attributes["alias"].origin, expected, "{step} {path}");
    }
}

#[test]
fn a_call_counts_as_made_until_one_that_it_had_to_come_before() {
    let contract = contract(
        "
id: use
after: [issue]
request:
  - ref user.userId
effects:
  - {update: user, by: userId, set: {used: now}}
---
id: idle
after: [issue]
request:
  - ref user.userId
",
        "",
    );
    let (used, idle) = ("use {'userId':'u1'}", "idle {'userId':'u1'}");
    for (closed, history, issued, used) in [
        (OPEN, &[U1][..], false, false),
        (OPEN, &[U1, C1], true, false),
        (OPEN, &[U1, C1, used], false, true),
        (OPEN, &[U1, C1, used, C2], true, true),
        // A call that does nothing uses nothing up.
        (OPEN, &[U1, C1, idle], true, false),
        (OPEN, &[U1, U2, C1, "use {'userId':'u2'}"], true, false),
        (CLOSED, &[U1, C1], false, false),
    ] {
        let world = Bench::after(&contract, closed, history).world;
        assert_eq!((world.called("issue", 0), world.called("use", 0)), (issued, used), "{history:?}");
    }
}

#[test]
fn who_has_left_is_departed_but_for_calls_that_show_those_too() {
    let contract = contract(
        "
id: show
request:
  - ref user.userId
response:
  - maybe state
effects:
  - {read: user, by: userId, present: false, answer: {state: user.state}}
---
id: show-card
request:
  - ref user.userId
response:
  - maybe state
effects:
  - {read: card, present: false, answer: {state: card.state}}
",
        "",
    );
    let left = "leave {'userId':'u1'}";
    for (history, call, departed) in [
        (&[U1][..], "look", false),
        (&[U1, left], "look", true),
        (&[U1, left], "show", false),
        (&[U1, left], "show-card", true),
        (&[U1, "rest {'userId':'u1'}"], "look", false),
        (&[U1, U2, "leave {'userId':'u2'}"], "look", false),
    ] {
        let bench = Bench::after(&contract, OPEN, history);
        let found = bench.world.departed(bench.endpoint(call), &json("{'userId':'u1'}"));
        assert_eq!(found, departed, "{call} after {history:?}");
    }
    // What was deleted is shown by nobody.
    let bench = Bench::after(&contract, OPEN, &[U1, U2, left, "erase {'userId':'u2'}"]);
    assert_eq!([0, 1].map(|at| bench.world.shows_left(bench.endpoint("show"), at)), [true, false]);
}
