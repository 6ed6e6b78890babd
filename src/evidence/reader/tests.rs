use super::*;
use crate::evidence::record::Resumed;
use crate::evidence::testing::{CASE, EXCHANGE, Folder, RESUMED, chained, footer, hash, header, run, text};

const NONE: &[&str] = &[];

/// Reads evidence to its end: the kinds of the wanted records, or what is wrong.
fn read(evidence: impl AsRef<[u8]>, wanted: &[&str]) -> Result<(Reader, usize), Damage> {
    let folder = Folder::with(LAST, evidence);
    let mut reader = Reader::open(&folder.0)?;
    let mut found = 0;
    while reader.next(|kind| wanted.contains(&kind))?.is_some() {
        found += 1;
    }
    Ok((reader, found))
}

/// What is wrong with evidence, in words; nothing where it is whole.
fn said(evidence: impl AsRef<[u8]>) -> String {
    read(evidence, NONE).map_or_else(|damage| damage.to_string(), |_| String::new())
}

/// Header, two cases with an exchange each, footer.
fn whole() -> Vec<String> {
    chained(&[&header(), EXCHANGE, CASE, EXCHANGE, CASE, &footer(2, 2, false)])
}

#[test]
fn evidence_is_read_to_its_footer() {
    let lines = whole();
    for (wanted, records) in [(NONE, 0), (&["case"], 2), (&["footer"], 1), (&["case", "footer"], 3), (&["aside"], 0)] {
        let (reader, found) = read(text(&lines), wanted).unwrap();
        assert_eq!(found, records, "{wanted:?}");
        assert_eq!((reader.cases(), reader.root()), (2, hash(&lines[5]).as_str()));
        assert_eq!(*reader.header(), run());
        assert_eq!(reader.footer().map(|f| (f.cases, f.exchanges, f.partial)), Some((2, 2, false)));
    }
    let folder = Folder::with(LAST, text(&lines));
    let mut reader = Reader::open(&folder.0).unwrap();
    assert_eq!((reader.cases(), reader.footer().is_none(), reader.root()), (0, true, hash(&lines[0]).as_str()));
    assert!(matches!(reader.next(|kind| kind == "case").unwrap(), Some(Record::Case(_))));
    assert_eq!((reader.cases(), reader.root()), (1, hash(&lines[2]).as_str()));
}

#[test]
fn each_way_of_damage_is_told_from_the_others() {
    let lines = whole();
    let pick = |order: &[usize]| text(&order.iter().map(|at| lines[*at].as_str()).collect::<Vec<_>>());
    for (evidence, says) in [
        (pick(&[0, 1, 2, 3, 4, 5]), ""),
        (pick(&[0, 1, 3, 4, 5]), "record 2 is missing: record 3 follows record 1"),
        (pick(&[0, 1, 4, 5]), "records 2 to 3 are missing: record 4 follows record 1"),
        (pick(&[0, 2, 3, 4, 5]), "record 1 is missing: record 2 follows record 0"),
        (pick(&[0, 1, 3, 2, 4, 5]), "records have changed places: record 3 stands where record 2 belongs"),
        (pick(&[0, 1, 2, 3, 1, 4, 5]), "records have changed places: record 1 stands where record 4 belongs"),
        (pick(&[0, 1, 2, 2, 3, 4, 5]), "record 2 stands there twice"),
        (pick(&[0, 0, 1, 2, 3, 4, 5]), "record 0 stands there twice"),
        (pick(&[1, 2, 3, 4, 5]), "the evidence does not begin with its header"),
        (pick(&[1, 0, 2, 3, 4, 5]), "records have changed places: record 1 stands where record 0 belongs"),
        (pick(&[0, 1, 2, 3, 4]), NO_FOOTER),
        (pick(&[0]), NO_FOOTER),
        (String::new(), NO_FOOTER),
        (pick(&[0, 1, 2, 3, 4, 5, 5]), "record 5 follows the footer"),
        (pick(&[0, 1, 2, 3, 4, 5, 0]), "record 0 follows the footer"),
        (
            pick(&[0, 1, 2, 3, 4, 5]).replacen("\"case\":\"c\"", "\"case\":\"d\"", 1),
            "record 1 was changed: record 2 names another hash",
        ),
        (pick(&[0, 1, 2]) + "half a li", "line 4 is no record: it has no number and no hash"),
        (pick(&[0, 1]) + "\n", "line 3 is no record: it has no number and no hash"),
    ] {
        assert_eq!(said(&evidence), says, "{evidence}");
    }
}

const NO_FOOTER: &str =
    "the evidence has no footer: the run did not end, or its end was cut off (`konform run --resume` takes it up)";

#[test]
fn a_chain_of_something_else_is_no_evidence() {
    let (head, end) = (header(), footer(0, 0, false));
    let bad_header = head.replace("\"version\":2", "\"version\":1");
    let named = text(&chained(&[&head, &end])).replacen("\"prev\":\"\"", "\"prev\":\"ab\"", 1);
    for (evidence, says) in [
        (text(&chained(&[&head, &end])), ""),
        (text(&chained(&[CASE, &footer(1, 0, false)])), "the evidence does not begin with its header"),
        (text(&chained(&[&end])), "the evidence does not begin with its header"),
        (text(&chained(&[CASE, &head, &footer(1, 0, false)])), "the evidence does not begin with its header"),
        (text(&chained(&[&head, &head, &end])), "line 2 is no record: a second header"),
        (
            text(&chained(&[&bad_header, &end])),
            "line 1 is no record: konform/evidence 1: this program reads konform/evidence 2",
        ),
        (named, "line 1 is no record: the first record names one before it"),
        (text(&chained(&[&head, "{}", &end])), "line 2 is no record: a record without a kind"),
        (text(&chained(&[&head, "{\"kind\":\"footer\"}"])), "line 2 is no record: missing field `cases`"),
        (text(&chained(&[&head, CASE, &end])), "the footer counts 0 cases, the evidence has 1"),
        (text(&chained(&[&head, EXCHANGE, &end])), "the footer counts 0 exchanges, the evidence has 1"),
        (text(&chained(&[&head, &footer(0, 1, false)])), "the footer counts 1 exchanges, the evidence has 0"),
        (text(&chained(&[&head, EXCHANGE, CASE, &footer(1, 1, false)])), ""),
    ] {
        let told = said(&evidence);
        assert!(told.starts_with(says) && told.is_empty() == says.is_empty(), "{evidence}: {told}");
    }
    let mut spoilt = text(&chained(&[&head])).into_bytes();
    spoilt.extend(b"\xff\n");
    assert_eq!(said(&spoilt), "line 2 is no record: not UTF-8");
    // A reason is no longer than people read.
    let long = head.replace("konform/evidence", &"x".repeat(500));
    let says = said(text(&chained(&[&long])));
    assert_eq!(says, format!("line 1 is no record: {}", "x".repeat(200)));
    let folder = Folder::new();
    assert!(matches!(Reader::open(&folder.0), Err(Damage::Io { path, .. }) if path == folder.0.join(LAST)));
}

#[test]
fn a_run_that_was_stopped_may_have_been_taken_up_after_its_footer() {
    let head = header();
    for (records, says) in [
        (&[&*head, CASE, &footer(1, 0, true), RESUMED, CASE, &footer(2, 0, false)][..], ""),
        (&[&head, CASE, &footer(1, 0, true), RESUMED, &footer(1, 0, true)], ""),
        (&[&head, CASE, RESUMED, CASE, &footer(2, 0, false)], ""),
        (&[&head, CASE, &footer(1, 0, false), RESUMED, &footer(1, 0, false)], "record 3 follows the footer"),
        (&[&head, CASE, &footer(1, 0, true), CASE, &footer(2, 0, true)], "record 3 follows the footer"),
        (&[&head, CASE, &footer(1, 0, true), RESUMED], NO_FOOTER),
    ] {
        let told = said(text(&chained(records)));
        assert_eq!(told, says, "{records:?}");
    }
}

/// Everything that a trunk says but its hash.
fn measured(folder: &Folder) -> Result<[u64; 5], String> {
    let found = trunk(&folder.0).map_err(|damage| damage.to_string())?;
    Ok([found.seq, found.bytes, found.torn, found.cases, found.exchanges])
}

#[test]
fn the_sound_beginning_of_a_killed_runs_evidence_is_measured() {
    let lines = whole();
    let size = |count: usize| text(&lines[..count]).len() as u64;
    for (count, half, cases, exchanges) in [
        (5, "", 2, 2),
        (3, "", 1, 1),
        (2, "{\"seq\":2,\"prev", 0, 1),
        (3, "x", 1, 1),
        (0, "{\"seq\":0", 0, 0),
        (0, "", 0, 0),
    ] {
        let folder = Folder::with(LAST, text(&lines[..count]) + half);
        let torn = half.len() as u64;
        assert_eq!(measured(&folder), Ok([count as u64, size(count), torn, cases, exchanges]), "{count} {half}");
        let found = trunk(&folder.0).unwrap();
        assert_eq!(found.prev, count.checked_sub(1).map(|last| hash(&lines[last])).unwrap_or_default());
        found.cut(&folder.0).unwrap();
        assert_eq!(folder.read(LAST), text(&lines[..count]), "what was half written is cut off");
    }
}

#[test]
fn evidence_that_is_damaged_before_its_end_is_not_taken_up() {
    let lines = whole();
    let pick = |order: &[usize]| text(&order.iter().map(|at| lines[*at].as_str()).collect::<Vec<_>>());
    for (evidence, says) in [
        (pick(&[0, 1, 3]), "record 2 is missing: record 3 follows record 1"),
        (pick(&[0, 1, 4]), "records 2 to 3 are missing: record 4 follows record 1"),
        (
            pick(&[0, 1, 2]).replacen("\"case\":\"c\"", "\"case\":\"d\"", 1),
            "record 1 was changed: record 2 names another hash",
        ),
        (pick(&[0]) + "no line\n", "line 2 is no record: it has no number and no hash"),
        (pick(&[0, 1, 1]), "record 1 stands there twice"),
        (pick(&[0, 1, 2, 1]), "records have changed places: record 1 stands where record 3 belongs"),
        (pick(&[1, 2]), "the evidence does not begin with its header"),
        (text(&chained(&[CASE])), "the evidence does not begin with its header"),
    ] {
        assert_eq!(measured(&Folder::with(LAST, &evidence)), Err(says.to_owned()), "{evidence}");
    }
    let mut spoilt = pick(&[0]).into_bytes();
    spoilt.extend(b"\xff\n");
    assert_eq!(measured(&Folder::with(LAST, spoilt)), Err("line 2 is no record: not UTF-8".to_owned()));
    assert!(measured(&Folder::new()).unwrap_err().starts_with("failed to read"));
}

#[test]
fn a_run_in_pieces_is_measured_over_all_of_them() {
    let lines = whole();
    let piece = "evidence.0001.jsonl";
    // Bytes are those of the last piece.
    let folder = Folder::with(piece, text(&lines[..2]));
    folder.write(LAST, text(&lines[2..4]) + "half");
    assert_eq!(measured(&folder), Ok([4, text(&lines[2..4]).len() as u64, 4, 1, 2]));
    // Killed between two pieces: the next one is begun.
    let folder = Folder::with(piece, text(&lines[..2]));
    assert_eq!(measured(&folder), Ok([2, 0, 0, 0, 1]));
    assert_eq!(folder.read(LAST), "");
    // A line that a full piece breaks off in is lost.
    let folder = Folder::with(piece, text(&lines[..2]) + "half");
    folder.write(LAST, "");
    assert_eq!(measured(&folder), Err("line 3 is no record: its piece ends before it does".to_owned()));
    // A piece that is no gzip is broken, and a reader says so as well.
    let folder = Folder::with("evidence.0001.jsonl.gz", "no gzip at all");
    folder.write(LAST, text(&lines));
    assert!(measured(&folder).unwrap_err().starts_with("line 1 is no record"));
    assert!(matches!(Reader::open(&folder.0), Err(Damage::Garbled { line: 1, .. })));
    // A piece that can't be read is something else.
    let folder = Folder::with(piece, text(&lines[..2]));
    std::fs::create_dir(folder.0.join(LAST)).unwrap();
    let mut reader = Reader::open(&folder.0).unwrap();
    assert!(matches!(reader.next(|_| false), Err(Damage::Io { path, .. }) if path == folder.0));
    assert!(matches!(trunk(&folder.0), Err(Damage::Io { path, .. }) if path == folder.0.join(LAST)));
}

#[test]
fn the_mark_of_a_run_taken_up_is_read_when_it_is_wanted() {
    let lines = chained(&[&header(), RESUMED, &footer(0, 0, false)]);
    let folder = Folder::with(LAST, text(&lines));
    let mut reader = Reader::open(&folder.0).unwrap();
    let expected = Resumed { at: "2026-11-26T03:00:00Z".to_owned(), salt: "s".to_owned(), torn: 0 };
    assert!(matches!(reader.next(|kind| kind == "resumed").unwrap(), Some(Record::Resumed(r)) if r == expected));
    assert!(reader.next(|_| true).unwrap().is_some_and(|record| matches!(record, Record::Footer(_))));
    assert!(reader.next(|_| true).unwrap().is_none());
}
