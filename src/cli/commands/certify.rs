//! `konform certify`: signs what a run came to, after judging it again; with `--countersign`, signs another's certificate.

use std::fs;

use chrono::{Duration, SecondsFormat, Utc};

use super::rejudge::{Again, again, report_differs};
use super::signed::{CERTIFICATE, COUNTERSIGNATURE, subject, subjects};
use super::verify::{self, Question};
use crate::certificate::{Certificate, Clauses, Countersignature, Statement};
use crate::cli::Failure;
use crate::cli::args::Certify;
use crate::cli::files;
use crate::cli::output::Output;
use crate::cli::suite;
use crate::crypto::SigningKey;
use crate::model::count::counted;
use crate::model::event::{ClauseRecord, Standing};
use crate::model::{Exit, Level};

pub(in crate::cli) fn certify(args: &Certify, out: &mut Output) -> Result<Exit, Failure> {
    let pem = files::text(&args.key).map_err(|e| Failure::read(format!("the key {}", args.key.display()), e))?;
    let key = SigningKey::from_pem(&pem).map_err(|e| Failure::Usage(format!("{}: {e}", args.key.display())))?;
    if args.countersign { countersign(args, &key, out) } else { sign(args, &key, out) }
}

/// The evidence judged again, or what is wrong with it, printed.
fn judged(args: &Certify) -> Result<Option<Again>, Failure> {
    let no = if args.countersign { "not countersigned" } else { "not signed" };
    let again = match again(&args.folder, args.contract.as_deref(), args.profile.as_deref())? {
        Ok(again) => again,
        Err(damage) => {
            Output::problem(&format!("{no}: {damage}"));
            return Ok(None);
        }
    };
    let difference = again.rejudged.differences.first().map(ToString::to_string);
    match difference.map_or_else(|| report_differs(&args.folder, &again), |difference| Ok(Some(difference)))? {
        Some(difference) => {
            Output::problem(&format!("{no}: {difference}"));
            Ok(None)
        }
        None => Ok(Some(again)),
    }
}

fn sign(args: &Certify, key: &SigningKey, out: &mut Output) -> Result<Exit, Failure> {
    let path = args.folder.join(CERTIFICATE);
    if path.exists() {
        return Err(Failure::Usage(format!("{} is there already: a certificate is not written over", path.display())));
    }
    let Some(again) = judged(args)? else { return Ok(Exit::Broken) };
    let reasons = objections(&again, args);
    if !reasons.is_empty() {
        for reason in reasons {
            Output::problem(&format!("not signed: {reason}"));
        }
        return Ok(Exit::Broken);
    }
    let certificate = certificate(&again, args);
    let statement = Statement::new(subjects(&args.folder)?, certificate);
    fs::write(&path, statement.sign(key)).map_err(|e| Failure::write(path.display(), e))?;
    let c = &statement.predicate;
    out.line(&format!(
        "certified: {} of {} MUST clauses exercised and {} declared away, {} cases, until {}",
        c.executed.count,
        c.required.count,
        c.declared.count,
        c.counts.total(),
        c.expires
    ));
    if let Some(scope) = &c.scope {
        out.line(&format!("{}; out: {}", scope.words(), scope.out.join(", ")));
    }
    out.line(&format!("signed with {}: {}", key.public().id(), path.display()));
    Ok(Exit::Green)
}

/// Why a run is no certification, a sentence each.
fn objections(again: &Again, args: &Certify) -> Vec<String> {
    let (header, summary) = (&again.header, &again.summary);
    let mut out = Vec::new();
    let mut no = |wrong: bool, why: String| {
        if wrong {
            out.push(why);
        }
    };
    no(header.mode != "certification", format!("the run was made with --mode {}, not certification", header.mode));
    no(!header.faults.is_empty(), "the embedded sandbox was broken on purpose".to_owned());
    no(summary.partial, "the run is partial: it ended before its plan did".to_owned());
    no(summary.counts.broken > 0, format!("{} cases are BROKEN: konform itself failed", summary.counts.broken));
    let open =
        |level: Level| summary.findings.iter().filter(|f| f.level == level && f.standing == Standing::Open).count();
    no(open(Level::Must) > 0, format!("{} MUST clauses are broken and not waived", open(Level::Must)));
    let unclear = summary.counts.inconclusive + summary.counts.blocked;
    no(unclear > 0, format!("{unclear} cases are inconclusive or blocked"));
    let undeclared: Vec<&ClauseRecord> =
        summary.clauses.iter().filter(|c| c.level == Level::Must && c.asserted == 0 && !c.declared).collect();
    let first = undeclared.first().map(|c| c.id.as_str()).unwrap_or_default();
    no(
        !undeclared.is_empty(),
        format!(
            "{} MUST clauses are neither exercised nor declared away in the profile's `capabilities`, first {first}",
            undeclared.len()
        ),
    );
    let red = summary.waivers.iter().filter(|w| w.state.red()).count();
    no(red > 0, format!("{red} waivers have expired, are not needed, no longer match or have no approver"));
    if let (Some(given), Some(run)) = (&args.challenge, &header.challenge) {
        no(given != run, format!("the run answers the challenge {run}, not {given}"));
    }
    no(
        args.challenge.is_some() && header.challenge.is_none(),
        "the run was made without a challenge: run it with --challenge, so that it can't be an old one".to_owned(),
    );
    let others = summary.exit != Exit::Green.code();
    if out.is_empty() && others {
        out.push(format!("the run ended with exit code {}", summary.exit));
    }
    out
}

fn certificate(again: &Again, args: &Certify) -> Certificate {
    let (header, summary) = (&again.header, &again.summary);
    let now = Utc::now();
    let stamp = |time: chrono::DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    let findings = |test: &dyn Fn(&&crate::model::FindingRecord) -> bool| summary.findings.iter().filter(test).count();
    Certificate {
        suite: header.suite.clone(),
        suite_digest: header.suite_digest.clone(),
        contract: header.contract.clone(),
        contract_digest: header.contract_digest.clone(),
        target: header.target.clone(),
        profile_digest: header.profile_digest.clone(),
        waivers_digest: header.waivers_digest.clone(),
        waived: findings(&|f| f.standing == Standing::Waived),
        warnings: findings(&|f| f.standing == Standing::Open && f.level == Level::Should),
        capabilities: header.capabilities.clone(),
        scope: summary.scope.clone(),
        required: Clauses::of(&summary.clauses, |_| true),
        executed: Clauses::of(&summary.clauses, |c| c.asserted > 0),
        declared: Clauses::of(&summary.clauses, |c| c.declared),
        counts: summary.counts,
        exchanges: summary.exchanges,
        seed: header.seed,
        salt: header.salt.clone(),
        breadth: header.breadth,
        plan_digest: header.plan_digest.clone(),
        challenge: header.challenge.clone(),
        evidence_root: summary.root.clone(),
        power: header.power.clone(),
        started: header.started.clone(),
        issued: stamp(now),
        expires: stamp(now + Duration::days(i64::from(args.days))),
    }
}

fn countersign(args: &Certify, key: &SigningKey, out: &mut Output) -> Result<Exit, Failure> {
    let Some(first) = &args.public else {
        return Err(Failure::Usage("--countersign needs --pub FILE: the key of the certificate's signer".to_owned()));
    };
    let question =
        Question { public: verify::public(first)?, challenge: args.challenge.clone(), counter: None, now: Utc::now() };
    let certificate = match verify::folder(&args.folder, &question)? {
        Ok(certificate) => certificate,
        Err(why) => {
            Output::problem(&format!("not countersigned: {why}"));
            return Ok(Exit::Broken);
        }
    };
    if question.public == key.public() {
        Output::problem("not countersigned: both signatures would be by the same key");
        return Ok(Exit::Broken);
    }
    let Some(again) = judged(args)? else { return Ok(Exit::Broken) };
    let others = other(&certificate, &again, args);
    if !others.is_empty() {
        for what in others {
            Output::problem(&format!("not countersigned: the certificate's {what} is not what the evidence gives"));
        }
        return Ok(Exit::Broken);
    }
    let statement = Statement::new(
        vec![subject(&args.folder, CERTIFICATE)?],
        Countersignature {
            suite: suite::VERSION.to_owned(),
            suite_digest: suite::DIGEST.to_owned(),
            evidence_root: again.summary.root.clone(),
            cases: again.summary.counts.total() + again.summary.counts.not_applicable,
            exchanges: again.summary.exchanges,
            certified_by: question.public.id(),
            issued: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        },
    );
    let path = args.folder.join(COUNTERSIGNATURE);
    fs::write(&path, statement.sign(key)).map_err(|e| Failure::write(path.display(), e))?;
    let c = &statement.predicate;
    out.line(&format!("judged again: {} and {} agree", counted(c.cases, "case"), counted(c.exchanges, "exchange")));
    out.line(&format!("countersigned with {}: {}", key.public().id(), path.display()));
    Ok(Exit::Green)
}

/// What a certificate says otherwise than the evidence that was judged again.
fn other(theirs: &Certificate, again: &Again, args: &Certify) -> Vec<String> {
    let own = certificate(again, args);
    let value = |c: &Certificate| serde_json::to_value(c).unwrap_or_default();
    let (theirs, own) = (value(theirs), value(&own));
    let members = own.as_object().into_iter().flatten();
    let timed = |name: &str| matches!(name, "issued" | "expires");
    members
        .filter(|(name, value)| !timed(name) && theirs[name.as_str()] != **value)
        .map(|(name, _)| name.clone())
        .collect()
}
