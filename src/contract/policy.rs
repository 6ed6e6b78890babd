//! What every answer of an endpoint must be, whatever its page says.

use super::endpoint::Policy;
use super::load::Loader;
use super::property::Property;
use crate::model::Source;
use crate::model::clause::{Basis, Rule};

impl Loader<'_> {
    pub(super) fn policy(&mut self, endpoint: &str, success: u16, source: &Source) -> Policy {
        let named = self.scope.names(endpoint);
        let mut clause = |rule: Rule, why: &str, says: &str| {
            let prop = Property {
                sides: vec![()],
                open: false,
                basis: Basis::Policy,
                why: why.to_owned(),
                source: source.clone(),
            };
            self.clause(format!("{endpoint}/policy/answer/{}", rule.word()), rule, &prop, says.to_owned())
        };
        Policy {
            no_server_error: clause(
                Rule::NoServerError,
                "RFC 9110, 15.6: a 5xx admits a fault of the server",
                "no input is answered with a server error",
            ),
            no_hang: clause(
                Rule::NoHang,
                "a client can't tell a hang from a loss",
                "every request gets a complete answer in time",
            ),
            no_redirect: clause(
                Rule::NoRedirect,
                "RFC 9110, 15.4: a signed request can't be sent elsewhere",
                "no answer is a redirect",
            ),
            no_leak: clause(
                Rule::NoLeak,
                "answers and their messages end in logs that others read",
                "no answer shows a credential, a private key or what the request carried as a secret, but where it is documented",
            ),
            json: clause(Rule::Json, "RFC 8259", "a body that is promised is JSON in UTF-8"),
            content_type: clause(Rule::ContentType, "RFC 9110, 8.3", "a content type, where given, says JSON"),
            no_content: matches!(success, 204 | 205).then(|| {
                clause(
                    Rule::NoContent,
                    "RFC 9110, 8.6, 15.3.5 and 15.3.6; RFC 9112, 6.1: other clients wait for what is announced",
                    "204 and 205 have no content and announce none: no length above 0, no transfer coding",
                )
            }),
            served: named.then(|| {
                clause(
                    Rule::Served,
                    "the profile's `endpoints` name it",
                    "the endpoint is there: a legal call of it is not answered as by a server that has no such endpoint",
                )
            }),
        }
    }
}
