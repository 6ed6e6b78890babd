//! The profile of this server: what a tester must be told about it.

use super::endpoint::Group;
use super::seeds::{self as s, PASSWORD, PHYSICAL_CVC, PHYSICAL_EXPIRY, name};
use super::temperament::Temperament;

/// The fields of requests that have no name of the contract, and what this server wants in requests besides.
const BINDINGS: &str = "bindings:\n  \
     terms-update-optional: {terms_id: tcNo, agreed: agreeYn}\n  \
     user-password-reset: {new_password: freshPassword}\n  \
     user-dormancy-change-active: {}\n  \
     account-balance-limit-individual: {card: targetCard}\n  \
     card-delivery-inquiry: {user: holderId, card_details: cardRef}\n  \
     card-preissue-waiting-physical: {user: ownerId}\n  \
     card-reissue-delivery: {old_card: lostCard, next_service: nextServiceId, send: {isDeliveryRequired: \"false\"}}\n  \
     card-namedcard-corp: {card: corpCard, send: {corporationName: Honest Trading, bizLicenseNo: \"1234567890\", \
     registrationNumber: \"1101110000001\"}}\n  \
     card-issue-delivery: {send: {isDeliveryRequired: \"true\"}}\n  \
     card-expired-reissue: {}\n  \
     card-physical-register: {}\n  \
     charge-charge: {send: {merchantId: \"999900000000777\"}}\n";

/// The profile that fits a server of this temperament, as YAML.
pub(crate) fn profile(temperament: &Temperament) -> String {
    let (bearer, birth) = temperament.holder();
    let parts = [
        format!(
            "# What the honest server tells of itself ({}).\nkonform: 1\nname: honest\nhosts: [127.0.0.1, localhost]\n\
             environment: sandbox\npoll: 0s\nattempts: {}\n",
            temperament.describe(),
            temperament.lockout()
        ),
        BINDINGS.to_owned(),
        scope(temperament),
        begins_with(temperament, bearer),
        "fixtures:\n".to_owned(),
        fixtures_without_a_member(bearer, birth),
        members(bearer, birth),
        bank_registrations(),
        members_with_limits_or_charges(bearer),
        applications(),
        cards_by_role(),
        cards_to_be_reissued(bearer),
        expiring_cards(bearer),
    ];
    parts.concat()
}

fn fixtures_without_a_member(bearer: &str, birth: &str) -> String {
    format!(
        "  - name: bank-account\n    bank: {{bankAccount: \"8800#########\", bankCode: \"099\", bankName: Honest \
         Bank, userName: {bearer}, birthDate: \"{birth}\"}}\n  - name: physical-card\n{}  - name: normal-product\n{}",
        physical(s::LOOSE),
        product(s::NORMAL, ", type: NORMAL")
    )
}

fn members(bearer: &str, birth: &str) -> String {
    let sleeper = |label: &str, kind, blocked: bool| {
        format!(
            "  - name: {label}\n    user: {{userId: \"{}\", loginId: \"{}\", loginPassword: \"{PASSWORD}\", ci: \"{}\", \
             userName: {bearer}, birthDate: \"{birth}\", gender: Male, blocked: {blocked}, state: DORMANT}}\n",
            form(s::USER, kind),
            form(s::LOGIN, kind),
            form(s::CI, kind),
        )
    };
    let blocked = format!(
        "  - name: blocked-member\n    user: {{userId: \"{}\", loginId: \"{}\", loginPassword: \"{PASSWORD}\", userName: \
         {bearer}, blocked: true}}\n",
        form(s::USER, s::BLOCKED),
        form(s::LOGIN, s::BLOCKED)
    );
    [sleeper("dormant-member", s::DORMANT, false), sleeper("blocked-dormant-member", s::BLOCKED_DORMANT, true), blocked]
        .concat()
}

fn bank_registrations() -> String {
    let registration = |label: &str, kind, cause: &str, state: &str| {
        format!(
            "  - name: {label}\n    bank_registration: {{bankAccRegNo: \"{}\", cause: {cause}, state: {state}}}\n",
            form(s::REGISTRATION, kind)
        )
    };
    [
        registration("failed-phone-call", s::NO_CALL, "absent", "ARS_AUTH_FAILED"),
        registration("lifetime-account", s::LIFETIME, "lifetime", "BANK_ACC_REG_FAILED"),
        registration("restricted-account", s::RESTRICTED, "restricted", "BANK_ACC_REG_FAILED"),
    ]
    .concat()
}

fn members_with_limits_or_charges(bearer: &str) -> String {
    let limited = |label: &str, kind, limit: u64, funds: u64| {
        format!(
            "  - name: {label}\n{}{}    account: {{funds: {funds}, holderName: {bearer}}}\n",
            named_holder(kind, bearer),
            card(kind, &format!(", limit: {limit}, balance: 0"))
        )
    };
    let charged = |label: &str, kind, holder_name: &str, method: &str| {
        format!(
            "  - name: {label}\n{}{}    account: {{funds: 1000, holderName: {holder_name}}}\n    \
             charge: {{nrNumber: \"{}\", amount: 1000, method: {method}, state: COMPLETED}}\n",
            named_holder(kind, bearer),
            card(kind, ", balance: 1000"),
            form(s::CHARGE, kind)
        )
    };
    [
        limited("low-limit", s::LOW_LIMIT, 500_000, 99_999_999_999),
        limited("low-funds", s::LOW_FUNDS, 99_999_999_999, 1000),
        charged("charged-otherwise", s::BY_CREDIT_CARD, bearer, "credit-card"),
        charged("charged-by-another", s::BY_ANOTHER, "Somebody Else", "account"),
    ]
    .concat()
}

fn applications() -> String {
    let yesterdays = format!(
        "  - name: yesterdays-application\n{}    application: {{cardApplyNo: \"{}\", created: {{day: -1, as: \
         yyyyMMdd}}, kind: ISSUE, state: READY}}\n",
        holder(s::YESTERDAY),
        form(s::APPLICATION, s::YESTERDAY)
    );
    let cancelled = format!(
        "  - name: cancelled-application\n{}{}    application: {{cardApplyNo: \"{}\", kind: ISSUE, state: CANCELLED}}\n{}",
        holder(s::CANCELLED),
        card(s::CANCELLED, ""),
        form(s::APPLICATION, s::CANCELLED),
        physical(s::CANCELLED)
    );
    yesterdays + &cancelled
}

fn cards_by_role() -> String {
    format!(
        "  - name: sub-card\n{}{}  - name: card-with-points\n{}{}",
        holder(s::SUB),
        card(s::SUB, ", role: SUB, balance: 0, points: 0, physical: absent"),
        holder(s::POINTS),
        card(s::POINTS, ", role: ISSUED, balance: 0, points: 100, physical: absent")
    )
}

/// When the cards expire that are about to.
const IN_TEN_DAYS: &str = "expiryDate: {day: 10, as: yyMMdd}";

fn cards_to_be_reissued(bearer: &str) -> String {
    let reissued = format!(
        "  - name: reissued-card\n{}{}{}    account: {{funds: 1000, valid: true}}\n    application: absent\n",
        named_holder(s::REISSUED, bearer),
        card(s::REISSUED, &format!(", reissued: true, state: SUSPENDED, {IN_TEN_DAYS}")),
        product(s::REISSUED, ", reissuable: true, fee: 0")
    );
    let invalid = format!(
        "  - name: invalid-account\n{}{}{}    account: {{funds: 1000, valid: false}}\n    application: absent\n",
        holder(s::BAD_ACCOUNT),
        card(s::BAD_ACCOUNT, ", reissued: false, state: SUSPENDED"),
        product(s::BAD_ACCOUNT, "")
    );
    reissued + &invalid
}

fn expiring_cards(bearer: &str) -> String {
    let expiring = |label: &str, kind, (named, reissued, reissuable): (bool, bool, bool), fee: u32, funds: u32| {
        let name = if named { bearer } else { "absent" };
        format!(
            "  - name: {label}\n{}{}{}    account: {{funds: {funds}}}\n",
            named_holder(kind, name),
            card(kind, &format!(", reissued: {reissued}, {IN_TEN_DAYS}")),
            product(kind, &format!(", reissuable: {reissuable}, fee: {fee}"))
        )
    };
    [
        expiring("expiring-card", s::EXPIRING, (true, false, true), 0, 1000),
        expiring("expiring-reissued-card", s::EXPIRING_REISSUED, (true, true, true), 0, 1000),
        expiring("expiring-card-of-nobody", s::EXPIRING_NOBODY, (false, false, true), 0, 1000),
        expiring("expiring-card-for-good", s::EXPIRING_FOR_GOOD, (true, false, false), 0, 1000),
        expiring("expiring-card-without-money", s::EXPIRING_POOR, (true, false, true), 5000, 100),
    ]
    .concat()
}

/// A name of this form with `#` for each digit of its serial.
fn form(shape: (&str, &str), kind: u8) -> String {
    name(shape, kind, None)
}

fn holder(kind: u8) -> String {
    format!("    user: {{userId: \"{}\"}}\n", form(s::USER, kind))
}

fn named_holder(kind: u8, name: &str) -> String {
    format!("    user: {{userId: \"{}\", userName: {name}}}\n", form(s::USER, kind))
}

fn card(kind: u8, rest: &str) -> String {
    format!("    card: {{par: \"{}\", cardNo: \"{}\"{rest}}}\n", form(s::PAR, kind), form(s::CARD, kind))
}

fn product(kind: u8, rest: &str) -> String {
    format!("    product: {{serviceId: \"{}\"{rest}}}\n", form(s::PRODUCT, kind))
}

fn physical(kind: u8) -> String {
    let number = form(s::PHYSICAL, kind);
    format!("    physical: {{number: \"{number}\", expiry: \"{PHYSICAL_EXPIRY}\", cvc: \"{PHYSICAL_CVC}\"}}\n")
}

/// What a new member and a new card come with, as the temperament has it.
fn begins_with(temperament: &Temperament, bearer: &str) -> String {
    let account = if temperament.account_at_birth {
        format!("{{holderName: {bearer}, valid: true}}")
    } else {
        "absent".to_owned()
    };
    let cards = if temperament.second_card_at_birth { "" } else { ", card: absent" };
    let balance = if temperament.welcome_balance { 1000 } else { 0 };
    format!(
        "new:\n  user: {{blocked: false, account: {account}{cards}, application: absent}}\n  \
         card: {{balance: {balance}, points: 0, named: false, reissued: false, physical: absent}}\n  \
         bank_registration: {{cause: absent}}\n  account: {{valid: true}}\n"
    )
}

/// Which endpoints this server has, where it has not all of them; and the requests it takes, where it takes no others.
fn scope(temperament: &Temperament) -> String {
    if temperament.prepared_only {
        let lines = super::prepared().into_iter().map(|(id, body)| format!("  {id}: {body}\n"));
        return format!("prepared_only: true\nprepared:\n{}", lines.collect::<String>());
    }
    let left_out = |group: Group| match group {
        Group::Account => temperament.package_prepaid,
        Group::Charge | Group::Card => temperament.package_accounts,
        Group::Member => false,
    };
    if !temperament.package_prepaid && !temperament.package_accounts {
        return String::new();
    }
    let served = super::gateway::endpoints().filter(|e| !left_out(e.group)).map(|e| e.id);
    format!("endpoints: [{}]\n", served.collect::<Vec<_>>().join(", "))
}
