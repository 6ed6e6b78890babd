use crate::model::Family;
use crate::plan::testing::table;

/// An API whose requests have these headers, and an endpoint.
fn api(headers: &str) -> String {
    format!(
        "credentials: [{{name: token, length: 8, secret: true}}]\n\
         auth: [{{id: door, scheme: bearer, credential: token, says: w}}]\n\
         request_headers: [{headers}]\n\
         == add POST /things\n"
    )
}

const TOKEN: &str = "{name: Authorization, presence: required, length: unseen, send: \"{auth}\"}";

#[test]
fn each_header_is_bent_in_five_ways() {
    let unknown = "either (bare): X-Id has a value that no source shows";
    table(
        Family::Header,
        &[
            (
                &api(&format!("{TOKEN}, {{name: X-Id, presence: required, length: 3, send: abc}}")),
                &[
                    "header.X-Id::absent X-Id: Remove -> refuse (bare) request-header/X-Id/presence",
                    "header.X-Id::empty X-Id: Empty -> refuse (bare) request-header/X-Id/length",
                    "header.X-Id::short X-Id: Shorten -> refuse (bare) request-header/X-Id/length",
                    "header.X-Id::long X-Id: Lengthen -> refuse (bare) request-header/X-Id/length",
                    &format!("header.X-Id::malformed X-Id: Malform -> {unknown}"),
                ],
            ),
            (
                &api(&format!(
                    "{TOKEN}, {{name: X-Id, presence: optional, length: unseen, format: yyMM, send: \"2601\"}}"
                )),
                &[
                    &format!("header.X-Id::absent X-Id: Remove -> {unknown}"),
                    &format!("header.X-Id::empty X-Id: Empty -> {unknown}"),
                    "header.X-Id::short X-Id: Shorten -> refuse (bare) request-header/X-Id/format",
                    "header.X-Id::long X-Id: Lengthen -> refuse (bare) request-header/X-Id/format",
                    "header.X-Id::malformed X-Id: Malform -> refuse (bare) request-header/X-Id/format",
                ],
            ),
            (
                &api(&format!("{TOKEN}, {{name: X-Other, presence: required, length: 3}}")),
                &[
                    "header.X-Other::any left out (request-header/X-Other/presence): the header goes with encrypted requests, and this endpoint's are not marked",
                    "header.X-Other::any left out (request-header/X-Other/length): the header goes with encrypted requests, and this endpoint's are not marked",
                ],
            ),
            // The token's own header is another family's, but that its length is a clause is said.
            (&api(TOKEN), &[]),
            (
                &api("{name: Authorization, presence: required, length: 15, send: \"{auth}\"}"),
                &[
                    "header.Authorization::length left out (request-header/Authorization/length): a token of another length does not verify either: two faults",
                ],
            ),
        ],
    );
}

/// An API with encryption, and an endpoint whose request is marked so.
fn encrypted(mark: &str) -> String {
    format!(
        "encryption: {{id: e, scheme: jwe-compact, alg: RSA-OAEP-256, enc: [A128GCM], member: data, key_id_header: X-Key}}\n\
         request_headers: [{{name: X-Key, presence: required, length: 4}}]\n\
         == add POST /things\nencryption: {{request: {mark}, response: unmarked}}\n"
    )
}

#[test]
fn a_header_that_goes_with_encrypted_requests_is_bent_where_these_are_marked() {
    let why = "the header goes with encrypted requests, and this endpoint's are not marked";
    table(
        Family::Header,
        &[
            (
                &encrypted("marked"),
                &[
                    "header.X-Key::short X-Key: Shorten Sealed -> refuse (bare) request-header/X-Key/length",
                    "header.X-Key::long X-Key: Lengthen Sealed -> refuse (bare) request-header/X-Key/length",
                ],
            ),
            (
                &encrypted("unmarked"),
                &[
                    &format!("header.X-Key::any left out (request-header/X-Key/presence): {why}"),
                    &format!("header.X-Key::any left out (request-header/X-Key/length): {why}"),
                ],
            ),
            (
                &encrypted("unseen"),
                &[
                    &format!("header.X-Key::any left out (request-header/X-Key/presence): {why}"),
                    &format!("header.X-Key::any left out (request-header/X-Key/length): {why}"),
                ],
            ),
        ],
    );
}
