//! Mock keys: one literal request for each endpoint, and a world in which each of them succeeds.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::seeds::{self as s, BIRTH, HOLDER, PASSWORD, PHYSICAL_CVC, PHYSICAL_EXPIRY, name};
use super::world::{CardState, Charge, Movement, Registration, Stage, Token, World, today};

/// The members, cards and numbers of the prepared requests are the first seeds.
fn made(form: (&str, &str), kind: u8) -> String {
    name(form, kind, Some(1))
}

const TOKEN: &str = "9900000000000001";
const NUMBER: &str = "KMN900000000000001";
const REGISTRATION: &str = "HRN9000000000000000001";

/// A request by the id of its endpoint.
type Request = (&'static str, Value);

/// The literal request of each endpoint. Most are about a member with money and room on the card, a seed of `LOW_LIMIT`.
pub(crate) fn prepared() -> Vec<Request> {
    [terms_and_users(), accounts(), charges(), cards(), deliveries()].concat()
}

/// The user id of the first seed of a kind.
fn user_id(kind: u8) -> u64 {
    made(s::USER, kind).parse().unwrap_or(0)
}

fn terms_and_users() -> Vec<Request> {
    let user = user_id(s::LOW_LIMIT);
    let only = json!({"userId": user});
    let sleeper = json!({"ci": made(s::CI, s::DORMANT), "userName": HOLDER, "birthDate": BIRTH, "gender": "Male"});
    vec![
        ("terms-all", json!({})),
        ("terms-update-optional", json!({"userId": user, "tcList": [{"tcNo": 43, "agreeYn": true}]})),
        ("user-check-registration-id", json!({"loginId": "prepared-free@honest.test"})),
        (
            "user-registration",
            json!({
                "loginId": "prepared@honest.test", "loginPassword": PASSWORD, "birthDate": BIRTH,
                "nationality": "Korean", "gender": "Male", "userName": HOLDER, "mobileNumber": "01000000000",
                "email": "prepared@honest.test", "joinChannel": "OPENAPI", "tcIdList": ["41", "42"],
            }),
        ),
        ("user-info", only.clone()),
        ("user-loginid-find", json!({"ci": made(s::CI, s::LOW_LIMIT)})),
        (
            "user-password-reset",
            json!({
                "ci": made(s::CI, s::LOW_LIMIT), "loginId": made(s::LOGIN, s::LOW_LIMIT), "freshPassword": "483920",
            }),
        ),
        ("user-password-check", json!({"loginId": made(s::LOGIN, s::LOW_LIMIT), "loginPassword": PASSWORD})),
        ("user-dormancy-change-active", sleeper),
        ("user-deduction-info", only.clone()),
        ("user-unregister", json!({"userId": user_id(s::SUB)})),
    ]
}

fn accounts() -> Vec<Request> {
    let (user, par) = (user_id(s::LOW_LIMIT), made(s::PAR, s::LOW_LIMIT));
    let only = json!({"userId": user});
    vec![
        (
            "account-real-name-verify",
            json!({
                "userId": user, "bankAccount": "8800000000001", "bankCode": "099", "userName": HOLDER, "birthDate": BIRTH,
            }),
        ),
        ("account-ars-auth", only.clone()),
        (
            "account-ars-register",
            json!({
                "userId": user, "bankAccount": "8800000000001", "bankCode": "099", "bankName": "Honest Bank",
                "userName": HOLDER, "birthDate": BIRTH,
            }),
        ),
        ("account-ars-register-inquiry", json!({"regNo": REGISTRATION})),
        ("account-account-info", only.clone()),
        ("account-auto-charge-register", only.clone()),
        ("account-registered-accounts", only.clone()),
        ("account-delete", only.clone()),
        ("account-balance-limit-individual", json!({"userId": user, "targetCard": par})),
    ]
}

fn charges() -> Vec<Request> {
    let (user, par, card) = (user_id(s::LOW_LIMIT), made(s::PAR, s::LOW_LIMIT), made(s::CARD, s::LOW_LIMIT));
    let sequence = "100000000000000000000000000001";
    vec![
        ("charge-one-time-token", json!({"cardNo": card})),
        (
            "charge-charge",
            json!({
                "sequenceId": "200000000000001", "userId": user, "amount": 1000, "oneTimeToken": TOKEN, "dcvv": "314",
                "merchantId": "999900000000777",
            }),
        ),
        (
            "charge-cancel",
            json!({"sequenceId": sequence, "userId": user, "nrNumber": NUMBER, "oneTimeToken": TOKEN, "dcvv": "314"}),
        ),
        ("charge-result-inquiry", json!({"sequenceId": "300000000000001"})),
        ("charge-transaction-history", json!({"par": par, "startDate": "20260101", "endDate": "20261231"})),
    ]
}

fn cards() -> Vec<Request> {
    let (user, par, card) = (user_id(s::LOW_LIMIT), made(s::PAR, s::LOW_LIMIT), made(s::CARD, s::LOW_LIMIT));
    vec![
        ("card-list", json!({"userId": user})),
        ("card-user-mapped-info", json!({"cardNo": card})),
        ("card-status", json!({"userId": user, "par": par, "status": "SUSPEND"})),
        ("card-terminate", json!({"userId": user_id(s::LOW_FUNDS), "par": made(s::PAR, s::LOW_FUNDS)})),
        ("card-service-info-list", json!({"serviceIdList": [made(s::PRODUCT, s::NORMAL)]})),
        ("card-deduction-inquiry", json!({"par": par})),
        (
            "card-unregistered-info",
            json!({"cardNo": made(s::PHYSICAL, s::LOOSE), "expiryDate": PHYSICAL_EXPIRY, "cardCVC": PHYSICAL_CVC}),
        ),
        ("card-virtual-account-inquiry", json!({"cardNo": card})),
        (
            "card-namedcard-corp",
            json!({
                "corporationName": "Honest Trading", "bizLicenseNo": "1234567890", "registrationNumber": "1101110000001",
                "corpCard": par,
            }),
        ),
    ]
}

/// Cards that are applied for, made again, delivered and taken into use.
fn deliveries() -> Vec<Request> {
    let address = json!({"address": "1 Mock Street", "addressDetail": "Floor 2", "zipCode": "04524"});
    let mine = json!({"userId": user_id(s::LOW_LIMIT), "addressInfo": address});
    vec![
        (
            "card-issue-delivery",
            json!({"userInfo": mine, "serviceId": made(s::PRODUCT, s::NORMAL), "isDeliveryRequired": "true"}),
        ),
        (
            "card-reissue-delivery",
            json!({
                "userInfo": {"userId": user_id(s::BAD_ACCOUNT)}, "isDeliveryRequired": "false",
                "lostCard": made(s::CARD, s::BAD_ACCOUNT), "nextServiceId": made(s::PRODUCT, s::BAD_ACCOUNT),
            }),
        ),
        (
            "card-expired-reissue",
            json!({
                "userInfo": {"userId": user_id(s::EXPIRING), "addressInfo": address},
                "cardInfo": {"oldCardNo": made(s::CARD, s::EXPIRING)},
            }),
        ),
        (
            "card-delivery-cancel",
            json!({"cardApplyNo": made(s::APPLICATION, s::YESTERDAY), "userId": user_id(s::YESTERDAY)}),
        ),
        ("card-delivery-inquiry", json!({"holderId": user_id(s::YESTERDAY), "cardRef": made(s::CARD, s::YESTERDAY)})),
        ("card-preissue-waiting-physical", json!({"ownerId": user_id(s::CANCELLED)})),
        (
            "card-physical-register",
            json!({
                "userId": user_id(s::YESTERDAY), "physicalCardNo": made(s::PHYSICAL, s::LOOSE),
                "physicalCardExpDate": PHYSICAL_EXPIRY, "physicalCardCVC": PHYSICAL_CVC,
            }),
        ),
    ]
}

/// Changes the first seeds so that each prepared request succeeds.
pub(super) fn furnish(world: &mut World) {
    let user = user_id(s::LOW_LIMIT);
    let par = made(s::PAR, s::LOW_LIMIT);
    if let Some(card) = world.card(&par) {
        card.balance = 1_000;
    }
    let token = Token { dcvv: "314".to_owned(), par: par.clone(), until: Instant::now() + Duration::from_secs(30) };
    world.tokens.insert(TOKEN.to_owned(), token);
    let charge = Charge { member: user, par, amount: 1_000, by_account: true, done: true, cancelled: false };
    world.charges.insert(NUMBER.to_owned(), charge);
    let movement = Movement { nr: NUMBER.to_owned(), cancel: false, looks: 0, done: true };
    world.movements.insert("300000000000001".to_owned(), movement);
    let registration = Registration {
        member: user,
        account: None,
        looks: 3,
        status: "BANK_ACC_REGISTERED",
        failure: None,
        made: Instant::now(),
    };
    world.registrations.insert(REGISTRATION.to_owned(), registration);
    if let Some(member) = world.member(user) {
        member.step = 2;
    }
    // The account that is not valid elsewhere is valid here.
    let lost = world.card(&made(s::PAR, s::BAD_ACCOUNT)).map_or(0, |card| {
        card.state = CardState::Suspended;
        card.owner
    });
    if let Some(account) = world.member(lost).and_then(|m| m.account.as_mut()) {
        account.valid = true;
    }
    if let Some(application) = world.application(&made(s::APPLICATION, s::YESTERDAY)) {
        application.created = today();
    }
    if let Some(application) = world.application(&made(s::APPLICATION, s::CANCELLED)) {
        application.stage = Stage::Issued;
    }
}
