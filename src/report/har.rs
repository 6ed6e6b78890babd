//! HAR 1.2: every exchange, secrets redacted as in the evidence, for tools that show traffic.

use std::io::{self, Write};
use std::path::Path;

use har::v1_2::{Cache, Content, Creator, Entries, Headers, PostData, QueryString, Request, Response, Timings};

use super::records;
use crate::evidence::Record;
use crate::model::RunHeader;
use crate::model::observed::{Body, Observed};

pub(super) fn write(out: &mut dyn Write, header: &RunHeader, run: &Path) -> io::Result<()> {
    let creator = Creator { name: "konform".to_owned(), version: header.suite.clone(), comment: None };
    write!(out, r#"{{"log":{{"version":"1.2","creator":{},"entries":["#, serde_json::to_string(&creator)?)?;
    let mut comma = "";
    for record in records::records(run, &["exchange"])? {
        if let Record::Exchange(_, seen) = record? {
            write!(out, "{comma}\n{}", serde_json::to_string(&entry(header, &seen))?)?;
            comma = ",";
        }
    }
    writeln!(out, "\n]}}}}")
}

fn headers(list: &[(String, String)]) -> Vec<Headers> {
    list.iter().map(|(name, value)| Headers { name: name.clone(), value: value.clone(), comment: None }).collect()
}

fn entry(header: &RunHeader, seen: &Observed) -> Entries {
    #[expect(clippy::cast_precision_loss, reason = "a response time is far below 2^53 microseconds")]
    let time = seen.micros as f64 / 1000.0;
    Entries {
        pageref: None,
        // Evidence has how long an exchange took, not when it was: the run's beginning is all that is known.
        started_date_time: header.started.clone(),
        time,
        request: request(seen),
        response: response(seen),
        cache: Cache { before_request: None, after_request: None },
        timings: Timings {
            blocked: None,
            dns: None,
            connect: None,
            send: 0.0,
            wait: time,
            receive: 0.0,
            ssl: None,
            comment: None,
        },
        server_ip_address: None,
        connection: None,
        comment: Some(format!("{}, try {}; secrets are redacted", seen.endpoint, seen.attempt + 1)),
    }
}

fn request(seen: &Observed) -> Request {
    let query = url::Url::parse(&seen.url).ok();
    let pairs = query.iter().flat_map(|u| u.query_pairs());
    let body = seen.sent_body().map(|body| body.to_text());
    Request {
        method: seen.method.clone(),
        url: seen.url.clone(),
        http_version: seen.version.to_string(),
        cookies: Vec::new(),
        headers: headers(&seen.request_headers),
        query_string: pairs
            .map(|(name, value)| QueryString { name: name.into_owned(), value: value.into_owned(), comment: None })
            .collect(),
        post_data: body.map(|text| PostData {
            mime_type: "application/json".to_owned(),
            text: Some(text),
            params: None,
            comment: seen.sealed.then(|| "sent encrypted".to_owned()),
        }),
        headers_size: -1,
        body_size: -1,
        comment: seen.hostile.as_ref().map(|kind| format!("bytes spoilt: {kind}")),
    }
}

fn response(seen: &Observed) -> Response {
    let (status, list, content, comment) = match &seen.answer {
        Ok(answer) => {
            let (text, comment) = match &answer.body {
                Body::Empty => (None, None),
                Body::Json { root, .. } => (Some(root.to_text()), None),
                Body::Coded { coding, .. } => (None, Some(format!("content coding {coding}, not undone"))),
                Body::Other { why, excerpt } => (Some(excerpt.clone()), Some(format!("no JSON: {why}"))),
            };
            let content = Content {
                size: i64::try_from(answer.bytes).unwrap_or(i64::MAX),
                compression: None,
                mime_type: answer.header("content-type").map(str::to_owned),
                text,
                encoding: None,
                comment,
            };
            (i64::from(answer.status), headers(&answer.headers), content, None)
        }
        // HAR has no word for no answer: browsers write status 0.
        Err(failure) => {
            let content =
                Content { size: 0, compression: None, mime_type: None, text: None, encoding: None, comment: None };
            (0, Vec::new(), content, Some(format!("{}: {}", failure.reason.word(), failure.detail)))
        }
    };
    Response {
        status,
        status_text: String::new(),
        http_version: seen.answer.as_ref().map_or(&seen.version, |answer| &answer.version).to_string(),
        cookies: Vec::new(),
        headers: list,
        content: Content { mime_type: content.mime_type.or_else(|| Some("x-unknown".to_owned())), ..content },
        redirect_url: Some(String::new()),
        headers_size: -1,
        body_size: -1,
        comment,
    }
}
