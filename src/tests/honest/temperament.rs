//! What the facts leave open, and how this server settles it. All switches off is the plainest legal server.

/// Declares the switches: a field, its name, and a set of which at most one is on (an empty set: free).
macro_rules! switches {
    ($($(#[$doc:meta])* $field:ident $name:literal $set:literal;)*) => {
        /// How the server settles what the facts leave open.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Temperament {
            $($(#[$doc])* pub(super) $field: bool,)*
        }

        impl Temperament {
            /// The names of all switches.
            pub(crate) const NAMES: &[&str] = &[$($name),*];
            const SETS: &[&str] = &[$($set),*];

            fn slot(&mut self, name: &str) -> Option<&mut bool> {
                match name {
                    $($name => Some(&mut self.$field),)*
                    _ => None,
                }
            }

            fn on(&self) -> Vec<&'static str> {
                [$(($name, self.$field)),*].into_iter().filter(|(_, on)| *on).map(|(name, _)| name).collect()
            }
        }
    };
}

switches! {
    /// Filters of a list change nothing. No page says what a filter that is not understood does (user/terms-all, card/card-list).
    filters_ignored "filters-ignored" "";
    /// Each new member has a bank account. Nothing says that an account can only come from the ARS registration.
    account_at_birth "account-at-birth" "";
    /// Each new member has a second card. The registration page speaks of the basic card only.
    second_card_at_birth "second-card-at-birth" "";
    /// Each new card holds 1,000 KRW. No page says that a card begins empty.
    welcome_balance "welcome-balance" "";
    /// Registration issues no card: `basicCardInfo` is optional (user-registration: "may issue").
    no_basic_card "no-basic-card" "";
    /// State is looked at before the form of the rest of a request. No page orders the codes.
    state_first "state-first" "";
    /// Names and addresses take letters, digits, Hangul and plain punctuation. No page names a charset.
    plain_charset "plain-charset" "charset";
    /// Names and addresses take Latin-1 and Hangul-free text only. No page names a charset.
    latin1_names "latin1-names" "charset";
    /// Members that no page knows are refused. No page says that they are ignored.
    unknown_fields_refused "unknown-fields-refused" "";
    /// Member ids begin at 1 (facts: Min 1).
    small_ids "small-ids" "ids";
    /// Member ids lie above 2^53, where a double loses digits. Pages differ on the greatest id (15, 18, 19 digits).
    big_ids "big-ids" "ids";
    /// Member ids have 19 digits and lie above 2^63 (facts: Max 9999999999999999999). Pages differ on the greatest id.
    ids_of_19_digits "ids-of-19-digits" "ids";
    /// Three wrong passwords block (user-password-check gap: number of attempts). Without these two: five.
    lockout_3 "lockout-3" "lockout";
    /// Ten wrong passwords block.
    lockout_10 "lockout-10" "lockout";
    /// The wrong password that blocks is itself answered with `001_069`. The page does not say from which on.
    lockout_at_once "lockout-at-once" "";
    /// A charge is pending until the second look at its result (charge-charge: `isPending` true).
    pending_2 "pending-2" "pending";
    /// A charge is pending until the third look.
    pending_3 "pending-3" "pending";
    /// Now and then 429 with Retry-After: 0, nothing done (environments gap: rate limits).
    busy_now "busy-now" "busy";
    /// Now and then 429 with Retry-After: 1.
    busy_second "busy-second" "busy";
    /// Now and then 429 with Retry-After as an HTTP date.
    busy_date "busy-date" "busy";
    /// The connection ends after some answers without an announcement (HTTP allows it; environments gap: timeouts).
    closes_unannounced "closes-unannounced" "close";
    /// Each answer says Connection: close.
    closes_announced "closes-announced" "close";
    /// A refusal of an encrypted request is encrypted (encryption gap: how an error is returned).
    errors_encrypted "errors-encrypted" "";
    /// A marked answer is encrypted though the request was plain but for its key id (clients.md: payment/no-hce).
    encrypted_unasked "encrypted-unasked" "";
    /// Answers above 512 bytes are compressed where the client takes gzip.
    gzip_large "gzip-large" "gzip";
    /// All answers are compressed where the client takes gzip.
    gzip_always "gzip-always" "gzip";
    /// All answers are compressed unless the client forbids it (RFC 9110: without Accept-Encoding any coding may be used).
    gzip_unasked "gzip-unasked" "gzip";
    /// An unknown route gets an HTML page (errors.json: clients guard against a body that is not JSON).
    html_404 "html-404" "404";
    /// An unknown route gets 404 without a body.
    empty_404 "empty-404" "404";
    /// Only the package of members, charges and prepaid cards is served (packages.json 33100401400650001).
    package_prepaid "package-prepaid" "package";
    /// Only the package of members and bank accounts is served (packages.json 33100401428380001).
    package_accounts "package-accounts" "package";
    /// Mock keys: only the prepared request of an endpoint succeeds (environments: `client_side_modes`).
    prepared_only "prepared-only" "package";
    /// Optional and undocumented answer fields are left out.
    sparse_answers "sparse-answers" "answers";
    /// Answers have members that no page lists (every page's list is cut or a fraction of what clients see).
    extra_members "extra-members" "answers";
    /// A bad token or header gets 401 without a body (`tran_token` gap: which error).
    gateway_empty "gateway-empty" "gateway";
    /// A bad token or header gets 401 and JSON of the gateway's own shape.
    gateway_json "gateway-json" "gateway";
    /// A bad token or header gets 400 in the usual envelope.
    gateway_envelope "gateway-envelope" "gateway";
    /// Header names in lower case (HTTP: names have no case).
    lower_case_headers "lower-case-headers" "spelling";
    /// Header names in odd case.
    odd_case_headers "odd-case-headers" "spelling";
    /// Content-Type says application/json without a charset.
    bare_content_type "bare-content-type" "";
    /// `loginId` and ci of a member who left stay taken (user-unregister gap: response).
    names_stay_taken "names-stay-taken" "";
    /// A member who left is told apart from a stranger where no code is documented.
    gone_otherwise "gone-otherwise" "";
    /// Leaving again is accepted quietly (user-unregister gap: codes).
    leaves_twice "leaves-twice" "";
    /// Refusals without a documented row carry 404, 409 or 422 and codes of their own.
    varied_status "varied-status" "";
    /// An empty optional text is refused. Without it, it counts as absent. No page says which.
    empty_refused "empty-refused" "";
    /// A `sequenceId` that was used before is taken ("must be unique" binds the caller; no code is documented).
    sequence_reusable "sequence-reusable" "";
    /// Deleting an account that is not there succeeds (account-delete gap: codes).
    quiet_account_delete "quiet-account-delete" "";
    /// A linked physical card is discarded along (card-terminate conflict a). Without it: `001_062` (b).
    physical_goes_along "physical-goes-along" "";
    /// A failed account registration is a status in a 200 (account-ars-register-inquiry conflict a). Without it: 400 (b).
    failures_as_status "failures-as-status" "";
    /// Cancellation takes a `sequenceId` of 1 to 30 (charge-cancel conflict b). Without it: 30 (a).
    cancel_sequence_any "cancel-sequence-any" "";
    /// ARS registration wants the name check and the ARS code first (pages: "first" and "second step").
    steps_in_order "steps-in-order" "";
    /// An account is registered at the first look.
    quick_account "quick-account" "";
    /// Terms of a member who is unknown are refused. Without it they are listed, not agreed. No code is documented.
    terms_know_members "terms-know-members" "";
    /// A member who is active is `001_087` for the activation. Without it: `001_006`. Both descriptions fit.
    active_not_dormant "active-not-dormant" "";
    /// Where a page lists no input codes, all bad input is `000_002`.
    one_input_code "one-input-code" "";
    /// Lengths count code points. Without it: UTF-16 units. No page names the unit.
    code_point_lengths "code-point-lengths" "";
    /// Answers come in chunks.
    chunked_answers "chunked-answers" "";
    /// Answers have a trace number of their own (headers.json: whether it must equal the request's is not stated).
    own_trace "own-trace" "";
    /// `loginId` and email must look like an email (user-info: `loginId` format email).
    strict_emails "strict-emails" "";
    /// Discouraged passwords are refused (user-registration: "discouraged", not stated as rejected).
    weak_passwords_refused "weak-passwords-refused" "";
    /// `loginId` has no case (user-info: "duplicates not allowed"; what equals what is not said).
    case_blind_login "case-blind-login" "";
    /// Times a day away from now are refused at the gateway (headers gap: accepted clock skew).
    clock_watched "clock-watched" "";
    /// A Content-Type other than JSON gets 415 (headers: Content-Type is in no table).
    media_type_checked "media-type-checked" "";
    /// A filter of card/list that fits nothing gives an empty list. Without it: a refusal. No code is documented.
    empty_card_list "empty-card-list" "";
    /// A product id that is unknown refuses the whole list (card-service-info-list gap: codes). Without it, it is left out.
    products_known "products-known" "";
    /// A plain body where the page marks the request as encrypted is refused (encryption gap). Needs keys.
    plain_refused "plain-refused" "";
    /// Some answers take 400 ms (environments gap: timeouts).
    slow_now_and_then "slow-now-and-then" "";
    /// Lists of cards begin with the newest (card-list: no order is stated).
    newest_card_first "newest-card-first" "";
    /// Names are kept without the blanks around them (no page promises an echo).
    names_trimmed "names-trimmed" "";
    /// The bank's account holder and the seeds have another name and birthday (the profile tells them).
    other_holder "other-holder" "";
    /// Only the accounts of the profile exist at the bank.
    known_accounts_only "known-accounts-only" "";
    /// The name check compares the member's own name, too (account-real-name-verify: summary).
    names_compared "names-compared" "";
    /// namedcard does without an account (account-balance-limit-individual: what "checking" means is not said).
    named_without_account "named-without-account" "";
    /// Registration refuses terms ids that do not exist (no code is documented).
    terms_ids_checked "terms-ids-checked" "";
    /// response.description carries Korean text (errors.json: mapping of message not proven).
    korean_descriptions "korean-descriptions" "";
    /// Success messages with and without a full stop change places (conflict between pages).
    full_stops_swapped "full-stops-swapped" "";
}

/// Switches that make most of the API unreachable, or that a client may call unfair: only ever on by name.
const ALONE: [&str; 4] = ["prepared-only", "package-prepaid", "package-accounts", "gzip-unasked"];

impl Temperament {
    /// The same with another switch on.
    pub(crate) fn with(mut self, name: &str) -> Option<Self> {
        *self.slot(name)? = true;
        Some(self)
    }

    /// A combination of compatible switches, the same for the same seed.
    pub(crate) fn draw(seed: u64) -> Self {
        let mut state = seed;
        let mut next = |below: usize| {
            // splitmix64
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            usize::try_from((z ^ (z >> 31)) >> 33).unwrap_or(0) % below
        };
        let mut drawn = Self::default();
        let mut sets: Vec<&str> = Vec::new();
        for _ in 0..4 + next(7) {
            let at = next(Self::NAMES.len());
            let (name, set) = (Self::NAMES[at], Self::SETS[at]);
            if ALONE.contains(&name) || !set.is_empty() && sets.contains(&set) {
                continue;
            }
            sets.push(set);
            if let Some(slot) = drawn.slot(name) {
                *slot = true;
            }
        }
        drawn
    }

    /// The switches that are on, for a failure's message.
    pub(crate) fn describe(&self) -> String {
        let on = self.on();
        if on.is_empty() { "plain".to_owned() } else { on.join(",") }
    }

    /// How many wrong passwords block a member.
    pub(super) fn lockout(&self) -> u32 {
        match (self.lockout_3, self.lockout_10) {
            (true, _) => 3,
            (_, true) => 10,
            _ => 5,
        }
    }

    /// The holder of the bank's accounts, and the day of birth.
    pub(super) fn holder(&self) -> (&'static str, &'static str) {
        if self.other_holder { ("Hong Gildong", "19751112") } else { (super::seeds::HOLDER, super::seeds::BIRTH) }
    }

    /// At which look at its result a charge is done; 0: at once.
    pub(super) fn looks(&self) -> u32 {
        match (self.pending_2, self.pending_3) {
            (true, _) => 2,
            (_, true) => 3,
            _ => 0,
        }
    }
}
