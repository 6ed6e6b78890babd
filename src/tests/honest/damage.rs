//! What a faulty server spoils in an answer that was right.

use serde_json::{Value, json};

use super::lapse::named;

named! {
    /// How one member of an answer is spoiled.
    Damage {
        Drop "answer-drop",
        Null "answer-null",
        Text "answer-text",
        Number "answer-number",
        Float "answer-float",
        Negative "answer-negative",
        Cut "answer-cut",
        Longer "answer-longer",
        Blank "answer-blank",
        Upper "answer-upper",
        Lower "answer-lower",
        Escaped "answer-escaped",
        Dashes "answer-dashes",
        Utc "answer-utc",
        LastMissing "answer-last-missing",
    }
}

named! {
    /// How the text of an answer is spoiled.
    Wording {
        Lower "lower",
        Upper "upper",
        DropStop "drop-stop",
        AddStop "add-stop",
        Leaf "leaf",
        DropField "drop-field",
    }
}

impl Damage {
    /// Spoils what stands at a path; whether it has changed anything.
    pub(super) fn apply(self, body: &mut Value, path: &str) -> bool {
        if self == Self::Drop {
            let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
            return edit(body, parent, &mut |value| value.as_object_mut().is_some_and(|o| o.remove(name).is_some()));
        }
        edit(body, path, &mut |value| match self.spoiled(value) {
            Some(spoiled) if spoiled != *value => {
                *value = spoiled;
                true
            }
            _ => false,
        })
    }

    fn spoiled(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::Null, _) => Some(Value::Null),
            (Self::Text, Value::Number(_) | Value::Bool(_)) => Some(json!(value.to_string())),
            (Self::Number, Value::String(text)) => text.parse::<u64>().ok().map(|n| json!(n)),
            // As a text that is written without its quotes: see `unquoted`.
            (Self::Float, Value::Number(number)) => Some(json!(format!("{FLOAT}{number}.0"))),
            (Self::Negative, Value::Number(_)) => Some(json!(-1)),
            (Self::LastMissing, Value::Array(list)) => list.split_last().map(|(_, rest)| json!(rest)),
            (_, Value::String(text)) => self.respelled(text).map(|text| json!(text)),
            _ => None,
        }
    }

    fn respelled(self, text: &str) -> Option<String> {
        match self {
            Self::Cut => text.char_indices().last().map(|(at, _)| text[..at].to_owned()),
            Self::Longer => Some(format!("{text}0")),
            Self::Blank => Some(format!("{text} ")),
            Self::Upper => Some(text.to_uppercase()),
            Self::Lower => Some(text.to_lowercase()),
            Self::Escaped => Some(
                text.bytes()
                    .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%25{b:02X}") })
                    .collect(),
            ),
            Self::Dashes if text.is_ascii() && text.len() >= 6 => {
                let year = if text.len() == 6 { 2 } else { 4 };
                Some(format!("{}-{}-{}", &text[..year], &text[year..year + 2], &text[year + 2..]))
            }
            Self::Utc => {
                let time = chrono::NaiveDateTime::parse_from_str(text.get(..14)?, "%Y%m%d%H%M%S").ok()?;
                let time = time - chrono::TimeDelta::hours(9);
                Some(format!("{}{}", time.format("%Y%m%d%H%M%S"), &text[14..]))
            }
            _ => None,
        }
    }
}

/// What marks a number that is written with a decimal point.
const FLOAT: &str = "float:";

/// Writes marked numbers as numbers: JSON values keep no decimal point of whole numbers of 19 digits.
pub(super) fn unquoted(text: String) -> String {
    let mark = format!("\"{FLOAT}");
    let Some((before, rest)) = text.split_once(&mark) else { return text };
    let (number, after) = rest.split_once('"').unwrap_or((rest, ""));
    unquoted(format!("{before}{number}{after}"))
}

impl Wording {
    /// The spoiled text.
    pub(super) fn apply(self, text: &str) -> String {
        match self {
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
            Self::DropStop => text.strip_suffix('.').unwrap_or(text).to_owned(),
            Self::AddStop => format!("{text}."),
            Self::Leaf | Self::DropField => match text.rsplit_once(' ') {
                Some((before, _)) if self == Self::DropField => before.to_owned(),
                Some((before, path)) => format!("{before} {}", path.rsplit('.').next().unwrap_or_default()),
                None => text.to_owned(),
            },
        }
    }
}

/// Changes each value at a path (`*`: all things of a list; an empty path: the value itself); whether any has changed.
pub(super) fn edit(value: &mut Value, path: &str, change: &mut dyn FnMut(&mut Value) -> bool) -> bool {
    if path.is_empty() {
        return change(value);
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match value {
        Value::Array(list) if first == "*" => {
            let mut changed = false;
            for item in list {
                changed |= edit(item, rest, change);
            }
            changed
        }
        Value::Object(object) => object.get_mut(first).is_some_and(|inner| edit(inner, rest, change)),
        _ => false,
    }
}

/// Whether an endpoint's answer may show a member.
pub(super) fn shown(endpoint: &str, path: &str) -> bool {
    let answer = ANSWERS.iter().find(|(id, ..)| *id == endpoint);
    answer.is_some_and(|(_, before, names)| {
        path == before.trim_end_matches(".*.")
            || path.strip_prefix(before).is_some_and(|name| names.split(' ').any(|own| own == name))
    })
}

/// The members of the answers: of which endpoint, what stands before their names, and the names.
const ANSWERS: &[(&str, &str, &str)] = &[
    ("terms-all", "termsList.*.", "tcId title url required order isAgree tcActionType viewPositionType agreeDate"),
    (
        "user-registration",
        "",
        "userId basicCardInfo.par basicCardInfo.cardNo basicCardInfo.serviceId basicCardInfo.expiryDate",
    ),
    (
        "user-info",
        "userInfo.",
        "aspId userId birthDate ci loginId nationality gender mobileNumber userName email joinChannel addressInfo",
    ),
    ("user-loginid-find", "", "loginId"),
    ("user-password-check", "", "userId"),
    ("user-deduction-info", "", "isAuthed"),
    ("account-ars-auth", "", "authNumber"),
    ("account-ars-register", "", "bankAccRegNo"),
    ("account-ars-register-inquiry", "", "status"),
    ("account-account-info", "", "isAutoRcgAccRegAllowed bankAccForAutoRcg"),
    (
        "account-registered-accounts",
        "",
        "userId accountInfo.accountId accountInfo.userName accountInfo.bankCode accountInfo.bankName accountInfo.accountNo",
    ),
    ("charge-one-time-token", "", "dcvv oneTimeToken expiryTime"),
    ("charge-charge", "", "nrNumber isPending"),
    ("charge-cancel", "", "isPending"),
    ("charge-result-inquiry", "", "result nrNumber"),
    (
        "charge-transaction-history",
        "transactionInfo.*.",
        "trType nrNumber trAmount authCancelType approvalDateTime orgAmount balanceBefore balanceAfter approvalCode",
    ),
    (
        "card-list",
        "cardDataInfo.*.",
        "par balance pendingAmount isNamed serviceId serviceName expiryDate mobileCardNo mobileCardStatus cardApplyNo",
    ),
    ("card-user-mapped-info", "", "userId balance serviceId serviceName cardStatus isAutoRechargeBeforePayment"),
    ("card-service-info-list", "serviceInfos.*.", "serviceId serviceName"),
    ("card-deduction-inquiry", "", "par deductionDate created"),
    ("card-unregistered-info", "", "serviceId serviceName balance"),
    ("card-virtual-account-inquiry", "", "accountNo bankCode connectType"),
    ("card-issue-delivery", "", "cardApplyNo mobileCardNo mobileCardCVC mobileCardPar"),
    ("card-reissue-delivery", "", "cardApplyNo mobileCardNo mobileCardCVC mobileCardPar"),
    ("card-expired-reissue", "", "cardApplyNo"),
    ("card-delivery-cancel", "", "mobileCardNo par"),
    ("card-delivery-inquiry", "", "status"),
    (
        "card-preissue-waiting-physical",
        "issuedCardList.*.",
        "cardApplyNo issueType status digital.cardNo digital.par digital.serviceId digital.mobileCardCVC",
    ),
    ("card-physical-register", "", "mobileCardNo par"),
];
