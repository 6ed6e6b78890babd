//! Cards: the list, whose a card is, loss and discarding, products, deduction, names of corporations.

use serde_json::{Value, json};

use super::endpoint::{
    Call, Endpoint, Form, Group, ID, ID_18, Input, Kind, Outcome, Unknown, field, number, row, text,
};
use super::lapse::Lapse;
use super::world::{BASIC_PRODUCT, Card, CardState, NAMED, Role, UNNAMED, World};

const PLAIN: Endpoint = Endpoint::plain(Group::Card, list);

/// The endpoints of cards that are there.
pub(super) static ENDPOINTS: [Endpoint; 9] = [
    Endpoint {
        id: "card-list",
        path: "/api/v1/user/card/list",
        marked: true,
        member: "userId",
        unknown: Unknown::Gap,
        fields: &[number("userId", ID).must(), text("par", 27, 27), text("physicalCardNo", 16, 16)],
        run: list,
        ..PLAIN
    },
    Endpoint {
        id: "card-user-mapped-info",
        sealed: true,
        path: "/api/v1/user/card/info",
        marked: true,
        fields: &[text("cardNo", 16, 16).must()],
        run: mapped,
        ..PLAIN
    },
    Endpoint {
        id: "card-status",
        path: "/api/v1/card/status",
        success: "Success",
        input: Input::Fixed("Invalid input parameter"),
        member: "userId",
        unknown: Unknown::Row("Wallet user not found"),
        fields: &[
            number("userId", ID).must(),
            text("par", 27, 27),
            text("cardNo", 16, 16),
            text("status", 6, 7).form(Form::Words(&["SUSPEND", "RESUME"])).must(),
        ],
        run: status,
        ..PLAIN
    },
    Endpoint {
        id: "card-terminate",
        path: "/api/v1/card/terminate",
        success: "Success",
        input: Input::Fixed("Invalid input parameter"),
        member: "userId",
        unknown: Unknown::Row("Wallet user not found"),
        fields: &[number("userId", ID_18).must(), text("par", 27, 27).must()],
        run: terminate,
        ..PLAIN
    },
    Endpoint {
        id: "card-service-info-list",
        path: "/api/v1/service/info/list",
        fields: &[field("serviceIdList", Kind::Texts).must()],
        run: products,
        ..PLAIN
    },
    Endpoint {
        id: "card-deduction-inquiry",
        sealed: true,
        path: "/api/v1/cards/deduction",
        success: "Success",
        fields: &[text("par", 27, 27).must()],
        run: deduction,
        ..PLAIN
    },
    Endpoint {
        id: "card-unregistered-info",
        sealed: true,
        path: "/api/v1/unregister/card/info",
        fields: &[text("cardNo", 16, 16).must(), text("expiryDate", 4, 4).must(), text("cardCVC", 3, 3).must()],
        run: unregistered,
        ..PLAIN
    },
    Endpoint {
        id: "card-virtual-account-inquiry",
        sealed: true,
        path: "/api/v1/card/virtual-account/inquiry",
        marked: true,
        fields: &[text("cardNo", 16, 16).must()],
        run: virtual_account,
        ..PLAIN
    },
    Endpoint {
        id: "card-namedcard-corp",
        path: "/api/v1/user/namedcard/corp",
        fields: &[
            text("corporationName", 1, 80).form(Form::Name).must(),
            text("bizLicenseNo", 1, 10).must(),
            text("registrationNumber", 1, 30).must(),
            text("corpCard", 1, 27),
        ],
        run: name_corporation,
        ..PLAIN
    },
];

/// The name of a product.
pub(super) fn product_name(service: &str) -> String {
    format!("Honest Card {}", &service[service.len().saturating_sub(4)..])
}

fn list(world: &mut World, call: &Call) -> Outcome {
    let (par, physical) = (call.text("par"), call.text("physicalCardNo"));
    let narrowed = !world.temper.filters_ignored && (!par.is_empty() || !physical.is_empty());
    let wanted = |card: &&Card| {
        !narrowed
            || (par.is_empty() || card.par == par)
                && (physical.is_empty() || card.physical.as_deref() == Some(physical))
    };
    let own: &[String] = world.members.get(&call.member).map_or(&[], |m| &m.cards);
    let gone = own.iter().filter_map(|par| world.cards.get(par)).filter(|c| c.state == CardState::Terminated);
    let gone: Vec<&Card> = gone.filter(|_| world.has(Lapse::ListShowsTerminated)).collect();
    let mut cards: Vec<Value> =
        world.cards_of(call.member).into_iter().chain(gone).filter(wanted).map(|c| shown(world, c)).collect();
    let other = world.cards.get(par).filter(|c| narrowed && c.owner != call.member);
    cards.extend(other.filter(|_| world.has(Lapse::ListOfAny)).map(|c| shown(world, c)));
    if world.temper.newest_card_first {
        cards.reverse();
    }
    if cards.is_empty() && narrowed && !world.temper.empty_card_list {
        return Err(world.gap(404, "003_001", "Invalid card info."));
    }
    Ok(json!({"cardDataInfo": cards}))
}

fn shown(world: &World, card: &Card) -> Value {
    let balance = if card.balance > 0 && world.has(Lapse::ListBalanceStale) { 0 } else { card.balance };
    let mut item = json!({"par": card.par, "balance": balance, "pendingAmount": 0, "isNamed": card.named});
    if world.temper.sparse_answers {
        return item;
    }
    let state = state_word(card);
    let room = card.limit.saturating_sub(card.balance);
    for (name, value) in [
        ("serviceId", json!(card.service)),
        ("serviceName", json!(product_name(&card.service))),
        ("serviceImageUrl", json!("https://example.com/card.png")),
        ("expiryDate", json!(card.expiry.format("%y%m%d").to_string())),
        ("mobileCardNo", json!(card.number)),
        ("mobileCardStatus", json!(state)),
        ("rechargeable", json!(card.state == CardState::Active)),
        ("remittable", json!(true)),
        ("refundable", json!(true)),
        ("rechargeableAmount", json!(room)),
        ("minRechargeAmount", json!(1)),
        ("maxRealNameRechargeAmount", json!(NAMED)),
        ("maxNonRealNameRechargeAmount", json!(UNNAMED)),
    ] {
        item[name] = value;
    }
    if let Some(application) = world.applications.values().find(|a| a.card.as_ref() == Some(&card.par)) {
        item["cardApplyNo"] = json!(application.no);
    }
    if let Some(physical) = &card.physical {
        item["physicalCardNo"] = json!(physical);
        item["physicalCardStatus"] = json!(state);
    }
    if let Some(account) = world.members.get(&card.owner).and_then(|m| m.account.as_ref()) {
        item["bankInfo"] = json!({"bankName": account.bank_name, "accountNo": account.number});
    }
    if card.points > 0 {
        item["cardPointInfo"] = json!([{"autoUse": false, "pointName": "Honest Point", "pointPolicyId": "1", "remainingPoint": card.points}]);
    }
    item
}

fn state_word(card: &Card) -> &'static str {
    if card.state == CardState::Active { "ACTIVE" } else { "SUSPENDED" }
}

fn mapped(world: &mut World, call: &Call) -> Outcome {
    let number = call.text("cardNo");
    let faults = std::sync::Arc::clone(&world.faults);
    let shown = |c: &&mut Card| c.state != CardState::Terminated || faults.lapse(Lapse::MappedTerminated);
    if let Some(card) = world.by_number(number).filter(shown).cloned() {
        let other = world.neighbour(card.owner).filter(|_| world.has(Lapse::MappedToAnother));
        let mut body = json!({"userId": other.unwrap_or(card.owner), "balance": card.balance});
        if !world.temper.sparse_answers {
            body["serviceId"] = json!(card.service);
            body["serviceName"] = json!(product_name(&card.service));
            body["cardStatus"] = json!(state_word(&card));
            body["isAutoRechargeBeforePayment"] = json!(false);
        }
        return Ok(body);
    }
    // A physical card that nobody has registered is mapped to nobody: userId is optional.
    if world.physicals.get(number).is_some_and(|p| !p.registered) {
        return Ok(json!({"balance": 0}));
    }
    Err(world.gap(404, "003_001", "Invalid card info."))
}

fn status(world: &mut World, call: &Call) -> Outcome {
    let (par, number) = (call.text("par"), call.text("cardNo"));
    if par.is_empty() && number.is_empty() {
        return Err(call.invalid(&world.temper, "par"));
    }
    let faults = std::sync::Arc::clone(&world.faults);
    let own = |c: &Card| c.owner == call.member || faults.lapse(Lapse::StatusOfAnother);
    if !par.is_empty() && !world.card(par).is_some_and(|c| own(c)) {
        return Err(row("003_021", "Cannot find par"));
    }
    if !number.is_empty() {
        let same = |c: &Card| c.owner == call.member && (par.is_empty() || c.par == par);
        if !world.by_number(number).is_some_and(|c| same(c)) {
            return Err(row("003_001", "Invalid card info"));
        }
    }
    let card = if par.is_empty() { world.by_number(number) } else { world.card(par) };
    if let Some(card) = card {
        if card.state == CardState::Terminated && !faults.skips(call.endpoint.id, "003_022") {
            return Err(row("003_022", "Card already terminated"));
        }
        let suspend = call.text("status") == "SUSPEND";
        let lost = match card.state {
            CardState::Active => suspend && faults.lapse(Lapse::StatusNotStored),
            _ => !suspend && faults.lapse(Lapse::StatusResumeLost),
        };
        if !lost {
            card.state = if suspend { CardState::Suspended } else { CardState::Active };
        }
    }
    Ok(json!({}))
}

fn terminate(world: &mut World, call: &Call) -> Outcome {
    let along = world.temper.physical_goes_along;
    let (temper, faults) = (std::sync::Arc::clone(&world.temper), std::sync::Arc::clone(&world.faults));
    let skips = |code| faults.skips(call.endpoint.id, code);
    let card = world.card(call.text("par")).filter(|c| c.owner == call.member && c.state != CardState::Terminated);
    let Some(card) = card else { return Err(row("001_047", "Invalid card info")) };
    match card.role {
        Role::Sub if !skips("001_061") => {
            let text =
                "Cannot delete Sub card directly, Sub Card will be automatically deleted when Main card deleted.";
            return Err(row("001_061", text));
        }
        Role::Basic if !skips("001_059") => return Err(row("001_059", "Can not delete basic card")),
        _ => {}
    }
    if card.balance > 0 && !skips("001_052") {
        if faults.lapse(Lapse::TerminateRefusedKept) {
            card.state = CardState::Suspended;
        }
        return Err(row("001_052", "Active card has balance"));
    }
    if card.points > 0 && !skips("001_053") {
        return Err(super::endpoint::gap(&temper, 409, "001_053", "Active card has points"));
    }
    if card.physical.is_some() && !along && !skips("001_062") {
        return Err(row("001_062", "Card is married to cardSe. Disconnect before delete."));
    }
    if !faults.lapse(Lapse::TerminateNotStored) {
        card.state = CardState::Terminated;
    }
    Ok(json!({}))
}

fn products(world: &mut World, call: &Call) -> Outcome {
    let ids: Vec<String> = call
        .at("serviceIdList")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|id| id.as_str().map(str::to_owned))
        .collect();
    if world.temper.products_known && ids.iter().any(|id| world.product(id).is_none()) {
        return Err(world.gap(404, "003_047", "Card product not found."));
    }
    let known = ids.iter().filter(|id| world.product(id).is_some());
    let infos: Vec<Value> = known.map(|id| json!({"serviceId": id, "serviceName": product_name(id)})).collect();
    Ok(json!({"serviceInfos": infos}))
}

fn deduction(world: &mut World, call: &Call) -> Outcome {
    let par = call.text("par");
    let Some(owner) = world.card(par).filter(|c| c.state != CardState::Terminated).map(|c| c.owner) else {
        return Err(world.gap(404, "003_021", "Cannot find par"));
    };
    let mut body = json!({"par": par});
    // The member's agreement to the automatic deduction is its registration.
    let agreed = world.member(owner).and_then(|m| m.agreed.get(&44)).cloned();
    if let (Some(time), false) = (agreed, world.temper.sparse_answers) {
        body["deductionDate"] = json!(time[..8].parse::<u64>().unwrap_or(0));
        body["created"] = json!(time[..14]);
    }
    Ok(body)
}

fn unregistered(world: &mut World, call: &Call) -> Outcome {
    let number = call.text("cardNo");
    world.conjure(number);
    let fits = world.physicals.get(number).is_some_and(|p| {
        p.expiry == call.text("expiryDate")
            && (p.cvc == call.text("cardCVC") || world.has(Lapse::LooseCvcUnchecked))
            && (!p.registered || world.has(Lapse::LooseShowsRegistered))
    });
    if !fits {
        return Err(world.gap(404, "003_001", "Invalid card info."));
    }
    Ok(json!({"serviceId": BASIC_PRODUCT, "serviceName": product_name(BASIC_PRODUCT), "balance": 0}))
}

fn virtual_account(world: &mut World, call: &Call) -> Outcome {
    let number = call.text("cardNo");
    if world.by_number(number).is_none_or(|c| c.state == CardState::Terminated) {
        return Err(world.gap(404, "003_001", "Invalid card info."));
    }
    Ok(json!({"accountNo": format!("8809{}", &number[5..]), "bankCode": "099", "connectType": "CARD"}))
}

fn name_corporation(world: &mut World, call: &Call) -> Outcome {
    if call.text("corpCard").is_empty() {
        return Err(call.invalid(&world.temper, "corpCard"));
    }
    super::account::name_one(world, call.text("corpCard"), 0)
}
