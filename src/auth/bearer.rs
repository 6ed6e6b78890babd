//! A token that whoever has it may use (RFC 6750).

use super::{Draft, Method, Proof, Signer, Tamper, bend, known};
use crate::model::template::TokenEdit;
use crate::model::wire::{Bearer, Credentials};

const WORD: &str = "Bearer ";

impl Method for Bearer {
    fn credentials(&self, _: &Draft<'_>, signer: &Signer<'_>, edit: TokenEdit) -> Result<Vec<String>, String> {
        let token = signer.credential(&self.token)?;
        let sent = match edit {
            TokenEdit::OtherKey => bend::of_nobody(token),
            TokenEdit::WrongCode => bend::backwards(token),
            TokenEdit::OtherCase => bend::secret_in_other_case(token),
            // A token covers no body and no time.
            _ => token.to_owned(),
        };
        Ok(vec![WORD.to_owned() + &sent])
    }

    fn proof(&self, values: &[&str], _: &Draft<'_>, actor: &Credentials) -> Option<Proof> {
        let given = values.first()?.strip_prefix(WORD)?.to_owned();
        Some(Proof { given, due: known(actor, &self.token).to_owned() })
    }

    fn tampers(&self, _: bool) -> Vec<Tamper> {
        vec![
            Tamper::own("wrong-code", TokenEdit::WrongCode),
            Tamper::own("other-key", TokenEdit::OtherKey),
            Tamper::own("other-case", TokenEdit::OtherCase),
        ]
    }

    fn stand_in(&self, length: &dyn Fn(&str) -> usize) -> Vec<String> {
        vec![WORD.to_owned() + &"0".repeat(length(&self.token))]
    }
}
