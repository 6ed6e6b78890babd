use crate::model::Family;
use crate::plan::testing::table;

fn bearer(endpoint: &str) -> String {
    format!(
        "credentials: [{{name: token, length: 8, secret: true}}]\n\
         auth: [{{id: door, scheme: bearer, credential: token, says: w}}]\n\
         request_headers: [{{name: Authorization, presence: required, length: unseen, send: \"{{auth}}\"}}]\n\
         {endpoint}\n"
    )
}

fn hmac(endpoint: &str) -> String {
    format!(
        "credentials: [{{name: key, length: 8, secret: true}}]\n\
         auth: [{{id: mac, scheme: hmac, key: key, algorithm: hmac-sha256, over: body, header: X-Mac, template: \"{{mac}}\", says: w}}]\n\
         request_headers: [{{name: X-Mac, presence: unseen, length: unseen, send: \"{{auth}}\"}}]\n\
         {endpoint}\n"
    )
}

#[test]
fn each_way_of_not_proving_who_calls_is_refused() {
    let presence = "refuse (bare) request-header/Authorization/presence";
    let bearers = [
        format!("header.Authorization::absent Authorization: Remove -> {presence}"),
        "header.Authorization::empty Authorization: Empty -> refuse (bare) auth/door/verified".to_owned(),
        "header.Authorization::malformed Authorization: Malform -> refuse (bare) auth/door/verified".to_owned(),
        "header.Authorization::wrong-code token WrongCode -> refuse (bare) auth/door/verified".to_owned(),
        "header.Authorization::other-key token OtherKey -> refuse (bare) auth/door/verified".to_owned(),
        "header.Authorization::other-case token OtherCase -> refuse (bare) auth/door/verified".to_owned(),
    ];
    let bearers: Vec<&str> = bearers.iter().map(String::as_str).collect();
    let verified = "refuse (bare) auth/mac/verified";
    let bent = [
        format!("header.X-Mac::absent X-Mac: Remove -> {verified}"),
        format!("header.X-Mac::empty X-Mac: Empty -> {verified}"),
        format!("header.X-Mac::malformed X-Mac: Malform -> {verified}"),
        format!("header.X-Mac::wrong-code token WrongCode -> {verified}"),
        format!("header.X-Mac::other-key token OtherKey -> {verified}"),
        format!("header.X-Mac::other-body token Blank(End) -> {verified}"),
        format!("header.X-Mac::half-code token HalfCode -> {verified}"),
        format!("header.X-Mac::other-case token OtherCase -> {verified}"),
        format!("header.X-Mac::no-code token NoCode -> {verified}"),
        "header.X-Mac::body-with-blanks with blanks -> accept for auth/mac/verified".to_owned(),
    ];
    let bent: Vec<&str> = bent.iter().map(String::as_str).collect();
    table(
        Family::Token,
        &[
            (&bearer("== add POST /things"), &bearers),
            (&hmac("== add POST /things"), &bent),
            // Without a body there is none to write with blanks.
            (&hmac("== add GET /things"), &bent[..bent.len() - 1]),
            ("== add POST /things", &[]),
            (&bearer("== add POST /things\nauth: none"), &[]),
        ],
    );
}
