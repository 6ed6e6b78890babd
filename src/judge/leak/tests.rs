use super::super::testing::*;
use super::*;
use crate::model::{Body, Reason};

const ENDPOINT: &str = "
response:
  - {name: token, type: string, presence: optional, length: 12}
  - {name: cards, type: array, presence: optional, items: {type: object, fields: [{name: pin, type: string, presence: optional, length: 4}]}}
";

#[test]
fn a_secret_is_a_leak_but_where_the_page_shows_it() {
    let contract = contract("", ENDPOINT);
    let oracle = oracle(contract.clone());
    for (status, places, held, broken) in [
        (200, &[][..], "no-leak", ""),
        (200, &["/token"], "no-leak", ""),
        (200, &["/cards/0/pin"], "no-leak", ""),
        (200, &["/cards/pin"], "", "no-leak at /cards/pin: the card stands in it"),
        (200, &["/other"], "", "no-leak at /other: the card stands in it"),
        (200, &["header:token"], "", "no-leak at header:token: the card stands in it"),
        (200, &[""], "", "no-leak: the card stands in it"),
        (200, &["token"], "", "no-leak at token: the card stands in it"),
        (200, &["/token", "/other"], "", "no-leak at /other: the card stands in it"),
        // The page documents what a success shows, no refusal.
        (400, &["/token"], "", "no-leak at /token: the card stands in it"),
        (400, &[], "no-leak", ""),
    ] {
        let echo = |place: &&str| Echo { kind: "card".to_owned(), pointer: (*place).to_owned() };
        let echoes = places.iter().map(echo).collect();
        let seen = Observed { echoes, ..answer(status, &[], Body::Empty) };
        let mut notes = notes(&contract);
        check(&oracle, endpoint(&contract), &seen, &mut notes);
        let (own, found, _) = told(&notes);
        assert_eq!((own.as_str(), found.as_str()), (held, broken), "{status} {places:?}");
    }
}

#[test]
fn nothing_is_said_where_no_answer_came() {
    let contract = contract("", ENDPOINT);
    let mut notes = notes(&contract);
    check(&oracle(contract.clone()), endpoint(&contract), &lost(Reason::Timeout), &mut notes);
    assert_eq!(told(&notes), (String::new(), String::new(), ""));
}
