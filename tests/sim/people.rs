//! Other people, who go on working: between the lives of the process and in the middle of them.
//!
//! They call by hand ([`crate::hand`]), so no weather hits them and their calls are not the
//! program's. What they touch may come out otherwise than it would have; what they have made sure
//! of is a [`Must`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use dismantle::aws::kinds::{iam, logs, s3, sagemaker};
use dismantle::resource::{Kind, Region, ResourceId};
use jiff::Timestamp;
use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use crate::hand::{Hand, form};
use crate::invariants;
use crate::raw;
use crate::watch::{Ground, Watch};
use crate::witness::Book;
use crate::world::{Fate, SCRIPTS, Side, Thing, World};

/// Something that has to stay, because somebody made sure of that.
#[derive(Debug, Clone)]
pub struct Must {
    pub at: usize,
    pub since: Timestamp,
    /// Whether a process was at work: what it had looked at before may still go for a while.
    pub at_work: bool,
    /// The run for which it holds: what was made again may go by a newer yes.
    pub run: Option<u32>,
    pub why: &'static str,
}

/// Somebody who works in the account.
pub struct People {
    chance: SmallRng,
    hand: Hand,
    book: Arc<Book>,
    pub world: World,
    /// How everything was, and how neighbours' things are to be by now.
    then: BTreeMap<usize, Value>,
    watch: Option<Arc<Watch>>,
    /// What somebody has touched, and all that hangs on it.
    pub shaken: BTreeSet<usize>,
    pub musts: Vec<Must>,
    pub counts: BTreeMap<String, u64>,
    /// Log groups that were removed and are to be made again, and whether a run removes them.
    debts: Vec<(usize, bool)>,
}

const ACTS: [&str; 12] = [
    "a tag that keeps",
    "deletion protection",
    "a role that uses a policy",
    "a model that uses a role",
    "an object written",
    "a late thing of the lab's",
    "a new neighbour",
    "removed by hand",
    "a neighbour gone",
    "made again",
    "a tag taken off",
    "a neighbour changed",
];

/// What people may do, as it is counted.
pub fn acts() -> impl Iterator<Item = String> {
    ACTS.into_iter().map(|act| format!("drift: {act}"))
}

/// What an act came to: nothing to do it to, or refused by AWS.
enum Lapse {
    Nothing,
    Refused,
}

impl From<String> for Lapse {
    fn from(_: String) -> Self {
        Lapse::Refused
    }
}

impl People {
    pub fn new(chance: SmallRng, hand: Hand, book: Arc<Book>, world: World) -> Self {
        Self {
            chance,
            hand,
            book,
            world,
            then: BTreeMap::new(),
            watch: None,
            shaken: BTreeSet::new(),
            musts: Vec::new(),
            counts: BTreeMap::new(),
            debts: Vec::new(),
        }
    }

    async fn account(&self) -> Value {
        self.hand.0.snapshot().await
    }

    /// Takes down how things are, and whether everything is there. From now on every change that
    /// the program makes is looked at.
    pub async fn begin(&mut self) -> Result<Arc<Watch>, String> {
        let account = self.account().await;
        for (at, thing) in self.world.things.iter().enumerate() {
            let state = raw::state(&account, &thing.id);
            if !raw::is_live(&state) {
                return Err(format!("{} was built, and is not there: {state}", thing.id));
            }
            self.then.insert(at, state);
        }
        let watch = Arc::new(Watch::new(Arc::clone(&self.book), self.ground()));
        self.watch = Some(Arc::clone(&watch));
        Ok(watch)
    }

    /// What has to be as it was: other people's, and what of the lab's is to stay and nobody has
    /// touched.
    fn ground(&self) -> Ground {
        let fates = self.world.fates();
        let stays = |at: &usize| match self.world.things[*at].side {
            Side::Theirs => true,
            Side::Lab => fates[*at] == Fate::Stays && !self.shaken.contains(at),
        };
        let still = self.then.iter().filter(|(at, _)| stays(at));
        let still = still.map(|(at, state)| (*at, state.clone())).collect();
        Ground { world: self.world.clone(), shaken: self.shaken.clone(), still }
    }

    fn tell_the_watch(&self) {
        if let Some(watch) = &self.watch {
            watch.learn(self.ground());
        }
    }

    /// Nothing that is to be as it was may have changed.
    pub async fn all_is_still(&self) -> Result<(), String> {
        let Ground { world, still, .. } = self.ground();
        invariants::stays(&world, &still, &self.account().await)
    }

    /// Works until the end of time, or until something is wrong.
    pub async fn go_on(&mut self) -> String {
        loop {
            let pause_ms = self.chance.random_range(500..300_000);
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            if let Err(wrong) = self.act(true).await {
                return wrong;
            }
        }
    }

    /// Does one thing or another. The error is that something is wrong with the world.
    pub async fn act(&mut self, at_work: bool) -> Result<(), String> {
        self.all_is_still().await?;
        self.pay_debts(at_work).await?;
        let number = self.chance.random_range(0..ACTS.len());
        let word = match self.attempt(number, at_work).await {
            Ok(()) => ACTS[number],
            Err(Lapse::Nothing) => return Ok(()),
            Err(Lapse::Refused) => "refused to them",
        };
        self.tell_the_watch();
        *self.counts.entry(format!("drift: {word}")).or_default() += 1;
        Ok(())
    }

    async fn attempt(&mut self, number: usize, at_work: bool) -> Result<(), Lapse> {
        let account = self.account().await;
        match number {
            0 => {
                let at = self.some(&account, &[s3::BUCKET, logs::LOG_GROUP, iam::ROLE])?;
                self.tag(at, "dismantle:keep").await?;
                self.must(at, at_work, ACTS[0]);
            }
            1 => {
                let at = self.some(&account, &[logs::LOG_GROUP])?;
                let thing = &self.world.things[at];
                let body = json!({ "logGroupIdentifier": thing.id.id,
                    "deletionProtectionEnabled": true });
                let region = thing.id.region.as_str();
                self.hand.json("logs", region, "PutLogGroupDeletionProtection", body).await?;
                self.must(at, at_work, ACTS[1]);
            }
            2 => {
                let at = self.some(&account, &[iam::POLICY])?;
                let role = format!("their-late-role-{}", self.world.things.len());
                self.make_role(&role).await?;
                let arn = self.world.things[at].arn.clone();
                let attach = form!["RoleName" => role, "PolicyArn" => arn];
                self.hand.iam("AttachRolePolicy", &attach).await?;
                self.joined(iam::ROLE, Region::GLOBAL, &role, Side::Theirs, Some(at)).await;
                self.must(at, at_work, ACTS[2]);
            }
            3 => {
                let at = self.some(&account, &[iam::ROLE])?;
                let region = self.region();
                let name = format!("their-late-model-{}", self.world.things.len());
                let body = json!({ "ModelName": name,
                    "ExecutionRoleArn": self.world.things[at].arn });
                self.hand.json("sagemaker", region.as_str(), "CreateModel", body).await?;
                self.joined(sagemaker::MODEL, region, &name, Side::Theirs, Some(at)).await;
                self.must(at, at_work, ACTS[3]);
            }
            4 => {
                let at = self.some(&account, &[s3::BUCKET])?;
                let id = self.world.things[at].id.clone();
                let path = format!("{}/late.txt", id.id);
                self.hand.s3(id.region.as_str(), "PUT", &path, "late").await?;
                self.shake(at);
            }
            5 | 6 => {
                let side = if number == 5 { Side::Lab } else { Side::Theirs };
                let region = self.region();
                let stem = if number == 5 { self.world.stem.as_str() } else { "their" };
                let name = format!("{stem}-late-{}", self.world.things.len());
                let body = json!({ "logGroupName": name });
                self.hand.json("logs", region.as_str(), "CreateLogGroup", body).await?;
                self.joined(logs::LOG_GROUP, region, &name, side, None).await;
            }
            7 => {
                let at = self.some(&account, &[logs::LOG_GROUP, sagemaker::PIPELINE])?;
                self.remove_of_the_lab(at).await?;
            }
            8 => {
                let kinds = [logs::LOG_GROUP, sagemaker::MODEL, sagemaker::PIPELINE];
                let at = self.pick(&account, &kinds, Side::Theirs)?;
                // A model that somebody serves stays.
                if self.world.things.iter().any(|thing| thing.uses.contains(&at)) {
                    return Err(Lapse::Nothing);
                }
                self.remove(at).await?;
                self.then.remove(&at);
                self.shake(at);
                // What it held is held by it no more.
                let freed = self.world.things[at].uses.clone();
                self.musts.retain(|must| !freed.contains(&must.at));
            }
            9 => {
                let at = self.some(&account, &[logs::LOG_GROUP])?;
                let planned = self.book.has_planned(&self.world.things[at].id);
                self.remove_of_the_lab(at).await?;
                self.debts.push((at, planned));
            }
            10 => {
                let at = self.some(&account, &[s3::BUCKET, iam::ROLE, sagemaker::MODEL])?;
                if !self.world.things[at].by_tag {
                    return Err(Lapse::Nothing);
                }
                self.untag(at).await?;
                self.must(at, at_work, ACTS[10]);
            }
            _ => {
                let kinds = [s3::BUCKET, iam::ROLE, logs::LOG_GROUP];
                let at = self.pick(&account, &kinds, Side::Theirs)?;
                let value = SCRIPTS.choose(&mut self.chance).copied().unwrap_or_default();
                self.tag(at, value).await?;
                let state = raw::state(&self.account().await, &self.world.things[at].id);
                self.then.insert(at, state);
            }
        }
        Ok(())
    }

    /// Makes again what was removed to be made again: AWS's times tell the two apart.
    pub async fn pay_debts(&mut self, at_work: bool) -> Result<(), String> {
        for (at, planned) in std::mem::take(&mut self.debts) {
            tokio::time::sleep(Duration::from_secs(2)).await;
            let id = self.world.things[at].id.clone();
            let body = json!({ "logGroupName": id.id });
            self.hand.json("logs", id.region.as_str(), "CreateLogGroup", body).await?;
            if planned {
                self.must(at, at_work, ACTS[9]);
            }
            self.tell_the_watch();
        }
        Ok(())
    }

    fn region(&mut self) -> Region {
        let region = self.world.regions.choose(&mut self.chance).copied();
        Region::new(region.unwrap_or("us-east-1"))
    }

    /// Something of the lab's that is there.
    fn some(&mut self, account: &Value, kinds: &[Kind]) -> Result<usize, Lapse> {
        self.pick(account, kinds, Side::Lab)
    }

    fn pick(&mut self, account: &Value, kinds: &[Kind], side: Side) -> Result<usize, Lapse> {
        let fits = |thing: &Thing| {
            thing.side == side
                && kinds.contains(&thing.id.kind)
                && raw::is_live(&raw::state(account, &thing.id))
        };
        let things = self.world.things.iter().enumerate();
        let all: Vec<usize> = things.filter(|(_, thing)| fits(thing)).map(|(at, _)| at).collect();
        all.choose(&mut self.chance).copied().ok_or(Lapse::Nothing)
    }

    fn shake(&mut self, at: usize) {
        let shaken = self.world.shaken_by(at);
        self.shaken.extend(shaken);
    }

    fn must(&mut self, at: usize, at_work: bool, why: &'static str) {
        self.shake(at);
        let since = self.hand.0.clock().now();
        let run = (why == ACTS[9]).then(|| self.book.run());
        self.musts.push(Must { at, since, at_work, run, why });
    }

    /// Notes something new. Whether a late thing of the lab's goes is left open.
    async fn joined(
        &mut self,
        kind: Kind,
        region: Region,
        name: &str,
        side: Side,
        uses: Option<usize>,
    ) {
        let id = ResourceId::new(kind, region, name);
        let at = self.world.things.len();
        self.world.things.push(Thing {
            id: id.clone(),
            arn: String::new(),
            side,
            uses: uses.into_iter().collect(),
            owner: None,
            twin: None,
            held: false,
            by_tag: false,
            history: false,
        });
        match side {
            Side::Lab => {
                self.shaken.insert(at);
            }
            Side::Theirs => {
                self.then.insert(at, raw::state(&self.account().await, &id));
            }
        }
    }

    async fn make_role(&self, role: &str) -> Result<(), String> {
        let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
        let make = form!["RoleName" => role, "AssumeRolePolicyDocument" => trust];
        self.hand.iam("CreateRole", &make).await.map(drop)
    }

    /// Puts a tag with this key on it.
    async fn tag(&self, at: usize, key: &str) -> Result<(), String> {
        let thing = &self.world.things[at];
        let (id, region) = (thing.id.id.as_str(), thing.id.region.as_str());
        match thing.id.kind {
            s3::BUCKET => {
                let body = format!(
                    "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag>\
                     <Key>{key}</Key><Value>yes</Value></Tag></TagSet></Tagging>"
                );
                self.hand.s3(region, "PUT", &format!("{id}?tagging"), &body).await
            }
            iam::ROLE => {
                let tag = form!["RoleName" => id, "Tags.member.1.Key" => key,
                    "Tags.member.1.Value" => "yes"];
                self.hand.iam("TagRole", &tag).await.map(drop)
            }
            _ => {
                let body = json!({ "resourceArn": thing.arn, "tags": { key: "yes" } });
                self.hand.json("logs", region, "TagResource", body).await.map(drop)
            }
        }
    }

    /// Takes off the tag by which the manifest knows it.
    async fn untag(&self, at: usize) -> Result<(), String> {
        let thing = &self.world.things[at];
        let (id, region) = (thing.id.id.as_str(), thing.id.region.as_str());
        match thing.id.kind {
            s3::BUCKET => self.hand.s3(region, "DELETE", &format!("{id}?tagging"), "").await,
            iam::ROLE => {
                let untag = form!["RoleName" => id, "TagKeys.member.1" => "Lab"];
                self.hand.iam("UntagRole", &untag).await.map(drop)
            }
            _ => {
                let body = json!({ "ResourceArn": thing.arn, "TagKeys": ["Lab"] });
                self.hand.json("sagemaker", region, "DeleteTags", body).await.map(drop)
            }
        }
    }

    async fn remove_of_the_lab(&mut self, at: usize) -> Result<(), String> {
        self.remove(at).await?;
        self.shake(at);
        self.musts.retain(|must| must.at != at);
        Ok(())
    }

    async fn remove(&self, at: usize) -> Result<(), String> {
        let id = &self.world.things[at].id;
        let (service, operation, body) = match id.kind {
            sagemaker::MODEL => ("sagemaker", "DeleteModel", json!({ "ModelName": id.id })),
            sagemaker::PIPELINE => (
                "sagemaker",
                "DeletePipeline",
                json!({ "PipelineName": id.id,
                    "ClientRequestToken": "0123456789abcdef0123456789abcdef" }),
            ),
            _ => ("logs", "DeleteLogGroup", json!({ "logGroupName": id.id })),
        };
        self.hand.json(service, id.region.as_str(), operation, body).await.map(drop)
    }
}
