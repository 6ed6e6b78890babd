use super::*;
use crate::behaviour::testing::json;

#[test]
fn values_are_the_same_as_text_or_as_numbers() {
    for (one, other, alike) in [
        ("'a'", "'a'", true),
        ("'a'", "'A'", false),
        ("7", "'7'", true),
        ("7", "7.0", true),
        ("7", "'70e-1'", true),
        ("7", "8", false),
        ("'07'", "7", true),
        ("9999999999999999999", "9999999999999999998", false),
        ("'a'", "'b'", false),
        ("true", "'true'", true),
        ("true", "true", true),
        ("true", "false", false),
        ("true", "'yes'", false),
        ("null", "null", true),
        ("null", "'null'", false),
        ("[1]", "[1]", true),
        ("[1]", "[2]", false),
    ] {
        let (a, b) = (json(one), json(other));
        assert_eq!([same(&a, &b), same(&b, &a)], [alike; 2], "{one} and {other}");
    }
}
