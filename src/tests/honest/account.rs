//! Bank accounts: name check, registration by telephone, look-ups, deletion, and the balance limit that hangs on them.

use std::time::{Duration, Instant};

use serde_json::json;

use super::endpoint::{Call, Endpoint, Form, Group, ID, ID_15, Outcome, Refusal, Unknown, number, row, text};
use super::lapse::Lapse;
use super::user::nobody;
use super::world::{Account, CardState, NAMED, Registration, Role, World};

const PLAIN: Endpoint = Endpoint {
    member: "userId",
    unknown: Unknown::Gap,
    fields: &[number("userId", ID).must()],
    ..Endpoint::plain(Group::Account, verify)
};

/// The endpoints of bank accounts.
pub(super) static ENDPOINTS: [Endpoint; 9] = [
    Endpoint {
        id: "account-real-name-verify",
        sealed: true,
        path: "/api/v1/bankaccounts/user/valid",
        fields: &[
            text("bankAccount", 1, 20).must(),
            text("bankCode", 3, 3).must(),
            number("userId", ID),
            text("userName", 1, 100),
            text("birthDate", 8, 8).form(Form::Date),
        ],
        run: verify,
        ..PLAIN
    },
    Endpoint { id: "account-ars-auth", path: "/api/v1/bankaccounts/ars/auth", run: call_code, ..PLAIN },
    Endpoint {
        id: "account-ars-register",
        path: "/api/v1/bankaccounts/ars/register",
        fields: &[
            number("userId", ID).must(),
            text("bankAccount", 1, 20).must(),
            text("bankCode", 3, 3).must(),
            text("bankName", 1, 100).must(),
            text("userName", 1, 100).must(),
            text("birthDate", 8, 8).form(Form::Date).must(),
        ],
        run: register,
        ..PLAIN
    },
    Endpoint {
        id: "account-ars-register-inquiry",
        path: "/api/v1/bankaccounts/ars/register/inquiry",
        member: "",
        fields: &[text("regNo", 22, 22).must()],
        run: inquire,
        ..PLAIN
    },
    Endpoint {
        id: "account-account-info",
        path: "/api/v1/bankaccounts/inquiry",
        fields: &[number("userId", ID_15).must()],
        run: automatic,
        ..PLAIN
    },
    Endpoint {
        id: "account-auto-charge-register",
        sealed: true,
        path: "/api/v1/bankaccounts/as-rcg-svc/ars/register",
        marked: true,
        run: register_automatic,
        ..PLAIN
    },
    Endpoint { id: "account-registered-accounts", sealed: true, path: "/api/v1/bankaccounts/info", run: info, ..PLAIN },
    Endpoint {
        id: "account-delete",
        sealed: true,
        path: "/api/v1/bankaccounts/delete",
        success: "Success",
        run: delete,
        ..PLAIN
    },
    Endpoint {
        id: "account-balance-limit-individual",
        path: "/api/v1/user/namedcard",
        fields: &[number("userId", ID).must(), text("targetCard", 1, 27)],
        run: name_card,
        ..PLAIN
    },
];

fn none(world: &World) -> Refusal {
    world.gap(404, "007_001", "Bank account not found.")
}

/// Whether an account is one of the profile's, whose holder is known.
fn profiled(number: &str) -> bool {
    number.len() == 13 && number.starts_with("8800") && number.bytes().all(|b| b.is_ascii_digit())
}

/// Compares the names as a bank would.
fn names(world: &mut World, call: &Call) -> Result<(), Refusal> {
    let (number, name) = (call.text("bankAccount"), call.text("userName"));
    let bank = world.temper.holder().0;
    let stranger = world.temper.known_accounts_only && !profiled(number);
    let other = profiled(number) && !name.is_empty() && name != bank;
    let compared = world.temper.names_compared && call.member != 0;
    let own = world.member(call.member).and_then(|m| m.name.clone());
    let holder = if profiled(number) { bank } else { name };
    if stranger || other || compared && own.as_deref() != Some(holder) {
        return Err(world.gap(422, "002_033", "Getting acc owner name error."));
    }
    Ok(())
}

fn verify(world: &mut World, call: &Call) -> Outcome {
    names(world, call).or_else(|refusal| if world.has(Lapse::VerifyAnyName) { Ok(()) } else { Err(refusal) })?;
    if let Some(member) = world.member(call.member) {
        member.step = 1;
    }
    Ok(json!({}))
}

fn call_code(world: &mut World, call: &Call) -> Outcome {
    let code = world.next() * 7 % 100;
    let ordered = world.temper.steps_in_order;
    let early = world.member(call.member).is_some_and(|member| {
        let early = ordered && member.step < 1;
        member.step = if early { member.step } else { 2 };
        early
    });
    if early {
        Err(world.gap(409, "002_011", "Account holder is not verified."))
    } else {
        Ok(json!({"authNumber": format!("{code:02}")}))
    }
}

fn running(registration: &Registration) -> bool {
    registration.status.starts_with("ARS_AUTH_") && registration.failure.is_none()
}

fn register(world: &mut World, call: &Call) -> Outcome {
    let mine: Vec<String> = world
        .registrations
        .iter()
        .filter(|(_, r)| r.member == call.member && running(r))
        .map(|(no, _)| no.clone())
        .collect();
    for no in mine {
        if !settle(world, &no, Duration::from_secs(30)) && !world.skips(call, "002_013") {
            return Err(row("002_013", "Ars auth and bank account register is still in progress."));
        }
    }
    names(world, call)?;
    if world.temper.steps_in_order && world.member(call.member).is_some_and(|m| m.step < 2) {
        return Err(world.gap(409, "002_012", "ARS auth code is not generated."));
    }
    let account = Account {
        number: call.text("bankAccount").to_owned(),
        bank_code: call.text("bankCode").to_owned(),
        bank_name: call.text("bankName").to_owned(),
        ..world.account(call.text("userName"))
    };
    let no = format!("HRN{:019}", world.next());
    let registration = Registration {
        member: call.member,
        account: Some(account),
        looks: 0,
        status: "ARS_AUTH_IN_PROGRESS",
        failure: None,
        made: Instant::now(),
    };
    world.registrations.insert(no.clone(), registration);
    Ok(json!({"bankAccRegNo": no}))
}

/// Lets a registration end that is older than `after`; whether it has ended.
fn settle(world: &mut World, no: &str, after: Duration) -> bool {
    let Some(registration) = world.registrations.get_mut(no) else { return true };
    if registration.made.elapsed() < after {
        return false;
    }
    registration.status = "BANK_ACC_REGISTERED";
    let (id, account) = (registration.member, registration.account.take());
    let account = account.filter(|_| !world.has(Lapse::RegisterNotStored));
    if let (Some(member), Some(account)) = (world.member(id), account) {
        member.account = Some(account);
        member.step = 0;
    }
    true
}

fn inquire(world: &mut World, call: &Call) -> Outcome {
    let no = call.text("regNo");
    world.conjure(no);
    if !world.registrations.contains_key(no) && world.skips(call, "002_019") {
        return Ok(json!({"status": "ARS_AUTH_IN_PROGRESS"}));
    }
    let quick = world.temper.quick_account;
    let Some(registration) = world.registrations.get_mut(no) else {
        return Err(row("002_019", "Not found ars bank account register error."));
    };
    let status = registration.status;
    if let Some((code, text)) = registration.failure {
        return if world.temper.failures_as_status { Ok(json!({"status": status})) } else { Err(row(code, text)) };
    }
    if running(registration) {
        registration.looks += 1;
        match registration.looks {
            1 if !quick => {}
            2 if !quick => registration.status = "ARS_AUTH_DONE",
            _ => {
                settle(world, no, Duration::ZERO);
            }
        }
    }
    Ok(json!({"status": world.registrations[no].status}))
}

fn automatic(world: &mut World, call: &Call) -> Outcome {
    let Some(account) = world.member(call.member).map(|m| m.account.clone()) else { return Err(nobody(world)) };
    let first = world.members.values().find(|m| m.account.is_some()).filter(|m| m.id != call.member);
    let first = first.and_then(|m| m.account.clone()).filter(|_| world.has(Lapse::AccountOfAnother));
    let account = first.or(account);
    let mut body = json!({"isAutoRcgAccRegAllowed": account.as_ref().is_some_and(|a| !a.auto)});
    if let Some(account) = account.filter(|a| a.auto) {
        body["bankAccForAutoRcg"] =
            json!({"bankCode": account.bank_code, "bankName": account.bank_name, "accountNo": account.number});
    }
    Ok(body)
}

fn register_automatic(world: &mut World, call: &Call) -> Outcome {
    let faults = std::sync::Arc::clone(&world.faults);
    match world.member(call.member).and_then(|m| m.account.as_mut()) {
        Some(account) => account.auto |= !faults.lapse(Lapse::AutomaticNotStored),
        None => return Err(none(world)),
    }
    Ok(json!({}))
}

fn info(world: &mut World, call: &Call) -> Outcome {
    let sparse = world.temper.sparse_answers;
    let own = world.member(call.member).and_then(|m| m.account.clone());
    let deleted = world.faults.memory().deleted.get(&call.member).cloned().filter(|_| own.is_none());
    let deleted = deleted.filter(|_| world.has(Lapse::AccountsAfterDelete));
    let Some(account) = own.or(deleted) else { return Err(none(world)) };
    let other = world.neighbour(call.member).filter(|_| world.has(Lapse::AccountsOfAnother));
    let mut info = json!({"accountId": account.id, "userName": account.holder});
    if !sparse {
        info["bankCode"] = json!(account.bank_code);
        info["bankName"] = json!(account.bank_name);
        info["accountNo"] = json!(account.number);
    }
    Ok(json!({"userId": other.unwrap_or(call.member), "accountInfo": info}))
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let quiet = world.temper.quiet_account_delete;
    let account = world.member(call.member).map(|m| m.account.take());
    match account {
        Some(None) if !quiet => return Err(none(world)),
        Some(Some(account)) if world.has(Lapse::DeleteNotStored) => {
            world.members.entry(call.member).and_modify(|m| m.account = Some(account));
        }
        Some(Some(account)) => {
            world.faults.memory().deleted.insert(call.member, account);
        }
        _ => {}
    }
    Ok(json!({}))
}

fn name_card(world: &mut World, call: &Call) -> Outcome {
    let free = world.temper.named_without_account;
    if world.member(call.member).is_some_and(|m| m.account.is_none()) && !free {
        return Err(none(world));
    }
    name_one(world, call.text("targetCard"), call.member)
}

/// Puts a card into a name and raises its limit; the basic card where none is told.
pub(super) fn name_one(world: &mut World, card: &str, member: u64) -> Outcome {
    let faults = std::sync::Arc::clone(&world.faults);
    let par = if card.is_empty() {
        world.cards_of(member).into_iter().find(|c| c.role == Role::Basic).map(|c| c.par.clone())
    } else {
        world
            .by_any(card)
            .filter(|c| member == 0 || c.owner == member || faults.lapse(Lapse::LimitOfAnyCard))
            .filter(|c| c.state != CardState::Terminated)
            .map(|c| c.par.clone())
    };
    match par.and_then(|par| world.card(&par)) {
        Some(card) => {
            card.named = true;
            let lapse = if member == 0 { Lapse::CorporationNotRaised } else { Lapse::LimitNotRaised };
            if card.limit < NAMED && !faults.lapse(lapse) {
                card.limit = NAMED;
            }
        }
        None => return Err(world.gap(404, "003_001", "Invalid card info.")),
    }
    Ok(json!({}))
}
