use crate::model::Family;
use crate::plan::testing::table;

#[test]
fn a_stranger_stands_among_legal_characters() {
    table(
        Family::Charset,
        &[
            (
                "{name: a, type: string, presence: required, length: 2..4, charset: digits}",
                &[
                    r#"body.a::letter a="90z1" -> refuse a/charset"#,
                    r#"body.a::symbol a="90-1" -> refuse a/charset"#,
                    r#"body.a::space a="90 1" -> refuse a/charset"#,
                    r#"body.a::full-width a=full-width("9630") -> refuse a/charset"#,
                    r#"body.a::letters a="zzzz" -> refuse a/charset"#,
                ],
            ),
            (
                "{name: a, type: string, presence: required, length: 1, charset: hex}",
                &[
                    r#"body.a::letter a="z" -> refuse a/charset"#,
                    r#"body.a::symbol a="-" -> refuse a/charset"#,
                    r#"body.a::space a=" " -> refuse a/charset"#,
                    r#"body.a::full-width a=full-width("0") -> refuse a/charset"#,
                    r#"body.a::letters a="z" -> refuse a/charset"#,
                ],
            ),
            (
                "{name: a, type: string, presence: required, length: unseen, charset: digits}",
                &[
                    r#"body.a::letter a="9071z590" -> refuse a/charset"#,
                    r#"body.a::symbol a="9071-590" -> refuse a/charset"#,
                    r#"body.a::space a="9071 590" -> refuse a/charset"#,
                    r#"body.a::full-width a=full-width("9630741852963074") -> refuse a/charset"#,
                    r#"body.a::letters a="zzzzzzzz" -> refuse a/charset"#,
                ],
            ),
            ("{name: a, type: string, presence: required, length: 4, charset: {value: digits, open: seen}}", &[]),
            ("{name: a, type: string, presence: required, length: 4}", &[]),
        ],
    );
}

#[test]
fn a_text_of_strangers_has_room_in_an_address() {
    let query = |length: &str| {
        format!(
            "== add GET /things\nrequest: [{{name: q, in: query, type: string, presence: optional, length: {length}, charset: digits}}]"
        )
    };
    table(
        Family::Charset,
        &[
            (
                &query("777"),
                &[
                    "query.q::letter q=<777 characters> -> refuse q/charset",
                    "query.q::symbol q=<777 characters> -> refuse q/charset",
                    "query.q::space q=<777 characters> -> refuse q/charset",
                    "query.q::full-width q=full-width(<777 characters>) -> refuse q/charset",
                    "query.q::letters q=<777 characters> -> refuse q/charset",
                ],
            ),
            (
                &query("777..800"),
                &[
                    "query.q::letter q=<777 characters> -> refuse q/charset",
                    "query.q::symbol q=<777 characters> -> refuse q/charset",
                    "query.q::space q=<777 characters> -> refuse q/charset",
                    "query.q::full-width q=full-width(<777 characters>) -> refuse q/charset",
                    "query.q::letters q=<777 characters> -> refuse q/charset",
                ],
            ),
            (&query("778"), &["query.q::letter left out (q/charset): a value of 778 characters is too long to send"]),
        ],
    );
}
