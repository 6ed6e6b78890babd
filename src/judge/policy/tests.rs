use super::super::testing::*;
use super::*;
use crate::contract::Contract;

const STATUS: &str = "no-server-error no-redirect no-hang";

fn empties(status: u16) -> Contract {
    contract("", &format!("success: {{status: {status}}}"))
}

#[test]
fn a_status_line_is_good_a_server_error_a_redirect_or_says_nothing() {
    let contract = empties(200);
    for (number, held, broken, reason) in [
        (200, STATUS, "", ""),
        (299, STATUS, "", ""),
        (300, "", "no-redirect: 300", ""),
        (304, "", "no-redirect: 304", ""),
        (399, "", "no-redirect: 399", ""),
        (400, STATUS, "", ""),
        (407, STATUS, "", ""),
        (408, "", "", "http_408_421_425"),
        (409, STATUS, "", ""),
        (421, "", "", "http_408_421_425"),
        (425, "", "", "http_408_421_425"),
        (429, "", "", "http_429"),
        (499, STATUS, "", ""),
        (500, "", "no-server-error: 500", ""),
        (501, "", "no-server-error: 501", ""),
        (502, "", "", "gateway_502_503_504"),
        (504, "", "", "gateway_502_503_504"),
        (505, "", "no-server-error: 505", ""),
        (519, "", "no-server-error: 519", ""),
        (520, "", "", "gateway_502_503_504"),
        (526, "", "", "gateway_502_503_504"),
        (527, "", "no-server-error: 527", ""),
        (599, "", "no-server-error: 599", ""),
    ] {
        let (seen, mut notes) = (answer(number, &[], Body::Empty), notes(&contract));
        let goes_on = status(endpoint(&contract), of(&seen), &mut notes);
        let (own, found, why) = told(&notes);
        assert_eq!((own.as_str(), found.as_str(), why), (held, broken, reason), "{number}");
        assert_eq!(goes_on, !held.is_empty(), "{number}");
    }
}

#[test]
fn a_finding_about_the_status_line_shows_what_came_with_it() {
    let contract = empties(200);
    for (number, headers, body, broken) in [
        (302, &["Location: /door"][..], Body::Empty, "no-redirect: 302 to /door"),
        (500, &[], json(r#"{"code":"x"}"#), r#"no-server-error: 500 {"code":"x"}"#),
        (500, &[], page("<p>\n"), r"no-server-error: 500 <p>\n"),
        (500, &[], coded("br", None), "no-server-error: 500"),
    ] {
        let (seen, mut notes) = (answer(number, headers, body), notes(&contract));
        status(endpoint(&contract), of(&seen), &mut notes);
        assert_eq!(told(&notes).1, broken);
    }
}

#[test]
fn an_answer_without_content_has_none() {
    let announced = Some("content-length: 5");
    for (success, number, excess, held, broken) in [
        (204, 204, None, "no-content", ""),
        (205, 205, None, "no-content", ""),
        (204, 200, None, "", ""),
        (204, 204, announced, "", "no-content: content-length: 5"),
        (205, 205, announced, "", "no-content: content-length: 5"),
        (200, 204, None, "", ""),
        (200, 204, announced, "", ""),
    ] {
        let (contract, mut seen) = (empties(success), answer(number, &[], Body::Empty));
        if let Ok(answer) = &mut seen.answer {
            answer.excess = excess.map(str::to_owned);
        }
        let mut notes = notes(&contract);
        status(endpoint(&contract), of(&seen), &mut notes);
        let (own, found, _) = told(&notes);
        assert_eq!(
            (own.as_str(), found.as_str()),
            (format!("{STATUS} {held}").trim(), broken),
            "{number} of {success}"
        );
    }
}

#[test]
fn why_nothing_is_said_names_the_wait_that_was_asked_for() {
    let contract = empties(200);
    for (number, headers, note) in [
        (
            429,
            &["retry-after:  7 "][..],
            Some("the target asks for fewer requests (--rate): status 429, Retry-After: 7"),
        ),
        (503, &[], Some("a gateway stands in for the target: status 503")),
        (400, &["retry-after: 7"], None),
    ] {
        let (seen, mut notes) = (answer(number, headers, Body::Empty), notes(&contract));
        assert_eq!(passing(of(&seen), &mut notes), note.is_some(), "{number}");
        assert_eq!(notes.reason.map(|(_, why)| why).as_deref(), note, "{number}");
    }
}

#[test]
fn a_content_coding_is_undone_spoilt_or_beyond_this_program() {
    let contract = empties(200);
    for (body, goes_on, broken, reason) in [
        (json("{}"), true, "", ""),
        (Body::Empty, true, "", ""),
        (page("x"), true, "", ""),
        (coded("br", None), false, "", "content_coding"),
        (coded("gzip", Some("no gzip")), false, "json at header:content-encoding: no gzip", ""),
    ] {
        let (seen, mut notes) = (answer(200, &[], body), notes(&contract));
        assert_eq!(coding(endpoint(&contract), of(&seen), &mut notes), goes_on);
        let (held, found, why) = told(&notes);
        assert_eq!((held.as_str(), found.as_str(), why), ("", broken, reason));
    }
}

#[test]
fn a_promised_body_is_json_and_says_so() {
    let contract = empties(200);
    let types = |kind: &'static str| vec![kind];
    for (headers, body, held, broken) in [
        (vec![], json("{}"), "json", ""),
        (types("content-type: application/json"), json("{}"), "json content-type", ""),
        (types("content-type: text/html"), json("{}"), "json", "content-type at header:content-type: text/html"),
        (vec![], json(r#"{"a":1,"a":2}"#), "", "json: DuplicateKey at byte 7"),
        (types("content-type: text/html"), page("<p>"), "", "json: no JSON: <p>"),
        (types("content-type: text/html"), Body::Empty, "", ""),
        (types("content-type: text/html"), coded("br", None), "", ""),
    ] {
        let (seen, mut notes) = (answer(200, &headers, body), notes(&contract));
        super::body(endpoint(&contract), of(&seen), &mut notes);
        let (own, found, why) = told(&notes);
        assert_eq!((own.as_str(), found.as_str(), why), (held, broken, ""));
    }
}

#[test]
fn a_content_type_of_json_in_any_spelling() {
    for (kind, json) in [
        ("application/json", true),
        ("Application/JSON", true),
        ("application/json; charset=utf-8", true),
        (" application/json ;x", true),
        ("text/json", true),
        ("application/problem+json", true),
        ("application/jsonp", false),
        ("application/xml; of=application/json", false),
        ("text/plain", false),
        ("", false),
    ] {
        assert_eq!(is_json(kind), json, "{kind}");
    }
}
