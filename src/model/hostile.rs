//! Requests that no client should send: bytes that are no JSON, heads that are no HTTP, bodies that never end.

/// How a request's bytes are spoilt: in the body, in what the headers say of it, then in what goes over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "`Hostile::word` names each, `says` explains it")]
pub enum Hostile {
    Empty,
    TopArray,
    TopString,
    TopNumber,
    TopNull,
    Truncated,
    TrailingGarbage,
    TrailingComma,
    SingleQuotes,
    Comment,
    NotANumber,
    LeadingZero,
    DoubledName,
    Deep,
    HugeNumber,
    LongText,
    InvalidUtf8,
    OverlongUtf8,
    LoneSurrogate,
    NulByte,
    NulEscape,
    ControlByte,
    Bom,
    Utf16,
    Xml,
    NoContentType,
    TextPlain,
    Form,
    CharsetLie,
    CharsetUnknown,
    FalseGzip,
    Gzip,
    OtherMethod,
    UnknownMethod,
    LongHeader,
    ManyHeaders,
    RepeatedHeaders,
    ControlInHeader,
    BareLineFeeds,
    NoHost,
    TwoLengths,
    LengthAndChunks,
    BadLength,
    BadVersion,
    BadChunk,
    Chunks,
    Continue,
    SlowBody,
    EarlyClose,
}

impl Hostile {
    /// Every kind, in the order they are planned.
    pub const ALL: [Hostile; 49] = [
        Hostile::Empty,
        Hostile::TopArray,
        Hostile::TopString,
        Hostile::TopNumber,
        Hostile::TopNull,
        Hostile::Truncated,
        Hostile::TrailingGarbage,
        Hostile::TrailingComma,
        Hostile::SingleQuotes,
        Hostile::Comment,
        Hostile::NotANumber,
        Hostile::LeadingZero,
        Hostile::DoubledName,
        Hostile::Deep,
        Hostile::HugeNumber,
        Hostile::LongText,
        Hostile::InvalidUtf8,
        Hostile::OverlongUtf8,
        Hostile::LoneSurrogate,
        Hostile::NulByte,
        Hostile::NulEscape,
        Hostile::ControlByte,
        Hostile::Bom,
        Hostile::Utf16,
        Hostile::Xml,
        Hostile::NoContentType,
        Hostile::TextPlain,
        Hostile::Form,
        Hostile::CharsetLie,
        Hostile::CharsetUnknown,
        Hostile::FalseGzip,
        Hostile::Gzip,
        Hostile::OtherMethod,
        Hostile::UnknownMethod,
        Hostile::LongHeader,
        Hostile::ManyHeaders,
        Hostile::RepeatedHeaders,
        Hostile::ControlInHeader,
        Hostile::BareLineFeeds,
        Hostile::NoHost,
        Hostile::TwoLengths,
        Hostile::LengthAndChunks,
        Hostile::BadLength,
        Hostile::BadVersion,
        Hostile::BadChunk,
        Hostile::Chunks,
        Hostile::Continue,
        Hostile::SlowBody,
        Hostile::EarlyClose,
    ];

    /// The word in case ids.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Hostile::Empty => "empty-body",
            Hostile::TopArray => "top-array",
            Hostile::TopString => "top-string",
            Hostile::TopNumber => "top-number",
            Hostile::TopNull => "top-null",
            Hostile::Truncated => "truncated",
            Hostile::TrailingGarbage => "trailing-garbage",
            Hostile::TrailingComma => "trailing-comma",
            Hostile::SingleQuotes => "single-quotes",
            Hostile::Comment => "comment",
            Hostile::NotANumber => "nan",
            Hostile::LeadingZero => "leading-zero",
            Hostile::DoubledName => "doubled-name",
            Hostile::Deep => "deep-nesting",
            Hostile::HugeNumber => "huge-number",
            Hostile::LongText => "long-text",
            Hostile::InvalidUtf8 => "invalid-utf8",
            Hostile::OverlongUtf8 => "overlong-utf8",
            Hostile::LoneSurrogate => "lone-surrogate",
            Hostile::NulByte => "nul-byte",
            Hostile::NulEscape => "nul-escape",
            Hostile::ControlByte => "control-byte",
            Hostile::Bom => "bom",
            Hostile::Utf16 => "utf-16",
            Hostile::Xml => "xml",
            Hostile::NoContentType => "no-content-type",
            Hostile::TextPlain => "text-plain",
            Hostile::Form => "form",
            Hostile::CharsetLie => "charset-lie",
            Hostile::CharsetUnknown => "charset-unknown",
            Hostile::FalseGzip => "false-gzip",
            Hostile::Gzip => "gzip",
            Hostile::OtherMethod => "other-method",
            Hostile::UnknownMethod => "unknown-method",
            Hostile::LongHeader => "long-header",
            Hostile::ManyHeaders => "many-headers",
            Hostile::RepeatedHeaders => "repeated-headers",
            Hostile::ControlInHeader => "control-in-header",
            Hostile::BareLineFeeds => "bare-line-feeds",
            Hostile::NoHost => "no-host",
            Hostile::TwoLengths => "two-lengths",
            Hostile::LengthAndChunks => "length-and-chunks",
            Hostile::BadLength => "bad-length",
            Hostile::BadVersion => "bad-version",
            Hostile::BadChunk => "bad-chunk",
            Hostile::Chunks => "chunks",
            Hostile::Continue => "expect-continue",
            Hostile::SlowBody => "slow-body",
            Hostile::EarlyClose => "early-close",
        }
    }

    /// True if no HTTP client sends such a request, and its connection is used for nothing else: the kinds from `OtherMethod` on.
    #[must_use]
    pub fn raw(self) -> bool {
        self >= Hostile::OtherMethod
    }

    /// True for a raw kind that HTTP/2 has a form for: the others are about how HTTP/1.1 is written.
    #[must_use]
    pub fn in_frames(self) -> bool {
        matches!(self, Hostile::OtherMethod | Hostile::UnknownMethod | Hostile::RepeatedHeaders)
    }

    /// True if a target that reads to the letter does not see their end: RFC 9112, 2.2 leaves it to the recipient whether a line feed
    /// alone ends a line.
    #[must_use]
    pub fn may_be_unfinished(self) -> bool {
        self == Hostile::BareLineFeeds
    }

    /// True if the bytes are no well-formed HTTP, or more than a server need read: closing the connection is an answer too.
    #[must_use]
    pub fn may_be_closed(self) -> bool {
        matches!(
            self,
            Hostile::LongHeader
                | Hostile::ManyHeaders
                | Hostile::ControlInHeader
                | Hostile::BareLineFeeds
                | Hostile::NoHost
                | Hostile::TwoLengths
                | Hostile::LengthAndChunks
                | Hostile::BadLength
                | Hostile::BadVersion
                | Hostile::BadChunk
                | Hostile::EarlyClose
        )
    }

    /// True if it spoils a body, and says nothing where there is none.
    #[must_use]
    pub fn needs_body(self) -> bool {
        !matches!(
            self,
            Hostile::OtherMethod
                | Hostile::UnknownMethod
                | Hostile::LongHeader
                | Hostile::ManyHeaders
                | Hostile::RepeatedHeaders
                | Hostile::ControlInHeader
                | Hostile::BareLineFeeds
                | Hostile::NoHost
                | Hostile::BadVersion
        )
    }
}
