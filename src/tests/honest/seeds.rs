//! What only an operator or time brings about is made the moment somebody names it. Each kind has a number and each
//! of its things a serial of nine digits; all things of one kind and serial belong together.

use std::time::Instant;

use super::world::{
    Account, Application, Card, CardState, Charge, Entry, Member, NAMED, Physical, Product, Registration, Role, Stage,
    Standing, World, now, today,
};

/// The forms of names: what stands before the kind, and after the serial.
pub(super) const USER: (&str, &str) = ("31", "");
pub(super) const LOGIN: (&str, &str) = ("seed", "@honest.test");
pub(super) const CI: (&str, &str) =
    ("HONESTCI", "000000000000000000000000000000000000000000000000000000000000000000000");
pub(super) const PAR: (&str, &str) = ("HPAR", "HHHHHHHHHHHH");
pub(super) const CARD: (&str, &str) = ("99993", "");
pub(super) const PHYSICAL: (&str, &str) = ("99994", "");
pub(super) const PRODUCT: (&str, &str) = ("9999", "");
pub(super) const REGISTRATION: (&str, &str) = ("HREG", "HHHHHHH");
pub(super) const APPLICATION: (&str, &str) = ("HAPPL", "HHHHHH");
pub(super) const CHARGE: (&str, &str) = ("KMN3100", "");

/// The kinds of seeds.
pub(super) const DORMANT: u8 = 11;
pub(super) const BLOCKED_DORMANT: u8 = 12;
pub(super) const BLOCKED: u8 = 13;
pub(super) const NO_CALL: u8 = 14;
pub(super) const LIFETIME: u8 = 15;
pub(super) const RESTRICTED: u8 = 16;
pub(super) const LOW_LIMIT: u8 = 17;
pub(super) const LOW_FUNDS: u8 = 18;
pub(super) const BY_CREDIT_CARD: u8 = 19;
pub(super) const BY_ANOTHER: u8 = 20;
pub(super) const NORMAL: u8 = 21;
pub(super) const YESTERDAY: u8 = 22;
pub(super) const CANCELLED: u8 = 23;
pub(super) const SUB: u8 = 24;
pub(super) const POINTS: u8 = 25;
pub(super) const REISSUED: u8 = 26;
pub(super) const BAD_ACCOUNT: u8 = 27;
pub(super) const EXPIRING: u8 = 51;
pub(super) const EXPIRING_REISSUED: u8 = 52;
pub(super) const EXPIRING_NOBODY: u8 = 53;
pub(super) const EXPIRING_FOR_GOOD: u8 = 54;
pub(super) const EXPIRING_POOR: u8 = 55;
pub(super) const LOOSE: u8 = 56;

/// The holder of the accounts and most seeds: the name that the profile tells.
pub(super) const HOLDER: &str = "Konform Test";
pub(super) const PASSWORD: &str = "380519";
pub(super) const BIRTH: &str = "19900115";
pub(super) const PHYSICAL_EXPIRY: &str = "3106";
pub(super) const PHYSICAL_CVC: &str = "727";

/// A name of a form: `#` for each digit of the serial, or a serial.
pub(super) fn name((before, after): (&str, &str), kind: u8, serial: Option<u32>) -> String {
    let serial = serial.map_or_else(|| "#########".to_owned(), |s| format!("{s:09}"));
    format!("{before}{kind:02}{serial}{after}")
}

fn parse(text: &str, (before, after): (&str, &str)) -> Option<(u8, u32)> {
    let middle = text.strip_prefix(before)?.strip_suffix(after)?;
    if middle.len() != 11 || !middle.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((middle[..2].parse().ok()?, middle[2..].parse().ok()?))
}

impl World {
    /// Makes the seed whose name this is, if it is one and not there yet.
    pub(super) fn conjure(&mut self, text: &str) {
        let forms = [USER, LOGIN, CI, PAR, CARD, PHYSICAL, PRODUCT, REGISTRATION, APPLICATION, CHARGE];
        let Some((kind, serial)) = forms.into_iter().find_map(|form| parse(text, form)) else { return };
        let known = (DORMANT..=BAD_ACCOUNT).contains(&kind) || (EXPIRING..=LOOSE).contains(&kind);
        if !known || !self.conjured.insert((kind, serial)) {
            return;
        }
        let made = |form| name(form, kind, Some(serial));
        match kind {
            DORMANT | BLOCKED_DORMANT | BLOCKED => {
                let member = self.seed_member(kind, serial);
                member.blocked = kind != DORMANT;
                member.standing = if kind == BLOCKED { Standing::Active } else { Standing::Dormant };
            }
            NO_CALL | LIFETIME | RESTRICTED => {
                let (status, failure) = match kind {
                    NO_CALL => ("ARS_AUTH_FAILED", ("002_014", "Bank account register failed due to ARS auth failed.")),
                    LIFETIME => {
                        ("BANK_ACC_REG_FAILED", ("002_015", "Bank account register failed due to lifetime account."))
                    }
                    _ => ("BANK_ACC_REG_FAILED", ("002_016", "Invalid account.")),
                };
                let registration = Registration {
                    member: 0,
                    account: None,
                    looks: 0,
                    status,
                    failure: Some(failure),
                    made: Instant::now(),
                };
                self.registrations.insert(made(REGISTRATION), registration);
            }
            NORMAL => self.seed_product(kind, serial, |p| p.normal = true),
            LOOSE => self.seed_physical(kind, serial),
            _ => self.seed_card(kind, serial),
        }
    }

    fn seed_member(&mut self, kind: u8, serial: u32) -> &mut Member {
        let made = |form| name(form, kind, Some(serial));
        let id = made(USER).parse().unwrap_or(0);
        let (holder, birth) = self.temper.holder();
        let member = Member {
            id,
            login_id: made(LOGIN),
            password: PASSWORD.to_owned(),
            ci: made(CI),
            name: Some(holder.to_owned()),
            birth: birth.to_owned(),
            gender: "Male".to_owned(),
            nationality: "Korean".to_owned(),
            mobile: Some("01000000000".to_owned()),
            email: "seed@honest.test".to_owned(),
            channel: Some("OPENAPI".to_owned()),
            address: None,
            standing: Standing::Active,
            blocked: false,
            wrong: 0,
            agreed: super::terms::mandatory().map(|id| (id, now().format("%Y%m%d%H%M%S%3f").to_string())).collect(),
            account: None,
            step: 0,
            cards: Vec::new(),
        };
        self.logins.insert(self.login(&member.login_id), id);
        self.cis.insert(member.ci.clone(), id);
        self.members.entry(id).or_insert(member)
    }

    fn seed_product(&mut self, kind: u8, serial: u32, change: impl FnOnce(&mut Product)) {
        let mut product = Product { normal: false, reissuable: true, fee: 0 };
        change(&mut product);
        self.products.insert(name(PRODUCT, kind, Some(serial)), product);
    }

    fn seed_physical(&mut self, kind: u8, serial: u32) {
        let number = name(PHYSICAL, kind, Some(serial));
        let physical = Physical {
            number: number.clone(),
            expiry: PHYSICAL_EXPIRY.to_owned(),
            cvc: PHYSICAL_CVC.to_owned(),
            registered: false,
        };
        self.physicals.insert(number, physical);
    }

    /// A member with a card, and what else the kind has.
    fn seed_card(&mut self, kind: u8, serial: u32) {
        let made = |form| name(form, kind, Some(serial));
        let member = self.seed_member(kind, serial).id;
        let expiring = (EXPIRING..=EXPIRING_POOR).contains(&kind) || kind == REISSUED;
        self.seed_product(kind, serial, |p| {
            p.reissuable = kind != EXPIRING_FOR_GOOD;
            p.fee = if kind == EXPIRING_POOR { 5_000 } else { 0 };
        });
        let charged = matches!(kind, BY_CREDIT_CARD | BY_ANOTHER);
        let card = Card {
            par: made(PAR),
            number: made(CARD),
            cvc: "416".to_owned(),
            expiry: today() + chrono::Days::new(if expiring { 10 } else { 4 * 365 }),
            service: made(PRODUCT),
            owner: member,
            role: if kind == SUB { Role::Sub } else { Role::Issued },
            state: if matches!(kind, REISSUED | BAD_ACCOUNT) { CardState::Suspended } else { CardState::Active },
            balance: if charged { 1_000 } else { 0 },
            limit: match kind {
                LOW_LIMIT => 500_000,
                LOW_FUNDS => 99_999_999_999,
                _ => NAMED,
            },
            points: if kind == POINTS { 100 } else { 0 },
            named: false,
            reissued: matches!(kind, REISSUED | EXPIRING_REISSUED),
            used: charged,
            physical: None,
        };
        self.keep(card);
        let has_account = expiring || matches!(kind, LOW_LIMIT | LOW_FUNDS | BY_CREDIT_CARD | BY_ANOTHER | BAD_ACCOUNT);
        if has_account {
            let holder = if kind == BY_ANOTHER { "Somebody Else" } else { self.temper.holder().0 };
            let funds = match kind {
                LOW_LIMIT => 99_999_999_999,
                EXPIRING_POOR => 100,
                _ => 1_000,
            };
            let account = Account { funds, valid: kind != BAD_ACCOUNT, ..self.account(holder) };
            if let Some(member) = self.members.get_mut(&member) {
                member.account = Some(account);
            }
        }
        if kind == EXPIRING_NOBODY {
            if let Some(member) = self.members.get_mut(&member) {
                member.name = None;
            }
        }
        if charged {
            let charge = Charge {
                member,
                par: made(PAR),
                amount: 1_000,
                by_account: kind == BY_ANOTHER,
                done: true,
                cancelled: false,
            };
            let entry = Entry { nr: made(CHARGE), cancel: false, amount: 1_000, before: 0, after: 1_000, when: now() };
            self.charges.insert(made(CHARGE), charge);
            self.history.entry(made(PAR)).or_default().push(entry);
        }
        if matches!(kind, YESTERDAY | CANCELLED) {
            let late = kind == YESTERDAY;
            let application = Application {
                no: made(APPLICATION),
                member,
                card: Some(made(PAR)),
                service: made(PRODUCT),
                old: None,
                stage: if late { Stage::Ready } else { Stage::Cancelled },
                created: today() - chrono::Days::new(u64::from(late)),
                delivery: true,
            };
            self.applications.insert(made(APPLICATION), application);
        }
        if kind == CANCELLED {
            self.seed_physical(kind, serial);
        }
    }
}
