//! Answers to bytes that no client should send: any complete one below 500 will do, a close where the bytes are no HTTP, and silence where
//! they may not have come to their end.

use super::{Notes, Reply, policy};
use crate::contract::Endpoint;
use crate::model::{Check, Hostile, Observed, Reason};

pub(super) fn check(endpoint: &Endpoint, kind: Hostile, seen: &Observed, notes: &mut Notes<'_>) -> Reply {
    let answer = match &seen.answer {
        Ok(answer) => answer,
        Err(failure) => {
            let closed = matches!(failure.reason, Reason::Reset | Reason::TruncatedBody | Reason::BadHttpHead);
            let waits = failure.reason == Reason::Timeout;
            if closed && kind.may_be_closed() || waits && kind.may_be_unfinished() {
                notes.hold(endpoint.policy.no_hang);
            } else {
                notes.unclear(failure.reason, format!("{}: {}", failure.reason.says(), failure.detail));
            }
            return Reply::Neither;
        }
    };
    // 408 is a right answer to a request that does not end.
    if answer.status != 408 && policy::passing(answer, notes) {
        return Reply::Refused;
    }
    match answer.status {
        // What HTTP itself says to a method or version that a server does not know.
        501 if matches!(kind, Hostile::UnknownMethod | Hostile::OtherMethod) => notes.hold(endpoint.policy.no_hang),
        505 if kind == Hostile::BadVersion => notes.hold(endpoint.policy.no_hang),
        500.. => {
            let actual = format!("{} to {}", answer.status, kind.word());
            notes.find(endpoint.policy.no_server_error, Check::Server, "", "a status below 500", actual);
        }
        _ => {
            notes.hold(endpoint.policy.no_server_error);
            notes.hold(endpoint.policy.no_hang);
        }
    }
    Reply::Refused
}

#[cfg(test)]
mod tests;
