use crate::model::Family;
use crate::plan::testing::table;

fn encrypted(enc: &str, marks: (&str, &str), endpoint: &str) -> String {
    format!(
        "resources: [{{name: note, key: noteId, states: [OPEN, SHUT]}}]\n\
         encryption: {{id: e, scheme: jwe-compact, alg: RSA-OAEP-256, enc: [{enc}], member: data, key_id_header: X-Key}}\n\
         == add POST /things\nencryption: {{request: {}, response: {}}}\n{endpoint}\n",
        marks.0, marks.1
    )
}

/// The ways of spoiling a message, all refused but those of which nobody knows what they get.
fn spoilt() -> Vec<String> {
    let unknown = "either (bare): the key id has a value that no source shows";
    let refused = "refuse (bare) encryption/request/authentic";
    [
        ("unknown-key-id", "UnknownKeyId", unknown),
        ("no-key-id", "NoKeyId", unknown),
        ("tampered-tag", "Tag", refused),
        ("tampered-ciphertext", "Ciphertext", refused),
        ("tampered-key", "EncryptedKey", refused),
        ("other-alg", "OtherAlg", refused),
        ("other-enc", "OtherEnc", refused),
        ("alg-none", "AlgNone", refused),
        ("four-parts", "FourParts", refused),
        ("wrong-key", "WrongKey", refused),
        ("no-json", "NoJson", refused),
    ]
    .map(|(word, name, said)| format!("body.data::{word} Spoilt({name}) -> {said}"))
    .into()
}

fn check(text: &str, first: &[&str], spoilt: &[String]) {
    let expected: Vec<&str> = first.iter().copied().chain(spoilt.iter().map(String::as_str)).collect();
    table(Family::Crypto, &[(text, &expected)]);
}

#[test]
fn a_marked_request_is_sent_sealed_and_spoilt_in_every_way() {
    let both = ("marked", "marked");
    let sealed = "body.data::sealed Sealed -> accept for encryption/response/encrypted";
    let opens = "body.data::sealed Sealed -> accept for encryption/response/opens";
    let other = "body.data::other-content OtherContent -> accept for encryption/response/encrypted";
    check(&encrypted("A128GCM", both, ""), &[sealed], &spoilt());
    check(&encrypted("A128GCM, A256GCM", both, ""), &[sealed, other], &spoilt());
    check(&encrypted("A128GCM", ("marked", "unmarked"), ""), &[opens], &spoilt());
    check(&encrypted("A128GCM", ("unmarked", "marked"), ""), &[], &[]);
    check(&encrypted("A128GCM", ("unseen", "marked"), ""), &[], &[]);
    check("== add POST /things", &[], &[]);
}

#[test]
fn a_sealed_request_with_a_bad_body_draws_the_body_s_own_error() {
    let both = ("marked", "marked");
    let sealed = "body.data::sealed Sealed -> accept for encryption/response/encrypted";
    let row =
        |code: &str, when: &str, more: &str| format!("{{status: 400, code: {code}, message: m, when: {when}{more}}}");
    let request = "request: [{name: a, type: string, presence: required, length: 2..5}]";
    let named = row("LENGTH", "{length: any}", ", documented_for: [a]");
    let inside = r#"body.data::invalid-inside a="a" Sealed -> refuse a/length with LENGTH"#;
    let with = |rows: &str| encrypted("A128GCM", both, &format!("{request}\nerrors: [{rows}]"));
    check(&with(&named), &[sealed, inside], &spoilt());
    // A row that no page has for a field, one about state and one whose cause is unseen are no errors of the body.
    check(&with(&row("LENGTH", "{length: any}", "")), &[sealed], &spoilt());
    let sealed_unless = "body.data::sealed Sealed -> accept unless STATE for encryption/response/encrypted";
    let spoilt_unless: Vec<String> =
        spoilt().into_iter().map(|line| if line.contains("refuse") { line + " unless STATE" } else { line }).collect();
    check(&with(&row("STATE", "{state: {note: SHUT}}", "")), &[sealed_unless], &spoilt_unless);
    check(&with(&row("UNSEEN", "unseen", "")), &[sealed], &spoilt());
    check(&with(&format!("{}, {named}", row("UNSEEN", "unseen", ""))), &[sealed, inside], &spoilt());
}

#[test]
fn a_message_that_no_accepted_call_has_is_not_spoilt() {
    let reference = "request: [{name: noteId, type: number, presence: required, value: 1..9, ref: note.noteId}]";
    let why = "no call of the contract makes any note: a profile's fixture can";
    let spoilt: Vec<String> = spoilt()
        .iter()
        .map(|line| {
            format!("{} left out (encryption/request/authentic): {why}", line.split(' ').next().unwrap_or_default())
        })
        .collect();
    let sealed = format!("body.data::sealed left out (encryption/response/encrypted): {why}");
    check(&encrypted("A128GCM", ("marked", "marked"), reference), &[&sealed], &spoilt);
}
