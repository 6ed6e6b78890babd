//! Causes of error rows: whether they hold. What a request gets of which no row speaks stands in `standing`.

use super::Truth::{No, Unknown, Yes};
use super::*;
use crate::behaviour::testing::{Bench, CLOSED, OPEN, contract, json, noon};

mod standing;

const U1: &str = "register {'loginId':'a'} -> {'userId':'u1'}";
const LEAVE: &str = "leave {'userId':'u1'}";
const ERASE: &str = "erase {'userId':'u1'}";
const REST: &str = "rest {'userId':'u1'}";
const C1: &str = "issue {'userId':'u1'} -> {'cardNo':'c1'}";
const C2: &str = "issue {'userId':'u1'} -> {'cardNo':'c2'}";

/// An endpoint with a field of each kind, and one row.
const ASK: &str = "
id: expire
request:
  - ref user.userId
  - maybe expires
effects:
  - {update: user, by: userId, set: [expires]}
---
id: suspend
request:
  - ref card.cardNo
effects:
  - {update: card, by: cardNo, state: SUSPENDED}
---
id: ask
request:
  - ref user.userId
  - ref card.cardNo
  - maybe login
  - maybe amount
  - maybe date
  - {name: holder, type: string, presence: optional, length: unseen, equals: user.mail}
  - {name: termIds, type: array, presence: optional, items: {type: string, length: unseen, ref: terms.termId}}
  - name: lines
    type: array
    presence: optional
    items:
      type: object
      fields:
        - ref card.cardNo
        - maybe kind
        - {name: owner, type: string, presence: optional, length: unseen, equals: user.mail}
response:
  - text newId
effects:
  - {create: user, key: response.newId, unique: [login], set: {loginId: login}}
errors:
  - {status: 400, code: c, message: m, when: WHEN}
";

type Asking<'a> = (bool, &'a [&'a str], &'a str, Truth);

/// Whether a row with this cause holds, for each history and request.
fn check_with(profile: &str, when: &str, rows: &[Asking<'_>]) {
    let contract = contract(&ASK.replace("WHEN", when), profile);
    for (closed, history, request, truth) in rows {
        let bench = Bench::after(&contract, *closed, history);
        let found = bench.world.rows(bench.endpoint("ask"), &json(request), &noon());
        assert_eq!(found, [*truth], "{when}: {request} after {history:?}, closed: {closed}");
    }
}

fn check(when: &str, rows: &[Asking<'_>]) {
    check_with("new: {user: {funds: 5}}", when, rows);
}

#[test]
fn truths_are_joined_with_the_unknown_in_between() {
    for (one, other, both, either) in [
        (Yes, Yes, Yes, Yes),
        (Yes, No, No, Yes),
        (Yes, Unknown, Unknown, Yes),
        (No, No, No, No),
        (No, Unknown, No, Unknown),
        (Unknown, Unknown, Unknown, Unknown),
    ] {
        assert_eq!([one.and(other), other.and(one)], [both; 2], "{one:?} and {other:?}");
        assert_eq!([one.or(other), other.or(one)], [either; 2], "{one:?} or {other:?}");
    }
}

#[test]
fn a_row_about_the_input_itself_never_holds_here() {
    for when in ["{empty: login}", "{missing: login}", "{length: any}", "{invalid: any}", "unseen"] {
        check(when, &[(OPEN, &[U1], "{}", No), (CLOSED, &[U1], "{'login':''}", No)]);
    }
}

#[test]
fn a_value_is_taken_while_its_owner_is_there() {
    let again = "register {'loginId':'a'} -> {'userId':'u2'}";
    check(
        "{taken: login}",
        &[
            (OPEN, &[], "{'login':'a'}", No),
            (OPEN, &[U1], "{'login':'a'}", Yes),
            (OPEN, &[U1], "{'login':'b'}", No),
            (OPEN, &[U1], "{}", No),
            (OPEN, &["register {'loginId':''} -> {'userId':'u1'}"], "{'login':''}", No),
            // Whether it is free again once its owner has left, no page says.
            (OPEN, &[U1, LEAVE], "{'login':'a'}", Unknown),
            (OPEN, &[U1, ERASE], "{'login':'a'}", Unknown),
            (OPEN, &[U1, LEAVE, again], "{'login':'a'}", Yes),
            (CLOSED, &[U1, LEAVE], "{'login':'a'}", Yes),
            (CLOSED, &[U1, ERASE], "{'login':'a'}", No),
        ],
    );
    check("{taken: amount}", &[(OPEN, &[U1], "{'amount':'a'}", No)]);
}

#[test]
fn a_reference_is_unknown_if_nothing_has_it_and_where_said_if_it_has_left() {
    check(
        "{unknown: userId}",
        &[
            (OPEN, &["fresh 'z'"], "{'userId':'z'}", Yes),
            (OPEN, &[], "{'userId':'z'}", Unknown),
            (CLOSED, &[], "{'userId':'z'}", Yes),
            (OPEN, &[U1], "{'userId':'u1'}", No),
            (OPEN, &[U1], "{}", No),
            (OPEN, &[U1], "{'userId':null}", No),
            // The page promises the code for what never was.
            (OPEN, &[U1, LEAVE], "{'userId':'u1'}", Unknown),
            (OPEN, &[U1, ERASE], "{'userId':'u1'}", Unknown),
        ],
    );
    check(
        "{unknown: {userId: [never, left]}}",
        &[
            (OPEN, &["fresh 'z'"], "{'userId':'z'}", Yes),
            (OPEN, &[], "{'userId':'z'}", Unknown),
            (OPEN, &[U1], "{'userId':'u1'}", No),
            (OPEN, &[U1, LEAVE], "{'userId':'u1'}", Yes),
            (OPEN, &[U1, ERASE], "{'userId':'u1'}", Yes),
        ],
    );
    check("{unknown: amount}", &[(OPEN, &[], "{'amount':'1'}", Unknown)]);
}

#[test]
fn a_row_about_items_holds_if_it_does_for_any_of_them() {
    let fresh = "fresh 'z'";
    check(
        "{unknown: lines.*.cardNo}",
        &[
            (OPEN, &[U1, C1, fresh], "{}", No),
            (OPEN, &[U1, C1, fresh], "{'lines':[]}", No),
            (OPEN, &[U1, C1, fresh], "{'lines':'z'}", No),
            (OPEN, &[U1, C1, fresh], "{'lines':[{'cardNo':'c1'}]}", No),
            (OPEN, &[U1, C1, fresh], "{'lines':[{'cardNo':'c1'},{'cardNo':'z'}]}", Yes),
            (OPEN, &[U1, C1, fresh], "{'lines':[{'cardNo':'z'},{'cardNo':'c1'}]}", Yes),
            (OPEN, &[U1, C1, fresh], "{'lines':[{'cardNo':'c1'},{'cardNo':'y'}]}", Unknown),
        ],
    );
    check(
        "{where: {request.lines.*.kind: gift}}",
        &[
            (OPEN, &[], "{'lines':[{'kind':'sale'},{'kind':'gift'}]}", Yes),
            (OPEN, &[], "{'lines':[{'kind':'sale'}]}", No),
        ],
    );
    // Each item is asked about the card that it names itself.
    check(
        "{where: {request.lines.*.kind: gift, card.state: SUSPENDED}}",
        &[
            (CLOSED, &[C1, C2, "suspend {'cardNo':'c2'}"], "{'lines':[{'cardNo':'c2','kind':'gift'}]}", Yes),
            (
                CLOSED,
                &[C1, C2, "suspend {'cardNo':'c2'}"],
                "{'lines':[{'cardNo':'c1','kind':'gift'},{'cardNo':'c2','kind':'sale'}]}",
                No,
            ),
        ],
    );
    check(
        "{taken: login, unknown: lines.*.cardNo}",
        &[
            (OPEN, &[U1, C1, fresh], "{'lines':[{'cardNo':'c1'},{'cardNo':'z'}]}", Yes),
            (OPEN, &[U1, C1, fresh], "{'login':'a','lines':[{'cardNo':'c1'}]}", Yes),
            (OPEN, &[U1, C1, fresh], "{'login':'b','lines':[{'cardNo':'c1'}]}", No),
            // Without items the parts about them do not hold, and the others do.
            (OPEN, &[U1], "{'login':'a'}", Yes),
            (OPEN, &[U1], "{'login':'a','lines':[]}", Yes),
            (OPEN, &[U1], "{'login':'b'}", No),
        ],
    );
    let mailed = "register {'loginId':'a','mail':'m'} -> {'userId':'u1'}";
    check(
        "{mismatch: lines.*.owner}",
        &[
            (OPEN, &[mailed], "{'userId':'u1','lines':[{'owner':'m'},{'owner':'x'}]}", Yes),
            (OPEN, &[mailed], "{'userId':'u1','lines':[{'owner':'m'},{}]}", No),
            (OPEN, &[mailed], "{'userId':'u1'}", No),
        ],
    );
}

#[test]
fn a_field_mismatches_what_is_known_to_be_otherwise() {
    let mailed = "register {'loginId':'a','mail':'m'} -> {'userId':'u1'}";
    check(
        "{mismatch: holder}",
        &[
            (OPEN, &[mailed], "{'userId':'u1','holder':'m'}", No),
            (OPEN, &[mailed], "{'userId':'u1','holder':'x'}", Yes),
            (OPEN, &[mailed], "{'userId':'u1','holder':null}", No),
            (OPEN, &[mailed], "{'userId':'u1'}", No),
            // The user is known to have none; of a user who is found by chance nobody knows.
            (OPEN, &[U1], "{'userId':'u1','holder':'x'}", Yes),
            (OPEN, &["entry user {'userId':'u1'}"], "{'userId':'u1','holder':'x'}", Unknown),
            (CLOSED, &["entry user {'userId':'u1'}"], "{'userId':'u1','holder':'x'}", Yes),
            (OPEN, &["fresh 'z'"], "{'userId':'z','holder':'x'}", No),
            (OPEN, &[], "{'userId':'z','holder':'x'}", Unknown),
        ],
    );
    check("{mismatch: amount}", &[(OPEN, &[], "{'amount':'1'}", Unknown)]);
}

#[test]
fn a_list_lacks_what_it_must_hold() {
    let terms: &[&str] = &[
        "entry terms {'termId':'t1','required':'MANDATORY'}",
        "entry terms {'termId':'t2','required':'MANDATORY'}",
        "entry terms {'termId':'t3','required':'OPTIONAL'}",
    ];
    check(
        "{lacks: {termIds: {terms.required: MANDATORY}}}",
        &[
            (OPEN, terms, "{'termIds':['t1','t2']}", No),
            (OPEN, terms, "{'termIds':['t3','t2','t1']}", No),
            (OPEN, terms, "{'termIds':[]}", Yes),
            (OPEN, terms, "{}", Yes),
            (OPEN, terms, "{'termIds':['t3']}", Yes),
            // Which of the entries a request must list, no page says.
            (OPEN, terms, "{'termIds':['t1']}", Unknown),
            (CLOSED, terms, "{'termIds':['t1']}", Yes),
            (OPEN, &[], "{'termIds':[]}", No),
            (OPEN, &terms[2..], "{'termIds':[]}", No),
        ],
    );
}

#[test]
fn refusals_are_too_many_from_the_limit_on() {
    let wrong = "refused wrong ask {'userId':'u1'}";
    let other = "refused wrong ask {'userId':'u2'}";
    let u2 = "register {'loginId':'b'} -> {'userId':'u2'}";
    let asked = "{'userId':'u1'}";
    check(
        "{attempts: {code: wrong, per: user, limit: 2}}",
        &[
            (OPEN, &[U1], asked, No),
            (OPEN, &[U1, wrong], asked, No),
            (OPEN, &[U1, wrong, wrong], asked, Yes),
            (OPEN, &[U1, wrong, wrong, wrong], asked, Yes),
            (OPEN, &[U1, u2, wrong, other], asked, No),
            (OPEN, &[U1, wrong, wrong], "{}", No),
        ],
    );
    check(
        "{attempts: {code: wrong, per: user, limit: unseen}}",
        &[
            (OPEN, &[U1], asked, No),
            (OPEN, &[U1, wrong], asked, Unknown),
            (CLOSED, &[U1, wrong, wrong, wrong, wrong], asked, No),
            (CLOSED, &[U1, wrong, wrong, wrong, wrong, wrong], asked, Yes),
        ],
    );
}

#[test]
fn a_state_is_that_of_what_the_request_is_about() {
    let unsure = "look {'userId':'u1'} -> {'state':'ACTIVE'}";
    let asked = "{'userId':'u1'}";
    for when in ["{state: {user: DORMANT}}", "{where: {user.state: DORMANT}}"] {
        check(
            when,
            &[
                (OPEN, &[U1], asked, No),
                (OPEN, &[U1, REST], asked, Yes),
                (OPEN, &[U1, REST, unsure], asked, Unknown),
                (OPEN, &["fresh 'z'"], "{'userId':'z'}", No),
                (OPEN, &[], "{'userId':'z'}", Unknown),
                (CLOSED, &[], "{'userId':'z'}", No),
            ],
        );
    }
    check("{state: {user: [DORMANT, ACTIVE]}}", &[(OPEN, &[U1], asked, Yes), (OPEN, &[U1, LEAVE], asked, No)]);
    // Of what has left no page speaks, unless it names that very state.
    check(
        "{state: {user: {not: ACTIVE}}}",
        &[
            (OPEN, &[U1], asked, No),
            (OPEN, &[U1, REST], asked, Yes),
            (OPEN, &[U1, REST, unsure], asked, Unknown),
            (OPEN, &[U1, LEAVE], asked, Unknown),
            (CLOSED, &[U1, LEAVE], asked, Yes),
        ],
    );
    check("{state: {user: [WITHDRAWN, DORMANT]}}", &[(OPEN, &[U1, LEAVE], asked, Yes)]);
    // One of several is enough; in an open world there may be others.
    let suspend = "suspend {'cardNo':'c2'}";
    check(
        "{state: {card: SUSPENDED}}",
        &[
            (OPEN, &[U1, C1, C2, suspend], asked, Yes),
            (OPEN, &[U1, C1, C2], asked, Unknown),
            (CLOSED, &[U1, C1, C2], asked, No),
            (CLOSED, &[U1, C1, C2, suspend], "{'userId':'u1','cardNo':'c1'}", No),
        ],
    );
    check(
        "{state: {card: SUSPENDED, user: DORMANT}}",
        &[
            (CLOSED, &[U1, C1, C2, suspend, REST], asked, Yes),
            (CLOSED, &[U1, C1, C2, suspend], asked, No),
            (CLOSED, &[U1, C1, REST], asked, No),
        ],
    );
}

#[test]
fn an_attribute_is_tested_where_it_has_a_value() {
    let expire = "expire {'userId':'u1','expires':'9'}";
    let mailed = "register {'loginId':'a','mail':'a'} -> {'userId':'u1'}";
    let truthful = "register {'loginId':'a','mail':true} -> {'userId':'u1'}";
    // The funds are 5, the mail is known to be missing, of the expiry nobody knows.
    for (when, history, truth) in [
        ("user.funds: 5", U1, Yes),
        ("user.funds: \"5\"", U1, Yes),
        ("user.funds: 6", U1, No),
        ("user.funds: [4, 5]", U1, Yes),
        ("user.funds: [4, 6]", U1, No),
        ("user.funds: {not: 5}", U1, No),
        ("user.funds: {not: 6}", U1, Yes),
        ("user.funds: {not: [6, 5]}", U1, No),
        ("user.funds: {above: 4}", U1, Yes),
        ("user.funds: {above: 5}", U1, No),
        ("user.funds: {above: 6}", U1, No),
        ("user.funds: {above: 4.99}", U1, Yes),
        ("user.funds: {below: 6}", U1, Yes),
        ("user.funds: {below: 5}", U1, No),
        ("user.funds: {below: 4}", U1, No),
        ("user.funds: {below: many}", U1, Unknown),
        ("user.funds: present", U1, Yes),
        ("user.funds: absent", U1, No),
        ("user.mail: absent", U1, Yes),
        ("user.mail: present", U1, No),
        ("user.mail: x", U1, No),
        ("user.mail: {not: x}", U1, No),
        ("user.mail: {above: 0}", U1, No),
        ("user.expires: 9", U1, Unknown),
        ("user.expires: {not: 9}", U1, Unknown),
        ("user.expires: present", U1, Unknown),
        ("user.expires: absent", U1, Unknown),
        ("user.loginId: user.mail", mailed, Yes),
        ("user.loginId: user.mail", U1, No),
        ("user.loginId: {not: user.mail}", U1, Yes),
        ("user.loginId: user.expires", U1, Unknown),
        ("user.loginId: {not: user.expires}", U1, Unknown),
        ("user.funds: {above: user.mail}", U1, No),
        ("user.funds: {above: user.expires}", U1, Unknown),
        ("user.loginId: card.cardNo", U1, Unknown),
        ("user.mail: true", truthful, Yes),
        ("user.mail: false", truthful, No),
        ("user.funds: 5, user.loginId: a", U1, Yes),
        ("user.funds: 5, user.loginId: b", U1, No),
        ("user.funds: 5, user.expires: 9", U1, Unknown),
        ("user.funds: 6, user.expires: 9", U1, No),
    ] {
        check(&format!("{{where: {{{when}}}}}"), &[(OPEN, &[history], "{'userId':'u1'}", truth)]);
    }
    check("{where: {user.expires: 9}}", &[(OPEN, &[U1, expire], "{'userId':'u1'}", Yes)]);
    // In the sandbox what is not there is missing.
    check("{where: {user.expires: absent}}", &[(CLOSED, &[U1], "{'userId':'u1'}", Yes)]);
    check("{where: {user.loginId: card.cardNo}}", &[(CLOSED, &[U1], "{'userId':'u1'}", No)]);
}

#[test]
fn a_request_field_is_tested_like_an_attribute() {
    for (when, request, truth) in [
        ("request.amount: absent", "{}", Yes),
        ("request.amount: absent", "{'amount':null}", Yes),
        ("request.amount: absent", "{'amount':'1'}", No),
        ("request.amount: present", "{'amount':'1'}", Yes),
        ("request.amount: present", "{}", No),
        ("request.amount: {not: \"1\"}", "{'amount':'1'}", No),
        ("request.amount: {not: \"1\"}", "{'amount':'2'}", Yes),
        ("request.amount: {above: user.funds}", "{'userId':'u1','amount':'6'}", Yes),
        ("request.amount: {above: user.funds}", "{'userId':'u1','amount':'5'}", No),
        ("request.amount: {above: user.funds}", "{'userId':'u1'}", No),
        ("user.loginId: request.amount", "{'userId':'u1','amount':'a'}", Yes),
        ("user.loginId: request.amount", "{'userId':'u1','amount':'b'}", No),
        ("user.loginId: request.amount", "{'userId':'u1'}", No),
        ("request.date: {before: today}", "{'date':'20261125'}", Yes),
        ("request.date: {before: today}", "{'date':'20261126'}", No),
        ("request.date: {before: today}", "{'date':'261125'}", Yes),
        ("request.date: {before: today}", "{'date':'2610'}", Yes),
        // A month lasts until its last day, and a day until its last hour.
        ("request.date: {before: today}", "{'date':'2611'}", No),
        ("request.date: {after: today}", "{'date':'20261126235959'}", No),
        ("request.date: {after: today}", "{'date':'20261127'}", Yes),
        ("request.date: {after: today+30d}", "{'date':'20261226'}", No),
        ("request.date: {after: today+30d}", "{'date':'20261227'}", Yes),
        ("request.date: {after: today-1d}", "{'date':'20261126'}", Yes),
        ("request.date: {after: today}", "{'date':'1795651200000'}", Unknown),
        ("request.date: {before: today}", "{'date':'tomorrow'}", Unknown),
        ("request.date: now", "{'date':'20261126120000'}", Yes),
        ("request.date: now", "{'date':'20261126120001'}", No),
        ("request.date: today", "{'date':'20261126'}", Yes),
    ] {
        check(&format!("{{where: {{{when}}}}}"), &[(OPEN, &[U1], request, truth)]);
    }
}

#[test]
fn a_thing_is_absent_only_of_somebody_who_is_there() {
    let wallet = "open-wallet {'userId':'u1'}";
    let asked = "{'userId':'u1'}";
    let bare = "new: {user: {wallet: absent}}";
    for (profile, closed, history, request, absent, present) in [
        ("", OPEN, &[U1][..], asked, Unknown, Unknown),
        ("", OPEN, &[U1, wallet], asked, No, Yes),
        (bare, OPEN, &[U1], asked, Yes, No),
        (bare, OPEN, &[U1, wallet], asked, No, Yes),
        ("", CLOSED, &[U1], asked, Yes, No),
        ("", CLOSED, &[U1, wallet], asked, No, Yes),
        ("", CLOSED, &[U1], "{}", No, No),
        ("", OPEN, &["fresh 'z'"], "{'userId':'z'}", No, No),
        ("", OPEN, &[], "{'userId':'z'}", Unknown, Unknown),
    ] {
        check_with(profile, "{where: {wallet: absent}}", &[(closed, history, request, absent)]);
        check_with(profile, "{where: {wallet: present}}", &[(closed, history, request, present)]);
    }
}

#[test]
fn a_point_in_time_is_written_in_digits() {
    for (source, digits) in [
        (Source::Now, "20261126120000"),
        (Source::Today(0), "20261126"),
        (Source::Today(30), "20261226"),
        (Source::Today(-26), "20261031"),
    ] {
        assert_eq!(moment(&source, &noon()), Json::text(digits), "{source:?}");
    }
}

#[test]
fn what_is_no_day_is_compared_with_none() {
    for (text, shown) in [
        ("2612", Some("20261231")),
        ("261126", Some("20261126")),
        ("20261126", Some("20261126")),
        ("2026112609", Some("20261126")),
        ("20261126093000", Some("20261126")),
        ("20261126093000123", Some("20261126")),
        // Milliseconds since 1970, and an id.
        ("1795651200000", None),
        ("9999000000001", None),
        ("2026-11-26", None),
        ("26", None),
    ] {
        assert_eq!(day(text).as_deref(), shown, "{text}");
    }
}

#[test]
fn a_path_into_a_list_is_that_of_the_item() {
    for (path, element, placed_at) in [
        ("lines.*.cardNo", Some(2), "lines.2.cardNo"),
        ("lines.*.cardNo", None, "lines.*.cardNo"),
        ("termIds.*", Some(0), "termIds.0"),
        ("userId", Some(2), "userId"),
        ("a.*.b.*.c", Some(1), "a.1.b.*.c"),
    ] {
        assert_eq!(placed(path, element), placed_at, "{path} {element:?}");
    }
}
