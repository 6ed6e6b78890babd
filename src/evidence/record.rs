//! The records of an evidence file.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::observed::Reason;
use crate::model::{Expect, Observed, Outcome, RunHeader};

/// Name of the format, and its version.
pub(super) const FORMAT: (&str, u32) = ("konform/evidence", 2);

/// One line's content.
#[derive(Debug)]
pub enum Record {
    /// What is run; the first line.
    Header(Box<RunHeader>),
    /// A request and its answer; the case or aside that it belongs to follows.
    Exchange(Part, Box<Observed>),
    /// A case of the plan, after its exchanges.
    Case(Box<CaseLine>),
    /// Requests beside the plan, after their exchanges.
    Aside(Box<Aside>),
    /// A run that was killed is taken up again here; exchanges before it without a case belong to nothing.
    Resumed(Resumed),
    /// The last line.
    Footer(Footer),
}

/// Which part of a case an exchange is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// An earlier try, a look at what was not there yet, a canary between two tries.
    Earlier,
    /// A step of the last try: what is judged.
    Judged,
    /// Undoes what the case made.
    After,
}

/// What else than its exchanges a verdict rests on; the runner's word, and nothing else can make it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Grounds {
    /// A verdict that exchanges do not give: it was not sent, a canary failed, something to work with was missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
    /// Every try ended the same way, with known-good requests between them answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
    /// Steps of which the contract says something else than was planned, since the target's own earlier answer was in the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<(usize, Expect)>,
    /// Fixtures of the profile that the case left otherwise than the profile says, though that was not planned: a run that is taken
    /// up hands them out no more. No verdict rests on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<usize>,
}

impl Grounds {
    /// True if the exchanges alone decide.
    #[must_use]
    pub fn none(&self) -> bool {
        *self == Self::default()
    }
}

/// A verdict that the runner gave; never a pass, never a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The verdict.
    pub outcome: Outcome,
    /// Why nothing could be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// In words.
    #[serde(default)]
    pub note: String,
}

/// The line of a case.
#[derive(Debug, Deserialize)]
pub struct CaseLine {
    /// The case's record, as it was written.
    pub verdict: Box<RawValue>,
    /// What else it rests on.
    #[serde(default)]
    pub grounds: Grounds,
    /// What is sent, where the plan does not know the case: an input that was kept in a file.
    #[serde(default)]
    pub input: Option<serde_json::Value>,
}

/// What requests beside the plan were for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// A known-good request around a batch.
    Canary,
    /// A list that baselines take ids from.
    Catalogue,
    /// A finding's case once more.
    Confirm,
    /// A smaller form of a finding's case.
    Shrink,
}

/// The line of requests beside the plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Aside {
    /// What they were for.
    pub why: Why,
    /// Case id.
    pub case: String,
    /// Endpoint id, of a canary or catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Number of the finding, in the order they were first seen, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<usize>,
    /// What was sent, of a smaller form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<serde_json::Value>,
    /// What they brought into being and did not undo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub created: Vec<String>,
    /// What else their verdict rests on.
    #[serde(default, skip_serializing_if = "Grounds::none")]
    pub grounds: Grounds,
}

impl Aside {
    /// A canary's or catalogue's.
    #[must_use]
    pub fn of(why: Why, case: &str, endpoint: &str) -> Self {
        Self {
            why,
            case: case.to_owned(),
            of: Some(endpoint.to_owned()),
            at: None,
            input: None,
            created: Vec::new(),
            grounds: Grounds::default(),
        }
    }

    /// About a finding.
    #[must_use]
    pub fn about(why: Why, case: &str, finding: usize, input: Option<serde_json::Value>) -> Self {
        Self {
            why,
            case: case.to_owned(),
            of: None,
            at: Some(finding),
            input,
            created: Vec::new(),
            grounds: Grounds::default(),
        }
    }
}

/// Where a run was taken up again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// UTC, RFC 3339.
    pub at: String,
    /// Decides identities from here on: what was under way when the run was killed may exist at the target.
    pub salt: String,
    /// Bytes of a line that was half written and cut off.
    pub torn: u64,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footer {
    /// Case lines.
    pub cases: u64,
    /// Exchange lines.
    pub exchanges: u64,
    /// True if the run ended before its plan did.
    pub partial: bool,
    /// Milliseconds since the run began or was taken up again.
    pub millis: u64,
}

/// An exchange as a line's record.
pub(crate) fn exchange_line(case: &str, step: usize, part: Part, seen: &Observed) -> Vec<u8> {
    let word = match part {
        Part::Earlier => "earlier",
        Part::Judged => "judged",
        Part::After => "after",
    };
    let mut out = Vec::with_capacity(2048);
    out.extend_from_slice(br#"{"kind":"exchange","case":"#);
    // Writing plain data to a Vec can't fail.
    let _ = serde_json::to_writer(&mut out, case);
    out.extend_from_slice(format!(",\"step\":{step},\"part\":\"{word}\"").as_bytes());
    let object = out.len();
    let _ = serde_json::to_writer(&mut out, seen);
    // The exchange's own members follow in the same object.
    if let Some(brace) = out.get_mut(object) {
        *brace = b',';
    }
    out
}

/// A case as a line's record; `verdict` is its record's JSON.
pub(crate) fn case_line(verdict: &[u8], grounds: &Grounds, input: Option<&serde_json::Value>) -> Vec<u8> {
    let mut line = br#"{"kind":"case","verdict":"#.to_vec();
    line.extend_from_slice(verdict);
    if !grounds.none() {
        line.extend_from_slice(br#","grounds":"#);
        // Writing plain data to a Vec can't fail.
        let _ = serde_json::to_writer(&mut line, grounds);
    }
    if let Some(input) = input {
        line.extend_from_slice(format!(",\"input\":{input}").as_bytes());
    }
    line.push(b'}');
    line
}

/// Any other record.
pub(super) fn line(kind: &str, record: &impl Serialize) -> Vec<u8> {
    let mut line = format!("{{\"kind\":\"{kind}\"").into_bytes();
    let object = line.len();
    // Writing plain data to a Vec can't fail.
    let _ = serde_json::to_writer(&mut line, record);
    if let Some(brace) = line.get_mut(object) {
        *brace = b',';
    }
    line
}

/// Reads a record.
pub(super) fn read(kind: &str, text: &str) -> Result<Record, String> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u32,
        run: Box<RunHeader>,
    }
    #[derive(Deserialize)]
    struct Place {
        part: Part,
    }
    let wrong = |e: serde_json::Error| e.to_string();
    Ok(match kind {
        "header" => {
            let (format, version) = FORMAT;
            let found: Head = serde_json::from_str(text).map_err(|e| match version_of(text) {
                Some(other) if other != version => format!("version {other}: this program reads {format} {version}"),
                _ => wrong(e),
            })?;
            if (found.format.as_str(), found.version) != FORMAT {
                return Err(format!("{} {}: this program reads {format} {version}", found.format, found.version));
            }
            Record::Header(found.run)
        }
        "exchange" => {
            let place: Place = serde_json::from_str(text).map_err(wrong)?;
            Record::Exchange(place.part, serde_json::from_str(text).map_err(wrong)?)
        }
        "case" => Record::Case(serde_json::from_str(text).map_err(wrong)?),
        "aside" => Record::Aside(serde_json::from_str(text).map_err(wrong)?),
        "resumed" => Record::Resumed(serde_json::from_str(text).map_err(wrong)?),
        "footer" => Record::Footer(serde_json::from_str(text).map_err(wrong)?),
        other => return Err(format!("a record of kind `{other}` that this program does not know")),
    })
}

fn version_of(text: &str) -> Option<u32> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    value["version"].as_u64().and_then(|v| u32::try_from(v).ok())
}

#[cfg(test)]
mod tests;
