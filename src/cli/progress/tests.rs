use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use indicatif::{ProgressDrawTarget, TermLike};

use super::{Screen, Seen, Style, lock};
use crate::aws::Progress;
use crate::execute::{Event, Observer};
use crate::plan::{Row, Step, StepId};
use crate::resource::{Action, Kind, Region, ResourceId};

/// Keeps what is printed, or drawn as on a terminal 80 columns wide.
#[derive(Debug, Clone, Default)]
struct Paper(Arc<Mutex<String>>);

impl Paper {
    fn text(&self) -> String {
        lock(&self.0).clone()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TermLike for Paper {
    fn width(&self) -> u16 {
        80
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        lock(&self.0).push_str(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Somebody closed the other end of the pipe.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

fn step(number: usize, action: Action, kind: &'static str, id: &str) -> Step {
    Step {
        step: StepId::numbered(number),
        action,
        resource: ResourceId::new(Kind::new(kind), Region::new("us-east-1"), id),
        target: None,
        after: Vec::new(),
        reason: String::new(),
        pin: None,
        created: None,
    }
}

fn started(step: &Step) -> Event {
    Event::Started { step: step.clone(), progress: Progress::default() }
}

fn waiting(step: &Step, status: &str) -> Event {
    Event::Waiting { step: step.clone(), status: status.to_owned() }
}

fn done(step: &Step, how: &str) -> Event {
    Event::Done { step: step.clone(), how: how.to_owned() }
}

fn failed(step: &Step, reason: &str) -> Event {
    let resource = step.resource.clone();
    let row = Row { resource, reason: reason.to_owned(), used_by: Vec::new() };
    Event::Failed { row, step: step.clone() }
}

/// What a log shows of these events.
fn printed(events: &[Event]) -> String {
    let paper = Paper::default();
    let watch = Screen::printed_to(Box::new(paper.clone())).watch_run();
    for event in events {
        watch.event(event);
    }
    watch.clear();
    paper.text()
}

#[test]
fn a_log_gets_one_line_for_each_thing_that_a_reader_can_use() {
    let role = step(1, Action::Delete, "iam:role", "lab-role");
    let cluster = step(2, Action::Delete, "eks:cluster", "lab");
    let bucket = step(3, Action::Empty, "s3:bucket", "lab-data");
    let detach = Step {
        target: Some("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()),
        ..step(4, Action::DetachPolicy, "iam:role", "lab-role")
    };
    let skipped = Event::Skipped {
        step: step(5, Action::Delete, "s3:bucket", "lab-data"),
        because: "empty s3:bucket lab-data".to_owned(),
    };
    let text = printed(&[
        Event::Begun { steps: 5 },
        started(&role),
        done(&role, "done"),
        started(&cluster),
        waiting(&cluster, "accepted"),
        waiting(&cluster, "DELETING"),
        waiting(&cluster, "DELETING"),
        done(&cluster, "was so already"),
        started(&bucket),
        failed(&bucket, "empty: access denied"),
        skipped,
        done(&detach, "done"),
        Event::Joined { steps: vec![role.clone(), cluster.clone()] },
        Event::Stopping { why: "Ctrl-C".to_owned() },
    ]);
    let expected = "\
done delete iam:role lab-role
waiting delete eks:cluster lab: DELETING
done delete eks:cluster lab: was so already
failed empty s3:bucket lab-data: access denied
skipped delete s3:bucket lab-data: it waits for empty s3:bucket lab-data
done detach-policy iam:role lab-role (policy/ReadOnlyAccess)
+ 2 steps joined
stopping: Ctrl-C
";
    assert_eq!(text, expected);
}

#[test]
fn other_peoples_text_does_not_reach_the_terminal_as_commands() {
    let hostile = step(1, Action::Delete, "s3:bucket", "x\u{1b}[2J");
    let text = printed(&[
        waiting(&hostile, "\u{1b}]0;title\u{7}"),
        failed(&hostile, "no\n\u{9b}31m"),
        Event::Stopping { why: "\u{202e}".to_owned() },
    ]);
    assert_eq!(text.lines().count(), 3, "{text}");
    let acts = |c: char| c == '\u{202e}' || (c.is_control() && c != '\n');
    assert!(!text.contains(acts), "{text:?}");
}

#[test]
fn a_log_says_that_a_discovery_begins_and_no_more() {
    let paper = Paper::default();
    let screen = Screen::printed_to(Box::new(paper.clone()));
    screen.watch_discovery("Looking at the account", &Seen::default()).finish();
    assert_eq!(paper.text(), "Looking at the account...\n");
}

#[test]
fn a_stderr_that_is_gone_is_no_error() {
    let screen = Screen::printed_to(Box::new(Broken));
    screen.say("anybody there?");
    screen.watch_run().event(&Event::Stopping { why: "Ctrl-C".to_owned() });
}

#[test]
fn a_silent_screen_takes_everything() {
    let screen = Screen::new(Style::Silent, true);
    screen.say("never seen");
    let watch = screen.watch_run();
    watch.event(&Event::Begun { steps: 1 });
    watch.event(&done(&step(1, Action::Delete, "iam:role", "lab-role"), "done"));
}

#[test]
fn bars_show_what_goes_on_and_leave_the_lines_of_what_ended() {
    let paper = Paper::default();
    let target = ProgressDrawTarget::term_like(Box::new(paper.clone()));
    let screen = Screen::drawn_on(target, false);
    let watch = screen.watch_run();
    let cluster = step(1, Action::Delete, "eks:cluster", "lab");
    let bucket = step(2, Action::Empty, "s3:bucket", &"long".repeat(20));
    let progress = Progress::default();
    progress.add(12_345);
    watch.event(&Event::Begun { steps: 2 });
    watch.event(&waiting(&cluster, "DELETING"));
    watch.event(&Event::Started { step: bucket, progress });
    watch.event(&done(&cluster, "gone on Sunday"));
    watch.event(&Event::Joined { steps: vec![cluster] });
    watch.clear();

    let text = paper.text();
    for expected in [
        "0/2 steps",
        "delete eks:cluster lab · DELETING",
        "empty s3:bucket longlong",
        "longlong · 12,345 objects",
        "✓ delete eks:cluster lab · gone on Sunday",
        "+ 1 step joined",
    ] {
        assert!(text.contains(expected), "{expected:?} in {text:?}");
    }
    assert!(text.contains('…'), "a long name is shortened: {text:?}");
    assert!(!text.contains('\u{1b}'), "no colours were asked for: {text:?}");
}

#[test]
fn a_terminal_is_not_flooded() {
    let paper = Paper::default();
    let target = ProgressDrawTarget::term_like(Box::new(paper.clone()));
    let watch = Screen::drawn_on(target, true).watch_run();
    watch.event(&Event::Begun { steps: 64 });
    for number in 1..=64 {
        let id = format!("cluster-{number}.");
        watch.event(&waiting(&step(number, Action::Delete, "eks:cluster", &id), "DELETING"));
    }
    drop(watch);
    let text = paper.text();
    assert!(text.contains("cluster-12."), "{text:?}");
    assert!(!text.contains("cluster-13."), "{text:?}");
}
