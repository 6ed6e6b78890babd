use crate::model::fixture::Touch;
use crate::plan::testing::plan;

/// A member whom the profile has prepared, and an endpoint `add` that does something to it.
fn touched(more: &str, wants: &str, fixture: &str) -> Vec<(String, Vec<Touch>)> {
    let plan = plan(&format!(
        "
        resources: [{{name: member, key: memberId, states: [ACTIVE, LEFT], left: [LEFT]}}, {{name: shop, key: shopId}}, {{name: pass, key: passId}}]
        == add POST /things
        request:
          - {{name: memberId, type: number, presence: required, value: 1..999999999999, ref: member.memberId}}
          - {{name: tag, type: string, presence: required, length: 4}}
          {more}
        response: [{{name: shopId, type: number, presence: required, value: 1..9}}]
        {wants}
        == profile
        fixtures: [{fixture}]
        "
    ));
    plan.cases_of(0).map(|case| (case.id.to_string(), case.touches)).collect()
}

fn of<'a>(cases: &'a [(String, Vec<Touch>)], id: &str) -> &'a [Touch] {
    let found = cases.iter().find(|(own, _)| own == &format!("add::{id}"));
    &found.unwrap_or_else(|| panic!("no {id} in {cases:#?}")).1
}

const MEMBER: &str = "{name: own, member: {memberId: 7, pin: '1234', level: 1}}";

#[test]
fn a_case_reads_changes_or_ends_the_fixture_that_it_names() {
    use Touch::{Changes, Ends, Reads};
    for (wants, fixture, legal, broken) in [
        ("", MEMBER, Reads, Reads),
        ("effects: [{read: member, by: memberId}]", MEMBER, Reads, Reads),
        // A target that takes what must be refused ends the fixture: others are kept away while it is tried.
        ("effects: [{update: member, by: memberId, state: LEFT}]", MEMBER, Ends, Changes),
        ("effects: [{delete: member, by: memberId}]", MEMBER, Ends, Changes),
        ("effects: [{update: member, by: memberId, set: {level: '2'}}]", MEMBER, Ends, Changes),
        ("effects: [{update: member, by: memberId, set: {level: '1'}}]", MEMBER, Changes, Changes),
        ("effects: [{update: member, by: memberId, state: ACTIVE}]", MEMBER, Changes, Changes),
        ("effects: [{create: shop, key: response.shopId}]", MEMBER, Reads, Reads),
        ("effects: [{create: shop, key: response.shopId, unique: [memberId]}]", MEMBER, Ends, Reads),
        ("effects: [{create: shop, key: response.shopId, unique: [tag]}]", MEMBER, Reads, Reads),
        // What the fixture says is not there comes.
        (
            "effects: [{create: pass, key: response.shopId, set: {member: memberId}}]",
            "{name: own, member: {memberId: 7}, pass: absent}",
            Ends,
            Reads,
        ),
        // A target makes as many of these as anybody wants.
        (
            "effects: [{update: member, by: memberId, state: LEFT}]",
            "{name: own, member: {memberId: \"7#####\"}}",
            Reads,
            Reads,
        ),
    ] {
        let cases = touched("", wants, fixture);
        assert_eq!(of(&cases, "valid::body::every-field"), [legal], "{wants} {fixture}");
        assert_eq!(of(&cases, "presence::body.memberId::absent"), [broken], "{wants} {fixture}");
        assert_eq!(of(&cases, "presence::body.tag::absent"), [broken], "{wants} {fixture}");
    }
}

const PIN: &str = "- {name: pin, type: string, presence: required, length: 4, equals: member.pin}";

#[test]
fn a_guess_that_is_counted_ends_the_fixture() {
    let errors = |attempts: &str| {
        format!(
            "errors:\n          - {{status: 403, code: PIN, message: m, when: {{mismatch: pin}}}}\n          - {{status: 403, code: MANY, message: m, when: {attempts}}}"
        )
    };
    let counted = touched(PIN, &errors("{attempts: {code: PIN, per: member, limit: unseen}}"), MEMBER);
    let free = touched(PIN, &errors("{state: {member: LEFT}}"), MEMBER);
    assert_eq!(of(&counted, "error::body.pin::PIN"), [Touch::Ends]);
    assert_eq!(of(&free, "error::body.pin::PIN"), [Touch::Reads]);
    // Nobody knows what a value gets that no source shows, and whether that is counted.
    assert_eq!(of(&counted, "length::body.pin::min-hangul"), [Touch::Ends]);
    assert_eq!(of(&free, "length::body.pin::min-hangul"), [Touch::Reads]);
    assert_eq!(of(&counted, "presence::body.pin::null"), [Touch::Reads]);
    assert_eq!(of(&counted, "valid::body::every-field"), [Touch::Reads]);
}

#[test]
fn a_case_without_fixtures_touches_none() {
    let plan = plan("== add POST /things");
    assert!(plan.cases_of(0).all(|case| case.touches.is_empty() && case.fixtures.is_empty()));
}
