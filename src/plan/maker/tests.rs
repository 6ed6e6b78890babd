use super::{Maker, makers};
use crate::contract::Contract;
use crate::plan::testing::contract;

/// The makers of the first resource, in words.
fn told(contract: &Contract) -> Vec<String> {
    let endpoint = |at: usize| contract.endpoints[at].id.clone();
    let one = |maker: Maker| match maker {
        Maker::Call { endpoint: at, effect } => format!("{} {effect}", endpoint(at)),
        Maker::Listing { endpoint: at, effect } => format!("list {} {effect}", endpoint(at)),
        Maker::Fixture(fixture) => contract.fixtures[fixture].name.clone(),
    };
    makers(contract, 0).into_iter().map(one).collect()
}

#[test]
fn calls_that_create_come_before_calls_that_show_then_fixtures_then_lists() {
    let text = "
        resources: [{name: card, key: cardId}, {name: owner, key: ownerId}]
        == see POST /see
        request: []
        response: [{name: cardId, type: number, presence: required, value: 1..9}]
        effects: [{read: card, key: response.cardId}]
        == shown POST /shown
        response: [{name: cardId, type: number, presence: required, value: 1..9}]
        effects: [{read: card}]
        == second POST /second
        request: [{name: ownerId, type: number, presence: required, value: 1..9, ref: owner.ownerId}]
        response: [{name: cardId, type: number, presence: required, value: 1..9}]
        effects: [{create: owner, key: response.cardId}, {create: card, key: response.cardId}]
        == first POST /first
        response: [{name: cardId, type: number, presence: required, value: 1..9}]
        effects: [{create: card, key: response.cardId}]
        == closed POST /closed
        undocumented: nobody has seen it
        response: [{name: cardId, type: number, presence: required, value: 1..9}]
        effects: [{create: card, key: response.cardId}]
        == change POST /change
        response: [{name: cardId, type: number, presence: required, value: 1..9}]
        effects: [{update: card, key: response.cardId}]
        == own POST /own
        request: [{name: ownerId, type: number, presence: required, value: 1..9, ref: owner.ownerId}]
        response: [{name: list, type: array, presence: required, items: {type: object, fields: [{name: cardId, type: number, presence: required, value: 1..9}]}}]
        effects: [{read: card, list: {at: response.list, of: owner}}]
        == some POST /some
        request: [{name: ownerId, type: number, presence: required, value: 1..9, ref: owner.ownerId}]
        response: [{name: list, type: array, presence: required, items: {type: object, fields: [{name: cardId, type: number, presence: required, value: 1..9}]}}]
        effects: [{read: card, list: {at: response.list, of: owner, complete: false}}]
        == all POST /all
        response: [{name: list, type: array, presence: required, items: {type: object, fields: [{name: cardId, type: number, presence: required, value: 1..9}]}}]
        effects: [{read: card, list: {at: response.list}}]
        == profile
        fixtures:
          - {name: of-owner, owner: {ownerId: 7}}
          - {name: of-card, card: {cardId: 7}}
    ";
    assert_eq!(told(&contract(text)), ["first 0", "second 1", "see 0", "of-card", "list own 0"]);
    assert_eq!(told(&contract("resources: [{name: card, key: cardId}]\n== add POST /things")), [""; 0]);
}
