//! What a server may do though few do it: each is legal, and the table `innocents.yaml` says by what.

use std::collections::BTreeSet;
use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json};

use super::http::{Answer, Call, Framing, http_date, now};
use super::json::Spelling;
use super::refusal;

/// Where an oddity sits.
#[derive(Clone, Copy)]
enum Act {
    /// Answers some calls by itself; the number counts the calls to this server from 0.
    Before(fn(&Call, u64) -> Option<Answer>),
    /// Changes an answer, but not what it says.
    After(fn(&Call, u64, &mut Answer)),
    /// A status and a body of what stands in front of the application: media type, body.
    Gate(&'static str, &'static str),
    /// What a call without a good token gets.
    Strangers(u16),
    /// Characters that a text may not have, and why.
    Objects(fn(&str) -> bool, &'static str),
    /// Asked for by name where it matters.
    Flag,
}
use Act::{After, Before, Flag, Gate, Objects, Strangers};

const HTML: &str =
    "<!doctype html>\n<html><head><title>Error</title></head><body><h1>Error</h1><p>Go away &copy;</p></body></html>";

const ODDITIES: &[(&str, Act)] = &[
    // Content codings.
    ("gzip", After(|_, _, a| coded(a, "gzip", gzip))),
    ("x-gzip", After(|_, _, a| coded(a, "x-gzip", gzip))),
    ("gzip-in-capitals", After(|_, _, a| coded(a, "GZip", gzip))),
    (
        "gzip-in-two-members",
        After(|_, _, a| coded(a, "gzip", |b| [gzip(&b[..b.len() / 2]), gzip(&b[b.len() / 2..])].concat())),
    ),
    ("deflate", After(|_, _, a| coded(a, "deflate", deflate))),
    ("deflate-then-gzip", After(|_, _, a| coded(a, "deflate, gzip", |b| gzip(&deflate(b))))),
    (
        "gzip-of-refusals",
        After(|_, _, a| {
            if a.status >= 400 {
                coded(a, "gzip", gzip);
            }
        }),
    ),
    (
        "gzip-in-chunks",
        After(|_, _, a| {
            coded(a, "gzip", gzip);
            a.framing = Framing::Chunks(7, false);
        }),
    ),
    ("identity-named", After(|_, _, a| header(a, "Content-Encoding", "identity"))),
    // Framing and connections.
    ("chunks-of-one-byte", After(|_, _, a| a.framing = Framing::Chunks(1, false))),
    ("chunks-with-trailers", After(|_, _, a| a.framing = Framing::Chunks(9, true))),
    ("body-ends-with-the-connection", After(|_, _, a| a.framing = Framing::Close)),
    ("drips", After(|_, _, a| a.framing = Framing::Drip)),
    (
        "http-1.0",
        After(|_, _, a| {
            a.version = "HTTP/1.0";
            a.framing = Framing::Close;
        }),
    ),
    ("closes-without-a-word", Flag),
    ("idle-connections-are-closed", Flag),
    ("two-connections-at-most", Flag),
    ("429-beyond-three-at-once", Flag),
    ("drops-connections-now-and-then", Flag),
    ("silent-to-what-is-no-http", Flag),
    ("takes-more-than-json", Flag),
    ("closes-behind-refusals", After(|_, _, a| a.close |= a.status >= 400)),
    (
        "keep-alive-for-three",
        After(|_, nth, a| {
            header(a, "Keep-Alive", "timeout=5, max=3");
            a.close |= nth % 3 == 2;
        }),
    ),
    (
        "early-hints",
        After(|_, _, a| {
            a.interim = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
        }),
    ),
    ("continue-unasked", After(|_, _, a| a.interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n")),
    // Status lines and headers.
    ("no-reason-phrase", After(|_, _, a| a.reason = Some(b""))),
    ("a-reason-in-latin-1", After(|_, _, a| a.reason = Some(b"Tr\xe8s bien, merci: \xe9\xe0"))),
    ("headers-in-capitals", After(|_, _, a| a.line = |name, value| format!("{}: {value}", name.to_ascii_uppercase()))),
    (
        "headers-in-small-letters",
        After(|_, _, a| a.line = |name, value| format!("{}:{value}", name.to_ascii_lowercase())),
    ),
    ("blanks-around-header-values", After(|_, _, a| a.line = |name, value| format!("{name}:\t \t{value} \t "))),
    ("101-header-lines", After(|_, _, a| cookies(a, 98))),
    ("1000-header-lines", After(|_, _, a| cookies(a, 1000))),
    ("a-header-of-30000-characters", After(|_, _, a| header(a, "X-Trail", &"a1b2c3d4e5".repeat(3000)))),
    ("header-of-latin-1", After(|_, _, a| header(a, "X-Place", "Caf\u{e9}"))),
    (
        "empty-header-values",
        After(|_, _, a| {
            header(a, "X-Empty", "");
            header(a, "Vary", "");
        }),
    ),
    (
        "cookies-for-everybody",
        After(|_, nth, a| {
            header(a, "Set-Cookie", &format!("session=s{nth}; Path=/; HttpOnly"));
            header(a, "Set-Cookie", "lang=en; Max-Age=60");
        }),
    ),
    (
        "headers-of-a-gateway",
        After(|_, nth, a| {
            for (name, value) in [
                ("Server", "gateway/1.0 (Unix) (behind a cache)"),
                ("Via", "1.1 edge, 1.0 inner (old)"),
                ("Age", "0"),
                ("Cache-Control", "no-store, max-age=0"),
                ("Vary", "Accept-Encoding"),
                ("Vary", "Origin"),
                ("Strict-Transport-Security", "max-age=31536000"),
                ("Alt-Svc", "h3=\":443\"; ma=60"),
                ("Upgrade", "h2c"),
                ("Connection", "Upgrade"),
                ("Access-Control-Allow-Origin", "*"),
                ("Content-Language", "en"),
                ("Deprecation", "@1688169599"),
                ("Sunset", "Sun, 30 Jun 2030 23:59:59 GMT"),
                ("Link", "<https://example.com/terms>; rel=\"terms-of-service\""),
            ] {
                header(a, name, value);
            }
            header(a, "ETag", &format!("W/\"{nth}\""));
            header(a, "Date", &http_date(now()));
        }),
    ),
    (
        "ratelimit-headers",
        After(|_, nth, a| {
            header(a, "RateLimit-Limit", "100");
            header(a, "RateLimit-Remaining", &(nth % 100).to_string());
            header(a, "Retry-After", "0");
        }),
    ),
    (
        "zeros-before-the-length",
        After(|_, _, a| {
            a.line = |name, value| {
                if name == "Content-Length" { format!("{name}: 000{value}") } else { format!("{name}: {value}") }
            };
        }),
    ),
    // Media types.
    ("charset-utf-8", After(|_, _, a| kind(a, "application/json; charset=utf-8"))),
    ("charset-quoted", After(|_, _, a| kind(a, "application/json;charset=\"UTF-8\""))),
    ("media-type-in-capitals", After(|_, _, a| kind(a, "Application/JSON"))),
    ("media-type-with-parameters", After(|_, _, a| kind(a, "application/json; profile=\"a;b\"; version=1"))),
    ("suffix-json", After(|_, _, a| kind(a, "application/vnd.library.v1+json"))),
    ("text-json", After(|_, _, a| kind(a, "text/json"))),
    (
        "problem-json",
        After(|_, _, a| {
            if a.status < 400 {
                return;
            }
            kind(a, "application/problem+json");
            let status = a.status;
            rewritten(a, |mut body| {
                body["type"] = json!("about:blank");
                body["status"] = json!(status);
                Spelling::default().write(&body)
            });
        }),
    ),
    ("no-media-type", After(|_, _, a| a.headers.retain(|(name, _)| name != "Content-Type"))),
    (
        "no-content-has-a-media-type",
        After(|_, _, a| {
            if a.status == 204 {
                header(a, "Content-Type", "application/json");
                header(a, "ETag", "\"7\"");
            }
        }),
    ),
    // Spellings of JSON.
    (
        "all-letters-escaped",
        After(|_, _, a| rewritten(a, |b| Spelling { escaped: true, ..Spelling::default() }.write(&b))),
    ),
    ("blanks-between-all", After(|_, _, a| rewritten(a, |b| Spelling { airy: true, ..Spelling::default() }.write(&b)))),
    (
        "members-backwards",
        After(|_, _, a| rewritten(a, |b| Spelling { backwards: true, ..Spelling::default() }.write(&b))),
    ),
    (
        "prices-with-a-point",
        After(|_, _, a| {
            if a.body.starts_with(b"{\"cost\"") {
                rewritten(a, |b| Spelling { decimal: true, ..Spelling::default() }.write(&b));
            }
        }),
    ),
    (
        "members-of-its-own",
        After(|_, nth, a| {
            rewritten(a, |body| Spelling::default().write(&with_more(body, nth)));
        }),
    ),
    (
        "numbers-of-400-digits",
        After(|_, _, a| {
            let digits = "1234567890".repeat(40);
            rewritten(a, |body| format!("{{\"\":-{digits}.{digits}e-17,{}", &body.to_string()[1..]));
        }),
    ),
    (
        "nested-60-deep",
        After(|_, _, a| {
            rewritten(a, |body| format!("{{\"deep\":{}{},{}", "[".repeat(60), "]".repeat(60), &body.to_string()[1..]));
        }),
    ),
    (
        "raw-line-separators",
        After(|_, _, a| {
            rewritten(a, |body| {
                format!("{{\"remark\":\"\u{2028}\u{2029}\u{7f}\u{feff}\u{10ffff}\",{}", &body.to_string()[1..])
            });
        }),
    ),
    // What stands in front of the application.
    ("empty-bodies-at-the-gate", Gate("", "")),
    ("html-at-the-gate", Gate("text/html; charset=utf-8", HTML)),
    ("html-in-latin-1-at-the-gate", Gate("text/html; charset=us-ascii", HTML)),
    ("text-at-the-gate", Gate("text/plain", "Go away.")),
    (
        "problem-at-the-gate",
        Gate("application/problem+json", "{\"type\":\"about:blank\",\"title\":\"Go away\",\"code\":7}"),
    ),
    ("other-json-at-the-gate", Gate("application/json", "{\"message\":\"Unauthorized\"}")),
    ("json-text-at-the-gate", Gate("application/json", "\"Unauthorized\"")),
    ("xml-at-the-gate", Gate("application/xml", "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>")),
    ("strangers-get-403", Strangers(403)),
    ("strangers-get-404", Strangers(404)),
    ("strangers-get-400", Strangers(400)),
    ("no-chunks-taken", Before(|c, _| c.chunked.then(|| Answer::empty(411)))),
    (
        "only-json-taken",
        Before(|c, _| {
            let kind = c.header("content-type").unwrap_or_default();
            (!c.body.is_empty() && kind.split(';').next() != Some("application/json"))
                .then(|| Answer::text(415, "Unsupported Media Type").header("Accept", "application/json"))
        }),
    ),
    (
        "codings-refused",
        Before(|c, _| c.header("content-encoding").map(|_| Answer::empty(415).header("Accept-Encoding", "identity"))),
    ),
    (
        "only-json-given",
        Before(|c, _| {
            let accept = c.header("accept").unwrap_or("*/*");
            (!accept.contains("json") && !accept.contains("*/*")).then(|| Answer::text(406, "this server speaks JSON"))
        }),
    ),
    (
        "bodies-of-2000-bytes",
        Before(|c, _| {
            (c.body.len() > 2000).then(|| {
                Answer { body: HTML.into(), ..Answer::empty(413) }.header("Content-Type", "text/html").closing()
            })
        }),
    ),
    ("addresses-of-120-bytes", Before(|c, _| (c.path.len() > 120).then(|| Answer::empty(414).closing()))),
    (
        "heads-of-2000-bytes",
        Before(|c, _| {
            let size: usize = c.headers.iter().map(|(n, v)| n.len() + v.len()).sum();
            (size > 2000).then(|| Answer::empty(431).closing())
        }),
    ),
    ("answers-head-and-options", Flag),
    (
        "addresses-of-books-are-digits",
        Before(|c, _| {
            let number = c.path.strip_prefix("/v1/books/").or(c.path.strip_prefix("/v1/loans/"))?;
            let digits = number.bytes().all(|b| b.is_ascii_digit()) && (1..=19).contains(&number.len());
            let fits = digits && (c.path.starts_with("/v1/loans/") || number.len() == 13);
            (!fits).then(|| Answer { body: HTML.into(), ..Answer::empty(404) }.header("Content-Type", "text/html"))
        }),
    ),
    (
        "the-framework-refuses-wrong-types",
        Before(|c, _| {
            let body = c.json()?;
            let wrong = |name: &str, fits: fn(&Value) -> bool| body.get(name).is_some_and(|v| !v.is_null() && !fits(v));
            let wrong = wrong("title", Value::is_string)
                || wrong("subtitle", Value::is_string)
                || wrong("isbn", Value::is_string)
                || wrong("pages", Value::is_number)
                || wrong("days", Value::is_number)
                || wrong("authors", Value::is_array);
            let body = "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400}";
            wrong.then(|| {
                Answer { body: body.into(), ..Answer::empty(400) }.header("Content-Type", "application/problem+json")
            })
        }),
    ),
    (
        "malformed-json-gets-nothing",
        Before(|c, _| (!c.body.is_empty() && c.json().is_none()).then(|| Answer::empty(400))),
    ),
    (
        "malformed-json-gets-html",
        Before(|c, _| {
            (!c.body.is_empty() && c.json().is_none())
                .then(|| Answer { body: HTML.into(), ..Answer::empty(400) }.header("Content-Type", "text/html"))
        }),
    ),
    (
        "a-firewall",
        Before(|c, _| {
            let text = String::from_utf8_lossy(&c.body).to_lowercase();
            let bad = ["<script", "<img", "' or ", "%00", "../", "\\u0000", "onerror", "&lt"]
                .iter()
                .any(|w| text.contains(w));
            bad.then(|| Answer { body: HTML.into(), ..Answer::empty(403) }.header("Content-Type", "text/html"))
        }),
    ),
    // Now and then.
    ("429-now-and-then", Before(|_, n| (n % 20 == 7).then(|| busy(429, "")))),
    ("429-with-seconds", Before(|_, n| (n % 40 == 7).then(|| busy(429, "1")))),
    ("429-with-a-date", Before(|_, n| (n % 40 == 7).then(|| busy(429, &http_date(now()))))),
    ("429-to-the-first", Before(|_, n| (n < 3).then(|| busy(429, "0")))),
    ("429-always", Before(|_, _| Some(busy(429, "0")))),
    ("429-to-undos", Before(|c, n| (c.method == "DELETE" && n % 3 == 0).then(|| busy(429, "0")))),
    ("408-now-and-then", Before(|_, n| (n % 20 == 7).then(|| Answer::empty(408).closing()))),
    ("425-now-and-then", Before(|_, n| (n % 20 == 7).then(|| busy(425, "")))),
    ("421-now-and-then", Before(|_, n| (n % 20 == 7).then(|| Answer::empty(421).closing()))),
    ("502-now-and-then", Before(|_, n| (n % 40 == 7).then(|| gateway(502)))),
    ("503-now-and-then", Before(|_, n| (n % 40 == 7).then(|| busy(503, "0")))),
    ("504-now-and-then", Before(|_, n| (n % 40 == 7).then(|| gateway(504)))),
    (
        "520-to-526-now-and-then",
        Before(|_, n| (n % 40 == 7).then(|| gateway(520 + u16::try_from(n / 40 % 7).unwrap_or_default()))),
    ),
    ("503-always", Before(|_, _| Some(busy(503, "0")))),
    ("504-to-lists", Before(|c, _| (c.path == "/v1/books").then(|| gateway(504)))),
    (
        "408-to-lists",
        Before(|c, _| {
            (c.path == "/v1/books").then(|| {
                Answer { body: HTML.into(), ..Answer::empty(408) }.header("Content-Type", "text/html").closing()
            })
        }),
    ),
    ("429-to-lists", Before(|c, _| (c.path == "/v1/books").then(|| busy(429, "0")))),
    // What the library's pages leave open.
    ("many-books-of-others", Flag),
    ("short-pages", Flag),
    ("null-where-nothing-is", Flag),
    ("lists-by-title", Flag),
    ("state-before-input", Flag),
    ("last-field-first", Flag),
    ("refuses-an-empty-list", Flag),
    ("refuses-members-it-does-not-know", Flag),
    ("a-withdrawn-number-is-free-again", Flag),
    ("forgets-loans-that-were-returned", Flag),
    ("serves-books-alone", Flag),
    ("small-ids", Flag),
    ("drawn-ids", Flag),
    ("ascii-only", Objects(|t| !t.is_ascii(), "must be ASCII")),
    ("latin-1-only", Objects(|t| t.chars().any(|c| u32::from(c) > 0xff), "must be Latin-1")),
    ("no-emoji", Objects(|t| t.chars().any(|c| u32::from(c) > 0xffff), "has characters beyond the basic plane")),
    (
        "no-hangul",
        Objects(
            |t| {
                t.chars().any(|c| {
                    ('\u{1100}'..='\u{11ff}').contains(&c)
                        || ('\u{3130}'..='\u{318f}').contains(&c)
                        || ('\u{ac00}'..='\u{d7af}').contains(&c)
                })
            },
            "has letters that this library does not catalogue",
        ),
    ),
    ("no-blanks-at-the-ends", Objects(|t| t.trim() != t, "begins or ends with a blank")),
    ("no-control-characters", Objects(|t| t.chars().any(char::is_control), "has control characters")),
    (
        "no-invisible-characters",
        Objects(
            |t| {
                t.chars().any(|c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{3164}' | '\u{115f}' | '\u{feff}'))
            },
            "has characters that nobody can see",
        ),
    ),
    (
        "no-decomposed-letters",
        Objects(|t| t.chars().any(|c| ('\u{300}'..='\u{36f}').contains(&c)), "is not in form NFC"),
    ),
    ("no-markup", Objects(|t| t.contains(['<', '>', '&', '"', '\'', '\\', '`', '%', ';']), "has characters of markup")),
    // What is not legal: the test must find it.
    ("guilty-of-long-titles", Flag),
    ("guilty-of-forgetting-withdrawals", Flag),
    ("guilty-of-lending-twice", Flag),
    ("guilty-of-a-wrong-state", Flag),
    ("guilty-of-a-wrong-code", Flag),
    ("guilty-of-taking-strangers", Flag),
    (
        "guilty-of-false-gzip",
        After(|_, _, a| {
            if a.status == 200 {
                header(a, "Content-Encoding", "gzip");
            }
        }),
    ),
    (
        "guilty-of-a-crash",
        Before(|c, _| {
            let astral = String::from_utf8_lossy(&c.body).chars().any(|c| u32::from(c) > 0xffff);
            astral.then(|| Answer::empty(500))
        }),
    ),
    // What the small contracts leave open.
    ("refusals-of-no-row-are-empty", Flag),
    ("refusals-of-no-row-are-html", Flag),
    ("nothing-is-html", Flag),
    ("nothing-is-text", Flag),
    ("refuses-empty-texts", Flag),
    ("texts-of-40-characters-at-most", Objects(|t| t.chars().count() > 40, "is too long")),
    ("texts-of-three-characters-at-least", Objects(|t| t.chars().count() < 3, "is too short")),
    ("takes-fractions", Flag),
    ("wants-the-rules-of-the-door-alone", Flag),
    ("shows-the-empty-text-that-it-took", Flag),
    ("narrows-the-catalogue", Flag),
    ("gives-an-account-to-everybody", Flag),
    ("welcomes-with-a-balance", Flag),
    ("shows-members-who-left", Flag),
    ("takes-a-second-farewell", Flag),
    ("checks-the-form-of-a-pin-first", Flag),
    ("gives-a-second-card", Flag),
    ("refuses-cards-of-nobody", Flag),
    ("narrows-the-list", Flag),
];

/// The oddities of one server.
pub(crate) struct Oddities {
    acts: Vec<Act>,
    names: BTreeSet<String>,
}

impl Oddities {
    pub(crate) fn named(names: &[String]) -> Result<Self, String> {
        let act = |name: &String| ODDITIES.iter().find(|(n, _)| n == name).map(|(_, act)| *act);
        let acts = names.iter().map(|name| act(name).ok_or_else(|| format!("no oddity is called {name}")));
        Ok(Self { acts: acts.collect::<Result<_, _>>()?, names: names.iter().cloned().collect() })
    }

    /// The names of all oddities.
    pub(crate) fn all() -> impl Iterator<Item = &'static str> {
        ODDITIES.iter().map(|(name, _)| *name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        debug_assert!(ODDITIES.iter().any(|(n, _)| *n == name), "{name} is asked for and stands in no table");
        self.names.contains(name)
    }

    pub(super) fn before(&self, call: &Call, nth: u64) -> Option<Answer> {
        self.acts.iter().find_map(|act| if let Before(act) = act { act(call, nth) } else { None })
    }

    pub(super) fn after(&self, call: &Call, nth: u64, answer: &mut Answer) {
        for act in &self.acts {
            if let After(act) = act {
                act(call, nth, answer);
            }
        }
    }

    /// Media type and body of what the gate says, if it says something else than the application.
    pub(super) fn body_of_the_gate(&self) -> Option<(&'static str, &'static str)> {
        self.acts.iter().find_map(|act| if let Gate(kind, body) = act { Some((*kind, *body)) } else { None })
    }

    pub(super) fn status_of_strangers(&self) -> u16 {
        self.acts.iter().find_map(|act| if let Strangers(status) = act { Some(*status) } else { None }).unwrap_or(401)
    }

    /// Why a text is not taken, though its length is right.
    pub(super) fn objection_to(&self, text: &str) -> Option<&'static str> {
        self.acts.iter().find_map(|act| match act {
            Objects(bad, why) if bad(text) => Some(*why),
            _ => None,
        })
    }

    /// What stands in an answer of which no page promises a body.
    pub(super) fn body_of_nothing(&self) -> Option<(&'static str, &'static str)> {
        if self.has("nothing-is-html") {
            return Some(("text/html", HTML));
        }
        self.has("nothing-is-text").then_some(("text/plain", "queued\n"))
    }

    pub(super) fn ids(&self) -> &'static str {
        if self.has("small-ids") {
            return "small";
        }
        if self.has("drawn-ids") { "drawn" } else { "big" }
    }
}

fn header(answer: &mut Answer, name: &str, value: &str) {
    answer.headers.push((name.to_owned(), value.to_owned()));
}

fn kind(answer: &mut Answer, kind: &str) {
    for (_, value) in answer.headers.iter_mut().filter(|(name, _)| name == "Content-Type") {
        kind.clone_into(value);
    }
}

fn cookies(answer: &mut Answer, count: usize) {
    for n in 0..count {
        header(answer, "Set-Cookie", &format!("c{n}=; Max-Age=0"));
    }
}

fn busy(status: u16, after: &str) -> Answer {
    let answer = refusal(status, "busy", "ask again later");
    if after.is_empty() { answer } else { answer.header("Retry-After", after) }
}

fn gateway(status: u16) -> Answer {
    Answer { body: HTML.into(), ..Answer::empty(status) }.header("Content-Type", "text/html")
}

fn coded(answer: &mut Answer, name: &str, code: fn(&[u8]) -> Vec<u8>) {
    if !answer.body.is_empty() {
        answer.body = code(&answer.body);
        header(answer, "Content-Encoding", name);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // A vector takes every write.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// The format that HTTP calls `deflate` is zlib's.
fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn rewritten(answer: &mut Answer, write: impl Fn(Value) -> String) {
    if let Some(body) = serde_json::from_slice(&answer.body).ok().filter(Value::is_object) {
        answer.body = write(body).into_bytes();
    }
}

/// The same value with members that no page names, in every object.
fn with_more(value: Value, nth: u64) -> Value {
    match value {
        Value::Object(members) => {
            let mut more: serde_json::Map<String, Value> =
                members.into_iter().map(|(k, v)| (k, with_more(v, nth))).collect();
            more.insert("a_served-by".to_owned(), json!({"node": nth, "옵션": [null, {"x": []}], "": true}));
            more.insert("zz".to_owned(), Value::Null);
            more.into()
        }
        Value::Array(items) => items.into_iter().map(|item| with_more(item, nth)).collect(),
        other => other,
    }
}
