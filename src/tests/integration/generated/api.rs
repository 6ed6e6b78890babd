//! The files of a contract: what holds for all endpoints, and a file for each.

use konform::contract::File;

use super::calls::{Thing, endpoint, list, thing};
use super::choices::Choices;

/// Draws the files of a contract.
pub(super) fn draw(c: &mut Choices<'_>) -> Vec<File> {
    let mut files = Vec::new();
    let mut things: Vec<Thing> = Vec::new();
    for nth in 0..=c.of(3) {
        let owner = things.last().filter(|_| c.of(3) > 0);
        let (thing, own) = thing(c, ["box", "lid", "pin"][nth], owner);
        files.extend(own);
        things.push(thing);
    }
    let unit = c.pick(&["code-points", "utf-16", "bytes", "unseen"]);
    match unit {
        "utf-16" => c.uses("length utf-16"),
        "bytes" => c.uses("length bytes"),
        _ => {}
    }
    let script = if c.once_in(3) {
        c.uses("hangul");
        "script: hangul\n"
    } else {
        ""
    };
    let answers = c.once_in(3) && !files.iter().any(|(_, text)| text.contains("status: 204"));
    let (on, success) = if answers {
        c.uses("envelope on answers");
        ("answers", "success: {status: 200, code: ok, message: \"Fine.\"}\n")
    } else {
        ("refusals", "success: {status: 200}\n")
    };
    let (credentials, auth, carried) = match c.of(9) {
        0 => ("", "", ""),
        1 => {
            c.uses("bearer");
            ("[{name: token, length: 32, secret: true}]", "scheme: bearer, credential: token", "Authorization")
        }
        2 => {
            c.uses("basic");
            (
                "[{name: user, length: 8}, {name: password, secret: true}]",
                "scheme: basic, user: user, password: password",
                "Authorization",
            )
        }
        3 => {
            c.uses("api-key");
            ("[{name: apiKey, length: 24, secret: true}]", "scheme: api-key, credential: apiKey, cookie: key", "Cookie")
        }
        4 => {
            c.uses("aws-sigv4");
            (
                "[{name: id, length: 20}, {name: secretKey, length: 40, secret: true}]",
                "scheme: aws-sigv4, access_key: id, secret_key: secretKey, region: r, service: s",
                "Authorization",
            )
        }
        5 => {
            c.uses("key in the query");
            ("[{name: apiKey, length: 24, secret: true}]", "scheme: api-key, credential: apiKey, query: key", "")
        }
        6 => {
            c.uses("http-signature");
            (
                "[{name: id, length: 20}, {name: secretKey, secret: true}]",
                "scheme: http-signature, key_id: id, key: secretKey, algorithm: hmac-sha256, covers: [\"@method\", \"@path\", \"@query\", content-digest]",
                "Signature",
            )
        }
        7 => {
            c.uses("oauth2-client-credentials");
            (
                "[{name: id, length: 20}, {name: secretKey, secret: true}]",
                "scheme: oauth2-client-credentials, client_id: id, client_secret: secretKey, token_path: /oauth/token",
                "Authorization",
            )
        }
        _ => {
            c.uses("hmac");
            (
                "[{name: secretKey, secret: true}]",
                "scheme: hmac, header: X-Mac, template: \"{now:yyyyMMddHHmmssSSS}:{mac}\", algorithm: hmac-sha256, key: secretKey, over: body",
                "X-Mac",
            )
        }
    };
    let auth = if auth.is_empty() {
        String::new()
    } else {
        format!("credentials: {credentials}\nauth: [{{id: caller, {auth}, says: it says who calls}}]\n")
    };
    for (_, text) in files.iter_mut().filter(|_| !auth.is_empty()) {
        if c.once_in(6) {
            c.uses("auth none");
            text.push_str("auth: none\n");
        }
    }
    let mut headers = vec!["{name: Content-Type, presence: unseen, length: unseen, send: application/json}".to_owned()];
    if !carried.is_empty() {
        headers.push(format!("{{name: {carried}, presence: required, length: unseen, send: \"{{auth}}\"}}"));
    }
    if auth.contains("http-signature") {
        for name in ["Signature-Input", "Content-Digest"] {
            headers.push(format!("{{name: {name}, presence: required, length: unseen, send: \"{{auth}}\"}}"));
        }
    }
    if auth.contains("aws-sigv4") {
        headers.push("{name: X-Amz-Date, presence: required, length: 16, send: \"{now:yyyyMMddTHHmmssZ}\"}".to_owned());
    }
    if c.once_in(3) {
        c.uses("header required");
        headers.push("{name: X-Tenant, presence: required, length: 4, send: acme}".to_owned());
    }
    if c.once_in(3) {
        c.uses("header written now");
        headers.push(
            "{name: X-Time, presence: required, length: 14, format: yyyyMMddHHmmss, send: \"{now:yyyyMMddHHmmss}\"}"
                .to_owned(),
        );
    }
    let mut resources = Vec::new();
    if files.iter().any(|(_, text)| text.contains("catalogue: sort")) {
        resources.push("{name: sort, key: id, catalogue: true}".to_owned());
        files.push(endpoint(
            "sort-list",
            "GET",
            "/sorts",
            "request: []\nresponse:\n  - {name: items, type: array, presence: required, items: {type: object, fields: [{name: id, type: number, value: 1..9999999, presence: required}, {name: needed, type: string, enum: [\"YES\", \"NO\"], presence: required}]}}\neffects:\n  - {read: sort, list: response.items}\nerrors: []\n",
        ));
    }
    let conflicts = if files.iter().any(|(_, text)| text.contains("conflict: sizes")) {
        "conflicts:\n  - {id: sizes, what: how long, a: \"1..20\", b: \"1..40\", either: [1..20, 1..40], default: a, why: two pages}\n"
    } else {
        ""
    };
    let response_headers = if c.once_in(3) {
        c.uses("response header");
        "response_headers:\n  - {name: X-Answered, presence: required, length: 14, format: yyyyMMddHHmmss}\n"
    } else {
        ""
    };
    for thing in &things {
        let states = if thing.leaves { ", states: [HERE, GONE], left: [GONE]" } else { "" };
        let attributes = if thing.balance {
            c.uses("attribute");
            c.uses("initial");
            ", attributes: {balance: {initial: 0}}"
        } else {
            ""
        };
        resources.push(format!("{{name: {}, key: key{states}{attributes}}}", thing.name));
    }
    let api = format!(
        "konform: 1\nid: drawn\ntitle: Drawn\nversion: v1\nbase_path: /v1\nlength_unit: {unit}\n{script}envelope: {{code: error.code, message: error.message, on: {on}}}\n{success}{auth}request_headers:{}{response_headers}resources:{}{conflicts}",
        list(&headers),
        list(&resources)
    );
    let mut all = vec![File { name: "api.yaml".to_owned(), text: api }];
    all.extend(files.into_iter().map(|(name, text)| File {
        name,
        text: if answers {
            text.replace("success: {status: 201}", "success: {status: 201, code: ok}")
                .replace("success: {status: 200}", "success: {status: 200, code: ok}")
        } else {
            text
        },
    }));
    all
}
