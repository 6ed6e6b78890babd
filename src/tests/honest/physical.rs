//! Physical cards: which mobile cards wait for theirs, and their registration.

use serde_json::{Map, Value, json};

use super::card::product_name;
use super::endpoint::{Call, Endpoint, Group, ID, Outcome, Unknown, number, row, text};
use super::lapse::Lapse;
use super::world::{Application, CardState, Role, SECOND_PRODUCT, Stage, World};

const PLAIN: Endpoint = Endpoint { member: "ownerId", unknown: Unknown::Gap, ..Endpoint::plain(Group::Card, waiting) };

/// The endpoints of physical cards.
pub(super) static ENDPOINTS: [Endpoint; 2] = [
    Endpoint {
        id: "card-preissue-waiting-physical",
        path: "/api/v1/issued-cards/pre-issue/waiting/physical",
        fields: &[number("ownerId", ID).must()],
        run: waiting,
        ..PLAIN
    },
    Endpoint {
        id: "card-physical-register",
        sealed: true,
        path: "/api/v1/prepay-card/physical/register",
        member: "userId",
        fields: &[
            number("userId", ID).must(),
            text("physicalCardNo", 1, 64).must(),
            text("physicalCardExpDate", 1, 64).must(),
            text("physicalCardCVC", 1, 64).must(),
            text("cardApplyNo", 1, 64),
        ],
        run: register,
        ..PLAIN
    },
];

/// Whether a mobile card is there and its physical one is still to come.
fn awaits(world: &World, application: &Application, member: u64, lax: &dyn Fn(Lapse) -> bool) -> bool {
    let card = application.card.as_ref().and_then(|par| world.cards.get(par));
    let due = match application.stage {
        Stage::Issued => card.is_some_and(|c| c.state != CardState::Terminated && c.physical.is_none()),
        Stage::Cancelled => card.is_some() && lax(Lapse::WaitingShowsCancelled),
        Stage::Registered => card.is_some() && lax(Lapse::WaitingShowsRegistered),
        Stage::Ready => false,
    };
    due && application.delivery && (application.member == member || lax(Lapse::WaitingOfAnother))
}

fn waiting(world: &mut World, call: &Call) -> Outcome {
    if world.member(call.member).is_none() {
        return Err(super::user::nobody(world));
    }
    let list =
        world.applications.values().filter(|a| awaits(world, a, call.member, &|lapse| world.has(lapse))).filter_map(
            |a| {
                let card = world.cards.get(a.card.as_ref()?)?;
                let mut item = Map::new();
                item.insert("cardApplyNo".to_owned(), json!(a.no));
                item.insert("issueType".to_owned(), json!(if a.old.is_some() { "REISSUE" } else { "ISSUE" }));
                item.insert("status".to_owned(), json!("DIGITAL_ISSUED"));
                item.insert(
                    "digital".to_owned(),
                    json!({
                        "cardNo": card.number, "par": card.par, "serviceId": card.service,
                        "serviceName": product_name(&card.service), "mobileCardCVC": card.cvc,
                    }),
                );
                Some(Value::Object(item))
            },
        );
    Ok(json!({"issuedCardList": list.collect::<Vec<_>>()}))
}

fn register(world: &mut World, call: &Call) -> Outcome {
    let no = call.text("cardApplyNo");
    let application = if no.is_empty() {
        world.applications.values().find(|a| awaits(world, a, call.member, &|_| false)).cloned()
    } else {
        let application = world.application(no).filter(|a| a.member == call.member).cloned();
        if application.is_none() && !world.skips(call, "003_013") {
            return Err(row("003_013", "Indicated card issue not found error."));
        }
        application
    };
    if let Some(application) = &application {
        if !matches!(application.stage, Stage::Ready | Stage::Issued) && !world.skips(call, "003_012") {
            return Err(row("003_012", "Indicated card issue is not ready to active."));
        }
        let card = application.card.as_ref().and_then(|par| world.cards.get(par));
        if card.is_some_and(|c| c.state == CardState::Terminated) && !world.skips(call, "003_014") {
            return Err(row("003_014", "Digital card is already terminated error."));
        }
    }
    let number = call.text("physicalCardNo");
    world.conjure(number);
    let faults = std::sync::Arc::clone(&world.faults);
    let fits = world.physicals.get_mut(number).filter(|p| {
        (!p.registered || faults.lapse(Lapse::PhysicalRegisteredTwice))
            && p.expiry == call.text("physicalCardExpDate")
            && (p.cvc == call.text("physicalCardCVC") || faults.lapse(Lapse::PhysicalCvcUnchecked))
    });
    let Some(physical) = fits else { return Err(row("003_001", "Invalid card info.")) };
    physical.registered = true;
    let number = physical.number.clone();
    let service = application.as_ref().map_or(SECOND_PRODUCT, |a| a.service.as_str()).to_owned();
    let par = match application.as_ref().and_then(|a| a.card.clone()) {
        Some(par) => par,
        None => world.issue(call.member, &service, Role::Issued),
    };
    if let Some(application) = application.and_then(|a| world.application(&a.no)) {
        application.stage = Stage::Registered;
        application.card = Some(par.clone());
        if let Some(old) = application.old.clone() {
            if let Some(old) = world.card(&old) {
                old.reissued = true;
            }
        }
    }
    let stored = !faults.lapse(Lapse::PhysicalNotStored);
    if stored {
        world.numbers.insert(number.clone(), par.clone());
    }
    let Some(card) = world.card(&par) else { return Err(row("003_001", "Invalid card info.")) };
    if stored {
        card.physical = Some(number);
    }
    Ok(json!({"mobileCardNo": card.number, "par": card.par}))
}
