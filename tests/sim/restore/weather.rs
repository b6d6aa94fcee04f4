//! A restore in bad weather.

use dismantle::report::Ending;
use dismantle::sandbox::{Shares, Weather};

use super::corner::Corner;
use super::play::{Journaled, on_a_paused_clock};

const SEEDS: u64 = 6;

fn bad() -> Weather {
    Weather {
        faults: Shares {
            throttle: 0.04,
            error_before: 0.02,
            error_after: 0.02,
            reset_before: 0.02,
            reset_after: 0.02,
            truncated: 0.005,
            garbage: 0.005,
        },
        iam_lag_s: 12,
        ..Weather::aws()
    }
}

#[test]
fn in_bad_weather_the_same_comes_back() {
    on_a_paused_clock(async {
        let mut wrong = Vec::new();
        for seed in 10..10 + SEEDS {
            let corner = Corner::taken_apart(seed).await;
            corner.play.sandbox.set_weather(bad());
            let first = corner.play.try_to_restore(Journaled::Anew, &corner.play.journal()).await;
            corner.play.sandbox.set_weather(Weather::aws());
            let second = corner.play.restore(Journaled::GoesOn).await;
            let left = corner.play.not_as_it_was().await;
            let ended = matches!(second.outcome, Ending::Clean | Ending::Nothing);
            if !ended || !left.is_empty() {
                wrong.push(format!("seed {seed}: {left:#?} {second:#?} after {first:#?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}
