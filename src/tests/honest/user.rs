//! Members: registration, look-ups, passwords, dormancy, leaving, terms.

use serde_json::{Value, json};

use super::endpoint::{Call, Endpoint, Form, Group, ID, Input, Kind, Outcome, Unknown, field, gap, number, row, text};
use super::terms::{exists, mandatory};
use super::world::{BASIC_PRODUCT, CardState, Member, Role, SECOND_PRODUCT, Standing, World, now};

const GENDERS: Form = Form::Words(&["Male", "Female"]);
const NATIONS: Form = Form::Words(&["Korean", "Foreigner"]);

const PLAIN: Endpoint = Endpoint {
    id: "",
    path: "",
    group: Group::Member,
    sealed: false,
    marked: false,
    success: "Success.",
    input: Input::Unlisted,
    member: "",
    unknown: Unknown::Own,
    fields: &[],
    run: info,
};

/// The endpoints of members.
pub(super) static ENDPOINTS: [Endpoint; 9] = [
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
        id: "user-password-reset",
        sealed: true,
        path: "/api/v1/user/password/reset",
        fields: &[
            text("ci", 88, 88),
            text("loginId", 1, 80).must(),
            text("freshPassword", 6, 6).form(Form::Digits).must(),
            text("oldPassword", 6, 6),
        ],
        run: reset,
        ..PLAIN
    },
    Endpoint {
        id: "user-password-check",
        path: "/api/v1/user/password/check",
        success: "Success",
        fields: &[text("loginId", 1, 80).must(), text("loginPassword", 6, 6).must()],
        run: check_password,
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
    let named = !login_id.is_empty() && !world.has("skip-unique:loginId");
    if named && world.logins.get(&login_id).is_some_and(|id| holds(id, world)) {
        let code = if world.has("wrong-code:001_001") { "001_002" } else { "001_001" };
        return Some(row(code, "User already exists with this loginId."));
    }
    let taken = world.cis.get(call.text("ci")).is_some_and(|id| holds(id, world));
    taken.then(|| row("001_028", "CI data already found for another user."))
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
    if !world.has("skip-lacks:tcIdList") && mandatory().any(|id| !ids.contains(&id)) {
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
    let id = world.next_member();
    let time = now().format("%Y%m%d%H%M%S%3f").to_string();
    let account = world.temper.account_at_birth.then(|| world.account(&name));
    let member = Member {
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
    world.logins.insert(world.login(&member.login_id), id);
    world.cis.insert(member.ci.clone(), id);
    world.members.insert(id, member);
    let user_id = if world.has("answer-text:userId") { json!(id.to_string()) } else { json!(id) };
    let mut body = json!({"userId": user_id});
    if !world.temper.no_basic_card {
        let par = world.issue(id, BASIC_PRODUCT, Role::Basic);
        let card = &world.cards[&par];
        let mut number = card.number.clone();
        if world.has("answer-longer:basicCardInfo.cardNo") {
            number.push('0');
        }
        body["basicCardInfo"] = json!({
            "par": par, "cardNo": number, "serviceId": card.service, "expiryDate": card.expiry.format("%y%m%d").to_string(),
        });
    }
    if world.temper.second_card_at_birth {
        world.issue(id, SECOND_PRODUCT, Role::Issued);
    }
    Ok(body)
}

/// Three equal digits or three in order, which the registration page discourages.
fn weak(password: &str) -> bool {
    password.as_bytes().windows(3).any(|w| w[0] == w[1] && w[1] == w[2] || w[1] == w[0] + 1 && w[2] == w[1] + 1)
}

fn check_id(world: &mut World, call: &Call) -> Outcome {
    let (id, login_id, mobile) = (call.number("userId"), call.text("loginId"), call.text("mobileNumber"));
    if login_id.is_empty() && mobile.is_empty() {
        return Err(call.invalid(&world.temper, "loginId"));
    }
    let same_login = world.by_login(login_id).is_some_and(|m| m.id != id);
    let alive = |m: &&Member| m.standing != Standing::Left && m.mobile.as_deref() == Some(mobile);
    if same_login || !mobile.is_empty() && world.members.values().find(alive).is_some_and(|m| m.id != id) {
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
    let Some(member) = world.member(call.member) else { return Err(nobody(world)) };
    let mut info = json!({
        "aspId": asp, "userId": member.id, "birthDate": member.birth, "ci": member.ci, "loginId": member.login_id,
        "nationality": member.nationality, "gender": member.gender,
        "mobileNumber": member.mobile.as_deref().unwrap_or("00000000000"),
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
    match world.by_ci(call.text("ci")) {
        Some(member) => Ok(json!({"loginId": member.login_id})),
        None => Err(nobody(world)),
    }
}

fn reset(world: &mut World, call: &Call) -> Outcome {
    let (ci, old, fresh) = (call.text("ci"), call.text("oldPassword"), call.text("freshPassword"));
    let temper = std::sync::Arc::clone(&world.temper);
    let Some(member) = world.by_login(call.text("loginId")) else {
        return Err(row("001_006", "Wallet user not found."));
    };
    // A reset goes by the CI, a change by the old password.
    if ci.is_empty() && old.is_empty() {
        return Err(gap(&temper, 422, "000_003", "Missing required values. ci"));
    }
    if !ci.is_empty() && ci != member.ci || !old.is_empty() && old != member.password {
        return Err(row("001_035", "Invalid user info"));
    }
    if fresh == member.password {
        return Err(row("001_043", "New wallet pin is identical to the old wallet pin."));
    }
    if temper.weak_passwords_refused && weak(fresh) {
        return Err(call.invalid(&temper, "freshPassword"));
    }
    fresh.clone_into(&mut member.password);
    member.wrong = 0;
    Ok(json!({}))
}

fn check_password(world: &mut World, call: &Call) -> Outcome {
    const CROSSED: &str = "Wallet login failed. User login attempt crossed please reset password.";
    let (lockout, at_once) = (world.temper.lockout(), world.temper.lockout_at_once);
    let Some(member) = world.by_login(call.text("loginId")) else {
        return Err(row("001_006", "Wallet user not found."));
    };
    if member.blocked {
        return Err(row("001_080", "User is blocked forgiven data and asp configuration."));
    }
    if member.standing != Standing::Active {
        return Err(row("001_068", "Wallet login failed. User not active."));
    }
    if member.wrong >= lockout {
        return Err(row("001_069", CROSSED));
    }
    if member.password != call.text("loginPassword") {
        member.wrong += 1;
        if at_once && member.wrong >= lockout {
            return Err(row("001_069", CROSSED));
        }
        return Err(row("001_045", "Wallet pin didn't match."));
    }
    member.wrong = 0;
    Ok(json!({"userId": member.id}))
}

fn activate(world: &mut World, call: &Call) -> Outcome {
    let active_not_dormant = world.temper.active_not_dormant;
    let Some(member) = world.by_ci(call.text("ci")) else {
        return Err(row("001_006", "Wallet user not found"));
    };
    if member.standing != Standing::Dormant && !active_not_dormant {
        return Err(row("001_006", "Wallet user not found"));
    }
    if member.blocked {
        return Err(row("001_080", "User is blocked forgiven data and asp configuration"));
    }
    let same = member.name.as_deref() == Some(call.text("userName"))
        && member.birth == call.text("birthDate")
        && member.gender == call.text("gender");
    if member.standing != Standing::Dormant || !same {
        return Err(row("001_087", "Dormancy user not found."));
    }
    member.standing = Standing::Active;
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
    for card in world.cards_of(id) {
        let why = match (card.balance, card.points, card.state) {
            (_, 1.., _) => ("001_053", "Card has points."),
            (1.., _, CardState::Active) => ("001_052", "Active card has balance"),
            (_, _, CardState::Suspended) => ("001_060", "Suspended card exists."),
            _ => continue,
        };
        return Err(world.gap(409, why.0, why.1));
    }
    if world.charges.values().any(|c| c.member == id && !c.done) {
        return Err(world.gap(409, "001_063", "Charge in progress exists."));
    }
    let cards = world.member(id).map(|member| {
        member.standing = Standing::Left;
        member.account = None;
        std::mem::take(&mut member.cards)
    });
    for par in cards.into_iter().flatten() {
        if let Some(card) = world.card(&par) {
            card.state = CardState::Terminated;
        }
    }
    Ok(json!({}))
}
