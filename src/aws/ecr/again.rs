//! Making a repository again, from the journal's record.

use aws_sdk_ecr::types::{
    EncryptionConfiguration, EncryptionType, ImageScanningConfiguration, ImageTagMutability,
    ImageTagMutabilityExclusionFilter, ImageTagMutabilityExclusionFilterType, Tag,
};

use crate::aws::record::{document, flag, list, own_tags, text};
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild};
use crate::resource::{Action, Prep, Resource};

const CREATE: Op = Op::write("ecr", "CreateRepository");
const SET_POLICY: Op = Op::write("ecr", "SetRepositoryPolicy");
const PUT_LIFECYCLE: Op = Op::write("ecr", "PutLifecyclePolicy");

pub const PERMISSIONS: &[&str] = &[
    "ecr:CreateRepository",
    "ecr:PutLifecyclePolicy",
    "ecr:SetRepositoryPolicy",
    "ecr:TagResource",
];

pub fn rebuild(was: &Resource) -> Rebuild {
    Rebuild::by_create()
        .configured(was, &["policyText", "lifecyclePolicyText"])
        .without("its images")
}

pub async fn make(aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
    let (client, name, record) = (aws.ecr(), was.id.id.as_str(), &was.record);
    let garbled =
        |error: &dyn std::fmt::Display| AwsError::garbled(CREATE, aws.region(), error.to_string());
    match (step.action, step.target.as_deref()) {
        (Action::Create, _) => {
            let tags = own_tags(was);
            let tags: Result<Vec<Tag>, _> = tags
                .iter()
                .map(|(key, value)| Tag::builder().key(key).value(value).build())
                .collect();
            let encryption = match text(record, "encryptionType") {
                Some(sort) => Some(
                    EncryptionConfiguration::builder()
                        .encryption_type(EncryptionType::from(&*sort))
                        .set_kms_key(text(record, "kmsKey"))
                        .build()
                        .map_err(|error| garbled(&error))?,
                ),
                None => None,
            };
            let scanning = flag(record, "scanOnPush")
                .map(|on| ImageScanningConfiguration::builder().scan_on_push(on).build());
            let mutability = text(record, "imageTagMutability");
            let excluded: Result<Vec<_>, _> = list(record, "imageTagMutabilityExclusionFilters")
                .iter()
                .map(|one| {
                    let sort = text(one, "filterType").unwrap_or_default();
                    ImageTagMutabilityExclusionFilter::builder()
                        .filter_type(ImageTagMutabilityExclusionFilterType::from(&*sort))
                        .filter(text(one, "filter").unwrap_or_default())
                        .build()
                })
                .collect();
            let excluded = excluded.map_err(|error| garbled(&error))?;
            let call = client
                .create_repository()
                .repository_name(name)
                .set_image_tag_mutability(mutability.map(|m| ImageTagMutability::from(&*m)))
                .set_image_tag_mutability_exclusion_filters(
                    (!excluded.is_empty()).then_some(excluded),
                )
                .set_image_scanning_configuration(scanning)
                .set_encryption_configuration(encryption)
                .set_tags(Some(tags.map_err(|error| garbled(&error))?));
            aws.call(CREATE, || call.clone().send()).await?;
        }
        (Action::Configure, Some("policyText")) => {
            let call = client.set_repository_policy().repository_name(name);
            let call = call.set_policy_text(document(record, "policyText"));
            aws.call(SET_POLICY, || call.clone().send()).await?;
        }
        (Action::Configure, Some("lifecyclePolicyText")) => {
            let call = client.put_lifecycle_policy().repository_name(name);
            let call = call.set_lifecycle_policy_text(document(record, "lifecyclePolicyText"));
            aws.call(PUT_LIFECYCLE, || call.clone().send()).await?;
        }
        (other, _) => return Err(AwsError::unsupported(aws, was.kind(), other.as_str())),
    }
    Ok(Acted::Done)
}
