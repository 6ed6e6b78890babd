//! A resource and the calls that make, show, list, change, check and end it.

use super::choices::Choices;
use super::values::{Key, Shown, key, kind, presence, text};

/// One resource and the calls that make, show, list, change and end it.
pub(super) struct Thing {
    pub(super) name: String,
    key: Key,
    /// It has a state that counts as gone.
    pub(super) leaves: bool,
    owner: Option<(String, String)>,
    shown: Vec<Shown>,
    pub(super) balance: bool,
    /// It has a secret that a call checks.
    pin: bool,
}

impl Thing {
    fn own_key(&self, place: &str) -> String {
        format!("{{name: key, {place}{}, presence: required, ref: {}.key}}", self.key.kind, self.name)
    }
}

/// A file of the contract.
pub(super) fn endpoint(id: &str, method: &str, path: &str, rest: &str) -> (String, String) {
    (format!("{id}.yaml"), format!("konform: 1\nid: {id}\ntitle: {id}\nmethod: {method}\npath: {path}\n{rest}"))
}

pub(super) fn list(rows: &[String]) -> String {
    if rows.is_empty() {
        return " []\n".to_owned();
    }
    rows.iter().fold("\n".to_owned(), |text, row| text + "  - " + row + "\n")
}

/// The rows of errors about the input that a call may have.
fn input_rows(c: &mut Choices<'_>, fields: &[Shown]) -> Vec<String> {
    let mut rows = Vec::new();
    let bounded =
        |f: &&Shown| f.required && f.kind.starts_with("type: string, length: ") && !f.kind.contains("length: 0");
    let closed = |f: &&Shown| !["value:", "unseen", "conflict", "sample"].iter().any(|word| f.kind.contains(word));
    let first = fields.iter().find(|f| bounded(f) && closed(f));
    if let Some(field) = first.filter(|_| c.once_in(2)) {
        c.uses("empty");
        c.uses("missing");
        c.uses("documented_for");
        rows.push(format!(
            "{{status: 422, code: empty, message: \"{{field}} is empty\", when: {{empty: any}}, documented_for: [{}]}}",
            field.name
        ));
        rows.push(format!(
            "{{status: 422, code: missing, message: \"{{field}} is missing\", when: {{missing: any}}, documented_for: [{}]}}",
            field.name
        ));
        rows.push(
            "{status: 422, code: length, message: \"{field} has {min} to {max} characters\", when: {length: any}}"
                .to_owned(),
        );
    }
    if c.once_in(2) {
        c.uses("invalid");
        rows.push("{status: 400, code: invalid, message: \"{field} is not valid\", when: {invalid: any}}".to_owned());
    }
    rows
}
/// Draws a resource and the calls that there are for it.
pub(super) fn thing(c: &mut Choices<'_>, name: &str, owner: Option<&Thing>) -> (Thing, Vec<(String, String)>) {
    let mut thing = Thing {
        name: name.to_owned(),
        key: key(c),
        leaves: c.once_in(2),
        owner: owner.map(|o| (o.name.clone(), o.key.kind.clone())),
        shown: Vec::new(),
        balance: c.once_in(4),
        pin: c.once_in(4),
    };
    let mut files = Vec::new();
    making(c, &mut thing, &mut files);
    showing(c, &thing, &mut files);
    if c.once_in(2) {
        listing(c, &thing, &mut files);
    }
    if c.once_in(2) {
        changing(c, &thing, &mut files);
    }
    if thing.balance {
        paying(c, &thing, &mut files);
    }
    if thing.pin {
        checking(c, &thing, &mut files);
    }
    if thing.leaves {
        ending(c, &thing, &mut files);
    }
    (thing, files)
}

/// Rows of a request that say what a new instance is; what an answer may show of them becomes part of the resource.
fn described(c: &mut Choices<'_>, thing: &mut Thing) -> Vec<String> {
    let mut request = Vec::new();
    for nth in 0..c.of(5) {
        let kind = kind(c, 0);
        let nullable = c.once_in(6) && !kind.contains("type: object");
        let presence = presence(c);
        let required = presence == "required" && !nullable;
        let eight = kind.starts_with("type: string, length: 8");
        let secret = if eight || (kind.contains("charset: digits") && c.once_in(2)) {
            c.uses("secret");
            ", secret: password"
        } else {
            ""
        };
        let null = if nullable {
            c.uses("nullable");
            ", nullable: true"
        } else {
            ""
        };
        request.push(format!("{{name: f{nth}, {kind}, presence: {presence}{null}{secret}}}"));
        if secret.is_empty() && !kind.contains("open:") && !kind.contains("observed") {
            thing.shown.push(Shown { name: format!("f{nth}"), kind, required });
        }
    }
    let coloured = thing.shown.iter().find(|f| f.kind.starts_with("type: string, enum: [RED, GREEN]"));
    if let Some(first) = coloured.filter(|_| c.once_in(2)) {
        c.uses("required_if");
        request.push(format!(
            "{{name: extra, type: string, length: 1..20, presence: {{required_if: {{{}: RED}}}}}}",
            first.name
        ));
    }
    request
}

fn making(c: &mut Choices<'_>, thing: &mut Thing, files: &mut Vec<(String, String)>) {
    c.uses("create");
    let chosen = thing.key.chosen;
    let (mut request, mut errors, mut set) = (Vec::new(), Vec::new(), Vec::new());
    if chosen {
        c.uses("unique");
        request.push(format!("{{name: key, in: path, {}, presence: required}}", thing.key.kind));
    }
    if let Some((owner, kind)) = &thing.owner {
        c.uses("owner");
        c.uses("unknown");
        request.push(format!("{{name: owner, {kind}, presence: required, ref: {owner}.key}}"));
        let left = if c.once_in(2) { "owner" } else { "{owner: [never, left]}" };
        errors.push(format!(
            "{{status: 404, code: no-{owner}, message: \"there is no such {owner}\", when: {{unknown: {left}}}}}"
        ));
        set.push(format!("{owner}: owner"));
    }
    request.extend(described(c, thing));
    errors.extend(input_rows(c, &thing.shown));
    if chosen {
        c.uses("taken");
        errors.push("{status: 409, code: taken, message: \"the key is taken\", when: {taken: key}}".to_owned());
    }
    set.extend(thing.shown.iter().map(|f| format!("{0}: {0}", f.name)));
    if thing.pin {
        request.push(PIN.to_owned());
        set.push("pin: pin".to_owned());
    }
    if c.once_in(5) {
        c.uses("catalogue");
        request.push(KINDS.to_owned());
        if c.once_in(2) {
            c.uses("lacks");
            errors.push(
                "{status: 400, code: kinds-missing, message: no, when: {lacks: {kinds: {sort.needed: \"YES\"}}}}"
                    .to_owned(),
            );
        }
    }
    if c.once_in(4) {
        c.uses("literal");
        set.push("origin: call".to_owned());
    }
    let mut response = vec![thing.key.shown()];
    if c.once_in(3) {
        let kind = kind(c, 0);
        let presence = presence(c);
        response.push(format!("{{name: said, {kind}, presence: {presence}}}"));
    }
    let (given, unique) = if chosen { ("key", ", unique: [key]") } else { ("response.key", "") };
    let name = &thing.name;
    let (method, path) = if chosen { ("PUT", format!("/{name}s/{{key}}")) } else { ("POST", format!("/{name}s")) };
    files.push(endpoint(
        &format!("{name}-add"),
        method,
        &path,
        &format!(
            "request:{}response:{}effects:\n  - {{create: {name}, key: {given}{unique}, set: {{{}}}}}\nsuccess: {{status: {}}}\nerrors:{}",
            list(&request),
            list(&response),
            set.join(", "),
            c.pick(&["201", "200"]),
            list(&errors)
        ),
    ));
}

fn showing(c: &mut Choices<'_>, thing: &Thing, files: &mut Vec<(String, String)>) {
    c.uses("read");
    c.uses("unknown");
    let name = &thing.name;
    let mut answer = vec![format!("key: {name}.key")];
    answer.extend(thing.shown.iter().filter(|f| f.scalar()).map(|f| format!("{0}: {name}.{0}", f.name)));
    let mut response = vec![thing.key.shown()];
    response.extend(thing.shown.iter().map(Shown::row));
    if thing.balance {
        response.push("{name: balance, type: number, presence: required, value: 0..9999999999}".to_owned());
        answer.push(format!("balance: {name}.balance"));
    }
    let hidden = thing.leaves && c.once_in(2);
    let present = match (thing.leaves, hidden) {
        (true, true) => {
            c.uses("present");
            ", present: true"
        }
        (true, false) => {
            c.uses("present false");
            ", present: false"
        }
        _ => "",
    };
    let unknown = if hidden { "{key: [never, left]}" } else { "key" };
    let (path, place) = if c.once_in(4) {
        c.uses("key in the query");
        (format!("/{name}-details"), "in: query, ")
    } else {
        (format!("/{name}s/{{key}}"), "in: path, ")
    };
    files.push(endpoint(
        &format!("{name}-get"),
        "GET",
        &path,
        &format!(
            "request:{}response:{}effects:\n  - {{read: {name}, by: key{present}, answer: {{{}}}}}\nerrors:{}",
            list(&[thing.own_key(place)]),
            list(&response),
            answer.join(", "),
            list(&[format!(
                "{{status: 404, code: no-{name}, message: \"there is no such {name}\", when: {{unknown: {unknown}}}}}"
            )])
        ),
    ));
}

fn listing(c: &mut Choices<'_>, thing: &Thing, files: &mut Vec<(String, String)>) {
    c.uses("list");
    let name = &thing.name;
    let mut request = Vec::new();
    let mut more = String::new();
    if c.once_in(3) {
        c.uses("page");
        c.uses("size");
        request.push("{name: page, in: query, type: number, presence: optional, value: 1..1000}".to_owned());
        request.push("{name: size, in: query, type: number, presence: optional, value: 1..100}".to_owned());
        more += ", size: size, page: page";
    }
    if let Some((owner, kind)) = thing.owner.as_ref().filter(|_| c.of(3) > 0) {
        c.uses("list of");
        request.push(format!("{{name: owner, in: query, {kind}, presence: required, ref: {owner}.key}}"));
        more.extend([", of: ", owner.as_str()]);
    }
    if c.once_in(3) {
        c.uses("list in the query");
        let form = c.pick(&["", ", list: comma", ", list: pipe", ", list: space"]);
        request.push(format!(
            "{{name: tags, in: query, type: array, presence: optional, items: {{type: string, length: 1..8}}{form}}}"
        ));
    }
    if let Some(field) =
        thing.shown.iter().find(|f| f.required && f.kind.starts_with("type: number")).filter(|_| c.once_in(2))
    {
        c.uses("narrowed_by");
        request.push(format!("{{name: only, in: query, {}, presence: optional}}", field.kind));
        more.extend([", narrowed_by: {only: ", field.name.as_str(), "}"]);
    }
    if c.once_in(3) {
        c.uses("query");
        let kind = text(c);
        request.push(format!("{{name: q, in: query, {kind}, presence: optional}}"));
    }
    let rows: Vec<String> = std::iter::once(thing.key.shown()).chain(thing.shown.iter().map(Shown::row)).collect();
    let echoed = thing.shown.iter().filter(|f| f.scalar());
    let answer: Vec<String> = echoed.map(|f| format!("{0}: {name}.{0}", f.name)).collect();
    let answer = if answer.is_empty() { String::new() } else { format!(", answer: {{{}}}", answer.join(", ")) };
    files.push(endpoint(
        &format!("{name}-list"),
        "GET",
        &format!("/{name}s"),
        &format!(
            "request:{}response:\n  - {{name: items, type: array, presence: required, items: {{type: object, fields: [{}]}}}}\neffects:\n  - {{read: {name}, list: {{at: response.items, item: key{more}}}{answer}}}\nerrors: []\n",
            list(&request),
            rows.join(", ")
        ),
    ));
}

fn changing(c: &mut Choices<'_>, thing: &Thing, files: &mut Vec<(String, String)>) {
    let name = &thing.name;
    let Some(field) = thing.shown.iter().find(|f| f.required && !f.kind.starts_with("type: array")) else { return };
    if field.kind.starts_with("type: object") {
        return;
    }
    c.uses("update");
    let method = c.pick(&["PATCH", "POST", "PUT"]);
    let mut errors = vec![format!(
        "{{status: 404, code: no-{name}, message: \"there is no such {name}\", when: {{unknown: {{key: [never, left]}}}}}}"
    )];
    errors.extend(input_rows(c, &[]));
    files.push(endpoint(
        &format!("{name}-change"),
        method,
        &format!("/{name}s/{{key}}/{}", field.name),
        &format!(
            "request:{}response: []\neffects:\n  - {{update: {name}, by: key, set: {{{field}: {field}}}}}\nsuccess: {{status: {}}}\nerrors:{}",
            list(&[thing.own_key("in: path, "), format!("{{name: {}, {}, presence: required}}", field.name, field.kind)]),
            c.pick(&["200", "204"]),
            list(&errors),
            field = field.name,
        ),
    ));
}

fn paying(c: &mut Choices<'_>, thing: &Thing, files: &mut Vec<(String, String)>) {
    c.uses("add to an attribute");
    c.uses("subtract");
    c.uses("where");
    let name = &thing.name;
    let hazard = if c.once_in(2) {
        c.uses("hazard");
        c.uses("money");
        "hazard: money\n"
    } else {
        ""
    };
    let unknown =
        format!("{{status: 404, code: no-{name}, message: \"no\", when: {{unknown: {{key: [never, left]}}}}}}");
    let amount = "{name: amount, type: number, presence: required, value: 1..1000}".to_owned();
    files.push(endpoint(
        &format!("{name}-pay-in"),
        "POST",
        &format!("/{name}s/{{key}}/in"),
        &format!(
            "{hazard}request:{}response: []\neffects:\n  - {{update: {name}, by: key, add: {{balance: amount}}}}\nerrors:{}",
            list(&[thing.own_key("in: path, "), amount.clone()]),
            list(std::slice::from_ref(&unknown))
        ),
    ));
    files.push(endpoint(
        &format!("{name}-pay-out"),
        "POST",
        &format!("/{name}s/{{key}}/out"),
        &format!(
            "{hazard}request:{}response: []\neffects:\n  - {{update: {name}, by: key, subtract: {{balance: amount}}}}\nerrors:{}",
            list(&[thing.own_key("in: path, "), amount]),
            list(&[
                unknown,
                format!("{{status: 409, code: too-little, message: \"too little\", when: {{where: {{{name}.balance: {{below: request.amount}}}}}}}}")
            ])
        ),
    ));
}

/// The row of a list of catalogue entries of which some are needed.
const KINDS: &str = "{name: kinds, type: array, presence: required, items: {type: number, value: 1..9999999, ref: sort.id}, sample: {catalogue: sort, where: {needed: \"YES\"}}}";

/// The row of a secret that is told from another one by all of its six digits.
const PIN: &str =
    "{name: pin, type: string, length: 6, charset: digits, presence: required, secret: password, sample: \"904317\"}";

fn checking(c: &mut Choices<'_>, thing: &Thing, files: &mut Vec<(String, String)>) {
    c.uses("equals");
    c.uses("mismatch");
    let name = &thing.name;
    let mut errors = vec![
        format!("{{status: 404, code: no-{name}, message: \"no\", when: {{unknown: {{key: [never, left]}}}}}}"),
        "{status: 403, code: wrong-pin, message: \"the pin is another\", when: {mismatch: pin}}".to_owned(),
    ];
    if c.once_in(2) {
        c.uses("attempts");
        errors.push(format!(
            "{{status: 423, code: locked, message: \"locked\", when: {{attempts: {{code: wrong-pin, per: {name}, limit: unseen}}}}}}"
        ));
    }
    let pin =
        format!("{{name: pin, type: string, length: 6, presence: required, equals: {name}.pin, secret: password}}");
    // Nobody is asked before the instance is shown to be there.
    let order = match c.of(3) {
        1 => {
            c.uses("needs");
            format!("needs: [{name}]\n")
        }
        2 => {
            c.uses("after");
            format!("after: [{name}-get]\n")
        }
        _ => String::new(),
    };
    files.push(endpoint(
        &format!("{name}-check"),
        "POST",
        &format!("/{name}s/{{key}}/check"),
        &format!(
            "{order}request:{}response: []\neffects:\n  - {{read: {name}, by: key}}\nerrors:{}",
            list(&[thing.own_key("in: path, "), pin]),
            list(&errors)
        ),
    ));
}

fn ending(c: &mut Choices<'_>, thing: &Thing, files: &mut Vec<(String, String)>) {
    let name = &thing.name;
    let by_state = c.once_in(2);
    let mut errors = vec![format!(
        "{{status: 404, code: no-{name}, message: \"there is no such {name}\", when: {{unknown: {}}}}}",
        if by_state { "key" } else { "{key: [never, left]}" }
    )];
    if by_state {
        c.uses("state");
        errors.push(format!(
            "{{status: 409, code: gone-already, message: \"it is gone already\", when: {{state: {{{name}: GONE}}}}}}"
        ));
    }
    let effect = if c.once_in(3) && !by_state {
        c.uses("delete");
        format!("{{delete: {name}, by: key}}")
    } else {
        c.uses("update");
        format!("{{update: {name}, by: key, state: GONE}}")
    };
    let mut request = vec![thing.own_key("in: path, ")];
    if c.once_in(4) {
        c.uses("body of DELETE");
        request.push("{name: reason, type: string, presence: optional, length: 1..40}".to_owned());
    }
    let status = c.pick(&["204", "200"]);
    if status == "204" {
        c.uses("success 204");
    }
    files.push(endpoint(
        &format!("{name}-end"),
        "DELETE",
        &format!("/{name}s/{{key}}"),
        &format!(
            "request:{}response: []\neffects:\n  - {effect}\nsuccess: {{status: {status}}}\nerrors:{}",
            list(&request),
            list(&errors)
        ),
    ));
}
