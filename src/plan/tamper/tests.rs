use crate::model::Family;
use crate::plan::testing::table;

fn hmac(endpoint: &str) -> String {
    format!(
        "credentials: [{{name: key, length: 8, secret: true}}]\n\
         auth: [{{id: mac, scheme: hmac, key: key, algorithm: hmac-sha256, over: body, header: X-Mac, template: \"{{mac}}\", says: w}}]\n\
         request_headers: [{{name: X-Mac, presence: required, length: unseen, send: \"{{auth}}\"}}]\n\
         resources: [{{name: note, key: noteId, fleeting: true}}]\n\
         {endpoint}\n"
    )
}

const STALE: &str = "header.X-Mac::earlier-time token Stale -> either (bare): the token is an hour older than the request, and no source says how old one may be";

#[test]
fn a_code_for_another_body_moment_or_actor_is_refused() {
    let verified = "refuse (bare) auth/mac/verified";
    let tampered = |value: &str, replayed: &str| -> Vec<String> {
        vec![
            STALE.to_owned(),
            format!("header.X-Mac::second-key token SecondKey -> {verified}"),
            format!("header.X-Mac::blank-head token Blank(Head) -> {verified}"),
            format!("header.X-Mac::blank-middle token Blank(Middle) -> {verified}"),
            format!("header.X-Mac::blank-tail token Blank(Tail) -> {verified}"),
            value.to_owned(),
            replayed.to_owned(),
        ]
    };
    let value = format!("header.X-Mac::other-value token Value -> {verified}");
    let again = format!("header.X-Mac::replayed | add | token Replayed with blanks -> {verified}");
    let empty = "header.X-Mac::other-value left out (auth/mac/verified): the body holds no value that could be another";
    let body = "request: [{name: a, type: number, presence: required, value: 1..9}]";
    let path = "request: [{name: p, in: path, type: number, presence: required, value: 1..9}]";
    let closed = "\nundocumented: nobody has seen it";
    for (endpoint, expected) in [
        (format!("== add POST /things\n{body}"), tampered(&value, &again)),
        ("== add POST /things".to_owned(), tampered(empty, &again)),
        (format!("== add POST /things/{{p}}\n{path}"), tampered(empty, &again)),
        (format!("== add GET /things/{{p}}\n{path}"), tampered("", "")[..2].to_vec()),
        (format!("== add POST /things\n{body}{closed}"), Vec::new()),
    ] {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        table(Family::Tamper, &[(&hmac(&endpoint), &expected)]);
    }
}

#[test]
fn a_request_is_sent_under_an_earlier_token_only_where_it_would_be_taken_under_its_own() {
    let replayed = |endpoints: &str| {
        let plan = crate::plan::testing::plan(&hmac(endpoints));
        crate::plan::testing::lines(&plan, "add", Family::Tamper).pop().unwrap_or_default()
    };
    let unproven = "== add POST /things\nunproven: a partner's key may be asked for";
    assert_eq!(
        replayed(unproven),
        "header.X-Mac::replayed left out (auth/mac/verified): no source says that the same call is taken twice"
    );
    let unreachable = "== add POST /things\nrequest: [{name: noteId, type: number, presence: required, value: 1..9, ref: note.noteId}]";
    assert_eq!(
        replayed(unreachable),
        "header.X-Mac::replayed left out (auth/mac/verified): no call of the contract makes any note: a profile's fixture can"
    );
}

#[test]
fn a_key_of_another_message_is_tried_where_requests_are_encrypted() {
    let encrypted = |mark: &str| {
        format!(
            "encryption: {{id: e, scheme: jwe-compact, alg: RSA-OAEP-256, enc: [A128GCM], member: data, key_id_header: X-Key}}\n\
             == add POST /things\nencryption: {{request: {mark}, response: unmarked}}\n"
        )
    };
    table(
        Family::Tamper,
        &[
            (
                &encrypted("marked"),
                &["body.data::swapped-key Spoilt(SwappedKey) -> refuse (bare) encryption/request/authentic"],
            ),
            (&encrypted("unmarked"), &[]),
            (&encrypted("unseen"), &[]),
            // A bearer's token covers nothing that could be another's.
            (
                "credentials: [{name: token}]\nauth: [{id: door, scheme: bearer, credential: token, says: w}]\n\
                 request_headers: [{name: Authorization, presence: required, length: unseen, send: \"{auth}\"}]\n\
                 == add POST /things",
                &[],
            ),
        ],
    );
}
