//! Fields: one row of a request, response or header table, with what is known of it.

use super::address::ListForm;
use super::clause::ClauseIx;
use super::decimal::Decimal;

/// Characters of the longest text that is sent in a body. What generators write for "no bound" lies far beyond.
pub const LONGEST: usize = 1 << 20;

/// Bytes of the longest text that is sent in an address or a header. RFC 9110, 4.1 asks every server to read addresses of 8,000
/// bytes; nothing is promised beyond, and the rest of the address needs room too.
pub const LONGEST_IN_LINE: usize = 7_000;

/// Where a value travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// In the JSON body.
    Body,
    /// In an HTTP header.
    Header,
    /// In the path.
    Path,
    /// In the query.
    Query,
}

impl Location {
    /// The first part of a case's location.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Location::Body => "body",
            Location::Header => "header",
            Location::Path => "path",
            Location::Query => "query",
        }
    }
}

/// JSON type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the JSON types, by their own names")]
pub enum Kind {
    String,
    Number,
    Boolean,
    Array,
    Object,
}

impl Kind {
    /// Every type, in the order cases use.
    pub const ALL: [Kind; 5] = [Kind::String, Kind::Number, Kind::Boolean, Kind::Array, Kind::Object];

    /// The JSON name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::String => "string",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::Array => "array",
            Kind::Object => "object",
        }
    }
}

/// Whether a field must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words of the documentation")]
pub enum Presence {
    Required,
    Optional,
}

/// Inclusive bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds<T> {
    /// Smallest legal value.
    pub min: T,
    /// Largest legal value.
    pub max: T,
}

impl<T: PartialOrd> Bounds<T> {
    /// True if `value` lies within.
    pub fn holds(&self, value: &T) -> bool {
        *value >= self.min && *value <= self.max
    }
}

impl Bounds<Decimal> {
    /// The smallest and the largest whole number within that is not negative and has 64 bits; none if there is no such number.
    #[must_use]
    pub fn whole(&self) -> Option<(u64, u64)> {
        let zero = Decimal::parse("0")?;
        let down = |n: &Decimal| {
            let text = n.to_string();
            let whole = text.split('.').next().unwrap_or_default();
            // What has too many digits to be written out is larger than any number of 64 bits.
            if text.contains('e') { None } else { whole.parse::<u64>().ok() }
        };
        let least = if self.min <= zero { 0 } else { down(&self.min)? };
        let least = if self.min.is_integer() || self.min <= zero { least } else { least.checked_add(1)? };
        let most = if self.max < zero { return None } else { down(&self.max).unwrap_or(u64::MAX) };
        (least <= most).then_some((least, most))
    }
}

/// What is known of one property of a field.
///
/// `sides` holds one entry, or several where sources conflict and nothing decides: the first is what konform sends and takes
/// for legal in requests, the others are neither promised nor refused; in answers any side will do. `open` says that values
/// outside are unknown instead of illegal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint<T> {
    /// The legal side or sides; never empty.
    pub sides: Vec<T>,
    /// True if what lies outside is unknown.
    pub open: bool,
    /// The clause that states it; none where open.
    pub clause: Option<ClauseIx>,
}

impl<T> Constraint<T> {
    /// The side that konform follows when it sends.
    #[must_use]
    pub fn first(&self) -> &T {
        &self.sides[0]
    }
}

/// A text format that can be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// `local@domain.tld`, loosely.
    Email,
    /// A date or time pattern of fixed width in letters `yyyy yy MM dd HH mm ss SSS`, with `x` for a hex digit, other characters literal.
    Pattern(String),
}

impl Format {
    /// The name in contracts and reports.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Format::Email => "email",
            Format::Pattern(pattern) => pattern,
        }
    }
}

/// Characters that a string may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// `0` to `9`.
    Digits,
    /// `0` to `9`, `a` to `f`, `A` to `F`.
    Hex,
}

impl Charset {
    /// The name in contracts and reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Charset::Digits => "digits",
            Charset::Hex => "hex",
        }
    }

    /// True if `c` belongs to the set.
    #[must_use]
    pub fn holds(self, c: char) -> bool {
        match self {
            Charset::Digits => c.is_ascii_digit(),
            Charset::Hex => c.is_ascii_hexdigit(),
        }
    }
}

/// How konform makes the value it sends where the contract leaves it free. Promises nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sample {
    /// This literal word.
    Word(String),
    /// `#` is a digit that differs from request to request, other characters are literal.
    Pattern(String),
    /// The items of a catalogue that hold `attribute: value`, by their `key`.
    Catalogue {
        /// Resource name.
        resource: String,
        /// Attribute to select by.
        attribute: String,
        /// The value it must have.
        value: String,
    },
}

/// One row of a table, resolved.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name as on the wire (headers in the documentation's spelling).
    pub name: String,
    /// Dotted path inside its table; `*` stands for the items of an array.
    pub path: String,
    /// Where it travels.
    pub location: Location,
    /// JSON type; none where unseen.
    pub kind: Option<Constraint<Kind>>,
    /// Presence; none where unseen.
    pub presence: Option<Constraint<Presence>>,
    /// Length bounds; none where unseen or no string.
    pub length: Option<Constraint<Bounds<usize>>>,
    /// Number bounds.
    pub value: Option<Constraint<Bounds<Decimal>>>,
    /// Whole number, written in plain digits.
    pub integer: Option<Constraint<()>>,
    /// Text format.
    pub format: Option<Constraint<Format>>,
    /// The legal words.
    pub words: Option<Constraint<Vec<String>>>,
    /// The legal characters.
    pub charset: Option<Constraint<Charset>>,
    /// password, pan, cvc, token or identity.
    pub secret: Option<String>,
    /// `resource.attribute` whose existing value the field must name.
    pub refers: Option<String>,
    /// `resource.attribute` that the value must equal, of the resource that the request names.
    pub equals: Option<String>,
    /// True if null is a legal value.
    pub nullable: bool,
    /// True if only the target's operator knows legal values.
    pub operator: bool,
    /// What to send.
    pub sample: Option<Sample>,
    /// True if a value may be used once only (`unique` of a create effect).
    pub unique: bool,
    /// True if an error row says that an empty text is refused.
    pub not_empty: bool,
    /// True if a source says that texts may hold Hangul (`script:` of the API); else ASCII alone is known to be taken.
    pub hangul: bool,
    /// The field with what the other fields of the same attribute allow, where that is less: what is legal to send.
    pub legal: Option<Box<Field>>,
    /// A reference's field with what other fields, answers among them, show of the same attribute: the form of a made-up value.
    pub form: Option<Box<Field>>,
    /// Members of an object.
    pub fields: Vec<Field>,
    /// Items of an array.
    pub items: Option<Box<Field>>,
    /// How a list is written where it stands in a query.
    pub list: ListForm,
    /// The clause that an answer's trace number must not be another request's; headers only.
    pub trace: Option<ClauseIx>,
}

impl Field {
    /// `body.addressInfo.zipCode`, as cases name it.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}.{}", self.location.word(), self.path)
    }

    /// Characters of the longest text that can be sent here, of characters that take so many bytes each; outside of the ASCII letters
    /// each byte takes three in an address.
    #[must_use]
    pub fn room(&self, bytes: usize) -> usize {
        match self.location {
            Location::Body => LONGEST,
            Location::Header => LONGEST_IN_LINE / bytes.max(1),
            Location::Path | Location::Query if bytes > 1 => LONGEST_IN_LINE / (3 * bytes),
            Location::Path | Location::Query => LONGEST_IN_LINE,
        }
    }

    /// The bounds of the field's length, by the side that is sent, that can't be put to the test: the texts would be too long to send.
    #[must_use]
    pub fn untried(&self) -> Option<&Bounds<usize>> {
        self.length.as_ref().map(Constraint::first).filter(|length| length.max >= self.room(1))
    }

    /// What is legal to send: this field, or what it and the other fields of the same attribute allow together.
    #[must_use]
    pub fn legal(&self) -> &Field {
        self.legal.as_deref().unwrap_or(self)
    }

    /// True if the field must be there by a known clause.
    #[must_use]
    pub fn required(&self) -> bool {
        self.presence.as_ref().is_some_and(|p| *p.first() == Presence::Required)
    }

    /// True if the field is known to be optional.
    #[must_use]
    pub fn optional(&self) -> bool {
        self.presence.as_ref().is_some_and(|p| *p.first() == Presence::Optional)
    }

    /// True for a field of which sources show digits alone: no rule says that it holds nothing else, and none that it may.
    #[must_use]
    pub fn shown_as_digits(&self) -> bool {
        match &self.sample {
            Some(Sample::Pattern(shown) | Sample::Word(shown)) => shown.chars().all(|c| c == '#' || c.is_ascii_digit()),
            _ => false,
        }
    }

    /// This field and all below it, depth first, to be changed.
    pub fn walk_mut(&mut self, visit: &mut dyn FnMut(&mut Field)) {
        visit(self);
        for field in &mut self.fields {
            field.walk_mut(visit);
        }
        if let Some(items) = &mut self.items {
            items.walk_mut(visit);
        }
    }

    /// This field and all below it, depth first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Field)) {
        visit(self);
        for field in &self.fields {
            field.walk(visit);
        }
        if let Some(items) = &self.items {
            items.walk(visit);
        }
    }
}

/// The field at a dotted path of a table, `*` for the items of an array.
#[must_use]
pub fn find<'a>(table: &'a [Field], path: &str) -> Option<&'a Field> {
    table.iter().find_map(|field| {
        let below = || {
            find(&field.fields, path)
                .or_else(|| field.items.as_deref().and_then(|i| find(std::slice::from_ref(i), path)))
        };
        if field.path == path { Some(field) } else { below() }
    })
}

/// A path with `*` for the number of each array item.
#[must_use]
pub fn general(path: &str) -> String {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts = path.split('.').map(|part| if number(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join(".")
}

/// What a length counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Unicode code points.
    CodePoints,
    /// UTF-16 units, as Java and `JavaScript` count.
    Utf16,
    /// UTF-8 bytes.
    Bytes,
}

impl Unit {
    /// All units.
    pub const ALL: [Unit; 3] = [Unit::CodePoints, Unit::Utf16, Unit::Bytes];

    /// The length of `text` in this unit.
    #[must_use]
    pub fn count(self, text: &str) -> usize {
        match self {
            Unit::CodePoints => text.chars().count(),
            Unit::Utf16 => text.encode_utf16().count(),
            Unit::Bytes => text.len(),
        }
    }
}

/// How a rule is broken or bent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Way {
    Absent,
    Null,
    Empty,
    Below,
    Above,
    Elsewhere,
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_numbers_within_bounds() {
        for (min, max, whole) in [
            ("1", "1000", Some((1, 1000))),
            ("0", "0", Some((0, 0))),
            ("-50", "50", Some((0, 50))),
            ("-50", "-1", None),
            ("0.5", "9.5", Some((1, 9))),
            ("0.1", "0.9", None),
            ("1", "9999999999999999999", Some((1, 9_999_999_999_999_999_999))),
            ("1", "1e2147483647", Some((1, u64::MAX))),
            ("1e100", "1e101", None),
        ] {
            let read = |text: &str| Decimal::parse(text).unwrap_or_else(|| panic!("{text} is a number"));
            let bounds = Bounds { min: read(min), max: read(max) };
            assert_eq!(bounds.whole(), whole, "{min}..{max}");
        }
    }
}
