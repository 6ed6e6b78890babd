use crate::model::Family;
use crate::plan::testing::table;

#[test]
fn each_part_of_a_pattern_is_written_as_it_cannot_be() {
    table(
        Family::Format,
        &[
            (
                "{name: a, type: string, presence: required, format: yyyyMMdd}",
                &[
                    r#"body.a::month-13 a="19901315" -> refuse a/format"#,
                    r#"body.a::month-00 a="19900015" -> refuse a/format"#,
                    r#"body.a::day-32 a="19900132" -> refuse a/format"#,
                    r#"body.a::day-00 a="19900100" -> refuse a/format"#,
                    r#"body.a::february-30 a="19900230" -> refuse a/format"#,
                    r#"body.a::letters a="1990ab15" -> refuse a/format"#,
                ],
            ),
            (
                "{name: a, type: string, presence: required, format: yyMM}",
                &[
                    r#"body.a::month-13 a="9013" -> refuse a/format"#,
                    r#"body.a::month-00 a="9000" -> refuse a/format"#,
                    r#"body.a::letters a="90ab" -> refuse a/format"#,
                ],
            ),
            (
                "{name: a, type: string, presence: required, format: HHmmssSSS}",
                &[r#"body.a::hour-25 a="250101001" -> refuse a/format"#],
            ),
            (
                "{name: a, type: string, presence: required, format: dd}",
                &[r#"body.a::day-32 a="32" -> refuse a/format"#, r#"body.a::day-00 a="00" -> refuse a/format"#],
            ),
            ("{name: a, type: string, presence: required, format: ss}", &[]),
            ("{name: a, type: string, presence: required, format: email}", &[]),
            // Nothing is promised of what an open format does not show.
            ("{name: a, type: string, presence: required, format: {value: yyMM, open: seen in a client}}", &[]),
            ("{name: a, type: string, presence: required, length: 8}", &[]),
        ],
    );
}
