//! The end of a run in colours. A stream that is no terminal, or `NO_COLOR`, takes them out again (anstream does).

use anstyle::{AnsiColor, Style};

const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const UNCLEAR: Style = AnsiColor::Yellow.on_default().bold();
const QUIET: Style = Style::new().dimmed();
const NAME: Style = Style::new().bold();

/// Columns of a finding's labels, with the blanks around them.
const LABEL: usize = 12;

/// Labels that a finding's lines begin with.
const LABELS: [&str; 12] =
    ["says", "contract", "at", "expected", "actual", "seen", "case", "request", "before", "hint", "waiver", "replay"];

/// Colours the lines that say how a run ended: verdicts, findings and their labels. No character is added but colours.
pub(super) fn painted(text: &str) -> String {
    text.split_inclusive('\n').map(line).collect()
}

fn line(text: &str) -> String {
    let word = text.split([' ', ':']).next().unwrap_or_default();
    let style = match word {
        "PASS" => GOOD,
        "FAIL" | "BROKEN" => BAD,
        "warning" | "OUTAGE" | "INCONCLUSIVE" | "WAIVERS" | "COVERAGE" => UNCLEAR,
        "waived" | "known" => QUIET,
        _ => return labelled(text),
    };
    // `FAIL 1: CLAUSE` of a finding, `PASS: ...` or `PASS (partial run): ...` of the run.
    let Some((head, rest)) = text.split_once(':') else { return text.to_owned() };
    let (body, end) = rest.strip_suffix('\n').map_or((rest, ""), |body| (body, "\n"));
    let finding = head.rsplit(' ').next().is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    if finding {
        format!("{style}{head}:{style:#}{NAME}{body}{NAME:#}{end}")
    } else {
        format!("{style}{head}:{style:#}{body}{end}")
    }
}

fn labelled(text: &str) -> String {
    let label = text.strip_prefix("  ").and_then(|rest| rest.split(' ').next()).filter(|word| LABELS.contains(word));
    match (label, text.split_at_checked(LABEL)) {
        (Some(_), Some((head, rest))) => format!("{QUIET}{head}{QUIET:#}{rest}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: &str = "FAIL 1: book-add/request/title/length\n  says      title has 1 to 200 characters\n  actual    accepted: 201\n\n\
        warning 2: a/b/c\nknown 3: d/e/f\nand 6 endpoints that were asked nothing\nreport: out\nFAIL: 19 of 216 MUST clauses hold\n";

    #[test]
    fn colours_add_no_character() {
        let text = painted(END);
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), END);
    }

    #[test]
    fn what_is_wrong_is_red_and_what_is_well_is_green() {
        let text = painted(END);
        for (style, part) in [(BAD, "FAIL 1:"), (BAD, "FAIL:"), (UNCLEAR, "warning 2:"), (QUIET, "  says      ")] {
            assert!(text.contains(&format!("{style}{part}{style:#}")), "{part} in {text:?}");
        }
        assert!(text.contains("\nand 6 endpoints that were asked nothing\nreport: out\n"), "{text:?}");
        let good = painted("PASS (partial run): 1 of 2 MUST clauses hold\n");
        assert_eq!(good, format!("{GOOD}PASS (partial run):{GOOD:#} 1 of 2 MUST clauses hold\n"));
    }
}
