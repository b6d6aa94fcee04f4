//! A run, told as it happens: a bar for all of it, a line for each step that takes its time, and
//! one line that stays for each step that ends.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use indicatif::{ProgressBar, ProgressState};

use super::{Drawn, Output, Screen, lock};
use crate::aws::Progress;
use crate::execute::{Event, Observer};
use crate::plan::{Step, StepId};
use crate::report::{safe, seconds, short, thousands};
use crate::resource::Action;

/// Steps with a line of their own; more would push everything else off a small terminal.
const STEP_LINES_MAX: usize = 12;

/// What a step's line shows of its name, so that a status or a count still fits 80 columns.
const NAME_CHARS_MAX: usize = 52;

/// The status of a step whose call was taken, before AWS says anything of its own.
const ACCEPTED: &str = "accepted";

/// Shows what happens in a run, see [`Screen::watch_run`].
pub struct RunWatch {
    screen: Screen,
    board: Mutex<Board>,
}

/// What is on the screen of a run.
#[derive(Default)]
struct Board {
    slow: BTreeMap<StepId, Slow>,
    total: Option<Drawn>,
    counts: Arc<Counts>,
}

/// A step that takes its time.
#[derive(Default)]
struct Slow {
    /// AWS's last word.
    status: String,
    line: Option<Drawn>,
}

/// What the run's bar says in numbers. It is drawn while indicatif's locks are held, so it must
/// not need the board's.
#[derive(Default)]
struct Counts {
    waiting: AtomicUsize,
    failed: AtomicUsize,
    skipped: AtomicUsize,
}

impl Counts {
    /// `  3 waiting  1 failed`; nothing of what there is none of.
    fn in_words(&self) -> String {
        [(&self.waiting, "waiting"), (&self.failed, "failed"), (&self.skipped, "skipped")]
            .into_iter()
            .map(|(count, word)| (count.load(Ordering::Relaxed), word))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("  {count} {word}"))
            .collect()
    }
}

impl Board {
    fn has_room(&self) -> bool {
        self.slow.values().filter(|slow| slow.line.is_some()).count() < STEP_LINES_MAX
    }

    fn count_waiting(&self) {
        self.counts.waiting.store(self.slow.len(), Ordering::Relaxed);
    }

    fn ended(&mut self, step: &Step) {
        self.slow.remove(&step.step);
        self.count_waiting();
        if let Some(total) = &self.total {
            total.bar.inc(1);
        }
    }
}

impl RunWatch {
    pub(super) fn new(screen: Screen) -> Self {
        Self { screen, board: Mutex::default() }
    }

    /// Takes its bars off the screen; so does dropping it.
    pub fn clear(&self) {
        *lock(&self.board) = Board::default();
    }

    fn redraw(&self, board: &mut Board, event: &Event) {
        match event {
            Event::Begun { steps } => {
                *board = Board::default();
                board.total = self.screen.put_total(*steps, &board.counts);
            }
            Event::Joined { steps } => {
                if let Some(total) = &board.total {
                    total.bar.inc_length(steps.len() as u64);
                }
            }
            Event::Started { step, progress } => self.started(board, step, progress),
            Event::Waiting { step, status } => self.waits(board, step, status),
            Event::Done { step, .. } => board.ended(step),
            Event::Failed { step, .. } => {
                board.counts.failed.fetch_add(1, Ordering::Relaxed);
                board.ended(step);
            }
            Event::Skipped { step, .. } => {
                board.counts.skipped.fetch_add(1, Ordering::Relaxed);
                board.ended(step);
            }
            Event::Stopping { .. } => {}
        }
    }

    fn started(&self, board: &mut Board, step: &Step, progress: &Progress) {
        // A step that went back to the queue left its line: nothing told of its going.
        board.slow.remove(&step.step);
        if step.action == Action::Empty {
            let line = match board.has_room() {
                true => self.screen.put_count(elided(&name_of(step)), progress),
                false => None,
            };
            board.slow.insert(step.step.clone(), Slow { line, ..Slow::default() });
        }
        board.count_waiting();
    }

    fn waits(&self, board: &mut Board, step: &Step, status: &str) {
        let room = board.has_room();
        let slow = board.slow.entry(step.step.clone()).or_default();
        let text = format!("{} · {}", elided(&name_of(step)), safe(status));
        if let Some(line) = &slow.line {
            line.bar.set_message(text);
        } else if room {
            slow.line = self.screen.put_status(text);
        }
        if status != ACCEPTED && status != slow.status {
            slow.status = status.to_owned();
            if self.screen.is_plain() {
                self.screen.tell(&WAITING, &format!("{}: {}", name_of(step), safe(status)));
            }
        }
        board.count_waiting();
    }
}

impl Observer for RunWatch {
    fn event(&self, event: &Event) {
        self.redraw(&mut lock(&self.board), event);
        let joint = if self.screen.is_plain() { ": " } else { " · " };
        if let Some((mark, text)) = told(event, joint) {
            self.screen.tell(mark, &text);
        }
    }
}

/// What a run draws and prints.
impl Screen {
    /// Prints one of a run's lines.
    fn tell(&self, mark: &Mark, text: &str) {
        let line = match &*self.output {
            Output::Bars(_) if self.colours => {
                format!("\u{1b}[{}m{}\u{1b}[0m {text}", mark.colour, mark.drawn)
            }
            Output::Bars(_) => format!("{} {text}", mark.drawn),
            Output::Lines(_) | Output::Silent => format!("{} {text}", mark.plain),
        };
        self.say(&line);
    }

    /// The bar at the bottom, for the whole run.
    fn put_total(&self, steps: usize, counts: &Arc<Counts>) -> Option<Drawn> {
        let counts = Arc::clone(counts);
        let style = self
            .style("[{bar:24.cyan}] {pos}/{len} steps{counts}  {time}")
            .progress_chars("=> ")
            .with_key("counts", move |_: &ProgressState, out: &mut dyn fmt::Write| {
                let _ = out.write_str(&counts.in_words());
            })
            .with_key("time", |state: &ProgressState, out: &mut dyn fmt::Write| {
                let _ = out.write_str(&seconds(state.elapsed().as_secs()));
            });
        self.put(ProgressBar::new(steps as u64).with_style(style), 0)
    }

    /// A line above the run's bar, for a bucket that is being emptied.
    fn put_count(&self, text: String, progress: &Progress) -> Option<Drawn> {
        let progress = progress.clone();
        let style = self.style("{spinner:.cyan} {msg}{objects}").with_key(
            "objects",
            move |_: &ProgressState, out: &mut dyn fmt::Write| {
                let objects = thousands(progress.count());
                let _ = out.write_str(&format!(" · {objects} objects"));
            },
        );
        self.put(ProgressBar::no_length().with_style(style).with_message(text), 1)
    }

    /// A line above the run's bar, for a step that waits.
    fn put_status(&self, text: String) -> Option<Drawn> {
        let style = self.style("{spinner:.cyan} {wide_msg}");
        self.put(ProgressBar::no_length().with_style(style).with_message(text), 1)
    }
}

/// How a run's line begins, above bars and in a log.
struct Mark {
    drawn: &'static str,
    plain: &'static str,
    /// As a terminal wants it (ECMA-48, SGR).
    colour: &'static str,
}

const DONE: Mark = Mark { drawn: "✓", plain: "done", colour: "32" };
const FAILED: Mark = Mark { drawn: "✗", plain: "failed", colour: "31" };
const SKIPPED: Mark = Mark { drawn: "- skipped", plain: "skipped", colour: "33" };
const JOINED: Mark = Mark { drawn: "+", plain: "+", colour: "36" };
const STOPPING: Mark = Mark { drawn: "! stopping:", plain: "stopping:", colour: "33" };
const WAITING: Mark = Mark { drawn: "…", plain: "waiting", colour: "36" };

/// The line that stays of an event, if one does.
fn told(event: &Event, joint: &str) -> Option<(&'static Mark, String)> {
    let told = match event {
        Event::Begun { .. } | Event::Started { .. } | Event::Waiting { .. } => return None,
        Event::Joined { steps } => match steps.len() {
            1 => (&JOINED, "1 step joined".to_owned()),
            many => (&JOINED, format!("{many} steps joined")),
        },
        Event::Done { step, how } => match how.as_str() {
            "done" => (&DONE, name_of(step)),
            how => (&DONE, format!("{}{joint}{}", name_of(step), safe(how))),
        },
        Event::Failed { row, step } => {
            // A row's reason names its step where that is not the removal; so does the line.
            let named = format!("{}: ", step.action);
            let reason = row.reason.strip_prefix(&named).unwrap_or(&row.reason);
            (&FAILED, format!("{}: {}", name_of(step), safe(reason)))
        }
        Event::Skipped { step, because } => {
            (&SKIPPED, format!("{}: it waits for {}", name_of(step), safe(because)))
        }
        Event::Stopping { why } => (&STOPPING, safe(why).into_owned()),
    };
    Some(told)
}

/// `delete iam:role NAME`, `detach-policy iam:role NAME (policy/OTHER)`.
fn name_of(step: &Step) -> String {
    let target = match &step.target {
        Some(target) => format!(" ({})", safe(short(target))),
        None => String::new(),
    };
    format!("{} {} {}{target}", step.action, step.resource.kind, safe(short(&step.resource.id)))
}

/// The text without its middle if it is long: names differ at their ends.
fn elided(text: &str) -> String {
    let chars = text.chars().count();
    if chars <= NAME_CHARS_MAX {
        return text.to_owned();
    }
    let tail = NAME_CHARS_MAX / 2;
    let head = NAME_CHARS_MAX - tail - 1;
    let mut ends: String = text.chars().take(head).collect();
    ends.push('…');
    ends.extend(text.chars().skip(chars - tail));
    ends
}
