use std::borrow::Cow;

use super::super::testing::*;
use super::*;

const API: &str = "encryption: {id: e, scheme: jwe-compact, member: data, key_id_header: X-Key-Id, alg: RSA-OAEP-256, enc: [A128GCM]}";

#[test]
fn an_answer_is_encrypted_where_the_page_marks_it_and_can_be_opened() {
    let marked = "encryption: {request: marked, response: marked}";
    let plain = "encryption: {request: marked, response: unmarked}";
    let opened = || Opened::Opened(Cow::Borrowed("A128GCM"));
    let failed = || Opened::Failed("no key fits".to_owned());
    let (opens, both) = ("encryption/response/opens", "encryption/response/opens encryption/response/encrypted");
    for (marks, sealed, how, accepted, held, broken, reason) in [
        (marked, true, opened(), true, both, "", ""),
        (marked, true, opened(), false, both, "", ""),
        (marked, false, opened(), true, opens, "", ""),
        (plain, true, opened(), true, opens, "", ""),
        (marked, true, Opened::NoKey, true, "", "", "fixture_missing"),
        (marked, true, failed(), true, "", "encryption/response/opens: no key fits", "envelope_not_found"),
        (marked, true, Opened::Plain, true, "", "encryption/response/encrypted: a plain one", ""),
        // No page shows how refusals come, and a plain request carries no key.
        (marked, true, Opened::Plain, false, "", "", ""),
        (marked, false, Opened::Plain, true, "", "", ""),
        (plain, true, Opened::Plain, true, "", "", ""),
    ] {
        let contract = contract(API, marks);
        let seen = Observed { sealed, opened: how, ..answer(200, &[], json("{}")) };
        let mut notes = notes(&contract);
        let goes_on = check(endpoint(&contract), &seen, accepted, &mut notes);
        let (own, found, why) = told(&notes);
        assert_eq!((own.as_str(), found.as_str(), why), (held, broken, reason), "{marks} {seen:?}");
        assert_eq!(goes_on, reason.is_empty(), "{marks} {seen:?}");
    }
}

#[test]
fn an_api_without_encryption_promises_nothing_about_it() {
    let contract = contract("", "");
    let seen = Observed { sealed: true, opened: Opened::NoKey, ..answer(200, &[], json("{}")) };
    let mut notes = notes(&contract);
    assert!(check(endpoint(&contract), &seen, true, &mut notes));
    assert_eq!(told(&notes), (String::new(), String::new(), ""));
}
