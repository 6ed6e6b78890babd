use super::*;
use crate::evidence::testing::Folder;

#[test]
fn names_of_pieces_are_told_from_others() {
    for (name, piece) in [
        ("evidence.jsonl", true),
        ("evidence.0001.jsonl", true),
        ("evidence.0012.jsonl.gz", true),
        ("evidence.12345.jsonl.gz", true),
        ("evidence.json", false),
        ("evidence.1.jsonl", false),
        ("evidence.001.jsonl", false),
        ("evidence.0001.jsonl.gz.part", false),
        ("evidence.000a.jsonl", false),
        ("evidence.0001.json", false),
        ("my-evidence.0001.jsonl", false),
        ("run.log", false),
    ] {
        assert_eq!(is_piece(name), piece, "{name}");
    }
}

fn read(folder: &Folder) -> io::Result<String> {
    let mut out = String::new();
    open(&folder.0).map_err(|damage| io::Error::other(damage.to_string()))?.read_to_string(&mut out)?;
    Ok(out)
}

#[test]
fn a_run_killed_at_any_moment_of_the_turn_reads_the_same() {
    let folder = Folder::with(LAST, "a\n");
    let path = &folder.0;
    let (number, _) = turn(path).unwrap();
    assert_eq!((number, folder.read("evidence.0001.jsonl"), folder.read(LAST)), (1, "a\n".to_owned(), String::new()));
    pack(path, number).unwrap();
    assert_eq!((read(&folder).unwrap().as_str(), pieces(path).len()), ("a\n", 1));
    folder.write(LAST, "b\n");
    // Killed before the new piece was made, before the old one was compressed, and before its plain form was removed.
    fs::rename(path.join(LAST), full(path, 2)).unwrap();
    assert_eq!(read(&folder).unwrap(), "a\nb\n");
    folder.write(LAST, "c\n");
    folder.write("evidence.0002.jsonl.gz.part", "half");
    assert_eq!(read(&folder).unwrap(), "a\nb\nc\n");
    fs::write(packed(path, 2), "half").unwrap();
    assert_eq!(read(&folder).unwrap(), "a\nb\nc\n");
    settle(path).unwrap();
    assert_eq!(read(&folder).unwrap(), "a\nb\nc\n");
    assert_eq!(folder.names(), ["evidence.0001.jsonl.gz", "evidence.0002.jsonl.gz", "evidence.jsonl"]);
    assert_eq!(turn(path).unwrap().0, 3);
    settle(path).unwrap();
    assert_eq!(read(&folder).unwrap(), "a\nb\nc\n");
    assert!(!path.join("evidence.0003.jsonl").exists());
}

#[test]
fn pieces_are_read_in_their_order_up_to_a_gap() {
    for (names, text) in [
        (&["evidence.jsonl"][..], "evidence.jsonl"),
        (&["evidence.0001.jsonl"], "evidence.0001.jsonl"),
        (
            &["evidence.jsonl", "evidence.0002.jsonl", "evidence.0001.jsonl"],
            "evidence.0001.jsonl evidence.0002.jsonl evidence.jsonl",
        ),
        (&["evidence.jsonl", "evidence.0002.jsonl"], "evidence.jsonl"),
        (&["evidence.jsonl", "evidence.0000.jsonl"], "evidence.jsonl"),
    ] {
        let folder = Folder::new();
        for name in names {
            folder.write(name, format!("{name} "));
        }
        assert_eq!(read(&folder).unwrap().trim_end(), text, "{names:?}");
    }
}

#[test]
fn what_can_not_be_opened_says_which_file() {
    let folder = Folder::new();
    let missing = read(&folder).unwrap_err().to_string();
    assert!(missing.starts_with(&format!("failed to read {}", folder.0.join(LAST).display())), "{missing}");
    // A folder, a pipe or a device is no file.
    assert_eq!(open_at(&folder.0).err().unwrap().to_string(), "it is no regular file");
    fs::create_dir(folder.0.join(LAST)).unwrap();
    folder.write("evidence.0001.jsonl", "a\n");
    assert_eq!(read(&folder).unwrap_err().to_string(), "evidence.jsonl: it is no regular file");
}

#[test]
fn a_compressed_piece_is_known_by_its_name() {
    let folder = Folder::with("evidence.0001.jsonl", "a\n");
    pack(&folder.0, 1).unwrap();
    assert_eq!(folder.names(), ["evidence.0001.jsonl.gz"]);
    fs::copy(packed(&folder.0, 1), folder.0.join("plain")).unwrap();
    let read = |name: &str| {
        let mut out = Vec::new();
        open_at(&folder.0.join(name)).unwrap().read_to_end(&mut out).unwrap();
        out
    };
    assert_eq!(read("evidence.0001.jsonl.gz"), b"a\n");
    assert_eq!(read("plain")[..2], [0x1f, 0x8b]);
}
