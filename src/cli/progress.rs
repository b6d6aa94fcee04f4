//! What a person sees while things happen: bars on a terminal, lines in a log, or nothing.
//!
//! Everything here goes to stderr, through one [`Screen`]. Bars are drawn on indicatif's own
//! threads, which read counts that the work shares: they move while the work is busy, and under
//! tokio's paused clock too. A stderr that is gone is no error.

mod run;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

pub use run::RunWatch;

use crate::discover::Seen;
use crate::report::{safe, thousands};

/// How often a bar is drawn again.
const TICK: Duration = Duration::from_millis(120);

/// How much is shown, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// For a terminal.
    Bars,
    /// For a pipe, a file, or a person who wants no bars.
    Lines,
    /// For `-q`.
    Silent,
}

/// Where all of a program's messages go. Clones share it.
#[derive(Clone)]
pub struct Screen {
    output: Arc<Output>,
    colours: bool,
}

enum Output {
    Bars(Bars),
    Lines(Mutex<Box<dyn Write + Send>>),
    Silent,
}

struct Bars {
    multi: MultiProgress,
    /// Bars on the screen now. Lines are printed above them while this is locked.
    shown: Mutex<usize>,
}

impl Screen {
    /// A terminal that cannot move its cursor gets lines where bars were asked for.
    pub fn new(style: Style, colours: bool) -> Self {
        match style {
            Style::Bars => Self::drawn_on(ProgressDrawTarget::stderr(), colours),
            Style::Lines => Self::printed_to(Box::new(io::stderr())),
            Style::Silent => Self { output: Arc::new(Output::Silent), colours: false },
        }
    }

    fn drawn_on(target: ProgressDrawTarget, colours: bool) -> Self {
        if target.is_hidden() {
            return Self::printed_to(Box::new(io::stderr()));
        }
        let multi = MultiProgress::with_draw_target(target);
        let bars = Bars { multi, shown: Mutex::new(0) };
        Self { output: Arc::new(Output::Bars(bars)), colours }
    }

    fn printed_to(sink: Box<dyn Write + Send>) -> Self {
        Self { output: Arc::new(Output::Lines(Mutex::new(sink))), colours: false }
    }

    /// Prints a line above the bars. Names in it must have been made [`safe`].
    pub fn say(&self, line: &str) {
        match &*self.output {
            Output::Bars(bars) => {
                // Without a bar below it, indicatif would leave the line without its end.
                let shown = lock(&bars.shown);
                match *shown {
                    0 => print(&mut io::stderr(), line),
                    _ => drop(bars.multi.println(line)),
                }
            }
            Output::Lines(sink) => print(&mut *lock(sink), line),
            Output::Silent => {}
        }
    }

    /// Shows how far a discovery is, until the watch is dropped. `what` begins the line:
    /// `Looking at the account`.
    pub fn watch_discovery(&self, what: &str, seen: &Seen) -> DiscoveryWatch {
        let what = safe(what).into_owned();
        if self.is_plain() {
            self.say(&format!("{what}..."));
        }
        let seen = seen.clone();
        let style = self.style("{spinner:.cyan} {msg}{seen}").with_key(
            "seen",
            move |_: &ProgressState, out: &mut dyn fmt::Write| {
                let _ = out.write_str(&how_far(&seen));
            },
        );
        let bar = ProgressBar::no_length().with_style(style).with_message(what);
        DiscoveryWatch { line: self.put(bar, 0) }
    }

    /// Shows what happens in a run, until the watch is dropped.
    pub fn watch_run(&self) -> RunWatch {
        RunWatch::new(self.clone())
    }

    fn is_plain(&self) -> bool {
        matches!(&*self.output, Output::Lines(_))
    }

    fn style(&self, template: &str) -> ProgressStyle {
        let template = match self.colours {
            true => template.to_owned(),
            false => template.replace(".cyan", ""),
        };
        ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_spinner())
    }

    /// Draws a bar with so many others below it; `None` where no bars are drawn.
    fn put(&self, bar: ProgressBar, below: usize) -> Option<Drawn> {
        let Output::Bars(bars) = &*self.output else { return None };
        let mut shown = lock(&bars.shown);
        let bar = bars.multi.insert_from_back(below, bar);
        *shown += 1;
        bar.tick();
        bar.enable_steady_tick(TICK);
        Some(Drawn { screen: self.clone(), bar })
    }
}

/// A bar on the screen, taken off when this is dropped.
struct Drawn {
    screen: Screen,
    bar: ProgressBar,
}

impl Drop for Drawn {
    fn drop(&mut self) {
        let Output::Bars(bars) = &*self.screen.output else { return };
        let mut shown = lock(&bars.shown);
        self.bar.finish_and_clear();
        bars.multi.remove(&self.bar);
        *shown = shown.saturating_sub(1);
    }
}

/// Shows how far a discovery is, see [`Screen::watch_discovery`].
pub struct DiscoveryWatch {
    line: Option<Drawn>,
}

impl DiscoveryWatch {
    /// Takes it off the screen; so does dropping it.
    pub fn finish(self) {
        drop(self.line);
    }
}

fn how_far(seen: &Seen) -> String {
    match seen.counts() {
        (_, 0, _) => String::new(),
        (done, lists, resources) => {
            format!(": {done} of {lists} lists, {} resources", thousands(resources as u64))
        }
    }
}

/// One write a line, so that lines of other programs do not come between.
fn print(sink: &mut impl Write, line: &str) {
    let _ = sink.write_all(format!("{line}\n").as_bytes());
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
