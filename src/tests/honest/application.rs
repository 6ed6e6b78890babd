//! Applications for cards: issue, reissue, renewal, delivery, and the physical card that comes of them.

use serde_json::{Map, Value, json};

use super::card::product_name;
use super::endpoint::{
    Call, Endpoint, Field, Form, Group, ID, Input, Kind, Outcome, Unknown, field, number, row, text,
};
use super::world::{Application, CardState, Role, SECOND_PRODUCT, Stage, World, today};

const PLAIN: Endpoint = Endpoint {
    id: "",
    path: "",
    group: Group::Card,
    sealed: false,
    marked: false,
    success: "Success.",
    input: Input::Named,
    member: "userInfo.userId",
    unknown: Unknown::Row("Wallet user not found."),
    fields: &[],
    run: issue,
};

const ADDRESS: &[Field] = &[
    text("address", 1, 255).form(Form::Name).must(),
    text("addressDetail", 1, 255).form(Form::Name).must(),
    text("zipCode", 5, 5).must(),
];
/// The reissue page ends before the postal code.
const SHORT_ADDRESS: &[Field] = &[ADDRESS[0], ADDRESS[1], text("zipCode", 5, 5)];

/// The endpoints of applications.
pub(super) static ENDPOINTS: [Endpoint; 7] = [
    Endpoint {
        id: "card-issue-delivery",
        sealed: true,
        path: "/api/v1/prepay-card/issue/delivery",
        fields: &[
            field(
                "userInfo",
                Kind::Object(&[number("userId", ID).must(), field("addressInfo", Kind::Object(ADDRESS))]),
            )
            .must(),
            text("serviceId", 15, 15).must(),
            field("isDeliveryRequired", Kind::Flag),
        ],
        run: issue,
        ..PLAIN
    },
    Endpoint {
        id: "card-reissue-delivery",
        sealed: true,
        path: "/api/v1/prepay-card/reissue/delivery",
        input: Input::Leaf,
        fields: &[
            field(
                "userInfo",
                Kind::Object(&[number("userId", ID).must(), field("addressInfo", Kind::Object(SHORT_ADDRESS))]),
            )
            .must(),
            field("isDeliveryRequired", Kind::Flag),
            text("lostCard", 1, 27).must(),
            text("nextServiceId", 1, 15).must(),
        ],
        run: reissue,
        ..PLAIN
    },
    Endpoint {
        id: "card-expired-reissue",
        sealed: true,
        path: "/api/v1/prepay-card/expired/reissue",
        success: "Success",
        fields: &[
            field(
                "userInfo",
                Kind::Object(&[number("userId", ID).must(), field("addressInfo", Kind::Object(ADDRESS)).must()]),
            )
            .must(),
            field("cardInfo", Kind::Object(&[text("oldCardNo", 16, 16)])),
        ],
        run: renew,
        ..PLAIN
    },
    Endpoint {
        id: "card-delivery-cancel",
        path: "/api/v1/card/delivery/cancel",
        member: "userId",
        fields: &[text("cardApplyNo", 22, 22).must(), number("userId", ID).must()],
        run: cancel,
        ..PLAIN
    },
    Endpoint {
        id: "card-delivery-inquiry",
        path: "/api/v1/card/delivery/inquiry",
        input: Input::Fixed("Invalid input parameter."),
        member: "holderId",
        fields: &[number("holderId", ID).must(), text("cardRef", 1, 27).must()],
        run: delivery,
        ..PLAIN
    },
    Endpoint {
        id: "card-preissue-waiting-physical",
        path: "/api/v1/issued-cards/pre-issue/waiting/physical",
        input: Input::Unlisted,
        member: "ownerId",
        unknown: Unknown::Gap,
        fields: &[number("ownerId", ID).must()],
        run: waiting,
        ..PLAIN
    },
    Endpoint {
        id: "card-physical-register",
        sealed: true,
        path: "/api/v1/prepay-card/physical/register",
        input: Input::Unlisted,
        member: "userId",
        unknown: Unknown::Gap,
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

/// Writes an application down, issues its mobile card if it has one, and answers as the pages say.
fn apply(world: &mut World, call: &Call, service: &str, role: Role, old: Option<String>) -> Value {
    let normal = old.is_none() && world.product(service).is_some_and(|p| p.normal);
    let card = (!normal).then(|| world.issue(call.member, service, role));
    let no = format!("HAN{:019}", world.next());
    let application = Application {
        no: no.clone(),
        member: call.member,
        card: card.clone(),
        service: service.to_owned(),
        old,
        stage: if normal { Stage::Ready } else { Stage::Issued },
        created: today(),
        delivery: call.flag("isDeliveryRequired").unwrap_or(false),
    };
    world.applications.insert(no.clone(), application);
    let mut body = json!({"cardApplyNo": no});
    if let (Some(card), false) = (card.and_then(|par| world.cards.get(&par)), world.temper.sparse_answers) {
        body["mobileCardNo"] = json!(card.number);
        body["mobileCardCVC"] = json!(card.cvc);
        body["mobileCardPar"] = json!(card.par);
    }
    body
}

/// Whether a delivery lacks its address.
fn homeless(call: &Call) -> bool {
    call.flag("isDeliveryRequired") == Some(true) && call.at("userInfo.addressInfo").is_none()
}

fn issue(world: &mut World, call: &Call) -> Outcome {
    let service = call.text("serviceId");
    let Some(normal) = world.product(service).map(|p| p.normal) else {
        return Err(call.invalid(&world.temper, "serviceId"));
    };
    if homeless(call) {
        return Err(call.invalid(&world.temper, "userInfo.addressInfo"));
    }
    if normal && call.flag("isDeliveryRequired") != Some(true) {
        return Err(row("003_024", "Card delivery should be required in case of normal type."));
    }
    Ok(apply(world, call, service, Role::Issued, None))
}

fn reissue(world: &mut World, call: &Call) -> Outcome {
    if homeless(call) {
        return Err(call.invalid(&world.temper, "userInfo.addressInfo"));
    }
    let Some(card) = world.by_any(call.text("lostCard")).filter(|c| c.owner == call.member).cloned() else {
        return Err(call.invalid(&world.temper, "lostCard"));
    };
    if card.reissued {
        return Err(row("003_018", "Card is already reissued error."));
    }
    match world.member(call.member).and_then(|m| m.account.as_ref()).map(|a| a.valid) {
        None => return Err(row("007_001", "Bank account not found.")),
        Some(false) => return Err(row("003_019", "User bank account invalid.")),
        Some(true) => {}
    }
    let open = |a: &Application| matches!(a.stage, Stage::Ready | Stage::Issued);
    if world.applications.values().any(|a| a.old.as_ref() == Some(&card.par) && open(a)) {
        return Err(row("003_020", "There is in progress reissue type card apply no."));
    }
    let next = call.text("nextServiceId");
    if !world.product(next).is_some_and(|p| p.reissuable) {
        return Err(row("003_048", "Invalid next service id."));
    }
    if card.state != CardState::Suspended {
        return Err(world.gap(409, "003_023", "Card is not suspended."));
    }
    Ok(apply(world, call, next, card.role, Some(card.par)))
}

fn renew(world: &mut World, call: &Call) -> Outcome {
    let number = call.text("cardInfo.oldCardNo");
    if number.is_empty() {
        return Err(call.invalid(&world.temper, "cardInfo.oldCardNo"));
    }
    let Some(card) = world.by_number(number).filter(|c| c.owner == call.member).cloned() else {
        return Err(row("003_008", "Par not found from cardNo."));
    };
    let product = world.product(&card.service).cloned();
    if card.reissued {
        return Err(row("003_004", "Card issue status is not allowed to reissue"));
    }
    if card.state == CardState::Terminated {
        return Err(row("003_005", "Card status is not active or suspended"));
    }
    if (card.expiry - today()).num_days() > 30 {
        return Err(row("003_006", "Card expiry date is not proper to reissue."));
    }
    let fee = product.as_ref().map_or(0, |p| p.fee);
    let Some(member) = world.member(call.member) else { return Err(row("001_006", "Wallet user not found.")) };
    if member.name.is_none() {
        return Err(row("003_007", "User name not found error"));
    }
    if member.mobile.is_none() {
        return Err(row("003_008", "Par not found from cardNo."));
    }
    if !product.is_some_and(|p| p.reissuable) {
        return Err(row("003_009", "Not valid product for card issue type"));
    }
    if fee > 0 {
        match member.account.as_mut().filter(|a| a.valid && a.funds >= fee) {
            Some(account) => account.funds -= fee,
            None => return Err(row("003_010", "Card reissue cost pay fail")),
        }
    }
    if let Some(card) = world.card(&card.par) {
        card.reissued = true;
    }
    let no = format!("HAN{:019}", world.next());
    let application = Application {
        no: no.clone(),
        member: call.member,
        card: None,
        service: card.service.clone(),
        old: Some(card.par),
        stage: Stage::Ready,
        created: today(),
        delivery: true,
    };
    world.applications.insert(no.clone(), application);
    Ok(json!({"cardApplyNo": no}))
}

fn cancel(world: &mut World, call: &Call) -> Outcome {
    let Some(application) = world.application(call.text("cardApplyNo")).filter(|a| a.member == call.member).cloned()
    else {
        return Err(call.invalid(&world.temper, "cardApplyNo"));
    };
    if application.created != today() {
        return Err(row("003_002", "Card issue is not cancelable due to day."));
    }
    let used = application.card.as_ref().and_then(|par| world.cards.get(par)).is_some_and(|c| c.used);
    if !matches!(application.stage, Stage::Ready | Stage::Issued) || used {
        return Err(row("003_003", "Card issue is not cancelable due to status."));
    }
    if let Some(application) = world.application(&application.no) {
        application.stage = Stage::Cancelled;
    }
    let mut body = json!({});
    let sparse = world.temper.sparse_answers;
    if let Some(card) = application.card.as_ref().and_then(|par| world.card(par)) {
        card.state = CardState::Terminated;
        if !sparse {
            body["mobileCardNo"] = json!(card.number);
            body["par"] = json!(card.par);
        }
    }
    Ok(body)
}

fn delivery(world: &mut World, call: &Call) -> Outcome {
    let owned = |c: &&mut super::world::Card| c.owner == call.member;
    let Some(par) = world.by_any(call.text("cardRef")).filter(owned).map(|c| c.par.clone()) else {
        return Err(row("003_001", "Invalid card info."));
    };
    let mine = |a: &&Application| a.card.as_ref() == Some(&par) || a.card.is_none() && a.old.as_ref() == Some(&par);
    let status = match world.applications.values().rfind(mine) {
        Some(a) if a.stage == Stage::Cancelled => "CANCEL",
        Some(a) if a.stage == Stage::Registered => "ARRIVAL",
        Some(a) if a.delivery => "READY",
        _ => "ETC",
    };
    Ok(json!({"status": status}))
}

/// Whether a mobile card is there and its physical one is still to come.
fn awaits(world: &World, application: &Application, member: u64) -> bool {
    let card = application.card.as_ref().and_then(|par| world.cards.get(par));
    application.member == member
        && application.stage == Stage::Issued
        && application.delivery
        && card.is_some_and(|c| c.state != CardState::Terminated && c.physical.is_none())
}

fn waiting(world: &mut World, call: &Call) -> Outcome {
    if world.member(call.member).is_none() {
        return Err(super::user::nobody(world));
    }
    let list = world.applications.values().filter(|a| awaits(world, a, call.member)).filter_map(|a| {
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
    });
    Ok(json!({"issuedCardList": list.collect::<Vec<_>>()}))
}

fn register(world: &mut World, call: &Call) -> Outcome {
    let no = call.text("cardApplyNo");
    let application = if no.is_empty() {
        world.applications.values().find(|a| awaits(world, a, call.member)).cloned()
    } else {
        let Some(application) = world.application(no).filter(|a| a.member == call.member).cloned() else {
            return Err(row("003_013", "Indicated card issue not found error."));
        };
        Some(application)
    };
    if let Some(application) = &application {
        if !matches!(application.stage, Stage::Ready | Stage::Issued) {
            return Err(row("003_012", "Indicated card issue is not ready to active."));
        }
        let card = application.card.as_ref().and_then(|par| world.cards.get(par));
        if card.is_some_and(|c| c.state == CardState::Terminated) {
            return Err(row("003_014", "Digital card is already terminated error."));
        }
    }
    let number = call.text("physicalCardNo");
    world.conjure(number);
    let fits = world.physicals.get_mut(number).filter(|p| {
        !p.registered && p.expiry == call.text("physicalCardExpDate") && p.cvc == call.text("physicalCardCVC")
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
    world.numbers.insert(number.clone(), par.clone());
    let Some(card) = world.card(&par) else { return Err(row("003_001", "Invalid card info.")) };
    card.physical = Some(number);
    Ok(json!({"mobileCardNo": card.number, "par": card.par}))
}
