//! One-time tokens, charges from the bank account, their cancellation and result, and the history of a card.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::check::date;
use super::endpoint::{
    Call, Endpoint, Form, Group, ID, ID_15, Input, Kind, Outcome, Refusal, Unknown, field, number, row, text,
};
use super::lapse::Lapse;
use super::world::{CardState, Charge, Entry, Movement, Token, World, now};

const PLAIN: Endpoint = Endpoint::plain(Group::Charge, token);

/// The endpoints of charges.
pub(super) static ENDPOINTS: [Endpoint; 5] = [
    Endpoint {
        id: "charge-one-time-token",
        sealed: true,
        path: "/api/v2/payment/generate/onetimetoken",
        fields: &[text("cardNo", 16, 16).must(), text("type", 3, 6).form(Form::Words(&["ATM", "CREDIT"]))],
        run: token,
        ..PLAIN
    },
    Endpoint {
        id: "charge-charge",
        path: "/api/v1/recharges/by-bank-accounts/no-hce",
        input: Input::Named,
        member: "userId",
        unknown: Unknown::Input,
        fields: &[
            text("sequenceId", 1, 30).must(),
            number("userId", ID).must(),
            number("amount", 9_999_999_999).must(),
            text("oneTimeToken", 16, 16).must(),
            text("dcvv", 3, 3).must(),
            text("merchantId", 1, 30).must(),
            field("benefitAmount", Kind::Number(0, 9_999_999_999)),
        ],
        run: charge,
        ..PLAIN
    },
    Endpoint {
        id: "charge-cancel",
        path: "/api/v1/recharges/by-bank-accounts/no-hce/cancel",
        input: Input::Named,
        member: "userId",
        unknown: Unknown::Input,
        fields: &[
            text("sequenceId", 30, 30).must(),
            number("userId", ID).must(),
            text("nrNumber", 1, 50).must(),
            text("oneTimeToken", 16, 16).must(),
            text("dcvv", 3, 3),
            text("cardExpiry", 4, 6).form(Form::Digits),
        ],
        run: cancel,
        ..PLAIN
    },
    Endpoint {
        id: "charge-result-inquiry",
        path: "/api/v1/recharges/by-bank-account/result/inquiry",
        fields: &[text("sequenceId", 1, 30).must()],
        run: result,
        ..PLAIN
    },
    Endpoint {
        id: "charge-transaction-history",
        path: "/api/v1/transaction/card",
        fields: &[
            number("userId", ID_15),
            text("par", 27, 27).must(),
            text("startDate", 8, 8).form(Form::Date).must(),
            text("endDate", 8, 8).form(Form::Date).must(),
            text("trType", 2, 2).form(Form::Words(&["00", "01", "02", "03"])),
            field("includePreviousCard", Kind::Bool),
            field(
                "pageRequest",
                Kind::Object(&[
                    field("page", Kind::Number(0, 1_000_000)),
                    field("pageSize", Kind::Number(1, 1_000)),
                    text("sort", 1, 50),
                    text("orderByDirection", 3, 4).form(Form::Words(&["ASC", "DESC"])),
                ]),
            ),
        ],
        run: history,
        ..PLAIN
    },
];

fn token(world: &mut World, call: &Call) -> Outcome {
    world.sweep();
    let lasts = Duration::from_secs(if call.text("type").is_empty() { 30 } else { 300 });
    let faults = std::sync::Arc::clone(&world.faults);
    let usable = |state| match state {
        CardState::Active => true,
        CardState::Suspended => faults.lapse(Lapse::TokenForSuspended),
        CardState::Terminated => faults.lapse(Lapse::TokenForTerminated),
    };
    let par = match world.by_number(call.text("cardNo")) {
        Some(card) if usable(card.state) => card.par.clone(),
        Some(_) => return Err(world.gap(409, "003_005", "Card status is not active")),
        None => return Err(world.gap(404, "003_001", "Invalid card info.")),
    };
    let seconds = |millis: i64| if faults.lapse(Lapse::TokenSeconds) { millis / 1000 } else { millis };
    let until = seconds(chrono::Utc::now().timestamp_millis() + i64::try_from(lasts.as_millis()).unwrap_or(0));
    let same = world.tokens.iter().find(|(_, t)| t.par == par && t.until > Instant::now());
    if let Some((name, token)) = same.filter(|_| faults.lapse(Lapse::TokenTwiceTheSame)) {
        return Ok(json!({"dcvv": token.dcvv, "oneTimeToken": name, "expiryTime": until}));
    }
    let mut noise = [0; 8];
    if aws_lc_rs::rand::fill(&mut noise).is_err() {
        return Err(world.gap(409, "000_999", "No entropy."));
    }
    let noise = u64::from_le_bytes(noise);
    // The count keeps tokens apart, the noise makes them hard to guess.
    let name = format!("{:08}{:08}", noise % 100_000_000, world.next() % 100_000_000);
    let dcvv = format!("{:03}", noise / 100_000_000 % 1000);
    world.tokens.insert(name.clone(), Token { dcvv: dcvv.clone(), par, until: Instant::now() + lasts });
    Ok(json!({"dcvv": dcvv, "oneTimeToken": name, "expiryTime": until}))
}

/// The PAR that a request's token is for; the token itself stays.
fn redeem(world: &mut World, call: &Call) -> Result<String, Refusal> {
    let refuse = |name| Err(call.invalid(&world.temper, name));
    let Some(token) = world.tokens.get(call.text("oneTimeToken")).filter(|t| t.until > Instant::now()) else {
        return refuse("oneTimeToken");
    };
    if call.at("dcvv").is_some() && !call.text("dcvv").is_empty() && token.dcvv != call.text("dcvv") {
        if call.endpoint.id != "charge-charge" || !world.has(Lapse::ChargeDcvvUnchecked) {
            return refuse("dcvv");
        }
    }
    match world.cards.get(&token.par) {
        Some(card) if card.owner == call.member && card.state == CardState::Active => Ok(card.par.clone()),
        _ => refuse("oneTimeToken"),
    }
}

/// Refuses a control number that was used before.
fn fresh(world: &World, call: &Call) -> Result<(), Refusal> {
    let used = world.movements.contains_key(call.text("sequenceId")) && !world.temper.sequence_reusable;
    let used = used && !(call.endpoint.id == "charge-charge" && world.has(Lapse::SequenceNotUnique));
    if used { Err(call.invalid(&world.temper, "sequenceId")) } else { Ok(()) }
}

fn no_account(world: &mut World, call: &Call) -> Result<(), Refusal> {
    let none = world.member(call.member).is_none_or(|m| m.account.is_none());
    if none && !world.skips(call, "007_001") { Err(row("007_001", "Bank account not found.")) } else { Ok(()) }
}

fn charge(world: &mut World, call: &Call) -> Outcome {
    no_account(world, call)?;
    let free = world.member(call.member).is_some_and(|m| m.account.is_none());
    fresh(world, call)?;
    let par = redeem(world, call)?;
    let amount = call.number("amount");
    if call.number("benefitAmount") != 0 {
        return Err(row("007_002", "Inconsistent requested benefit."));
    }
    let waiting: u64 =
        world.charges.values().filter(|c| c.par == par && !c.done && !c.cancelled).map(|c| c.amount).sum();
    if world.card(&par).is_some_and(|c| c.balance + waiting + amount > c.limit) && !world.skips(call, "007_003") {
        if let Some(card) = world.cards.get_mut(&par).filter(|_| world.faults.lapse(Lapse::ChargeRefusedBooked)) {
            card.balance += amount;
        }
        return Err(row("007_003", "Credit limit exceeded."));
    }
    let faults = std::sync::Arc::clone(&world.faults);
    match world.member(call.member).and_then(|m| m.account.as_mut()).filter(|a| a.valid && a.funds >= amount) {
        Some(account) => account.funds -= amount,
        None if faults.skips(call.endpoint.id, "007_004") => {}
        // Who may charge without an account pays nothing.
        None if free => {}
        None => return Err(row("007_004", "Withdraw failure from PG.")),
    }
    if !world.has(Lapse::ChargeTokenReusable) {
        world.tokens.remove(call.text("oneTimeToken"));
    }
    let nr = format!("KMN9{:014}", world.next());
    let charge = Charge { member: call.member, par, amount, by_account: true, done: false, cancelled: false };
    world.charges.insert(nr.clone(), charge);
    let pending = begin(world, call.text("sequenceId"), &nr, false);
    Ok(json!({"nrNumber": nr, "isPending": pending}))
}

fn cancel(world: &mut World, call: &Call) -> Outcome {
    const NO: &str = "Cancellation not possible for this transaction.";
    no_account(world, call)?;
    fresh(world, call)?;
    redeem(world, call)?;
    let nr = call.text("nrNumber");
    world.conjure(nr);
    let faults = std::sync::Arc::clone(&world.faults);
    let own = |c: &&Charge| c.member == call.member || faults.lapse(Lapse::CancelOfAnother);
    let Some(charge) = world.charges.get(nr).filter(own).cloned() else {
        return Err(row("007_030", NO));
    };
    if !charge.by_account && !world.skips(call, "007_040") {
        return Err(row("007_040", "Cancel request for another method."));
    }
    let other = world.member(call.member).is_some_and(|m| m.account.as_ref().map(|a| &a.holder) != m.name.as_ref());
    if other && !world.skips(call, "007_043") {
        return Err(row("007_043", "Cancellation request denied due to name mismatch."));
    }
    let impossible =
        charge.cancelled || !charge.done || world.card(&charge.par).is_none_or(|c| c.balance < charge.amount);
    if impossible && !(charge.cancelled && world.has(Lapse::CancelTwice)) {
        return Err(row("007_030", NO));
    }
    world.tokens.remove(call.text("oneTimeToken"));
    if let Some(charge) = world.charges.get_mut(nr) {
        charge.cancelled = true;
    }
    let pending = begin(world, call.text("sequenceId"), nr, true);
    Ok(json!({"isPending": pending}))
}

/// Books a movement at once, or leaves it pending.
fn begin(world: &mut World, sequence: &str, nr: &str, cancel: bool) -> bool {
    let pending = world.temper.looks() > 0;
    world.movements.insert(sequence.to_owned(), Movement { nr: nr.to_owned(), cancel, looks: 0, done: !pending });
    if !pending {
        book(world, nr, cancel);
    }
    pending
}

/// Moves the money of a charge onto its card, or back.
fn book(world: &mut World, nr: &str, cancel: bool) {
    let Some(charge) = world.charges.get_mut(nr) else { return };
    charge.done = true;
    let (amount, par, member) = (charge.amount, charge.par.clone(), charge.member);
    let Some(card) = world.cards.get_mut(&par) else { return };
    let before = card.balance;
    let faults = &world.faults;
    card.balance = match cancel {
        true if faults.lapse(Lapse::CancelNotBooked) => before,
        true => before.saturating_sub(amount),
        false if faults.lapse(Lapse::ChargeBookedTwice) => before + amount * 2,
        false if faults.lapse(Lapse::ChargeNotBooked) => before,
        false => before + amount,
    };
    card.used = true;
    let entry = Entry { nr: nr.to_owned(), cancel, amount, before, after: card.balance, when: now() };
    world.history.entry(par).or_default().push(entry);
    if cancel {
        if let Some(account) = world.member(member).and_then(|m| m.account.as_mut()) {
            account.funds += amount;
        }
    }
}

fn result(world: &mut World, call: &Call) -> Outcome {
    let (looks, sparse) = (world.temper.looks(), world.temper.sparse_answers);
    let faults = std::sync::Arc::clone(&world.faults);
    let Some(movement) = world.movements.get_mut(call.text("sequenceId")) else {
        if faults.lapse(Lapse::ResultOfUnknown) {
            return Ok(json!({"result": "COMPLETED"}));
        }
        return Err(world.gap(404, "007_031", "Recharge request not found."));
    };
    movement.looks += 1;
    let due = !movement.done && movement.looks >= looks;
    movement.done |= due;
    let Movement { nr, cancel, done, .. } = movement.clone();
    if due {
        book(world, &nr, cancel);
    }
    let done = done && !faults.lapse(Lapse::ResultAlwaysPending);
    let mut body = json!({"result": if done { "COMPLETED" } else { "PENDING" }});
    if !sparse {
        body["nrNumber"] = json!(nr);
    }
    Ok(body)
}

fn history(world: &mut World, call: &Call) -> Outcome {
    let (id, par) = (call.number("userId"), call.text("par"));
    let owner = world.card(par).map(|c| c.owner);
    if owner.is_none() || id != 0 && owner != Some(id) && !world.has(Lapse::HistoryOfAnother) {
        return Err(world.gap(404, "003_021", "Cannot find par"));
    }
    let (Some(start), Some(end)) = (date(call.text("startDate")), date(call.text("endDate"))) else {
        return Err(call.invalid(&world.temper, "startDate"));
    };
    if start > end {
        return Err(call.invalid(&world.temper, "endDate"));
    }
    let kind = call.text("trType");
    let all = world.temper.filters_ignored;
    let dated = |e: &Entry| (start..=end).contains(&e.when.date_naive()) || world.has(Lapse::HistoryDatesIgnored);
    let wanted = |e: &&Entry| all || dated(e) && (kind.is_empty() || kind == "01");
    let replaced = world.applications.values().find(|a| a.card.as_deref() == Some(par)).and_then(|a| a.old.as_ref());
    let replaced = replaced.filter(|_| call.flag("includePreviousCard") != Some(false));
    let lines = |par: &str| world.history.get(par).into_iter().flatten();
    let mut entries: Vec<&Entry> =
        replaced.into_iter().flat_map(|old| lines(old)).chain(lines(par)).filter(wanted).collect();
    if call.text("pageRequest.orderByDirection") == "DESC" {
        entries.reverse();
    }
    let page = usize::try_from(call.number("pageRequest.page")).unwrap_or(0);
    let size = usize::try_from(call.number("pageRequest.pageSize")).unwrap_or(0);
    let size = if size == 0 { 10 } else { size };
    let first = if page > 0 && !entries.is_empty() && world.has(Lapse::PageRepeated) { 0 } else { page };
    let shown: Vec<Value> =
        entries.iter().skip(first * size).take(size).map(|e| line(world, e, world.temper.sparse_answers)).collect();
    let count = shown.len() + usize::from(world.has(Lapse::HistoryTotalWrong));
    Ok(json!({
        "pageResponse": {"page": page, "totalPages": entries.len().div_ceil(size), "numberOfElements": count},
        "transactionInfo": shown,
    }))
}

fn line(world: &World, entry: &Entry, sparse: bool) -> Value {
    let mut line = json!({
        "trType": "01", "nrNumber": entry.nr, "trAmount": entry.amount,
        "authCancelType": if entry.cancel { "CANCEL" } else { "AUTH" },
        "approvalDateTime": entry.when.format("%Y%m%d%H%M%S").to_string(),
    });
    if !sparse {
        let after = if world.has(Lapse::HistoryBalanceWrong) { entry.before } else { entry.after };
        let open = world.charges.get(&entry.nr).is_some_and(|c| c.done && !c.cancelled && c.by_account);
        for (name, value) in [
            ("orgAmount", json!(entry.amount)),
            ("balanceBefore", json!(entry.before)),
            ("balanceAfter", json!(after)),
            ("approvalCode", json!(entry.nr.get(entry.nr.len() - 8..).unwrap_or_default())),
            ("merchantName", json!("Honest Store")),
            ("rcgType", Value::Null),
            ("bizLicenseNo", Value::Null),
            ("discountAmount", json!(0)),
            ("usedPointAmount", json!(0)),
            ("savedPointAmount", json!(0)),
            ("rechargeCancelable", json!(u8::from(open && !entry.cancel))),
        ] {
            line[name] = value;
        }
    }
    line
}
