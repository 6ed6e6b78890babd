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

/// A path of Rust by its parts: `contract`, `row`, `single`.
type Names = Vec<String>;

/// Reads the paths that begin here, with braces opened: `a::{b, c::D}` is `a::b` and `a::c::D`. Answers the text behind them.
fn paths<'t>(text: &'t str, head: &[String], out: &mut Vec<Names>) -> &'t str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = paths(rest, head, out);
            // A name may have another one behind `as`.
            rest = &rest[rest.find([',', '}']).unwrap_or(rest.len())..];
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => return rest.strip_prefix('}').unwrap_or(rest),
            }
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let mut path = head.to_vec();
    path.extend((!name.is_empty()).then(|| name.to_owned()));
    match rest.strip_prefix("::") {
        Some(more) if !name.is_empty() => paths(more, &path, out),
        _ => {
            out.push(path);
            rest
        }
    }
}

/// A path as it is written in a module, from the crate on.
fn whole(module: &[String], path: &[String]) -> Names {
    let mut out = module.to_vec();
    for part in path {
        match part.as_str() {
            "crate" => out.clear(),
            "super" => drop(out.pop()),
            "self" => {}
            name => out.push(name.to_owned()),
        }
    }
    out
}

/// The paths that a module's code names by `crate::`, `super::` or `self::`, from the crate on.
fn named(module: &[String], code: &str) -> Vec<Names> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = ["crate::", "super::", "self::"].iter().filter_map(|word| rest.find(word)).min() {
        let within = rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        rest = if within { &rest[at + 1..] } else { paths(&rest[at..], &[], &mut found) };
    }
    found.iter().map(|path| whole(module, path)).collect()
}

/// Files by the modules that they are, and what the names stand for that each `mod.rs` takes from its files.
#[derive(Default)]
struct Modules {
    files: BTreeMap<Names, String>,
    names: BTreeMap<Names, Names>,
}

impl Modules {
    /// The file that holds what a path names; none where a `mod.rs` holds it.
    fn file(&self, path: &[String]) -> Option<&String> {
        (1..=path.len()).rev().find_map(|end| {
            let (known, rest) = path.split_at(end);
            let through = || self.file(&[self.names.get(known)?, rest].concat());
            self.files.get(known).or_else(through)
        })
    }
}

/// A circle of files that use each other, in words. A `mod.rs` counts as no file: what it takes from a file is that file's.
fn circle(product: &[(PathBuf, String)]) -> Option<String> {
    let mut modules = Modules::default();
    let mut read = Vec::new();
    for (path, text) in product {
        let mut module: Names =
            path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n");
        if module.last().is_some_and(|name| name == "mod") {
            module.pop();
            let mut taken = Vec::new();
            for used in code.split("use ").skip(1) {
                paths(used, &[], &mut taken);
            }
            for path in taken.iter().filter(|path| !path.is_empty()) {
                let name = [&module[..], &path[path.len() - 1..]].concat();
                modules.names.insert(name, whole(&module, path));
            }
        } else {
            let file = path.to_string_lossy().replace('\\', "/");
            modules.files.insert(module.clone(), file.clone());
            read.push((file, module, code));
        }
    }
    let mut arrows: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for (file, module, code) in &read {
        let used = named(module, code);
        arrows.insert(file, used.iter().filter_map(|path| modules.file(path)).filter(|used| *used != file).collect());
    }
    let mut done = BTreeSet::new();
    let found = arrows.keys().find_map(|file| follow(file, &arrows, &mut done, &mut Vec::new()))?;
    Some(found.join(" uses "))
}

/// Follows the arrows from a file; the files of the first circle, which begins and ends with the same one.
fn follow<'f>(
    file: &'f String,
    arrows: &BTreeMap<&'f String, BTreeSet<&'f String>>,
    done: &mut BTreeSet<&'f String>,
    way: &mut Vec<&'f str>,
) -> Option<Vec<&'f str>> {
    if let Some(at) = way.iter().position(|before| before == file) {
        return Some([&way[at..], &[file.as_str()]].concat());
    }
    if !done.insert(file) {
        return None;
    }
    way.push(file);
    let found = arrows[file].iter().find_map(|used| follow(used, arrows, done, way));
    way.pop();
    found
}

#[test]
fn no_files_of_a_room_use_each_other_in_a_circle() {
    let own = product();
    assert!(own.len() > 150, "{} files", own.len());
    assert_eq!(circle(&own), None);
}

#[test]
fn a_circle_is_found_however_files_name_each_other() {
    let folder = "mod file;\npub use file::{Other, Thing};\n";
    for (used, found) in [
        ("use super::other;", true),
        ("use super::{third::Far, other::{self, Near}};", true),
        ("use crate::room::other::Near;", true),
        ("fn f() { super::super::room::other::near(); }", true),
        ("pub(in crate::room) use super::other::Near as Far;", true),
        ("use super::Thing;\nuse super::third;", false),
        ("// use super::other;\nuse crate::elsewhere::other;", false),
        ("#[cfg(test)]\nmod tests {\n    use super::super::other;\n}", false),
    ] {
        let files = [("mod", folder), ("file", used), ("third", ""), ("other", "use super::Thing;")];
        let files = files.map(|(name, text)| (PathBuf::from(format!("room/{name}.rs")), text.to_owned()));
        let words = "room/file.rs uses room/other.rs uses room/file.rs".to_owned();
        assert_eq!(circle(&files), found.then_some(words), "{used}");
    }
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
