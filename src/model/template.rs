//! Request bodies before a run fills in what only the run knows: identities, answers of earlier steps.

use super::json::{Json, Text};
use super::place;
use super::twin::Twin;

/// A JSON body with holes.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// A finished value.
    Json(Json),
    /// An object whose members may have holes.
    Object(Vec<(Text, Template)>),
    /// An array whose items may have holes.
    Array(Vec<Template>),
    /// A value made when the request is.
    Hole(Hole),
    /// A value in a form that is not legal.
    Twin(Box<Template>, Twin),
}

/// A value that is made when the request is prepared.
#[derive(Clone, Debug, PartialEq)]
pub enum Hole {
    /// A string of exactly `chars` characters that no other request of any run uses, as far as `chars` allows.
    Identity {
        /// Path of the field; the same field and tag give the same value within one case.
        field: String,
        /// What it looks like.
        shape: Shape,
        /// Length in characters.
        chars: usize,
    },
    /// A whole number that no other request of any run uses, as far as its bounds allow.
    Number {
        /// Path of the field.
        field: String,
        /// Smallest.
        least: u64,
        /// Largest.
        most: u64,
    },
    /// Ids out of a catalogue that was read before the run.
    Catalogue {
        /// Resource name.
        resource: String,
        /// Attribute to select by.
        attribute: String,
        /// The value it must have.
        value: String,
        /// Which of the selected to take.
        keep: Keep,
        /// True to send ids as strings, else as numbers.
        text: bool,
    },
    /// The id of the first catalogue entry that fits.
    Entry {
        /// Resource name.
        resource: String,
        /// Attribute to select by.
        attribute: String,
        /// The value it must have.
        value: String,
        /// True to send it as a string.
        text: bool,
    },
    /// The value at a dotted path of the request of an earlier step.
    Sent {
        /// Index of the step.
        step: usize,
        /// Dotted path in the body.
        path: String,
    },
    /// A value that the profile's fixture has prepared.
    Planted {
        /// Index of the fixture.
        fixture: usize,
        /// Index of its part.
        part: usize,
        /// Attribute.
        attribute: String,
    },
    /// A member of the first entry of a list in the answer to an earlier step that is none of those known otherwise.
    Listed {
        /// Index of the step.
        step: usize,
        /// Dotted path of the list.
        list: String,
        /// The member that is an entry's key.
        key: String,
        /// Keys of the entries that are not meant.
        except: Vec<Hole>,
        /// Dotted path of the member inside the entry.
        member: String,
    },
    /// The value at a dotted path of the answer to an earlier step.
    Answer {
        /// Index of the step.
        step: usize,
        /// Dotted path in the body.
        path: String,
    },
}

/// Which of the selected catalogue entries to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// All of them.
    All,
    /// All but the last.
    AllButOne,
    /// None of them: the entries that are not selected.
    Others,
    /// All entries, selected or not.
    Every,
}

impl Keep {
    /// True if a list takes the entry; `selected` says whether it has the value that the list selects by.
    #[must_use]
    pub fn takes(self, selected: bool) -> bool {
        match self {
            Keep::All | Keep::AllButOne => selected,
            Keep::Others => !selected,
            Keep::Every => true,
        }
    }
}

/// What an identity looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An e-mail address under `example.com`.
    Email,
    /// Lower-case letters and digits.
    Plain,
    /// `#` becomes a digit, other characters stay.
    Pattern(String),
    /// Any of these characters.
    Alphabet(&'static [char]),
}

/// One change to a body.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Leave the member out.
    Remove(String),
    /// Put this value there.
    Set(String, Template),
}

/// One change to a header, after all headers have been made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderEdit {
    /// Header name as the contract spells it.
    pub name: String,
    /// What to do with it.
    pub change: HeaderChange,
}

/// What a [`HeaderEdit`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderChange {
    /// Leave it out.
    Remove,
    /// Send it with no value.
    Empty,
    /// Drop the last character.
    Shorten,
    /// Repeat the last character once more.
    Lengthen,
    /// Keep the length, replace every character by one that no format allows.
    Malform,
    /// Put this in place of the last character.
    End(&'static str),
}

impl HeaderEdit {
    /// Applies the change to finished headers.
    pub fn apply(&self, headers: &mut Vec<(String, String)>) {
        if self.change == HeaderChange::Remove {
            headers.retain(|(name, _)| *name != self.name);
        }
        for (_, value) in headers.iter_mut().filter(|(name, _)| *name == self.name) {
            match self.change {
                HeaderChange::Remove => {}
                HeaderChange::Empty => value.clear(),
                HeaderChange::Shorten => {
                    value.pop();
                }
                HeaderChange::Lengthen => value.extend(value.clone().chars().next_back()),
                HeaderChange::Malform => *value = "!".repeat(value.chars().count()),
                HeaderChange::End(end) => {
                    value.pop();
                    value.push_str(end);
                }
            }
        }
    }
}

/// One change to how a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenEdit {
    /// Signed as the contract says.
    Intact,
    /// Nothing where the scheme's values belong.
    Absent,
    /// One character of the code changed.
    WrongCode,
    /// The first half of the code right, and each character of the rest another one.
    HalfCode,
    /// Each letter of the code in the other case.
    OtherCase,
    /// No code where the code belongs.
    NoCode,
    /// The code right, and another digit in the text before it: the prefix of another version.
    OtherVersion,
    /// Signed with a key that is not the actor's.
    OtherKey,
    /// Signed over the same body with a blank at this place.
    Blank(Region),
    /// Signed over the body with one digit or letter of a value changed.
    Value,
    /// The digest of the body that is sent beside a signature over the digest of another one.
    OtherDigest,
    /// The token of the request before, whose body was another one.
    Replayed,
    /// Its time is an hour before the request's.
    Stale,
    /// Signed with the key of another actor whom the target knows.
    SecondKey,
    /// The right secret under the name of nobody.
    OtherName,
    /// Signed for another method.
    OtherMethod,
    /// Signed for a path that goes on.
    OtherPath,
    /// Signed for a query with one more parameter.
    OtherQuery,
    /// What the target gives to a client who shows a secret that nobody has.
    FetchedOtherKey,
    /// What the target gives to a client whom nobody knows.
    FetchedOtherName,
    /// What the target gives to a client who shows an empty secret.
    FetchedNoKey,
    /// What the target gives to a client who shows the secret of another client.
    FetchedSecondKey,
}

impl TokenEdit {
    /// True if the token is fetched for this request alone.
    #[must_use]
    pub fn fetches(self) -> bool {
        matches!(
            self,
            TokenEdit::FetchedOtherKey
                | TokenEdit::FetchedOtherName
                | TokenEdit::FetchedNoKey
                | TokenEdit::FetchedSecondKey
        )
    }

    /// True if it needs another actor whom the target knows.
    #[must_use]
    pub fn needs_second(self) -> bool {
        matches!(self, TokenEdit::SecondKey | TokenEdit::FetchedSecondKey)
    }
}

/// A part of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// After the first byte.
    Head,
    /// After the value nearest the middle.
    Middle,
    /// Before the last byte.
    Tail,
    /// After it.
    End,
}

impl Region {
    /// A JSON body with one blank more there, which JSON does not mind and a signature must.
    #[must_use]
    pub fn widen(self, body: &[u8]) -> Vec<u8> {
        let at = match self {
            Region::Head => 1.min(body.len()),
            Region::Middle => {
                let commas = body.iter().enumerate().filter(|(_, b)| **b == b',').map(|(at, _)| at + 1);
                commas.min_by_key(|at| at.abs_diff(body.len() / 2)).unwrap_or(1.min(body.len()))
            }
            Region::Tail => body.len().saturating_sub(1),
            Region::End => body.len(),
        };
        [&body[..at], b" ", &body[at..]].concat()
    }
}

impl Hole {
    /// True for a value that is made up out of so many that the target is unlikely to have the very one: a reference to it names nothing.
    #[must_use]
    pub fn names_nothing(&self) -> bool {
        /// Fewer numbers may all be in use.
        const NUMBERS: u64 = 100_000;
        /// With fewer free digits all texts may be in use.
        const DIGITS: usize = 6;
        /// With fewer letters and digits likewise.
        const LETTERS: usize = 4;
        match self {
            Hole::Number { least, most, .. } => most - least >= NUMBERS,
            Hole::Identity { shape: Shape::Pattern(pattern), .. } => pattern.matches('#').count() >= DIGITS,
            Hole::Identity { chars, .. } => *chars >= LETTERS,
            _ => false,
        }
    }
}

impl Template {
    /// A finished string.
    pub fn text(value: impl Into<Text>) -> Self {
        Template::Json(Json::text(value))
    }

    /// Applies `edit` at its dotted path, creating nothing that is not on the way; true if the path was found.
    pub fn apply(&mut self, edit: &Edit) -> bool {
        let path = match edit {
            Edit::Remove(path) | Edit::Set(path, _) => path,
        };
        let (parent, name) = path.rsplit_once('.').map_or(("", path.as_str()), |(parent, name)| (parent, name));
        let name = place::name(name);
        let Some(holder) = self.find(parent) else { return false };
        match (holder, edit) {
            (Template::Object(members), Edit::Remove(_)) => {
                let before = members.len();
                members.retain(|(known, _)| *known != name);
                members.len() < before
            }
            (Template::Object(members), Edit::Set(_, value)) => {
                match members.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, old)) => *old = value.clone(),
                    None => members.push((name.into(), value.clone())),
                }
                true
            }
            (Template::Array(items), Edit::Set(_, value)) => {
                *items = vec![value.clone()];
                true
            }
            _ => false,
        }
    }

    /// True if a hole takes what the target answered earlier.
    #[must_use]
    pub fn borrows(&self) -> bool {
        self.any(&|hole| !matches!(hole, Hole::Identity { .. } | Hole::Number { .. }))
    }

    /// True if the test holds for one of its holes.
    pub fn any(&self, test: &dyn Fn(&Hole) -> bool) -> bool {
        match self {
            Template::Json(_) => false,
            Template::Object(members) => members.iter().any(|(_, value)| value.any(test)),
            Template::Array(items) => items.iter().any(|item| item.any(test)),
            Template::Hole(hole) => test(hole),
            Template::Twin(legal, _) => legal.any(test),
        }
    }

    /// Fills the holes; `fill` makes a value for each.
    ///
    /// # Errors
    /// Whatever `fill` answers first.
    pub fn bind<E>(&self, fill: &mut dyn FnMut(&Hole) -> Result<Json, E>) -> Result<Json, E> {
        Ok(match self {
            Template::Json(value) => value.clone(),
            Template::Object(members) => {
                let mut bound = Vec::with_capacity(members.len());
                for (name, value) in members {
                    bound.push((name.clone(), value.bind(fill)?));
                }
                Json::Object(bound)
            }
            Template::Array(items) => Json::Array(items.iter().map(|item| item.bind(fill)).collect::<Result<_, E>>()?),
            Template::Hole(hole) => fill(hole)?,
            Template::Twin(legal, twin) => twin.write(legal.bind(fill)?),
        })
    }

    /// Fills the holes of an object to which `edits` of its own members are applied on the way: what a single edit leaves
    /// alone is not copied first. Edits below a member apply to a copy of that member.
    ///
    /// # Errors
    /// Whatever `fill` answers first.
    pub fn bind_edited<E>(&self, edits: &[Edit], fill: &mut dyn FnMut(&Hole) -> Result<Json, E>) -> Result<Json, E> {
        let Template::Object(members) = self else { return self.bind(fill) };
        if edits.is_empty() {
            return self.bind(fill);
        }
        let mut bound = Vec::with_capacity(members.len() + edits.len());
        for (name, value) in members {
            let own = place::part(name);
            let below = |path: &str| path.strip_prefix(&*own).is_some_and(|rest| rest.starts_with('.'));
            let own = edits.iter().rev().find(|e| matches!(e, Edit::Remove(p) | Edit::Set(p, _) if *p == own));
            match own {
                Some(Edit::Remove(_)) => {}
                Some(Edit::Set(_, value)) => bound.push((name.clone(), value.bind(fill)?)),
                None if edits.iter().any(|e| matches!(e, Edit::Remove(p) | Edit::Set(p, _) if below(p))) => {
                    let mut copy = Template::Object(vec![(name.clone(), value.clone())]);
                    for edit in edits {
                        copy.apply(edit);
                    }
                    let Template::Object(mut one) = copy else { continue };
                    // `apply` may have added members of other names; only this one is wanted here.
                    one.retain(|(n, _)| n == name);
                    for (n, v) in one {
                        bound.push((n, v.bind(fill)?));
                    }
                }
                None => bound.push((name.clone(), value.bind(fill)?)),
            }
        }
        for (at, edit) in edits.iter().enumerate() {
            if let Edit::Set(path, value) = edit {
                let later = |e: &Edit| matches!(e, Edit::Remove(p) | Edit::Set(p, _) if p == path);
                let own = place::name(path);
                let known = path.contains('.') || members.iter().any(|(name, _)| *name == own);
                if !known && !edits[at + 1..].iter().any(later) {
                    bound.push((own.into(), value.bind(fill)?));
                }
            }
        }
        Ok(Json::Object(bound))
    }

    /// The part at a dotted path.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Template> {
        path.split('.').try_fold(self, |node, name| match node {
            Template::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            Template::Array(items) => items.get(name.parse::<usize>().ok()?),
            _ => None,
        })
    }

    fn find(&mut self, path: &str) -> Option<&mut Template> {
        if path.is_empty() {
            return Some(self);
        }
        path.split('.').try_fold(self, |node, name| match node {
            Template::Object(members) => {
                let name = place::name(name);
                members.iter_mut().find(|(known, _)| *known == name).map(|(_, value)| value)
            }
            Template::Array(items) => items.get_mut(name.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

impl Shape {
    /// A text of this shape with exactly `chars` characters, the same for the same `seed`.
    #[must_use]
    pub fn render(&self, chars: usize, seed: u64) -> String {
        let mut state = seed;
        let mut next = || {
            // splitmix64: spreads a seed over as many characters as are asked for.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        let mut plain = |n: usize| {
            let mut out = String::with_capacity(n);
            let mut bits = 0;
            for i in 0..n {
                if i % 12 == 0 {
                    bits = next();
                }
                out.push(char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::try_from(bits % 36).unwrap_or(0)]));
                bits /= 36;
            }
            out
        };
        match self {
            Shape::Plain => plain(chars),
            Shape::Alphabet(letters) => plain(chars).bytes().map(|b| letters[usize::from(b) % letters.len()]).collect(),
            Shape::Pattern(pattern) => {
                let digits = plain(chars);
                pattern
                    .chars()
                    .zip(digits.bytes())
                    .map(|(p, d)| if p == '#' { char::from(b'0' + d % 10) } else { p })
                    .collect()
            }
            Shape::Email => {
                const DOMAIN: &str = "example.com";
                match chars {
                    0..5 => plain(chars),
                    5..13 => format!("{}@b.c", plain(chars - 4)),
                    13..60 => format!("{}@{DOMAIN}", plain(chars - 1 - DOMAIN.len())),
                    _ => {
                        // A local part beyond 64 and a label beyond 63 characters would be no address.
                        let mut rest = chars - 40 - 1 - DOMAIN.len();
                        let mut labels = String::new();
                        while rest > 0 {
                            let take = if rest > 50 { 48 } else { rest };
                            labels.push_str(&"x".repeat(take - 1));
                            labels.push('.');
                            rest -= take;
                        }
                        if labels.starts_with('.') || labels.contains("..") {
                            format!("{}@{DOMAIN}", plain(chars - 1 - DOMAIN.len()))
                        } else {
                            format!("{}@{labels}{DOMAIN}", plain(40))
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_few_may_name_something() {
        let number = |least, most| Hole::Number { field: "f".to_owned(), least, most };
        let text = |shape, chars| Hole::Identity { field: "f".to_owned(), shape, chars };
        let pattern = |p: &str| text(Shape::Pattern(p.to_owned()), p.len());
        for (hole, nothing) in [
            (number(901, 1000), false),
            (number(900_000, 1_000_000), true),
            (pattern("978#####"), false),
            (pattern("0######"), true),
            (text(Shape::Plain, 3), false),
            (text(Shape::Plain, 4), true),
            (text(Shape::Email, 32), true),
        ] {
            assert_eq!(hole.names_nothing(), nothing, "{hole:?}");
        }
    }

    #[test]
    fn identities_have_exactly_the_length_asked_for() {
        for chars in 0..200 {
            for shape in
                [Shape::Email, Shape::Plain, Shape::Pattern("0100#######".repeat(20).chars().take(chars).collect())]
            {
                assert_eq!(shape.render(chars, 7).len(), chars, "{shape:?}");
            }
        }
        assert_eq!(Shape::Email.render(80, 1), Shape::Email.render(80, 1));
        assert_ne!(Shape::Email.render(80, 1), Shape::Email.render(80, 2));
    }

    #[test]
    fn edits_reach_nested_members_and_nothing_else() {
        let mut body = Template::Object(vec![("a".into(), Template::Object(vec![("b".into(), Template::text("x"))]))]);
        assert!(body.apply(&Edit::Set("a.b".to_owned(), Template::text("y"))));
        assert!(body.apply(&Edit::Set("a.c".to_owned(), Template::text("z"))));
        assert!(!body.apply(&Edit::Set("q.c".to_owned(), Template::text("z"))));
        assert!(!body.apply(&Edit::Remove("a.q".to_owned())));
        let edits = [
            Edit::Set("a.b".to_owned(), Template::text("1")),
            Edit::Set("n".to_owned(), Template::text("2")),
            Edit::Set("n".to_owned(), Template::text("3")),
            Edit::Set("gone".to_owned(), Template::text("4")),
            Edit::Remove("gone".to_owned()),
            Edit::Remove("a.c".to_owned()),
        ];
        let edited = body.bind_edited(&edits, &mut |_| Err(())).unwrap();
        assert_eq!(edited.to_text(), r#"{"a":{"b":"1"},"n":"3"}"#);
        for edit in &edits {
            let mut copy = body.clone();
            copy.apply(edit);
            let one = std::slice::from_ref(edit);
            assert_eq!(copy.bind(&mut |_| Err(())), body.bind_edited(one, &mut |_| Err(())), "{edit:?}");
        }
        let bound = body.bind(&mut |_| Err(())).unwrap();
        assert_eq!(bound.to_text(), r#"{"a":{"b":"y","c":"z"}}"#);
    }
}
