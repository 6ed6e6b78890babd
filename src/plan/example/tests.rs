use crate::model::Family;
use crate::plan::testing::table;

#[test]
fn the_documentation_s_own_test_data_is_sent_under_its_name() {
    let text = "
        resources: [{name: note, key: noteId}]
        == add POST /things
        request:
          - {name: a, type: string, presence: required, length: 2..5}
          - {name: b, type: string, presence: required, length: 2..5}
        errors:
          - {status: 400, code: LENGTH, message: m, when: {length: any}, documented_for: [b]}
          - {status: 400, code: EMPTY, message: m, when: {empty: any}}
          - {status: 400, code: UNSEEN, message: m, when: {where: {note.state: SHUT}}}
        test_data:
          - {name: good, title: t, expect: 200}
          - {name: too-short, title: t, expect: LENGTH}
          - {name: empty, title: t, expect: EMPTY}
          - {name: shut, title: t, expect: UNSEEN}
    ";
    table(
        Family::Example,
        &[
            (
                text,
                &[
                    "body::good -> accept unless UNSEEN",
                    // For the field that the row names.
                    r#"body::too-short b="a" -> refuse b/length with LENGTH unless UNSEEN"#,
                    r#"body::empty a="" -> refuse a/length with LENGTH, EMPTY unless UNSEEN"#,
                    "body::shut left out (errors/UNSEEN/code/note.state): no call of the contract brings about that note.state is SHUT: a profile's fixture can",
                ],
            ),
            ("{name: a, type: number, presence: required, value: 1..9}", &[]),
        ],
    );
}

#[test]
fn test_data_of_a_row_that_names_no_field_is_left_out() {
    let text = "
        == add POST /things
        request: [{name: a, type: number, presence: required, value: 1..9}]
        errors: [{status: 400, code: EMPTY, message: m, when: {empty: any}}]
        test_data: [{name: empty, title: t, expect: EMPTY}]
    ";
    table(Family::Example, &[(text, &["body::empty left out: its row names no field"])]);
}
