use super::{each_link, nameless};
use crate::plan::testing::{edit, found, plan};
use crate::plan::way::Goal;

/// Members and cards of theirs, and an endpoint `add` with a request of its own.
fn cards(request: &str, more: &str) -> String {
    format!(
        "
        resources:
          - {{name: member, key: memberId, states: [ACTIVE, LEFT], left: [LEFT]}}
          - {{name: card, key: cardId}}
          - {{name: ticket, key: ticketId, fleeting: true}}
        == add POST /things
        request: [{request}]
        == member-add POST /members
        request:
          - {{name: name, type: string, presence: required, length: 1..9}}
          - {{name: nick, type: string, presence: optional, length: 1..9, ref: member.nick}}
        response: [{{name: memberId, type: number, presence: required, value: 1..999}}]
        effects: [{{create: member, key: response.memberId, set: [name, nick]}}]
        == card-add POST /cards
        request:
          - {{name: memberId, type: number, presence: required, value: 1..999, ref: member.memberId}}
          - {{name: ticketId, type: string, presence: required, length: 6, ref: ticket.ticketId}}
        response: [{{name: cardId, type: number, presence: required, value: 1..999}}]
        effects: [{{create: card, key: response.cardId, set: {{member: memberId}}}}]
        == ticket-add POST /tickets
        response: [{{name: ticketId, type: string, presence: required, length: 6}}]
        effects: [{{create: ticket, key: response.ticketId}}]
        {more}
        "
    )
}

fn member(presence: &str) -> String {
    format!("{{name: memberId, type: number, presence: {presence}, value: 1..999, ref: member.memberId}}")
}

const CARD: &str = "{name: cardId, type: number, presence: required, value: 1..999, ref: card.cardId}";
const TICKET: &str = "{name: ticketId, type: string, presence: required, length: 6, ref: ticket.ticketId}";

#[test]
fn what_a_request_names_belongs_together_and_what_is_short_lived_is_made_last_and_once_for_each_use() {
    let required = member("required");
    let somebody = "memberId=<answer 0 memberId>";
    let card = format!("member-add | ticket-add | card-add {somebody} ticketId=<answer 1 ticketId>");
    for (request, expected) in [
        (String::new(), String::new()),
        (required.clone(), format!("member-add | {somebody}")),
        (member("unseen"), format!("member-add | {somebody}")),
        (member("optional"), String::new()),
        (CARD.to_owned(), format!("{card} | cardId=<answer 2 cardId>")),
        (format!("{required}, {CARD}"), format!("{card} | {somebody} cardId=<answer 2 cardId>")),
        (TICKET.to_owned(), "ticket-add | ticketId=<answer 0 ticketId>".to_owned()),
        (
            format!("{TICKET}, {CARD}"),
            format!("{card} | ticket-add | ticketId=<answer 3 ticketId> cardId=<answer 2 cardId>"),
        ),
        (
            "{name: ids, type: array, presence: required, items: {type: number, value: 1..999, ref: member.memberId}}".to_owned(),
            "member-add | ids=[<answer 0 memberId>]".to_owned(),
        ),
        // Members of a list's entries come from its sample.
        (
            "{name: list, type: array, presence: required, items: {type: object, fields: [{name: id, type: number, presence: required, value: 1..999, ref: member.memberId}]}}".to_owned(),
            String::new(),
        ),
    ] {
        assert_eq!(found(&plan(&cards(&request, "")), "add", Goal::Accept), expected, "{request}");
    }
}

#[test]
fn what_a_thing_never_had_is_left_out_unless_it_must_be_there() {
    let nick = |presence: &str| {
        format!(
            "{}, {{name: nick, type: string, presence: {presence}, length: 1..9, equals: member.nick}}",
            member("required")
        )
    };
    let level = format!(
        "{}, {{name: level, type: string, presence: required, length: 1..9, equals: member.level}}",
        member("required")
    );
    let somebody = "member-add | memberId=<answer 0 memberId>";
    for (request, expected) in [
        (nick("unseen"), format!("{somebody} -nick")),
        (nick("required"), "none: no call shows the nick of the member".to_owned()),
        (nick("optional"), somebody.to_owned()),
        (level, "none: no call shows the level of the member".to_owned()),
    ] {
        assert_eq!(found(&plan(&cards(&request, "")), "add", Goal::Accept), expected, "{request}");
    }
}

#[test]
fn a_call_that_would_be_refused_or_cannot_be_made_leads_nowhere() {
    let text = |more: &str| {
        cards(&member("required"), "")
            .replace("== member-add POST /members\n", &format!("== member-add POST /members\n        {more}\n"))
    };
    let shop = "{name: shopId, type: number, presence: required, value: 1..999, ref: member.memberId}";
    for (text, expected) in [
        (
            text("undocumented: nobody has seen it"),
            "none: no call of the contract makes any member: a profile's fixture can",
        ),
        (
            cards(shop, "").replace(
                "{name: name, type: string, presence: required, length: 1..9}",
                "{name: name, type: string, presence: required, length: 1..9, ref: card.cardId}",
            ),
            "none: no call makes any member without another one",
        ),
    ] {
        let found = found(&plan(&text), "add", Goal::Accept);
        assert!(found.starts_with("none: "), "{found}");
        if !expected.contains("without") {
            assert_eq!(found, expected);
        }
    }
    let refused = cards(CARD, "").replace(
        "response: [{name: cardId",
        "errors: [{status: 409, code: E, message: m, when: {state: {member: ACTIVE}}}]\n        response: [{name: cardId",
    );
    assert_eq!(found(&plan(&refused), "add", Goal::Accept), "none: card-add would be refused with E");
    let disputed = refused
        .replace("when: {state: {member: ACTIVE}}", "when: {state: {member: ACTIVE}}, conflict: {id: c, side: a}");
    let disputed =
        format!("conflicts: [{{id: c, what: w, a: one, b: two}}]\n{}", crate::plan::testing::flush_text(&disputed));
    assert!(found(&plan(&disputed), "add", Goal::Accept).ends_with("cardId=<answer 2 cardId>"));
}

#[test]
fn what_takes_time_is_looked_at_until_it_has_come() {
    let text = |effect: &str| {
        format!(
            "
            resources: [{{name: order, key: orderId}}]
            == add POST /things
            request: [{{name: orderId, type: number, presence: required, value: 1..999, ref: order.orderId}}]
            == order-add POST /orders
            response:
              - {{name: orderId, type: number, presence: required, value: 1..999}}
              - {{name: status, type: string, presence: required, enum: [BUSY, DONE]}}
            effects: [{{create: order, key: response.orderId{effect}}}]
            == order-get GET /orders/{{orderId}}
            request: [{{name: orderId, in: path, type: number, presence: required, value: 1..999, ref: order.orderId}}]
            response: [{{name: status, type: string, presence: required, enum: [BUSY, DONE]}}]
            "
        )
    };
    let id = "orderId=<answer 0 orderId>";
    for (effect, expected) in [
        ("", format!("order-add | {id}")),
        (", if: {response.status: DONE}", format!("order-add until status Word([\"DONE\"]) | {id}")),
        (", if: response.status", format!("order-add | {id}")),
        (
            ", settle: {call: order-get, until: {status: [DONE, OVER]}}",
            format!("order-add | order-get until status Word([\"DONE\", \"OVER\"]) {id} | {id}"),
        ),
    ] {
        assert_eq!(found(&plan(&text(effect)), "add", Goal::Accept), expected, "{effect}");
    }
    let closed = text(", settle: {call: order-get, until: {status: [DONE]}}").replace(
        "== order-get GET /orders/{orderId}\n",
        "== order-get GET /orders/{orderId}\n            undocumented: nobody has seen it\n",
    );
    assert_eq!(found(&plan(&closed), "add", Goal::Accept), format!("order-add | {id}"));
}

#[test]
fn a_request_that_names_nothing_has_made_up_references() {
    let request = format!("{}, {CARD}, {{name: a, type: number, presence: required, value: 1..9}}", member("optional"));
    let edits: Vec<String> = nameless(&plan(&cards(&request, "")), 0).iter().map(edit).collect();
    assert_eq!(edits, ["cardId=<number 900..999>"]);
}

#[test]
fn a_link_is_a_field_that_names_or_repeats_something_and_may_have_to_be_there() {
    let request = format!(
        "{}, {CARD}, {{name: nick, type: string, presence: required, length: 1..9, equals: member.nick}}, \
         {{name: o, type: object, presence: required, fields: [{{name: id, type: number, presence: required, value: 1..9, ref: card.cardId}}]}}, \
         {{name: ids, type: array, presence: required, items: {{type: number, value: 1..9, ref: card.cardId}}}}, \
         {{name: list, type: array, presence: required, items: {{type: object, fields: [{{name: id, type: number, presence: required, value: 1..9, ref: card.cardId}}]}}}}, \
         {{name: plain, type: number, presence: required, value: 1..9}}",
        member("optional")
    );
    let plan = plan(&cards(&request, ""));
    let links = |skip: &[String]| {
        let mut found = Vec::new();
        each_link(&plan.contract().endpoints[0], skip, &mut |field, path| found.push(format!("{} {path}", field.path)));
        found
    };
    assert_eq!(links(&[]), ["cardId card.cardId", "nick member.nick", "o.id card.cardId", "ids.* card.cardId"]);
    assert_eq!(links(&["cardId".to_owned(), "ids.*".to_owned()]), ["nick member.nick", "o.id card.cardId"]);
}
