use std::sync::Arc;

use super::testing::{case_line, edit, line, plan, step};
use super::{Breadth, Plan, Smaller};
use crate::contract::Contract;
use crate::model::{Case, Edit, Family, Hole, Input, Json, Role, Step, Template};

/// Members, and calls that show and end one.
const MEMBERS: &str = "
    resources: [{name: member, key: memberId, states: [ACTIVE, LEFT], left: [LEFT]}]
    == member-add POST /members
    request: [{name: name, type: string, presence: required, length: 1..9}]
    response: [{name: memberId, type: number, presence: required, value: 1..999999999999}]
    effects: [{create: member, key: response.memberId, set: [name]}]
    == member-get GET /members/{memberId}
    request: [{name: memberId, in: path, type: number, presence: required, value: 1..999999999999, ref: member.memberId}]
    response: [{name: name, type: string, presence: required, length: 1..9}]
    effects: [{read: member, by: memberId, answer: {name: member.name}}]
    == member-leave POST /leave
    request: [{name: memberId, type: number, presence: required, value: 1..999999999999, ref: member.memberId}]
    effects: [{update: member, by: memberId, state: LEFT}]
    errors: [{status: 404, code: NONE, message: m, when: {unknown: memberId}}]
";

fn told(plan: &Plan, case: Option<Case>) -> String {
    case.map_or("none".to_owned(), |case| format!("{} {}", case.id, case_line(plan, &case)))
}

#[test]
fn a_case_is_found_by_its_id_alone() {
    let plan = plan(MEMBERS);
    for id in [
        "member-add::length::body.name::max+1",
        "member-add::fuzz::body::legal-0000",
        "member-add::walk::body::calls-0000",
        // Beyond what this breadth sends.
        "member-add::fuzz::body::legal-0016",
        "member-add::unicode::body.name::tab",
    ] {
        let found = plan.find(id).unwrap_or_else(|| panic!("no {id}"));
        assert_eq!(&*found.id, id);
    }
    for id in [
        "member-add::length::body.name::max+2",
        "member-add::fuzz::body::near-0000",
        "member-add::walk::body::calls-1",
        "other::length::body.name::max+1",
        "member-add::valid::body::catalogue-1",
        "",
    ] {
        assert!(plan.find(id).is_none(), "{id}");
    }
    let canary = plan.find("member-get::valid::body::canary");
    assert_eq!(
        told(&plan, canary),
        "member-get::valid::body::canary body::canary | member-add | memberId=<answer 0 memberId> -> accept"
    );
}

#[test]
fn every_case_comes_from_its_endpoint_and_what_cannot_be_planned_has_a_reason() {
    let plan = plan(&format!("{MEMBERS}\n    == closed POST /closed\n    undocumented: nobody has seen it\n"));
    let mut expected: Vec<String> = Vec::new();
    for at in 0..4 {
        expected.extend(plan.cases_of(at).map(|case| case.id.to_string()));
    }
    assert_eq!(plan.cases().map(|case| case.id.to_string()).collect::<Vec<_>>(), expected);
    assert_eq!(plan.cases_of(3).count(), 0);
    let closed: Vec<String> = plan
        .left_out()
        .filter(|left| left.id.starts_with("closed"))
        .map(|left| format!("{} {}", left.id, left.reason))
        .collect();
    assert_eq!(closed, ["closed::valid::body::every-field undocumented: nobody has seen it"]);
    assert_eq!(plan.why_not(3).as_deref(), Some("undocumented: nobody has seen it"));
    assert_eq!(plan.why_not(0), None);
    let families: Vec<Family> =
        Family::ALL.into_iter().filter(|f| plan.cases().any(|case| case.family == *f)).collect();
    assert!(
        families.contains(&Family::Valid) && families.contains(&Family::Hostile) && !families.contains(&Family::Crypto)
    );
    assert_eq!((plan.seed(), plan.reseeded(5).seed()), (0, 5));
}

#[test]
fn a_canary_ends_no_fixture() {
    let ends = |rows: &str, fixture: &str| {
        format!(
            "
            resources: [{{name: member, key: memberId, states: [ACTIVE, LEFT], left: [LEFT]}}]
            == leave POST /leave
            request: [{{name: memberId, type: number, presence: required, value: 1..999999999999, ref: member.memberId}}]
            effects: [{{update: member, by: memberId, state: LEFT}}]
            errors: [{rows}]
            == profile
            fixtures: [{{name: own, member: {{memberId: {fixture}}}}}]
            "
        )
    };
    let none = "{status: 404, code: NONE, message: m, when: {unknown: memberId}}";
    let nobody = "memberId=<number 900000000000..999999999999>";
    for (text, expected) in [
        (
            ends(none, "7"),
            format!("leave::valid::body::canary body::canary {nobody} -> refuse errors/NONE/code/memberId with NONE"),
        ),
        // What names nothing may be taken, as far as anybody knows.
        (ends("", "7"), "none".to_owned()),
        (
            ends(&none.replace("when", "trigger: inferred, when"), "7"),
            format!("leave::valid::body::canary body::canary {nobody} -> refuse errors/NONE/code/memberId with NONE"),
        ),
        // Another row may come first, as far as anybody knows.
        (
            ends(
                &format!("{none}, {{status: 409, code: G, message: m, trigger: inferred, when: {{state: {{member: LEFT}}}}}}"),
                "7",
            ),
            "none".to_owned(),
        ),
        // The call that has to come first names the fixture and leaves it as it is.
        (
            ends("", "7").replace(
                "== profile",
                "after: [check]\n            == check POST /check\n            request: [{name: memberId, type: number, presence: required, value: 1..999999999999, ref: member.memberId}]\n            == profile",
            ),
            "check::valid::body::canary body::canary memberId=<fixture 0.0 memberId> -> accept".to_owned(),
        ),
        // Of these there are as many as anybody wants.
        (
            ends(none, "'7#####'"),
            "leave::valid::body::canary body::canary memberId=<fixture 0.0 memberId> -> accept".to_owned(),
        ),
    ] {
        let plan = plan(&text);
        assert_eq!(told(&plan, plan.canary(0)), expected, "{text}");
    }
    let plan = plan(MEMBERS);
    assert_eq!(
        told(&plan, plan.canary(2)),
        "member-leave::valid::body::canary body::canary | member-add | memberId=<answer 0 memberId> -> accept"
    );
}

#[test]
fn where_no_request_is_accepted_the_first_call_that_leads_to_it_is_the_canary() {
    let text = MEMBERS.replace("when: {unknown: memberId}", "when: {state: {member: ACTIVE}}");
    let plan = plan(&text);
    assert_eq!(told(&plan, plan.canary(2)), "member-add::valid::body::canary body::canary -> accept");
    let none = text.replace("create: member", "update: member");
    let plan = crate::plan::testing::plan(&none);
    assert_eq!(told(&plan, plan.canary(2)), "none");
}

const TERMS: &str = "
    resources: [{name: terms, key: tcId, catalogue: true}]
    == terms-all GET /terms
    request:
      - {name: kind, in: query, type: string, presence: optional, enum: [A, B]}
      - {name: lang, in: query, type: string, presence: required, enum: [ko]}
      - {name: size, in: query, type: number, presence: optional, value: 1..50}
      - {name: page, in: query, type: PAGE, presence: optional, PAGES}
    response:
      - name: list
        type: array
        presence: required
        items: {type: object, fields: [{name: tcId, type: number, presence: required, value: 1..99999}]}
    effects: [{read: terms, list: LIST}]
    == add POST /things
    request: [{name: ids, type: array, presence: required, items: {type: number, value: 1..99999}, sample: {catalogue: terms, where: {required: YES}}}]
    == other POST /others
    request: [{name: a, type: number, presence: required, value: 1..9}]
";

#[test]
fn a_catalogue_is_read_whole_page_by_page_with_nothing_that_may_narrow_it() {
    let text = |kind: &str, list: &str| {
        let pages = if kind == "number" { "value: 1..99" } else { "length: 1..9" };
        TERMS.replace("PAGES", pages).replace("PAGE", kind).replace("LIST", list)
    };
    let whole = "{at: response.list, size: size, page: page}";
    for (kind, list, expected) in [
        ("number", whole, "-kind size=50 page=3"),
        ("string", whole, "-kind size=50 page=\"3\""),
        ("number", "{at: response.list}", "-kind -size -page"),
        ("number", "{at: response.list, page: page}", "-kind -size page=3"),
    ] {
        let plan = plan(&text(kind, list));
        let id = "terms-all::valid::body::catalogue-3";
        let found = plan.find(id).unwrap_or_else(|| panic!("no {id}"));
        assert_eq!(found.probe().edits.iter().map(edit).collect::<Vec<_>>().join(" "), expected, "{kind} {list}");
    }
    let closed = text("number", whole)
        .replace("== terms-all GET /terms\n", "== terms-all GET /terms\n    undocumented: nobody has seen it\n");
    let why = "no call that can be made lists each terms: a profile's fixture can";
    let reasons = |text: &str| {
        let plan = plan(text);
        [1, 2].map(|at| plan.unlisted(at))
    };
    assert_eq!(reasons(&text("number", whole)), [None, None]);
    assert_eq!(reasons(&closed), [Some(why.to_owned()), None]);
    let prepared = "\n== profile\nfixtures: [{name: own, terms: {tcId: 7, required: \"YES\"}}]\n";
    assert_eq!(reasons(&format!("{closed}{prepared}")), [None, None]);
    let plan = plan(&closed);
    assert!(plan.catalogue(0, plan.contract().endpoints[0].effects[0].list.as_ref().expect("a list"), 1).is_none());
}

#[test]
fn a_selection_judges_its_own_endpoints_and_leaves_others_as_they_are() {
    let plan = plan(MEMBERS);
    assert!((0..3).all(|at| plan.selected(at) && plan.judges(0, at)));
    let own = plan.judging(vec![true, false, true]);
    assert_eq!([0, 1, 2, 9].map(|at| own.selected(at)), [true, false, true, false]);
    for (endpoint, other, expected) in
        [(0, 0, true), (0, 2, true), (0, 1, false), (1, 1, true), (1, 0, true), (1, 2, true)]
    {
        assert_eq!(own.judges(endpoint, other), expected, "{endpoint} {other}");
    }
    let shown = plan.find("member-add::unicode::body.name::emoji-sequence").expect("a case");
    let case = |endpoint: usize, steps: &[(usize, Role)]| Case {
        endpoint,
        steps: steps.iter().map(|(at, role)| Step::new(*at, *role, Vec::new())).collect(),
        ..shown.clone()
    };
    for (case, expected) in [
        (case(0, &[(0, Role::Probe)]), true),
        (case(0, &[(1, Role::Setup), (0, Role::Probe)]), true),
        (case(0, &[(0, Role::Probe), (1, Role::Probe)]), false),
        (case(0, &[(0, Role::Probe), (2, Role::Probe)]), true),
    ] {
        assert_eq!(own.keeps(&case), expected, "{:?}", case.steps);
        assert!(plan.keeps(&case));
    }
}

#[test]
fn a_known_value_takes_the_type_of_the_field_that_it_goes_into() {
    let plan = plan(
        "
        == add POST /things
        request:
          - {name: text, type: string, presence: required, length: 1..9}
          - {name: number, type: number, presence: required, value: 1..9999}
          - {name: flag, type: boolean, presence: required}
          - {name: list, type: array, presence: required, items: {type: number, value: 1..9999}}
          - {name: object, type: object, presence: required, fields: []}
        ",
    );
    let sent = || Hole::Sent { step: 0, path: "a".to_owned() };
    let hole = || Template::Hole(sent());
    let entry = || {
        Template::Hole(Hole::Entry {
            resource: "r".to_owned(),
            attribute: "a".to_owned(),
            value: "v".to_owned(),
            text: true,
        })
    };
    let text = Json::text;
    for (path, value, known, expected) in [
        ("text", hole(), Json::number("71"), r#""71""#),
        ("text", hole(), text("71"), r#""71""#),
        ("number", hole(), text("71"), "71"),
        // `007` is no JSON number.
        ("number", hole(), text("007"), r#""007""#),
        ("flag", hole(), text("true"), "true"),
        ("object", hole(), text("71"), r#""71""#),
        ("list", Template::Array(vec![hole()]), text("71"), "[71]"),
        ("list", Template::Array(vec![hole(), hole()]), text("71"), r#"["71","71"]"#),
        // What the case puts there itself, and what a catalogue gives, stays as it is.
        ("number", Template::text("71"), text("5"), r#""71""#),
        ("number", entry(), text("71"), r#""71""#),
    ] {
        let step = Step::new(0, Role::Probe, vec![Edit::Set(path.to_owned(), value.clone())]);
        let bound = plan.bind(&step, &mut |_| Ok::<_, std::convert::Infallible>(known.clone()));
        let Ok(bound) = bound;
        assert_eq!(bound.at(path).map(Json::to_text).as_deref(), Some(expected), "{path} {value:?} {known:?}");
    }
    let failing = plan.bind(&Step::new(0, Role::Probe, vec![Edit::Set("text".to_owned(), hole())]), &mut |_| Err("no"));
    assert_eq!(failing.err(), Some("no"));
}

#[test]
fn a_step_that_takes_what_the_target_answered_borrows() {
    let plan = plan(
        "
        resources: [{name: terms, key: tcId, catalogue: true}]
        == add POST /things
        request: [{name: a, type: number, presence: required, value: 1..9}]
        == of-terms POST /terms
        request: [{name: tcId, type: number, presence: required, value: 1..9, sample: {catalogue: terms, where: {required: A}}}]
        ",
    );
    let set = |hole| Edit::Set("a".to_owned(), Template::Hole(hole));
    for (endpoint, edits, expected) in [
        (0, vec![], false),
        (0, vec![set(Hole::Answer { step: 0, path: "a".to_owned() })], true),
        (0, vec![set(Hole::Number { field: "a".to_owned(), least: 1, most: 9 })], false),
        (0, vec![Edit::Remove("a".to_owned())], false),
        (1, vec![], true),
    ] {
        assert_eq!(plan.borrows(&Step::new(endpoint, Role::Probe, edits.clone())), expected, "{endpoint} {edits:?}");
    }
}

#[test]
fn prepared_requests_are_all_that_is_planned_where_the_target_takes_no_others() {
    let plan = plan(&format!(
        "{MEMBERS}\n    == profile\n    prepared_only: true\n    prepared: {{member-get: {{memberId: 7}}}}\n"
    ));
    let lines: Vec<String> = (0..3).flat_map(|at| plan.planned_of(at)).map(|planned| line(&plan, &planned)).collect();
    let unprepared = "body::every-field left out: the target takes prepared requests only, and the profile's `prepared` has none for it";
    assert_eq!(lines, [unprepared, "body::prepared -> accept", unprepared]);
    assert!(plan.find("member-get::fuzz::body::legal-0000").is_none());
    assert!(plan.written("member-get::fuzz::body::legal-0000", &Input::Edits(Vec::new())).is_none());
}

#[test]
fn a_drawn_case_is_made_smaller_or_made_again_from_its_input() {
    let plan = plan(MEMBERS);
    let drawn = plan.find("member-add::fuzz::body::one-violation-0001").expect("a case");
    assert!(matches!(plan.smaller(&drawn, &[]), Smaller::Case(case) if case.id == drawn.id));
    assert!(matches!(plan.smaller(&drawn, &[true; 500]), Smaller::Nothing));
    let planned = plan.find("member-add::length::body.name::max").expect("a case");
    assert!(matches!(plan.smaller(&planned, &[]), Smaller::Nothing));
    let walk = plan.find("member-add::walk::body::calls-0000").expect("a case");
    assert!(matches!(plan.smaller(&walk, &[]), Smaller::Case(case) if case.id == walk.id));
    let input = &drawn.draw.as_ref().expect("a draw").input;
    let again = plan.written(&drawn.id, input).expect("a case");
    assert_eq!(case_line(&plan, &again), case_line(&plan, &drawn));
    assert_eq!(again.draw.as_ref().map(|draw| draw.number), Some(None));
    let calls = &walk.draw.as_ref().expect("a draw").input;
    let again = plan.written(&walk.id, calls).expect("a case");
    assert_eq!(case_line(&plan, &again), case_line(&plan, &walk));
    assert!(plan.written("other::fuzz::body::legal-0000", input).is_none());
    assert!(plan.written(&walk.id, &Input::Calls(Vec::new())).is_none());
}

#[test]
fn the_calls_that_look_up_undo_and_move() {
    let plan = plan(&format!("{MEMBERS}\n    == profile\n    fixtures: [{{name: own, member: {{memberId: 7}}}}]\n"));
    let contract: &Contract = plan.contract();
    assert_eq!(plan.undoing("member", "7").map(|own| step(contract, &own)), Ok("member-leave memberId=7".to_owned()));
    assert!(plan.undoing("member", &"7".repeat(127)).is_ok());
    assert!(plan.undoing("member", &"7".repeat(128)).is_err());
    assert!(plan.lookup(0, 2).is_none());
    assert_eq!(plan.nameless(1).iter().map(edit).collect::<Vec<_>>(), ["memberId=<number 900000000000..999999999999>"]);
    assert_eq!(plan.nameless(0), []);
    let moves = |at| plan.moves(&Step::new(at, Role::Probe, Vec::new()), 0);
    assert_eq!([0, 1, 2].map(moves), [false, false, true]);
    let paid = crate::plan::testing::plan(
        "
        resources: [{name: order, key: orderId}]
        == pay POST /pay
        request: [{name: orderId, type: string, presence: required, length: 1..9}]
        effects: [{create: order, key: orderId}]
        == order-get POST /get
        request: [{name: id, type: string, presence: required, length: 1..9, ref: order.orderId}]
        effects: [{read: order}]
        ",
    );
    let looked = paid.lookup(0, 2).map(|own| step(paid.contract(), &own));
    assert_eq!(looked.as_deref(), Some("order-get (undo) id=<sent 2 orderId>"));
    // What is changed is no part of the fixture.
    let other = crate::plan::testing::plan(
        "
        resources: [{name: member, key: memberId}, {name: shop, key: shopId}]
        == add POST /things
        effects: [{update: shop}]
        == drop POST /drop
        effects: [{delete: member}]
        == show POST /show
        request: [{name: memberId, type: number, presence: required, value: 1..9, ref: member.memberId}]
        effects: [{read: member}]
        == profile
        fixtures: [{name: own, member: {memberId: 7}}]
        ",
    );
    let moves = |at| other.moves(&Step::new(at, Role::Probe, Vec::new()), 0);
    assert_eq!([0, 1, 2].map(moves), [false, true, false]);
}

#[test]
fn the_length_that_is_sent_where_sources_disagree_is_told() {
    let text = |length: &str| {
        format!(
            "
            conflicts: [{{id: c, what: w, a: one, b: two, either: [\"4\", \"6\"], default: b}}]
            request_headers:
              - {{name: X-Id, presence: required, length: {length}, send: abcdef}}
              - {{name: X-Other, presence: required, length: {{conflict: c}}}}
            == add POST /things
            "
        )
    };
    assert_eq!(plan(&text("{conflict: c}")).sides(0), ["X-Id of 6"]);
    assert_eq!(plan(&text("6")).sides(0), [""; 0]);
}

#[test]
fn the_baseline_is_the_prepared_request_or_what_fields_say_and_the_profile_adds() {
    let text = "
        resources: [{name: note, key: noteId}]
        == add POST /things
        request:
          - {name: a, type: string, presence: required, length: 2}
          - {name: n, type: number, presence: required, value: 1..9, ref: note.noteId}
          - {name: u, type: unseen, presence: optional}
    ";
    let body = |profile: &str| {
        let plan = plan(&format!("{text}{profile}"));
        let step = Step::new(0, Role::Probe, Vec::new());
        let Ok(body) = plan.bind(&step, &mut |_| Ok::<_, std::convert::Infallible>(Json::Null));
        body.to_text()
    };
    assert_eq!(body(""), r#"{"a":"ab"}"#);
    assert_eq!(body("== profile\nbindings: {add: {send: {a: xy, more: 7}}}\n"), r#"{"a":"xy","more":7}"#);
    assert_eq!(body("== profile\nprepared_only: true\nprepared: {add: {n: 7}}\n"), r#"{"n":7}"#);
}

#[test]
fn a_reference_that_may_be_left_out_is_named_by_what_a_way_has_or_a_call_makes() {
    let text = "
        resources: [{name: note, key: noteId}, {name: page, key: pageId}]
        == page-add POST /pages
        response: [{name: pageId, type: number, presence: required, value: 1..999}]
        effects: [{create: page, key: response.pageId}]
        == add POST /things
        request:
          - {name: noteId, type: number, presence: PRESENCE, value: 1..999, ref: note.noteId}
          - {name: other, type: number, presence: optional, value: 1..999, ref: note.noteId}
          - {name: plain, type: number, presence: optional, value: 1..9}
        == note-add POST /notes
        response: [{name: noteId, type: number, presence: required, value: 1..999}]
        effects: [{create: note, EFFECT key: response.noteId}]
    ";
    let told = |presence: &str, effect: &str, path: &str| {
        let plan = plan(&text.replace("PRESENCE", presence).replace("EFFECT", effect));
        let named = plan.naming(1, path);
        named.map(|(way, own)| {
            let steps: Vec<String> = way.steps.iter().map(|own| step(plan.contract(), own)).collect();
            let edits: Vec<String> = way.edits.iter().chain([&own]).map(edit).collect();
            format!("{} | {}", steps.join(" | "), edits.join(" "))
        })
    };
    let named = |text: &str| Ok(text.to_owned());
    assert_eq!(told("required", "", "other"), named("note-add | noteId=<answer 0 noteId> other=<answer 0 noteId>"));
    assert_eq!(told("optional", "", "other"), named("note-add | other=<answer 0 noteId>"));
    assert_eq!(told("optional", "", "plain"), Err("the field names nothing".to_owned()));
    assert_eq!(
        told("optional", "if: response.noteId,", "other"),
        Err("no call of this contract makes any note".to_owned())
    );
}

#[test]
fn a_wider_plan_has_more_of_everything() {
    let narrow = plan(MEMBERS);
    let wide = Plan::with(Arc::clone(narrow.contract()), 0, Breadth { fuzz: 10, walks: 5, wide: true });
    let count = |plan: &Plan, family| plan.cases_of(0).filter(|case| case.family == family).count();
    assert_eq!((count(&narrow, Family::Fuzz), count(&narrow, Family::Walk)), (8, 3));
    assert_eq!((count(&wide, Family::Fuzz), count(&wide, Family::Walk)), (10, 5));
    assert!(count(&wide, Family::Unicode) > count(&narrow, Family::Unicode));
    assert_eq!(wide.breadth().fuzz, 10);
}
