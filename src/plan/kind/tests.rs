use crate::model::Family;
use crate::plan::testing::table;

#[test]
fn a_value_of_every_other_type_is_sent_and_the_legal_one_in_another_form() {
    table(
        Family::Type,
        &[
            (
                "{name: a, type: string, presence: required, length: 3}",
                &[
                    "body.a::number a=1 -> refuse a/type",
                    "body.a::boolean a=true -> refuse a/type",
                    "body.a::array a=[] -> refuse a/type",
                    "body.a::object a={} -> refuse a/type",
                    r#"body.a::as-list a=as-list("abc") -> refuse a/type"#,
                ],
            ),
            (
                "{name: a, type: string, presence: required, length: 3, charset: digits}",
                &[
                    "body.a::number a=1 -> refuse a/type",
                    "body.a::boolean a=true -> refuse a/type",
                    "body.a::array a=[] -> refuse a/type",
                    "body.a::object a={} -> refuse a/type",
                    r#"body.a::as-number a=as-number("963") -> refuse a/type"#,
                    r#"body.a::as-list a=as-list("963") -> refuse a/type"#,
                ],
            ),
            (
                "{name: a, type: string, presence: required, enum: [\"true\", \"false\"]}",
                &[
                    "body.a::number a=1 -> refuse a/type",
                    "body.a::boolean a=true -> refuse a/type",
                    "body.a::array a=[] -> refuse a/type",
                    "body.a::object a={} -> refuse a/type",
                    r#"body.a::as-boolean a=as-boolean("true") -> refuse a/type"#,
                    r#"body.a::as-list a=as-list("true") -> refuse a/type"#,
                ],
            ),
            (
                "{name: a, type: number, presence: required, value: 7..9}",
                &[
                    r#"body.a::string a="1" -> refuse a/type"#,
                    "body.a::boolean a=true -> refuse a/type",
                    "body.a::array a=[] -> refuse a/type",
                    "body.a::object a={} -> refuse a/type",
                    "body.a::as-text a=as-text(7) -> refuse a/type",
                    "body.a::as-list a=as-list(7) -> refuse a/type",
                ],
            ),
            (
                "{name: a, type: boolean, presence: required}",
                &[
                    r#"body.a::string a="1" -> refuse a/type"#,
                    "body.a::number a=1 -> refuse a/type",
                    "body.a::array a=[] -> refuse a/type",
                    "body.a::object a={} -> refuse a/type",
                    "body.a::as-text a=as-text(true) -> refuse a/type",
                    "body.a::as-list a=as-list(true) -> refuse a/type",
                ],
            ),
            (
                "{name: a, type: object, presence: required, fields: [{name: m, type: unseen, presence: optional}]}",
                &[
                    r#"body.a::string a="1" -> refuse a/type"#,
                    "body.a::number a=1 -> refuse a/type",
                    "body.a::boolean a=true -> refuse a/type",
                    "body.a::array a=[] -> refuse a/type",
                    "body.a::as-list a=as-list({}) -> refuse a/type",
                ],
            ),
            ("{name: a, type: unseen, presence: required}", &[]),
        ],
    );
}

#[test]
fn a_list_is_sent_as_its_first_entry_and_with_entries_of_the_other_type() {
    let other_types = "an item of another type takes the place of one that the list needs";
    table(
        Family::Type,
        &[
            (
                "{name: a, type: array, presence: required, items: {type: number, value: 7..9}}",
                &[
                    r#"body.a::string a="1" -> refuse a/type"#,
                    "body.a::number a=1 -> refuse a/type",
                    "body.a::boolean a=true -> refuse a/type",
                    "body.a::object a={} -> refuse a/type",
                    "body.a::as-entry a=as-entry([7]) -> refuse a/type",
                    "body.a::entries-of-other-type a=entries-of-other-type([7]) -> refuse a.*/type",
                    &format!("body.a.*::other-types left out (a.*/type): {other_types}"),
                ],
            ),
            // A text of letters is no number.
            (
                "{name: a, type: array, presence: required, items: {type: string, length: 3}}",
                &[
                    r#"body.a::string a="1" -> refuse a/type"#,
                    "body.a::number a=1 -> refuse a/type",
                    "body.a::boolean a=true -> refuse a/type",
                    "body.a::object a={} -> refuse a/type",
                    r#"body.a::as-entry a=as-entry(["abc"]) -> refuse a/type"#,
                    &format!("body.a.*::other-types left out (a.*/type): {other_types}"),
                ],
            ),
        ],
    );
}

#[test]
fn a_type_of_which_sources_disagree_is_no_other_type() {
    let disputed = "conflicts: [{id: c, what: w, a: one, b: two, either: [number, string], default: a}]\n";
    let one = format!(
        "{disputed}== add POST /things\nrequest: [{{name: a, type: {{conflict: c}}, presence: required, length: 1..9, value: 7..9}}]"
    );
    let items = format!(
        "{disputed}== add POST /things\nrequest: [{{name: a, type: array, presence: required, items: {{type: {{conflict: c}}, length: 1..9, value: 7..9}}}}]"
    );
    table(
        Family::Type,
        &[
            (
                &one,
                &[
                    "body.a::boolean a=true -> refuse a/type",
                    "body.a::array a=[] -> refuse a/type",
                    "body.a::object a={} -> refuse a/type",
                    "body.a::as-list a=as-list(7) -> refuse a/type",
                ],
            ),
            (
                &items,
                &[
                    r#"body.a::string a="1" -> refuse a/type"#,
                    "body.a::number a=1 -> refuse a/type",
                    "body.a::boolean a=true -> refuse a/type",
                    "body.a::object a={} -> refuse a/type",
                    "body.a::as-entry a=as-entry([7]) -> refuse a/type",
                    "body.a.*::other-types left out (a.*/type): an item of another type takes the place of one that the list needs",
                ],
            ),
        ],
    );
}

#[test]
fn an_address_holds_text_so_that_only_a_word_is_of_another_type() {
    let text = "an address holds nothing but text";
    let query =
        |field: &str| format!("== add GET /things\nrequest: [{{name: q, in: query, presence: required, {field}}}]");
    table(
        Family::Type,
        &[
            (&query("type: number, value: 1..9"), &[r#"query.q::word q="x1" -> refuse q/type"#]),
            (&query("type: boolean"), &[r#"query.q::word q="x1" -> refuse q/type"#]),
            (&query("type: string, length: 1..9"), &[&format!("query.q::other-types left out (q/type): {text}")]),
            (
                &query("type: array, items: {type: number, value: 1..9}"),
                &[r#"query.q::word q=["x1"] -> refuse q.*/type"#],
            ),
            (&query("type: array, items: {type: boolean}"), &[r#"query.q::word q=["x1"] -> refuse q.*/type"#]),
            (
                &query("type: array, items: {type: string, length: 1..9}"),
                &[&format!("query.q::other-types left out (q/type): {text}")],
            ),
            (
                "== add GET /things/{p}\nrequest: [{name: p, in: path, presence: required, type: number, value: 1..9}]",
                &[r#"path.p::word p="x1" -> refuse p/type"#],
            ),
        ],
    );
}
