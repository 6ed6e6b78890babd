//! Puts the files of one API together: `api.yaml` and one file per endpoint become a [`Contract`] in which every promise has a clause.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::endpoint::{Contract, Envelope, Unknown};
use super::error::{LoadError, suggest};
use super::file::File;
use super::fitting::{self, Scope};
use super::profile::Profile;
use super::property::{Conflicts, Property};
use super::unique::{Unique, written};
use super::yaml::{self, Map, Node};
use crate::model::clause::{Clause, ClauseIx, Level, Rule};
use crate::model::field::Unit;
use crate::model::wire::Zone;
use crate::model::{Source, field};

/// Loads the files of one API; a profile may set the envelope and decide conflicts.
///
/// # Errors
/// [`LoadError`] for the first mistake, with its place and what to write instead.
pub fn load(files: &[File], profile: Option<&Profile>) -> Result<Contract, LoadError> {
    let api = files.iter().find(|f| f.name.rsplit(['/', '\\']).next() == Some("api.yaml"));
    let api = api.ok_or_else(|| {
        LoadError::whole("api.yaml", "no api.yaml among the contract's files", "an API is a folder with an api.yaml")
    })?;
    let root = yaml::parse(&api.name, &api.text)?;
    let mut loader = Loader::new(profile, Scope::of(profile)?);
    let shared = loader.api(&root.map()?)?;
    for file in files.iter().filter(|f| !std::ptr::eq(*f, api)) {
        let node = yaml::parse(&file.name, &file.text)?;
        loader.endpoint(&node, &shared)?;
    }
    if loader.contract.endpoints.is_empty() {
        return Err(root.error("a contract without endpoints", "add a file per endpoint beside api.yaml"));
    }
    loader.check_ids(files)?;
    loader.check_choices()?;
    loader.check_mentions()?;
    super::sibling::bind(&mut loader.contract);
    super::sibling::form(&mut loader.contract);
    loader.contract.identifying = identifying(&loader.contract);
    if let Some(profile) = profile {
        fitting::apply(&mut loader.contract, profile, &loader.scope)?;
    }
    Ok(loader.contract)
}

pub(super) struct Loader<'a> {
    pub(super) contract: Contract,
    pub(super) conflicts: Conflicts,
    pub(super) profile: Option<&'a Profile>,
    /// Names of the endpoint's fields that are known by their role, where the profile gives them.
    pub(super) roles: BTreeMap<String, Option<String>>,
    /// Request headers of the endpoint that only some of its ways of showing who calls bring.
    pub(super) of_some: Vec<String>,
    /// Endpoints that others name, with the field of their answer that is spoken of: any file may hold them.
    pub(super) mentions: Vec<(Node, Option<Node>)>,
    /// Attributes that are spoken of, where, resource and name: any file may set or show them.
    pub(super) attributes: Vec<(Node, String, String)>,
    /// Ids of endpoints.
    pub(super) endpoints: Unique,
    /// Methods and paths of endpoints.
    pub(super) addresses: Unique,
    /// Two clauses with one id.
    pub(super) doubled: Option<(ClauseIx, ClauseIx)>,
    /// Endpoints that the profile names.
    pub(super) scope: Scope,
}

/// Failing attempts that a case makes where nobody has seen the limit.
pub(super) const ATTEMPTS: u32 = 10;

impl<'a> Loader<'a> {
    fn new(profile: Option<&'a Profile>, scope: Scope) -> Self {
        let contract = Contract {
            id: String::new(),
            title: String::new(),
            default: false,
            base_path: String::new(),
            schemes: Vec::new(),
            endpoints: Vec::new(),
            clauses: Vec::new(),
            by_id: HashMap::new(),
            zone: Zone { name: "UTC".to_owned(), offset_seconds: 0 },
            envelope: Envelope { code: String::new(), message: String::new() },
            bare_success: false,
            encryption: None,
            identifying: HashSet::new(),
            fixtures: Vec::new(),
            beginnings: Vec::new(),
            attempts: (ATTEMPTS, false),
            hangul: false,
            scoped: false,
            prepared_only: false,
            units: Unit::ALL.to_vec(),
            credentials: Vec::new(),
            resources: Vec::new(),
            notes: Vec::new(),
            unknowns: Vec::new(),
        };
        Self {
            contract,
            conflicts: Conflicts::default(),
            profile,
            roles: BTreeMap::new(),
            of_some: Vec::new(),
            mentions: Vec::new(),
            attributes: Vec::new(),
            endpoints: Unique::default(),
            addresses: Unique::default(),
            doubled: None,
            scope,
        }
    }

    /// Fails if two clauses have one id: waivers, baselines and evidence tell clauses apart by it.
    fn check_ids(&self, files: &[File]) -> Result<(), LoadError> {
        let Some((first, second)) = self.doubled else { return Ok(()) };
        let (first, second) = (self.contract.clause(first), self.contract.clause(second));
        let message = format!("a second clause `{}`: the first one stands at {}", second.id, written(&first.source));
        let help = "make one row of the two, or let each name fields of its own";
        let text = files.iter().find(|f| f.name == second.source.file).map_or("", |f| f.text.as_str());
        Err(LoadError::of(&second.source, text, message, help))
    }

    /// Fails if an endpoint that another one names does not exist, its answer has no such field, or nobody knows an attribute.
    fn check_mentions(&self) -> Result<(), LoadError> {
        for (id, field) in &self.mentions {
            let Some((_, endpoint)) = self.contract.endpoint(id.text()?) else {
                let known = self.contract.endpoints.iter().map(|e| e.id.as_str());
                let message = format!("{} has no endpoint `{}`", self.contract.id, id.text()?);
                return Err(id.error(message, suggest(id.text()?, known)));
            };
            let Some(field) = field else { continue };
            if field::find(&endpoint.response, field.text()?).is_none() {
                let known = endpoint.response.iter().map(|f| f.path.as_str());
                let message = format!("the answer of {} has no `{}`", endpoint.id, field.text()?);
                return Err(field.error(message, suggest(field.text()?, known)));
            }
        }
        for (node, resource, attribute) in &self.attributes {
            let known = self.contract.attributes(resource);
            if !known.contains(attribute) {
                let message = format!("nothing sets or shows the `{attribute}` of any {resource}");
                return Err(node.error(message, suggest(attribute, known.iter().map(String::as_str))));
            }
        }
        Ok(())
    }

    pub(super) fn unknown(&mut self, place: String, property: &'static str, source: Source) {
        self.contract.unknowns.push(Unknown { place, property, source });
    }

    pub(super) fn clause<T>(&mut self, id: String, rule: Rule, prop: &Property<T>, says: String) -> ClauseIx {
        let level = if rule == Rule::Message { Level::Should } else { prop.basis.level() };
        let ix = self.contract.clauses.len();
        if let Some(first) = self.contract.by_id.insert(id.clone(), ix).filter(|_| self.doubled.is_none()) {
            self.doubled = Some((first, ix));
        }
        self.contract.clauses.push(Clause {
            id,
            rule,
            basis: prop.basis,
            level,
            says,
            why: prop.why.clone(),
            source: prop.source.clone(),
        });
        ix
    }
}

pub(super) fn version(map: &Map<'_>) -> Result<(), LoadError> {
    let node = map.req("konform")?;
    if node.text()? == "1" {
        return Ok(());
    }
    Err(node.error(
        format!("language version {} is not known to konform {}", node.text()?, env!("CARGO_PKG_VERSION")),
        "this program reads `konform: 1`",
    ))
}

/// Attributes by which the contract's calls find resources.
fn identifying(contract: &Contract) -> HashSet<(String, String)> {
    let mut found: HashSet<(String, String)> =
        contract.resources.iter().map(|r| (r.name.clone(), r.key.clone())).collect();
    let is_resource = |name: &str| contract.resources.iter().any(|r| r.name == name);
    for endpoint in &contract.endpoints {
        for field in &endpoint.request {
            field.walk(&mut |f| {
                if let Some((resource, attribute)) = f.refers.as_deref().and_then(|r| r.split_once('.')) {
                    found.insert((resource.to_owned(), attribute.to_owned()));
                }
            });
        }
        for effect in &endpoint.effects {
            let relations = effect.set.iter().map(|(name, _)| name).filter(|name| is_resource(name));
            found.extend(effect.unique.iter().chain(relations).map(|name| (effect.resource.clone(), name.clone())));
        }
    }
    found
}
