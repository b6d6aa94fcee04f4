//! How a resource goes, and where it is in its life.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What one call, or one family of calls, does to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    DetachPolicy,
    DeleteInlinePolicy,
    RemoveFromInstanceProfile,
    DeletePolicyVersion,
    /// Switch deletion protection off, where the manifest's `lift_protection` allows it.
    LiftProtection,
    Stop,
    Empty,
    Untag,
    Delete,
    ScheduleDeletion,
    // What a restore does: each takes one of the above back.
    Create,
    AttachPolicy,
    PutInlinePolicy,
    AddToInstanceProfile,
    CreatePolicyVersion,
    /// Put one part of the configuration back; the target is its name in the record.
    Configure,
    Start,
    CancelDeletion,
    Enable,
}

impl Action {
    pub const ALL: [Action; 19] = [
        Action::DetachPolicy,
        Action::DeleteInlinePolicy,
        Action::RemoveFromInstanceProfile,
        Action::DeletePolicyVersion,
        Action::LiftProtection,
        Action::Stop,
        Action::Empty,
        Action::Untag,
        Action::Delete,
        Action::ScheduleDeletion,
        Action::Create,
        Action::AttachPolicy,
        Action::PutInlinePolicy,
        Action::AddToInstanceProfile,
        Action::CreatePolicyVersion,
        Action::Configure,
        Action::Start,
        Action::CancelDeletion,
        Action::Enable,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Action::DetachPolicy => "detach-policy",
            Action::DeleteInlinePolicy => "delete-inline-policy",
            Action::RemoveFromInstanceProfile => "remove-from-instance-profile",
            Action::DeletePolicyVersion => "delete-policy-version",
            Action::LiftProtection => "lift-protection",
            Action::Stop => "stop",
            Action::Empty => "empty",
            Action::Untag => "untag",
            Action::Delete => "delete",
            Action::ScheduleDeletion => "schedule-deletion",
            Action::Create => "create",
            Action::AttachPolicy => "attach-policy",
            Action::PutInlinePolicy => "put-inline-policy",
            Action::AddToInstanceProfile => "add-to-instance-profile",
            Action::CreatePolicyVersion => "create-policy-version",
            Action::Configure => "configure",
            Action::Start => "start",
            Action::CancelDeletion => "cancel-deletion",
            Action::Enable => "enable",
        }
    }

    /// Whether the resource itself is gone (or on its way out for good) when this is done.
    pub fn is_removal(self) -> bool {
        matches!(self, Action::Delete | Action::ScheduleDeletion)
    }

    /// Whether a restore does this, and no removal. A stop may belong to either: what was stopped
    /// is made again and stopped.
    pub fn is_of_restore(self) -> bool {
        use Action::*;
        matches!(
            self,
            Create
                | AttachPolicy
                | PutInlinePolicy
                | AddToInstanceProfile
                | CreatePolicyVersion
                | Configure
                | Start
                | CancelDeletion
                | Enable
        )
    }

    /// What takes a preparatory step of a removal back, with the same target.
    pub fn reverse(self) -> Option<Action> {
        Some(match self {
            Action::DetachPolicy => Action::AttachPolicy,
            Action::DeleteInlinePolicy => Action::PutInlinePolicy,
            Action::RemoveFromInstanceProfile => Action::AddToInstanceProfile,
            Action::DeletePolicyVersion => Action::CreatePolicyVersion,
            Action::Stop => Action::Start,
            Action::ScheduleDeletion => Action::CancelDeletion,
            Action::Delete => Action::Create,
            _ => return None,
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One preparatory step of a removal: `detach-policy` of one policy ARN, `stop` of the resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Prep {
    pub action: Action,
    /// What of the resource is meant: a policy's ARN, an inline policy's name, a version, a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

impl Prep {
    pub fn new(action: Action) -> Self {
        Self { action, target: None }
    }

    pub fn of(action: Action, target: impl Into<String>) -> Self {
        Self { action, target: Some(target.into()) }
    }
}

/// How a resource goes, from the state that it was seen in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Last {
    Delete,
    ScheduleDeletion,
    /// AWS has no call that deletes it; the reason is for people.
    Never(String),
}

/// The steps that take the resource away: every `prep` (in any order), then `last`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    pub prep: Vec<Prep>,
    pub last: Last,
}

impl Default for Removal {
    fn default() -> Self {
        Self { prep: Vec::new(), last: Last::Delete }
    }
}

/// Where a resource is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lifecycle {
    Live,
    /// Being made, updated or stopped: AWS refuses a delete until that is over.
    Changing {
        status: String,
    },
    /// A delete was accepted and goes on.
    Leaving {
        status: String,
    },
    /// A delete was accepted and failed; it may be asked for again.
    DeleteFailed {
        why: String,
    },
    /// Will go by itself at `until` and can still be called back: a key in its window.
    Pending {
        until: Option<Timestamp>,
    },
    /// A job that has ended, or a thing in history: it uses nothing any more.
    Ended {
        status: String,
    },
}

impl Lifecycle {
    /// Whether the resource still needs what it refers to.
    pub fn uses_things(&self) -> bool {
        !matches!(self, Lifecycle::Ended { .. } | Lifecycle::Pending { .. })
    }
}
