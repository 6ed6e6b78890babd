use super::super::testing::*;
use super::*;
use crate::model::Body;

/// What is held, found and left unsaid of an answer to such bytes, and whether it counts as a refusal.
fn judged(kind: Hostile, seen: &Observed) -> (String, String, &'static str, bool) {
    let contract = contract("", "");
    let mut notes = notes(&contract);
    let reply = check(endpoint(&contract), kind, seen, &mut notes);
    let (held, found, reason) = told(&notes);
    (held, found, reason, reply == Reply::Refused)
}

#[test]
fn any_complete_answer_below_500_will_do() {
    let both = "no-server-error no-hang";
    for (kind, status, held, broken, reason) in [
        (Hostile::Truncated, 200, both, "", ""),
        (Hostile::Truncated, 400, both, "", ""),
        (Hostile::Truncated, 499, both, "", ""),
        (Hostile::Truncated, 500, "", "no-server-error: 500 to truncated", ""),
        (Hostile::Truncated, 599, "", "no-server-error: 599 to truncated", ""),
        // 408 is a right answer to a request that does not end.
        (Hostile::Truncated, 408, both, "", ""),
        (Hostile::Truncated, 429, "", "", "http_429"),
        (Hostile::Truncated, 502, "", "", "gateway_502_503_504"),
        // A method and a version that do not exist.
        (Hostile::UnknownMethod, 501, "no-hang", "", ""),
        (Hostile::OtherMethod, 501, "no-hang", "", ""),
        (Hostile::BadVersion, 505, "no-hang", "", ""),
        (Hostile::UnknownMethod, 505, "", "no-server-error: 505 to unknown-method", ""),
        (Hostile::BadVersion, 501, "", "no-server-error: 501 to bad-version", ""),
        (Hostile::Truncated, 501, "", "no-server-error: 501 to truncated", ""),
        (Hostile::Truncated, 505, "", "no-server-error: 505 to truncated", ""),
        (Hostile::UnknownMethod, 500, "", "no-server-error: 500 to unknown-method", ""),
    ] {
        let (own, found, why, refused) = judged(kind, &answer(status, &[], Body::Empty));
        assert_eq!((own.as_str(), found.as_str(), why), (held, broken, reason), "{status} to {kind:?}");
        assert!(refused, "{status} to {kind:?}");
    }
}

#[test]
fn a_close_is_an_answer_to_what_is_no_http_and_silence_to_what_may_not_have_ended() {
    for (kind, reason, held) in [
        (Hostile::LongHeader, Reason::Reset, "no-hang"),
        (Hostile::LongHeader, Reason::TruncatedBody, "no-hang"),
        (Hostile::LongHeader, Reason::BadHttpHead, "no-hang"),
        (Hostile::LongHeader, Reason::Timeout, ""),
        (Hostile::LongHeader, Reason::Connect, ""),
        (Hostile::Truncated, Reason::Reset, ""),
        (Hostile::Truncated, Reason::TruncatedBody, ""),
        (Hostile::Truncated, Reason::Timeout, ""),
        (Hostile::BareLineFeeds, Reason::Timeout, "no-hang"),
        (Hostile::BareLineFeeds, Reason::Reset, "no-hang"),
        (Hostile::BareLineFeeds, Reason::Connect, ""),
    ] {
        let (own, found, why, refused) = judged(kind, &lost(reason));
        let unsaid = if held.is_empty() { reason.word() } else { "" };
        assert_eq!((own.as_str(), found.as_str(), why), (held, "", unsaid), "{reason:?} to {kind:?}");
        assert!(!refused, "{reason:?} to {kind:?}");
    }
}
