//! What other people do to the account between two lives of the process.

use aws_sdk_sagemaker::types::AppType;
use dismantle::inventory::Inventory;
use dismantle::resource::{Kind, Lifecycle, Region, ResourceId};
use dismantle::sandbox::Sandbox;
use dismantle::sandbox::lab::Lab;
use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;

/// Something that somebody else does.
#[derive(Debug, Clone)]
pub enum Drift {
    /// Puts a tag on it that keeps it.
    KeepTag(ResourceId),
    /// Switches deletion protection on.
    Protect(ResourceId),
    /// A role of theirs begins to use a policy of the lab's.
    Use(ResourceId),
    /// Removes it, if it is there, and makes it again under its name.
    MakeAgain(ResourceId),
    /// Writes an object.
    Write(ResourceId),
    /// Makes a user profile with an app in the lab's domain.
    Join(ResourceId),
}

/// What must be true in the end because of a drift.
#[derive(Debug, Clone)]
pub enum Must {
    Stay(ResourceId),
    /// Goes with what it is in.
    Go(ResourceId),
    /// Nothing is sure, except that it may differ from before.
    Nothing(ResourceId),
}

impl Must {
    pub fn is_about(&self, id: &ResourceId) -> bool {
        let (Must::Stay(about) | Must::Go(about) | Must::Nothing(about)) = self;
        about == id
    }

    pub fn check(&self, after: &Inventory) -> Result<(), String> {
        match self {
            Must::Stay(id) if after.get(id).is_none() => {
                Err(format!("{id} was to stay since somebody changed it, and is gone"))
            }
            Must::Go(id) if after.get(id).is_some() => {
                Err(format!("{id} came late and was to go, and is still there"))
            }
            _ => Ok(()),
        }
    }
}

const LOG_GROUP: Kind = Kind::new("logs:log-group");
const BUCKET: Kind = Kind::new("s3:bucket");
const ROLE: Kind = Kind::new("iam:role");
const POLICY: Kind = Kind::new("iam:policy");
const DOMAIN: Kind = Kind::new("sagemaker:domain");
const APP: Kind = Kind::new("sagemaker:app");
const USER_PROFILE: Kind = Kind::new("sagemaker:user-profile");

/// A neighbour's role, which is not the lab's.
const THEIR_ROLE: &str = "retailer-site-ranking-role";

impl Drift {
    /// Picks one, of something that the lab was built with.
    pub fn choose(chance: &mut SmallRng, lab: &Lab) -> Option<Self> {
        let number = chance.random_range(0..7);
        let mut of = |kind: Kind| {
            let all: Vec<_> = lab.must_go.iter().filter(|id| id.kind == kind).collect();
            all.choose(chance).map(|id| (*id).clone())
        };
        match number {
            0 => of(LOG_GROUP).map(Drift::KeepTag),
            1 => of(BUCKET).map(Drift::KeepTag),
            2 => of(LOG_GROUP).map(Drift::Protect),
            3 => of(POLICY).map(Drift::Use),
            4 => of(LOG_GROUP).map(Drift::MakeAgain),
            5 => of(BUCKET).map(Drift::Write),
            _ => of(DOMAIN).map(Drift::Join),
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Drift::KeepTag(_) => "a tag that keeps",
            Drift::Protect(_) => "deletion protection",
            Drift::Use(_) => "a new user",
            Drift::MakeAgain(_) => "made again",
            Drift::Write(_) => "an object written",
            Drift::Join(_) => "a late arrival",
        }
    }
}

/// Does it, if there is something to do it to; says what follows. It may be about nothing.
pub async fn act(drift: &Drift, sandbox: &Sandbox, there: &Inventory) -> Result<Vec<Must>, String> {
    let config = |id: &ResourceId| {
        sandbox.sdk_config(if id.region.is_global() { "us-east-1" } else { id.region.as_str() })
    };
    let failed = |error: &dyn std::fmt::Debug| format!("{drift:?} could not be done: {error:?}");
    let is_there = |id: &ResourceId| there.get(id).is_some();
    match drift {
        Drift::KeepTag(id) if is_there(id) && id.kind == BUCKET => {
            keep_bucket(&aws_sdk_s3::Client::new(&config(id)), &id.id)
                .await
                .map_err(|error| failed(&error))?;
            Ok(vec![Must::Stay(id.clone())])
        }
        Drift::KeepTag(id) if is_there(id) => {
            let logs = aws_sdk_cloudwatchlogs::Client::new(&config(id));
            let arn = there.get(id).and_then(|group| group.arn.clone()).unwrap_or_default();
            let tag = logs.tag_resource().resource_arn(arn).tags("dismantle:keep", "yes");
            tag.send().await.map_err(|error| failed(&error))?;
            Ok(vec![Must::Stay(id.clone())])
        }
        Drift::Protect(id) if is_there(id) => {
            let logs = aws_sdk_cloudwatchlogs::Client::new(&config(id));
            let protect = logs.put_log_group_deletion_protection().log_group_identifier(&id.id);
            let protect = protect.deletion_protection_enabled(true);
            protect.send().await.map_err(|error| failed(&error))?;
            Ok(vec![Must::Stay(id.clone())])
        }
        Drift::Use(id) if is_there(id) => {
            let iam = aws_sdk_iam::Client::new(&config(id));
            let arn = there.get(id).and_then(|policy| policy.arn.clone()).unwrap_or_default();
            let attach = iam.attach_role_policy().role_name(THEIR_ROLE).policy_arn(arn);
            attach.send().await.map_err(|error| failed(&error))?;
            let theirs = ResourceId::new(ROLE, Region::GLOBAL, THEIR_ROLE);
            Ok(vec![Must::Stay(id.clone()), Must::Nothing(theirs)])
        }
        Drift::MakeAgain(id) => {
            let logs = aws_sdk_cloudwatchlogs::Client::new(&config(id));
            if is_there(id) {
                let delete = logs.delete_log_group().log_group_name(&id.id);
                if delete.send().await.is_err() {
                    // Protected meanwhile.
                    return Ok(Vec::new());
                }
            }
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            let create = logs.create_log_group().log_group_name(&id.id);
            create.send().await.map_err(|error| failed(&error))?;
            Ok(vec![Must::Stay(id.clone())])
        }
        Drift::Write(id) if is_there(id) => {
            let s3 = aws_sdk_s3::Client::new(&config(id));
            let put = s3.put_object().bucket(&id.id).key("late.txt").body(b"late".to_vec().into());
            put.send().await.map_err(|error| failed(&error))?;
            Ok(vec![Must::Nothing(id.clone())])
        }
        // AWS lets nobody join a domain that is on its way out.
        Drift::Join(id) if there.get(id).is_some_and(|d| d.lifecycle == Lifecycle::Live) => {
            let client = aws_sdk_sagemaker::Client::new(&config(id));
            let join = client.create_user_profile().domain_id(&id.id).user_profile_name("late");
            match join.send().await {
                Ok(_) => {}
                // There already.
                Err(_) => return Ok(Vec::new()),
            }
            let app = client.create_app().domain_id(&id.id).user_profile_name("late");
            let app = app.app_type(AppType::JupyterServer).app_name("default");
            app.send().await.map_err(|error| failed(&error))?;
            let late = |kind, rest: &str| {
                Must::Go(ResourceId::new(kind, id.region, format!("{}/{rest}", id.id)))
            };
            let app = "user-profile/late/JupyterServer/default";
            Ok(vec![late(USER_PROFILE, "late"), late(APP, app)])
        }
        _ => Ok(Vec::new()),
    }
}

async fn keep_bucket(
    s3: &aws_sdk_s3::Client,
    name: &str,
) -> Result<(), Box<dyn std::error::Error>> {
    use aws_sdk_s3::types::{Tag, Tagging};
    let tag = Tag::builder().key("dismantle:keep").value("yes").build()?;
    let tagging = Tagging::builder().tag_set(tag).build()?;
    s3.put_bucket_tagging().bucket(name).tagging(tagging).send().await?;
    Ok(())
}
