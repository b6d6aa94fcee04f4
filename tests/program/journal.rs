//! Journals that are damaged, of another version, in a bad place or in use: what each command
//! says, and that nothing goes on the strength of half a journal.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde_json::json;

use crate::account::Account;
use crate::harness::{Desk, LAB, Said, Served, YES, manifest, shared_lab, text};
use crate::world::{World, assert_only_the_lab_went, look, untouched};

fn journal_of(desk: &Desk) -> PathBuf {
    desk.path("state/dismantle/journal.sqlite")
}

fn beside(journal: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", journal.display()))
}

/// A run that is stopped in the middle by a signal.
fn stopped_run(served: &Served, signal: &str) -> (Desk, String) {
    let desk = Desk::at(served);
    let mut run = desk.start(&[&["-m", LAB, "destroy"][..], &YES].concat());
    run.until("done ", 3);
    run.signal(signal);
    run.end();
    let name = text(&desk.runs()[0]["run"]).to_owned();
    (desk, name)
}

/// What a killed run leaves behind: the files of the journal, and the run's name.
fn left_by_a_killed_run(served: &Served) -> (Desk, Vec<(PathBuf, Vec<u8>)>, String) {
    let (desk, name) = stopped_run(served, "KILL");
    let folder = fs::read_dir(desk.path("state/dismantle")).unwrap();
    let files = folder.map(|file| file.unwrap().path());
    // The shared memory is made anew from the log.
    let files = files.filter(|path| !path.to_string_lossy().ends_with("-shm"));
    let files = files.map(|path| (path.clone(), fs::read(&path).unwrap())).collect();
    (desk, files, name)
}

/// The account once all is done that a dead run had asked for: three looks that show the same.
fn settled(desk: &Desk) -> World {
    let mut last = look(desk);
    let mut same = 0;
    for _ in 0..30 {
        let now = look(desk);
        same = if now == last { same + 1 } else { 0 };
        last = now;
        if same == 2 {
            return last;
        }
    }
    panic!("the account does not come to rest");
}

fn put_back(desk: &Desk, files: &[(PathBuf, Vec<u8>)]) {
    let folder = desk.path("state");
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir_all(desk.path("state/dismantle")).unwrap();
    for (path, bytes) in files {
        fs::write(path, bytes).unwrap();
    }
}

fn overwrite(path: &Path, from: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(bytes).unwrap();
}

fn cut(path: &Path, share: f64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len((length as f64 * share) as u64).unwrap();
}

struct Fault {
    name: &'static str,
    damage: fn(&Path),
    /// The exit codes of `runs list`, `runs show`, `resume` and `destroy --dry-run`.
    codes: [i32; 4],
    /// What whoever fails says.
    words: &'static [&'static str],
}

/// Of the killed run everything is still in the log beside the file.
const FAULTS: &[Fault] = &[
    Fault { name: "none", damage: |_| {}, codes: [0, 0, 0, 0], words: &[] },
    Fault {
        name: "the log's tail is torn",
        damage: |journal| cut(&beside(journal, "-wal"), 0.7),
        codes: [0, 0, 0, 0],
        words: &[],
    },
    Fault {
        name: "the log is overwritten",
        damage: |journal| overwrite(&beside(journal, "-wal"), 0, &[0xA5; 9000]),
        codes: [1, 1, 1, 1],
        words: &["is damaged", "nothing is removed", "dismantle verify"],
    },
    Fault {
        name: "the file is garbage, and its log is gone",
        damage: |journal| {
            overwrite(journal, 0, &[0xA5; 4096]);
            fs::remove_file(beside(journal, "-wal")).unwrap();
        },
        codes: [1, 1, 1, 1],
        words: &["is not a Dismantle journal", "--journal PATH"],
    },
    Fault {
        name: "of a newer version",
        // `user_version` is at byte 60 (SQLite, "Database File Format", 1.3), and the log is
        // taken away, which has a newer first page.
        damage: |journal| {
            let log = beside(journal, "-wal");
            overwrite(journal, 60, &99_u32.to_be_bytes());
            overwrite(journal, 68, b"DSMT");
            fs::remove_file(log).unwrap();
        },
        codes: [1, 1, 1, 1],
        words: &["newer Dismantle", "format 99", "knows 1"],
    },
    Fault {
        name: "a directory in its place",
        damage: |journal| {
            fs::remove_file(journal).unwrap();
            fs::create_dir(journal).unwrap();
        },
        codes: [1, 1, 1, 1],
        words: &["is a directory"],
    },
    Fault {
        name: "a link in its place",
        damage: |journal| {
            let moved = beside(journal, ".moved");
            fs::rename(journal, &moved).unwrap();
            symlink(&moved, journal).unwrap();
        },
        codes: [1, 1, 1, 1],
        words: &["is a symbolic link", "somebody else"],
    },
];

#[test]
fn every_fault_of_a_journal_is_said_and_nothing_is_removed_by_it() {
    let served = Served::lab();
    let (desk, files, run) = left_by_a_killed_run(&served);
    let before = settled(&desk);
    let resume = [&["resume", "--dry-run"][..], &YES].concat();
    let destroy = [&["-m", LAB, "destroy", "--dry-run"][..], &YES].concat();
    let mut wrong = Vec::new();
    for fault in FAULTS {
        let asked: [&[&str]; 4] = [&["runs", "list"], &["runs", "show", &run], &resume, &destroy];
        for (args, code) in asked.into_iter().zip(fault.codes) {
            put_back(&desk, &files);
            (fault.damage)(&journal_of(&desk));
            let said = desk.dismantle(args);
            let told = code == 0 || fault.words.iter().all(|word| said.err.contains(word));
            if !said.has_ended_with(&[code]) || !told {
                wrong.push(format!("{}: {code} and {:?}: {said}", fault.name, fault.words));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    put_back(&desk, &files);
    assert_eq!(look(&desk), before, "nothing was changed meanwhile");
}

#[test]
fn on_half_a_journal_nothing_is_removed() {
    let served = Served::lab();
    let (desk, run) = stopped_run(&served, "INT");
    let journal = journal_of(&desk);
    let log = fs::metadata(beside(&journal, "-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0, "all of it is in the file after an orderly end");
    let length = fs::metadata(&journal).unwrap().len();
    overwrite(&journal, length - 4096, &[0xA5; 4096]);
    let spoilt = fs::read(&journal).unwrap();
    let before = settled(&desk);

    let list = desk.dismantle_anywhere(&["runs", "list"]).ends_with(0);
    assert!(list.out.contains(&run) && list.out.contains("is damaged"), "{list}");
    let rows = desk.runs();
    assert_eq!((&rows[0]["status"], &rows[0]["unfinished"]), (&json!("unreadable"), &json!(true)));
    let asked: [&[&str]; 3] = [&["resume"], &["resume", &run], &["-m", LAB, "destroy"]];
    for args in asked {
        let said = desk.dismantle(&[args, &YES].concat()).ends_with(1);
        said.explains(&["is damaged", "move the file away"]);
    }
    assert_eq!(fs::read(&journal).unwrap(), spoilt, "nobody wrote into it");
    assert_eq!(look(&desk), before);
}

/// The program under a limit on the size of its files, in blocks of 512 bytes: what it writes
/// beyond fails as on a full disk.
fn with_room(desk: &Desk, blocks: u32, args: &[&str]) -> Said {
    let limit = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    desk.through(&["sh", "-c", &limit, "sh"], args)
}

#[test]
fn on_a_full_disk_nothing_is_removed_unwritten_and_room_lets_it_go_on() {
    let served = Served::lab();
    let desk = Desk::at(&served);
    let url = &served.url;
    let destroy = [&["-m", LAB, "destroy", "--endpoint-url", url][..], &YES].concat();
    // No room for the log's shared memory; for the plan; for all of the run.
    let mut begun = false;
    for blocks in [16, 100, 300] {
        let said = with_room(&desk, blocks, &destroy).ends_with(1);
        let why = ["cannot be written", "is full"];
        assert!(why.iter().any(|why| said.err.contains(why)), "{said}");
        assert!(said.err.contains("Nothing is removed without a journal"), "{said}");
        let runs = desk.runs();
        begun |= !runs.is_empty();
        if !begun {
            assert_eq!(look(&desk).len(), untouched().len(), "nothing went");
        }
    }
    assert!(begun, "the last one had room for its plan");
    assert_eq!(desk.runs()[0]["unfinished"], true);
    let outcome = desk.json(&[&["resume"][..], &YES].concat()).ends_with(3).document();
    assert_eq!((&outcome["left"], &outcome["failed"]), (&json!([]), &json!([])));
    assert_only_the_lab_went(&look(&desk));
}

/// Root may write anywhere, unless it gives up that privilege.
fn without_privilege(desk: &Desk, args: &[&str]) -> Said {
    let id = Command::new("id").arg("-u").output().expect("there is `id`");
    if id.stdout != b"0\n" {
        return desk.through(&[], args);
    }
    let drop = "-dac_override,-dac_read_search";
    let (inherited, bounds) = (format!("--inh-caps={drop}"), format!("--bounding-set={drop}"));
    desk.through(&["setpriv", &inherited, &bounds], args)
}

#[test]
fn in_a_directory_that_cannot_be_written_a_journal_is_read_and_no_run_goes_on() {
    let served = Served::lab();
    let (desk, run) = stopped_run(&served, "INT");
    let before = settled(&desk);
    let folder = desk.path("state/dismantle");
    // What the last reader left there would do for a writer.
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(&journal_of(&desk), suffix));
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    let list = without_privilege(&desk, &["runs", "list"]);
    let show = without_privilege(&desk, &["runs", "show", &run]);
    let resume = [&["resume", "--endpoint-url", &served.url][..], &YES].concat();
    let resume = without_privilege(&desk, &resume);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let (list, show) = (list.ends_with(0), show.ends_with(0));
    assert!(list.out.contains(&run) && show.out.contains("interrupted"), "{list}\n{show}");
    let words = ["cannot be written", "Nothing is removed without a journal"];
    resume.ends_with(1).explains(&words);

    let destroy = [&["-m", LAB, "destroy"][..], &YES].concat();
    for place in ["/proc/dismantle/journal.sqlite", "/dev/null/journal.sqlite"] {
        let args = [&["--journal", place][..], &destroy].concat();
        desk.dismantle(&args).ends_with(1).explains(&[place, "--journal PATH"]);
    }
    assert_eq!(look(&desk), before);
}

#[test]
fn two_that_begin_at_the_same_moment_are_one_run() {
    let served = Served::lab();
    let (one, url) = (Desk::at(&served), served.url.clone());
    let destroy = [&["-m", LAB, "--endpoint-url", &url, "destroy"][..], &YES].concat();
    let said = thread::scope(|scope| {
        let (desk, args) = (&one, &destroy);
        let both = [0, 1].map(|_| scope.spawn(move || desk.dismantle_anywhere(args)));
        both.map(|one| one.join().unwrap())
    });
    let ended = |code| said.iter().filter(|said| said.has_ended_with(&[code])).count();
    assert_eq!((ended(3), ended(5)), (1, 1), "{}\n{}", said[0], said[1]);
    assert_eq!(one.runs().len(), 1);
    assert_only_the_lab_went(&look(&one));
}

#[test]
fn runs_of_two_manifests_share_a_journal_at_the_same_time() {
    let served = Served::empty();
    let (desk, account) = (Desk::at(&served), Account::of(&served));
    let labs = ["alpha", "beta"].map(|lab| {
        (0..3).for_each(|number| account.make_role(&format!("{lab}-lab-{number}")));
        desk.file(&format!("{lab}.yaml"), manifest(lab, &format!("{{ prefix: {lab}-lab }}")))
    });
    thread::scope(|scope| {
        let desk = &desk;
        let both = labs.each_ref().map(|lab| {
            scope.spawn(move || desk.dismantle(&[&["-m", lab, "destroy"][..], &YES].concat()))
        });
        for said in both {
            said.join().unwrap().ends_with(0);
        }
    });
    let runs = desk.runs();
    assert_eq!(runs.len(), 2);
    for run in &runs {
        assert_eq!((&run["status"], &run["counts"]["done"]), (&json!("clean"), &json!(3)), "{run}");
    }
    assert!(!account.has_role("alpha-lab-0") && !account.has_role("beta-lab-2"));
}

#[test]
fn a_run_at_work_is_listed_as_such() {
    let served = Served::lab();
    let desk = Desk::at(&served);
    let mut run = desk.start(&[&["-m", LAB, "destroy"][..], &YES].concat());
    run.until("done ", 1);
    assert_eq!(desk.runs()[0]["status"], "running");
    run.signal("KILL");
    run.end();
    assert_eq!(desk.runs()[0]["status"], "cut-off");
}

#[test]
fn what_is_written_is_the_owners_and_goes_through_no_planted_link() {
    let desk = Desk::at(shared_lab());
    let victim = desk.file("victim", "mine");
    symlink(&victim, desk.path("lab.plan.json")).unwrap();
    let plan = ["-m", LAB, "plan", "--out", "lab.plan.json"];
    let said = desk.json(&plan).ends_with(1).explains(&["symbolic link", "--out"]);
    assert_eq!(said.out, "", "{said}");
    fs::remove_file(desk.path("lab.plan.json")).unwrap();
    desk.dismantle(&plan).ends_with(0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&desk.path("lab.plan.json")), 0o600);

    let served = Served::empty();
    let (desk, account) = (Desk::at(&served), Account::of(&served));
    let lab = desk.file("lab.yaml", manifest("lab", "{ prefix: alpha-lab }"));
    let destroy = [&["-m", &lab, "destroy"][..], &YES].concat();
    account.make_role("alpha-lab-1");
    desk.dismantle(&destroy).ends_with(0);
    let folder = desk.path("state/dismantle");
    assert_eq!((mode(&desk.path("state")), mode(&folder)), (0o700, 0o700));
    let files: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }

    account.make_role("alpha-lab-2");
    for suffix in ["", "-wal", "-shm", "-journal", "lock"] {
        let place = match suffix {
            "lock" => {
                let mut locks =
                    files.iter().filter(|file| file.to_string_lossy().ends_with(".lock"));
                locks.next_back().expect("there was a lock").clone()
            }
            suffix => beside(&folder.join("journal.sqlite"), suffix),
        };
        let aside = desk.path("aside");
        let was_there = fs::rename(&place, &aside).is_ok();
        symlink(&victim, &place).unwrap();
        desk.dismantle(&destroy).ends_with(1).explains(&["is a symbolic link"]);
        fs::remove_file(&place).unwrap();
        if was_there {
            fs::rename(&aside, &place).unwrap();
        }
    }
    assert!(account.has_role("alpha-lab-2"), "nothing went by a planted journal");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    desk.dismantle(&destroy).ends_with(0);
}
