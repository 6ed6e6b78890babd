//! Literal exchanges, judged alone: no planner's opinion, no sandbox, verdicts written by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use konform::exchange::{Ambient, Clock, Prepared, Raw, Redactor};
use konform::judge::Oracle;
use konform::model::json;
use konform::model::observed::{Failure, Reason};
use konform::plan::Plan;
use serde::Deserialize;

use super::lab;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    name: String,
    case: String,
    request: String,
    answers: Vec<Answer>,
    verdict: String,
    reason: Option<String>,
    findings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, Option<String>>,
    body: String,
    /// No answer, and how it failed to come.
    #[serde(default)]
    fails: Option<String>,
}

fn headers(own: &BTreeMap<String, Option<String>>) -> Vec<(String, Vec<u8>)> {
    let mut all = BTreeMap::from([
        ("content-type".to_owned(), Some("application/json".to_owned())),
        ("X-KM-Correlation-Id".to_owned(), Some("261122120000-0000001".to_owned())),
    ]);
    all.extend(own.clone());
    all.into_iter().filter_map(|(name, value)| Some((name, value?.into_bytes()))).collect()
}

#[test]
fn literal_exchanges_get_the_verdict_written_by_hand() {
    let text =
        std::fs::read_to_string(lab::root().join("src/tests/exchanges/registration.yaml")).expect("the exchanges");
    let exchanges: Vec<Exchange> = serde_saphyr::from_str(&text).expect("a list of exchanges");
    assert!(exchanges.len() >= 60, "{} exchanges", exchanges.len());
    let contract = lab::contract(None);
    let plan = Plan::new(Arc::clone(&contract), 1);
    let oracle = Oracle::new(Arc::clone(&contract));
    let redactor = Redactor::default();
    let ambient = Ambient::new(Clock::Fixed(0), 1);
    let mut wrong = Vec::new();
    for exchange in exchanges {
        let case = plan.find(&exchange.case).unwrap_or_else(|| panic!("no case {}", exchange.case));
        let observed: Vec<_> = exchange
            .answers
            .iter()
            .zip(case.steps.iter().chain(std::iter::repeat(case.probe())))
            .map(|(answer, step)| {
                let tree = json::parse(exchange.request.as_bytes()).expect("a request in JSON").root;
                let wire = Arc::clone(&contract.endpoints[step.endpoint].wire);
                let sent = Prepared {
                    method: wire.method.clone().into(),
                    version: "HTTP/1.1",
                    wire,
                    url: "http://127.0.0.1/".to_owned(),
                    headers: Vec::new(),
                    body: Vec::new(),
                    tree,
                    trace: Some(format!("{:020}", ambient.count())),
                    made: Vec::new(),
                    caller: 0,
                    sealed: false,
                    hostile: None,
                    fresh: false,
                };
                let raw = Raw {
                    status: answer.status,
                    headers: headers(&answer.headers),
                    body: answer.body.clone().into_bytes(),
                    ..Raw::default()
                };
                let answered = answer.fails.as_ref().map_or(Ok(raw), |word| {
                    assert_eq!(word, "reset", "the one failure that is written here");
                    Err(Failure { reason: Reason::Reset, detail: String::new() })
                });
                redactor.observe(sent, answered, None, 1, 0).0
            })
            .collect();
        let verdict = oracle.judge(&case, &observed);
        let mut found: Vec<String> =
            verdict.findings.iter().map(|f| format!("{} {}", contract.clause(f.clause).id, f.pointer)).collect();
        found.sort();
        let mut wanted = exchange.findings.clone();
        wanted.sort();
        let reason =
            verdict.reason.map(|r| serde_json::to_value(r).expect("a word").as_str().unwrap_or_default().to_owned());
        if verdict.outcome.word() != exchange.verdict || found != wanted || reason != exchange.reason {
            wrong.push(format!(
                "{}: wanted {} {:?} {:?}, was {} {:?} {:?} {}",
                exchange.name,
                exchange.verdict,
                exchange.reason,
                wanted,
                verdict.outcome.word(),
                reason,
                found,
                verdict.note
            ));
        }
    }
    assert!(wrong.is_empty(), "{} verdicts differ:\n{}", wrong.len(), wrong.join("\n"));
}
