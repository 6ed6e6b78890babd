//! The same JSON in other words: every form here is the same text of RFC 8259 to whoever reads it.

use std::fmt::Write;

use serde_json::Value;

/// How JSON is written.
#[derive(Clone, Copy, Default)]
pub(crate) struct Spelling {
    /// All letters as `\uXXXX`, the solidus as `\/`.
    pub(crate) escaped: bool,
    /// Line ends, tabs and blanks wherever they may stand.
    pub(crate) airy: bool,
    /// Members from last to first.
    pub(crate) backwards: bool,
    /// Whole numbers as `12.0` or `1.2e1`, where they are prices.
    pub(crate) decimal: bool,
}

impl Spelling {
    pub(crate) fn write(self, value: &Value) -> String {
        let mut text = String::new();
        self.value(value, &mut text);
        if self.airy { format!("\r\n\t {text} \n\n") } else { text }
    }

    fn value(self, value: &Value, to: &mut String) {
        match value {
            Value::Object(members) => {
                let mut all: Vec<(&String, &Value)> = members.iter().collect();
                if self.backwards {
                    all.reverse();
                }
                to.push('{');
                for (nth, (name, value)) in all.into_iter().enumerate() {
                    if nth > 0 {
                        to.push(',');
                    }
                    self.air(to);
                    self.text(name, to);
                    self.air(to);
                    to.push(':');
                    self.air(to);
                    match value.as_u64() {
                        Some(n) if self.decimal && n.is_multiple_of(2) => _ = write!(to, "{n}.0"),
                        Some(n) if self.decimal => _ = write!(to, "{n}00.00E-2"),
                        _ => self.value(value, to),
                    }
                    self.air(to);
                }
                to.push('}');
            }
            Value::Array(items) => {
                to.push('[');
                for (nth, item) in items.iter().enumerate() {
                    if nth > 0 {
                        to.push(',');
                    }
                    self.air(to);
                    self.value(item, to);
                    self.air(to);
                }
                to.push(']');
            }
            Value::String(text) => self.text(text, to),
            other => to.push_str(&other.to_string()),
        }
    }

    fn air(self, to: &mut String) {
        if self.airy {
            to.push_str("\r\n \t");
        }
    }

    fn text(self, text: &str, to: &mut String) {
        if !self.escaped {
            return to.push_str(&Value::from(text).to_string());
        }
        to.push('"');
        for unit in text.encode_utf16() {
            if unit == u16::from(b'/') {
                to.push_str("\\/");
            } else {
                // A String takes every write.
                let _ = write!(to, "\\u{unit:04X}");
            }
        }
        to.push('"');
    }
}
