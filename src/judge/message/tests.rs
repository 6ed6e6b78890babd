use super::*;

/// What the holes stand for.
fn fill(hole: &str) -> Option<String> {
    match hole {
        "field" => Some("loginId".to_owned()),
        "min" => Some("8".to_owned()),
        _ => None,
    }
}

const OTHERS: [&str; 3] =
    ["Invalid input value. {field}", "Missing required values. {field}", "User already exists with this loginId."];

fn compared(template: &str, text: &str) -> Match {
    compare(template, &fill, Some(text.to_owned()), &OTHERS)
}

#[test]
fn the_documented_words_are_the_same_message() {
    for (template, text) in [
        ("Invalid input value. {field}", "Invalid input value. loginId"),
        ("Invalid input value. {field}", "Invalid input value. loginId."),
        ("Invalid input value. {field}", "  Invalid input value. loginId "),
        ("Wallet user not found.", "Wallet user not found"),
        ("at least {min} {max}", "at least 8 {max}"),
    ] {
        assert_eq!(compared(template, text), Match::Same, "{text}");
    }
}

#[test]
fn a_documented_message_that_is_another_one_is_a_finding() {
    for (template, text) in [
        // Another field, and one whose name begins like the right one.
        ("Invalid input value. {field}", "Invalid input value. ci"),
        ("Invalid input value. {field}", "Invalid input value. loginIds"),
        // The message of another row, with a hole and without.
        ("Invalid input value. {field}", "Missing required values. loginId"),
        ("Invalid input value. {field}", "User already exists with this loginId"),
        // A letter is missing, or one of four is another.
        ("Success.", "Succes."),
        ("Good", "Gold"),
    ] {
        assert_eq!(compared(template, text), Match::Other(text.to_owned()), "{text}");
    }
}

#[test]
fn a_text_of_its_own_is_not_judged() {
    for (template, text) in [
        ("Invalid input value. {field}", "필수 값이 비어 있습니다"),
        ("Invalid input value. {field}", ""),
        ("Invalid input value. {field}", "loginId darf nicht leer sein"),
        // Two letters of four are others.
        ("Good", "Bold"),
        // A page that leaves the field's name out.
        ("Wallet user not found.", "Wallet user not found: loginId"),
    ] {
        assert_eq!(compared(template, text), Match::Unknown, "{text}");
    }
    assert_eq!(compare("Success.", &fill, None, &OTHERS), Match::Unknown);
}

#[test]
fn holes_are_filled_and_unknown_ones_stay() {
    for (template, text) in [
        ("no hole", "no hole"),
        ("{field}", "loginId"),
        ("{field} has {min} or more, {field}!", "loginId has 8 or more, loginId!"),
        ("{max} at most", "{max} at most"),
        ("never {field", "never {field"),
        ("{min} and {never", "8 and {never"),
    ] {
        assert_eq!(render(template, &fill), text, "{template}");
    }
}

#[test]
fn a_text_fits_a_template_with_anything_in_its_holes() {
    for (template, text, fitting) in [
        ("Bad {f}", "Bad zip", true),
        ("Bad {f}.", "Bad zip", true),
        ("Bad {f}", "Bad zip.", true),
        ("{f} is missing", "zip is missing", true),
        ("{f} is missing", "zip is missing here", false),
        ("Bad {f}", "Good zip", false),
        ("Bad {f}", "So Bad zip", false),
        ("{f} from {a} to {b} here", "zip from 1 to 2 here", true),
        ("{f} from {a} to {b}", "zip to 2 from 1", false),
        // What one part of the template has taken is not there for the next.
        ("a{x}bc{y}c", "abcc", true),
        ("a{x}bc{y}c", "abc", false),
        // Without a hole there is nothing to recognise it by.
        ("no hole", "no hole", false),
        ("never {closed", "never {closed", false),
    ] {
        assert_eq!(fits(template, text), fitting, "{template}: {text}");
    }
}
