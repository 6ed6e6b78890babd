//! What a faulty server takes for a legal value, or refuses although it is one.

use serde_json::{Value, json};

use super::endpoint::{Form, Kind};
use super::lapse::named;

named! {
    /// How the check of one request field is wrong.
    Leniency {
        AcceptNull "accept-null",
        AcceptAbsent "accept-absent",
        AcceptEmpty "accept-empty",
        AcceptAbove "accept-above",
        AcceptOneAbove "accept-one-above",
        AcceptMod256 "accept-mod-256",
        AcceptBelow "accept-below",
        AcceptOneBelow "accept-one-below",
        RefuseMax "refuse-max",
        ByteLength "byte-length",
        RefuseHangul "refuse-hangul",
        SkipEnum "skip-enum",
        SkipDigits "skip-digits",
        SkipDate "skip-date",
        CutAbove "cut-above",
        AnyCase "any-case",
        Trim "trim",
        FullWidth "full-width",
        CoerceNumber "coerce-number",
        CoerceText "coerce-text",
        CoerceFloat "coerce-float",
        CoerceBool "coerce-bool",
        UnwrapList "unwrap-list",
        ListOfOne "list-of-one",
        AcceptObject "accept-object",
    }
}

impl Leniency {
    /// Which length checks let a length pass that is above the greatest.
    pub(super) fn passes_above(length: usize, max: usize) -> impl Iterator<Item = Self> {
        [
            (Self::AcceptAbove, true),
            (Self::AcceptOneAbove, length == max + 1),
            (Self::AcceptMod256, length >= 256 && (1..=max).contains(&(length % 256))),
        ]
        .into_iter()
        .filter(|(_, passes)| *passes)
        .map(|(leniency, _)| leniency)
    }

    /// Makes a legal value of one that a lenient server takes for legal; whether it has changed anything.
    pub(super) fn straight(self, kind: Kind, value: &mut Value) -> bool {
        match self.legal(kind, value) {
            Some(legal) if legal != *value => {
                *value = legal;
                true
            }
            _ => false,
        }
    }

    fn legal(self, kind: Kind, value: &Value) -> Option<Value> {
        let texts = matches!(kind, Kind::Text(..));
        match (self, value) {
            (Self::CutAbove, Value::String(text)) => match kind {
                Kind::Text(_, max, _) => Some(json!(text.chars().take(max).collect::<String>())),
                _ => None,
            },
            (Self::AnyCase, Value::String(text)) => match kind {
                Kind::Text(_, _, Form::Words(words)) => {
                    words.iter().find(|w| w.eq_ignore_ascii_case(text)).map(|w| json!(w))
                }
                _ => None,
            },
            (Self::Trim, Value::String(text)) => Some(json!(text.trim())),
            (Self::FullWidth, Value::String(text)) => Some(json!(text.chars().map(narrow).collect::<String>())),
            (Self::SkipDate, Value::String(text)) => {
                let wrong = text.chars().count() == 8 && super::check::date(text).is_none();
                wrong.then(|| json!("20200101"))
            }
            (Self::CoerceNumber, Value::Number(number)) if texts => Some(json!(number.to_string())),
            (Self::AcceptObject, Value::Object(object)) if texts && object.is_empty() => Some(json!("{}")),
            (Self::CoerceText, Value::String(text)) => text.parse::<u64>().ok().map(|n| json!(n)),
            (Self::CoerceFloat, Value::Number(number)) if number.is_f64() => {
                let whole = number.to_string();
                whole.split('.').next().and_then(|digits| digits.parse::<u64>().ok()).map(|n| json!(n))
            }
            (Self::CoerceBool, Value::String(text)) => text.parse::<bool>().ok().map(|b| json!(b)),
            (Self::UnwrapList, Value::Array(list)) if list.len() == 1 => list.first().cloned(),
            (Self::ListOfOne, Value::Object(_) | Value::String(_)) => Some(json!([value])),
            _ => None,
        }
    }
}

/// The plain twin of a full-width letter or digit.
fn narrow(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        other => other,
    }
}

/// Whether a letter is of the Korean script.
pub(super) fn hangul(letter: char) -> bool {
    matches!(letter, '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}')
}
