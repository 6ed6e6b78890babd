//! The library: its seven calls as `specs/examples/library` describes them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::http::{Answer, Call, civil, decoded, now};
use super::{Application, Oddities, refusal};

struct Book {
    title: String,
    subtitle: Option<String>,
    pages: u64,
    state: &'static str,
}

struct Loan {
    isbn: String,
    returned: bool,
}

#[derive(Default)]
struct Stock {
    books: BTreeMap<String, Book>,
    loans: BTreeMap<u64, Loan>,
}

/// The library's state.
pub(crate) struct Library {
    stock: Mutex<Stock>,
}

impl Library {
    /// A library with so many books that nobody has asked for.
    pub(crate) fn of_books(count: usize) -> Self {
        let book = |n: usize| Book {
            title: format!("Catalogue of {}, volume {n}", 1900 + n % 100),
            subtitle: (n.is_multiple_of(3)).then(|| "with plates".to_owned()),
            pages: 1 + n as u64,
            state: if n.is_multiple_of(7) { "LENT" } else { "ON_SHELF" },
        };
        let books = (0..count).map(|n| (format!("97700000{n:05}"), book(n))).collect();
        Self { stock: Mutex::new(Stock { books, loans: BTreeMap::new() }) }
    }
}

/// A refusal, and why.
type Checked<T> = Result<T, Answer>;

impl Application for Library {
    fn answer(&self, call: &Call, path: &[&str], odd: &Oddities) -> Answer {
        let answered = match (path, call.method.as_str()) {
            (["books"], "GET") => self.list(call, odd),
            (["books", isbn], "PUT") => self.add(call, &decoded(isbn), odd),
            (["books", isbn], "GET") => self.get(&decoded(isbn)),
            (["books", isbn], "DELETE") => self.withdraw(&decoded(isbn), odd),
            (["loans"], "POST") if !odd.has("serves-books-alone") => self.lend(call, odd),
            (["loans", id], "GET") if !odd.has("serves-books-alone") => self.loan(&decoded(id), odd),
            (["loans", id], "DELETE") if !odd.has("serves-books-alone") => self.give_back(&decoded(id)),
            (["books"], _) => Err(not_allowed(call, "GET", odd)),
            (["books", _], _) => Err(not_allowed(call, "GET, PUT, DELETE", odd)),
            (["loans"], _) if !odd.has("serves-books-alone") => Err(not_allowed(call, "POST", odd)),
            (["loans", _], _) if !odd.has("serves-books-alone") => Err(not_allowed(call, "GET, DELETE", odd)),
            _ => Err(refusal(404, "not-found", "there is nothing at this address").bare()),
        };
        answered.unwrap_or_else(|refused| refused)
    }
}

/// What another method than the page's gets.
pub(crate) fn not_allowed(call: &Call, allowed: &str, odd: &Oddities) -> Answer {
    match call.method.as_str() {
        "OPTIONS" if odd.has("answers-head-and-options") => Answer::empty(204).header("Allow", allowed),
        "HEAD" if odd.has("answers-head-and-options") => Answer::text(200, "as to GET"),
        _ => refusal(405, "method", "the method is not allowed here").header("Allow", allowed).bare(),
    }
}

impl Library {
    fn stock(&self) -> std::sync::MutexGuard<'_, Stock> {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, call: &Call, isbn: &str, odd: &Oddities) -> Checked<Answer> {
        let taken = |stock: &Stock| match stock.books.get(isbn) {
            Some(book) if book.state == "WITHDRAWN" && odd.has("a-withdrawn-number-is-free-again") => Ok(()),
            Some(_) if odd.has("guilty-of-a-wrong-code") => {
                Err(refusal(409, "taken", "there is a book with this number"))
            }
            Some(_) => Err(refusal(409, "exists", "there is a book with this number")),
            None => Ok(()),
        };
        if odd.has("state-before-input") {
            taken(&self.stock())?;
        }
        number_of_book(isbn)?;
        let body = parsed(call)?;
        let first_of = |checks: [Checked<()>; 2]| checks.into_iter().collect::<Checked<()>>();
        let title = text(&body, "title", if odd.has("guilty-of-long-titles") { 9999 } else { 200 }, odd);
        let authors = authors(&body, odd);
        let (title, ()) = if odd.has("last-field-first") {
            let pages = pages(&body, "pages", 9999).map(drop);
            first_of([pages, authors])?;
            (title?, ())
        } else {
            (title?, authors?)
        };
        let subtitle = match body.get("subtitle") {
            None | Some(Value::Null) => None,
            Some(_) => Some(text(&body, "subtitle", 200, odd)?),
        };
        let pages = pages(&body, "pages", 9999)?;
        let known = ["title", "subtitle", "authors", "pages"];
        if odd.has("refuses-members-it-does-not-know") && body.keys().any(|k| !known.contains(&k.as_str())) {
            return Err(refusal(400, "unknown-member", "the body has a member that no page names"));
        }
        let mut stock = self.stock();
        taken(&stock)?;
        let answer = Answer::json(201, &json!({"isbn": isbn, "title": title}));
        stock.books.insert(isbn.to_owned(), Book { title, subtitle, pages, state: "ON_SHELF" });
        Ok(answer)
    }

    fn get(&self, isbn: &str) -> Checked<Answer> {
        number_of_book(isbn)?;
        let stock = self.stock();
        let book = stock.books.get(isbn).filter(|b| b.state != "WITHDRAWN").ok_or_else(no_such_book)?;
        let Book { title, subtitle, pages, state } = book;
        Ok(Answer::json(
            200,
            &json!({"isbn": isbn, "title": title, "subtitle": subtitle, "pages": pages, "state": state}),
        ))
    }

    fn list(&self, call: &Call, odd: &Oddities) -> Checked<Answer> {
        let number = |name: &str, most: usize, default: usize| match call.query(name) {
            None => Ok(default),
            Some(text) => match text.parse() {
                Ok(n) if (1..=most).contains(&n) && text.bytes().all(|b| b.is_ascii_digit()) => Ok(n),
                _ => Err(refusal(422, "value", &format!("{name} must be 1 to {most}"))),
            },
        };
        let (page, size) =
            (number("page", 1000, 1)?, number("size", 100, if odd.has("short-pages") { 1 } else { 20 })?);
        let stock = self.stock();
        let mut items: Vec<Value> = Vec::new();
        for (isbn, book) in stock.books.iter().filter(|(_, b)| b.state != "WITHDRAWN") {
            let mut item = Map::from_iter([("isbn".to_owned(), json!(isbn)), ("title".to_owned(), json!(book.title))]);
            if book.subtitle.is_some() || odd.has("null-where-nothing-is") {
                item.insert("subtitle".to_owned(), json!(book.subtitle));
            }
            items.push(item.into());
        }
        if odd.has("lists-by-title") {
            items.sort_by_key(|i| std::cmp::Reverse(i["title"].to_string()));
        }
        let items: Vec<Value> = items.into_iter().skip((page - 1) * size).take(size).collect();
        Ok(Answer::json(200, &json!({"items": items})))
    }

    fn withdraw(&self, isbn: &str, odd: &Oddities) -> Checked<Answer> {
        number_of_book(isbn)?;
        let mut stock = self.stock();
        let book = stock.books.get_mut(isbn).filter(|b| b.state != "WITHDRAWN").ok_or_else(no_such_book)?;
        if book.state == "LENT" {
            return Err(refusal(409, "lent", "the book is lent"));
        }
        if !odd.has("guilty-of-forgetting-withdrawals") {
            book.state = "WITHDRAWN";
        }
        Ok(Answer::empty(204))
    }

    fn lend(&self, call: &Call, odd: &Oddities) -> Checked<Answer> {
        let body = parsed(call)?;
        let days = || pages(&body, "days", 28);
        if !odd.has("state-before-input") {
            days()?;
        }
        let isbn = text(&body, "isbn", 13, odd)?;
        number_of_book(&isbn)?;
        let mut stock = self.stock();
        let stock = &mut *stock;
        let book = stock.books.get_mut(&isbn).filter(|b| b.state != "WITHDRAWN").ok_or_else(no_such_book)?;
        if book.state == "LENT" && !odd.has("guilty-of-lending-twice") {
            return Err(refusal(409, "already-lent", "the book is lent already"));
        }
        let days = days()?;
        let nth = stock.loans.len() as u64 + 1;
        let id = match odd.ids() {
            "small" => nth,
            "drawn" => 1 + nth.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 9_999_999_999_999_999_998,
            _ => 9_999_999_999_999_990_000 + nth,
        };
        book.state = "LENT";
        stock.loans.insert(id, Loan { isbn, returned: false });
        let answer = Answer::json(201, &json!({"loanId": id, "due": day(days)}));
        Ok(answer.header("Location", &format!("/v1/loans/{id}")))
    }

    fn loan(&self, id: &str, odd: &Oddities) -> Checked<Answer> {
        let id = number_of_loan(id)?;
        let stock = self.stock();
        let forgets = odd.has("forgets-loans-that-were-returned");
        let loan = stock.loans.get(&id).filter(|l| !(forgets && l.returned)).ok_or_else(no_such_loan)?;
        let state = if loan.returned && !odd.has("guilty-of-a-wrong-state") { "RETURNED" } else { "OPEN" };
        Ok(Answer::json(200, &json!({"loanId": id, "isbn": loan.isbn, "state": state})))
    }

    fn give_back(&self, id: &str) -> Checked<Answer> {
        let id = number_of_loan(id)?;
        let mut stock = self.stock();
        let stock = &mut *stock;
        let loan = stock.loans.get_mut(&id).ok_or_else(no_such_loan)?;
        if loan.returned {
            return Err(refusal(409, "already-returned", "the book is back already"));
        }
        loan.returned = true;
        if let Some(book) = stock.books.get_mut(&loan.isbn) {
            book.state = "ON_SHELF";
        }
        Ok(Answer::empty(204))
    }
}

fn no_such_book() -> Answer {
    refusal(404, "no-such-book", "there is no such book")
}

fn no_such_loan() -> Answer {
    refusal(404, "no-such-loan", "there is no such loan")
}

pub(crate) fn parsed(call: &Call) -> Checked<Map<String, Value>> {
    match call.json() {
        Some(Value::Object(members)) => Ok(members),
        _ => Err(refusal(400, "no-json", "the body is no JSON object")),
    }
}

fn out_of_length(field: &str, min: usize, max: usize) -> Answer {
    refusal(422, "length", &format!("{field} must have {min} to {max} characters"))
}

fn number_of_book(isbn: &str) -> Checked<()> {
    if isbn.chars().count() != 13 {
        return Err(out_of_length("isbn", 13, 13));
    }
    if isbn.bytes().all(|b| b.is_ascii_digit()) { Ok(()) } else { Err(refusal(422, "digits", "isbn must be digits")) }
}

fn number_of_loan(id: &str) -> Checked<u64> {
    let digits = id.bytes().all(|b| b.is_ascii_digit());
    let value = id.parse().ok().filter(|n| digits && (1..=9_999_999_999_999_999_999).contains(n));
    value.ok_or_else(|| refusal(422, "value", "loanId must be a number of 1 to 19 digits"))
}

/// A text of 1 to so many characters that the body must have.
pub(crate) fn text(body: &Map<String, Value>, field: &str, most: usize, odd: &Oddities) -> Checked<String> {
    let text = match body.get(field) {
        None | Some(Value::Null) => return Err(refusal(422, "missing", &format!("{field} is missing"))),
        Some(Value::String(text)) => text,
        Some(_) => return Err(refusal(422, "type", &format!("{field} must be text"))),
    };
    if text.is_empty() {
        return Err(refusal(422, "empty", &format!("{field} is empty")));
    }
    if !(1..=most).contains(&text.chars().count()) {
        return Err(out_of_length(field, 1, most));
    }
    match odd.objection_to(text) {
        Some(why) => Err(refusal(422, "characters", &format!("{field} {why}"))),
        None => Ok(text.clone()),
    }
}

fn authors(body: &Map<String, Value>, odd: &Oddities) -> Checked<()> {
    let authors = match body.get("authors") {
        None | Some(Value::Null) => return Err(refusal(422, "missing", "authors is missing")),
        Some(Value::Array(authors)) => authors,
        Some(_) => return Err(refusal(422, "type", "authors must be a list")),
    };
    if authors.is_empty() && odd.has("refuses-an-empty-list") {
        return Err(refusal(422, "empty", "authors is empty"));
    }
    for author in authors {
        text(&Map::from_iter([("authors".to_owned(), author.clone())]), "authors", 100, odd)?;
    }
    Ok(())
}

/// A whole number from 1 on that the body must have.
pub(crate) fn pages(body: &Map<String, Value>, field: &str, most: u64) -> Checked<u64> {
    let number = match body.get(field) {
        None | Some(Value::Null) => return Err(refusal(422, "missing", &format!("{field} is missing"))),
        Some(Value::Number(number)) => number,
        Some(_) => return Err(refusal(422, "type", &format!("{field} must be a number"))),
    };
    let number = number.as_u64().filter(|n| (1..=most).contains(n));
    number.ok_or_else(|| refusal(422, "value", &format!("{field} must be a whole number from 1 to {most}")))
}

/// The day so many days from now.
fn day(ahead: u64) -> String {
    let (year, month, day) = civil(now() / 86_400 + ahead);
    format!("{year}-{month:02}-{day:02}")
}
