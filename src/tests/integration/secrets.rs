//! Secrets of generated contracts, of every JSON type and in every place of request and answer: in no file and on no screen.
//!
//! `KONFORM_SECRETS=200 cargo test --release --test integration secrets::` tries so many contracts; without it there are six.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::evidence::konform;
use super::lab::Folder;
use super::leaks::files;
use super::raw_server::{Asked, Said, Server};

/// Shorter values may stand anywhere by chance.
const SHORT: usize = 6;

/// A generator of its own, so that a number names a contract and a server.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % n
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// A secret that nobody can have by chance, as the text of a JSON value.
fn text(draw: &mut Draw, known: &Mutex<BTreeSet<String>>) -> String {
    let secret = format!("zq{:07}-{:05}vx", draw.below(10_000_000), draw.below(100_000));
    known.lock().expect("a lock").insert(secret.clone());
    secret
}

/// A value of any type that holds secrets wherever it can.
fn any(draw: &mut Draw, known: &Mutex<BTreeSet<String>>, depth: usize) -> Value {
    match draw.below(if depth > 2 { 4 } else { 7 }) {
        0 | 1 => Value::from(text(draw, known)),
        2 => {
            let number = 70_000_000_000_u64 + draw.below(1_000_000_000) as u64 * 37;
            known.lock().expect("a lock").insert(number.to_string());
            Value::from(number)
        }
        3 => Value::from(true),
        4 => Value::from(vec![any(draw, known, depth + 1), any(draw, known, depth + 1)]),
        5 => json!({ (text(draw, known)): any(draw, known, depth + 1) }),
        _ => json!({"inner": any(draw, known, depth + 1), "pin": text(draw, known)}),
    }
}

/// What stands for an object that holds a secret, in another form than the contract says.
fn in_the_way(draw: &mut Draw, known: &Mutex<BTreeSet<String>>, name: &str) -> Value {
    match draw.below(4) {
        0 => Value::from(text(draw, known)),
        1 => json!([text(draw, known), text(draw, known)]),
        2 => json!([[{ (name): any(draw, known, 0) }]]),
        _ => json!([{ (name): any(draw, known, 0) }, text(draw, known)]),
    }
}

/// A field of a request with a secret in it, and where that stands in the body.
fn request_field(draw: &mut Draw, nth: usize) -> (String, String) {
    let kind = draw.pick(&["type: string, length: 8..24", "type: number, value: 10000000..99999999"]);
    let word = draw.pick(&["password", "identity", "token"]);
    let secret = format!("{{name: s{nth}, {kind}, presence: required, secret: {word}}}");
    match draw.below(3) {
        0 => (secret, format!("/s{nth}")),
        1 => (
            format!("{{name: o{nth}, type: object, presence: required, fields: [{secret}]}}"),
            format!("/o{nth}/s{nth}"),
        ),
        _ => (
            format!("{{name: l{nth}, type: array, presence: required, items: {{type: object, fields: [{secret}]}}}}"),
            format!("/l{nth}/0/s{nth}"),
        ),
    }
}

fn contract(folder: &Folder, draw: &mut Draw) -> Vec<String> {
    let path = folder.0.join("small");
    fs::create_dir_all(&path).expect("a folder");
    let api = "konform: 1\nid: small\ntitle: Small\nversion: v1\nbase_path: /v1\nlength_unit: code-points\n\
               envelope: {code: error.code, message: error.message, on: refusals}\nsuccess: {status: 200}\n\
               credentials: [{name: token, length: 32, secret: true}]\n\
               auth: [{id: bearer, scheme: bearer, credential: token, says: a bearer token}]\n\
               request_headers: [{name: Authorization, presence: required, length: unseen, send: \"{auth}\"}]\nresources: []\n";
    fs::write(path.join("api.yaml"), api).expect("written");
    let fields: Vec<(String, String)> = (0..=draw.below(3)).map(|nth| request_field(draw, nth)).collect();
    let rows: Vec<String> = fields.iter().map(|(row, _)| format!("- {row}\n")).collect();
    let endpoint = format!(
        "konform: 1\nid: keep\ntitle: Keep\nmethod: POST\npath: /keep\nerrors: []\nrequest:\n- {{name: plain, type: string, presence: required, length: 1..40}}\n{}\
         response:\n- {{name: note, type: string, presence: optional, length: 0..400}}\n\
         - {{name: given, type: string, presence: optional, length: 1..40, secret: token}}\n\
         - {{name: box, type: object, presence: optional, fields: [{{name: pin, type: string, presence: optional, length: 1..40, secret: password}}]}}\n\
         - {{name: cards, type: array, presence: optional, items: {{type: object, fields: [{{name: no, type: string, presence: optional, length: 1..40, secret: identity}}]}}}}\n",
        rows.concat()
    );
    fs::write(path.join("keep.yaml"), endpoint).expect("written");
    fields.into_iter().map(|(_, at)| at).collect()
}

/// An answer that shows secrets of its own where they may stand, in any type, and shows them and the request's again elsewhere.
fn answer(draw: &mut Draw, known: &Mutex<BTreeSet<String>>, asked: &Asked, places: &[String]) -> Said {
    let request: Value = serde_json::from_slice(&asked.call.body).unwrap_or_default();
    let sent: Vec<String> = places
        .iter()
        .filter_map(|at| match request.pointer(at)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
        // Words of konform's own catalogues stand in other fields too, and the bounds in what the contract says.
        .filter(|text| text.bytes().all(|b| b.is_ascii_alphanumeric()))
        .filter(|text| !["0000000", "9999999", "bcdef"].iter().any(|usual| text.contains(usual)))
        .filter(|text| text.len() >= SHORT && text.bytes().collect::<BTreeSet<_>>().len() >= SHORT)
        .collect();
    known.lock().expect("a lock").extend(sent.iter().cloned());
    let own = text(draw, known);
    let mut body = json!({
        "given": own,
        "box": {"pin": any(draw, known, 0)},
        "cards": [{"no": any(draw, known, 0)}, in_the_way(draw, known, "no"), {"no": any(draw, known, 0)}],
        "note": format!("{own} was given"),
    });
    if draw.below(3) == 0 {
        body["box"] = in_the_way(draw, known, "pin");
    }
    let echo = sent.first().cloned().unwrap_or_default();
    match draw.below(6) {
        0 => body["note"] = Value::from(format!("you sent {echo}")),
        1 => body[format!("x-{echo}")] = Value::from(echo.clone()),
        2 => body["error"] = json!({"code": "odd", "message": format!("{echo} is odd")}),
        _ => {}
    }
    let mut bytes = body.to_string();
    if draw.below(5) == 0 {
        // Cut off somewhere, within a secret or not.
        let at = 20 + draw.below(bytes.len() - 20);
        bytes.truncate((0..=at).rev().find(|at| bytes.is_char_boundary(*at)).unwrap_or(0));
    }
    // Where the answer does not show it at its place, nobody can know that it is a secret.
    let own = if bytes.contains(&own) { own } else { String::new() };
    let status = [200, 200, 200, 400, 500][draw.below(5)];
    let said = Said::json(status, &bytes);
    if draw.below(4) == 0 { said.with("X-Debug", &format!("{own} {echo}")) } else { said }
}

#[test]
fn no_secret_of_any_type_stands_in_a_file_or_on_a_screen() {
    let contracts = std::env::var("KONFORM_SECRETS").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    for seed in 0..contracts {
        let mut draw = Draw(seed);
        let folder = Folder::new();
        let places = contract(&folder, &mut draw);
        let known: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let (seen, draw) = (Arc::clone(&known), Mutex::new(draw));
        let server = Server::start(move |asked| Some(answer(&mut draw.lock().expect("a lock"), &seen, asked, &places)));
        let target = format!("http://{}", server.address);
        // What is drawn stands in the evidence, so that it can be sent again: konform has made it up, and it is nobody's.
        let line = "run --contract small --out out --events events.jsonl --timeout 5 --skip *::fuzz::* --target";
        let args: Vec<&str> = line.split(' ').chain([target.as_str()]).collect();
        let (code, mut screen) = konform(&folder.0, &args);
        assert!(code == 1 || code == 3, "{seed}: {code} {screen}");
        for format in ["sarif", "har", "markdown", "ctrf", "tap"] {
            screen += &konform(&folder.0, &["report", "out", "--as", format]).1;
        }
        let mut all = vec![("the screen".to_owned(), screen)];
        files(&folder.0, &mut all);
        let known = known.lock().expect("a lock");
        assert!(known.len() > 10, "{} secrets", known.len());
        for (name, text) in &all {
            let found = known.iter().find(|secret| text.contains(secret.as_str()));
            let place = found.and_then(|secret| text.find(secret.as_str()));
            let around = place
                .map(|at| text[..at].chars().rev().take(300).collect::<String>().chars().rev().collect::<String>());
            assert!(found.is_none(), "contract {seed}: {name} shows {found:?} behind {around:?}");
        }
    }
}
