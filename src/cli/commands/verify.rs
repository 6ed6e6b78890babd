//! `konform verify`: whether a certificate is to be believed, and if not, why, in one sentence.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::signed::{CERTIFICATE, COUNTERSIGNATURE, subject, subjects};
use crate::certificate::{Certificate, Countersignature, Envelope, Statement};
use crate::cli::Failure;
use crate::cli::args::Verify;
use crate::cli::files;
use crate::cli::output::Output;
use crate::crypto::VerifyingKey;
use crate::evidence::{Reader, archive};
use crate::model::Exit;

/// What is asked of a certificate.
pub(super) struct Question {
    /// Who must have signed it.
    pub(super) public: VerifyingKey,
    /// The number that it must answer.
    pub(super) challenge: Option<String>,
    /// Who must have signed it a second time.
    pub(super) counter: Option<VerifyingKey>,
    /// When.
    pub(super) now: DateTime<Utc>,
}

pub(in crate::cli) fn verify(args: &Verify, out: &mut Output) -> Result<Exit, Failure> {
    let question = Question {
        public: public(&args.public)?,
        challenge: args.challenge.clone(),
        counter: args.counter_pub.as_deref().map(public).transpose()?,
        now: Utc::now(),
    };
    let found = if args.path.is_dir() {
        folder(&args.path, &question)?
    } else {
        if question.counter.is_some() {
            return Err(Failure::Usage(
                "--counter-pub needs the folder: the second signature lies beside the first".to_owned(),
            ));
        }
        let text = read(&args.path)?;
        envelope(&text, &question).map_err(|why| format!("{}: {why}", args.path.display()))
    };
    match found {
        Ok(certificate) => {
            out.line(&told(&certificate, &question, args.path.is_dir()));
            Ok(Exit::Green)
        }
        Err(why) => {
            Output::problem(&format!("not verified: {why}"));
            Ok(Exit::Broken)
        }
    }
}

fn told(c: &Certificate, question: &Question, whole: bool) -> String {
    let mut lines = vec![
        format!("verified: {} at {}, by konform {}{}", c.contract, c.target, c.suite, sources(&c.suite_digest)),
        format!(
            "{} of {} MUST clauses exercised, {} declared away, {} findings waived, {} warnings; {} cases, {} exchanges",
            c.executed.count,
            c.required.count,
            c.declared.count,
            c.waived,
            c.warnings,
            c.counts.total(),
            c.exchanges
        ),
        format!("run {}, issued {}, until {}", c.started, c.issued, c.expires),
        format!("signed by {}", question.public.id()),
    ];
    if let Some(power) = &c.power {
        let other = if power.suite_digest == c.suite_digest { "" } else { "; measured with other sources" };
        lines.push(format!("detection power: {power}{other}"));
    }
    if let Some(scope) = &c.scope {
        lines.push(format!("{}; out: {}", scope.words(), scope.out.join(", ")));
    }
    if let Some(counter) = &question.counter {
        lines.push(format!("countersigned by {} after judging the evidence again", counter.id()));
    }
    match (&c.challenge, &question.challenge) {
        (Some(own), None) => lines.push(format!("answers the challenge {own}, which was not asked for (--challenge)")),
        (Some(own), Some(_)) => lines.push(format!("answers the challenge {own}")),
        (None, _) => lines.push("answers no challenge: it may be older than you think".to_owned()),
    }
    if !whole {
        lines.push("the certificate alone was looked at: give the run folder to have its files checked".to_owned());
    }
    lines.join("\n")
}

/// The sources that planned and judged, where the certificate names them.
fn sources(digest: &str) -> String {
    if digest.is_empty() { String::new() } else { format!(", sources {digest}") }
}

/// Reads a public key.
pub(super) fn public(path: &Path) -> Result<VerifyingKey, Failure> {
    let pem = files::text(path).map_err(|e| Failure::read(format!("the key {}", path.display()), e))?;
    VerifyingKey::from_pem(&pem).map_err(|e| Failure::Usage(format!("{}: {e}", path.display())))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    files::bytes(path).map_err(|e| Failure::read(path.display(), e).hint("; `konform certify` makes it"))
}

/// The signature, the time and the challenge.
fn envelope(text: &[u8], question: &Question) -> Result<Certificate, String> {
    Ok(statement(text, question)?.predicate)
}

fn statement(text: &[u8], question: &Question) -> Result<Statement<Certificate>, String> {
    let statement = Statement::<Certificate>::read(text, &question.public).map_err(|flaw| flaw.to_string())?;
    let c = &statement.predicate;
    let time = |text: &str| DateTime::parse_from_rfc3339(text).map(|t| t.with_timezone(&Utc)).ok();
    match (time(&c.issued), time(&c.expires)) {
        (Some(from), Some(until)) => {
            if question.now > until {
                return Err(format!("it has expired: it held until {}", c.expires));
            }
            if question.now < from {
                return Err(format!("it does not hold yet: it was issued for {}", c.issued));
            }
        }
        _ => return Err("it does not say from when until when it holds".to_owned()),
    }
    if let Some(asked) = &question.challenge {
        match &c.challenge {
            Some(own) if own == asked => {}
            Some(own) => {
                return Err(format!("it answers the challenge {own}, not {asked}: an older run, or another's"));
            }
            None => return Err(format!("it answers no challenge, and {asked} was asked for")),
        }
    }
    Ok(statement)
}

/// The certificate of a run folder with every file that it speaks of; the inner error says why it is not to be believed.
pub(super) fn folder(run: &Path, question: &Question) -> Result<Result<Certificate, String>, Failure> {
    let text = read(&run.join(CERTIFICATE))?;
    let statement = match statement(&text, question) {
        Ok(statement) => statement,
        Err(why) => return Ok(Err(format!("{CERTIFICATE}: {why}"))),
    };
    let found = subjects(run)?;
    for wanted in &statement.subject {
        match found.iter().find(|f| f.name == wanted.name) {
            None => return Ok(Err(format!("{} is missing", wanted.name))),
            Some(f) if f.digest != wanted.digest => {
                return Ok(Err(format!(
                    "{} was changed after it was signed{}",
                    wanted.name,
                    diagnosis(run, wanted, &statement)
                )));
            }
            Some(_) => {}
        }
    }
    if let Some(extra) = found.iter().find(|f| !statement.subject.iter().any(|s| s.name == f.name)) {
        return Ok(Err(format!("{} is none of the files that were signed", extra.name)));
    }
    if let Some(counter) = &question.counter {
        if let Err(why) = countersigned(run, &text, counter, question)? {
            return Ok(Err(format!("{COUNTERSIGNATURE}: {why}")));
        }
    }
    Ok(Ok(statement.predicate))
}

/// What happened to changed evidence, as far as the chain tells.
fn diagnosis(run: &Path, file: &crate::certificate::Subject, statement: &Statement<Certificate>) -> String {
    if !archive::is_piece(&file.name) {
        return String::new();
    }
    let mut reader = match Reader::open(run) {
        Ok(reader) => reader,
        Err(damage) => return format!(": {damage}"),
    };
    if let Err(damage) = reader.next(|_| false) {
        return format!(": {damage}");
    }
    let c = &statement.predicate;
    let signed = c.counts.total() + c.counts.not_applicable;
    if reader.cases() != signed {
        return format!(": it holds {} cases, the certificate speaks of {signed}", reader.cases());
    }
    format!(": its chain is whole, but ends in {}, not in {}", reader.root(), c.evidence_root)
}

fn countersigned(
    run: &Path,
    certificate: &[u8],
    counter: &VerifyingKey,
    question: &Question,
) -> Result<Result<(), String>, Failure> {
    if *counter == question.public {
        return Ok(Err("both signatures are by the same key: nobody else has looked".to_owned()));
    }
    let path = run.join(COUNTERSIGNATURE);
    if !path.exists() {
        return Ok(Err("there is none: `konform certify --countersign` makes it".to_owned()));
    }
    let text = read(&path)?;
    let second = match Statement::<Countersignature>::read(&text, counter) {
        Ok(second) => second,
        Err(flaw) => return Ok(Err(flaw.to_string())),
    };
    let own = subject(run, CERTIFICATE)?;
    if second.subject != [own] {
        return Ok(Err("it is about another certificate".to_owned()));
    }
    let first: Option<Envelope> = serde_json::from_slice(certificate).ok();
    let signed_twice = first.is_some_and(|e| e.signatures.iter().any(|s| s.keyid == counter.id()));
    Ok(if signed_twice {
        Err("both signatures are by the same key: nobody else has looked".to_owned())
    } else {
        Ok(())
    })
}
