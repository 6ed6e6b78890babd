use super::step;
use crate::plan::testing::{contract, step as words};

/// Orders that are paid, and calls that may tell whether one was.
fn lookup(effect: &str, readers: &str) -> Option<String> {
    let contract = contract(&format!(
        "
        resources: [{{name: order, key: orderId}}]
        == pay POST /pay
        request:
          - {{name: orderId, type: string, presence: required, length: 1..9}}
          - {{name: slip, type: string, presence: required, length: 1..9}}
        response: [{{name: number, type: string, presence: required, length: 1..9}}]
        effects: [{effect}]
        {readers}
        "
    ));
    step(&contract, &contract.endpoints[0], 3).map(|own| words(&contract, &own))
}

fn reader(id: &str, request: &str, more: &str) -> String {
    format!(
        "
        == {id} POST /{id}
        request: [{request}]
        effects: [{{read: order}}]
        {more}
        "
    )
}

#[test]
fn a_silent_request_is_looked_up_by_a_call_that_reads_and_needs_no_more_than_it_had_named() {
    let by_key = "{create: order, key: orderId}";
    let by_slip = "{create: order, key: response.number, set: {slip: slip}}";
    let named = |attribute: &str| {
        format!("{{name: id, type: string, presence: required, length: 1..9, ref: order.{attribute}}}")
    };
    let other = |presence: &str| format!(", {{name: page, type: number, presence: {presence}, value: 1..9}}");
    let of_key = Some("order-get (undo) id=<sent 3 orderId>".to_owned());
    for (effect, readers, expected) in [
        (by_key, reader("order-get", &named("orderId"), ""), of_key.clone()),
        (by_slip, reader("order-get", &named("slip"), ""), Some("order-get (undo) id=<sent 3 slip>".to_owned())),
        // The key that only the answer has is not known.
        (by_slip, reader("order-get", &named("orderId"), ""), None),
        ("{update: order, by: orderId}", reader("order-get", &named("orderId"), ""), None),
        (by_key, reader("order-get", &(named("orderId") + &other("optional")), ""), of_key.clone()),
        (by_key, reader("order-get", &(named("orderId") + &other("required")), ""), None),
        (by_key, reader("order-get", &(named("orderId") + &other("unseen")), ""), None),
        (by_key, reader("order-get", &named("orderId"), "hazard: create"), None),
        (by_key, reader("order-get", &named("orderId"), "undocumented: nobody has seen it"), None),
        // The first call that will do.
        (by_key, reader("order-see", &named("slip"), "") + &reader("order-get", &named("orderId"), ""), of_key.clone()),
    ] {
        let effect = effect.replace(", by: orderId", "");
        assert_eq!(lookup(&effect, &readers), expected, "{effect} {readers}");
    }
}
