use crate::plan::testing::{found, plan};
use crate::plan::way::Goal;

/// Owners with cards, of which no call makes any.
const LISTED: &str = "
    resources: [{name: owner, key: ownerId}, {name: card, key: cardId}]
    == add POST /things
    request:
      - {name: ownerId, type: number, presence: required, value: 1..999, ref: owner.ownerId}
      - {name: cardId, type: number, presence: required, value: 1..999, ref: card.cardId}
    == owner-add POST /owners
    response: [{name: ownerId, type: number, presence: required, value: 1..999}]
    effects: [{create: owner, key: response.ownerId}]
    == card-list POST /cards
    request:
      - {name: ownerId, type: number, presence: required, value: 1..999, ref: owner.ownerId}
      - {name: kind, type: string, presence: optional, enum: [A]}
      - {name: note, type: string, presence: optional, length: 1..9}
    response:
      - {name: list, type: array, presence: required, items: {type: object, fields: [{name: cardId, type: number, presence: required, value: 1..999}, {name: kind, type: string, presence: required, enum: [A]}]}}
    effects: [{read: card, list: {at: response.list, of: owner, narrowed_by: {kind: kind}}, answer: {kind: card.kind}}]
";

#[test]
fn a_list_of_what_an_owner_has_is_looked_at_unnarrowed() {
    assert_eq!(
        found(&plan(LISTED), "add", Goal::Accept),
        "owner-add | card-list ownerId=<answer 0 ownerId> -kind | ownerId=<answer 0 ownerId> cardId=<listed 1 list cardId, cardId not []>"
    );
    // A list that need not be whole makes nothing.
    assert_eq!(
        found(&plan(&LISTED.replace("of: owner, ", "of: owner, complete: false, ")), "add", Goal::Accept),
        "none: no call of the contract makes any card: a profile's fixture can"
    );
}

#[test]
fn fixtures_bring_all_their_parts_and_no_second_one_of_a_kind() {
    let text = "
        resources: [{name: owner, key: ownerId}, {name: card, key: cardId}]
        == add POST /things
        request:
          - {name: ownerId, type: number, presence: required, value: 1..999, ref: owner.ownerId}
          - {name: cardId, type: number, presence: required, value: 1..999, ref: card.cardId}
    ";
    let both = "== profile\nfixtures: [{name: both, owner: {ownerId: 7}, card: {cardId: 8}}]\n";
    let card =
        "== profile\nfixtures: [{name: o, owner: {ownerId: 7}}, {name: c, owner: {ownerId: 9}, card: {cardId: 8}}]\n";
    assert_eq!(
        found(&plan(&format!("{text}{both}")), "add", Goal::Accept),
        "both | ownerId=<fixture 0.0 ownerId> cardId=<fixture 0.1 cardId>"
    );
    assert_eq!(
        found(&plan(&format!("{text}{card}")), "add", Goal::Accept),
        "c | ownerId=<fixture 1.0 ownerId> cardId=<fixture 1.1 cardId>"
    );
    assert_eq!(
        found(&plan(text), "add", Goal::Accept),
        "none: no call of the contract makes any owner: a profile's fixture can"
    );
}

#[test]
fn what_needs_another_of_its_own_kind_is_made_by_no_call() {
    let text = "
        resources: [{name: card, key: cardId}]
        == add POST /things
        request: [{name: cardId, type: number, presence: required, value: 1..999, ref: card.cardId}]
        == card-copy POST /cards
        request: [{name: cardId, type: number, presence: required, value: 1..999, ref: card.cardId}]
        response: [{name: copyId, type: number, presence: required, value: 1..999}]
        effects: [{create: card, key: response.copyId}]
    ";
    let none = found(&plan(text), "add", Goal::Accept);
    assert!(
        none.starts_with("none: ") && (none.contains("without another one") || none.contains("needs itself first")),
        "{none}"
    );
}

#[test]
fn what_a_new_thing_begins_with_is_what_the_profile_says() {
    let text = LISTED.replace(
        "== owner-add",
        "errors: [{status: 409, code: E, message: m, when: {where: {card.kind: Z}}}]\n    == owner-add",
    );
    let begins = "== profile\nnew: {card: {kind: Z}}\n";
    let goal = Goal::Row { row: 0, part: 0, left: false };
    assert_eq!(
        found(&plan(&format!("{text}{begins}")), "add", goal),
        "owner-add | card-list ownerId=<answer 0 ownerId> -kind | ownerId=<answer 0 ownerId> cardId=<listed 1 list cardId, cardId not []>"
    );
    assert_eq!(
        found(&plan(&text), "add", goal),
        "none: no call of the contract brings about that card.kind is Z: a profile's fixture can"
    );
}

#[test]
fn what_a_call_makes_must_not_belong_to_another_one_than_that_which_is_chosen() {
    let text = "
        resources: [{name: member, key: memberId}, {name: card, key: cardId}]
        == add POST /things
        request: [{name: memberId, type: number, presence: required, value: 1..999, ref: member.memberId}]
        needs: [card]
        == member-add POST /members
        response: [{name: memberId, type: number, presence: required, value: 1..999}]
        effects: [{create: member, key: response.memberId}]
        == gift POST /gifts
        response:
          - {name: memberId, type: number, presence: required, value: 1..999}
          - {name: cardId, type: number, presence: required, value: 1..999}
        effects:
          - {create: member, key: response.memberId}
          - {create: card, key: response.cardId, set: {member: response.memberId}}
    ";
    assert_eq!(found(&plan(text), "add", Goal::Accept), "gift | memberId=<answer 0 memberId>");
}
