use crate::model::Family;
use crate::plan::testing::table;

#[test]
fn each_optional_field_is_left_out_in_turn_and_all_at_once() {
    let required = "{name: a, type: string, presence: required, length: 2..5}";
    let optional = "{name: b, type: number, presence: optional, value: 1..9}";
    let unseen = "{name: c, type: number, presence: unseen, value: 1..9}";
    let left_out = "-> either: c is left out, and no source says whether it must be there";
    table(
        Family::Valid,
        &[
            (required, &["body::every-field -> accept"]),
            (
                &format!("{required}, {optional}"),
                &[
                    "body::every-field -> accept",
                    "body::without-optional -b -> accept",
                    "body.b::without -b -> accept for b/presence",
                ],
            ),
            (
                &format!("{required}, {unseen}"),
                &["body::every-field -> accept", &format!("body::known-required-only -c {left_out}")],
            ),
            (
                &format!("{required}, {optional}, {unseen}"),
                &[
                    "body::every-field -> accept",
                    "body::without-optional -b -> accept",
                    &format!("body::known-required-only -b -c {left_out}"),
                    "body.b::without -b -> accept for b/presence",
                ],
            ),
            // A member is left out like any other field, an item of a list is not.
            (
                "{name: o, type: object, presence: required, fields: [{name: m, type: number, presence: optional, value: 1..9}]}",
                &[
                    "body::every-field -> accept",
                    "body::without-optional -o.m -> accept",
                    "body.o.m::without -o.m -> accept for o.m/presence",
                ],
            ),
            (
                "{name: l, type: array, presence: required, items: {type: object, fields: [{name: m, type: number, presence: optional, value: 1..9}]}}",
                &["body::every-field -> accept"],
            ),
            // A path without its parameter is another path; a query may be shorter.
            (
                "== add GET /things/{id}\nrequest: [{name: id, in: path, type: number, presence: optional, value: 1..9}]",
                &["body::every-field -> accept"],
            ),
            (
                "== add GET /things\nrequest: [{name: q, in: query, type: number, presence: optional, value: 1..9}]",
                &[
                    "body::every-field -> accept",
                    "body::without-optional -q -> accept",
                    "query.q::without -q -> accept for q/presence",
                ],
            ),
        ],
    );
}

#[test]
fn an_optional_reference_names_what_an_earlier_call_has_made() {
    let reader = "
        resources: [{name: memo, key: noteId}]
        == add POST /things
        request: [{name: noteId, type: number, presence: PRESENCE, value: 1..99, ref: memo.noteId}]
    ";
    let optional = reader.replace("PRESENCE", "optional");
    let unseen = reader.replace("PRESENCE", "unseen");
    let maker = "
        == note-add POST /notes
        response: [{name: noteId, type: number, presence: required, value: 1..99}]
        effects: [{create: memo, key: response.noteId}]
    ";
    let planted = "== profile\nfixtures: [{name: n, memo: {noteId: 7}}]\n";
    table(
        Family::Valid,
        &[
            (
                &format!("{optional}{maker}"),
                &[
                    "body::every-field -> accept",
                    "body.noteId::existing | note-add | noteId=<answer 0 noteId> -> accept for noteId/presence",
                ],
            ),
            (
                &optional,
                &[
                    "body::every-field -> accept",
                    "body.noteId::existing left out (noteId/presence): no call of this contract makes any memo",
                ],
            ),
            // Of a fixture no call of the way has heard.
            (
                &format!("{optional}{planted}"),
                &[
                    "body::every-field -> accept",
                    "body.noteId::existing left out (noteId/presence): no call of this contract makes any memo",
                ],
            ),
            // What may have to be there is named in every request.
            (
                &format!("{unseen}{maker}"),
                &[
                    "body::every-field | note-add | noteId=<answer 0 noteId> -> accept",
                    "body::known-required-only | note-add | noteId=<answer 0 noteId> -> accept",
                ],
            ),
        ],
    );
}
