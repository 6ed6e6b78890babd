//! A key as it is, in a header of its own, in the query or in a cookie (RFC 6265).

use super::{Draft, Method, Proof, Signer, Tamper, bend, known};
use crate::model::template::TokenEdit;
use crate::model::wire::{ApiKey, Credentials};

impl ApiKey {
    fn written(&self, key: &str) -> String {
        match &self.cookie {
            Some(name) => format!("{name}={key}"),
            None => key.to_owned(),
        }
    }
}

impl Method for ApiKey {
    fn credentials(&self, _: &Draft<'_>, signer: &Signer<'_>, edit: TokenEdit) -> Result<Vec<String>, String> {
        let key = signer.credential(&self.key)?;
        Ok(vec![self.written(&match edit {
            TokenEdit::OtherKey => bend::of_nobody(key),
            TokenEdit::WrongCode => bend::backwards(key),
            TokenEdit::HalfCode => bend::changed(key, key.len() / 2),
            TokenEdit::OtherCase => bend::secret_in_other_case(key),
            // A key covers no body and no time.
            _ => key.to_owned(),
        })])
    }

    fn proof(&self, values: &[&str], _: &Draft<'_>, actor: &Credentials) -> Option<Proof> {
        let value = values.first()?;
        let given = match &self.cookie {
            Some(name) => {
                value.split(';').find_map(|pair| pair.trim().strip_prefix(name.as_str())?.strip_prefix('='))?
            }
            None => *value,
        };
        Some(Proof { given: given.to_owned(), due: known(actor, &self.key).to_owned() })
    }

    fn tampers(&self, _: bool) -> Vec<Tamper> {
        vec![
            Tamper::own("wrong-code", TokenEdit::WrongCode),
            Tamper::own("other-key", TokenEdit::OtherKey),
            Tamper::own("half-code", TokenEdit::HalfCode),
            Tamper::own("other-case", TokenEdit::OtherCase),
        ]
    }

    fn stand_in(&self, length: &dyn Fn(&str) -> usize) -> Vec<String> {
        vec![self.written(&"0".repeat(length(&self.key)))]
    }
}
