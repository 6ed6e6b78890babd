//! What a profile says, held against the contract: which endpoints are in scope, and whether values are of their fields' types.

use std::collections::BTreeMap;

use globset::{Glob, GlobMatcher};

use super::behaviour::{Effect, Source};
use super::endpoint::{Contract, Endpoint};
use super::error::{LoadError, suggest};
use super::profile::Profile;
use crate::model::field::{Field, Kind, find, general};
use crate::model::fixture::{Planted, fit};
use crate::model::{Fixture, Json, place};

/// Why an endpoint that the profile's `endpoints` do not name is left out.
const OUT: &str = "out of scope: the profile's `endpoints` do not name it";
/// Why an endpoint without a prepared request is left out.
const NOT_PREPARED: &str = "the target takes prepared requests only, and the profile's `prepared` has none for it";

/// The endpoints that the profile says the target has; none if it says nothing.
#[derive(Debug, Default)]
pub(super) struct Scope(Option<Vec<GlobMatcher>>);

impl Scope {
    pub(super) fn of(profile: Option<&Profile>) -> Result<Self, LoadError> {
        let Some(profile) = profile.filter(|p| !p.endpoints.is_empty()) else { return Ok(Self(None)) };
        let mut globs = Vec::new();
        for (at, text) in profile.endpoints.iter().enumerate() {
            let glob = Glob::new(text).map_err(|e| {
                profile.places.error(
                    &format!("endpoints/{at}"),
                    format!("`{text}` is no glob: {}", e.kind()),
                    "write an endpoint's id, with `*` for any letters",
                )
            })?;
            globs.push(glob.compile_matcher());
        }
        Ok(Self(Some(globs)))
    }

    /// True if the profile names the endpoint.
    pub(super) fn names(&self, id: &str) -> bool {
        self.0.as_ref().is_some_and(|globs| globs.iter().any(|g| g.is_match(id)))
    }

    /// Closes what the profile does not name; each glob must name something.
    fn narrow(&self, contract: &mut Contract, profile: &Profile) -> Result<(), LoadError> {
        let Some(globs) = &self.0 else { return Ok(()) };
        for (at, glob) in globs.iter().enumerate() {
            if !contract.endpoints.iter().any(|e| glob.is_match(&e.id)) {
                let text = glob.glob().glob();
                return Err(profile.places.error(
                    &format!("endpoints/{at}"),
                    format!("no endpoint of {} is called `{text}`", contract.id),
                    suggest(text, contract.endpoints.iter().map(|e| e.id.as_str())),
                ));
            }
        }
        contract.scoped = true;
        for endpoint in &mut contract.endpoints {
            if !self.names(&endpoint.id) {
                endpoint.out = true;
                endpoint.closed = Some(OUT.to_owned());
            }
        }
        Ok(())
    }
}

/// Takes over what the profile says of endpoints and values.
pub(super) fn apply(contract: &mut Contract, profile: &Profile, scope: &Scope) -> Result<(), LoadError> {
    scope.narrow(contract, profile)?;
    sends(contract, profile)?;
    let mut fixtures = std::mem::take(&mut contract.fixtures);
    let types = types(contract);
    for (at, fixture) in fixtures.iter_mut().enumerate() {
        resources(contract, profile, at, fixture)?;
        attributes(&types, profile, at, fixture)?;
    }
    contract.fixtures = fixtures;
    beginnings(contract, profile)?;
    prepared(contract, profile)
}

/// What new resources come with: resources and attributes that the contract speaks of.
fn beginnings(contract: &Contract, profile: &Profile) -> Result<(), LoadError> {
    let known = |name: &str| contract.resources.iter().find(|r| r.name == name);
    for beginning in &contract.beginnings {
        let own = &beginning.resource;
        if known(own).is_none() {
            let help = suggest(own, contract.resources.iter().map(|r| r.name.as_str()));
            let message = format!("{} has no resource `{own}`", contract.id);
            return Err(profile.places.error(&format!("new/{own}"), message, help));
        }
        for (name, _) in &beginning.with {
            let place = format!("new/{own}/{name}");
            match known(name) {
                Some(resource) if resource.key == *own => {}
                Some(resource) => {
                    let message =
                        format!("a {name} has a {} of its own, which nobody knows before it is shown", resource.key);
                    let help = format!("write the attributes that a new {name} has under `new: {{{name}: ...}}`");
                    return Err(profile.places.error(&place, message, help));
                }
                None => {
                    let help = suggest(name, contract.resources.iter().map(|r| r.name.as_str()));
                    return Err(profile.places.error(
                        &place,
                        format!("{} has no resource `{name}`", contract.id),
                        help,
                    ));
                }
            }
        }
        let attributes = contract.attributes(own);
        for (name, _) in beginning.attributes.iter().filter(|(name, _)| known(name).is_none()) {
            if !attributes.contains(name) {
                let help = suggest(name, attributes.iter().map(String::as_str));
                let message = format!("nothing in {} speaks of the `{name}` of any {own}", contract.id);
                return Err(profile.places.error(&format!("new/{own}/{name}"), message, help));
            }
        }
    }
    Ok(())
}

fn known<'a>(contract: &'a Contract, profile: &Profile, place: &str, id: &str) -> Result<&'a Endpoint, LoadError> {
    contract.endpoint(id).map(|(_, endpoint)| endpoint).ok_or_else(|| {
        let help = suggest(id, contract.endpoints.iter().map(|e| e.id.as_str()));
        profile.places.error(place, format!("{} has no endpoint `{id}`", contract.id), help)
    })
}

/// What a value of another type gets.
fn misfit(text: &str, kind: Kind, whose: &str) -> (String, &'static str) {
    let help = match kind {
        Kind::Number => "write a number as JSON does, without zeros in front: `7`",
        Kind::Boolean => "write `true` or `false`",
        _ => "write a single value",
    };
    (format!("`{text}` is no {} as JSON writes it, and {whose} is one", kind.word()), help)
}

/// Bindings: a value that every call sends takes its field's type.
fn sends(contract: &mut Contract, profile: &Profile) -> Result<(), LoadError> {
    for (id, binding) in &profile.bindings {
        let endpoint = known(contract, profile, &format!("bindings/{id}"), id)?;
        let mut sends = Vec::new();
        for (path, value) in &binding.sends {
            let field = find(&endpoint.request, path);
            sends.push((path.clone(), value_of(profile, (&format!("bindings/{id}/{path}"), id), field, value)?));
        }
        if let Some(endpoint) = contract.endpoints.iter_mut().find(|e| e.id == *id) {
            endpoint.sends = sends;
        }
    }
    Ok(())
}

/// A literal value in its field's type, where sources agree on one.
fn value_of(
    profile: &Profile,
    (place, endpoint): (&str, &str),
    field: Option<&Field>,
    value: &Json,
) -> Result<Json, LoadError> {
    let agreed = field.and_then(|f| Some((f, agreed(f)?)));
    let Some((field, kind)) = agreed else { return Ok(value.clone()) };
    fit(value, kind).ok_or_else(|| {
        let text = value.scalar().map_or_else(|| value.to_text(), str::to_owned);
        let (message, help) = misfit(&text, kind, &format!("{endpoint}'s {}", field.path));
        profile.places.error(place, message, help)
    })
}

/// The JSON type of a field, where sources agree on one.
fn agreed(field: &Field) -> Option<Kind> {
    field.kind.as_ref().filter(|k| k.sides.len() == 1).map(|k| *k.first())
}

/// The types in which the contract's fields carry each attribute, and the field that says so.
type Types = BTreeMap<(String, String), Vec<(Kind, String)>>;

fn types(contract: &Contract) -> Types {
    let mut out = Types::new();
    let mut add = |resource: &str, attribute: &str, endpoint: &Endpoint, field: &Field| {
        let kind = agreed(field).filter(|k| !matches!(k, Kind::Array | Kind::Object));
        if let Some(kind) = kind {
            let own = out.entry((resource.to_owned(), attribute.to_owned())).or_default();
            own.push((kind, format!("{}'s {}", endpoint.id, field.path)));
        }
    };
    for endpoint in &contract.endpoints {
        for field in &endpoint.request {
            field.walk(&mut |f| {
                for path in [&f.refers, &f.equals].into_iter().flatten() {
                    if let Some((resource, attribute)) = path.split_once('.') {
                        add(resource, attribute, endpoint, f);
                    }
                }
            });
        }
        for effect in &endpoint.effects {
            for (attribute, source) in stated(contract, effect) {
                let field = match source {
                    Source::Request(path) => find(&endpoint.request, path),
                    Source::Response(path) => find(&endpoint.response, path),
                    _ => None,
                };
                if let Some(field) = field {
                    add(&effect.resource, attribute, endpoint, field);
                }
            }
            for echo in &effect.answer {
                if let Some(field) = find(&endpoint.response, &echo.path).filter(|_| echo.attribute != "state") {
                    add(&echo.resource, &echo.attribute, endpoint, field);
                }
            }
        }
    }
    out
}

/// The attributes that an effect takes from request or answer.
fn stated<'a>(contract: &'a Contract, effect: &'a Effect) -> impl Iterator<Item = (&'a str, &'a Source)> {
    let key = contract.resources.iter().find(|r| r.name == effect.resource).map(|r| r.key.as_str());
    key.zip(effect.key.as_ref()).into_iter().chain(effect.set.iter().map(|(name, source)| (name.as_str(), source)))
}

/// A fixture speaks of resources and states that there are.
fn resources(contract: &Contract, profile: &Profile, at: usize, fixture: &Fixture) -> Result<(), LoadError> {
    let parts = fixture.parts.iter().enumerate();
    let named = parts.map(|(part, p)| (format!("fixtures/{at}/{part}"), &p.resource));
    let without = fixture.without.iter().map(|name| (format!("fixtures/{at}/without/{name}"), name));
    for (place, name) in named.chain(without) {
        if !contract.resources.iter().any(|r| r.name == *name) {
            let help = suggest(name, contract.resources.iter().map(|r| r.name.as_str()));
            return Err(profile.places.error(&place, format!("{} has no resource `{name}`", contract.id), help));
        }
    }
    for (part, own) in fixture.parts.iter().enumerate() {
        let states = contract.resources.iter().find(|r| r.name == own.resource).map_or(&[][..], |r| &r.states);
        if let Some(state) = own.state.as_ref().filter(|s| !states.is_empty() && !states.contains(s)) {
            let message = format!("a {} is never `{state}`", own.resource);
            let help = suggest(state, states.iter().map(String::as_str));
            return Err(profile.places.error(&format!("fixtures/{at}/{part}/state"), message, help));
        }
    }
    Ok(())
}

/// The attributes of a fixture are of the types in which fields carry them; where these agree, of that type.
fn attributes(types: &Types, profile: &Profile, at: usize, fixture: &mut Fixture) -> Result<(), LoadError> {
    for (part, own) in fixture.parts.iter_mut().enumerate() {
        for (name, planted) in &mut own.attributes {
            let Some(types) = types.get(&(own.resource.clone(), name.clone())) else { continue };
            let mut fitted: Vec<Planted> = Vec::new();
            for (kind, whose) in types {
                let fits = planted.fitted(*kind).map_err(|text| {
                    let (message, help) = misfit(&text, *kind, whose);
                    profile.places.error(&format!("fixtures/{at}/{part}/{name}"), message, help)
                })?;
                fitted.push(fits);
            }
            if let Some(first) = fitted.first().filter(|first| fitted.iter().all(|f| f == *first)) {
                *planted = first.clone();
            }
        }
    }
    Ok(())
}

/// Where the target takes prepared requests only, every endpoint without one is closed.
fn prepared(contract: &mut Contract, profile: &Profile) -> Result<(), LoadError> {
    contract.prepared_only = profile.prepared_only;
    let mut bodies = BTreeMap::new();
    for (id, body) in &profile.prepared {
        let place = format!("prepared/{id}");
        let endpoint = known(contract, profile, &place, id)?;
        if let Some(why) = &endpoint.closed {
            return Err(profile.places.error(&place, format!("no call of {id} can be made: {why}"), "leave it out"));
        }
        bodies.insert(id.clone(), body_of(profile, id, (&place, ""), &endpoint.request, body)?);
    }
    if contract.prepared_only {
        for endpoint in &mut contract.endpoints {
            endpoint.prepared = bodies.remove(&endpoint.id);
            if endpoint.prepared.is_none() && endpoint.closed.is_none() {
                endpoint.closed = Some(NOT_PREPARED.to_owned());
            }
        }
    }
    Ok(())
}

/// A prepared value, each part in its field's type.
fn body_of(
    profile: &Profile,
    endpoint: &str,
    (place, path): (&str, &str),
    table: &[Field],
    value: &Json,
) -> Result<Json, LoadError> {
    let inner = |path: &str, value: &Json| body_of(profile, endpoint, (place, path), table, value);
    match value {
        Json::Object(members) => {
            let fitted =
                members.iter().map(|(name, value)| Ok((name.clone(), inner(&place::below(path, name), value)?)));
            Ok(Json::Object(fitted.collect::<Result<_, _>>()?))
        }
        Json::Array(items) => {
            let fitted = items.iter().enumerate().map(|(at, value)| inner(&format!("{path}.{at}"), value));
            Ok(Json::Array(fitted.collect::<Result<_, _>>()?))
        }
        scalar => {
            let field = find(table, &general(path));
            value_of(profile, (&format!("{place}/{path}"), endpoint), field, scalar)
        }
    }
}
