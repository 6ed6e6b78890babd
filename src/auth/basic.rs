//! User name and password (RFC 7617).

use super::{Draft, Method, Proof, Signer, Tamper, bend, known};
use crate::crypto;
use crate::model::template::TokenEdit;
use crate::model::wire::{Basic, Credentials};

const WORD: &str = "Basic ";

fn pair(user: &str, password: &str) -> String {
    crypto::base64(format!("{user}:{password}").as_bytes())
}

impl Method for Basic {
    fn credentials(&self, _: &Draft<'_>, signer: &Signer<'_>, edit: TokenEdit) -> Result<Vec<String>, String> {
        let (user, password) = (signer.credential(&self.user)?, signer.credential(&self.password)?);
        let sent = match edit {
            TokenEdit::OtherKey => pair(user, &bend::of_nobody(password)),
            TokenEdit::WrongCode => pair(user, &bend::backwards(password)),
            TokenEdit::HalfCode => pair(user, &bend::changed(password, password.len() / 2)),
            TokenEdit::OtherCase => pair(user, &bend::secret_in_other_case(password)),
            TokenEdit::NoCode => pair(user, ""),
            TokenEdit::OtherName => pair(&bend::of_nobody(user), password),
            TokenEdit::SecondKey => pair(user, signer.second(&self.password)?),
            // User name and password cover no body and no time.
            _ => pair(user, password),
        };
        Ok(vec![WORD.to_owned() + &sent])
    }

    fn proof(&self, values: &[&str], _: &Draft<'_>, actor: &Credentials) -> Option<Proof> {
        // RFC 9110, 11.1: the word is written in any case of letters.
        let (word, given) = values.first()?.split_at_checked(WORD.len())?;
        let due = pair(known(actor, &self.user), known(actor, &self.password));
        word.eq_ignore_ascii_case(WORD).then(|| Proof { given: given.to_owned(), due })
    }

    fn tampers(&self, _: bool) -> Vec<Tamper> {
        vec![
            Tamper::own("wrong-code", TokenEdit::WrongCode),
            Tamper::own("other-key", TokenEdit::OtherKey),
            Tamper::own("half-code", TokenEdit::HalfCode),
            Tamper::own("other-case", TokenEdit::OtherCase),
            Tamper::own("no-code", TokenEdit::NoCode),
            Tamper::own("other-name", TokenEdit::OtherName),
            Tamper::elsewhere("second-key", TokenEdit::SecondKey),
        ]
    }

    fn spelled(&self, actor: &Credentials) -> Option<String> {
        Some(pair(known(actor, &self.user), known(actor, &self.password)))
    }

    fn stand_in(&self, length: &dyn Fn(&str) -> usize) -> Vec<String> {
        vec![WORD.to_owned() + &pair(&"0".repeat(length(&self.user)), &"0".repeat(length(&self.password)))]
    }
}
