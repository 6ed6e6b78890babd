use super::{draw_again, on, overrides};
use crate::model::template::{HeaderChange, HeaderEdit, TokenEdit};
use crate::model::twin::Twin;
use crate::model::{Edit, Expect, Family, Hazard, Json, Role, Step, Template};
use crate::plan::testing::{case_line, clause, contract, edit, fields, line, plan, step};
use crate::plan::way::Way;
use crate::plan::{Plan, Planned};

fn set(path: &str) -> Edit {
    Edit::Set(path.to_owned(), Template::Json(Json::number("1")))
}

fn remove(path: &str) -> Edit {
    Edit::Remove(path.to_owned())
}

#[test]
fn an_edit_makes_earlier_ones_of_its_place_and_below_pointless() {
    for (later, earlier, expected) in [
        (set("a"), set("a"), true),
        (remove("a"), set("a"), true),
        (set("a"), remove("a"), true),
        (set("a"), set("a.b"), true),
        (set("a"), set("ab"), false),
        (set("a.b"), set("a"), false),
        (set("a"), set("b"), false),
    ] {
        assert_eq!(overrides(&later, &earlier), expected, "{later:?} after {earlier:?}");
    }
    let plan = plan(&fields("{name: a, type: number, presence: required, value: 1..9}"));
    let way = Way { edits: vec![set("a.b"), set("c")], ..Way::nothing(&plan) };
    let found = on(&way, &Step::new(0, Role::Probe, vec![remove("a")]));
    assert_eq!(found.edits.iter().map(edit).collect::<Vec<_>>(), ["c=1", "-a"]);
}

#[test]
fn fields_are_those_of_the_request_and_of_its_objects() {
    let plan = plan(&fields(
        "{name: o, type: object, presence: required, fields: [{name: m, type: number, presence: required, value: 1..9}]}, \
         {name: l, type: array, presence: required, items: {type: object, fields: [{name: m, type: number, presence: required, value: 1..9}]}}",
    ));
    let scope = plan.scope(0, Family::Value);
    assert_eq!(scope.fields().iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["o", "o.m", "l"]);
    assert_eq!(scope.id("body.o", "v"), "add::value::body.o::v");
}

#[test]
fn a_seed_follows_from_the_plan_s_seed_and_the_case() {
    let text = fields("{name: a, type: number, presence: required, value: 1..9}");
    let plan = plan(&text);
    // FNV-1a over the eight bytes of the seed and the id.
    let expected = [0_u8; 8]
        .into_iter()
        .chain("add::fuzz::body::v".bytes())
        .fold(14_695_981_039_346_656_037, |hash: u64, b| (hash ^ u64::from(b)).wrapping_mul(1_099_511_628_211));
    assert_eq!(plan.scope(0, Family::Fuzz).seed("v"), expected);
    assert_ne!(plan.scope(0, Family::Fuzz).seed("w"), expected);
    assert_ne!(plan.reseeded(1).scope(0, Family::Fuzz).seed("v"), expected);
}

/// An endpoint that no accepted request of is known: a row holds for whatever it names.
const REFUSING: &str = "
    credentials: [{name: token, length: 8, secret: true}]
    auth: [{id: door, scheme: bearer, credential: token, says: w}]
    request_headers: [{name: Authorization, presence: required, length: unseen, send: \"{auth}\"}]
    resources: [{name: member, key: memberId, states: [ACTIVE, LEFT]}]
    == add POST /things
    request:
      - {name: memberId, type: number, presence: required, value: 1..999, ref: member.memberId}
      - {name: a, type: string, presence: required, length: 2..5}
    errors: [{status: 409, code: E, message: m, when: {state: {member: ACTIVE}}}]
";
const MAKER: &str = "
    == member-add POST /members
    response: [{name: memberId, type: number, presence: required, value: 1..999}]
    effects: [{create: member, key: response.memberId}]
";

#[test]
fn what_no_accepted_request_leads_to_is_sent_where_it_is_refused_for_its_input() {
    let plan = plan(&format!("{REFUSING}{MAKER}"));
    let scope = plan.scope(0, Family::Length);
    let field = scope.fields()[1];
    let why = "no call or fixture avoids E (state of member is ACTIVE)";
    let text = |value: &str| Edit::Set("a".to_owned(), Template::text(value));
    let id = "memberId=<answer 0 memberId>";
    assert_eq!(
        line(&plan, &scope.edited(field, "v", None, text("x"))),
        format!(r#"body.a::v | member-add | {id} a="x" -> refuse a/length unless E"#)
    );
    // A legal one would be refused for another reason than its input.
    assert_eq!(line(&plan, &scope.edited(field, "v", None, text("xyz"))), format!("body.a::v left out: {why}"));
    // So would one whose header or token is wrong as well.
    let header = HeaderEdit { name: "Authorization".to_owned(), change: HeaderChange::Remove };
    let mut step = scope.probe(vec![text("x")]);
    step.headers.push(header);
    assert_eq!(line(&plan, &scope.case("p", "v", None, step)), format!("p::v left out: {why}"));
    let mut step = scope.probe(vec![text("x")]);
    step.token = TokenEdit::WrongCode;
    assert_eq!(line(&plan, &scope.case("p", "v", None, step)), format!("p::v left out: {why}"));
    let mut step = scope.probe(vec![text("x")]);
    step.seal = crate::model::case::Seal::Sealed;
    assert_eq!(line(&plan, &scope.case("p", "v", None, step)), format!("p::v left out: {why}"));
    // Where a reference would name nothing, that may be the reason.
    let nobody = crate::plan::testing::plan(REFUSING);
    let scope = nobody.scope(0, Family::Length);
    assert_eq!(
        line(&nobody, &scope.edited(scope.fields()[1], "v", None, text("x"))),
        "body.a::v left out: no call of the contract makes any member: a profile's fixture can"
    );
}

#[test]
fn a_value_in_another_form_is_that_of_the_way_or_of_the_baseline() {
    let text = "
        resources: [{name: note, key: noteId}]
        == add POST /things
        request:
          - {name: a, type: string, presence: required, length: 3}
          - {name: n, type: number, presence: required, value: 1..999, ref: note.noteId}
          - {name: o, type: number, presence: optional, value: 1..999, ref: note.noteId}
          - {name: u, type: unseen, presence: optional}
        == note-add POST /notes
        response: [{name: noteId, type: number, presence: required, value: 1..999}]
        effects: [{create: note, key: response.noteId}]
    ";
    let plan = plan(text);
    let scope = plan.scope(0, Family::Type);
    let fields = scope.fields();
    let named = "n=<answer 0 noteId>";
    let told = |at: usize, twin| {
        line(&plan, &scope.twin(fields[at], twin, None)).split(" -> ").next().unwrap_or_default().to_owned()
    };
    assert_eq!(told(0, Twin::Listed), format!(r#"body.a::as-list | note-add | {named} a=as-list("abc")"#));
    assert_eq!(told(1, Twin::Text), "body.n::as-text | note-add | n=as-text(<answer 0 noteId>)");
    // What may be left out is given a name first.
    assert_eq!(told(2, Twin::Text), format!("body.o::as-text | note-add | {named} o=as-text(<answer 0 noteId>)"));
    // What would be sent as it is, and what has no value.
    let none = "the way to the request gives the field no value";
    assert_eq!(told(0, Twin::Number), format!("body.a::as-number left out: {none}"));
    assert_eq!(told(3, Twin::Text), format!("body.u::as-text left out: {none}"));
    assert_eq!(scope.example(fields[0]), Some(Json::text("abc")));
    assert_eq!(scope.example(fields[3]), None);
    assert!(matches!(scope.example(fields[1]), Some(Json::Number(_))));
}

#[test]
fn a_case_exercises_the_clauses_of_its_outcome() {
    let plan = plan(
        "
        success: {status: 201, code: OK, message: fine}
        == add POST /things
        request:
          - {name: a, type: string, presence: required, length: 2..5}
          - {name: u, type: number, presence: unseen, value: 1..9}
        errors: [{status: 400, code: E, message: m, when: {length: any}, documented_for: [a]}]
        ",
    );
    let scope = plan.scope(0, Family::Length);
    let field = scope.fields()[0];
    let length = field.length.as_ref().and_then(|l| l.clause);
    let told = |edit: Edit| -> Vec<String> {
        let Planned::Case(case) = scope.edited(field, "v", length, edit) else { panic!("a case") };
        let mut clauses: Vec<String> = case.clauses.iter().map(|ix| clause(plan.contract(), *ix)).collect();
        clauses.sort();
        clauses
    };
    let text = |value: &str| Edit::Set("a".to_owned(), Template::text(value));
    assert_eq!(told(text("abc")), ["a/length", "success/OK/code", "success/OK/message", "success/OK/status"]);
    assert_eq!(told(text("a")), ["a/length", "errors/E/code/a", "errors/E/message/a", "errors/E/status/a"]);
    assert_eq!(told(remove("u")), [""; 0]);
}

#[test]
fn the_hazard_is_that_of_the_worst_step_and_what_was_made_is_undone() {
    let text = |hazard: &str, profile: &str| {
        format!(
            "
            resources: [{{name: note, key: noteId}}]
            == add GET /things
            request: [{{name: noteId, in: query, type: number, presence: required, value: 1..999, ref: note.noteId}}]
            == note-add POST /notes
            hazard: {hazard}
            response: [{{name: noteId, type: number, presence: required, value: 1..999}}]
            effects: [{{create: note, key: response.noteId}}]
            == note-drop DELETE /notes/{{noteId}}
            request: [{{name: noteId, in: path, type: number, presence: required, value: 1..999, ref: note.noteId}}]
            effects: [{{delete: note, by: noteId}}]
            {profile}
            "
        )
    };
    let first = |plan: &Plan| plan.cases_of(0).next().expect("a case");
    for (hazard, expected) in [("create", Hazard::Create), ("money", Hazard::Money)] {
        let plan = plan(&text(hazard, ""));
        let case = first(&plan);
        assert_eq!(case.hazard, expected);
        assert_eq!(case.steps[0].expect, Expect::Accept { may: Vec::new() });
        let undo: Vec<String> = case.undo.iter().map(|own| step(plan.contract(), own)).collect();
        assert_eq!(undo, ["note-drop (undo) noteId=<answer 0 noteId>"]);
    }
    let prepared = plan(&text(
        "create",
        "== profile\n            prepared_only: true\n            prepared: {note-add: {}, add: {noteId: 7}}",
    ));
    let cases: Vec<String> = prepared.cases().map(|case| case_line(&prepared, &case)).collect();
    assert_eq!(cases, ["body::prepared -> accept", "body::prepared -> accept"]);
    assert!(prepared.cases().all(|case| case.undo.is_empty()));
}

#[test]
fn a_short_lived_text_is_made_again_while_its_number_would_have_other_digits() {
    let text = |fleeting: &str| {
        format!(
            "
            resources: [{{name: ticket, key: ticketId{fleeting}}}]
            == add POST /things
            request: [{{name: ticketId, type: string, presence: required, length: 6, ref: ticket.ticketId}}]
            == ticket-add POST /tickets
            response: [{{name: ticketId, type: string, presence: required, length: 6}}, {{name: other, type: string, presence: required, length: 6}}]
            effects: [{{create: ticket, key: response.ticketId}}]
            "
        )
    };
    let answer = |path: &str| Template::Hole(crate::model::Hole::Answer { step: 0, path: path.to_owned() });
    let twin = |value: Template, twin| Edit::Set("ticketId".to_owned(), Template::Twin(Box::new(value), twin));
    let again = "ticket-add until ticketId NoLeadingZero";
    for (fleeting, edit, expected) in [
        (", fleeting: true", twin(answer("ticketId"), Twin::Number), again),
        ("", twin(answer("ticketId"), Twin::Number), "ticket-add"),
        (", fleeting: true", twin(answer("ticketId"), Twin::Listed), "ticket-add"),
        (", fleeting: true", twin(answer("other"), Twin::Number), "ticket-add"),
        (", fleeting: true", Edit::Set("ticketId".to_owned(), answer("ticketId")), "ticket-add"),
    ] {
        let contract = contract(&text(fleeting));
        let mut steps = [Step::new(1, Role::Setup, Vec::new())];
        draw_again(&contract, &mut steps, &[edit]);
        assert_eq!(step(&contract, &steps[0]), expected, "{fleeting}");
    }
}
