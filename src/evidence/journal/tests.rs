use std::time::Instant;

use super::*;
use crate::evidence::Reader;
use crate::evidence::record::{Record, Why};
use crate::evidence::testing::{CASE, EXCHANGE, Folder, footer, hash, header, run, text};
use crate::evidence::trunk;

fn lines(count: usize) -> Vec<Vec<u8>> {
    vec![EXCHANGE.as_bytes().to_vec(); count]
}

/// The records of the last piece.
fn records(folder: &Folder) -> Vec<String> {
    let text = folder.read(LAST);
    text.lines().map(|line| super::super::chain::parts(line).unwrap().2.to_owned()).collect()
}

/// Waits until the last piece has so many lines: the writer has a clock of its own.
fn wait_for(folder: &Folder, lines: usize) {
    let begun = Instant::now();
    while folder.read(LAST).lines().count() < lines {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", folder.read(LAST));
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_journal_is_read_as_it_was_written() {
    let folder = Folder::new();
    let mut journal = Journal::create(&folder.0, &run()).unwrap();
    journal.case(CASE.as_bytes().to_vec(), lines(2)).unwrap();
    journal.aside(&Aside::of(Why::Canary, "c", "look"), lines(1)).unwrap();
    journal.case(CASE.as_bytes().to_vec(), Vec::new()).unwrap();
    journal.exchanges(lines(1)).unwrap();
    let root = journal.finish(true, 5).unwrap();
    let aside = r#"{"kind":"aside","why":"canary","case":"c","of":"look"}"#;
    let (head, end) = (header(), footer(2, 4, true));
    assert_eq!(records(&folder), [&head, EXCHANGE, EXCHANGE, CASE, EXCHANGE, aside, CASE, EXCHANGE, &end]);
    assert_eq!(root, hash(folder.read(LAST).lines().last().unwrap()));
    let mut reader = Reader::open(&folder.0).unwrap();
    assert!(
        matches!(reader.next(|kind| kind == "footer").unwrap(), Some(Record::Footer(f)) if f.partial && f.millis == 5)
    );
    assert_eq!(folder.names(), ["evidence.jsonl"]);
}

#[test]
fn a_journal_goes_on_where_another_was_cut() {
    let folder = Folder::new();
    let mut journal = Journal::create(&folder.0, &run()).unwrap();
    journal.case(CASE.as_bytes().to_vec(), lines(3)).unwrap();
    journal.finish(true, 1).unwrap();
    let resumed = Resumed { at: "2026-11-26T03:00:00Z".to_owned(), salt: "s".to_owned(), torn: 0 };
    let mut journal = Journal::resume(&folder.0, &trunk(&folder.0).unwrap(), &resumed).unwrap();
    journal.case(CASE.as_bytes().to_vec(), lines(1)).unwrap();
    let root = journal.finish(false, 5).unwrap();
    // The counts are those of the whole.
    assert_eq!(records(&folder)[6..], [crate::evidence::testing::RESUMED, EXCHANGE, CASE, &footer(2, 4, false)]);
    let mut reader = Reader::open(&folder.0).unwrap();
    assert!(reader.next(|_| false).unwrap().is_none());
    assert_eq!(reader.root(), root);
}

#[test]
fn a_piece_is_turned_once_it_is_full_and_not_before() {
    let resumed = Resumed { at: "2026-11-26T03:00:00Z".to_owned(), salt: "s".to_owned(), torn: 0 };
    let written = |before: u64| {
        let folder = Folder::with(LAST, "");
        let trunk = Trunk { seq: 0, prev: String::new(), bytes: before, torn: 0, cases: 0, exchanges: 0 };
        Journal::resume(&folder.0, &trunk, &resumed).unwrap().finish(true, 5).unwrap();
        (folder.names(), folder.read(LAST).lines().count())
    };
    let (_, count) = written(0);
    let size = text(&[format!(r#"{{"seq":0,"prev":"","record":{}}}"#, crate::evidence::testing::RESUMED)]).len() as u64;
    let packed = vec!["evidence.0001.jsonl.gz".to_owned(), LAST.to_owned()];
    assert_eq!(count, 2);
    // The mark fills the piece; with a byte less it has room for it, and the footer fills it; with more room both stay together.
    assert_eq!(written(PIECE - size), (packed.clone(), 1));
    assert_eq!(written(PIECE - size - 1), (packed, 0));
    assert_eq!(written(PIECE - 2 * size - 1000), (vec![LAST.to_owned()], 2));
}

#[test]
fn lines_are_sent_in_portions() {
    let (sender, inbox) = sync_channel::<Vec<Vec<u8>>>(4);
    let mut journal = Journal { lines: Some(sender), ..Journal::discard() };
    journal.exchanges(lines(PORTION - 1)).unwrap();
    assert!(inbox.try_recv().is_err(), "the writer is not woken for a few lines");
    journal.exchanges(lines(1)).unwrap();
    assert_eq!(inbox.try_recv().unwrap().len(), PORTION);
    journal.exchanges(lines(PORTION + 1)).unwrap();
    assert_eq!(inbox.try_recv().unwrap().len(), PORTION);
    assert_eq!(journal.portion.lock().unwrap().len(), 1);
    journal.flush().unwrap();
    assert_eq!(inbox.try_recv().unwrap().len(), 1);
}

#[test]
fn what_is_run_is_on_the_disk_at_once_and_a_few_lines_soon() {
    let folder = Folder::new();
    let mut journal = Journal::create(&folder.0, &run()).unwrap();
    wait_for(&folder, 1);
    journal.exchanges(lines(2)).unwrap();
    // Nobody sends more: the writer takes them by itself.
    wait_for(&folder, 3);
    journal.exchanges(lines(1)).unwrap();
    // A journal that ends early, in a panic, leaves nothing behind unwritten.
    drop(journal);
    wait_for(&folder, 4);
    assert_eq!(records(&folder), [&header(), EXCHANGE, EXCHANGE, EXCHANGE]);
}

#[test]
fn a_journal_that_keeps_nothing_takes_everything() {
    let mut journal = Journal::discard();
    journal.case(CASE.as_bytes().to_vec(), lines(PORTION * 2)).unwrap();
    assert!(journal.portion.lock().unwrap().is_empty());
    assert_eq!(journal.finish(false, 1).unwrap(), "");
}

/// A journal of `evidence.jsonl` whose writer has ended in this manner.
fn ended(writer: impl FnOnce() -> io::Result<(u64, String)> + Send + 'static) -> Journal {
    let (sender, _) = sync_channel::<Vec<Vec<u8>>>(1);
    let thread = Some(std::thread::spawn(writer));
    Journal { path: PathBuf::from(LAST), lines: Some(sender), thread, ..Journal::discard() }
}

#[test]
fn what_the_disk_refused_is_said_and_not_swallowed() {
    let full = || Err(io::Error::other("the disk is full"));
    let refused = "failed to write evidence to evidence.jsonl: the disk is full";
    assert_eq!(ended(full).exchanges(lines(PORTION)).unwrap_err().to_string(), refused);
    assert_eq!(ended(full).finish(false, 1).unwrap_err().to_string(), refused);
    let stopped = ended(|| Ok((0, String::new()))).exchanges(lines(PORTION)).unwrap_err().to_string();
    assert_eq!(stopped, "failed to write evidence to evidence.jsonl: the writer stopped");
    // Once it was said, the rest is dropped.
    let mut journal = ended(full);
    journal.exchanges(lines(PORTION)).unwrap_err();
    journal.exchanges(lines(PORTION)).unwrap();
    assert_eq!(journal.exchanges, 2 * PORTION as u64);

    let writers = |writer: fn() -> io::Result<(u64, String)>| {
        Journal { lines: None, ..ended(writer) }.finish(false, 1).map_err(|error| error.to_string())
    };
    assert_eq!(writers(|| Ok((1, "ab".to_owned()))), Ok("ab".to_owned()));
    assert_eq!(writers(|| Err(io::Error::other("the disk is full"))), Err(refused.to_owned()));
    let folder = Folder::new();
    let nowhere = folder.0.join("nowhere");
    assert!(Journal::create(&nowhere, &run()).is_err());
}

#[test]
fn a_compression_that_fails_ends_the_journal() {
    let packer = |under_way| Packer { folder: PathBuf::new(), under_way };
    assert!(packer(None).wait().is_ok());
    assert!(packer(Some(std::thread::spawn(|| Ok(())))).wait().is_ok());
    let failed = std::thread::spawn(|| Err(io::Error::other("the disk is full")));
    assert_eq!(packer(Some(failed)).wait().unwrap_err().to_string(), "the disk is full");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_of_the_chain() {
    let file = File::options().write(true).open("/dev/full").unwrap();
    let mut out = BufWriter::new(file);
    let mut chain = Chain::new(0, String::new());
    let written = chain.write(b"{}", &mut out).and_then(|_| out.flush());
    assert_eq!(written.unwrap_err().kind(), io::ErrorKind::StorageFull);
}
