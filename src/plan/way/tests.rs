use super::Way;
use crate::model::case::{Poll, RowRef, Until};
use crate::model::{Expect, Json, Role, Step};
use crate::plan::testing::plan;

const ORDERS: &str = "
    resources: [{name: order, key: orderId}]
    == add POST /orders
    request: [{name: tag, type: string, presence: required, length: 3}]
    response:
      - {name: orderId, type: number, presence: required, value: 1..999}
      - {name: status, type: string, presence: required, enum: [BUSY, DONE]}
    effects: [{create: order, if: {response.status: DONE}, key: response.orderId, set: [tag]}]
    errors: [{status: 409, code: E, message: m, when: {taken: tag}}]
    == profile
    fixtures: [{name: own, order: {orderId: 7}}]
";

#[test]
fn a_way_goes_on_with_calls_that_are_taken_and_with_what_they_wait_for() {
    let plan = plan(ORDERS);
    let made = |way: &Way| way.world.of(0).count();
    let empty = Way::nothing(&plan);
    assert_eq!((made(&empty), empty.dangling, empty.steps.len()), (0, true, 0));
    let planted = Way::planted(&plan, &[0]);
    assert_eq!((made(&planted), planted.fixtures.clone()), (1, vec![0]));
    let poll = |words: &[&str]| {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        let mut step = Step::new(0, Role::Setup, Vec::new());
        step.poll = Some(Poll { path: "status".to_owned(), until: Until::Word(words) });
        step
    };
    let status = |way: &Way| way.answers[0].at("status").cloned();
    let waited = empty.clone().call(&plan, poll(&["DONE"]));
    assert_eq!((made(&waited), status(&waited)), (1, Some(Json::text("DONE"))));
    let busy = empty.clone().call(&plan, poll(&["BUSY"]));
    assert_eq!((made(&busy), status(&busy)), (0, Some(Json::text("BUSY"))));
    let then = empty.clone().then(&plan, 0, Vec::new());
    assert_eq!((then.steps.len(), then.sent.len(), then.answers.len()), (1, 1, 1));
    assert_eq!(then.steps[0].role, Role::Setup);
    assert_eq!(then.sent[0].to_text(), r#"{"tag":"abc"}"#);
}

#[test]
fn an_attempt_is_refused_makes_nothing_and_may_get_any_answer() {
    let plan = plan(ORDERS);
    let row = RowRef { row: 0, field: 0 };
    let way = Way::nothing(&plan).attempt(&plan, 0, Vec::new(), row);
    assert_eq!(way.world.of(0).count(), 0);
    assert_eq!((way.steps[0].role, way.steps[0].state), (Role::Attempt, Some(row)));
    assert_eq!(way.steps[0].expect, Expect::Either { why: String::new(), bare: false });
    assert_eq!((way.sent[0].to_text(), way.answers[0].to_text()), (r#"{"tag":"abc"}"#.to_owned(), "{}".to_owned()));
}
