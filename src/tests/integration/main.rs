//! Integration tests: konform against servers and files, from outside.
#![expect(clippy::expect_used, reason = "a test that can't go on says why")]

mod lab;

mod accepted;
mod addresses;
mod architecture;
mod before;
mod certificates;
mod cli;
mod contract_files;
mod detection;
mod diffs;
mod evidence;
mod exchanges;
mod facts;
mod faults;
mod formats;
mod honest;
mod honest_faults;
mod innocents;
mod interrupted;
mod leaks;
mod library;
mod names;
mod network;
mod plan;
mod pools;
mod qualify;
mod raw_server;
mod readme;
mod repeated;
mod reports;
mod rows;
mod scope;
mod secrets;
mod sent;
mod small_api;
mod statuses;
mod targets;
mod tour;
mod tourist;
mod transports;
mod values;
mod variants;
mod vectors;
