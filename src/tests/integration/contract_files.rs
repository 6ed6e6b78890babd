//! The contract files held against the hand count and their own JSON Schemas; mistakes in them are shown.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use konform::contract::{File, load};
use serde_json::Value;

use super::lab;

type Counts = BTreeMap<String, BTreeMap<String, BTreeMap<String, usize>>>;

#[test]
fn clauses_of_each_kind_equal_the_count_made_by_hand() {
    let text = fs::read_to_string(lab::root().join("src/tests/clause-counts.yaml")).expect("the counts");
    let by_hand: Counts = serde_saphyr::from_str(&text).expect("counts");
    let mut counted = Counts::new();
    for clause in lab::bare(None).clauses.iter().filter(|c| by_hand.contains_key(c.endpoint())) {
        let of = counted.entry(clause.endpoint().to_owned()).or_default().entry(clause.part().to_owned()).or_default();
        *of.entry(clause.rule.word().to_owned()).or_default() += 1;
    }
    assert_eq!(counted, by_hand);
}

fn yaml_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            yaml_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "yaml") {
            out.push(path);
        }
    }
}

pub(crate) fn schema(name: &str) -> jsonschema::Validator {
    let text = fs::read_to_string(lab::root().join(format!("specs/schema/{name}.schema.json"))).expect("a schema");
    jsonschema::validator_for(&serde_json::from_str(&text).expect("JSON")).expect("a JSON Schema")
}

#[test]
fn every_yaml_file_fits_its_schema() {
    let mut files = Vec::new();
    yaml_files(&lab::root().join("specs"), &mut files);
    assert!(files.len() >= 4);
    for path in files {
        let name = if path.ends_with("api.yaml") {
            "api"
        } else if path.components().any(|c| c.as_os_str() == "profiles") {
            "profile"
        } else {
            "endpoint"
        };
        let text = fs::read_to_string(&path).expect("a file");
        let value: Value = serde_saphyr::from_str(&text).expect("YAML");
        let errors: Vec<String> =
            schema(name).iter_errors(&value).map(|e| format!("{} at {}", e, e.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
}

const API: &str = "konform: 1\nid: x\ntitle: X\nenvelope: {code: code, message: message}\nsuccess: {status: 200, code: OK, message: Fine}\nresources:\n  - {name: thing, key: id}\n";
const ENDPOINT: &str = "konform: 1\nid: things\ntitle: Things\nmethod: POST\npath: /things\nencryption: {request: unmarked, response: unmarked}\n";

/// Mistakes in an endpoint's file, each with its message and its mend; `§` marks the place that the caret must show.
const MISTAKES: [(&str, &str, &str); 21] = [
    (
        "request:\n  - {name: a, type: §text, presence: required}\nerrors: unseen\n",
        "unknown word `text`",
        "write one of: string",
    ),
    (
        "request:\n  - {name: a, type: string, presence: required, length: 1..3, sample: §abcd}\nerrors: unseen\n",
        "the sample has 4 characters, and `length` allows 1 to 3",
        "write a text that the field may have",
    ),
    (
        "request:\n  - {name: a, type: string, presence: required, length: 3, sample: §{pattern: \"##\"}}\nerrors: unseen\n",
        "the sample has 2 characters, and `length` allows 3",
        "write a text that the field may have",
    ),
    (
        "request:\n  - §{name: a, type: string, presence: required, lenght: 3}\nerrors: unseen\n",
        "`length` is missing",
        "add `length: ...`",
    ),
    (
        "request:\n  - {name: a, type: number, presence: required, §vlaue: 1..2}\nerrors: unseen\n",
        "unknown key `vlaue`",
        "did you mean `value`?",
    ),
    (
        "request:\n  - {name: a, type: string, presence: required, length: §9..3}\nerrors: unseen\n",
        "the smaller bound stands last",
        "write the smaller one first",
    ),
    ("request:\n  - §{name: a, type: string, length: 3}\nerrors: unseen\n", "`presence` is missing", "add"),
    (
        "request:\n  - {name: a, type: string, presence: required, length: {conflict: §len}}\nerrors: unseen\n",
        "no conflict `len`",
        "write one of",
    ),
    (
        "request:\n  - {name: a, type: string, presence: required, length: §{value: 3, basis: inferred}}\nerrors: unseen\n",
        "an inferred value without its origin",
        "add `from",
    ),
    (
        "request:\n  - {name: a, type: string, presence: required, length: 3, ref: §thnig.id}\nerrors: unseen\n",
        "`thnig.id` refers to nothing",
        "did you mean `thing`?",
    ),
    ("errors:\n  - {status: 400, code: X, message: M, when: {taken: §b}}\n", "the request has no `b`", ""),
    (
        "errors:\n  - {status: 400, code: X, message: M, when: {where: {§a: b}}}\n",
        "no resource `a`",
        "write one of: thing",
    ),
    ("errors: unseen\nafter: [§b]\n", "x has no endpoint `b`", "write one of: things"),
    (
        "errors: unseen\neffects:\n  - {create: thing, key: now, settle: {call: §b, until: {x: [DONE]}}}\n",
        "x has no endpoint `b`",
        "write one of: things",
    ),
    (
        "errors: unseen\neffects:\n  - {create: thing, key: now, settle: {call: things, until: {§x: [DONE]}}}\n",
        "the answer of things has no `x`",
        "",
    ),
    ("errors: unseen\nneeds: [{thing: §GONE}]\n", "thing has no state `GONE`", ""),
    ("errors: unseen\nneeds: [§thnig]\n", "no resource `thnig`", "did you mean `thing`?"),
    ("errors: unseen\n§errors: unseen\n", "`errors` stands here twice", "keep one"),
    ("effects: [{create: thing, key: §response.id}]\nerrors: unseen\n", "the answer has no `id`", ""),
    ("errors: unseen\ntest_data: [{name: t, title: T, expect: §\"9\"}]\n", "no row has code `9`", ""),
    ("§scenarios: []\nerrors: unseen\n", "`scenarios` is not supported by this version", "remove it"),
];

#[test]
fn mistakes_are_shown_with_line_column_and_mend() {
    for (marked, message, help) in MISTAKES {
        let text = format!("{ENDPOINT}{}", marked.replace('§', ""));
        let before = format!("{ENDPOINT}{}", marked.split('§').next().unwrap_or_default());
        let place =
            (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1);
        let files = [
            File { name: "x/api.yaml".to_owned(), text: API.to_owned() },
            File { name: "x/things.yaml".to_owned(), text },
        ];
        let error = load(&files, None).expect_err(marked);
        assert!(error.message().starts_with(message), "{error}");
        assert!(error.help().starts_with(help), "{error}");
        assert_eq!(error.place(), ("x/things.yaml", place.0, place.1), "{error}");
        assert!(error.to_string().contains('^'), "{error}");
    }
    let good = [
        File { name: "x/api.yaml".to_owned(), text: API.to_owned() },
        File { name: "x/things.yaml".to_owned(), text: format!("{ENDPOINT}errors: unseen\n") },
    ];
    assert!(load(&good, None).is_ok());
}

/// What lies in a contract's folder and can't be read names the file, and nothing is waited for.
#[cfg(unix)]
#[test]
fn what_is_no_readable_file_of_a_contract_is_named() {
    let folder = lab::Folder::new();
    let lint = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_konform"));
        let output = command.args(["lint", "."]).current_dir(&folder.0).output().expect("the program runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
    };
    let path = folder.0.join("zz.yaml");
    fs::write(&path, b"# one\n# \xff\n").expect("written");
    assert_eq!(lint(), (Some(2), "error: failed to read ./zz.yaml: line 2 is not UTF-8\n".to_owned()));
    fs::remove_file(&path).expect("removed");
    fs::File::create(&path).and_then(|f| f.set_len(6 << 30)).expect("a long file without blocks");
    let (code, text) = lint();
    assert!(code == Some(2) && text.contains("./zz.yaml: it has 6442450944 bytes"), "{text}");
    fs::remove_file(&path).expect("removed");
    std::os::unix::fs::symlink("/dev/zero", &path).expect("a link");
    let (code, text) = lint();
    assert!(code == Some(2) && text.contains("./zz.yaml: a contract's file must be a regular file"), "{text}");
}
