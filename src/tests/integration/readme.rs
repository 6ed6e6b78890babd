//! The pages that users copy from: every block of the README, of the pages under `src/docs/` and of the example profile is run or read
//! as what it is, and every link leads to something.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use konform::contract::{Contract, File, LoadError, Profile, load, waiver};

use super::lab::{self, Folder};

/// A page that users read.
struct Page {
    /// Its path in the repository.
    name: String,
    text: String,
}

/// The README and the pages under `src/docs/`, by name.
fn pages() -> Vec<Page> {
    let docs = fs::read_dir(lab::root().join("src/docs")).expect("the pages' folder");
    let mut names: Vec<String> = docs
        .map(|entry| format!("src/docs/{}", entry.expect("an entry").file_name().to_string_lossy()))
        .filter(|name| name.ends_with(".md"))
        .collect();
    names.push("README.md".to_owned());
    names.sort();
    let read = |name: String| Page { text: fs::read_to_string(lab::root().join(&name)).expect("a page"), name };
    names.into_iter().map(read).collect()
}

/// A block of code.
struct Block {
    /// Its page and first line, `README.md:3`.
    place: String,
    language: String,
    text: String,
    /// Why it is not run, where the page says so.
    not_run: Option<String>,
}

fn blocks(page: &Page) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    let mut marker = None;
    for (at, line) in page.text.lines().enumerate() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(language), None) => {
                let (place, not_run) = (format!("{}:{}", page.name, at + 2), marker.take());
                open = Some(Block { place, language: language.to_owned(), text: String::new(), not_run });
            }
            (Some(_), Some(_)) => out.extend(open.take()),
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) => {
                let why = line.strip_prefix("<!-- not run: ").and_then(|rest| rest.strip_suffix(" -->"));
                marker = why.map(str::to_owned);
            }
        }
    }
    assert!(open.is_none(), "{}: a block has no end", page.name);
    out
}

/// The sandbox on a port, its end with this value.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn start(folder: &Folder) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_konform"))
            .args(["serve", "--addr", "127.0.0.1:0"])
            .current_dir(&folder.0)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        let hint = lines.nth(1).expect("a line").expect("UTF-8");
        let url = hint.rsplit(' ').next().expect("a URL").to_owned();
        Self { child, url }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // A server that has ended already is no failure of the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a line in a shell that finds konform.
fn shell(folder: &Folder, line: &str) -> (i32, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_konform"));
    let own = program.parent().expect("a folder").display().to_string();
    let path = format!("{own}:{}", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(&folder.0).stdin(Stdio::null()).env("PATH", path);
    for (name, value) in [("ASP_ID", "123456789012345"), ("ACCESS_KEY", "an-access-key"), ("KEY_ID", "K1")] {
        command.env(name, value);
    }
    let output = command.output().expect("a shell");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), text)
}

/// A line without what differs from run to run: numbers, times, hexadecimal names.
fn shape(line: &str) -> String {
    let mut out = String::new();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| word(c) != word(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        // The end of a run folder's name may have no digit among its four.
        let tail = part.len() == 4 && part.bytes().all(|b| b.is_ascii_hexdigit());
        let varies = tail || part.bytes().any(|b| b.is_ascii_digit());
        out += if varies {
            "#"
        } else if part.trim().is_empty() {
            " "
        } else {
            part
        };
        rest = after;
    }
    out.trim().to_owned()
}

/// The commands of a block as it prints them, each with the output that it shows.
fn commands(block: &Block) -> Vec<(String, Vec<String>)> {
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    let text = block.text.replace("\\\n", " ");
    for line in text.lines().filter(|l| !l.trim().is_empty()) {
        let command = match block.language.as_str() {
            "console" => line.strip_prefix("$ "),
            _ => Some(line),
        };
        match (command, out.last_mut()) {
            (Some(command), _) => {
                let command = command.replace("cargo run --release -- ", "konform ");
                assert!(command.starts_with("konform "), "{}: {command}", block.place);
                out.push((command, Vec::new()));
            }
            (None, Some((_, shown))) => shown.push(line.to_owned()),
            (None, None) => panic!("{}: output of no command", block.place),
        }
    }
    out
}

#[test]
fn every_command_of_the_pages_runs_as_printed() {
    let folder = Folder::new();
    let served = Served::start(&folder);
    let port = served.url.trim_start_matches("http://127.0.0.1:").split('/').next().expect("a port");
    // The pages' example target is nobody's: its name leads to the sandbox, over plain HTTP.
    let example = format!("http://sandbox.example.com:{port}/open-api --resolve sandbox.example.com:{port}:127.0.0.1");
    let mut wrong = Vec::new();
    let mut ran = 0;
    for page in pages() {
        let mut profile = None;
        for block in blocks(&page) {
            let place = &block.place;
            if let Some(why) = &block.not_run {
                println!("{place} is not run: {why}");
                continue;
            }
            match block.language.as_str() {
                "" | "console" => {}
                // The profile that the next command names.
                "yaml" if block.text.contains("hosts:") => {
                    fs::write(folder.0.join("secret-key"), "a-secret-key\n").expect("written");
                    profile = Some(block.text.replace("/run/secrets/secret-key", "secret-key"));
                    continue;
                }
                "yaml" => continue,
                other => panic!("{place}: a block in `{other}` neither runs nor says why not"),
            }
            if let Some(text) = profile.take() {
                fs::write(folder.0.join("mine.yaml"), text).expect("written");
            }
            for (printed, shown) in commands(&block) {
                let mut line = printed.replace("http://127.0.0.1:8080/open-api", &served.url);
                if line.contains("sandbox.example.com") {
                    // At 5 requests a second the whole plan takes an hour.
                    line = line.replace("https://sandbox.example.com/open-api", &example);
                    line += " --rate 0 --only 'terms-all::valid::*'";
                }
                let (code, text) = shell(&folder, &line);
                let fails = shown.iter().any(|l| l.starts_with("FAIL"));
                // The sandbox does not know the credentials that a profile names.
                let refused = line.contains("mine.yaml") && code == 3 && text.contains("terms-all request got");
                if code != i32::from(fails) && !refused {
                    wrong.push(format!("{place}: {line} ended with {code}\n{text}"));
                }
                // Figures are measured again before a change lands, not at each step of one.
                let text = text.replace("; measured with other sources of konform than these", "");
                let known: Vec<String> = text.lines().map(shape).collect();
                // Which call is the slowest is the machine's matter.
                for line in shown.iter().filter(|l| !l.contains("...") && !l.starts_with("slowest: ")) {
                    if !known.contains(&shape(line)) {
                        wrong.push(format!("{place}: {printed} does not print `{line}`\n{text}"));
                    }
                }
                ran += 1;
            }
        }
        assert!(profile.is_none(), "{}: no command comes after the profile", page.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ran >= 5, "{ran} commands");
}

/// Loads a profile and what it says of the default contract.
fn whole_profile(text: &str) -> Result<Contract, LoadError> {
    let profile = Profile::load(&File { name: "profile.yaml".to_owned(), text: text.to_owned() })?;
    let found = konform::cli::contracts::find(None, Some(&profile));
    Ok(found.unwrap_or_else(|e| panic!("{e}\n{text}")).contract)
}

/// A folder's `api.yaml` with one endpoint.
fn endpoint(api: &str, text: String) -> Result<Contract, LoadError> {
    let path = lab::root().join("specs").join(api).join("api.yaml");
    let api = File { name: "api.yaml".to_owned(), text: fs::read_to_string(path).expect("an api.yaml") };
    load(&[api, File { name: "endpoint.yaml".to_owned(), text }], None)
}

fn fits(schema: &str, text: &str) -> Vec<String> {
    let value: serde_json::Value = serde_saphyr::from_str(text).expect("YAML");
    super::contract_files::schema(schema).iter_errors(&value).map(|e| e.to_string()).collect()
}

#[test]
fn every_yaml_block_of_the_pages_is_what_it_says() {
    let mut read = 0;
    for block in pages().iter().flat_map(blocks).filter(|b| b.language == "yaml") {
        let Block { place, text, .. } = &block;
        let any: serde_json::Value = serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{place}: {e}"));
        if block.not_run.is_some() {
            continue;
        }
        read += 1;
        let has = |key: &str| any.get(key).is_some();
        let whole = if has("konform") { text.clone() } else { format!("konform: 1\n{text}") };
        if has("waivers") {
            let waivers = waiver::load(&File { name: place.clone(), text: whole }).expect("waivers");
            assert!(!waivers.is_empty(), "{place}");
        } else if has("method") {
            assert!(fits("endpoint", &whole).is_empty(), "{place}: {:?}", fits("endpoint", &whole));
            endpoint("kona-plate", whole).unwrap_or_else(|e| panic!("{place}: {e}"));
        } else if has("auth") {
            // A part of api.yaml.
            let head = "konform: 1\nid: small\ntitle: Small\nenvelope: {code: code, message: message}\nresources: []\n";
            let whole = format!("{head}{text}");
            assert!(fits("api", &whole).is_empty(), "{place}: {:?}", fits("api", &whole));
            let call = "konform: 1\nid: c\ntitle: C\nmethod: GET\npath: /c\nrequest: []\nresponse: []\nsuccess: {status: 200}\nerrors: []\n";
            let files = [("api.yaml", whole.as_str()), ("c.yaml", call)];
            let files = files.map(|(name, text)| File { name: name.to_owned(), text: text.to_owned() });
            konform::contract::load(&files, None).unwrap_or_else(|e| panic!("{place}: {e}"));
        } else if has("effects") {
            // A part of an endpoint: what every file states besides stands in the library's own.
            let head = "konform: 1\nid: loan-return\ntitle: Return a book\nmethod: DELETE\npath: /loans/{loanId}\nresponse: []\nsuccess: {status: 204}\n";
            let whole = format!("{head}{text}");
            assert!(fits("endpoint", &whole).is_empty(), "{place}: {:?}", fits("endpoint", &whole));
            endpoint("examples/library", whole).unwrap_or_else(|e| panic!("{place}: {e}"));
        } else {
            assert!(fits("profile", &whole).is_empty(), "{place}: {:?}", fits("profile", &whole));
            whole_profile(&whole).unwrap_or_else(|e| panic!("{place}: {e}"));
        }
    }
    assert!(read >= 7, "{read} blocks");
}

/// What the links of a page lead to, each with its line; blocks of code hold none.
fn links(page: &Page) -> Vec<(usize, &str)> {
    let (mut out, mut inside) = (Vec::new(), false);
    for (at, line) in page.text.lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside;
            continue;
        }
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("](").filter(|_| !inside) {
            rest = after;
            out.extend(after.split_once(')').map(|(target, _)| (at + 1, target)));
        }
    }
    out
}

/// The names that a code host gives to the headings of a page.
fn anchors(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut out = Vec::new();
    for line in text.lines() {
        inside ^= line.starts_with("```");
        let heading = line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#') && !inside);
        out.extend(heading.map(|heading| {
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
        }));
    }
    out
}

#[test]
fn every_link_of_a_page_leads_to_a_file_that_is_there() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for page in pages() {
        let path = lab::root().join(&page.name);
        for (line, link) in links(&page).into_iter().filter(|(_, link)| !link.contains("://")) {
            seen += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let to = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            if !to.exists() {
                wrong.push(format!("{}:{line}: there is no {file}", page.name));
            } else if !anchor.is_empty() {
                let text = fs::read_to_string(&to).expect("a page");
                if !anchors(&text).iter().any(|a| a == anchor) {
                    wrong.push(format!("{}:{line}: no heading of {file} is called {anchor}", page.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 20, "{seen} links");
}

#[test]
fn the_readme_leads_to_every_page() {
    let pages = pages();
    let readme = pages.iter().find(|page| page.name == "README.md").expect("the README");
    let named = links(readme);
    for page in pages.iter().filter(|page| page.name != "README.md") {
        assert!(named.iter().any(|(_, link)| *link == page.name), "no link to {}", page.name);
    }
}

/// The example profile with every line of its comments that is YAML; the prose stays out.
fn uncommented(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in text.lines() {
        let Some(own) = line.strip_prefix("# ").or_else(|| (line == "#").then_some("")) else {
            inside = false;
            out.extend([line, "\n"]);
            continue;
        };
        let key = own.split_once(':').map_or("", |(key, _)| key);
        let begins = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        inside = begins || inside && own.starts_with("  ");
        if inside {
            out.extend([own, "\n"]);
        }
    }
    out
}

#[test]
fn every_example_profile_loads_with_its_comments_and_its_commands_run() {
    let mut profiles = Vec::new();
    for api in ["kona-plate", "examples/library"] {
        let path = lab::root().join("specs").join(api).join("profiles/example.yaml");
        profiles.extend(path.exists().then_some(path));
    }
    assert!(!profiles.is_empty());
    for path in profiles {
        let text = fs::read_to_string(&path).expect("a profile");
        let all = uncommented(&text);
        for key in
            ["credentials", "bindings", "fixtures", "encryption", "choices", "endpoints", "prepared_only", "poll"]
        {
            assert!(all.contains(&format!("\n{key}:")), "{key} is not in\n{all}");
        }
        assert!(fits("profile", &all).is_empty(), "{:?}\n{all}", fits("profile", &all));
        // A target with a whole API and one that takes prepared requests are two: each loads with the rest.
        let prepared = all.find("prepared_only:").expect("the key");
        let end = prepared + all[prepared..].find("\n\n").expect("its end");
        let rest = format!("{}{}", &all[..prepared], &all[end..]);
        for text in [&text, &all, &rest] {
            Profile::load(&File { name: "example.yaml".to_owned(), text: text.clone() })
                .unwrap_or_else(|e| panic!("{e}"));
        }
        let scoped = rest.lines().filter(|l| !l.starts_with("endpoints:")).collect::<Vec<_>>().join("\n");
        whole_profile(&scoped).unwrap_or_else(|e| panic!("{e}"));
        whole_profile(&rest).unwrap_or_else(|e| panic!("{e}"));

        let folder = Folder::new();
        let served = Served::start(&folder);
        // Commands stand in backquotes, or alone on a line.
        let quoted = text.split('`').skip(1).step_by(2);
        let alone = text.lines().map(|l| l.trim_start_matches(['#', ' ']));
        let mut ran = Vec::new();
        for printed in quoted.chain(alone).filter(|part| part.starts_with("konform ")) {
            let line = match printed.split(' ').nth(1).unwrap_or_default() {
                "run" => {
                    let own = printed.replace("http://127.0.0.1:8080/open-api", &served.url);
                    let own = own.replace("specs/kona-plate/profiles/example.yaml", &path.display().to_string());
                    format!("{own} --quiet --only 'terms-all::*'")
                }
                // Another server like the one that runs already.
                "serve" => continue,
                _ => printed.to_owned(),
            };
            let (code, text) = shell(&folder, &line);
            assert_eq!(code, 0, "{line}\n{text}");
            ran.push(line);
        }
        assert!(ran.len() >= 3, "{ran:?}");
    }
}
