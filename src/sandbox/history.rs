//! What came before, for faults that need a sequence of calls.

use std::collections::HashMap;

/// Accepted calls by what they were about; things that one call was about belong together.
#[derive(Debug, Default)]
pub(super) struct History {
    group: HashMap<String, usize>,
    calls: Vec<Vec<String>>,
}

impl History {
    pub(super) fn of(&self, key: &str) -> Option<&[String]> {
        self.group.get(key).map(|at| self.calls[*at].as_slice())
    }

    pub(super) fn add(&mut self, call: &str, about: Vec<String>) {
        let known: Vec<usize> = about.iter().filter_map(|key| self.group.get(key).copied()).collect();
        let Some(&into) = known.iter().max_by_key(|at| self.calls[**at].len()) else {
            self.group.extend(about.into_iter().map(|key| (key, self.calls.len())));
            self.calls.push(vec![call.to_owned()]);
            return;
        };
        for other in self.group.values_mut().filter(|at| known.contains(at)) {
            *other = into;
        }
        self.group.extend(about.into_iter().map(|key| (key, into)));
        self.calls[into].push(call.to_owned());
    }
}
