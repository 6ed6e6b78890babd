use super::super::testing::*;
use super::*;
use crate::model::{Body, Fact};

#[test]
fn what_an_answer_shows_of_earlier_calls_holds_or_is_a_finding() {
    let contract = contract("", "response: [{name: shelf, type: string, presence: required, length: 4}]");
    for (holds, told_of) in [
        (true, ("response/shelf/length".to_owned(), String::new(), "")),
        (false, (String::new(), "response/shelf/length at /shelf: B-07".to_owned(), "")),
    ] {
        let fact = Fact {
            clause: clause(&contract, "response/shelf/length"),
            id: String::new(),
            holds,
            pointer: "/shelf".to_owned(),
            expected: "A-01".to_owned(),
            actual: "B-07".to_owned(),
        };
        let seen = Observed { facts: vec![fact], ..answer(200, &[], Body::Empty) };
        let mut notes = notes(&contract);
        check(&seen, &mut notes);
        assert_eq!(told(&notes), told_of);
    }
}
