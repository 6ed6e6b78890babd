//! Shared vocabulary: data that several modules speak about, and nothing that does I/O.
//!
//! Must not: know any module above it, read clocks, files or the environment.

pub mod address;
pub mod bin;
pub mod case;
pub mod clause;
pub mod count;
pub mod decimal;
pub mod event;
pub mod exit;
pub mod fact;
pub mod field;
pub mod fixture;
pub mod format;
pub mod hostile;
pub mod input;
pub mod json;
pub mod observed;
pub mod place;
pub mod power;
pub mod run;
pub mod template;
pub mod twin;
pub mod verdict;
pub mod volatile;
pub mod waiver;
pub mod wire;

pub use case::{Case, Expect, Family, Hazard, Role, Step};
pub use clause::{Basis, Clause, ClauseIx, Level, Rule, Source};
pub use decimal::Decimal;
pub use event::{CaseRecord, Confirmed, Counts, Event, FindingRecord, Summary};
pub use exit::Exit;
pub use fact::Fact;
pub use field::{Field, Kind, Location, Presence};
pub use fixture::Fixture;
pub use hostile::Hostile;
pub use input::Input;
pub use json::Json;
pub use observed::{Answer, Body, Observed, Reason};
pub use power::Power;
pub use run::{Demands, RunHeader};
pub use template::{Edit, Hole, Template};
pub use verdict::{Check, Finding, Outcome, Verdict, finding_identity, finding_place};
