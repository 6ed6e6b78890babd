//! Undoes the content codings of an answer (RFC 9110, 8.4): gzip and deflate. konform names no coding that it takes, so by RFC 9110,
//! 12.5.3 any may come.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::Raw;
use crate::model::observed::{Failure, Reason};

/// What was found before a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Coded {
    /// No coding, or codings that have been undone.
    Plain,
    /// A coding that was not undone: its name, and why the body is not in that coding, where konform knows it.
    Left(String, Option<String>),
}

/// Undoes the codings that the headers name, the last one first.
///
/// # Errors
/// [`Reason::OverCap`] if the decoded body is larger than konform reads.
pub(super) fn undo(raw: &mut Raw, most: usize) -> Result<Coded, Failure> {
    if raw.body.is_empty() {
        return Ok(Coded::Plain);
    }
    for coding in names(&raw.headers).iter().rev() {
        let read = match coding.as_str() {
            "identity" => continue,
            "gzip" | "x-gzip" => drain(MultiGzDecoder::new(raw.body.as_slice()), most),
            // The name means the zlib format; many servers send the bare stream within it.
            "deflate" => match drain(ZlibDecoder::new(raw.body.as_slice()), most) {
                Err(Ended::Spoilt(why)) => {
                    drain(DeflateDecoder::new(raw.body.as_slice()), most).map_err(|other| match other {
                        Ended::Spoilt(_) => Ended::Spoilt(why),
                        Ended::TooLarge => Ended::TooLarge,
                    })
                }
                read => read,
            },
            other => return Ok(Coded::Left(other.to_owned(), None)),
        };
        match read {
            Ok(body) => raw.body = body,
            Err(Ended::Spoilt(why)) => return Ok(Coded::Left(coding.clone(), Some(why))),
            Err(Ended::TooLarge) => {
                let detail = format!("more than {most} bytes once its {coding} is undone (--max-body)");
                return Err(Failure { reason: Reason::OverCap, detail });
            }
        }
    }
    Ok(Coded::Plain)
}

/// The codings in the order in which they were applied; a header may stand there more than once.
fn names(headers: &[(String, Vec<u8>)]) -> Vec<String> {
    let own = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
    let text = own.map(|(_, value)| String::from_utf8_lossy(value).to_ascii_lowercase());
    let split = text.flat_map(|t| t.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>());
    split.filter(|part| !part.is_empty()).collect()
}

enum Ended {
    Spoilt(String),
    TooLarge,
}

fn drain(decoder: impl Read, most: usize) -> Result<Vec<u8>, Ended> {
    let mut out = Vec::new();
    // A machine counts no more bytes than it can address.
    let read = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(read).read_to_end(&mut out).map_err(|e| Ended::Spoilt(e.to_string()))?;
    if out.len() > most { Err(Ended::TooLarge) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;
    use crate::exchange::BODY_CAP;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::default());
        out.write_all(body).expect("memory");
        out.finish().expect("memory")
    }

    fn undone(codings: &[&str], body: Vec<u8>) -> (Result<Coded, Reason>, Vec<u8>) {
        let header = |value: &&str| ("Content-Encoding".to_owned(), value.as_bytes().to_vec());
        let mut raw = Raw { status: 200, headers: codings.iter().map(header).collect(), body, ..Raw::default() };
        (undo(&mut raw, BODY_CAP).map_err(|f| f.reason), raw.body)
    }

    #[test]
    fn codings_are_undone_in_every_legal_spelling() {
        let plain = b"{\"a\":1}";
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(plain).expect("memory");
        let zlib = zlib.finish().expect("memory");
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
        bare.write_all(plain).expect("memory");
        let bare = bare.finish().expect("memory");
        for (codings, body) in [
            (&["gzip"][..], gzip(plain)),
            (&["X-GZip"], gzip(plain)),
            (&["deflate"], zlib.clone()),
            (&["deflate"], bare),
            (&["identity"], plain.to_vec()),
            (&[" deflate ,gzip, "], gzip(&zlib)),
            (&["deflate", "GZIP"], gzip(&zlib)),
        ] {
            assert_eq!(undone(codings, body), (Ok(Coded::Plain), plain.to_vec()), "{codings:?}");
        }
        assert_eq!(undone(&["gzip"], Vec::new()).0, Ok(Coded::Plain), "no body has no coding");
        assert_eq!(undone(&["br"], plain.to_vec()).0, Ok(Coded::Left("br".to_owned(), None)));
        assert!(matches!(undone(&["gzip"], plain.to_vec()).0, Ok(Coded::Left(_, Some(_)))));
        let whole = gzip(plain);
        assert!(
            matches!(undone(&["gzip"], whole[..whole.len() - 9].to_vec()).0, Ok(Coded::Left(_, Some(_)))),
            "cut short"
        );
    }

    #[test]
    fn the_cap_counts_decoded_bytes() {
        let large = gzip(&vec![b' '; BODY_CAP + 1]);
        assert!(large.len() < 10_000);
        assert_eq!(undone(&["gzip"], large).0, Err(Reason::OverCap));
        assert_eq!(undone(&["gzip"], gzip(&vec![b' '; BODY_CAP])).1.len(), BODY_CAP);
    }
}
