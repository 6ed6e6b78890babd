use crate::model::{Expect, Family, Hostile};
use crate::plan::testing::{clause, plan};
use crate::plan::{Breadth, Plan};

/// How many hostile cases each endpoint has.
fn counts(plan: &Plan) -> Vec<(String, usize)> {
    let of = |at: usize| plan.cases_of(at).filter(|case| case.family == Family::Hostile).count();
    plan.contract().endpoints.iter().enumerate().map(|(at, e)| (e.id.clone(), of(at))).collect()
}

const SHAPES: &str = "
    resources: [{name: note, key: noteId}]
    == closed POST /closed
    undocumented: nobody has seen it
    == pay POST /pay
    hazard: money
    == one POST /one
    == two POST /two
    == look GET /look
    == view GET /view
";

#[test]
fn the_first_endpoint_of_a_shape_gets_every_kind_and_others_with_a_body_a_few() {
    let bodiless = Hostile::ALL.into_iter().filter(|kind| !kind.needs_body()).count();
    assert!(bodiless < Hostile::ALL.len());
    let (all, few, harmless) = (49, 12, 4);
    let named = |counts: [usize; 6]| -> Vec<(String, usize)> {
        ["closed", "pay", "one", "two", "look", "view"].map(str::to_owned).into_iter().zip(counts).collect()
    };
    let narrow = plan(SHAPES);
    assert_eq!(counts(&narrow), named([0, harmless, all, few, bodiless, 0]));
    // Of endpoints that are selected the first counts too.
    let selected = narrow.judging(vec![false, false, false, true, false, true]);
    assert_eq!(counts(&selected), named([0, harmless, all, all, bodiless, bodiless]));
    let wide = Plan::with(std::sync::Arc::clone(narrow.contract()), 0, Breadth { wide: true, ..Breadth::GATE });
    assert_eq!(counts(&wide), named([0, all, all, all, bodiless, bodiless]));
}

#[test]
fn what_is_encrypted_is_another_shape() {
    let text = "
        encryption: {id: e, scheme: jwe-compact, alg: RSA-OAEP-256, enc: [A128GCM], member: data, key_id_header: X-Key}
        == plain POST /plain
        encryption: {request: unmarked, response: unmarked}
        == sealed POST /sealed
        encryption: {request: marked, response: unmarked}
        == other POST /other
        encryption: {request: unseen, response: unmarked}
    ";
    let expected = [("plain", 49), ("sealed", 49), ("other", 12)].map(|(id, count)| (id.to_owned(), count));
    assert_eq!(counts(&plan(text)), expected);
}

#[test]
fn such_bytes_are_held_to_no_server_error_and_stand_under_what_they_spoil() {
    let plan = plan(SHAPES);
    let cases: Vec<_> = plan.cases_of(2).filter(|case| case.family == Family::Hostile).collect();
    for case in &cases {
        let kind = case.probe().hostile.expect("hostile bytes");
        let place = if kind.raw() { "wire" } else { "body" };
        assert_eq!(&*case.id, format!("one::hostile::{place}::{}", kind.word()));
        let clauses: Vec<String> = case.clauses.iter().map(|ix| clause(plan.contract(), *ix)).collect();
        assert_eq!(clauses, ["policy/answer/no-server-error"]);
        assert!(matches!(case.expect(), Expect::Either { bare: true, .. }), "{}", case.id);
    }
    assert!(
        cases.iter().any(|case| case.id.contains("::wire::")) && cases.iter().any(|case| case.id.contains("::body::"))
    );
    let few: Vec<Hostile> = plan.cases_of(3).filter_map(|case| case.probe().hostile).collect();
    let harmless: Vec<Hostile> = plan.cases_of(1).filter_map(|case| case.probe().hostile).collect();
    assert_eq!(harmless, few[..3].iter().copied().chain([Hostile::Truncated]).collect::<Vec<_>>());
}
