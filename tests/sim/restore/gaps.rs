//! What the journal leaves out is never put back as the words that stand for it.

use std::collections::{BTreeMap, BTreeSet};

use dismantle::aws::{Aws, Session, registry};
use dismantle::plan::Row;
use dismantle::resource::{Prep, Resource};
use dismantle::restore::{self, Changed, Earlier, Removed, Today, Way};
use dismantle::sandbox::{ACCOUNT_ID, Sandbox};
use jiff::Timestamp;
use serde_json::Value;

use super::Guide;
use super::corner::Corner;
use super::play::on_a_paused_clock;
use crate::asked::changes;

/// What stands in a record for what no journal keeps.
const LEFT_OUT: &str = "(left out)";

/// Members that no way back reads: AWS gives them anew, and tags stand beside the record as well.
const NOT_ASKED_FOR: &[&str] = &["CreateDate", "VersionId", "Tags", "TagSet"];

/// Whether it is there to be left out, and would be missed.
fn would_be_missed(record: &Value, place: &str) -> bool {
    let is_known = record.pointer(place).and_then(Value::as_str);
    let is_known = is_known.is_some_and(|text| !text.contains(LEFT_OUT));
    is_known && !place.split('/').any(|member| NOT_ASKED_FOR.contains(&member))
}

/// The texts in a record, by where they are. Of a list the first one with each name.
fn texts(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if !text.is_empty() => {
            found.insert(path.to_owned());
        }
        Value::Array(items) => {
            let inside = |(at, item): (usize, &Value)| texts(item, &format!("{path}/{at}"), found);
            items.iter().take(2).enumerate().for_each(inside);
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                texts(member, &format!("{path}/{name}"), found);
            }
        }
        _ => {}
    }
}

fn removed(was: Resource) -> Changed {
    let asked = Timestamp::UNIX_EPOCH;
    let removal = Some(Removed { surely: true, until: None, asked });
    Changed { was, undone: Vec::new(), removal, earlier: Earlier::default() }
}

fn way(was: &Resource) -> Way {
    let today = BTreeMap::from([(was.id.clone(), Today::Gone)]);
    restore::way(&[removed(was.clone())], &today)
}

fn said(way: &Way) -> Vec<Row> {
    way.without.iter().chain(&way.lost).cloned().collect()
}

fn empty_account() -> (Sandbox, Aws) {
    let sandbox = Sandbox::builder().regions(["us-east-1"]).build();
    let session = Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1);
    (sandbox, session.account(ACCOUNT_ID, "aws"))
}

/// Makes it in an account in which nothing is, and looks for the words in what was sent and in what
/// is there then.
async fn put_back(was: &Resource, steps: &[Prep]) -> Result<(), String> {
    let (sandbox, aws) = empty_account();
    let kind = registry::find(was.kind()).expect("a kind");
    let aws = dismantle::discover::aws_for(&aws, was, kind);
    for step in steps {
        // Much of it is refused here, because what it uses is not there.
        let _ = kind.make(&aws, was, step).await;
    }
    let sent = sandbox.calls().into_iter().filter(changes).flat_map(|call| call.words);
    if let Some(word) = sent.into_iter().find(|word| word.contains(LEFT_OUT)) {
        return Err(format!("it was sent: {word}"));
    }
    match kind.find_again(&aws, was).await {
        Ok(Some(now)) if format!("{:?} {:?}", now.record, now.tags).contains(LEFT_OUT) => {
            Err(format!("it is there: {:#}", now.record))
        }
        _ => Ok(()),
    }
}

#[test]
fn nothing_that_was_left_out_is_put_back_as_the_words_that_stand_for_it() {
    on_a_paused_clock(async {
        let mut records = Guide::taken_apart().await.play.removal().await.records;
        records.extend(Corner::taken_apart(1).await.play.removal().await.records);
        let (mut tried, mut wrong) = (BTreeSet::new(), Vec::new());
        for (id, was) in &records {
            let whole = way(was);
            if whole.steps.is_empty() {
                continue;
            }
            let mut places = BTreeSet::new();
            texts(&was.record, "", &mut places);
            for (number, place) in places.iter().enumerate() {
                if !tried.insert((id.kind, place.clone())) {
                    continue;
                }
                let mut cut = was.clone();
                let text = cut.record.pointer_mut(place).expect("a text");
                *text =
                    Value::from([LEFT_OUT.to_owned(), format!("a{LEFT_OUT}b")][number % 2].clone());
                let back = way(&cut);
                let steps: Vec<Prep> = back.steps.iter().map(|step| step.prep()).collect();
                if said(&back) == said(&whole) && would_be_missed(&was.record, place) {
                    wrong.push(format!("{id} without {place}: nothing is said of it"));
                }
                if let Err(why) = put_back(&cut, &steps).await {
                    wrong.push(format!("{id} without {place}: {why}"));
                }
            }
            let mut cut = was.clone();
            cut.tags.insert("owner".to_owned(), LEFT_OUT.to_owned());
            let back = way(&cut);
            let steps: Vec<Prep> = back.steps.iter().map(|step| step.prep()).collect();
            if said(&back) == said(&whole) {
                wrong.push(format!("{id} without the value of a tag: nothing is said of it"));
            }
            if let Err(why) = put_back(&cut, &steps).await {
                wrong.push(format!("{id} without the value of a tag: {why}"));
            }
        }
        println!("{} texts were left out, each alone", tried.len());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(tried.len() > 150, "{}", tried.len());
    });
}
