//! What the server remembers: members, accounts, cards, applications, charges.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, FixedOffset, NaiveDate};

use super::endpoint::{Refusal, gap};
use super::fault::Faults;
use super::temperament::Temperament;

/// The balance limit of a card that has no real name, and of one that has (account-balance-limit-individual).
pub(super) const UNNAMED: u64 = 500_000;
pub(super) const NAMED: u64 = 2_000_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    Active,
    Dormant,
    Left,
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) id: u64,
    pub(super) login_id: String,
    pub(super) password: String,
    pub(super) ci: String,
    pub(super) name: Option<String>,
    pub(super) birth: String,
    pub(super) gender: String,
    pub(super) nationality: String,
    pub(super) mobile: Option<String>,
    pub(super) email: String,
    pub(super) channel: Option<String>,
    pub(super) address: Option<serde_json::Value>,
    pub(super) standing: Standing,
    pub(super) blocked: bool,
    pub(super) wrong: u32,
    /// Terms id and time of agreement.
    pub(super) agreed: BTreeMap<u64, String>,
    pub(super) account: Option<Account>,
    /// How far an account registration has come: 1 name checked, 2 code made.
    pub(super) step: u32,
    /// PARs, in order of issue.
    pub(super) cards: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) number: String,
    pub(super) bank_code: String,
    pub(super) bank_name: String,
    pub(super) holder: String,
    pub(super) funds: u64,
    pub(super) valid: bool,
    pub(super) auto: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Basic,
    Sub,
    Issued,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CardState {
    Active,
    Suspended,
    Terminated,
}

#[derive(Clone, Debug)]
pub(super) struct Card {
    pub(super) par: String,
    pub(super) number: String,
    pub(super) cvc: String,
    pub(super) expiry: NaiveDate,
    pub(super) service: String,
    pub(super) owner: u64,
    pub(super) role: Role,
    pub(super) state: CardState,
    pub(super) balance: u64,
    pub(super) limit: u64,
    pub(super) points: u64,
    pub(super) named: bool,
    pub(super) reissued: bool,
    pub(super) used: bool,
    pub(super) physical: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Physical {
    pub(super) number: String,
    /// YYMM
    pub(super) expiry: String,
    pub(super) cvc: String,
    pub(super) registered: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Product {
    /// Normal products have no mobile card before their physical one.
    pub(super) normal: bool,
    pub(super) reissuable: bool,
    pub(super) fee: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    Ready,
    Issued,
    Registered,
    Cancelled,
}

#[derive(Clone, Debug)]
pub(super) struct Application {
    pub(super) no: String,
    pub(super) member: u64,
    pub(super) card: Option<String>,
    pub(super) service: String,
    /// The PAR of the card that is replaced.
    pub(super) old: Option<String>,
    pub(super) stage: Stage,
    pub(super) created: NaiveDate,
    pub(super) delivery: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Registration {
    pub(super) member: u64,
    pub(super) account: Option<Account>,
    pub(super) looks: u32,
    pub(super) status: &'static str,
    pub(super) failure: Option<(&'static str, &'static str)>,
    pub(super) made: Instant,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) dcvv: String,
    pub(super) par: String,
    pub(super) until: Instant,
}

#[derive(Clone, Debug)]
pub(super) struct Charge {
    pub(super) member: u64,
    pub(super) par: String,
    pub(super) amount: u64,
    pub(super) by_account: bool,
    pub(super) done: bool,
    pub(super) cancelled: bool,
}

/// A charge or a cancellation under its control number.
#[derive(Clone, Debug)]
pub(super) struct Movement {
    pub(super) nr: String,
    pub(super) cancel: bool,
    pub(super) looks: u32,
    pub(super) done: bool,
}

/// A line of a card's history.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) nr: String,
    pub(super) cancel: bool,
    pub(super) amount: u64,
    pub(super) before: u64,
    pub(super) after: u64,
    pub(super) when: DateTime<FixedOffset>,
}

/// All that the server remembers.
pub(super) struct World {
    pub(super) asp: String,
    pub(super) temper: Arc<Temperament>,
    pub(super) faults: Arc<Faults>,
    pub(super) members: BTreeMap<u64, Member>,
    pub(super) logins: HashMap<String, u64>,
    pub(super) cis: HashMap<String, u64>,
    pub(super) cards: BTreeMap<String, Card>,
    /// Mobile and physical numbers, each with the PAR of its card.
    pub(super) numbers: HashMap<String, String>,
    pub(super) physicals: HashMap<String, Physical>,
    pub(super) products: HashMap<String, Product>,
    pub(super) applications: BTreeMap<String, Application>,
    pub(super) registrations: HashMap<String, Registration>,
    pub(super) tokens: HashMap<String, Token>,
    pub(super) charges: HashMap<String, Charge>,
    pub(super) movements: HashMap<String, Movement>,
    pub(super) history: HashMap<String, Vec<Entry>>,
    pub(super) conjured: BTreeSet<(u8, u32)>,
    count: u64,
}

impl World {
    /// An empty world with the two products that cards are issued for.
    pub(super) fn new(asp: &str, temper: &Arc<Temperament>, faults: &Arc<Faults>) -> Self {
        let product = |normal| Product { normal, reissuable: true, fee: 0 };
        Self {
            asp: asp.to_owned(),
            temper: Arc::clone(temper),
            faults: Arc::clone(faults),
            members: BTreeMap::new(),
            logins: HashMap::new(),
            cis: HashMap::new(),
            cards: BTreeMap::new(),
            numbers: HashMap::new(),
            physicals: HashMap::new(),
            products: HashMap::from([
                (BASIC_PRODUCT.to_owned(), product(false)),
                (SECOND_PRODUCT.to_owned(), product(false)),
            ]),
            applications: BTreeMap::new(),
            registrations: HashMap::new(),
            tokens: HashMap::new(),
            charges: HashMap::new(),
            movements: HashMap::new(),
            history: HashMap::new(),
            conjured: BTreeSet::new(),
            count: 0,
        }
    }

    /// A number that was not given before.
    pub(super) fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// A refusal that no page shows.
    pub(super) fn gap(&self, status: u16, code: &str, text: &str) -> Refusal {
        gap(&self.temper, status, code, text)
    }

    /// The id of the next member.
    pub(super) fn next_member(&mut self) -> u64 {
        let base = match (self.temper.small_ids, self.temper.big_ids, self.temper.ids_of_19_digits) {
            (true, ..) => 0,
            (_, true, _) => 9_007_199_254_740_992,
            (.., true) => 9_400_000_000_000_000_000,
            _ => 20_000_000_000,
        };
        base + self.next()
    }

    /// How a loginId is kept.
    pub(super) fn login(&self, login_id: &str) -> String {
        if self.temper.case_blind_login { login_id.to_lowercase() } else { login_id.to_owned() }
    }

    /// A member who has not left; seeds are made as they are named.
    pub(super) fn member(&mut self, id: u64) -> Option<&mut Member> {
        self.conjure(&id.to_string());
        self.members.get_mut(&id).filter(|m| m.standing != Standing::Left)
    }

    /// The member with a loginId.
    pub(super) fn by_login(&mut self, login_id: &str) -> Option<&mut Member> {
        self.conjure(login_id);
        let id = *self.logins.get(&self.login(login_id))?;
        self.member(id)
    }

    /// The member with a CI.
    pub(super) fn by_ci(&mut self, ci: &str) -> Option<&mut Member> {
        self.conjure(ci);
        let id = *self.cis.get(ci)?;
        self.member(id)
    }

    /// A card by its PAR.
    pub(super) fn card(&mut self, par: &str) -> Option<&mut Card> {
        self.conjure(par);
        self.cards.get_mut(par)
    }

    /// A card by a mobile or a registered physical number.
    pub(super) fn by_number(&mut self, number: &str) -> Option<&mut Card> {
        self.conjure(number);
        let par = self.numbers.get(number)?;
        self.cards.get_mut(par)
    }

    /// A card by a number or a PAR.
    pub(super) fn by_any(&mut self, name: &str) -> Option<&mut Card> {
        if self.by_number(name).is_some() { self.by_number(name) } else { self.card(name) }
    }

    pub(super) fn product(&mut self, service: &str) -> Option<&Product> {
        self.conjure(service);
        self.products.get(service)
    }

    pub(super) fn application(&mut self, no: &str) -> Option<&mut Application> {
        self.conjure(no);
        self.applications.get_mut(no)
    }

    /// Gives a member a new mobile card and answers its PAR.
    pub(super) fn issue(&mut self, member: u64, service: &str, role: Role) -> String {
        let number = self.next();
        let balance = if self.temper.welcome_balance { 1_000 } else { 0 };
        let card = Card {
            par: format!("Q7{number:025}"),
            number: format!("99991{number:011}"),
            cvc: format!("{:03}", number * 37 % 1000),
            expiry: today() + chrono::Days::new(5 * 365),
            service: service.to_owned(),
            owner: member,
            role,
            state: CardState::Active,
            balance,
            limit: UNNAMED,
            points: 0,
            named: false,
            reissued: false,
            used: false,
            physical: None,
        };
        let par = card.par.clone();
        self.keep(card);
        par
    }

    /// Puts a card into the world and its owner's list.
    pub(super) fn keep(&mut self, card: Card) {
        self.numbers.insert(card.number.clone(), card.par.clone());
        if let Some(member) = self.members.get_mut(&card.owner) {
            member.cards.push(card.par.clone());
        }
        self.cards.insert(card.par.clone(), card);
    }

    /// The cards of a member that are not discarded.
    pub(super) fn cards_of(&self, member: u64) -> Vec<&Card> {
        let pars = self.members.get(&member).map(|m| m.cards.as_slice()).unwrap_or_default();
        pars.iter().filter_map(|p| self.cards.get(p)).filter(|c| c.state != CardState::Terminated).collect()
    }

    /// An account with money enough.
    pub(super) fn account(&mut self, holder: &str) -> Account {
        let number = self.next();
        Account {
            id: format!("{:05}", number % 100_000),
            number: format!("8801{number:09}"),
            bank_code: "099".to_owned(),
            bank_name: "Honest Bank".to_owned(),
            holder: holder.to_owned(),
            funds: 99_999_999_999,
            valid: true,
            auto: false,
        }
    }

    /// Forgets tokens that nobody can use any more.
    pub(super) fn sweep(&mut self) {
        if self.tokens.len() > 1000 {
            let now = Instant::now();
            self.tokens.retain(|_, t| t.until + Duration::from_mins(1) > now);
        }
    }
}

/// The product of basic cards, and another one.
pub(super) const BASIC_PRODUCT: &str = "999930000000001";
pub(super) const SECOND_PRODUCT: &str = "999930000000002";

/// Now, in Korea.
pub(super) fn now() -> DateTime<FixedOffset> {
    let korea = FixedOffset::east_opt(9 * 3600).unwrap_or_else(|| chrono::Offset::fix(&chrono::Utc));
    chrono::Utc::now().with_timezone(&korea)
}

/// Today, in Korea.
pub(super) fn today() -> NaiveDate {
    now().date_naive()
}
