//! What the argument of a fault names, held against a contract: a fault in what the contract does not have would never show.

use super::fault::{Fault, FaultError, Kind};
use crate::contract::error::suggest;
use crate::contract::{Contract, Endpoint};
use crate::model::Field;

impl Fault {
    /// The faults of these names, each of which must name what the contract has.
    ///
    /// # Errors
    /// [`FaultError`] for the first name that is no fault's, or names an endpoint, a field, a header or a code that the contract lacks.
    pub fn read(names: &[String], contract: &Contract) -> Result<Vec<Self>, FaultError> {
        let read = |name: &String| {
            let fault: Self = name.parse()?;
            let all: Vec<&Endpoint> = contract.endpoints.iter().collect();
            fault.find(contract, &all).map_err(|why| FaultError::Nowhere { name: name.clone(), why })?;
            Ok(fault)
        };
        names.iter().map(read).collect()
    }

    /// Looks for what the fault names in these endpoints; else says what is missing.
    fn find(&self, contract: &Contract, endpoints: &[&Endpoint]) -> Result<(), String> {
        let endpoint = |id: &String| {
            let ids = || endpoints.iter().map(|e| e.id.as_str());
            known(ids().any(|own| own == id), "endpoint", id, ids())
        };
        match &self.0 {
            Kind::Overlook { path, .. }
            | Kind::Object { path, .. }
            | Kind::SkipUnique(path)
            | Kind::SkipLacks(path)
            | Kind::RefuseOnlyWithout(path)
            | Kind::CrashOnValue { path, .. }
            | Kind::CrashOnLength { path, .. }
            | Kind::CrashLongAstral(path)
            | Kind::AcceptText { path, .. } => field(endpoints.iter().flat_map(|e| &e.request), "request", path),
            Kind::Answer { path, .. } => {
                let own = [&contract.envelope.code, &contract.envelope.message];
                if own.contains(&path) {
                    return Ok(());
                }
                field(endpoints.iter().flat_map(|e| &e.response), "answer", path)
            }
            Kind::DropHeader(name)
            | Kind::MalformHeader(name)
            | Kind::StretchHeader(name)
            | Kind::CrossHeader(name) => {
                let names = || endpoints.iter().flat_map(|e| &e.response_headers).map(|f| f.name.as_str());
                let sent = || names().chain(["content-type"]);
                known(sent().any(|own| own.eq_ignore_ascii_case(name)), "header of an answer", name, sent())
            }
            Kind::WrongCode { code, .. } | Kind::WrongStatus(code) | Kind::WrongField(code) => {
                let codes = || endpoints.iter().flat_map(|e| &e.rows).map(|row| row.code.as_str());
                known(codes().any(|own| own == code), "code", code, codes())
            }
            Kind::SkipRow { endpoint: id, row } => {
                endpoint(id)?;
                let own = endpoints.iter().filter(|e| e.id == *id);
                let names = || own.clone().flat_map(|e| &e.rows).map(|row| row.name.as_str());
                known(names().any(|name| name == row), "row", row, names())
            }
            Kind::SkipEffects(id) | Kind::IgnorePage(id) | Kind::RefuseBare(id) | Kind::Race(id) => endpoint(id),
            Kind::Stale { reader, mover } => endpoint(reader).and_then(|()| endpoint(mover)),
            Kind::Stumble(calls) => calls.iter().try_for_each(endpoint),
            Kind::At { endpoint: id, fault } => {
                endpoint(id)?;
                let own: Vec<&Endpoint> = endpoints.iter().copied().filter(|e| e.id == *id).collect();
                fault.find(contract, &own)
            }
            Kind::Sometimes { fault, .. } => fault.find(contract, endpoints),
            Kind::Leak(what) => {
                let credentials = || contract.credentials.iter().map(|c| c.name.as_str()).chain(["private-key"]);
                if credentials().any(|own| own == what) {
                    return Ok(());
                }
                field(endpoints.iter().flat_map(|e| &e.request), "request", what)
            }
            _ => Ok(()),
        }
    }
}

fn known<'a>(there: bool, kind: &str, name: &str, all: impl Iterator<Item = &'a str>) -> Result<(), String> {
    if there { Ok(()) } else { Err(format!("there is no {kind} `{name}`: {}", suggest(name, all))) }
}

/// Looks for a field by its path, in which the items of a list may be named or not.
fn field<'a>(fields: impl Iterator<Item = &'a Field>, side: &str, path: &str) -> Result<(), String> {
    let mut paths = Vec::new();
    fields.for_each(|field| field.walk(&mut |f| paths.push(f.path.replace(".*", ""))));
    let there = paths.iter().any(|own| *own == path.replace(".*", ""));
    known(there, &format!("field of any {side}"), path, paths.iter().map(String::as_str))
}
