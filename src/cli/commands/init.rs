//! `konform init`: a profile for a target, written after asking it what it has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::{block_on, run};
use crate::cli::Failure;
use crate::cli::args::Init;
use crate::cli::config::{self, Config};
use crate::cli::contracts;
use crate::cli::output::Output;
use crate::cli::words::Place;
use crate::contract::behaviour::{Operand, Source, Test};
use crate::contract::profile::SecretSource;
use crate::contract::{Contract, Endpoint, Environment, Profile, Row, When};
use crate::exchange::Target;
use crate::model::fixture::{Part, Planted};
use crate::model::{Exit, Field, Fixture, Json, Kind};
use crate::plan::Plan;
use crate::runner::{Options, Pools, Runner, Served};

/// Clause ids that a wanted fixture names at most.
const NAMED: usize = 3;

/// What an endpoint was found to be.
struct Asked {
    served: Served,
    /// What a legal look-up came to, if one was sent.
    look: Option<Result<(), String>>,
}

/// A fixture that the plan has a use for.
struct Wanted {
    fixture: Fixture,
    clauses: BTreeSet<String>,
    /// How many of them the plan would need.
    count: u64,
}

pub(in crate::cli) fn init(args: &Init, out: &mut Output) -> Result<Exit, Failure> {
    let Some(url) = &args.common.target else {
        return Err(Failure::Usage("init needs --target URL: it writes a profile for that target".to_owned()));
    };
    if args.common.profile.is_some() {
        return Err(Failure::Usage("init writes a profile and reads none: leave --profile out".to_owned()));
    }
    if args.out.exists() {
        return Err(Failure::Usage(format!(
            "{} is there: init overwrites no file, name another with --out",
            args.out.display()
        )));
    }
    let target = Target::parse(url).map_err(Failure::usage)?;
    let environment = match args.environment {
        Some(Place::Uat) => Environment::Uat,
        Some(Place::Sandbox) | None => Environment::Sandbox,
    };
    let names = contracts::find(args.common.contract.as_deref(), None)?.contract;
    let target = target.below(&names.base_path);
    let variables: Vec<(String, String)> =
        names.credentials.iter().map(|c| (c.name.clone(), variable(&names.id, &c.name))).collect();
    let missing: Vec<&str> =
        variables.iter().filter(|(_, v)| std::env::var_os(v).is_none()).map(|(_, v)| v.as_str()).collect();
    let local = config::connection(&args.common)?.stays_here(&target);
    let known = missing.is_empty() && !variables.is_empty();
    // Without all of them the requests carry what is nobody's: they are sent without their signature anyway.
    let credentials = variables.iter().map(|(name, variable)| {
        let source = if known { SecretSource::Env(variable.clone()) } else { SecretSource::Plain("nobody".to_owned()) };
        (name.clone(), source)
    });
    let profile = Profile {
        file: args.out.display().to_string(),
        hosts: vec![target.host().to_owned()],
        environment: Some(environment),
        credentials: if local && !known { BTreeMap::new() } else { credentials.collect() },
        ..Profile::default()
    };
    let config = Config::with(&args.common, Some(profile), None)?;
    let asks = local || args.environment.is_some();
    let asked = if asks { ask(&config, local || known)? } else { Vec::new() };
    let silent = asked.iter().find_map(|a| if let Served::Silent(why) = &a.served { Some(why) } else { None });
    let answers = asked.iter().any(|a| !matches!(a.served, Served::Silent(_) | Served::NotAsked));
    if let Some(why) = silent.filter(|_| !answers) {
        Output::problem(&format!("no endpoint answers at {} ({why}): no profile was written", target.base()));
        return Ok(Exit::Unclear);
    }
    let text = write(&config, &target, (&variables, &missing), &asked, args)?;
    create(&args.out, &text)?;
    let answering = asked.iter().filter(|a| matches!(a.served, Served::Yes(_))).count();
    let endpoints = config.contract.endpoints.len();
    out.line(&if asks {
        format!("{answering} of {endpoints} endpoints answer at {}", target.base())
    } else {
        format!(
            "{} was asked nothing: it is not this machine, so say --environment sandbox or uat; in production nothing is asked",
            target.host()
        )
    });
    let file = args.out.display();
    out.line(&format!("wrote {file}; then: konform check --target {} --profile {file}", target.written()));
    Ok(Exit::Green)
}

/// Name of the environment variable for a credential.
fn variable(contract: &str, credential: &str) -> String {
    let mut out = contract.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    out.push('_');
    for c in credential.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(if c.is_ascii_alphanumeric() { c } else { '_' });
    }
    out.to_ascii_uppercase()
}

/// Asks every endpoint of the contract; looks things up only with credentials.
fn ask(config: &Config, known: bool) -> Result<Vec<Asked>, Failure> {
    let (_, rate, _) = run::pace(config, None);
    block_on(async {
        let (target, http, _) = config.connect().await?;
        let options = Options { rate, ..Options::default() };
        let runner = Runner::new(config.plan(), http, config.access(target), config.ambient(), options, Arc::default());
        let mut asked = Vec::new();
        for (at, endpoint) in config.contract.endpoints.iter().enumerate() {
            let served = if endpoint.closed.is_some() && endpoint.path.is_empty() {
                Served::NotAsked
            } else {
                runner.ask(at).await
            };
            let there = matches!(served, Served::Yes(_) | Served::Unclear(_) | Served::NotAsked);
            let look = if known && there { runner.look(at).await } else { None };
            asked.push(Asked { served, look });
        }
        Ok(asked)
    })
}

fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::write(path.display(), e);
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

/// The profile's text.
fn write(
    config: &Config,
    target: &Target,
    (variables, missing): (&[(String, String)], &[&str]),
    asked: &[Asked],
    args: &Init,
) -> Result<String, Failure> {
    let contract = &config.contract;
    let host = json!(target.host());
    let place = if args.environment == Some(Place::Uat) { "uat" } else { "sandbox" };
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = write!(
        out,
        "# What is known of {} as a target of the contract `{}`, written by `konform init`.\n\
         # Lines that begin with `# ` are not in force: fill in what you know and take the sign away.\n\
         # `konform check` says what a run with this profile would test, and what it lacks.\n\
         konform: 1\nname: {host}\n\n# Requests go to this host only.\nhosts: [{host}]\nenvironment: {place}\n",
        target.base(),
        contract.id
    );
    secrets(&mut out, config.local(), variables, missing);
    endpoints(&mut out, contract, asked);
    bindings(&mut out, contract);
    fixtures(&mut out, &wanted(config, args)?);
    Ok(out)
}

fn secrets(out: &mut String, local: bool, variables: &[(String, String)], missing: &[&str]) {
    if variables.is_empty() {
        return;
    }
    out.push_str("\n# Secrets are named, never written: env:NAME, or file:PATH for its first line.");
    out.push_str(if local { " A target on this machine gets\n# invented ones where none are named.\n" } else { "\n" });
    let sign = if local { "# " } else { "" };
    let _ = writeln!(out, "{sign}credentials:");
    for (name, variable) in variables {
        let unset = if missing.contains(&variable.as_str()) { "  # not set when this was written" } else { "" };
        let _ = writeln!(out, "{sign}  {name}: env:{variable}{unset}");
    }
}

fn endpoints(out: &mut String, contract: &Contract, asked: &[Asked]) {
    if asked.is_empty() {
        out.push_str("\n# Which endpoints the target has was not asked.\n");
        return;
    }
    let mut groups: [(&str, Vec<String>); 4] = [
        ("answer", Vec::new()),
        ("are not there by what they answer", Vec::new()),
        ("answer as a path does that is not there, so nobody can tell", Vec::new()),
        ("were not asked or did not answer", Vec::new()),
    ];
    for (endpoint, Asked { served, look }) in contract.endpoints.iter().zip(asked) {
        let looked = match look {
            Some(Ok(())) => "; a legal look-up is accepted".to_owned(),
            Some(Err(why)) => format!("; a legal look-up got {why}"),
            None => String::new(),
        };
        let (group, says) = match served {
            Served::Yes(says) => (0, format!("without credentials {says}{looked}")),
            Served::No(says) => (1, says.clone()),
            Served::Unclear(says) => (2, format!("{says}{looked}")),
            Served::Silent(says) => (3, says.clone()),
            Served::NotAsked => (3, format!("not asked{looked}")),
        };
        groups[group].1.push(format!("- {}  # {}", endpoint.id, says.replace(['\n', '\r'], " ")));
    }
    out.push_str("\n# Endpoints, as they answered. Where the target has a part of the API, a profile says which under `endpoints`.\n");
    for (words, lines) in groups.iter().filter(|(_, lines)| !lines.is_empty()) {
        let _ = writeln!(out, "# {} {words}:", lines.len());
        if *words == "answer" {
            out.push_str("# endpoints:\n");
        }
        for line in lines {
            let _ = writeln!(out, "#   {line}");
        }
    }
}

fn bindings(out: &mut String, contract: &Contract) {
    let clauses = |id: &str| contract.clauses.iter().filter(|clause| clause.endpoint() == id).count();
    let open: Vec<&Endpoint> = contract
        .endpoints
        .iter()
        .filter(|e| !e.unbound.is_empty() || e.closed.as_ref().is_some_and(|c| c.contains("`bindings`")))
        .collect();
    if open.is_empty() {
        return;
    }
    out.push_str("\n# Names that no public page gives: write what the target calls these fields. `send: {field: value}` adds fields.\n");
    out.push_str("# bindings:\n");
    for endpoint in open {
        let roles: Vec<String> = endpoint.unbound.iter().map(|role| format!("{role}: NAME")).collect();
        let _ = writeln!(out, "#   {}: {{{}}}  # for {} clauses", endpoint.id, roles.join(", "), clauses(&endpoint.id));
    }
}

fn fixtures(out: &mut String, wanted: &[Wanted]) {
    if wanted.is_empty() {
        return;
    }
    out.push_str(
        "\n# What is there already and no call can make, with what you know of it. Several of one name are a pool: a case that uses one up\n\
         # takes it alone. Put your own values in place of those in angle brackets.\n# fixtures:\n",
    );
    for Wanted { fixture, clauses, count } in wanted {
        let parts: Vec<String> =
            fixture.parts.iter().map(part).chain(fixture.without.iter().map(|w| format!("{w}: absent"))).collect();
        let named: Vec<&str> = clauses.iter().take(NAMED).map(String::as_str).collect();
        let more = if clauses.len() > NAMED { " ..." } else { "" };
        let _ = writeln!(out, "#   # at least {count}, for {} clauses: {}{more}", clauses.len(), named.join(", "));
        let _ = writeln!(out, "#   - {{name: {}, {}}}", fixture.name, parts.join(", "));
    }
}

fn part(part: &Part) -> String {
    let state = part.state.iter().map(|state| format!("state: {state}"));
    let attributes = part.attributes.iter().map(|(name, value)| match value {
        Planted::Literal(Json::Null) => format!("{name}: <{name}>"),
        Planted::Literal(value) => format!("{name}: {}", value.to_text()),
        _ => format!("{name}: absent"),
    });
    format!("{}: {{{}}}", part.resource, attributes.chain(state).collect::<Vec<_>>().join(", "))
}

/// Fixtures for the rows that no call brings about, each with the clauses that it is for, and how many the plan would need.
fn wanted(config: &Config, args: &Init) -> Result<Vec<Wanted>, Failure> {
    let contract = &config.contract;
    let plan = config.plan();
    let mut found: Vec<Wanted> = Vec::new();
    for left in plan.left_out() {
        let Some(clause) = left.clause.map(|ix| contract.clause(ix)) else { continue };
        let Some((_, endpoint)) = contract.endpoint(clause.endpoint()).filter(|(_, e)| e.closed.is_none()) else {
            continue;
        };
        let row = endpoint.rows.iter().find(|row| row.fields.iter().any(|f| Some(f.code) == left.clause));
        let state = row.is_some_and(|row| !row.when.input() && row.unbound.is_none() && row.when != When::Unseen);
        if !state && !left.reason.contains("fixture") {
            continue;
        }
        let Some(fixture) = sketch(contract, endpoint, row) else { continue };
        let same = |w: &&mut Wanted| w.fixture.parts == fixture.parts && w.fixture.without == fixture.without;
        match found.iter_mut().find(same) {
            Some(known) => {
                known.clauses.insert(clause.id.clone());
            }
            None => found.push(Wanted { fixture, clauses: BTreeSet::from([clause.id.clone()]), count: 1 }),
        }
    }
    // With one of each in the profile the plan says how many it would need.
    let fixtures = found.iter().enumerate().map(|(at, wanted)| stand_in(&wanted.fixture, contract, at)).collect();
    let profile = Profile { fixtures, ..config.profile.clone().unwrap_or_default() };
    let full = contracts::find(args.common.contract.as_deref(), Some(&profile))?.contract;
    let plan = Plan::with(Arc::new(full), config.seed, config.breadth);
    let pools = Pools::new(&plan, plan.cases().filter(|case| config.allows(case)), &[]);
    for need in pools.needs(plan.contract()) {
        if let Some(wanted) = found.iter_mut().find(|wanted| wanted.fixture.name == need.fixture) {
            wanted.count = need.needs;
        }
    }
    Ok(found)
}

/// A fixture on which a row would hold, or that a request of the endpoint could name; values that only an operator knows are null.
fn sketch(contract: &Contract, endpoint: &Endpoint, row: Option<&Row>) -> Option<Fixture> {
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    let mut without = Vec::new();
    let mut add = |path: &str| {
        let Some((resource, attribute)) = path.split_once('.') else { return };
        let own = contract.resources.iter().find(|r| r.name == resource && !r.catalogue && !r.fleeting);
        if own.is_some() {
            let part = parts.entry(resource.to_owned()).or_default();
            resource.clone_into(&mut part.resource);
            if part.attributes.iter().all(|(name, _)| name != attribute) {
                part.attributes.push((attribute.to_owned(), Planted::Literal(Json::Null)));
            }
        }
    };
    let mut links = Vec::new();
    for field in &endpoint.request {
        field.walk(&mut |f: &Field| {
            if !f.optional() {
                links.extend(f.refers.iter().chain(&f.equals).cloned());
            }
        });
    }
    for path in &links {
        add(path);
    }
    if let Some(row) = row {
        let mut spoken = Vec::new();
        row.when.resources(&endpoint.request, &mut |name| spoken.push(name.to_owned()));
        for name in &spoken {
            if let Some(resource) = contract.resources.iter().find(|r| r.name == *name) {
                add(&format!("{name}.{}", resource.key));
            }
        }
        if let When::Where(tests) = &row.when {
            for (operand, test) in tests {
                bend(&mut parts, &mut without, operand, test);
            }
        }
    }
    let name = row.map_or_else(|| endpoint.id.clone(), |row| format!("{}-{}", endpoint.id, row.name));
    let parts: Vec<Part> = parts.into_values().collect();
    (!parts.is_empty()).then_some(Fixture { name, parts, without })
}

/// Gives the parts the state or value that a test asks for, as far as it is written.
fn bend(parts: &mut BTreeMap<String, Part>, without: &mut Vec<String>, operand: &Operand, test: &Test) {
    let written = |list: &[Source]| match list.first() {
        Some(Source::Literal(value)) => Some(value.clone()),
        _ => None,
    };
    let beyond = |source: &Source, by: i128| match source {
        Source::Literal(value) => Some(Json::number((value.scalar()?.parse::<i128>().ok()? + by).to_string())),
        _ => None,
    };
    let value = match test {
        Test::Is(list) => written(list),
        Test::Above(source) => beyond(source, 1),
        Test::Below(source) => beyond(source, -1),
        _ => None,
    };
    match operand {
        Operand::Resource(name) if *test == Test::Absent => {
            parts.remove(name);
            without.push(name.clone());
        }
        Operand::State(name) => {
            if let (Some(part), Some(state)) = (parts.get_mut(name), value.as_ref().and_then(Json::scalar)) {
                part.state = Some(state.to_owned());
            }
        }
        Operand::Attribute(name, attribute) => {
            let Some(part) = parts.get_mut(name) else { return };
            let planted = match (test, value) {
                (Test::Absent, _) => Planted::Absent,
                (_, value) => Planted::Literal(value.unwrap_or(Json::Null)),
            };
            part.attributes.retain(|(known, _)| known != attribute);
            part.attributes.push((attribute.clone(), planted));
        }
        Operand::Resource(_) | Operand::Request(_) => {}
    }
}

/// The same with values of the right type in place of those that only an operator knows, another one for each fixture.
fn stand_in(fixture: &Fixture, contract: &Contract, at: usize) -> Fixture {
    let mut out = fixture.clone();
    for part in &mut out.parts {
        let resource = part.resource.clone();
        for (name, value) in part.attributes.iter_mut().filter(|(_, v)| *v == Planted::Literal(Json::Null)) {
            let path = format!("{resource}.{name}");
            let number = contract.endpoints.iter().flat_map(|e| &e.request).any(|f| {
                let own = f.refers.as_deref() == Some(&path) || f.equals.as_deref() == Some(&path);
                own && f.kind.as_ref().is_some_and(|kind| *kind.first() == Kind::Number)
            });
            let digits = (70_000_000 + at).to_string();
            *value = Planted::Literal(if number { Json::number(digits) } else { Json::text(digits) });
        }
    }
    out
}
