//! The verdict of every status, and of bodies that no page promises.

use std::sync::Arc;

use konform::exchange::{Prepared, Raw, Transport};
use konform::model::observed::Failure;
use konform::model::{Case, Level, Reason, Summary};

use super::{lab, raw_server};

/// The library's sandbox without a socket, whose answers to one kind of request are another's.
struct Between {
    direct: lab::Direct,
    /// The request that is answered otherwise.
    meant: fn(&Prepared) -> bool,
    raw: Raw,
}

impl Transport for Between {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        if (self.meant)(request) { Ok(self.raw.clone()) } else { self.direct.send(request).await }
    }
}

/// What one case of the library comes to if its request is answered so.
fn answered(case: &str, meant: fn(&Prepared) -> bool, status: u16, headers: &[(&str, &str)], body: &str) -> Summary {
    let contract = lab::library();
    let sandbox = Arc::new(raw_server::sandbox(Arc::clone(&contract)));
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec())).collect();
    let raw = Raw { status, headers, body: body.as_bytes().to_vec(), ..Raw::default() };
    let choose = |c: &Case| &*c.id == case;
    lab::run(&contract, Between { direct: lab::Direct(sandbox), meant, raw }, &lab::How::default(), choose)
}

/// The library's sandbox, and a request that can't be made.
struct Unable(lab::Direct);

impl Transport for Unable {
    async fn send(&self, request: &Prepared) -> Result<Raw, Failure> {
        if long_title(request) {
            return Err(Failure { reason: Reason::Unsendable, detail: "a header that can't be written".to_owned() });
        }
        self.0.send(request).await
    }
}

#[test]
fn a_request_that_can_not_be_made_is_konforms_own_fault() {
    let contract = lab::library();
    let direct = lab::Direct(Arc::new(raw_server::sandbox(Arc::clone(&contract))));
    let choose = |c: &Case| &*c.id == "book-add::length::body.title::max+1";
    let summary = lab::run(&contract, Unable(direct), &lab::How::default(), choose);
    assert!(summary.counts.broken == 1 && summary.findings.is_empty(), "{}", lab::describe(&summary));
}

/// `PASS`, `INCONCLUSIVE(reason)`, or the clauses of the findings with their levels.
fn verdict(summary: &Summary) -> String {
    let findings = summary.findings.iter().map(|f| {
        let level = if f.level == Level::Must { "MUST" } else { "SHOULD" };
        format!("{level} {}", f.clause)
    });
    let findings: Vec<String> = findings.collect();
    match (findings.is_empty(), summary.obstacles.first()) {
        (false, _) => findings.join(", "),
        (true, Some((obstacle, _))) => obstacle.clone(),
        (true, None) => format!("{} passed", summary.counts.pass),
    }
}

/// A text of 201 letters, which the page of book-add documents a code for.
fn long_title(request: &Prepared) -> bool {
    request.tree.at("title").is_some_and(|t| t.scalar().is_some_and(|t| t.len() == 201))
}

#[test]
fn every_status_has_its_verdict() {
    const CASE: &str = "book-add::length::body.title::max+1";
    const BODY: &str = r#"{"error":{"code":"length","message":"title must have 1 to 200 characters"}}"#;
    let mut wrong = Vec::new();
    for status in 200..600_u16 {
        let wanted = match status {
            422 => "1 passed".to_owned(),
            200..300 => "MUST book-add/request/title/length".to_owned(),
            300..400 => "MUST book-add/policy/answer/no-redirect".to_owned(),
            408 | 421 | 425 => "INCONCLUSIVE(http_408_421_425)".to_owned(),
            429 => "INCONCLUSIVE(http_429)".to_owned(),
            400..500 => "MUST book-add/errors/length/status/title".to_owned(),
            // A gateway's, but three times for one input while others are answered.
            _ => "MUST book-add/policy/answer/no-server-error".to_owned(),
        };
        let step = match status {
            // Those between are alike; gateways are tried three times, with pauses.
            408 | 421 | 422 | 425 | 429 | 502..=504 | 520 | 526 | 527 => true,
            _ => status % 50 < 8,
        };
        if step {
            let headers = [("content-type", "application/json"), ("retry-after", "0")];
            let summary = answered(CASE, long_title, status, &headers, BODY);
            let success = (200..300).contains(&status);
            let came = verdict(&summary);
            // An acceptance that must not be is one finding; what else is wrong with it stands beside.
            if if success { !came.contains(&wanted) } else { came != wanted } {
                wrong.push(format!("{status}: wanted {wanted}, was {came}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn no_authors(request: &Prepared) -> bool {
    request.wire.endpoint == "book-add" && request.tree.at("authors").is_none()
}

fn wrong_type(request: &Prepared) -> bool {
    request.tree.at("title").is_some_and(|t| t.type_name() == "boolean")
}

fn empty_subtitle(request: &Prepared) -> bool {
    request.tree.at("subtitle").is_some_and(|t| t.scalar() == Some(""))
}

fn withdraw(request: &Prepared) -> bool {
    request.wire.endpoint == "book-withdraw"
}

fn short_title(request: &Prepared) -> bool {
    request.tree.at("title").is_some_and(|t| t.scalar().is_some_and(|t| t.len() == 1))
}

fn list(request: &Prepared) -> bool {
    request.wire.endpoint == "book-list"
}

const LONG: &str = "book-add::length::body.title::max+1";
const AUTHORS: &str = "book-add::presence::body.authors::absent";
const KIND: &str = "book-add::type::body.title::boolean";
const MAYBE: &str = "book-add::length::body.subtitle::empty";
const WITHDRAWN: &str = "book-withdraw::valid::body::every-field";
const LISTED: &str = "book-list::valid::body::every-field";

const HTML: &str = "<html>Bad Request</html>";
const PROBLEM: &str = r#"{"type":"about:blank","title":"Bad Request","status":400}"#;

/// A case, the request of it that is answered otherwise, the answer's status, `Content-Type` (empty: none) and body, and the verdict.
type Row = (&'static str, fn(&Prepared) -> bool, u16, &'static str, &'static str, &'static str);

const ROWS: [Row; 22] = [
    // The page documents a code for this very field: it promises a body that has it.
    (LONG, long_title, 422, "", "", "MUST book-add/errors/length/code/title"),
    (LONG, long_title, 422, "text/html", HTML, "MUST book-add/errors/length/code/title"),
    // The code is our reading of another field's row.
    (AUTHORS, no_authors, 422, "", "", "1 passed"),
    (AUTHORS, no_authors, 400, "text/html", HTML, "1 passed"),
    (AUTHORS, no_authors, 400, "application/problem+json", PROBLEM, "1 passed"),
    // No row at all.
    (KIND, wrong_type, 400, "", "", "1 passed"),
    (KIND, wrong_type, 404, "text/plain; charset=utf-8", "no", "1 passed"),
    (KIND, wrong_type, 415, "application/problem+json", PROBLEM, "1 passed"),
    (KIND, wrong_type, 400, "application/json", "\u{feff}{", "1 passed"),
    // Nobody knows whether it is taken.
    (MAYBE, empty_subtitle, 400, "", "", "1 passed"),
    (MAYBE, empty_subtitle, 413, "text/html", HTML, "1 passed"),
    // A legal request that is refused is a finding, and one only.
    ("book-add::length::body.title::min", short_title, 400, "", "", "MUST book-add/request/title/length"),
    // Successes: the page of book-withdraw says 204 and no fields.
    (WITHDRAWN, withdraw, 204, "", "", "1 passed"),
    (WITHDRAWN, withdraw, 202, "", "", "MUST book-withdraw/success/204/status"),
    (WITHDRAWN, withdraw, 205, "", "", "MUST book-withdraw/success/204/status"),
    (WITHDRAWN, withdraw, 200, "text/plain", "done", "MUST book-withdraw/success/204/status"),
    // That of book-list documents a field that is always there.
    (LISTED, list, 200, "", "", "MUST book-list/response/items/presence"),
    (LISTED, list, 200, "text/html", HTML, "MUST book-list/policy/answer/json"),
    // Legal spellings of what JSON is.
    (LISTED, list, 200, "application/json;charset=utf-8", "{\"items\":[]}", "1 passed"),
    (LISTED, list, 200, " Application/JSON ; Charset=\"UTF-8\"", "{\"items\":[]}", "1 passed"),
    (LISTED, list, 200, "application/vnd.library+json", "{\"items\":[]}", "1 passed"),
    (LISTED, list, 200, "text/plain", "{\"items\":[]}", "MUST book-list/policy/answer/content-type"),
];

#[test]
fn a_body_that_no_page_promises_may_have_any_form() {
    let mut wrong = Vec::new();
    for (case, meant, status, kind, body, wanted) in ROWS {
        let headers: &[(&str, &str)] = if kind.is_empty() { &[] } else { &[("Content-Type", kind)] };
        let came = verdict(&answered(case, meant, status, headers, body));
        if came != wanted {
            wrong.push(format!("{case} answered with {status} {kind} {body:?}: wanted {wanted}, was {came}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
