//! The profile of this server: what a tester must be told about it.

use super::endpoint::Group;
use super::seeds::{self as s, PASSWORD, PHYSICAL_CVC, PHYSICAL_EXPIRY, name};
use super::temperament::Temperament;

/// The profile that fits a server of this temperament, as YAML.
pub(crate) fn profile(temperament: &Temperament) -> String {
    let (bearer, birth) = temperament.holder();
    let form = |shape, kind| name(shape, kind, None);
    let user = |kind| form(s::USER, kind);
    let sleeper = |label: &str, kind, blocked: bool| {
        format!(
            "  - name: {label}\n    user: {{userId: \"{}\", loginId: \"{}\", loginPassword: \"{PASSWORD}\", ci: \"{}\", \
             userName: {bearer}, birthDate: \"{birth}\", gender: Male, blocked: {blocked}, state: DORMANT}}\n",
            user(kind),
            form(s::LOGIN, kind),
            form(s::CI, kind),
        )
    };
    let registration = |label: &str, kind, cause: &str, state: &str| {
        format!(
            "  - name: {label}\n    bank_registration: {{bankAccRegNo: \"{}\", cause: {cause}, state: {state}}}\n",
            form(s::REGISTRATION, kind)
        )
    };
    let holder = |kind, named: bool| {
        let named = if named { format!(", userName: {bearer}") } else { String::new() };
        format!("    user: {{userId: \"{}\"{named}}}\n", user(kind))
    };
    let card = |kind, rest: &str| {
        format!("    card: {{par: \"{}\", cardNo: \"{}\"{rest}}}\n", form(s::PAR, kind), form(s::CARD, kind))
    };
    let product = |kind, rest: &str| format!("    product: {{serviceId: \"{}\"{rest}}}\n", form(s::PRODUCT, kind));
    let physical = |kind| {
        let number = form(s::PHYSICAL, kind);
        format!("    physical: {{number: \"{number}\", expiry: \"{PHYSICAL_EXPIRY}\", cvc: \"{PHYSICAL_CVC}\"}}\n")
    };
    let charged = |label: &str, kind, holder_name: &str, method: &str| {
        format!(
            "  - name: {label}\n{}{}    account: {{funds: 1000, holderName: {holder_name}}}\n    \
             charge: {{nrNumber: \"{}\", amount: 1000, method: {method}, state: COMPLETED}}\n",
            holder(kind, true),
            card(kind, ", balance: 1000"),
            form(s::CHARGE, kind)
        )
    };
    let expiring = |label: &str, kind, (named, reissued, reissuable): (bool, bool, bool), fee: u32, funds: u32| {
        let user = if named {
            holder(kind, true)
        } else {
            format!("    user: {{userId: \"{}\", userName: absent}}\n", user(kind))
        };
        format!(
            "  - name: {label}\n{user}{}{}    account: {{funds: {funds}}}\n",
            card(kind, &format!(", reissued: {reissued}, expiryDate: {{day: 10, as: yyMMdd}}")),
            product(kind, &format!(", reissuable: {reissuable}, fee: {fee}"))
        )
    };
    let ten = ", expiryDate: {day: 10, as: yyMMdd}";
    let parts = [
        format!(
            "# What the honest server tells of itself ({}).\nkonform: 1\nname: honest\nhosts: [127.0.0.1, localhost]\n\
             environment: sandbox\npoll: 0s\nattempts: {}\n",
            temperament.describe(),
            temperament.lockout()
        ),
        "bindings:\n  \
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
         charge-charge: {send: {merchantId: \"999900000000777\"}}\n"
            .to_owned(),
        scope(temperament),
        begins_with(temperament, bearer),
        format!(
            "fixtures:\n  - name: bank-account\n    bank: {{bankAccount: \"8800#########\", bankCode: \"099\", bankName: Honest \
             Bank, userName: {bearer}, birthDate: \"{birth}\"}}\n"
        ),
        format!("  - name: physical-card\n{}", physical(s::LOOSE)),
        format!("  - name: normal-product\n{}", product(s::NORMAL, ", type: NORMAL")),
        sleeper("dormant-member", s::DORMANT, false),
        sleeper("blocked-dormant-member", s::BLOCKED_DORMANT, true),
        format!(
            "  - name: blocked-member\n    user: {{userId: \"{}\", loginId: \"{}\", loginPassword: \"{PASSWORD}\", userName: \
             {bearer}, blocked: true}}\n",
            user(s::BLOCKED),
            form(s::LOGIN, s::BLOCKED)
        ),
        registration("failed-phone-call", s::NO_CALL, "absent", "ARS_AUTH_FAILED"),
        registration("lifetime-account", s::LIFETIME, "lifetime", "BANK_ACC_REG_FAILED"),
        registration("restricted-account", s::RESTRICTED, "restricted", "BANK_ACC_REG_FAILED"),
        format!(
            "  - name: low-limit\n{}{}    account: {{funds: 99999999999, holderName: {bearer}}}\n",
            holder(s::LOW_LIMIT, true),
            card(s::LOW_LIMIT, ", limit: 500000, balance: 0")
        ),
        format!(
            "  - name: low-funds\n{}{}    account: {{funds: 1000, holderName: {bearer}}}\n",
            holder(s::LOW_FUNDS, true),
            card(s::LOW_FUNDS, ", limit: 99999999999, balance: 0")
        ),
        charged("charged-otherwise", s::BY_CREDIT_CARD, bearer, "credit-card"),
        charged("charged-by-another", s::BY_ANOTHER, "Somebody Else", "account"),
        format!(
            "  - name: yesterdays-application\n{}    application: {{cardApplyNo: \"{}\", created: {{day: -1, as: \
             yyyyMMdd}}, kind: ISSUE, state: READY}}\n",
            holder(s::YESTERDAY, false),
            form(s::APPLICATION, s::YESTERDAY)
        ),
        format!(
            "  - name: cancelled-application\n{}{}    application: {{cardApplyNo: \"{}\", kind: ISSUE, state: CANCELLED}}\n{}",
            holder(s::CANCELLED, false),
            card(s::CANCELLED, ""),
            form(s::APPLICATION, s::CANCELLED),
            physical(s::CANCELLED)
        ),
        format!(
            "  - name: sub-card\n{}{}",
            holder(s::SUB, false),
            card(s::SUB, ", role: SUB, balance: 0, points: 0, physical: absent")
        ),
        format!(
            "  - name: card-with-points\n{}{}",
            holder(s::POINTS, false),
            card(s::POINTS, ", role: ISSUED, balance: 0, points: 100, physical: absent")
        ),
        format!(
            "  - name: reissued-card\n{}{}{}    account: {{funds: 1000, valid: true}}\n    application: absent\n",
            holder(s::REISSUED, true),
            card(s::REISSUED, &format!(", reissued: true, state: SUSPENDED{ten}")),
            product(s::REISSUED, ", reissuable: true, fee: 0")
        ),
        format!(
            "  - name: invalid-account\n{}{}{}    account: {{funds: 1000, valid: false}}\n    application: absent\n",
            holder(s::BAD_ACCOUNT, false),
            card(s::BAD_ACCOUNT, ", reissued: false, state: SUSPENDED"),
            product(s::BAD_ACCOUNT, "")
        ),
        expiring("expiring-card", s::EXPIRING, (true, false, true), 0, 1000),
        expiring("expiring-reissued-card", s::EXPIRING_REISSUED, (true, true, true), 0, 1000),
        expiring("expiring-card-of-nobody", s::EXPIRING_NOBODY, (false, false, true), 0, 1000),
        expiring("expiring-card-for-good", s::EXPIRING_FOR_GOOD, (true, false, false), 0, 1000),
        expiring("expiring-card-without-money", s::EXPIRING_POOR, (true, false, true), 5000, 100),
    ];
    parts.concat()
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
