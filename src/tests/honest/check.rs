//! The form of a request: presence, type, length, words, formats.

use serde_json::{Map, Value};

use super::endpoint::{Endpoint, Field, Form, ID, Input, Kind, Refusal, gap, row};
use super::fault::Faults;
use super::leniency::{Leniency, hangul};
use super::temperament::Temperament;

/// What is wrong with a value.
enum Wrong {
    Missing,
    Invalid,
    Length(usize, usize),
}

/// Checks a body against the fields of an endpoint.
pub(super) struct Check<'c> {
    pub(super) endpoint: &'static Endpoint,
    pub(super) temper: &'c Temperament,
    pub(super) faults: &'c Faults,
}

/// The refusal of one value of an endpoint.
pub(super) fn invalid(endpoint: &Endpoint, temper: &Temperament, path: &str) -> Refusal {
    wrong(endpoint, temper, path, &Wrong::Invalid)
}

fn wrong(endpoint: &Endpoint, temper: &Temperament, path: &str, what: &Wrong) -> Refusal {
    let value = if endpoint.input == Input::Register { "value" } else { "parameter" };
    let (code, text) = match what {
        Wrong::Missing => ("000_003", format!("Missing required values. {path}")),
        Wrong::Invalid => ("000_002", format!("Invalid input {value}. {path}")),
        Wrong::Length(min, max) => (
            "000_015",
            format!(
                "The length of value does not match. {path} (반드시 최소값 {min}과(와) 최대값 {max} 사이의 크기이어야 합니다.)"
            ),
        ),
    };
    let one = format!("Invalid input parameter. {path}");
    match endpoint.input {
        Input::Register => row(code, &text),
        Input::Unlisted if temper.one_input_code => gap(temper, 422, "000_002", &one),
        Input::Unlisted => gap(temper, 422, code, &text),
        Input::Named => row("000_002", &one),
        Input::Leaf => {
            row("000_002", &format!("Invalid input parameter. {}", path.rsplit('.').next().unwrap_or_default()))
        }
        Input::Fixed(text) => row("000_002", text),
    }
}

impl Check<'_> {
    /// The first refusal, if the form is not right.
    pub(super) fn body(&self, body: &Map<String, Value>) -> Result<(), Refusal> {
        self.object(self.endpoint.fields, body, "")
    }

    fn refuse(&self, path: &str, what: &Wrong) -> Refusal {
        wrong(self.endpoint, self.temper, path, what)
    }

    fn lenient(&self, leniency: Leniency, path: &str) -> bool {
        self.faults.lenient(leniency, self.endpoint.id, path)
    }

    fn object(&self, fields: &[Field], body: &Map<String, Value>, prefix: &str) -> Result<(), Refusal> {
        for field in fields {
            self.field(field, body.get(field.name), body.contains_key(field.name), &format!("{prefix}{}", field.name))?;
        }
        if self.temper.unknown_fields_refused {
            if let Some(name) = body.keys().find(|name| !fields.iter().any(|f| f.name == name.as_str())) {
                return Err(self.refuse(&format!("{prefix}{name}"), &Wrong::Invalid));
            }
        }
        Ok(())
    }

    fn field(&self, field: &Field, value: Option<&Value>, there: bool, path: &str) -> Result<(), Refusal> {
        let Some(value) = value.filter(|v| !v.is_null()) else {
            let leniency = if there { Leniency::AcceptNull } else { Leniency::AcceptAbsent };
            let refused = field.must && !self.lenient(leniency, path);
            return if refused { Err(self.refuse(path, &Wrong::Missing)) } else { Ok(()) };
        };
        let right = match (field.kind, value) {
            (Kind::Text(min, max, form), Value::String(text)) => return self.text(field, text, (min, max), form, path),
            (Kind::Number(min, max), Value::Number(number)) => {
                // Ids that the narrow pages could not name: the wide pages' limit holds.
                let wide = self.temper.big_ids || self.temper.ids_of_19_digits;
                let max = if wide && field.name == "userId" { ID } else { max };
                number.as_u64().is_some_and(|n| {
                    (min..=max).contains(&n)
                        || n < min && self.lenient(Leniency::AcceptBelow, path)
                        || n > max && self.lenient(Leniency::AcceptAbove, path)
                })
            }
            (Kind::Bool | Kind::Flag, Value::Bool(_)) => true,
            (Kind::Flag, Value::String(text)) => text == "true" || text == "false",
            (Kind::Object(fields), Value::Object(inner)) => return self.object(fields, inner, &format!("{path}.")),
            (Kind::Objects(fields), Value::Array(list)) => {
                for item in list {
                    let Value::Object(inner) = item else { return Err(self.refuse(path, &Wrong::Invalid)) };
                    self.object(fields, inner, &format!("{path}."))?;
                }
                true
            }
            (Kind::Texts, Value::Array(list)) => list.iter().all(Value::is_string),
            (Kind::Ids, Value::Array(list)) => list.iter().all(|id| {
                id.is_u64() || id.as_str().is_some_and(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit()))
            }),
            _ => false,
        };
        if right { Ok(()) } else { Err(self.refuse(path, &Wrong::Invalid)) }
    }

    fn text(
        &self,
        field: &Field,
        text: &str,
        (min, max): (usize, usize),
        form: Form,
        path: &str,
    ) -> Result<(), Refusal> {
        if text.is_empty() {
            let refused =
                field.must && !self.lenient(Leniency::AcceptEmpty, path) || !field.must && self.temper.empty_refused;
            return if refused { Err(self.refuse(path, &Wrong::Invalid)) } else { Ok(()) };
        }
        let length = if self.temper.code_point_lengths { text.chars().count() } else { text.encode_utf16().count() };
        let loose =
            self.temper.cancel_sequence_any && self.endpoint.id == "charge-cancel" && field.name == "sequenceId";
        let min = if loose { 1 } else { min };
        let above = length > max && !Leniency::passes_above(length, max).any(|l| self.lenient(l, path));
        let one_below = || length + 1 == min && self.lenient(Leniency::AcceptOneBelow, path);
        let below = length < min && !self.lenient(Leniency::AcceptBelow, path) && !one_below();
        let narrow = length == max && self.lenient(Leniency::RefuseMax, path)
            || length <= max && text.len() > max && self.lenient(Leniency::ByteLength, path);
        if above || below || narrow {
            return Err(self.refuse(path, &Wrong::Length(min, max)));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || " .,-_()#/@'&".contains(c) || hangul(c);
        let right = match form {
            Form::Free => true,
            Form::Name => {
                (!self.temper.plain_charset || text.chars().all(plain))
                    && (!self.temper.latin1_names || text.chars().all(|c| u32::from(c) < 256))
            }
            Form::Email => !self.temper.strict_emails || email(text),
            Form::Digits => text.bytes().all(|b| b.is_ascii_digit()) || self.lenient(Leniency::SkipDigits, path),
            Form::Date => length != 8 || date(text).is_some(),
            Form::Words(words) => words.contains(&text) || self.lenient(Leniency::SkipEnum, path),
        };
        let right = right && !(text.chars().any(hangul) && self.lenient(Leniency::RefuseHangul, path));
        if right { Ok(()) } else { Err(self.refuse(path, &Wrong::Invalid)) }
    }
}

/// The day that eight digits name.
pub(super) fn date(text: &str) -> Option<chrono::NaiveDate> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| chrono::NaiveDate::parse_from_str(text, "%Y%m%d").ok()).flatten()
}

fn email(text: &str) -> bool {
    let graphic = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
    graphic
        && text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
}
