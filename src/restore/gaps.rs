//! What a journal leaves out is not put back: the words that stand for it would be taken for it.

use serde_json::Value;

use crate::aws::Rebuild;
use crate::aws::record::{LEFT_OUT, left_out, part, values};
use crate::resource::{Action, Prep, Resource};

/// A bucket's tags are put back one by one: those that are whole.
const TAGS: &[&str] = &["Tags", "TagSet", "tags"];

/// Why a step cannot be done, if something was left out of what it puts back.
pub fn cut(was: &Resource, step: &Prep) -> Option<String> {
    let target = step.target.as_deref().unwrap_or_default();
    let whole = TAGS.contains(&target) || left_out(part(&was.record, step)).is_empty();
    let what = match step.action {
        Action::PutInlinePolicy => "inline policy ",
        Action::CreatePolicyVersion => "version ",
        _ => "",
    };
    (!whole).then(|| format!("its {what}{target}, of which a part is in no journal"))
}

/// The way back without what was left out, and with what is said of it.
pub fn without_gaps(was: &Resource, mut rebuild: Rebuild) -> Rebuild {
    let mut rest = was.record.clone();
    let mut said = Vec::new();
    rebuild.steps.retain(|step| {
        if let (Action::Configure, Some(part)) = (step.action, &step.target) {
            rest[part] = Value::Null;
        }
        let cut = cut(was, step);
        said.extend(cut.clone());
        cut.is_none()
    });
    if let Some(members) = rest.as_object_mut() {
        let apart = |member: &str| {
            TAGS.contains(&member) || member == "RolePolicyList" || rebuild.said.contains(&member)
        };
        members.retain(|member, _| !apart(member));
    }
    said.extend(values(&left_out(&rest)));
    let tags = was.tags.iter().filter(|(_, value)| value.contains(LEFT_OUT));
    let tags: Vec<&str> = tags.map(|(key, _)| key.as_str()).collect();
    if !tags.is_empty() {
        said.push(format!("its tags {}, whose values no journal keeps", tags.join(", ")));
    }
    rebuild.without.extend(said);
    rebuild
}
