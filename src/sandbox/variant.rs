//! What an honest server is free to do: everything that the contract leaves open.

use crate::model::Json;
use crate::model::field::Unit;

/// Where the trace number of an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceId {
    /// The request's.
    Echoed,
    /// The server's own.
    Own,
}

/// One honest way to serve a contract.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The unit in which lengths are counted.
    pub unit: Unit,
    /// Which side of a conflict answers are on; sides beyond the last count as the last.
    pub side: usize,
    /// Whether a request field of unknown presence must be there.
    pub refuses_unknown: bool,
    /// Whether optional and unknown fields are answered.
    pub optional: bool,
    /// Where the trace number comes from.
    pub trace: TraceId,
    /// Status for bad headers and tokens.
    pub auth_status: u16,
    /// Whether answers have fields that the contract does not know.
    pub extra: bool,
    /// Whether members stand in reverse order.
    pub reversed: bool,
    /// Whether answers are indented.
    pub pretty: bool,
    /// Whether the content type names a charset.
    pub charset: bool,
    /// Whether answers are sent in chunks.
    pub chunked: bool,
    /// Whether marked answers are encrypted also where the request came in plain.
    pub seals_plain: bool,
    /// Whether answers use the second content encryption.
    pub second_enc: bool,
}

impl Default for Variant {
    fn default() -> Self {
        Self {
            unit: Unit::CodePoints,
            side: 0,
            refuses_unknown: false,
            optional: true,
            trace: TraceId::Echoed,
            auth_status: 401,
            extra: false,
            reversed: false,
            pretty: false,
            charset: false,
            chunked: false,
            seals_plain: false,
            second_enc: false,
        }
    }
}

impl Variant {
    pub(super) fn content_type(&self) -> &'static str {
        if self.charset { "application/json;charset=UTF-8" } else { "application/json" }
    }

    /// Spells the body in this variant's manner.
    pub(super) fn dress(&self, mut body: Json) -> Vec<u8> {
        if let Json::Object(members) = &mut body {
            if self.extra {
                members.push(("requestTime".into(), Json::number("1e3")));
                members.push(("debug".into(), Json::Object(vec![("note".into(), Json::Null)])));
            }
            if self.reversed {
                members.reverse();
            }
        }
        let mut out = Vec::with_capacity(512);
        if self.pretty {
            pretty(&body, 0, &mut out);
        } else {
            body.write(&mut out);
        }
        out
    }
}

fn pretty(node: &Json, depth: usize, out: &mut Vec<u8>) {
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.extend_from_slice(b"\r\n");
        out.extend(std::iter::repeat_n(b' ', depth * 2));
    };
    match node {
        Json::Object(members) if !members.is_empty() => {
            out.push(b'{');
            for (i, (name, value)) in members.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                line(out, depth + 1);
                Json::text(name.clone()).write(out);
                out.extend_from_slice(b" : ");
                pretty(value, depth + 1, out);
            }
            line(out, depth);
            out.push(b'}');
        }
        Json::Array(items) if !items.is_empty() => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                line(out, depth + 1);
                pretty(item, depth + 1, out);
            }
            line(out, depth);
            out.push(b']');
        }
        other => other.write(out),
    }
}
