//! Vectors made by other software, and the platform's own published values.

use std::cmp::Ordering;

use konform::crypto::jwe::{self, Enc};
use konform::crypto::{self, PrivateKey, PublicKey};
use konform::model::field::{Format, Unit};
use konform::model::{Decimal, format};
use serde_json::Value;

use super::lab;

fn read(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(lab::root().join(path)).expect("a file")).expect("JSON")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{value} has no {key}"))
}

#[test]
fn tokens_equal_those_of_another_program() {
    let facts = read("specs/kona-plate/facts/common/tran_token.json");
    let own = read("src/tests/vectors/vectors.json");
    let published = facts["self_computed_vectors"]["vectors"].as_array().expect("vectors");
    let mut checked = 0;
    for vector in own["tokens"].as_array().expect("tokens") {
        let code = crypto::hmac_sha256_base64(text(vector, "key").as_bytes(), text(vector, "message").as_bytes());
        assert_eq!(format!("KMV1:{}:{code}", text(vector, "time")), text(vector, "token"));
        checked += 1;
    }
    for vector in published {
        let code = crypto::hmac_sha256_base64(text(vector, "secretKey").as_bytes(), text(vector, "message").as_bytes());
        assert_eq!(format!("KMV1:{}:{code}", text(vector, "timestamp")), text(vector, "token"));
        checked += 1;
    }
    assert!(checked >= 20);
}

#[test]
fn lengths_in_three_units_equal_those_of_another_program() {
    for vector in read("src/tests/vectors/vectors.json")["lengths"].as_array().expect("lengths") {
        for (unit, key) in [(Unit::CodePoints, "code_points"), (Unit::Utf16, "utf16"), (Unit::Bytes, "bytes")] {
            assert_eq!(Some(unit.count(text(vector, "text")) as u64), vector[key].as_u64(), "{vector} {key}");
        }
    }
}

#[test]
fn numbers_are_ordered_as_another_program_orders_them() {
    for vector in read("src/tests/vectors/vectors.json")["order"].as_array().expect("pairs") {
        let number = |key: &str| Decimal::parse(text(vector, key)).expect("a number");
        let wanted = match vector["cmp"].as_i64() {
            Some(-1) => Ordering::Less,
            Some(0) => Ordering::Equal,
            _ => Ordering::Greater,
        };
        assert_eq!(number("a").cmp(&number("b")), wanted, "{vector}");
    }
}

#[test]
fn dates_are_those_of_another_program() {
    for vector in read("src/tests/vectors/vectors.json")["dates"].as_array().expect("dates") {
        let format = Format::Pattern(text(vector, "pattern").to_owned());
        assert_eq!(Some(format::matches(&format, text(vector, "text"))), vector["is"].as_bool(), "{vector}");
    }
}

#[test]
fn messages_encrypted_by_another_program_open_and_what_is_not_taken_does_not() {
    let vectors = read("src/tests/vectors/jwe.json");
    let private = PrivateKey::from_pem(text(&vectors, "private").as_bytes()).expect("a private key");
    let public = PublicKey::from_pem(text(&vectors, "public").as_bytes()).expect("a public key");
    let taken = [Enc::A128Gcm, Enc::A256Gcm];
    let mut opened = 0;
    for vector in vectors["opens"].as_array().expect("messages") {
        let (plaintext, enc) = jwe::open(text(vector, "message"), &private, &taken).expect("it opens");
        assert_eq!((plaintext.as_slice(), enc.name()), (text(vector, "plaintext").as_bytes(), text(vector, "enc")));
        let again = jwe::seal(&plaintext, &public, enc).expect("the key fits").join();
        assert_eq!(
            jwe::open(&again, &private, &taken),
            Ok((plaintext, enc)),
            "a message of our own under the same key"
        );
        opened += 1;
    }
    assert!(opened >= 8);
    let refused = vectors["refused"].as_array().expect("messages");
    assert!(refused.len() >= 4);
    for vector in refused {
        assert!(jwe::open(text(vector, "message"), &private, &taken).is_err(), "{}", text(vector, "why"));
    }
}
