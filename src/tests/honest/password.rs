//! Passwords: checked, changed with the old one, reset with the CI.

use serde_json::json;

use super::endpoint::{Call, Endpoint, Form, Group, Outcome, gap, row, text};
use super::lapse::Lapse;
use super::world::{Standing, World};

const PLAIN: Endpoint = Endpoint::plain(Group::Member, check_password);

/// The endpoints of passwords.
pub(super) static ENDPOINTS: [Endpoint; 2] = [
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
];

/// Three equal digits or three in order, which the registration page discourages.
pub(super) fn weak(password: &str) -> bool {
    password.as_bytes().windows(3).any(|w| w[0] == w[1] && w[1] == w[2] || w[1] == w[0] + 1 && w[2] == w[1] + 1)
}

fn reset(world: &mut World, call: &Call) -> Outcome {
    let (ci, old, fresh) = (call.text("ci"), call.text("oldPassword"), call.text("freshPassword"));
    let (temper, faults) = (std::sync::Arc::clone(&world.temper), std::sync::Arc::clone(&world.faults));
    let Some(member) = world.by_login(call.text("loginId")) else {
        return Err(row("001_006", "Wallet user not found."));
    };
    // A reset goes by the CI, a change by the old password.
    if ci.is_empty() && old.is_empty() {
        return Err(gap(&temper, 422, "000_003", "Missing required values. ci"));
    }
    let stranger = !ci.is_empty() && ci != member.ci || !old.is_empty() && old != member.password;
    if stranger && !faults.skips(call.endpoint.id, "001_035") {
        if faults.lapse(Lapse::ResetRefusedKept) {
            fresh.clone_into(&mut member.password);
        }
        return Err(row("001_035", "Invalid user info"));
    }
    if fresh == member.password && !faults.skips(call.endpoint.id, "001_043") {
        return Err(row("001_043", "New wallet pin is identical to the old wallet pin."));
    }
    if temper.weak_passwords_refused && weak(fresh) {
        return Err(call.invalid(&temper, "freshPassword"));
    }
    if !faults.lapse(Lapse::ResetNotInForce) {
        fresh.clone_into(&mut member.password);
    }
    if member.wrong > 0 && !faults.lapse(Lapse::ResetKeepsAttempts) {
        member.wrong = 0;
    }
    Ok(json!({}))
}

fn check_password(world: &mut World, call: &Call) -> Outcome {
    const CROSSED: &str = "Wallet login failed. User login attempt crossed please reset password.";
    let (lockout, at_once) = (world.temper.lockout(), world.temper.lockout_at_once);
    let faults = std::sync::Arc::clone(&world.faults);
    let skips = |code| faults.skips(call.endpoint.id, code);
    let known = world.by_login(call.text("loginId")).map(|m| m.id);
    let left = || world.logins.get(&world.login(call.text("loginId"))).copied();
    let kept = known.or_else(|| left().filter(|_| faults.lapse(Lapse::UnregisterKeepsLogin)));
    let Some(member) = kept.and_then(|id| world.members.get_mut(&id)) else {
        return Err(row("001_006", "Wallet user not found."));
    };
    if member.blocked && !skips("001_080") {
        return Err(row("001_080", "User is blocked forgiven data and asp configuration."));
    }
    if member.standing != Standing::Active && known.is_some() && !skips("001_068") {
        return Err(row("001_068", "Wallet login failed. User not active."));
    }
    if member.wrong >= lockout {
        return Err(row("001_069", CROSSED));
    }
    let (right, given) = (&member.password, call.text("loginPassword"));
    let similar = right.get(..4) == given.get(..4) && right.len() >= 4;
    if right != given && !(similar && faults.lapse(Lapse::PasswordFirstFour)) {
        if !faults.lapse(Lapse::AttemptsNotCounted) {
            member.wrong += 1;
        }
        if at_once && member.wrong >= lockout {
            return Err(row("001_069", CROSSED));
        }
        return Err(row("001_045", "Wallet pin didn't match."));
    }
    if member.wrong > 0 && !faults.lapse(Lapse::AttemptsNeverForgotten) {
        member.wrong = 0;
    }
    Ok(json!({"userId": member.id}))
}
