//! What a run has written itself is not held against a list that shows it; what it has not written is.

use std::fs;
use std::sync::Mutex;

use super::evidence::konform;
use super::lab::Folder;
use super::network::{contract, evidence, rejudged, run};
use super::raw_server::{Said, Server};

const NOTES: &str = "resources: [{name: note, key: noteId, states: [THERE]}]\n";
const NOTE_ADD: (&str, &str) = (
    "note-add",
    "method: POST\npath: /notes\nrequest:\n\
     - {name: text, type: string, presence: required, length: 1..50}\n\
     - {name: tag, type: string, presence: optional, length: 1..9}\n\
     response: [{name: noteId, type: number, presence: required, value: 1..999999999999}]\n\
     effects: [{create: note, key: response.noteId, set: [text, tag]}]\n",
);
const NOTE_LIST: (&str, &str) = (
    "note-list",
    "method: GET\npath: /notes\nrequest: []\nresponse:\n\
     - {name: items, type: array, presence: required, items: {type: object, fields: [\
     {name: text, type: string, presence: required, length: 1..50}, \
     {name: tag, type: string, presence: optional, length: 1..9}]}}\n\
     effects: [{read: note, list: {at: response.items}, answer: {text: note.text}}]\n",
);

/// A server that keeps notes, these before all others. Whoever calls first is known to it.
fn notes(before: &'static [&'static str]) -> Server {
    let notes: Mutex<Vec<(String, String)>> = Mutex::default();
    let known: Mutex<Option<String>> = Mutex::default();
    Server::start(move |asked| {
        let token = asked.call.headers.iter().find(|(n, _)| n == "authorization").map(|(_, v)| v.clone());
        let mut known = known.lock().expect("a lock");
        if token.is_none() || *known.get_or_insert(token.clone().unwrap_or_default()) != token.unwrap_or_default() {
            return Some(Said::json(401, "{\"error\":{\"code\":\"no\",\"message\":\"no\"}}"));
        }
        let mut notes = notes.lock().expect("a lock");
        if asked.call.method == "POST" {
            let body: serde_json::Value = serde_json::from_slice(&asked.call.body).ok()?;
            let text = body["text"].as_str().filter(|t| (1..=50).contains(&t.chars().count()));
            let short = |name: &str| body.get(name).map(|value| value.as_str().filter(|t| t.chars().count() < 10));
            let (tag, more) = (short("tag"), short("more"));
            let (Some(text), None | Some(Some(_)), None | Some(Some(_))) = (text, tag, more) else {
                return Some(Said::json(400, "{\"error\":{\"code\":\"bad\",\"message\":\"bad\"}}"));
            };
            let tag = tag.flatten().map(|tag| serde_json::json!(tag).to_string()).unwrap_or_default();
            notes.push((serde_json::json!(text).to_string(), tag));
            return Some(Said::json(200, &format!("{{\"noteId\":{}}}", notes.len())));
        }
        let items = notes.iter().map(|(text, tag)| match tag.as_str() {
            "" => format!("{{\"text\":{text}}}"),
            tag => format!("{{\"text\":{text},\"tag\":{tag}}}"),
        });
        let items = before.iter().map(|item| (*item).to_owned()).chain(items);
        Some(Said::json(200, &format!("{{\"items\":[{}]}}", items.collect::<Vec<_>>().join(","))))
    })
}

#[test]
fn what_the_run_wrote_itself_is_not_held_against_a_list() {
    let folder = Folder::new();
    contract(&folder, NOTES, &[NOTE_ADD, NOTE_LIST]);
    for jobs in ["1", "16"] {
        let (code, text) = run(&folder, &["--contract", "small", "--jobs", jobs]);
        assert_eq!(code, 0, "{text}");
        assert!(evidence(&folder).contains("\"own\":[\"/items/"), "the empty tag was taken and shown");
        rejudged(&folder);
    }
    // A request that had to be refused and was taken: that is the finding, and what it left behind is none.
    let (code, text) = run(&folder, &["--contract", "small", "--fault", "accept-above:text"]);
    assert!(code == 1 && text.contains("FAIL 1: note-add/request/text/length"), "{text}");
    assert!(!text.contains("note-list/"), "{text}");
    rejudged(&folder);
}

#[test]
fn a_list_may_leave_out_some_of_what_the_run_wrote() {
    let folder = Folder::new();
    let more = "{name: more, type: string, presence: optional, length: 1..9}";
    let add = NOTE_ADD.1.replace("response: [", &format!("- {more}\nresponse: ["));
    let list = NOTE_LIST.1.replace("length: 1..9}]}}", &format!("length: 1..9}}, {more}]}}}}"));
    assert!(add.contains(more) && list.contains(more), "{add}\n{list}");
    contract(&folder, NOTES, &[(NOTE_ADD.0, &add), (NOTE_LIST.0, &list)]);
    // The server keeps text and tag, an empty one too, and shows nothing else: the list may leave `more` out.
    let server = notes(&[]);
    let (code, text) = run(&folder, &["--contract", "small", "--target", &server.target()]);
    assert!(code == 0 && evidence(&folder).contains("\"own\":[\"/items/"), "{text}");
    rejudged(&folder);
}

#[test]
fn what_the_run_did_not_write_is_held_against_a_list() {
    let folder = Folder::new();
    contract(&folder, NOTES, &[NOTE_ADD, NOTE_LIST]);
    // The first note is nobody's.
    let server = notes(&["{\"text\":\"another's\",\"tag\":\"\"}"]);
    let (code, text) = run(&folder, &["--contract", "small", "--target", &server.target()]);
    assert!(code == 1 && text.contains("FAIL 1: note-list/response/items.*.tag/length"), "{text}");
    assert!(text.contains("at        /items/0/tag"), "{text}");
    rejudged(&folder);
}

#[test]
fn what_an_earlier_part_of_the_run_wrote_is_not_held_against_a_list() {
    let folder = Folder::new();
    contract(&folder, NOTES, &[NOTE_ADD, NOTE_LIST]);
    let server = notes(&[]);
    let args = ["--contract", "small", "--target", &server.target()];
    let (code, text) = run(&folder, &args);
    assert_eq!(code, 0, "{text}");
    // As a run that was killed before the first case that reads the list.
    let whole = evidence(&folder);
    let case = |line: &&str| line.contains("\"record\":{\"kind\":\"case\"") && line.contains("\"id\":\"note-list::");
    let lines: Vec<&str> = whole.lines().take_while(|line| !case(line)).collect();
    assert!(lines.len() > 40 && lines.len() < whole.lines().count(), "{} lines", lines.len());
    fs::write(folder.0.join("out/evidence.jsonl"), lines.join("\n") + "\n").expect("written");
    let (code, text) = konform(&folder.0, &["run", "--quiet", "--resume", "out", "--timeout", "5"]);
    assert!(code == 0 && text.contains("0 MUST and 0 SHOULD findings"), "{text}");
    rejudged(&folder);
}

#[test]
fn what_a_killed_part_of_the_run_sent_and_did_not_write_down_is_not_held_against_a_list() {
    let folder = Folder::new();
    contract(&folder, NOTES, &[NOTE_ADD, NOTE_LIST]);
    let server = notes(&[]);
    let (code, text) = run(&folder, &["--contract", "small", "--target", &server.target()]);
    assert_eq!(code, 0, "{text}");
    // As if the run had been killed with all its requests sent and next to nothing on the disk.
    let whole = evidence(&folder);
    let lines: Vec<&str> = whole.lines().take(3).collect();
    assert!(!lines.join("").contains("\"tag\":\"\""), "no empty tag is written down");
    fs::write(folder.0.join("out/evidence.jsonl"), lines.join("\n") + "\n").expect("written");
    let (code, text) = konform(&folder.0, &["run", "--quiet", "--resume", "out", "--timeout", "5"]);
    assert!(code == 0 && text.contains("0 MUST and 0 SHOULD findings"), "{text}");
    rejudged(&folder);
}
