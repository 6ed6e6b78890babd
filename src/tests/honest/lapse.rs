//! The defects of state, of owners and of lists, each of its own kind: where the state is changed or shown, it is asked for by name.

use super::endpoint::Call;
use super::world::World;

/// Declares an enumeration whose variants have names.
macro_rules! named {
    ($(#[$doc:meta])* $kind:ident { $($variant:ident $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum $kind {
            $($variant,)*
        }

        impl $kind {
            /// The variant with this name.
            pub(super) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}
pub(super) use named;

named! {
    /// A defect that only one place has.
    Lapse {
        TermsAgreedByNobody "terms-agreed-by-nobody",
        TermsRefusedKept "terms-refused-kept",
        TermsWithdrawalLost "terms-withdrawal-lost",
        CheckNeverTaken "check-never-taken",
        CheckOwnTaken "check-own-taken",
        RegistrationRefusedKept "registration-refused-kept",
        RegistrationNameEscaped "registration-name-escaped",
        RegistrationLoginLowered "registration-login-lowered",
        RegistrationCardShared "registration-card-shared",
        InfoShowsLeft "info-shows-left",
        InfoOfAnother "info-of-another",
        InfoMobileMasked "info-mobile-masked",
        FindFirstEight "find-first-eight",
        FindShowsLeft "find-shows-left",
        ResetNotInForce "reset-not-in-force",
        ResetRefusedKept "reset-refused-kept",
        ResetKeepsAttempts "reset-keeps-attempts",
        PasswordFirstFour "password-first-four",
        AttemptsNotCounted "attempts-not-counted",
        AttemptsNeverForgotten "attempts-never-forgotten",
        DormancyNameUnchecked "dormancy-name-unchecked",
        DormancyNotStored "dormancy-not-stored",
        UnregisterWithBalance "unregister-with-balance",
        UnregisterWithSuspended "unregister-with-suspended",
        UnregisterNotStored "unregister-not-stored",
        UnregisterKeepsLogin "unregister-keeps-login",
        UnregisterRefusedKept "unregister-refused-kept",
        VerifyAnyName "verify-any-name",
        RegisterNotStored "register-not-stored",
        AccountOfAnother "account-of-another",
        AutomaticNotStored "automatic-not-stored",
        AccountsOfAnother "accounts-of-another",
        AccountsAfterDelete "accounts-after-delete",
        DeleteNotStored "delete-not-stored",
        LimitNotRaised "limit-not-raised",
        LimitOfAnyCard "limit-of-any-card",
        TokenForSuspended "token-for-suspended",
        TokenForTerminated "token-for-terminated",
        TokenSeconds "token-seconds",
        TokenTwiceTheSame "token-twice-the-same",
        ChargeBookedTwice "charge-booked-twice",
        ChargeNotBooked "charge-not-booked",
        ChargeRefusedBooked "charge-refused-booked",
        SequenceNotUnique "sequence-not-unique",
        ChargeTokenReusable "charge-token-reusable",
        ChargeDcvvUnchecked "charge-dcvv-unchecked",
        CancelTwice "cancel-twice",
        CancelNotBooked "cancel-not-booked",
        CancelOfAnother "cancel-of-another",
        ResultAlwaysPending "result-always-pending",
        ResultOfUnknown "result-of-unknown",
        PageRepeated "page-repeated",
        HistoryTotalWrong "history-total-wrong",
        HistoryDatesIgnored "history-dates-ignored",
        HistoryOfAnother "history-of-another",
        HistoryBalanceWrong "history-balance-wrong",
        ListShowsTerminated "list-shows-terminated",
        ListBalanceStale "list-balance-stale",
        ListOfAny "list-of-any",
        MappedToAnother "mapped-to-another",
        MappedTerminated "mapped-terminated",
        StatusNotStored "status-not-stored",
        StatusResumeLost "status-resume-lost",
        StatusOfAnother "status-of-another",
        TerminateNotStored "terminate-not-stored",
        TerminateRefusedKept "terminate-refused-kept",
        LooseCvcUnchecked "loose-cvc-unchecked",
        LooseShowsRegistered "loose-shows-registered",
        CorporationNotRaised "corporation-not-raised",
        IssueAnyProduct "issue-any-product",
        IssueNotListed "issue-not-listed",
        ReissueActive "reissue-active",
        CancelKeepsCard "cancel-keeps-card",
        CancelApplicationOfAnother "cancel-application-of-another",
        DeliveryNeverCancelled "delivery-never-cancelled",
        DeliveryOfAnother "delivery-of-another",
        WaitingShowsCancelled "waiting-shows-cancelled",
        WaitingShowsRegistered "waiting-shows-registered",
        WaitingOfAnother "waiting-of-another",
        PhysicalCvcUnchecked "physical-cvc-unchecked",
        PhysicalRegisteredTwice "physical-registered-twice",
        PhysicalNotStored "physical-not-stored",
    }
}

impl World {
    /// Whether a lapse happens; see [`Faults::lapse`].
    pub(super) fn has(&self, lapse: Lapse) -> bool {
        self.faults.lapse(lapse)
    }

    /// Whether a row of a call's page is left out; see [`Faults::skips`].
    pub(super) fn skips(&self, call: &Call, code: &str) -> bool {
        self.faults.skips(call.endpoint.id, code)
    }

    /// The member before another one, if there is one.
    pub(super) fn neighbour(&self, id: u64) -> Option<u64> {
        self.members.range(..id).next_back().map(|(id, _)| *id)
    }
}
