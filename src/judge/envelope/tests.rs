use super::super::testing::*;
use super::*;

const NESTED: &str = "envelope: {code: error.code, message: error.text}";

#[test]
fn code_and_message_are_read_where_the_envelope_says() {
    let contract = contract(NESTED, "");
    for (body, own, said) in [
        (json(r#"{"error":{"code":"E1","text":"no"}}"#), Some("E1"), Some("no")),
        (json(r#"{"error":{"code":7,"text":1.0}}"#), Some("7"), Some("1.0")),
        (json(r#"{"error":{"code":true,"text":["no"]}}"#), None, None),
        (json(r#"{"code":"E1","text":"no"}"#), None, None),
        (json(r#"{"error":{"text":"no"}}"#), None, Some("no")),
        (page("E1 no"), None, None),
        (Body::Empty, None, None),
    ] {
        let seen = answer(400, &[], body);
        assert_eq!(code(&contract, of(&seen)).as_deref(), own);
        assert_eq!(message(&contract, of(&seen)).as_deref(), said);
    }
}

#[test]
fn an_answer_that_promises_a_code_carries_one() {
    let contract = contract(NESTED, "");
    let found = "envelope/error.code/found";
    for (body, held, broken, reason) in [
        (json(r#"{"error":{"code":"E1"}}"#), found, String::new(), ""),
        (json(r#"{"code":"E1"}"#), "", format!(r#"{found} at /error/code: {{"code":"E1"}}"#), "envelope_not_found"),
        (Body::Empty, "", format!("{found} at /error/code: no body"), ""),
        (page("E1"), "", String::new(), ""),
        (coded("br", None), "", String::new(), ""),
    ] {
        let (seen, mut notes) = (answer(400, &[], body), notes(&contract));
        check(&contract, endpoint(&contract), of(&seen), &mut notes);
        let (own, found, why) = told(&notes);
        assert_eq!((own.as_str(), found, why), (held, broken, reason));
    }
}
