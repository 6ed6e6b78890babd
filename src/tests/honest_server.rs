//! Runs the honest server on its own: `cargo run --example honest -- --port N --temperament a,b --fault x,y --seed N`.
//! `--names` lists the switches, `--profile` prints the profile that fits, `--prepared` the requests that mock keys take.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

#[path = "honest/mod.rs"]
mod honest;

use honest::{Encryption, Honest, Keys, Temperament};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let get = |name: &str| {
        arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1)).map_or("", String::as_str)
    };
    let list = |name: &str| get(name).split(',').filter(|t| !t.is_empty()).collect::<Vec<_>>();
    let mut temperament = get("--seed").parse().map_or_else(|_| Temperament::default(), Temperament::draw);
    for name in list("--temperament") {
        let Some(next) = temperament.with(name) else {
            eprintln!("{name} is none of {}", Temperament::NAMES.join(" "));
            return;
        };
        temperament = next;
    }
    let has = |flag: &str| arguments.iter().any(|a| a == flag);
    if has("--profile") {
        print!("{}", honest::profile(&temperament));
        return;
    }
    if has("--names") {
        println!("{}", Temperament::NAMES.join("\n"));
        return;
    }
    if has("--prepared") {
        for (id, body) in honest::prepared() {
            println!("{id}\t{body}");
        }
        return;
    }
    let environment = |name: &str, or: &str| std::env::var(name).unwrap_or_else(|_| or.to_owned());
    let read = |name: &str| std::fs::read_to_string(get(name)).ok();
    let encryption = read("--server-key").zip(read("--client-key")).map(|(server_private, client_public)| Encryption {
        key_id: environment("KEY_ID", "0123456789abcdef0123456789abcdef"),
        server_private,
        client_public,
    });
    let keys = Keys {
        asp_id: environment("ASP_ID", "000170000000000"),
        access_key: environment("ACCESS_KEY", "1234567-0123456789abcdef0123456789abcdef"),
        secret_key: environment("SECRET_KEY", "honest-secret"),
        encryption,
    };
    let described = temperament.describe();
    match Honest::start(get("--port").parse().unwrap_or(0), keys, temperament, &list("--fault")) {
        Ok(server) => {
            println!("{} {described}", server.address);
            let mut fired = Vec::new();
            loop {
                std::thread::sleep(std::time::Duration::from_millis(500));
                let now = server.fired();
                if now != fired {
                    eprintln!("fired: {}", now.join(" "));
                    fired = now;
                }
            }
        }
        Err(error) => eprintln!("{error}"),
    }
}
