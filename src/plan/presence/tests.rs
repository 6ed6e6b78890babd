use crate::model::Family;
use crate::plan::testing::table;

#[test]
fn a_field_is_left_out_and_null_where_its_place_allows_that() {
    table(
        Family::Presence,
        &[
            (
                "{name: a, type: number, presence: required, value: 1..9}",
                &["body.a::absent -a -> refuse a/presence", "body.a::null a=null -> refuse a/presence"],
            ),
            // Left out it is a legal request, which another family sends.
            (
                "{name: a, type: number, presence: optional, value: 1..9}",
                &["body.a::null a=null -> either: a is null, and no source says what null means there"],
            ),
            (
                "{name: a, type: number, presence: optional, value: 1..9, nullable: true}",
                &["body.a::null a=null -> accept for a/presence"],
            ),
            (
                "{name: a, type: number, presence: unseen, value: 1..9}",
                &[
                    "body.a::absent -a -> either: a is left out, and no source says whether it must be there",
                    "body.a::null a=null -> either: a is null, and no source says what null means there",
                ],
            ),
            (
                "{name: o, type: object, presence: required, fields: [{name: m, type: number, presence: required, value: 1..9}]}",
                &[
                    "body.o::absent -o -> refuse o/presence",
                    "body.o::null o=null -> refuse o/presence",
                    "body.o.m::absent -o.m -> refuse o.m/presence",
                    "body.o.m::null o.m=null -> refuse o.m/presence",
                ],
            ),
            // An address holds no null.
            (
                "== add GET /things\nrequest: [{name: q, in: query, type: number, presence: required, value: 1..9}]",
                &["query.q::absent -q -> refuse q/presence"],
            ),
            ("== add GET /things\nrequest: [{name: q, in: query, type: number, presence: optional, value: 1..9}]", &[]),
            (
                "== add GET /things/{id}\nrequest: [{name: id, in: path, type: number, presence: required, value: 1..9}]",
                &["path.id::absent left out (id/presence): without it the path is another one"],
            ),
        ],
    );
}
