//! `konform show`: the request that a case would send. Offline; secrets by name.

use std::fmt::Write as _;

use super::{find_case, panel};
use crate::cli::Failure;
use crate::cli::args::Show;
use crate::cli::config::Config;
use crate::cli::output::Output;
use crate::exchange::fill::Catalogue;
use crate::exchange::{Catalogues, Filling, Means, Prepared, Target, fill, prepare};
use crate::model::address::percent;
use crate::model::wire::{Scheme, Secret};
use crate::model::{Exit, Expect, Hostile, Json};

pub(in crate::cli) fn show(args: &Show, out: &mut Output) -> Result<Exit, Failure> {
    let config = Config::resolve(&args.common)?;
    let plan = config.plan();
    let case = find_case(&plan, &args.case)?;
    let base = config.target.clone();
    let target = match base {
        Some(target) => target,
        None => {
            Target::parse(&format!("http://127.0.0.1:8080{}", config.contract.base_path)).map_err(Failure::usage)?
        }
    };
    let ambient = config.ambient();
    let catalogues = stand_ins(&config);
    let now = ambient.now(&config.contract.zone);
    let mut known = config.credentials.clone();
    for plan in &config.contract.schemes {
        // What only the target gives is shown as its place.
        if let Scheme::OAuthClient(own) = &plan.scheme {
            let token = format!("<token from POST {}>", own.token_path);
            known.insert(own.bearer.token.clone(), Secret::new(plan.id.clone(), token));
        }
    }
    let mut sent: Vec<Json> = Vec::new();
    let mut made: Option<Vec<Vec<String>>> = None;
    for (at, step) in case.steps.iter().enumerate() {
        let answers: Vec<Option<Json>> = vec![None; at];
        let own = Filling::first(&case.id, config.salt, &catalogues, &now);
        let from = Filling { step: at, answers: &answers, sent: &sent, fixtures: &config.contract.fixtures, ..own };
        // What only an earlier answer knows is shown as its place.
        let body = plan.bind(step, &mut |hole| {
            Ok::<_, std::convert::Infallible>(fill(hole, &from).unwrap_or_else(|_| Json::text(format!("<{hole:?}>"))))
        });
        let Ok(tree) = body;
        let wire = &config.contract.endpoints[step.endpoint].wire;
        let means = Means {
            target: &target,
            credentials: &known,
            second: config.second.as_ref(),
            keys: config.keys.as_ref(),
            encrypt: config.encrypt,
            earlier: made.as_deref(),
            ambient: &ambient,
        };
        let request = prepare(wire, tree, step, &means).map_err(|(_, why)| Failure::Usage(why))?;
        sent.push(request.tree.clone());
        made = Some(request.made.clone());
        if case.steps.len() > 1 {
            out.line(&format!("# step {} of {}", at + 1, case.steps.len()));
        }
        if let Some(race) = case.race.as_ref().filter(|_| at + 1 == case.steps.len() && !args.curl) {
            out.line(&format!("# {} times at once, each with a time and number of its own", race.copies));
        }
        if step.hostile.is_some_and(Hostile::raw) && args.curl {
            return Err(Failure::Usage(format!("no HTTP client sends {}: `konform replay` does", case.id)));
        }
        out.text(&if args.curl { curl(&request, args.sign) } else { plain(&request, args.sign) });
    }
    let clauses: Vec<&str> = case.clauses.iter().map(|c| config.contract.clause(*c).id.as_str()).collect();
    if !args.curl {
        let expect = match case.expect() {
            Expect::Accept { .. } => "accepted".to_owned(),
            Expect::Refuse { rows, .. } => {
                let codes: Vec<&str> = rows
                    .iter()
                    .map(|r| config.contract.endpoints[case.probe().endpoint].rows[r.row].code.as_str())
                    .collect();
                if codes.is_empty() {
                    "refused; no source shows the code".to_owned()
                } else {
                    format!("refused with {}", codes.join(" or "))
                }
            }
            Expect::Either { why, .. } => format!("either: {why}"),
        };
        out.line(&format!("\nexpected: {expect}"));
        for clause in clauses {
            out.line(&format!("  {clause}"));
        }
    }
    Ok(Exit::Green)
}

/// Bytes of a spoilt body that are shown.
const SHOWN: usize = 200;

/// Catalogues are read from the target; offline a made-up entry stands in.
fn stand_ins(config: &Config) -> Catalogues {
    let mut made = Catalogues::new();
    for resource in config.contract.resources.iter().filter(|r| r.catalogue) {
        let mut members = vec![(resource.key.as_str().into(), Json::number("1"))];
        for endpoint in &config.contract.endpoints {
            for field in &endpoint.request {
                if let Some(crate::model::field::Sample::Catalogue { resource: r, attribute, value }) = &field.sample {
                    if *r == resource.name {
                        members.push((attribute.as_str().into(), Json::text(value.clone())));
                    }
                }
            }
        }
        made.insert(
            resource.name.clone(),
            Ok(Catalogue { key: resource.key.clone(), entries: vec![Json::Object(members)] }),
        );
    }
    made
}

/// Header value for people: secrets by name, tokens only if asked for.
fn header(request: &Prepared, name: &str, value: &str, sign: bool) -> String {
    let plan = request.wire.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
    match plan.and_then(|p| p.secret.as_ref()) {
        Some(secret) if !(sign && request.shows_caller(name).is_some()) => format!("${secret}"),
        _ => value.to_owned(),
    }
}

/// The address for people, cut where a secret stands in it: each piece but the last is followed by that secret's name.
fn address(request: &Prepared, sign: bool) -> (Vec<String>, Vec<String>) {
    let (mut pieces, mut names) = (vec![request.url.clone()], Vec::new());
    for (id, value) in request.queried().filter(|(_, value)| !sign && !value.is_empty()) {
        let last = pieces.pop().unwrap_or_default();
        // It was written at the end of the query.
        let (before, after) = last.rsplit_once(&format!("={}", percent(value))).unwrap_or((&last, ""));
        if before.len() < last.len() {
            pieces.extend([format!("{before}="), after.to_owned()]);
            names.push(format!("${id}"));
        } else {
            pieces.push(last);
        }
    }
    (pieces, names)
}

fn plain(request: &Prepared, sign: bool) -> String {
    let (pieces, mut names) = address(request, sign);
    names.push(String::new());
    let url: String = pieces.into_iter().zip(names).map(|(piece, name)| piece + &name).collect();
    let mut out = format!("{} {url}\n", request.method);
    for (name, value) in &request.headers {
        // Writing to a String can't fail.
        let _ = writeln!(out, "{name}: {}", header(request, name, value, sign));
    }
    match request.hostile {
        None => {
            if request.wire.has_body {
                let body = request.tree.without(&request.wire.addressed(&request.tree));
                let _ = writeln!(out, "\n{}", panel::pretty(&body, 0));
            }
        }
        Some(kind) => {
            let head: String = request.body.escape_ascii().to_string().chars().take(SHOWN).collect();
            let more = if request.body.len() > SHOWN { "..." } else { "" };
            let framing = if kind.raw() { format!(", sent as {}", kind.word()) } else { String::new() };
            let _ = writeln!(out, "\n{head}{more}\n# {} bytes{framing}", request.body.len());
        }
    }
    out
}

/// Longer bodies make curl ask first whether they are welcome.
const ASKS: usize = 1 << 20;

/// The command that sends the same bytes: what curl adds by itself and the request has not is taken away.
fn curl(request: &Prepared, sign: bool) -> String {
    let quote = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let has = |name: &str| request.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let text = std::str::from_utf8(&request.body).ok().filter(|text| !text.contains('\0') && !text.starts_with('@'));
    let data = !request.body.is_empty() || has("content-length");
    let mut out = String::new();
    if text.is_none() {
        out = format!("printf '{}' | ", octal(&request.body));
    }
    let version = match request.version {
        "HTTP/2" if request.url.starts_with("https:") => " --http2",
        "HTTP/2" => " --http2-prior-knowledge",
        _ if request.url.starts_with("https:") => " --http1.1",
        _ => "",
    };
    // By itself curl would take brackets for lists of addresses, and dots for the folder above.
    let plain = if request.url.contains(['[', ']', '{', '}']) { " -g" } else { "" };
    let dots = if request.url.contains("/.") { " --path-as-is" } else { "" };
    // Writing to a String can't fail.
    let (pieces, names) = address(request, sign);
    let mut pieces = pieces.iter().map(|piece| if piece.is_empty() { String::new() } else { quote(piece) });
    // A secret stays a variable of the shell: double quotes.
    let first = pieces.next().unwrap_or_default();
    let url = names.iter().zip(pieces).fold(first, |url, (name, piece)| format!("{url}\"{name}\"{piece}"));
    let _ = write!(out, "curl -sS{version}{plain}{dots} -X {} {url}", request.method);
    for (name, value) in &request.headers {
        // curl writes the same two itself, and counts.
        let counted = name.eq_ignore_ascii_case("content-length") && *value == request.body.len().to_string();
        let host = name.eq_ignore_ascii_case("host") && Some(value.as_str()) == authority(&request.url);
        if counted || host {
            continue;
        }
        let shown = header(request, name, value, sign);
        let text = match shown.as_str() {
            // A header without a value is written so.
            "" => quote(&format!("{name};")),
            // A secret stays a variable of the shell: double quotes.
            _ if shown.starts_with('$') => format!("\"{name}: {shown}\""),
            _ => quote(&format!("{name}: {shown}")),
        };
        let _ = write!(out, " \\\n  -H {text}");
    }
    let mut none = vec!["User-Agent", "Accept", "Host"];
    none.extend(data.then_some("Content-Type"));
    none.extend((request.body.len() >= ASKS).then_some("Expect"));
    for name in none.into_iter().filter(|name| !has(name) && (request.version != "HTTP/2" || *name != "Host")) {
        let _ = write!(out, " \\\n  -H '{name}:'");
    }
    match text {
        _ if !data => {}
        Some(text) => {
            let _ = write!(out, " \\\n  --data-binary {}", quote(text));
        }
        None => out.push_str(" \\\n  --data-binary @-"),
    }
    out.push('\n');
    out
}

/// Host and port of a URL.
fn authority(url: &str) -> Option<&str> {
    url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next())
}

/// Bytes as `printf` of any shell writes them.
fn octal(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(*byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(out, "\\{byte:03o}");
        }
    }
    out
}
