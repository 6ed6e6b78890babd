//! A model of what calls do: the resources that a sequence of calls has made, and what the contract then says of the next one.
//!
//! The same model serves three: the planner lets it run over stand-in answers to find the steps that bring a row about, the
//! runner over the real ones to say which rows hold and what an answer must show, the sandbox to keep its state. Where it is
//! *open* (planner, runner) it knows only what it has seen: what it can't tell is [`Truth::Unknown`]. In the sandbox it is *closed*.
//!
//! Must not: know how requests travel, judge answers, read clocks.

mod answers;
mod effects;
mod facts;
mod rows;
#[cfg(test)]
mod testing;
mod value;
mod world;

pub use answers::Style;
pub use rows::{Standing, Truth};
pub use world::{Held, Instance, Made, Moment, Origin, World};
