//! Whether a request's form is in order: headers, token, encryption, JSON, fields; what is there and in which state is not its matter.

use super::envelope::Sealing;
use super::fault::{Fault, Kind};
use super::refusal::Refusal;
use super::{Call, Reply, Sandbox, route};
use crate::auth::{self, Draft};
use crate::contract::Endpoint;
use crate::model::Rule;
use crate::model::field::Way;
use crate::model::json::{self, Json};
use crate::model::wire::{AuthPlan, Caller, Credentials, Piece, Scheme, Secret};
use crate::schema::check::{Judged, Side, State};
use crate::schema::{Units, check, check_header};

/// What a call's form comes to.
pub(super) enum Checked {
    /// Every field is legal; what is there decides.
    Legal(Json),
    /// A fault has answered.
    Answered(Reply),
}

/// What a scheme of authentication covers of a call, with this body.
fn received<'c>(call: &'c Call, body: &'c [u8]) -> Draft<'c> {
    Draft { method: &call.method, path: &call.path, query: &call.query, headers: &call.headers, body }
}

impl Sandbox {
    /// Checks headers, token, encryption, JSON and fields in this order.
    pub(super) fn check<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        call: &Call,
        sealing: &mut Sealing,
    ) -> Result<Checked, Refusal<'a>> {
        if !self.has(endpoint, &Kind::SkipHeaders) {
            self.headers(endpoint, call)?;
        }
        if !self.has(endpoint, &Kind::SkipToken) {
            self.token(endpoint, call)?;
        }
        let opened = self.open(endpoint, call, sealing)?;
        let Some(bytes) = opened else {
            // A fault that takes what it could not open: it answers as if all were well.
            let now = self.now();
            let body = self.lock().world.answer(endpoint, &Json::Object(Vec::new()), self.style(), &now);
            return Ok(Checked::Answered(self.success(endpoint, call, body)));
        };
        let mut root = if endpoint.wire.has_body {
            match json::parse(&bytes) {
                Ok(document) if matches!(document.root, Json::Object(_)) && document.defects.is_empty() => {
                    document.root
                }
                read => {
                    if let Some(reply) = self.faults(endpoint).find_map(|f| f.chokes(&read, self)) {
                        return Ok(Checked::Answered(reply));
                    }
                    let why = match read {
                        Err(error) => format!("the body is no JSON: {error}"),
                        Ok(_) => "the body is no plain JSON object".to_owned(),
                    };
                    return Err(Refusal::Unseen(400, why));
                }
            }
        } else {
            Json::Object(Vec::new())
        };
        route::parameters(endpoint, call, &mut root);
        if self.faults(endpoint).any(|f| f.crashes(&root)) {
            return Ok(Checked::Answered(self.plain(500, "Internal Server Error")));
        }
        if self.faults(endpoint).any(|f| f.rejects(endpoint, &root)) {
            return Err(Refusal::Unseen(400, "it is not to the sandbox's taste".to_owned()));
        }
        self.fields(endpoint, &root)?;
        Ok(Checked::Legal(root))
    }

    fn headers<'a>(&'a self, endpoint: &'a Endpoint, call: &Call) -> Result<(), Refusal<'a>> {
        let mut broken = None;
        let units = Units { side: Side::Request, units: &[self.variant.unit] };
        check_header(&endpoint.request_headers, &call.headers, units, &mut |judged| {
            let auth = endpoint.wire.shows_caller(&judged.field.name);
            let overlooked = auth && self.has(endpoint, &Kind::Unsigned);
            if judged.state == State::Broken && broken.is_none() && !overlooked {
                broken = Some(judged.field.name.clone());
            }
        });
        if let Some(name) = broken {
            return Err(Refusal::Unseen(self.variant.auth_status, format!("header {name} is missing or malformed")));
        }
        self.actor(endpoint, call).map(|_| ()).ok_or_else(|| {
            Refusal::Unseen(self.variant.auth_status, "the headers name no actor that is known".to_owned())
        })
    }

    /// The actor whom the headers name.
    fn actor(&self, endpoint: &Endpoint, call: &Call) -> Option<&Credentials> {
        let names = |actor: &&Credentials| {
            endpoint.wire.headers.iter().all(|header| match header.value.as_slice() {
                [Piece::Credential(name)] => {
                    call.header(&header.name) == Some(actor.get(name).map(Secret::reveal).unwrap_or_default())
                }
                _ => true,
            })
        };
        self.actors.iter().find(names)
    }

    fn token<'a>(&'a self, endpoint: &'a Endpoint, call: &Call) -> Result<(), Refusal<'a>> {
        let ways = &endpoint.wire.callers;
        let shown = |way: &Caller| {
            self.actors.iter().any(|actor| way.schemes.iter().all(|plan| self.shows(endpoint, call, plan, actor)))
        };
        if ways.is_empty() || ways.iter().any(shown) {
            return Ok(());
        }
        Err(Refusal::Unseen(self.variant.auth_status, "the token does not match".to_owned()))
    }

    /// True if the request shows by this scheme that the actor sends it.
    fn shows(&self, endpoint: &Endpoint, call: &Call, plan: &AuthPlan, actor: &Credentials) -> bool {
        let Some(token) = plan.carriers.first().and_then(|carrier| auth::value(carrier, &received(call, &[]))) else {
            return self.has(endpoint, &Kind::Unsigned);
        };
        let proof = |body: &[u8], actor: &Credentials| auth::proof(plan, &received(call, body), actor);
        let signed = |body: &[u8], actor: &Credentials| proof(body, actor).is_some_and(|p| p.holds());
        if let Scheme::OAuthClient(own) = &plan.scheme {
            return self.issued(own, actor.get(&own.client_id)).into_iter().any(|token| {
                let name = own.bearer.token.clone();
                let mut actor = actor.clone();
                actor.insert(name.clone(), Secret::new(name, token));
                signed(&call.body, &actor)
            });
        }
        if auth::names_actor(plan) {
            return signed(&call.body, actor);
        }
        // Without checked headers the first actor is the caller.
        let own = self.actor(endpoint, call).unwrap_or(&self.actors[0]);
        let loose = |fault: &Fault| fault.loosens(&call.body).is_some_and(|body| signed(&body, own));
        // A check that does not look at the first character.
        let tail = |code: &str| code.get(1..).unwrap_or_default().to_owned();
        let nearly = || {
            let proof = proof(&call.body, own).filter(|_| self.has(endpoint, &Kind::LooseCode));
            proof.is_some_and(|p| tail(&p.given) == tail(&p.due))
        };
        let remembers = self.has(endpoint, &Kind::ReplayedToken);
        let good = signed(&call.body, own)
            || self.faults(endpoint).any(loose)
            || nearly()
            || self.has(endpoint, &Kind::AnySecret) && self.actors.iter().any(|actor| signed(&call.body, actor))
            || remembers && self.lock().tokens.contains(&*token);
        if good && remembers {
            self.lock().tokens.insert(token.into_owned());
        }
        good
    }

    fn fields<'a>(&'a self, endpoint: &'a Endpoint, body: &Json) -> Result<(), Refusal<'a>> {
        let mut refusal = None;
        let units = Units { side: Side::Request, units: &[self.variant.unit] };
        check(&endpoint.request, body, units, &mut |judged| {
            if refusal.is_some() {
                return;
            }
            let breach = match judged.state {
                State::Broken => !self.faults(endpoint).any(|f| f.overlooks(judged)),
                State::Unknown => {
                    self.variant.refuses_unknown && judged.rule == Rule::Presence && judged.way == Way::Absent
                }
                State::Holds => self.faults(endpoint).any(|f| f.objects(judged)),
            };
            if breach {
                // An objection to a legal length is worded as if it were too long.
                let way = if judged.state == State::Holds { Way::Above } else { judged.way };
                refusal = Some(self.breach(endpoint, judged, way));
            }
        });
        refusal.map_or(Ok(()), Err)
    }

    fn breach<'a>(&self, endpoint: &'a Endpoint, judged: &Judged<'_>, way: Way) -> Refusal<'a> {
        let rows = endpoint.rows_for(&judged.field.path, judged.rule, way);
        let known = rows.iter().map(|found| &endpoint.rows[found.row]);
        match known.into_iter().find(|row| !self.faults(endpoint).any(|f| f.skips(&endpoint.id, row))) {
            Some(row) => Refusal::Row(row, judged.field.path.clone()),
            None => Refusal::Unseen(400, format!("{} breaks its {}", judged.field.path, judged.rule.word())),
        }
    }
}
