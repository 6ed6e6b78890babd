//! The files of a contract: what holds for all endpoints, and a file for each.

use konform::contract::File;

use super::calls::{Thing, endpoint, list, thing};
use super::choices::Choices;

/// A scheme of authentication as `api.yaml` writes it.
struct Scheme {
    /// The construct that drawing it counts as.
    construct: &'static str,
    credentials: &'static str,
    auth: &'static str,
    /// The headers that carry it.
    headers: &'static [&'static str],
}

const SCHEMES: [Scheme; 8] = [
    Scheme {
        construct: "bearer",
        credentials: "[{name: token, length: 32, secret: true}]",
        auth: "scheme: bearer, credential: token",
        headers: &["Authorization"],
    },
    Scheme {
        construct: "basic",
        credentials: "[{name: user, length: 8}, {name: password, secret: true}]",
        auth: "scheme: basic, user: user, password: password",
        headers: &["Authorization"],
    },
    Scheme {
        construct: "api-key",
        credentials: "[{name: apiKey, length: 24, secret: true}]",
        auth: "scheme: api-key, credential: apiKey, cookie: key",
        headers: &["Cookie"],
    },
    Scheme {
        construct: "aws-sigv4",
        credentials: "[{name: id, length: 20}, {name: secretKey, length: 40, secret: true}]",
        auth: "scheme: aws-sigv4, access_key: id, secret_key: secretKey, region: r, service: s",
        headers: &["Authorization"],
    },
    Scheme {
        construct: "key in the query",
        credentials: "[{name: apiKey, length: 24, secret: true}]",
        auth: "scheme: api-key, credential: apiKey, query: key",
        headers: &[],
    },
    Scheme {
        construct: "http-signature",
        credentials: "[{name: id, length: 20}, {name: secretKey, secret: true}]",
        auth: "scheme: http-signature, key_id: id, key: secretKey, algorithm: hmac-sha256, covers: [\"@method\", \"@path\", \"@query\", content-digest]",
        headers: &["Signature", "Signature-Input", "Content-Digest"],
    },
    Scheme {
        construct: "oauth2-client-credentials",
        credentials: "[{name: id, length: 20}, {name: secretKey, secret: true}]",
        auth: "scheme: oauth2-client-credentials, client_id: id, client_secret: secretKey, token_path: /oauth/token",
        headers: &["Authorization"],
    },
    Scheme {
        construct: "hmac",
        credentials: "[{name: secretKey, secret: true}]",
        auth: "scheme: hmac, header: X-Mac, template: \"{now:yyyyMMddHHmmssSSS}:{mac}\", algorithm: hmac-sha256, key: secretKey, over: body",
        headers: &["X-Mac"],
    },
];

/// Draws the files of a contract.
pub(super) fn draw(c: &mut Choices<'_>) -> Vec<File> {
    let (things, mut files) = things(c);
    let lengths = lengths(c);
    let answers = c.once_in(3) && !files.iter().any(|(_, text)| text.contains("status: 204"));
    let (on, success) = if answers {
        c.uses("envelope on answers");
        ("answers", "success: {status: 200, code: ok, message: \"Fine.\"}\n")
    } else {
        ("refusals", "success: {status: 200}\n")
    };
    let scheme = c.of(1 + SCHEMES.len()).checked_sub(1).map(|nth| &SCHEMES[nth]);
    let auth = scheme.map_or_else(String::new, |scheme| auth(c, scheme, &mut files));
    let request_headers = request_headers(c, scheme);
    let response_headers = if c.once_in(3) {
        c.uses("response header");
        "response_headers:\n  - {name: X-Answered, presence: required, length: 14, format: yyyyMMddHHmmss}\n"
    } else {
        ""
    };
    let mut resources = Vec::new();
    if files.iter().any(|(_, text)| text.contains("catalogue: sort")) {
        resources.push("{name: sort, key: id, catalogue: true}".to_owned());
        files.push(list_of_sorts());
    }
    resources.extend(things.iter().map(|thing| resource(c, thing)));
    let conflicts = if files.iter().any(|(_, text)| text.contains("conflict: sizes")) {
        "conflicts:\n  - {id: sizes, what: how long, a: \"1..20\", b: \"1..40\", either: [1..20, 1..40], default: a, why: two pages}\n"
    } else {
        ""
    };
    let api = format!(
        "konform: 1\nid: drawn\ntitle: Drawn\nversion: v1\nbase_path: /v1\n{lengths}envelope: {{code: error.code, message: error.message, on: {on}}}\n{success}{auth}request_headers:{}{response_headers}resources:{}{conflicts}",
        list(&request_headers),
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

/// Draws the resources and the files of their endpoints.
fn things(c: &mut Choices<'_>) -> (Vec<Thing>, Vec<(String, String)>) {
    let mut files = Vec::new();
    let mut things: Vec<Thing> = Vec::new();
    for nth in 0..=c.of(3) {
        let owner = things.last().filter(|_| c.of(3) > 0);
        let (thing, own) = thing(c, ["box", "lid", "pin"][nth], owner);
        files.extend(own);
        things.push(thing);
    }
    (things, files)
}

/// Draws the unit of lengths and the script of texts.
fn lengths(c: &mut Choices<'_>) -> String {
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
    format!("length_unit: {unit}\n{script}")
}

/// Writes the scheme, and draws the endpoints that take calls without it.
fn auth(c: &mut Choices<'_>, scheme: &Scheme, files: &mut [(String, String)]) -> String {
    c.uses(scheme.construct);
    for (_, text) in files {
        if c.once_in(6) {
            c.uses("auth none");
            text.push_str("auth: none\n");
        }
    }
    let Scheme { credentials, auth, .. } = scheme;
    format!("credentials: {credentials}\nauth: [{{id: caller, {auth}, says: it says who calls}}]\n")
}

fn request_headers(c: &mut Choices<'_>, scheme: Option<&Scheme>) -> Vec<String> {
    let mut headers = vec!["{name: Content-Type, presence: unseen, length: unseen, send: application/json}".to_owned()];
    for name in scheme.map_or(&[][..], |scheme| scheme.headers) {
        headers.push(format!("{{name: {name}, presence: required, length: unseen, send: \"{{auth}}\"}}"));
    }
    if scheme.is_some_and(|scheme| scheme.construct == "aws-sigv4") {
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
    headers
}

/// The endpoint that lists the catalogue of sorts.
fn list_of_sorts() -> (String, String) {
    endpoint(
        "sort-list",
        "GET",
        "/sorts",
        "request: []\nresponse:\n  - {name: items, type: array, presence: required, items: {type: object, fields: [{name: id, type: number, value: 1..9999999, presence: required}, {name: needed, type: string, enum: [\"YES\", \"NO\"], presence: required}]}}\neffects:\n  - {read: sort, list: response.items}\nerrors: []\n",
    )
}

fn resource(c: &mut Choices<'_>, thing: &Thing) -> String {
    let states = if thing.leaves { ", states: [HERE, GONE], left: [GONE]" } else { "" };
    let attributes = if thing.balance {
        c.uses("attribute");
        c.uses("initial");
        ", attributes: {balance: {initial: 0}}"
    } else {
        ""
    };
    format!("{{name: {}, key: key{states}{attributes}}}", thing.name)
}
