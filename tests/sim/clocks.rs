//! A machine that sleeps, and one whose clock is set back.

use std::sync::Arc;
use std::time::Duration;

use dismantle::clock::SharedClock;
use dismantle::journal::{Journal, RunStatus};
use dismantle::report::Ending;
use dismantle::sandbox::ShiftedClock;
use jiff::SignedDuration;

use crate::credentials::Login;
use crate::life::{Life, Place};

const TWO_HOURS: SignedDuration = SignedDuration::from_hours(2);

#[tokio::test(start_paused = true)]
async fn a_machine_that_sleeps_for_hours_goes_on_where_it_was() {
    let place = Place::build(31).await;
    let login = Login::new(&place.sandbox, SignedDuration::from_hours(1), u32::MAX);
    let journal = place.journal();
    let (config, clock) = (login.config(&place), place.sandbox.clock());
    let naps = async {
        for minutes in [3, 2, 2] {
            tokio::time::sleep(Duration::from_secs(minutes * 60)).await;
            place.sandbox.skip(TWO_HOURS);
        }
        std::future::pending::<()>().await;
    };
    let outcome = tokio::select! {
        biased;
        outcome = place.live(Life { config, clock, journal: &journal }) => outcome.unwrap(),
        () = naps => unreachable!("it never ends"),
    };
    assert_eq!((outcome.outcome, outcome.failed), (Ending::Incomplete, vec![]));
    assert!(outcome.elapsed_s > 2 * 3600, "the sleep is part of it: {} s", outcome.elapsed_s);
    assert!(login.sessions_given() > 1, "it slept longer than its session was good");
    drop(journal);
    place.check_the_end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_in_the_middle_harms_nothing() {
    let place = Place::build(32).await;
    let machine = Arc::new(ShiftedClock::on(place.sandbox.clock()));
    let clock: SharedClock = machine.clone();
    let journal = place.journal();
    let correction = async {
        tokio::time::sleep(Duration::from_secs(4 * 60)).await;
        machine.shift(-TWO_HOURS);
        std::future::pending::<()>().await;
    };
    let outcome = tokio::select! {
        biased;
        outcome = place.live(Life { config: place.config(), clock, journal: &journal }) => {
            outcome.unwrap()
        }
        () = correction => unreachable!("it never ends"),
    };
    assert_eq!((outcome.outcome, outcome.failed), (Ending::Incomplete, vec![]));
    assert!(outcome.elapsed_s > 4 * 60, "{} s", outcome.elapsed_s);
    let run = place.run().await.unwrap();
    assert!(run.last < run.header.started, "its end came before its beginning, by that clock");
    let runs = journal.runs().await.unwrap();
    assert!(matches!(runs[0].status, RunStatus::Finished(_)));
    assert_eq!(journal.latest_unfinished(None, None).await.unwrap(), None);
    drop(journal);
    place.check_the_end().await.unwrap();
}
