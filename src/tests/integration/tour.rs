//! A tour of the honest server, call by call, that meets each of its single defects: what a developer would try by hand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::tourist::{Draft, Tourist, exchange, steady};

const NAME: &str = "Konform Test";
/// A name that HTML would escape.
const OTHER_NAME: &str = "O'Neil & Sons";
const BIRTH: &str = "19900115";
const PASSWORD: &str = "380519";

fn seed(before: &str, kind: u32, after: &str) -> String {
    format!("{before}{kind:02}000000001{after}")
}

fn user(kind: u32) -> u64 {
    seed("31", kind, "").parse().unwrap_or(0)
}

fn par(kind: u32) -> String {
    seed("HPAR", kind, "HHHHHHHHHHHH")
}

fn card(kind: u32) -> String {
    seed("99993", kind, "")
}

fn login(kind: u32) -> String {
    seed("seed", kind, "@honest.test")
}

fn seeded_ci(kind: u32) -> String {
    format!("{}{:069}", seed("HONESTCI", kind, ""), 0)
}

fn own_ci(letter: char) -> String {
    format!("TOURIST1{}", letter.to_string().repeat(80))
}

impl Tourist<'_> {
    fn register(&self, name: &str, changes: &Value) -> u64 {
        let mut body = json!({
            "loginId": name, "loginPassword": PASSWORD, "birthDate": BIRTH, "nationality": "Korean", "gender": "Male",
            "userName": NAME, "email": "a@honest.test", "mobileNumber": "01012345678", "tcIdList": ["41", "42", "44"],
        });
        for (key, value) in changes.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        self.go("user-registration", &body)["userId"].as_u64().unwrap_or(0)
    }

    /// A charge of a card with a fresh token.
    fn charge(&self, who: u64, card: &str, sequence: &str, amount: u64) -> Value {
        let token = self.go("charge-one-time-token", &json!({"cardNo": card}));
        self.go("charge-charge", &charge(who, &token, sequence, amount))
    }

    fn cancel(&self, who: u64, card: &str, sequence: &str, nr: &Value) {
        let token = self.go("charge-one-time-token", &json!({"cardNo": card}));
        self.go(
            "charge-cancel",
            &json!({
                "sequenceId": format!("{sequence:0>30}"), "userId": who, "nrNumber": nr,
                "oneTimeToken": token["oneTimeToken"], "dcvv": token["dcvv"],
            }),
        );
    }

    /// All calls in an order that meets the defects of state.
    pub(super) fn whole(&self) {
        let first = self.members();
        self.passwords();
        self.accounts(first);
        self.money(first);
        self.cards(first);
        self.applications(first);
        self.leaving(first);
    }

    fn members(&self) -> (u64, u64) {
        let changes = json!({"ci": own_ci('A'), "userName": OTHER_NAME, "mobileNumber": "01012345678"});
        let a = self.register("Tourist-A@honest.test", &changes);
        let b = self.register("tourist-b@honest.test", &json!({"ci": own_ci('B'), "mobileNumber": "01087654321"}));
        self.register("tourist-b@honest.test", &json!({}));
        self.register("tourist-c@honest.test", &json!({"ci": own_ci('A')}));
        self.register("tourist-d@honest.test", &json!({"tcIdList": []}));
        self.register("tourist-d@honest.test", &json!({}));
        self.register("tourist-e@honest.test", &json!({"birthDate": "1990011"}));
        self.register("tourist-e@honest.test", &json!({"loginId": null}));
        self.register("", &json!({}));
        for at in 0..11 {
            self.register(&format!("tourist-{at}@honest.test"), &json!({}));
        }
        for id in [a, b, 1] {
            self.go("user-info", &json!({"userId": id}));
            self.go("user-deduction-info", &json!({"userId": id}));
            self.go("terms-all", &json!({"userId": id}));
        }
        self.go("terms-all", &json!({}));
        for list in [
            json!([{"tcNo": 43, "agreeYn": true}, {"tcNo": 41, "agreeYn": false}]),
            json!([{"tcNo": 43, "agreeYn": true}]),
            json!([{"tcNo": 43, "agreeYn": false}]),
            json!([{"tcNo": 99, "agreeYn": true}]),
        ] {
            self.go("terms-update-optional", &json!({"userId": a, "tcList": list}));
            self.go("terms-all", &json!({"userId": a}));
        }
        self.go("terms-update-optional", &json!({"userId": 1, "tcList": []}));
        self.go("user-check-registration-id", &json!({"loginId": "tourist-b@honest.test"}));
        self.go("user-check-registration-id", &json!({"loginId": "tourist-b@honest.test", "userId": b}));
        self.go("user-check-registration-id", &json!({"loginId": "free@honest.test"}));
        self.go("user-loginid-find", &json!({"ci": own_ci('B')}));
        (a, b)
    }

    fn passwords(&self) {
        let check = |login: &str, password: &str| {
            self.go("user-password-check", &json!({"loginId": login, "loginPassword": password}));
        };
        let reset = |body: Value| self.go("user-password-reset", &body);
        let b = "tourist-b@honest.test";
        check("nobody@honest.test", PASSWORD);
        let wrong = "111111";
        for password in [PASSWORD, "380510", PASSWORD, wrong, wrong, wrong, wrong, PASSWORD, wrong, PASSWORD, wrong] {
            check(b, password);
        }
        reset(json!({"loginId": b, "ci": own_ci('C'), "freshPassword": "483920"}));
        check(b, "483920");
        reset(json!({"loginId": b, "ci": own_ci('B'), "freshPassword": PASSWORD}));
        reset(json!({"loginId": b, "ci": own_ci('B'), "freshPassword": "483921"}));
        reset(json!({"loginId": "nobody@honest.test", "ci": own_ci('B'), "freshPassword": "483921"}));
        check(b, "483921");
        for _ in 0..7 {
            check(b, "222222");
        }
        reset(json!({"loginId": b, "ci": own_ci('B'), "freshPassword": "573920"}));
        check(b, "573920");
        check(&login(13), PASSWORD);
        check(&login(11), PASSWORD);
        let wake = |ci: String, name: &str| {
            let body = json!({"ci": ci, "userName": name, "birthDate": BIRTH, "gender": "Male"});
            self.go("user-dormancy-change-active", &body);
        };
        wake(seeded_ci(12), NAME);
        wake(seeded_ci(11), "Somebody Else");
        wake(seeded_ci(11), NAME);
        check(&login(11), PASSWORD);
        wake(own_ci('A'), NAME);
        wake(own_ci('Z'), NAME);
    }

    fn accounts(&self, (a, b): (u64, u64)) {
        // The bank knows the holder of accounts that begin with 8800.
        let bank = |who: u64, name: &str| {
            let number = if name == OTHER_NAME { "7700000000001" } else { "8800000000001" };
            json!({
                "userId": who, "bankAccount": number, "bankCode": "099", "bankName": "Honest Bank",
                "userName": name, "birthDate": BIRTH,
            })
        };
        self.go("account-real-name-verify", &bank(a, "Somebody Else"));
        self.go("account-real-name-verify", &bank(a, NAME));
        self.go("account-ars-auth", &json!({"userId": a}));
        let no = self.go("account-ars-register", &bank(a, OTHER_NAME))["bankAccRegNo"].clone();
        self.go("account-ars-register", &bank(a, OTHER_NAME));
        for _ in 0..4 {
            self.go("account-ars-register-inquiry", &json!({"regNo": no}));
        }
        for kind in [14, 15, 16] {
            self.go("account-ars-register-inquiry", &json!({"regNo": seed("HREG", kind, "HHHHHHH")}));
        }
        self.go("account-ars-register-inquiry", &json!({"regNo": "HRN0000000000000000000"}));
        for who in [a, b] {
            self.go("account-account-info", &json!({"userId": who}));
            self.go("account-auto-charge-register", &json!({"userId": who}));
            self.go("account-account-info", &json!({"userId": who}));
            self.go("account-registered-accounts", &json!({"userId": who}));
            self.go("account-balance-limit-individual", &json!({"userId": who}));
        }
        self.go("account-balance-limit-individual", &json!({"userId": a, "targetCard": card(18)}));
        let mut corporation =
            json!({"corporationName": "Trading", "bizLicenseNo": "1234567890", "registrationNumber": "110111"});
        corporation["corpCard"] = json!(card(17));
        self.go("card-namedcard-corp", &corporation);
        let low = card(24);
        corporation["corpCard"] = json!(self.basic(b).unwrap_or(low));
        self.go("card-namedcard-corp", &corporation);
    }

    /// The number of a member's first card.
    fn basic(&self, who: u64) -> Option<String> {
        let list = self.go("card-list", &json!({"userId": who}));
        list["cardDataInfo"][0]["mobileCardNo"].as_str().map(str::to_owned)
    }

    fn money(&self, (a, b): (u64, u64)) {
        let own = self.basic(a).unwrap_or_default();
        let token = self.go("charge-one-time-token", &json!({"cardNo": own}));
        self.go("charge-one-time-token", &json!({"cardNo": own}));
        let mut wrong = charge(a, &token, "c0", 1000);
        wrong["dcvv"] = json!(if token["dcvv"] == "000" { "001" } else { "000" });
        self.go("charge-charge", &wrong);
        let nr = self.go("charge-charge", &charge(a, &token, "c1", 1000))["nrNumber"].clone();
        self.go("charge-charge", &charge(a, &token, "c2", 1000));
        self.charge(a, &own, "c1", 500);
        for at in 3..9 {
            self.charge(a, &own, &format!("c{at}"), 100);
        }
        self.basic(a);
        self.charge(user(17), &card(17), "l1", 9_000_000);
        self.charge(user(18), &card(18), "f1", 9_000_000);
        let other = self.basic(b).unwrap_or_default();
        self.charge(b, &other, "n1", 100);
        for sequence in ["c1", "nobody"] {
            self.go("charge-result-inquiry", &json!({"sequenceId": sequence}));
        }
        let list = self.go("card-list", &json!({"userId": a}));
        let par_a = list["cardDataInfo"][0]["par"].clone();
        let mut history = json!({"userId": a, "par": par_a, "startDate": "20200101", "endDate": "20991231"});
        self.go("charge-transaction-history", &history);
        history["pageRequest"] = json!({"page": 1, "pageSize": 2, "orderByDirection": "DESC"});
        self.go("charge-transaction-history", &history);
        self.go(
            "charge-transaction-history",
            &json!({"userId": a, "par": par_a, "startDate": "20200101", "endDate": "20200102"}),
        );
        self.go(
            "charge-transaction-history",
            &json!({"userId": b, "par": par_a, "startDate": "20200101", "endDate": "20991231"}),
        );
        self.cancel(user(18), &card(18), "z1", &nr);
        // A number loses leading zeros: one of three tokens has none.
        let tokens = [(); 3].map(|()| self.go("charge-one-time-token", &json!({"cardNo": own})));
        let number = tokens.iter().filter_map(|t| t["oneTimeToken"].as_str()).find(|text| !text.starts_with('0'));
        let number = number.and_then(|text| text.parse::<u64>().ok());
        let fifth = self.charge(a, &own, "c9", 100)["nrNumber"].clone();
        self.go(
            "charge-cancel",
            &json!({"sequenceId": format!("{:0>30}", 7), "userId": a, "nrNumber": fifth, "oneTimeToken": number}),
        );
        self.cancel(a, &own, "z2", &nr);
        self.cancel(a, &own, "z3", &nr);
        for kind in [19, 20] {
            self.cancel(user(kind), &card(kind), &format!("y{kind}"), &json!(seed("KMN3100", kind, "")));
        }
        self.basic(a);
    }

    fn cards(&self, (a, b): (u64, u64)) {
        let status = |who: u64, par: &str, word: &str| {
            self.go("card-status", &json!({"userId": who, "par": par, "status": word}));
        };
        self.charge(user(17), &card(17), "l2", 1000);
        self.go("card-terminate", &json!({"userId": user(17), "par": par(17)}));
        for kind in [24, 25] {
            self.go("card-terminate", &json!({"userId": user(kind), "par": par(kind)}));
        }
        let list = self.go("card-list", &json!({"userId": a}));
        let basic = list["cardDataInfo"][0]["par"].as_str().unwrap_or_default().to_owned();
        self.go("card-terminate", &json!({"userId": a, "par": basic}));
        self.go("card-terminate", &json!({"userId": a, "par": par(99)}));
        status(a, &par(99), "SUSPEND");
        status(a, &par(18), "SUSPEND");
        status(user(18), &par(18), "SUSPEND");
        self.go("charge-one-time-token", &json!({"cardNo": card(18)}));
        status(user(18), &par(18), "RESUME");
        self.go("card-terminate", &json!({"userId": user(18), "par": par(18)}));
        status(user(18), &par(18), "RESUME");
        self.go("charge-one-time-token", &json!({"cardNo": card(18)}));
        for number in [card(18), card(17)] {
            self.go("card-user-mapped-info", &json!({"cardNo": number}));
            self.go("card-virtual-account-inquiry", &json!({"cardNo": number}));
        }
        self.go("card-list", &json!({"userId": user(18)}));
        self.go("card-list", &json!({"userId": b, "par": par(17)}));
        self.go("card-deduction-inquiry", &json!({"par": basic}));
        self.go("card-service-info-list", &json!({"serviceIdList": ["999930000000001", "999930000000002"]}));
        let loose = seed("99994", 56, "");
        for cvc in ["727", "728"] {
            self.go("card-unregistered-info", &json!({"cardNo": loose, "expiryDate": "3106", "cardCVC": cvc}));
        }
    }

    fn applications(&self, (a, b): (u64, u64)) {
        let address = json!({"address": "1 Street", "addressDetail": "2", "zipCode": "04524"});
        let issue = |who: u64, service: &str, delivered: &str| {
            let body = json!({
                "userInfo": {"userId": who, "addressInfo": address}, "serviceId": service, "isDeliveryRequired": delivered,
            });
            self.go("card-issue-delivery", &body)
        };
        issue(a, &seed("9999", 21, ""), "false");
        issue(a, "123456789012345", "true");
        issue(0, "999930000000002", "true");
        let issued = issue(a, "999930000000002", "true");
        let waiting = |who: u64| self.go("card-preissue-waiting-physical", &json!({"ownerId": who}));
        let delivery = |who: u64, card: &Value| {
            self.go("card-delivery-inquiry", &json!({"holderId": who, "cardRef": card}));
        };
        self.go("card-list", &json!({"userId": a}));
        for who in [a, b] {
            waiting(who);
            delivery(who, &issued["mobileCardNo"]);
        }
        delivery(1, &issued["mobileCardNo"]);
        delivery(a, &json!("nothing"));
        let physical = |who: u64, kind: u32, cvc: &str, no: &Value| {
            let mut body = json!({
                "userId": who, "physicalCardNo": seed("99994", kind, ""), "physicalCardExpDate": "3106",
                "physicalCardCVC": cvc,
            });
            if !no.is_null() {
                body["cardApplyNo"] = no.clone();
            }
            self.go("card-physical-register", &body);
        };
        let no = &issued["cardApplyNo"];
        physical(a, 56, "728", &Value::Null);
        physical(a, 23, "727", &json!("no application"));
        physical(user(23), 23, "727", &json!(seed("HAPPL", 23, "HHHHHH")));
        physical(a, 56, "727", no);
        physical(b, 56, "727", &Value::Null);
        waiting(a);
        self.go("card-list", &json!({"userId": a}));
        self.go("card-terminate", &json!({"userId": a, "par": issued["mobileCardPar"]}));
        self.go(
            "card-unregistered-info",
            &json!({"cardNo": seed("99994", 56, ""), "expiryDate": "3106", "cardCVC": "727"}),
        );
        let undo = |who: u64, no: &Value| {
            self.go("card-delivery-cancel", &json!({"userId": who, "cardApplyNo": no}));
        };
        for kind in [22, 23] {
            undo(user(kind), &json!(seed("HAPPL", kind, "HHHHHH")));
        }
        undo(1, no);
        let second = issue(a, "999930000000002", "true");
        undo(b, &second["cardApplyNo"]);
        let third = issue(a, "999930000000002", "true");
        undo(a, &third["cardApplyNo"]);
        waiting(a);
        delivery(a, &third["mobileCardNo"]);
        self.go("card-list", &json!({"userId": a}));
        let fourth = issue(b, "999930000000002", "true");
        let gone = &fourth["mobileCardPar"];
        self.go("card-terminate", &json!({"userId": b, "par": gone}));
        physical(b, 56, "727", &fourth["cardApplyNo"]);
        self.reissues(a, b);
    }

    fn reissues(&self, a: u64, b: u64) {
        let address = json!({"address": "1 Street", "addressDetail": "2", "zipCode": "04524"});
        let again = |who: u64, lost: &str, next: &str| {
            let body = json!({
                "userInfo": {"userId": who}, "isDeliveryRequired": "false", "lostCard": lost, "nextServiceId": next,
            });
            self.go("card-reissue-delivery", &body);
        };
        for kind in [26, 27] {
            again(user(kind), &card(kind), &seed("9999", kind, ""));
        }
        again(0, "none", "none");
        for who in [a, b] {
            let own = self.basic(who).unwrap_or_default();
            again(who, &own, "999930000000002");
            self.go("card-status", &json!({"userId": who, "cardNo": own, "status": "SUSPEND"}));
            again(who, &own, "999930000000002");
            again(who, &own, "999930000000002");
            self.go("card-status", &json!({"userId": who, "cardNo": own, "status": "RESUME"}));
        }
        let renew = |who: u64, old: &str| {
            let body = json!({"userInfo": {"userId": who, "addressInfo": address}, "cardInfo": {"oldCardNo": old}});
            self.go("card-expired-reissue", &body);
        };
        for kind in 51..56 {
            renew(user(kind), &card(kind));
        }
        renew(user(51), &card(51));
        renew(a, &self.basic(a).unwrap_or_default());
    }

    fn leaving(&self, (a, b): (u64, u64)) {
        let leave = |who: u64| self.go("user-unregister", &json!({"userId": who}));
        leave(user(19));
        self.go("card-list", &json!({"userId": user(19)}));
        leave(user(26));
        for _ in 0..2 {
            self.go("account-delete", &json!({"userId": a}));
            self.go("account-registered-accounts", &json!({"userId": a}));
        }
        self.go("card-status", &json!({"userId": b, "cardNo": self.basic(b), "status": "RESUME"}));
        leave(b);
        self.go("user-info", &json!({"userId": b}));
        self.go("user-loginid-find", &json!({"ci": own_ci('B')}));
        for password in ["573920", "483921", PASSWORD] {
            let body = json!({"loginId": "tourist-b@honest.test", "loginPassword": password});
            self.go("user-password-check", &body);
        }
    }

    /// One endpoint with legal requests in every form, and with what hostile callers send.
    pub(super) fn one(&self, endpoint: &str, legal: &Value) {
        let text = legal.to_string();
        for _ in 0..21 {
            self.go(endpoint, legal);
        }
        let drafts: Vec<Draft> = (0..8).map(|_| self.draft(text.as_bytes())).collect();
        let (path, address) = (self.paths[endpoint].as_str(), self.address);
        let answers: Vec<String> = std::thread::scope(|scope| {
            let running: Vec<_> =
                drafts.iter().map(|draft| scope.spawn(move || exchange(address, path, draft))).collect();
            running.into_iter().filter_map(|thread| thread.join().ok()?.ok()).collect()
        });
        self.answers.borrow_mut().extend(answers.iter().map(|text| steady(text, &Value::Null)));
        let mut draft = self.draft(format!(" {} ", text.replacen('{', "{ ", 1)).as_bytes());
        self.send(endpoint, &draft);
        draft.body = b"{\"other\": 1}".to_vec();
        self.send(endpoint, &draft);
        self.tokens(endpoint, text.as_bytes());
        self.seals(endpoint, legal);
        for name in ["X-KM-User-AspId", "X-KM-Correlation-Id", "X-KM-Tran-Time", "X-KM-Time-Zone"] {
            let mut draft = self.draft(text.as_bytes());
            draft.headers.remove(name);
            self.send(endpoint, &draft);
        }
        for (name, value) in
            [("X-KM-User-AspId", "999999999999999"), ("X-KM-Access-Key", "7654321-0123456789abcdef0123456789abcdef")]
        {
            let mut draft = self.draft(text.as_bytes());
            draft.headers.insert(name, value.to_owned());
            self.send(endpoint, &draft);
        }
        let with = |member: &str| text.replacen('{', &format!("{{{member},"), 1).replace(",}", "}").into_bytes();
        let (deep, long) = (format!("{}{}", "[".repeat(60), "]".repeat(60)), "x".repeat(5000));
        for body in [
            Vec::new(),
            text.as_bytes()[..text.len() - 1].to_vec(),
            [b"{\"x\":\"\xff\",", &text.as_bytes()[1..]].concat(),
            b"[]".to_vec(),
            b"null".to_vec(),
            [text.as_bytes(), b" {}"].concat(),
            with("\"x\":\"\u{1f600}\""),
            with(&format!("\"x\":{deep}")),
            with(&format!("\"x\":\"{long}\"")),
            with("\"x\":\"\\u0000\""),
            with("\"x\":\"\\ud83d\""),
            with("\"x\":123456789012345678901234567890123"),
            with("\"x\":null"),
            with("\"x\":1,\"x\":1"),
        ] {
            self.send(endpoint, &self.draft(&body));
        }
    }

    fn tokens(&self, endpoint: &str, body: &[u8]) {
        let right = self.draft(body).token;
        let code = right.rsplit(':').next().unwrap_or_default().to_owned();
        let bytes = STANDARD.decode(&code).unwrap_or_default();
        let mut half = bytes.clone();
        half.iter_mut().skip(8).for_each(|byte| *byte ^= 1);
        let swapped: String = code
            .chars()
            .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect();
        let time = "20260101120000000";
        for token in [
            format!("KMV1:{time}:{}", STANDARD.encode(&half)),
            format!("KMV1:{time}:{swapped}"),
            format!("KMV1:{time}:"),
            format!("KMV2:{time}:{code}"),
            format!("KMV1:99999999999999999:{code}"),
            "nothing".to_owned(),
        ] {
            let draft = Draft { token, ..self.draft(body) };
            self.send(endpoint, &draft);
        }
    }

    fn seals(&self, endpoint: &str, legal: &Value) {
        let id = self.keys.encryption.as_ref().map(|e| e.key_id.clone()).unwrap_or_default();
        for turn in 0..8 {
            let mut body = legal.clone();
            if endpoint == "user-registration" {
                body["loginId"] = json!(format!("sealed-{turn}@honest.test"));
            }
            let Some(mut sealed) = self.seal(body.to_string().as_bytes()) else { return };
            if turn == 6 {
                let last = if sealed.ends_with('A') { "Q" } else { "A" };
                sealed.replace_range(sealed.len() - 1.., last);
            }
            let mut draft = self.draft(json!({"encData": sealed}).to_string().as_bytes());
            draft.headers.insert("X-KM-Crypto-Key-Id", if turn == 7 { "e".repeat(32) } else { id.clone() });
            self.send(endpoint, &draft);
        }
    }

    /// One field of an endpoint in all forms that a caller may try.
    pub(super) fn field(&self, endpoint: &str, legal: &Value, path: &str) {
        let old = legal.pointer(&pointer(path)).cloned().unwrap_or_else(|| json!("ko"));
        let plain = old.as_str().map_or_else(|| old.to_string(), str::to_owned);
        let wide: String = plain
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_graphic()).unwrap_or(c))
            .collect();
        let mut values = vec![
            json!(""),
            Value::Null,
            json!({}),
            json!([old]),
            json!(plain),
            json!(0),
            json!(plain.to_lowercase()),
            json!(format!(" {plain} ")),
            json!(wide),
            json!("20261399"),
            json!("true"),
            json!("abcdef"),
            json!("zz"),
            json!("credit"),
            json!("suspend"),
            json!(format!("{plain}0")),
        ];
        values.extend(old.as_array().and_then(|list| list.first()).cloned());
        values.extend(plain.parse::<u64>().ok().map(|n| json!(n)));
        values.extend(old.as_u64().map(|n| serde_json::from_str(&format!("{n}.5")).unwrap_or(Value::Null)));
        for length in (1..=110).chain([260, 300, 500]) {
            values.push(json!(plain.chars().cycle().take(length).collect::<String>()));
            values.push(json!("가".repeat(length)));
        }
        for value in values {
            let mut body = legal.clone();
            put(&mut body, path, value);
            self.go(endpoint, &body);
        }
        let mut body = legal.clone();
        if let Some(object) = body.as_object_mut() {
            object.remove(path);
        }
        self.go(endpoint, &body);
    }
}

fn charge(who: u64, token: &Value, sequence: &str, amount: u64) -> Value {
    json!({
        "sequenceId": sequence, "userId": who, "amount": amount, "oneTimeToken": token["oneTimeToken"],
        "dcvv": token["dcvv"], "merchantId": "999900000000777",
    })
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace(".*", ".0").replace('.', "/"))
}

/// Puts a value at a path whose parents are there or can be made.
fn put(body: &mut Value, path: &str, value: Value) {
    match path.split_once('.') {
        Some(("*", rest)) => put(&mut body[0], rest, value),
        Some((first, rest)) => put(&mut body[first], rest, value),
        None if path == "*" => body[0] = value,
        None => body[path] = value,
    }
}

/// Meets one fault: the field that it names, its endpoint, and the whole tour where it may show elsewhere.
pub(super) fn meet(tourist: &Tourist, fault: &str, endpoint: &str, legal: &Value) {
    let parts: Vec<&str> = fault.split(':').collect();
    if let [.., place, path] = parts[..] {
        if place == endpoint && !fault.contains("answer-") && !fault.contains("skip-row") {
            tourist.field(endpoint, legal, path);
        }
    }
    let alone = parts.len() > 1;
    let rows =
        ["skip-row", "coerce-number", "code", "status", "message", "answer-", "skip-unique", "stack-trace", "echo-"];
    if !alone || rows.iter().any(|row| fault.contains(row)) {
        tourist.whole();
    }
    if alone || fault.starts_with("concurrent/") {
        tourist.one(endpoint, legal);
    }
}
