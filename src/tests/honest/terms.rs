//! Terms: the list, and a member's agreement.

use serde_json::{Value, json};

use super::endpoint::{Call, Endpoint, Group, ID, Kind, Outcome, Unknown, field, number, row, text};
use super::lapse::Lapse;
use super::user::nobody;
use super::world::{World, now};

/// A terms document: id, use, Korean and English title, whether it is mandatory.
struct Terms(u64, &'static str, &'static str, &'static str, bool);

const TERMS: [Terms; 4] = [
    Terms(41, "PY", "개인정보 수집 및 이용 동의", "Personal data", true),
    Terms(42, "OPEN_BANK", "오픈뱅킹 이용약관", "Open banking", true),
    Terms(43, "MKT_NOTI", "마케팅 정보 수신 동의", "Marketing", false),
    Terms(44, "DEDUCT", "소득공제 자동 신청", "Tax deduction", false),
];

/// The ids of the mandatory terms.
pub(super) fn mandatory() -> impl Iterator<Item = u64> {
    TERMS.iter().filter(|t| t.4).map(|t| t.0)
}

/// Whether a terms document has this id.
pub(super) fn exists(id: u64) -> bool {
    TERMS.iter().any(|t| t.0 == id)
}

const PLAIN: Endpoint = Endpoint::plain(Group::Member, terms_all);

/// The endpoints of terms.
pub(super) static ENDPOINTS: [Endpoint; 2] = [
    Endpoint {
        id: "terms-all",
        path: "/api/v1/user/terms/all",
        fields: &[number("userId", ID), text("locale", 2, 3), text("tcActionType", 1, 255)],
        run: terms_all,
        ..PLAIN
    },
    Endpoint {
        id: "terms-update-optional",
        path: "/api/v1/user/terms/updateOptionalTermsAndConditions",
        member: "userId",
        unknown: Unknown::Row("Wallet user not found."),
        fields: &[
            number("userId", ID).must(),
            field("tcList", Kind::Objects(&[number("tcNo", ID).must(), field("agreeYn", Kind::Bool).must()])).must(),
        ],
        run: terms_update,
        ..PLAIN
    },
];

fn terms_all(world: &mut World, call: &Call) -> Outcome {
    let id = call.number("userId");
    let agreed = world.member(id).map(|m| m.agreed.clone());
    if id != 0 && agreed.is_none() && world.temper.terms_know_members {
        return Err(nobody(world));
    }
    let english = call.text("locale").eq_ignore_ascii_case("en") && !world.temper.filters_ignored;
    let action = call.text("tcActionType");
    let wanted = |t: &&Terms| action.is_empty() || world.temper.filters_ignored || t.1 == action;
    let id_is_none = id == 0;
    let list = TERMS.iter().enumerate().filter(|(_, t)| wanted(t)).map(|(at, terms)| {
        let Terms(id, action, korean, title, must) = terms;
        let date = agreed.as_ref().and_then(|a| a.get(id));
        let mut entry = json!({
            "tcId": id, "title": if english { title } else { korean }, "url": format!("https://example.com/terms/{id}"),
            "required": if *must { "MANDATORY" } else { "OPTIONAL" }, "order": (at + 1).to_string(),
            "isAgree": date.is_some() || id_is_none && *must && world.has(Lapse::TermsAgreedByNobody),
        });
        if !world.temper.sparse_answers {
            entry["tcActionType"] = json!(action);
            if *action == "OPEN_BANK" {
                entry["viewPositionType"] = json!("OPEN_BANK");
            }
            if let Some(date) = date {
                entry["agreeDate"] = json!(date);
            }
        }
        entry
    });
    Ok(json!({"termsList": list.collect::<Vec<_>>()}))
}

fn terms_update(world: &mut World, call: &Call) -> Outcome {
    let wanted: Vec<(u64, bool)> = call
        .at("tcList")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|t| (t["tcNo"].as_u64().unwrap_or(0), t["agreeYn"].as_bool().unwrap_or(false)))
        .collect();
    let mut refusal = None;
    for (at, (id, agree)) in wanted.iter().enumerate() {
        match TERMS.iter().find(|t| t.0 == *id) {
            None => {
                let text = "Terms and conditions management service failed. Terms and conditions ID is not valid.";
                refusal = Some((at, row("001_079", text)));
            }
            Some(terms) if terms.4 && !agree && !world.skips(call, "001_081") => {
                refusal = Some((at, row("001_081", "Mandatory terms and conditions cannot be deleted.")));
            }
            Some(_) => continue,
        }
        break;
    }
    if let Some((at, refusal)) = refusal {
        if at > 0 && world.has(Lapse::TermsRefusedKept) {
            record(world, call.member, &wanted[..at]);
        }
        return Err(refusal);
    }
    record(world, call.member, &wanted);
    Ok(json!({}))
}

/// Writes down what a member agrees to, and what no more.
fn record(world: &mut World, member: u64, wanted: &[(u64, bool)]) {
    let faults = std::sync::Arc::clone(&world.faults);
    let time = now().format("%Y%m%d%H%M%S%3f").to_string();
    if let Some(member) = world.member(member) {
        for (id, agree) in wanted {
            if *agree {
                member.agreed.entry(*id).or_insert_with(|| time.clone());
            } else if member.agreed.contains_key(id) && !faults.lapse(Lapse::TermsWithdrawalLost) {
                member.agreed.remove(id);
            }
        }
    }
}
