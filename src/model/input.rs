//! What was drawn for a case, as a file keeps it: the edits of one request, or the calls of a sequence.

use serde_json::{Value, json};

use super::json::{self, Json};
use super::template::{Edit, Hole, Shape, Template};

/// What a drawn case was made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Changes to the endpoint's baseline.
    Edits(Vec<Edit>),
    /// Calls in order.
    Calls(Vec<Call>),
}

/// One call of a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Endpoint id.
    pub endpoint: String,
    /// What its references name.
    pub names: Names,
    /// Which of the words that decide a state it sends, counted around.
    pub turn: u8,
}

/// What the references of a call name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Names {
    /// What was made last.
    Latest,
    /// What was made before that: another member's, where there are two.
    Earlier,
    /// What has left.
    Left,
    /// What never was.
    Nothing,
}

impl Names {
    /// Every manner, the plainest first.
    pub const ALL: [Names; 4] = [Names::Latest, Names::Earlier, Names::Left, Names::Nothing];

    fn word(self) -> &'static str {
        match self {
            Names::Latest => "latest",
            Names::Earlier => "earlier",
            Names::Left => "left",
            Names::Nothing => "nothing",
        }
    }
}

impl Input {
    /// As JSON: exact, and readable where it can be.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Input::Edits(edits) => json!({ "edits": edits.iter().filter_map(edit_value).collect::<Vec<_>>() }),
            Input::Calls(calls) => {
                let call = |c: &Call| json!({ "endpoint": c.endpoint, "names": c.names.word(), "turn": c.turn });
                json!({ "calls": calls.iter().map(call).collect::<Vec<_>>() })
            }
        }
    }

    /// Reads what [`Input::to_value`] wrote; none for anything else.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        if let Some(edits) = value.get("edits") {
            return Some(Input::Edits(edits.as_array()?.iter().map(edit).collect::<Option<_>>()?));
        }
        let call = |v: &Value| {
            let names = v.get("names")?.as_str()?;
            let names = Names::ALL.into_iter().find(|n| n.word() == names)?;
            let turn = v.get("turn").and_then(Value::as_u64).and_then(|n| u8::try_from(n).ok()).unwrap_or(0);
            Some(Call { endpoint: v.get("endpoint")?.as_str()?.to_owned(), names, turn })
        };
        Some(Input::Calls(value.get("calls")?.as_array()?.iter().map(call).collect::<Option<_>>()?))
    }
}

/// Values made elsewhere (answers of earlier steps) belong to the way and are never drawn.
fn edit_value(edit: &Edit) -> Option<Value> {
    Some(match edit {
        Edit::Remove(path) => json!({ "path": path, "remove": true }),
        Edit::Set(path, Template::Json(Json::String(text))) => json!({ "path": path, "text": text.as_str() }),
        // As text: no JSON library in between may rewrite a number.
        Edit::Set(path, Template::Json(value)) => json!({ "path": path, "json": value.to_text() }),
        Edit::Set(path, Template::Hole(Hole::Identity { shape: Shape::Pattern(pattern), .. })) => {
            json!({ "path": path, "fresh": pattern })
        }
        Edit::Set(..) => return None,
    })
}

fn edit(value: &Value) -> Option<Edit> {
    let path = value.get("path")?.as_str()?.to_owned();
    if value.get("remove").is_some() {
        return Some(Edit::Remove(path));
    }
    let template = if let Some(text) = value.get("text") {
        Template::text(text.as_str()?)
    } else if let Some(pattern) = value.get("fresh") {
        fresh(&path, pattern.as_str()?)
    } else {
        Template::Json(json::parse(value.get("json")?.as_str()?.as_bytes()).ok()?.root)
    };
    Some(Edit::Set(path, template))
}

/// A text in which each `#` is a digit that differs from request to request.
#[must_use]
pub fn fresh(field: &str, pattern: &str) -> Template {
    let chars = pattern.chars().count();
    Template::Hole(Hole::Identity { field: field.to_owned(), shape: Shape::Pattern(pattern.to_owned()), chars })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_exactly() {
        let edits = vec![
            Edit::Remove("a".to_owned()),
            Edit::Set("b".to_owned(), Template::text("한\u{1f600}\"\\\u{0}")),
            Edit::Set("c".to_owned(), Template::Json(Json::number("12345678901234567890.10e1"))),
            Edit::Set("d.e".to_owned(), fresh("d.e", "a\u{1f600}##")),
            Edit::Set("f".to_owned(), Template::Json(Json::Null)),
        ];
        let calls = Names::ALL.map(|names| Call { endpoint: "x".to_owned(), names, turn: 2 }).to_vec();
        for input in [Input::Edits(edits), Input::Calls(calls)] {
            let text = input.to_value().to_string();
            let read = serde_json::from_str(&text).ok().and_then(|v| Input::from_value(&v));
            assert_eq!(read.as_ref(), Some(&input), "{text}");
        }
        assert_eq!(Input::from_value(&json!({"edits": [{"path": 1}]})), None);
    }
}
