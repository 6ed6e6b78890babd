//! The rules of `src/ARCHITECTURE.md` held against the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::lab;

fn sources(folder: &Path, out: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).expect("UTF-8");
            out.push((path, text));
        }
    }
}

/// True for tables of unit tests and what they are made with.
fn unit_test(path: &Path) -> bool {
    path.with_extension("").iter().any(|part| part == "tests" || part == "testing")
}

/// The product's own files: no tests, no benches.
fn product() -> Vec<(PathBuf, String)> {
    let root = lab::root().join("src");
    let mut all = Vec::new();
    sources(&root, &mut all);
    all.into_iter()
        .map(|(path, text)| (path.strip_prefix(&root).expect("below src").to_path_buf(), text))
        .filter(|(path, _)| !path.starts_with("tests") && !path.starts_with("benches") && !unit_test(path))
        .collect()
}

fn table() -> BTreeMap<String, Vec<String>> {
    let page = fs::read_to_string(lab::root().join("src/ARCHITECTURE.md")).expect("the page");
    let rows = page.lines().skip_while(|l| !l.starts_with("| module |")).skip(2).take_while(|l| l.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0].to_owned(), cells[1].split(',').map(|m| m.trim().to_owned()).filter(|m| !m.is_empty()).collect())
    })
    .collect()
}

/// Modules that a file names by `crate::`.
fn used(text: &str) -> Vec<String> {
    // Unit tests at the end of a file may use what they like.
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let names = code
        .split("crate::")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>());
    names.filter(|n| !n.is_empty()).collect()
}

#[test]
fn modules_use_only_what_the_table_allows() {
    let table = table();
    assert!(table.len() >= 10, "{table:?}");
    let mut wrong = Vec::new();
    for (path, text) in product() {
        let module = path.components().next().expect("a module").as_os_str().to_string_lossy().into_owned();
        let Some(allowed) = table.get(&module) else {
            assert!(
                matches!(module.as_str(), "cli" | "harness" | "lib.rs" | "main.rs" | "build.rs"),
                "{module} is not in the table"
            );
            continue;
        };
        assert!(!text.contains("use crate::{"), "{}: one module a line, so that this test can read it", path.display());
        for name in used(&text) {
            if name != module && !allowed.contains(&name) {
                wrong.push(format!("{} uses {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Documentation is no code: `ARCHITECTURE.md` and the pages under `src/docs/` show the first contract, since that is what a reader can try.
#[test]
fn no_code_knows_an_api_by_name() {
    for (path, text) in product() {
        let lower = text.to_lowercase();
        for word in ["kona", "kmv1", "x-km", "encdata"] {
            assert!(!lower.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn network_clock_and_environment_have_their_places() {
    for (path, text) in product() {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let text = path.to_string_lossy().replace('\\', "/");
        let at = |places: &[&str]| places.iter().any(|p| text.starts_with(p));
        for (word, places) in [
            ("reqwest::", &["exchange/http.rs"][..]),
            ("TcpStream", &["exchange/connect.rs"]),
            ("proptest::", &["schema/draw.rs"]),
            ("TcpListener", &["sandbox/", "cli/", "harness/"]),
            ("std::env::var", &["cli/"]),
            ("Utc::now", &["exchange/ambient.rs", "sandbox/", "cli/"]),
            ("SystemTime", &[]),
        ] {
            assert!(!code.contains(word) || at(places) || text == "build.rs", "{text} uses {word}");
        }
    }
}

#[test]
fn every_module_of_the_page_exists_and_the_other_way_round() {
    let page = fs::read_to_string(lab::root().join("src/ARCHITECTURE.md")).expect("the page");
    for entry in fs::read_dir(lab::root().join("src")).expect("src") {
        let entry = entry.expect("an entry");
        if entry.path().is_dir() {
            let name = format!("{}/", entry.file_name().to_string_lossy());
            assert!(page.lines().any(|l| l.starts_with(&name)), "{name} is not on the page");
        }
    }
}

/// Each section that begins with `To add` names files that are there, and names that stand in one of them.
#[test]
fn the_steps_of_every_addition_name_what_is_there() {
    let page = fs::read_to_string(lab::root().join("src/ARCHITECTURE.md")).expect("the page");
    let sections: Vec<&str> = page.split("\n## ").filter(|section| section.starts_with("To add ")).collect();
    assert!(sections.len() >= 5, "{sections:?}");
    for section in sections {
        let title = section.lines().next().unwrap_or_default();
        let words: Vec<&str> = section.split('`').skip(1).step_by(2).collect();
        let mut texts = Vec::new();
        for word in words.iter().filter(|word| word.contains('/')) {
            let path = lab::root().join(word);
            assert!(path.exists(), "{title}: {word} is not there");
            texts.extend(path.is_file().then(|| fs::read_to_string(&path).expect("UTF-8")));
        }
        assert!(texts.len() >= 3, "{title}: {words:?}");
        let is_name = |word: &str| word.chars().all(|c| c.is_alphanumeric() || "_:".contains(c));
        for word in words.into_iter().filter(|word| is_name(word)) {
            let name = word.rsplit("::").next().unwrap_or(word);
            assert!(texts.iter().any(|text| text.contains(name)), "{title}: none of its files has `{word}`");
        }
    }
}

#[test]
fn every_scheme_of_authentication_is_where_the_page_says() {
    let read = |path: &str| fs::read_to_string(lab::root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    let schema: serde_json::Value = serde_json::from_str(&read("specs/schema/api.schema.json")).expect("a schema");
    let ways = schema["properties"]["auth"]["items"]["anyOf"].as_array().expect("alternatives");
    let words: BTreeSet<&str> = ways
        .iter()
        .filter_map(|way| {
            let word = &way["properties"]["scheme"];
            word["const"].as_str().or_else(|| word["enum"][0].as_str())
        })
        .collect();
    assert!(words.len() >= 5, "{words:?}");
    let page = read("src/ARCHITECTURE.md");
    let (_, section) = page.split_once("## To add a scheme of authentication").expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    for path in section.split('`').skip(1).step_by(2).filter(|word| word.contains('/')) {
        assert!(lab::root().join(path).exists(), "{path} is not there");
    }
    for (file, form) in [
        ("src/contract/auth.rs", "\"WORD\""),
        ("src/tests/callers/schemes.json", "scheme: WORD,"),
        ("src/tests/vectors/check_auth.py", "\"WORD\":"),
        ("src/tests/integration/generated/api.rs", "scheme: WORD,"),
        ("src/docs/contracts.md", "| `WORD` |"),
    ] {
        assert!(section.contains(file), "{file} is no step");
        for word in &words {
            assert!(read(file).contains(&form.replace("WORD", word)), "{file} does not name the scheme {word}");
        }
    }
}
