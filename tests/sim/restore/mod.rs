//! Taken apart, and taken back: the round trip of the guide's lab here, and in a corner of an account
//! what may go wrong on the way: [`deaths`], bad [`weather`], [`others`] who came in between, [`gaps`] in
//! what a journal holds.

mod corner;
mod deaths;
mod gaps;
mod others;
mod play;
mod weather;

use std::collections::BTreeMap;

use dismantle::inventory::Inventory;
use dismantle::report::Ending;
use dismantle::resource::{Lifecycle, ResourceId};
use dismantle::sandbox::lab::{self, Lab};
use dismantle::sandbox::{Sandbox, Weather, When};

use play::{Journaled, Play, on_a_paused_clock};

const MANIFEST: &str = include_str!("../../../manifests/mlops-retail-prediction.yaml");

/// The guide's lab, built and taken apart.
struct Guide {
    play: Play,
    lab: Lab,
    before: Inventory,
}

impl Guide {
    async fn taken_apart() -> Self {
        let sandbox = Sandbox::builder().seed(3).build();
        let lab = lab::build(&|region| sandbox.sdk_config(region)).await.expect("the lab");
        sandbox.set_weather(Weather::aws());
        let play = Play::new(sandbox, MANIFEST);
        // Late arrivals settle before the picture is taken.
        tokio::time::sleep(std::time::Duration::from_secs(1800)).await;
        let before = play.everything().await;
        let outcome = play.destroy().await;
        assert!(outcome.failed.is_empty() && outcome.left.is_empty(), "{outcome:?}");
        Self { play, lab, before }
    }

    /// What of the lab is not as it was; and its neighbours.
    async fn not_as_it_was(&self) -> BTreeMap<ResourceId, Vec<String>> {
        let mut found = self.play.not_as_it_was().await;
        let removal = self.play.removal().await;
        let missing = |id: &&ResourceId| !removal.records.contains_key(id);
        for id in self.lab.must_go.iter().filter(missing) {
            found.insert(id.clone(), vec!["no record".to_owned()]);
        }
        let after = self.play.everything().await;
        let stays = self.lab.kept.iter().chain(&self.lab.blocked).chain(&self.lab.neighbours);
        for id in stays {
            // A job may have ended meanwhile.
            let (then, now) = (self.before.get(id), after.get(id));
            let ended = now.is_some_and(|now| matches!(now.lifecycle, Lifecycle::Ended { .. }));
            if then != now && !ended {
                found.insert(id.clone(), vec!["a neighbour, and changed".to_owned()]);
            }
        }
        found
    }
}

#[test]
fn the_lab_comes_back_as_it_was() {
    on_a_paused_clock(async {
        let guide = Guide::taken_apart().await;
        let outcome = guide.play.restore(Journaled::Anew).await;
        assert_eq!(outcome.outcome, Ending::Clean, "{:#?} {:#?}", outcome.failed, outcome.blocked);
        let wrong = guide.not_as_it_was().await;
        assert!(wrong.is_empty(), "{wrong:#?}\n{:#?}", outcome.without);
        // Once more: there is nothing to do, and no run is begun.
        let again = guide.play.restore(Journaled::Anew).await;
        assert_eq!((again.outcome, again.run), (Ending::Nothing, None), "{:#?}", again.blocked);
    });
}

#[test]
fn a_restore_of_the_lab_that_dies_goes_on_and_ends_alike() {
    on_a_paused_clock(async {
        let guide = Guide::taken_apart().await;
        let mut outcome = None;
        for (number, call) in [40, 97, 260, 400].into_iter().enumerate() {
            let when = if number % 2 == 0 { When::After } else { When::Before };
            guide.play.sandbox.set_weather(Weather::aws().killing_at(call, when));
            outcome = guide.play.until_killed(guide.play.restore(Journaled::GoesOn)).await;
        }
        guide.play.sandbox.set_weather(Weather::aws());
        let outcome = match outcome {
            Some(outcome) => outcome,
            None => guide.play.restore(Journaled::GoesOn).await,
        };
        let why = (&outcome.failed, &outcome.blocked);
        assert_eq!(outcome.outcome, Ending::Clean, "{why:#?}");
        let wrong = guide.not_as_it_was().await;
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}
