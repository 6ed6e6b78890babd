//! Applications for cards: issue, reissue, renewal, delivery.

use serde_json::{Value, json};

use super::endpoint::{
    Call, Endpoint, Field, Form, Group, ID, Input, Kind, Outcome, Unknown, field, number, row, text,
};
use super::lapse::Lapse;
use super::world::{Application, CardState, Product, Role, Stage, World, today};

const PLAIN: Endpoint = Endpoint {
    input: Input::Named,
    member: "userInfo.userId",
    unknown: Unknown::Row("Wallet user not found."),
    ..Endpoint::plain(Group::Card, issue)
};

const ADDRESS: &[Field] = &[
    text("address", 1, 255).form(Form::Name).must(),
    text("addressDetail", 1, 255).form(Form::Name).must(),
    text("zipCode", 5, 5).must(),
];
/// The reissue page ends before the postal code.
const SHORT_ADDRESS: &[Field] = &[ADDRESS[0], ADDRESS[1], text("zipCode", 5, 5)];

/// The endpoints of applications.
pub(super) static ENDPOINTS: [Endpoint; 5] = [
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
    let unknown = world.product(service).is_none();
    if unknown && world.has(Lapse::IssueAnyProduct) {
        let product = Product { normal: false, reissuable: true, fee: 0 };
        world.products.insert(service.to_owned(), product);
    }
    let Some(normal) = world.product(service).map(|p| p.normal) else {
        return Err(call.invalid(&world.temper, "serviceId"));
    };
    if homeless(call) {
        return Err(call.invalid(&world.temper, "userInfo.addressInfo"));
    }
    if normal && call.flag("isDeliveryRequired") != Some(true) && !world.skips(call, "003_024") {
        return Err(row("003_024", "Card delivery should be required in case of normal type."));
    }
    let body = apply(world, call, service, Role::Issued, None);
    if !normal && world.has(Lapse::IssueNotListed) {
        world.members.entry(call.member).and_modify(|m| m.cards.truncate(m.cards.len() - 1));
    }
    Ok(body)
}

fn reissue(world: &mut World, call: &Call) -> Outcome {
    if homeless(call) {
        return Err(call.invalid(&world.temper, "userInfo.addressInfo"));
    }
    let Some(card) = world.by_any(call.text("lostCard")).filter(|c| c.owner == call.member).cloned() else {
        return Err(call.invalid(&world.temper, "lostCard"));
    };
    if card.reissued && !world.skips(call, "003_018") {
        return Err(row("003_018", "Card is already reissued error."));
    }
    match world.member(call.member).and_then(|m| m.account.as_ref()).map(|a| a.valid) {
        None if !world.skips(call, "007_001") => return Err(row("007_001", "Bank account not found.")),
        Some(false) if !world.skips(call, "003_019") => return Err(row("003_019", "User bank account invalid.")),
        _ => {}
    }
    let open = |a: &Application| matches!(a.stage, Stage::Ready | Stage::Issued);
    let runs = world.applications.values().any(|a| a.old.as_ref() == Some(&card.par) && open(a));
    if runs && !world.skips(call, "003_020") {
        return Err(row("003_020", "There is in progress reissue type card apply no."));
    }
    let next = call.text("nextServiceId");
    if !world.product(next).is_some_and(|p| p.reissuable) {
        return Err(row("003_048", "Invalid next service id."));
    }
    if card.state != CardState::Suspended && !world.has(Lapse::ReissueActive) {
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
    if card.reissued && !world.skips(call, "003_004") {
        return Err(row("003_004", "Card issue status is not allowed to reissue"));
    }
    if card.state == CardState::Terminated {
        return Err(row("003_005", "Card status is not active or suspended"));
    }
    if (card.expiry - today()).num_days() > 30 && !world.skips(call, "003_006") {
        return Err(row("003_006", "Card expiry date is not proper to reissue."));
    }
    let fee = product.as_ref().map_or(0, |p| p.fee);
    let faults = std::sync::Arc::clone(&world.faults);
    let Some(member) = world.member(call.member) else { return Err(row("001_006", "Wallet user not found.")) };
    if member.name.is_none() && !faults.skips(call.endpoint.id, "003_007") {
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
            None if faults.skips(call.endpoint.id, "003_010") => {}
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
    let faults = std::sync::Arc::clone(&world.faults);
    let own = |a: &&mut Application| a.member == call.member || faults.lapse(Lapse::CancelApplicationOfAnother);
    let Some(application) = world.application(call.text("cardApplyNo")).filter(own).cloned() else {
        return Err(call.invalid(&world.temper, "cardApplyNo"));
    };
    if application.created != today() && !world.skips(call, "003_002") {
        return Err(row("003_002", "Card issue is not cancelable due to day."));
    }
    let used = application.card.as_ref().and_then(|par| world.cards.get(par)).is_some_and(|c| c.used);
    if (!matches!(application.stage, Stage::Ready | Stage::Issued) || used) && !world.skips(call, "003_003") {
        return Err(row("003_003", "Card issue is not cancelable due to status."));
    }
    if let Some(application) = world.application(&application.no) {
        application.stage = Stage::Cancelled;
    }
    let mut body = json!({});
    let sparse = world.temper.sparse_answers;
    if let Some(card) = application.card.as_ref().and_then(|par| world.card(par)) {
        if !faults.lapse(Lapse::CancelKeepsCard) {
            card.state = CardState::Terminated;
        }
        if !sparse {
            body["mobileCardNo"] = json!(card.number);
            body["par"] = json!(card.par);
        }
    }
    Ok(body)
}

fn delivery(world: &mut World, call: &Call) -> Outcome {
    let faults = std::sync::Arc::clone(&world.faults);
    let owned = |c: &&mut super::world::Card| c.owner == call.member || faults.lapse(Lapse::DeliveryOfAnother);
    let Some(par) = world.by_any(call.text("cardRef")).filter(owned).map(|c| c.par.clone()) else {
        return Err(row("003_001", "Invalid card info."));
    };
    let mine = |a: &&Application| a.card.as_ref() == Some(&par) || a.card.is_none() && a.old.as_ref() == Some(&par);
    let status = match world.applications.values().rfind(mine) {
        Some(a) if a.stage == Stage::Cancelled && !world.has(Lapse::DeliveryNeverCancelled) => "CANCEL",
        Some(a) if a.stage == Stage::Registered => "ARRIVAL",
        Some(a) if a.delivery => "READY",
        _ => "ETC",
    };
    Ok(json!({"status": status}))
}
