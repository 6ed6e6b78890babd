//! Message texts, as far as they may be compared.
//!
//! It is proven nowhere which of a row's texts (message or localised description) a target puts into the envelope, so only
//! what is recognisably the documented message is held against it: the same words with another field or number, the message
//! of another row, or the same message slightly changed. A wholly different text is recorded, not judged.

/// What a comparison comes to.
#[derive(Debug, PartialEq)]
pub(super) enum Match {
    /// The documented message, its last full stop ignored.
    Same,
    /// Recognisably a documented message, but not this one.
    Other(String),
    /// No text, or a text of its own.
    Unknown,
}

/// Compares a text with a template whose `{holes}` are filled by `fill`; `others` are the templates of other rows.
pub(super) fn compare(
    template: &str,
    fill: &dyn Fn(&str) -> Option<String>,
    text: Option<String>,
    others: &[&str],
) -> Match {
    let Some(text) = text else { return Match::Unknown };
    let wanted = render(template, fill);
    if trim(&wanted) == trim(&text) {
        return Match::Same;
    }
    // Some pages print a message without the field's name that others add.
    if trim(&text).starts_with(trim(&wanted)) && !template.contains('{') {
        return Match::Unknown;
    }
    let near = |a: &str, b: &str| strsim::normalized_damerau_levenshtein(a, b) >= 0.75;
    let other_row = others.iter().any(|o| *o != template && (fits(o, &text) || trim(o) == trim(&text)));
    if fits(template, &text) || other_row || near(trim(&wanted), trim(&text)) {
        Match::Other(text)
    } else {
        Match::Unknown
    }
}

fn trim(text: &str) -> &str {
    let text = text.trim();
    text.strip_suffix('.').unwrap_or(text)
}

/// The template with its holes filled; what `fill` does not know stays as it is.
pub(super) fn render(template: &str, fill: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else { break };
        out.push_str(before);
        if let Some(value) = fill(name) {
            out.push_str(&value);
        } else {
            out.push('{');
            out.push_str(name);
            out.push('}');
        }
        rest = tail;
    }
    out + rest
}

/// True if the text is the template with something in each of its holes.
fn fits(template: &str, text: &str) -> bool {
    let mut parts = Vec::new();
    let mut rest = trim(template);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, tail)) = after.split_once('}') else { break };
        parts.push(before);
        rest = tail;
    }
    if parts.is_empty() {
        return false;
    }
    let mut remaining = trim(text);
    for (at, part) in parts.iter().enumerate() {
        match remaining.find(part) {
            Some(0) if at == 0 => remaining = &remaining[part.len()..],
            Some(found) if at > 0 => remaining = &remaining[found + part.len()..],
            _ => return false,
        }
    }
    remaining.ends_with(rest)
}

#[cfg(test)]
mod tests;
