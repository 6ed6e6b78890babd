//! Resolves words into what a command needs, before any work: contract, profile, target guard, credentials, limits.
//! Precedence: flag, then `KONFORM_*` environment, then profile, then contract.

use std::collections::BTreeMap;
use std::env::VarError;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::Failure;
use super::args::Common;
use super::chosen::Chosen;
use super::contracts;
use super::files;
use super::suite;
use super::words::{EncryptWord, HttpVersion, Mode};
use crate::contract::profile::SecretSource;
use crate::contract::{Contract, Environment, File, Profile};
use crate::crypto::{self, Keys, PrivateKey, PublicKey};
use crate::exchange::http::{Connection, Http, Limits, Pem};
use crate::exchange::{Ambient, Clock, Target};
use crate::model::case::Seal;
use crate::model::template::{HeaderChange, HeaderEdit};
use crate::model::wire::{Credentials, Encrypt, Secret};
use crate::model::{Case, Family, Hazard, Power, RunHeader};
use crate::plan::{Breadth, Plan};
use crate::runner::Access;
use crate::sandbox::{self, Fault, Sandbox, Variant};

/// What every command that speaks to a target needs.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) contract: Arc<Contract>,
    pub(super) contract_digest: String,
    pub(super) power: Option<Power>,
    pub(super) contract_name: Option<String>,
    pub(super) profile: Option<Profile>,
    pub(super) profile_digest: Option<String>,
    /// None: the embedded sandbox, to be started.
    pub(super) target: Option<Target>,
    pub(super) credentials: Credentials,
    /// Another actor whom the target knows, if there is one.
    pub(super) second: Option<Credentials>,
    pub(super) breadth: Breadth,
    pub(super) mode: Mode,
    pub(super) keys: Option<Keys>,
    pub(super) encrypt: Encrypt,
    /// Wait between two looks, if a profile says so.
    pub(super) poll: Option<Duration>,
    pub(super) limits: Limits,
    pub(super) connection: Connection,
    pub(super) http: HttpVersion,
    pub(super) seed: u64,
    pub(super) salt: u64,
    pub(super) faults: Vec<Fault>,
    pub(super) fault_names: Vec<String>,
}

impl Config {
    /// Resolves the words; no packet leaves before this has succeeded.
    pub(super) fn resolve(common: &Common) -> Result<Self, Failure> {
        let profile = common.profile.as_deref().map(read_profile).transpose()?;
        let (profile, digest) = profile.map_or((None, None), |(p, d)| (Some(p), Some(d)));
        Self::with(common, profile, digest)
    }

    /// The same with a profile that is not read from a file.
    pub(super) fn with(
        common: &Common,
        profile: Option<Profile>,
        profile_digest: Option<String>,
    ) -> Result<Self, Failure> {
        // The embedded sandbox is its own target: what it knows of itself completes what the profile says.
        let completed = if common.target.is_none() {
            let own = contracts::sandbox_profile(common.contract.as_deref())?;
            Some(profile.clone().unwrap_or_default().over(own))
        } else {
            profile.clone()
        };
        let loaded = contracts::find(common.contract.as_deref(), completed.as_ref())?;
        let version = |target: Target| if common.http == HttpVersion::Two { target.over_http2() } else { target };
        let target = common.target.as_deref().map(Target::parse).transpose().map_err(Failure::usage)?;
        let target = target.map(|target| version(target.below(&loaded.contract.base_path)));
        let connection = connection(common)?;
        if let Some(target) = &target {
            guard(target, &connection, profile.as_ref())?;
        }
        let local = target.as_ref().is_none_or(|target| connection.stays_here(target));
        let credentials = credentials(&loaded.contract, profile.as_ref(), local, target.is_none())?;
        let second = match (&target, profile.as_ref().map(|p| &p.second)) {
            (Some(_), Some(sources)) if !sources.is_empty() => Some(second(&loaded.contract, sources)?),
            // Invented ones, which a sandbox on this machine knows; to any other server they are a stranger's.
            _ if local => Some(sandbox::second_credentials(&loaded.contract)),
            _ => None,
        };
        let mut breadth = match common.mode {
            Mode::Gate => Breadth::GATE,
            Mode::Nightly => Breadth::NIGHTLY,
            Mode::Certification => Breadth::CERTIFICATION,
        };
        breadth.fuzz = common.fuzz_cases.unwrap_or(breadth.fuzz);
        let mut limits = Limits::default();
        limits.body = common.max_body.unwrap_or(limits.body);
        if let Some(whole) =
            common.timeout.map(Duration::from_secs).or_else(|| profile.as_ref().and_then(|p| p.timeout))
        {
            limits.whole = whole;
            limits.connect = limits.connect.min(whole);
        }
        let keys = keys(&loaded.contract, profile.as_ref(), target.is_none())?;
        let encrypt = match common.encrypt {
            Some(mode) => mode.into(),
            None if keys.is_some() => Encrypt::Marked,
            None => Encrypt::Never,
        };
        if encrypt != Encrypt::Never && keys.is_none() {
            return Err(Failure::Usage(
                "--encrypt needs keys: name them in the profile, `encryption: {key_id: ID, server_key: file:PATH, client_key: file:PATH}`"
                    .to_owned(),
            ));
        }
        let faults = Fault::read(&common.fault, &loaded.contract).map_err(Failure::usage)?;
        Ok(Self {
            contract: Arc::new(loaded.contract),
            contract_digest: loaded.digest,
            power: loaded.power,
            contract_name: common.contract.clone(),
            poll: completed.as_ref().and_then(|p| p.poll),
            profile,
            profile_digest,
            target,
            credentials,
            second,
            breadth,
            mode: common.mode,
            keys,
            encrypt,
            limits,
            connection,
            http: common.http,
            seed: common.seed,
            salt: common.salt.unwrap_or_else(|| u64::from_le_bytes(crypto::random())),
            faults,
            fault_names: common.fault.clone(),
        })
    }

    /// What a run's header says, for taking it up: the same contract, target, profile, plan; new identities.
    pub(super) fn of(header: &RunHeader, now: &Common) -> Result<Self, Failure> {
        suite::same_version(header)?;
        let word = |text: &str| {
            EncryptWord::from_str(text, true)
                .map_err(|_| Failure::Usage(format!("the run's header has `encrypt: {text}`")))
        };
        let common = Common {
            target: header.address.clone(),
            profile: now.profile.clone().or(header.profile.as_ref().map(PathBuf::from)),
            contract: now.contract.clone().or(header.contract_given.clone()),
            mode: Mode::from_str(&header.mode, true)
                .map_err(|_| Failure::Usage(format!("the run's header has `mode: {}`", header.mode)))?,
            fuzz_cases: Some(header.breadth.fuzz),
            seed: header.seed,
            salt: None,
            timeout: now.timeout,
            max_body: now.max_body,
            cacert: now.cacert.clone(),
            client_cert: now.client_cert.clone(),
            client_key: now.client_key.clone(),
            http: now.http,
            proxy: now.proxy.clone(),
            resolve: now.resolve.clone(),
            encrypt: Some(word(&header.encrypt)?),
            fault: header.faults.clone(),
        };
        let mut config = Self::resolve(&common)?;
        config.breadth = header.breadth;
        same_contract(header, &config.contract_digest)?;
        same_profile(header, config.profile_digest.as_deref())?;
        Ok(config)
    }

    /// The plan of a run, by its header; needs no credentials.
    pub(super) fn plan_of(header: &RunHeader, contract: Option<&str>, profile: Option<&Path>) -> Result<Plan, Failure> {
        suite::same_version(header)?;
        let path = profile.map(Path::to_path_buf).or(header.profile.as_ref().map(PathBuf::from));
        let path = path.filter(|_| header.profile_digest.is_some());
        let (profile, digest) = path.as_deref().map(read_profile).transpose()?.unzip();
        same_profile(header, digest.as_deref())?;
        let name = contract.or(header.contract_given.as_deref());
        let completed = match &header.address {
            None => Some(profile.unwrap_or_default().over(contracts::sandbox_profile(name)?)),
            Some(_) => profile,
        };
        let loaded = contracts::find(name, completed.as_ref())?;
        same_contract(header, &loaded.digest)?;
        let plan = Plan::with(Arc::new(loaded.contract), header.seed, header.breadth);
        Ok(Chosen::of(&header.selection)?.narrow(plan))
    }

    /// True if requests go to this machine.
    pub(super) fn local(&self) -> bool {
        self.target.as_ref().is_none_or(|target| self.connection.stays_here(target))
    }

    /// The plan of the contract.
    pub(super) fn plan(&self) -> Plan {
        Plan::with(Arc::clone(&self.contract), self.seed, self.breadth)
    }

    /// Clock, salt and counter.
    pub(super) fn ambient(&self) -> Ambient {
        Ambient::new(Clock::System, self.salt)
    }

    /// Where requests go, and what they are signed and encrypted with.
    pub(super) fn access(&self, target: Target) -> Access {
        Access {
            target,
            credentials: self.credentials.clone(),
            second: self.second.clone(),
            keys: self.keys.clone(),
            encrypt: self.encrypt,
        }
    }

    /// Name of the target in snapshots.
    pub(super) fn target_name(&self) -> String {
        let named = self.profile.as_ref().and_then(|p| p.name.clone());
        named.unwrap_or_else(|| self.target.as_ref().map_or_else(|| "sandbox".to_owned(), |t| t.host().to_owned()))
    }

    /// True if the environment allows the case, and it has what it needs.
    pub(super) fn allows(&self, case: &Case) -> bool {
        self.forbids(case).is_none()
    }

    /// Why the case is not run here, if so: the environment does not allow it, or a key or credential is missing.
    pub(super) fn forbids(&self, case: &Case) -> Option<&'static str> {
        let seals = case.steps.iter().any(|s| s.seal != Seal::AsMarked);
        if seals && (self.keys.is_none() || self.encrypt == Encrypt::Never) {
            return Some("it encrypts bodies: the profile names no keys under `encryption`, or --encrypt is never");
        }
        let profile = self.profile.as_ref();
        if case.family == Family::Hostile {
            let welcome = self.local() || profile.is_some_and(|p| p.hostile);
            if !welcome {
                return Some("it sends bytes that no client should: the profile does not say `hostile: allowed`");
            }
            let raw = case.probe().hostile.filter(|kind| kind.raw());
            if raw.is_some_and(|kind| !kind.in_frames()) && self.http == HttpVersion::Two {
                return Some("its bytes are about how HTTP/1.1 is written: HTTP/2 has other bytes for that");
            }
            // A proxy that reads requests would be the one that is tried.
            let https = self.target.as_ref().is_some_and(Target::is_https);
            if raw.is_some() && self.connection.proxy.is_some() && !https {
                return Some("its bytes would be read by the proxy: the target is not https");
            }
        }
        let bare = |edit: &HeaderEdit| edit.change == HeaderChange::Remove && edit.name.eq_ignore_ascii_case("accept");
        if self.http == HttpVersion::Two && case.steps.iter().any(|step| step.headers.iter().any(bare)) {
            return Some("it leaves out Accept, which the HTTP library adds to every request in HTTP/2");
        }
        if self.second.is_none() && case.steps.iter().any(|s| s.token.needs_second()) {
            return Some("it signs as another actor: the profile has no `second_credentials`");
        }
        match profile.and_then(|p| p.environment) {
            Some(Environment::Production)
                if case.hazard != Hazard::Read || !matches!(case.family, Family::Valid | Family::Example) =>
            {
                Some("the environment is production: legal look-ups alone are sent there")
            }
            _ => None,
        }
    }

    /// The target, started if it is the embedded sandbox, and a client for it.
    pub(super) async fn connect(&self) -> Result<(Target, Http, Option<Embedded>), Failure> {
        let (target, embedded) = if let Some(target) = &self.target {
            (target.clone(), None)
        } else {
            let embedded = Embedded::start(Arc::clone(&self.contract), self.faults.clone()).await?;
            let target = embedded.target.clone();
            (if self.http == HttpVersion::Two { target.over_http2() } else { target }, Some(embedded))
        };
        let http = Http::new(&target, self.limits.clone(), &self.connection).map_err(Failure::usage)?;
        Ok((target, http, embedded))
    }
}

/// The sandbox on a free port of this machine; ends with this value.
#[derive(Debug)]
pub(super) struct Embedded {
    target: Target,
    _stop: oneshot::Sender<()>,
}

impl Embedded {
    async fn start(contract: Arc<Contract>, faults: Vec<Fault>) -> Result<Self, Failure> {
        let failed = |e: std::io::Error| Failure::machine("open a port for the sandbox", e);
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let target = Target::parse(&format!("http://{address}{}", contract.base_path)).map_err(Failure::usage)?;
        let (stop, stopped) = oneshot::channel();
        let sandbox = Arc::new(Sandbox::new(contract, Variant::default(), faults));
        tokio::spawn(sandbox::serve(listener, sandbox, async {
            // Either a word or the sender's end.
            let _ = stopped.await;
        }));
        Ok(Self { target, _stop: stop })
    }
}

fn same_contract(header: &RunHeader, digest: &str) -> Result<(), Failure> {
    if header.contract_digest == digest {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "the run was made with another {} contract ({}, this one is {digest}): give that one with --contract",
        header.contract, header.contract_digest
    )))
}

fn same_profile(header: &RunHeader, digest: Option<&str>) -> Result<(), Failure> {
    if header.profile_digest.as_deref() == digest {
        return Ok(());
    }
    Err(Failure::Usage(match &header.profile {
        Some(name) => format!("the run was made with another {name}: give that profile with --profile"),
        None => "the run was made without a profile".to_owned(),
    }))
}

fn read_profile(path: &Path) -> Result<(Profile, String), Failure> {
    let failed = |e| Failure::read(format!("profile {}", path.display()), e).hint("; --profile says where it lies");
    let text = files::text(path).map_err(failed)?;
    let digest = crypto::hex(&crypto::sha256(text.as_bytes()));
    let profile = Profile::load(&File { name: path.display().to_string(), text }).map_err(Failure::usage)?;
    Ok((profile, digest))
}

/// How connections are made, by the command line.
pub(super) fn connection(common: &Common) -> Result<Connection, Failure> {
    let read = |flag: &str, path: &Path| {
        let failed = |e| Failure::read(format!("{flag} {}", path.display()), e);
        files::bytes(path).map_err(failed).map(|bytes| Pem { file: path.display().to_string(), bytes })
    };
    let cacert = common.cacert.as_deref().map(|path| read("--cacert", path)).transpose()?;
    let mut identity = common.client_cert.as_deref().map(|path| read("--client-cert", path)).transpose()?;
    // The key may stand in the certificate's file.
    if let (Some(identity), Some(path)) = (&mut identity, &common.client_key) {
        let key = read("--client-key", path)?;
        identity.bytes.push(b'\n');
        identity.bytes.extend(key.bytes);
        identity.file = format!("{} or {}", identity.file, key.file);
    }
    let mut resolve = Vec::new();
    for text in &common.resolve {
        let wrong = || {
            Failure::Usage(format!(
                "--resolve {text}: write HOST:PORT:ADDRESS, for example api.example.com:443:127.0.0.1"
            ))
        };
        let (host, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (port, address) = rest.split_once(':').ok_or_else(wrong)?;
        let port: u16 = port.parse().map_err(|_| wrong())?;
        let address: std::net::IpAddr = address.trim_matches(['[', ']']).parse().map_err(|_| wrong())?;
        resolve.push((host.to_owned(), std::net::SocketAddr::new(address, port)));
    }
    let connection = Connection { cacert, identity, proxy: common.proxy.clone(), resolve };
    connection.check().map_err(Failure::usage)?;
    Ok(connection)
}

/// A target that is not this machine needs a profile that names its host and says what kind of place it is.
fn guard(target: &Target, connection: &Connection, profile: Option<&Profile>) -> Result<(), Failure> {
    if connection.stays_here(target) {
        return Ok(());
    }
    let host = target.host();
    let why = if target.is_loopback() {
        "is of this machine, and --resolve or --proxy leads to another one"
    } else {
        "is not this machine"
    };
    let needs = |what: &str| Err(Failure::Usage(format!("{host} {why}: {what}\nno request was sent")));
    match profile {
        None => needs("it needs --profile FILE with `hosts` and `environment`"),
        Some(p) if !p.hosts.iter().any(|h| h.eq_ignore_ascii_case(host)) => {
            needs(&format!("add it to `hosts` in {}", p.file))
        }
        Some(p) if p.environment.is_none() => {
            needs(&format!("set `environment: sandbox|uat|production` in {}", p.file))
        }
        Some(_) => Ok(()),
    }
}

/// Keys for encrypted bodies: the sandbox's own, or those that the profile names.
fn keys(contract: &Contract, profile: Option<&Profile>, embedded: bool) -> Result<Option<Keys>, Failure> {
    if contract.encryption.is_none() {
        return Ok(None);
    }
    let broken = |what: &str, e: &dyn std::fmt::Display| Failure::Usage(format!("{what} can't be used: {e}"));
    let read = |what: &str, server: &[u8], client: &[u8], id: String| -> Result<Option<Keys>, Failure> {
        let other = PublicKey::from_pem(server).map_err(|e| broken(&format!("the server's key in {what}"), &e))?;
        let own = PrivateKey::from_pem(client).map_err(|e| broken(&format!("the client's key in {what}"), &e))?;
        Ok(Some(Keys { id, other, own, spare: None }))
    };
    if embedded {
        let Some((id, server, client)) = sandbox::keys() else { return Ok(None) };
        return read("the sandbox", server.as_bytes(), client.as_bytes(), id);
    }
    let Some(sources) = profile.and_then(|p| p.keys.as_ref()) else { return Ok(None) };
    let file = |path: &str| files::bytes(path).map_err(|e| Failure::read(format!("the key file {path}"), e));
    let (_, id) = read_secret(&sources.key_id)?;
    let what = format!("{} and {}", sources.server, sources.client);
    let mut keys = read(&what, &file(&sources.server)?, &file(&sources.client)?, id)?;
    if let (Some(keys), Some(path)) = (&mut keys, &sources.spare) {
        let spare =
            PrivateKey::from_pem(&file(path)?).map_err(|e| broken(&format!("the client's key in {path}"), &e))?;
        keys.spare = Some(spare);
    }
    Ok(keys)
}

fn credentials(
    contract: &Contract,
    profile: Option<&Profile>,
    local: bool,
    embedded: bool,
) -> Result<Credentials, Failure> {
    let own = sandbox::credentials(contract);
    let mut found = Credentials::new();
    let mut missing = Vec::new();
    for credential in &contract.credentials {
        let source = profile.and_then(|p| p.credentials.get(&credential.name)).filter(|_| !embedded);
        match source {
            Some(source) => {
                let (name, value) = read_secret(source)?;
                found.insert(credential.name.clone(), Secret::new(name, value));
            }
            // Invented ones, which a sandbox on this machine takes and nobody else.
            None if local => found.extend(own.get(&credential.name).map(|s| (credential.name.clone(), s.clone()))),
            None => missing.push(credential.name.as_str()),
        }
    }
    if let Some(unknown) =
        profile.and_then(|p| p.credentials.keys().find(|k| !contract.credentials.iter().any(|c| c.name == **k)))
    {
        return Err(Failure::Usage(format!(
            "the profile has a credential `{unknown}` that the contract does not know: it knows {}",
            contract.credentials.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ")
        )));
    }
    if missing.is_empty() {
        Ok(found)
    } else {
        Err(Failure::Usage(format!(
            "the profile names no credential {}: write `credentials: {{{}: env:NAME}}`",
            missing.join(", "),
            missing[0]
        )))
    }
}

/// The second actor's credentials; what the profile leaves out of them is the first one's.
fn second(contract: &Contract, sources: &BTreeMap<String, SecretSource>) -> Result<Credentials, Failure> {
    let mut found = Credentials::new();
    for (name, source) in sources {
        if !contract.credentials.iter().any(|c| c.name == *name) {
            return Err(Failure::Usage(format!("`second_credentials` has `{name}`, which the contract does not know")));
        }
        let (from, value) = read_secret(source)?;
        found.insert(name.clone(), Secret::new(from, value));
    }
    Ok(found)
}

fn read_secret(source: &SecretSource) -> Result<(String, String), Failure> {
    let (name, value) = match source {
        SecretSource::Env(name) => {
            let value = std::env::var(name).map_err(|error| {
                let why = match error {
                    VarError::NotPresent => "is not set",
                    VarError::NotUnicode(_) => "is set to bytes that are not UTF-8",
                };
                Failure::Usage(format!("the profile takes a credential from ${name}, which {why}"))
            })?;
            (name.clone(), value)
        }
        SecretSource::File(path) => {
            let text = files::text(path).map_err(|e| Failure::read(format!("the credential file {path}"), e))?;
            (path.clone(), text.lines().next().unwrap_or_default().to_owned())
        }
        SecretSource::Plain(value) => ("the profile".to_owned(), value.clone()),
    };
    let plain = !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic());
    if plain {
        Ok((name, value))
    } else {
        Err(Failure::Usage(format!("the credential in {name} is empty or has characters that no header can carry")))
    }
}
