//! The numbers that a contract is drawn from, and the constructs that were drawn.

use std::collections::BTreeMap;

/// Numbers that decide what a contract is like. Where they end, each decision is for the first alternative, which is the plainest: so
/// proptest makes a failing contract smaller by leaving numbers out.
pub(super) struct Choices<'a> {
    pub(super) numbers: std::slice::Iter<'a, u8>,
    /// How often each construct was drawn.
    pub(super) drawn: BTreeMap<&'static str, usize>,
}

impl Choices<'_> {
    /// One of so many alternatives.
    pub(super) fn of(&mut self, alternatives: usize) -> usize {
        self.numbers.next().map_or(0, |n| usize::from(*n) % alternatives)
    }

    /// True once in so many times.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.of(times) == times - 1
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.of(from.len())]
    }

    /// Counts a construct.
    pub(super) fn uses(&mut self, construct: &'static str) {
        *self.drawn.entry(construct).or_default() += 1;
    }
}

/// Every construct that is drawn. Left out is what needs keys or a profile beside the contract (encryption, names that only a profile
/// gives, fixtures), and what no run looks at (titles, sources, notes).
pub(super) const CONSTRUCTS: [&str; 82] = [
    "add to an attribute",
    "after",
    "api-key",
    "array of numbers",
    "array of objects",
    "array of texts",
    "attempts",
    "attribute",
    "auth none",
    "aws-sigv4",
    "basic",
    "basis inferred",
    "basis observed",
    "basis open",
    "bearer",
    "body of DELETE",
    "boolean",
    "catalogue",
    "charset digits",
    "charset hex",
    "conflict",
    "create",
    "delete",
    "documented_for",
    "email",
    "empty",
    "enum",
    "envelope on answers",
    "equals",
    "format",
    "hangul",
    "hazard",
    "header required",
    "header written now",
    "hmac",
    "initial",
    "integer",
    "invalid",
    "key chosen by the client",
    "key in the query",
    "key number",
    "key text",
    "lacks",
    "length",
    "length bytes",
    "length exact",
    "length utf-16",
    "list",
    "list in the query",
    "list of",
    "literal",
    "mismatch",
    "missing",
    "narrowed_by",
    "needs",
    "nullable",
    "number",
    "number with a fraction",
    "object",
    "optional",
    "owner",
    "page",
    "pattern",
    "present",
    "present false",
    "query",
    "read",
    "required_if",
    "response header",
    "sample",
    "secret",
    "size",
    "state",
    "subtract",
    "success 204",
    "taken",
    "text empty",
    "unique",
    "unknown",
    "unseen",
    "update",
    "where",
];
