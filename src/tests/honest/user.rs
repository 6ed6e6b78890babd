//! Members: registration, look-ups, dormancy, leaving.

use serde_json::{Value, json};

use super::endpoint::{Call, Endpoint, Form, Group, ID, Input, Kind, Outcome, Unknown, field, number, row, text};
use super::lapse::Lapse;
use super::password::weak;
use super::terms::{exists, mandatory};
use super::world::{BASIC_PRODUCT, CardState, Member, Role, SECOND_PRODUCT, Standing, World, now};

const GENDERS: Form = Form::Words(&["Male", "Female"]);
const NATIONS: Form = Form::Words(&["Korean", "Foreigner"]);

const PLAIN: Endpoint = Endpoint::plain(Group::Member, info);

/// The endpoints of members.
pub(super) static ENDPOINTS: [Endpoint; 7] = [
    Endpoint {
        id: "user-check-registration-id",
        sealed: true,
        path: "/api/v1/user/checkRegistrationId",
        fields: &[number("userId", ID), text("loginId", 1, 80), text("mobileNumber", 1, 20)],
        run: check_id,
        ..PLAIN
    },
    Endpoint {
        id: "user-registration",
        sealed: true,
        path: "/api/v1/user/registration",
        marked: true,
        input: Input::Register,
        fields: &[
            text("ci", 88, 88),
            text("loginId", 1, 80).form(Form::Email).must(),
            text("loginPassword", 6, 6).form(Form::Digits).must(),
            text("birthDate", 8, 8).form(Form::Date).must(),
            text("nationality", 6, 9).form(NATIONS).must(),
            text("gender", 4, 6).form(GENDERS).must(),
            text("userName", 1, 100).form(Form::Name).must(),
            text("mobileNumber", 10, 20),
            text("email", 1, 50).form(Form::Email).must(),
            text("joinChannel", 1, 20),
            field(
                "addressInfo",
                Kind::Object(&[
                    text("address", 1, 255).form(Form::Name),
                    text("zipCode", 5, 5),
                    text("addressDetail", 1, 255).form(Form::Name),
                ]),
            ),
            field("tcIdList", Kind::Ids),
        ],
        run: register,
        ..PLAIN
    },
    Endpoint {
        id: "user-info",
        sealed: true,
        path: "/api/v1/user/info",
        marked: true,
        member: "userId",
        unknown: Unknown::Gap,
        fields: &[number("userId", ID).must()],
        run: info,
        ..PLAIN
    },
    Endpoint {
        id: "user-loginid-find",
        sealed: true,
        path: "/api/v1/user/loginId/find",
        fields: &[text("ci", 88, 88).must()],
        run: find_login,
        ..PLAIN
    },
    Endpoint {
        id: "user-dormancy-change-active",
        sealed: true,
        path: "/api/v1/user/dormancy/change-active",
        success: "Success",
        fields: &[
            text("ci", 88, 88).must(),
            text("userName", 1, 100).must(),
            text("birthDate", 8, 8).form(Form::Date).must(),
            text("gender", 4, 6).form(GENDERS).must(),
        ],
        run: activate,
        ..PLAIN
    },
    Endpoint {
        id: "user-deduction-info",
        sealed: true,
        path: "/api/v1/user/deduction/info",
        member: "userId",
        unknown: Unknown::Gap,
        fields: &[number("userId", ID).must()],
        run: deduction,
        ..PLAIN
    },
    Endpoint {
        id: "user-unregister",
        path: "/api/v1/user/unregister",
        member: "userId",
        unknown: Unknown::Own,
        fields: &[number("userId", ID).must()],
        run: unregister,
        ..PLAIN
    },
];

/// What state alone says of a registration, before its form is looked at.
pub(super) fn taken(world: &mut World, call: &Call) -> Option<super::endpoint::Refusal> {
    let login_id = world.login(call.text("loginId"));
    world.conjure(&login_id);
    world.conjure(call.text("ci"));
    let stays = world.temper.names_stay_taken;
    let holds = |id: &u64, w: &World| stays || w.members.get(id).is_some_and(|m| m.standing != Standing::Left);
    let kept = world.faults.memory().kept.contains(&login_id);
    let named = !login_id.is_empty() && world.logins.get(&login_id).is_some_and(|id| holds(id, world));
    if (named || kept && world.has(Lapse::RegistrationRefusedKept)) && !world.skips(call, "001_001") {
        return Some(row("001_001", "User already exists with this loginId."));
    }
    let taken = world.cis.get(call.text("ci")).is_some_and(|id| holds(id, world));
    (taken && !world.skips(call, "001_028")).then(|| row("001_028", "CI data already found for another user."))
}

fn register(world: &mut World, call: &Call) -> Outcome {
    let password = call.text("loginPassword");
    if world.temper.weak_passwords_refused && weak(password) {
        return Err(call.invalid(&world.temper, "loginPassword"));
    }
    let ids: Vec<u64> = call
        .at("tcIdList")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()).unwrap_or(0))
        .collect();
    if mandatory().any(|id| !ids.contains(&id)) && !world.skips(call, "001_009") {
        let login_id = world.login(call.text("loginId"));
        world.faults.memory().kept.insert(login_id);
        return Err(row("001_009", "Terms and conditions data missing."));
    }
    if world.temper.terms_ids_checked && ids.iter().any(|id| !exists(*id)) {
        return Err(world.gap(422, "001_079", "Terms and conditions ID is not valid."));
    }
    if let Some(refusal) = taken(world, call) {
        return Err(refusal);
    }
    let given = |name: &str| Some(call.text(name)).filter(|t| !t.is_empty()).map(str::to_owned);
    let name = call.text("userName");
    let name = if world.temper.names_trimmed { name.trim() } else { name }.to_owned();
    if name.is_empty() {
        return Err(call.invalid(&world.temper, "userName"));
    }
    let escaped = name.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&#39;").replace('"', "&quot;");
    let name = if escaped != name && world.has(Lapse::RegistrationNameEscaped) { escaped } else { name };
    let id = world.next_member();
    let time = now().format("%Y%m%d%H%M%S%3f").to_string();
    let account = world.temper.account_at_birth.then(|| world.account(&name));
    let mut member = Member {
        id,
        login_id: call.text("loginId").to_owned(),
        password: password.to_owned(),
        // Who has no CI gets an id of the same length (user-info: "an individual id instead").
        ci: given("ci").unwrap_or_else(|| format!("HONESTNOCI{id:078}")),
        name: Some(name),
        birth: call.text("birthDate").to_owned(),
        gender: call.text("gender").to_owned(),
        nationality: call.text("nationality").to_owned(),
        mobile: given("mobileNumber"),
        email: call.text("email").to_owned(),
        channel: given("joinChannel"),
        address: call.at("addressInfo").cloned(),
        standing: Standing::Active,
        blocked: false,
        wrong: 0,
        agreed: ids.iter().filter(|id| exists(**id)).map(|id| (*id, time.clone())).collect(),
        account,
        step: 0,
        cards: Vec::new(),
    };
    let lowered = member.login_id.to_lowercase();
    let login_id = std::mem::take(&mut member.login_id);
    let low = lowered != login_id && world.has(Lapse::RegistrationLoginLowered);
    member.login_id = if low { lowered } else { login_id.clone() };
    world.logins.insert(world.login(&login_id), id);
    world.cis.insert(member.ci.clone(), id);
    world.members.insert(id, member);
    let mut body = json!({"userId": id});
    if !world.temper.no_basic_card {
        let mut par = world.issue(id, BASIC_PRODUCT, Role::Basic);
        let other = world.neighbour(id).and_then(|id| world.members[&id].cards.first().cloned());
        if let Some(other) = other.filter(|_| world.members.len().is_multiple_of(10)) {
            if world.has(Lapse::RegistrationCardShared) {
                par.clone_from(&other);
                world.members.entry(id).and_modify(|m| m.cards = vec![other]);
            }
        }
        let card = &world.cards[&par];
        body["basicCardInfo"] = json!({
            "par": par, "cardNo": card.number, "serviceId": card.service, "expiryDate": card.expiry.format("%y%m%d").to_string(),
        });
    }
    if world.temper.second_card_at_birth {
        world.issue(id, SECOND_PRODUCT, Role::Issued);
    }
    Ok(body)
}

fn check_id(world: &mut World, call: &Call) -> Outcome {
    let (id, login_id, mobile) = (call.number("userId"), call.text("loginId"), call.text("mobileNumber"));
    if login_id.is_empty() && mobile.is_empty() {
        return Err(call.invalid(&world.temper, "loginId"));
    }
    let same_login = world.by_login(login_id).is_some_and(|m| m.id != id);
    let alive = |m: &&Member| m.standing != Standing::Left && m.mobile.as_deref() == Some(mobile);
    let own = id != 0 && world.by_login(login_id).is_some_and(|m| m.id == id);
    let used = same_login || !mobile.is_empty() && world.members.values().find(alive).is_some_and(|m| m.id != id);
    if used && !world.has(Lapse::CheckNeverTaken) || own && world.has(Lapse::CheckOwnTaken) {
        return Err(world.gap(409, "001_001", "User already exists with this loginId."));
    }
    Ok(json!({}))
}

/// A member whom nobody knows, where no page has a code for it.
pub(super) fn nobody(world: &World) -> super::endpoint::Refusal {
    world.gap(404, "001_006", "Wallet user not found.")
}

fn info(world: &mut World, call: &Call) -> Outcome {
    let (asp, sparse) = (world.asp.clone(), world.temper.sparse_answers);
    let other = world.neighbour(call.member).filter(|_| world.has(Lapse::InfoOfAnother));
    let Some(member) = world.members.get(&other.unwrap_or(call.member)) else { return Err(nobody(world)) };
    let mut mobile = member.mobile.clone().unwrap_or_else(|| "00000000000".to_owned());
    if mobile.is_ascii() && mobile.len() > 7 && world.has(Lapse::InfoMobileMasked) {
        mobile.replace_range(3..7, "****");
    }
    let mut info = json!({
        "aspId": asp, "userId": member.id, "birthDate": member.birth, "ci": member.ci, "loginId": member.login_id,
        "nationality": member.nationality, "gender": member.gender,
        "mobileNumber": mobile,
        "userName": member.name.as_deref().unwrap_or("-"), "email": member.email,
    });
    if !sparse {
        if let Some(channel) = &member.channel {
            info["joinChannel"] = json!(channel);
        }
        if let Some(address) = &member.address {
            info["addressInfo"] = address.clone();
        }
    }
    Ok(json!({"userInfo": info}))
}

fn find_login(world: &mut World, call: &Call) -> Outcome {
    let ci = call.text("ci");
    let exact = world.by_ci(ci).map(|m| m.id);
    let similar = |m: &&Member| m.standing != Standing::Left && m.ci.get(..8) == ci.get(..8);
    let first = world.members.values().find(similar).map(|m| m.id).filter(|id| Some(*id) != exact);
    let left = world.cis.get(ci).copied().filter(|_| exact.is_none());
    let id = match (first, left) {
        (Some(first), _) if world.has(Lapse::FindFirstEight) => Some(first),
        (_, Some(left)) if world.has(Lapse::FindShowsLeft) => Some(left),
        _ => exact,
    };
    match id.and_then(|id| world.members.get(&id)) {
        Some(member) => Ok(json!({"loginId": member.login_id})),
        None => Err(nobody(world)),
    }
}

fn activate(world: &mut World, call: &Call) -> Outcome {
    let active_not_dormant = world.temper.active_not_dormant;
    let faults = std::sync::Arc::clone(&world.faults);
    let skips = |code| faults.skips(call.endpoint.id, code);
    let Some(member) = world.by_ci(call.text("ci")) else {
        return Err(row("001_006", "Wallet user not found"));
    };
    if member.standing != Standing::Dormant && skips("001_087") {
        return Ok(json!({}));
    }
    if member.standing != Standing::Dormant && !active_not_dormant {
        return Err(row("001_006", "Wallet user not found"));
    }
    if member.blocked && !skips("001_080") {
        return Err(row("001_080", "User is blocked forgiven data and asp configuration"));
    }
    let named = member.name.as_deref() == Some(call.text("userName"));
    let same = (named || faults.lapse(Lapse::DormancyNameUnchecked))
        && member.birth == call.text("birthDate")
        && member.gender == call.text("gender");
    if member.standing != Standing::Dormant || !same {
        return Err(row("001_087", "Dormancy user not found."));
    }
    if !faults.lapse(Lapse::DormancyNotStored) {
        member.standing = Standing::Active;
    }
    Ok(json!({}))
}

fn deduction(world: &mut World, call: &Call) -> Outcome {
    match world.member(call.member).map(|m| m.agreed.contains_key(&44)) {
        Some(agreed) => Ok(json!({"isAuthed": agreed})),
        None => Err(nobody(world)),
    }
}

fn unregister(world: &mut World, call: &Call) -> Outcome {
    let id = call.number("userId");
    if world.member(id).is_none() {
        let left = world.members.contains_key(&id);
        if left && world.temper.leaves_twice {
            return Ok(json!({}));
        }
        return Err(nobody(world));
    }
    let mut why = None;
    for card in world.cards_of(id) {
        why = match (card.balance, card.points, card.state) {
            (_, 1.., _) => Some(("001_053", "Card has points.")),
            (1.., _, CardState::Active) if !world.has(Lapse::UnregisterWithBalance) => {
                Some(("001_052", "Active card has balance"))
            }
            (_, _, CardState::Suspended) if !world.has(Lapse::UnregisterWithSuspended) => {
                Some(("001_060", "Suspended card exists."))
            }
            _ => continue,
        };
        break;
    }
    if let Some((code, text)) = why {
        if world.has(Lapse::UnregisterRefusedKept) {
            leave(world, id);
        }
        return Err(world.gap(409, code, text));
    }
    if world.charges.values().any(|c| c.member == id && !c.done) {
        return Err(world.gap(409, "001_063", "Charge in progress exists."));
    }
    if world.has(Lapse::UnregisterNotStored) {
        return Ok(json!({}));
    }
    if let Some(member) = world.member(id) {
        member.standing = Standing::Left;
        member.account = None;
    }
    leave(world, id);
    Ok(json!({}))
}

/// Discards the cards of a member.
fn leave(world: &mut World, id: u64) {
    let cards = world.members.get_mut(&id).map(|member| std::mem::take(&mut member.cards));
    for par in cards.into_iter().flatten() {
        if let Some(card) = world.card(&par) {
            card.state = CardState::Terminated;
        }
    }
}
