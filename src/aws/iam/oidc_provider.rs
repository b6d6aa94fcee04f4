//! `iam:oidc-provider`. Its delete is refused by nobody: roles that trust it stay, and fail.

use async_trait::async_trait;
use aws_sdk_iam::operation::get_open_id_connect_provider::GetOpenIdConnectProviderOutput;
use futures::stream::{self, StreamExt};
use serde_json::json;

use crate::aws::kinds::iam::OIDC_PROVIDER;
use crate::aws::{
    Acted, Aws, AwsError, Listed, Op, Progress, Rebuild, RemovalOptions, ResourceKind, found,
    spelling, timestamp,
};
use crate::resource::{
    Action, KindFacts, Permissions, Prep, Region, Resource, Scope, Tags, Unread, WhereKey,
};

const LIST: Op = Op::read("iam", "ListOpenIDConnectProviders");
const GET: Op = Op::read("iam", "GetOpenIDConnectProvider");
const DELETE: Op = Op::write("iam", "DeleteOpenIDConnectProvider");
const TAG: Op = Op::write("iam", "TagOpenIDConnectProvider");

/// Providers read side by side.
const SIDE_BY_SIDE: usize = 8;

/// An OpenID Connect identity provider.
pub struct OidcProvider;

#[async_trait]
impl ResourceKind for OidcProvider {
    fn facts(&self) -> KindFacts {
        KindFacts {
            where_keys: const {
                &[
                    WhereKey::new(
                        "host",
                        "the issuer's host, such as oidc.eks.us-east-1.amazonaws.com",
                    ),
                    WhereKey::new("client", "an audience, such as sts.amazonaws.com"),
                ]
            },
            permissions: Permissions {
                read: &["iam:ListOpenIDConnectProviders", "iam:GetOpenIDConnectProvider"],
                remove: &["iam:DeleteOpenIDConnectProvider"],
                tag: &["iam:TagOpenIDConnectProvider"],
            },
            restore_permissions: super::again::PROVIDER_PERMISSIONS,
            can_tag: true,
            ignores_case: super::NAMES_IGNORE_CASE,
            ..KindFacts::new(OIDC_PROVIDER, Scope::Global)
        }
    }

    async fn list(&self, aws: &Aws, _parents: &[Resource]) -> Result<Listed, AwsError> {
        let client = aws.iam();
        let answer = aws.call(LIST, || client.list_open_id_connect_providers().send()).await?;
        let arns = answer.open_id_connect_provider_list.unwrap_or_default();
        let mut resources: Vec<_> = stream::iter(arns.into_iter().filter_map(|entry| entry.arn))
            .map(|arn| async move {
                match get(aws, &arn).await {
                    Ok(provider) => provider.map(|provider| resource(&arn, &provider)),
                    Err(error) => {
                        let mut seen = bare(&arn);
                        let why = error.to_string();
                        seen.unread.push(Unread { what: "tags and settings".into(), why });
                        Some(seen)
                    }
                }
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .filter_map(|seen| async move { seen })
            .collect()
            .await;
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(resources.into())
    }

    async fn read(&self, aws: &Aws, known: &Resource) -> Result<Option<Resource>, AwsError> {
        let arn = known.id.id.as_str();
        Ok(get(aws, arn).await?.map(|provider| resource(arn, &provider)))
    }

    async fn act(
        &self,
        aws: &Aws,
        resource: &Resource,
        step: &Prep,
        _options: &RemovalOptions,
        _progress: &Progress,
    ) -> Result<Acted, AwsError> {
        if step.action != Action::Delete {
            return Err(AwsError::unsupported(aws, OIDC_PROVIDER, step.action.as_str()));
        }
        let call = aws.iam().delete_open_id_connect_provider();
        let call = call.open_id_connect_provider_arn(&resource.id.id);
        aws.call(DELETE, || call.clone().send()).await?;
        Ok(Acted::Done)
    }

    fn rebuild(&self, was: &Resource) -> Result<Rebuild, String> {
        super::again::provider(was)
    }

    async fn make(&self, aws: &Aws, was: &Resource, step: &Prep) -> Result<Acted, AwsError> {
        super::again::make_provider(aws, was, step).await.map(|()| Acted::Done)
    }

    async fn tag(&self, aws: &Aws, resource: &Resource, tags: &Tags) -> Result<(), AwsError> {
        let tags = super::to_tags(aws, TAG, tags)?;
        let call = aws.iam().tag_open_id_connect_provider();
        let call = call.open_id_connect_provider_arn(&resource.id.id).set_tags(Some(tags));
        aws.call(TAG, || call.clone().send()).await.map(drop)
    }
}

async fn get(aws: &Aws, arn: &str) -> Result<Option<GetOpenIdConnectProviderOutput>, AwsError> {
    let client = aws.iam();
    let call = client.get_open_id_connect_provider().open_id_connect_provider_arn(arn);
    found(aws.call(GET, || call.clone().send()).await)
}

/// The issuer's URL without `https://`, out of `arn:aws:iam::account:oidc-provider/host/path`.
fn issuer_of(arn: &str) -> &str {
    arn.split_once(":oidc-provider/").map_or(arn, |(_, issuer)| issuer)
}

fn bare(arn: &str) -> Resource {
    let issuer = issuer_of(arn);
    let mut seen = Resource::new(OIDC_PROVIDER, Region::GLOBAL, arn, issuer);
    seen.arn = Some(arn.to_owned());
    seen.spellings.push(format!("https://{issuer}"));
    seen.fact("host", issuer.split('/').next().unwrap_or(issuer));
    seen
}

fn resource(arn: &str, provider: &GetOpenIdConnectProviderOutput) -> Resource {
    let mut seen = bare(arn);
    // AWS sends the URL without its scheme; a provider may be named by either.
    if let Some(url) = provider.url().filter(|url| !url.is_empty()) {
        let url = spelling::issuer_host(url);
        if url != seen.name {
            seen.spellings.extend([url.to_owned(), format!("https://{url}")]);
        }
    }
    seen.created = timestamp(provider.create_date());
    seen.tags = super::tags_of(provider.tags());
    for client in provider.client_id_list() {
        seen.fact("client", client);
    }
    seen.record = json!({
        "OpenIDConnectProviderArn": arn,
        "Url": provider.url(),
        "ClientIDList": provider.client_id_list(),
        "ThumbprintList": provider.thumbprint_list(),
        "CreateDate": seen.created,
        "Tags": super::tags_record(&seen.tags),
    });
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_named_by_its_issuer() {
        let host = "oidc.eks.us-east-1.amazonaws.com";
        let arn = format!("arn:aws:iam::842676018087:oidc-provider/{host}/id/ABC");
        let provider = GetOpenIdConnectProviderOutput::builder()
            .url(format!("{host}/id/ABC"))
            .client_id_list("sts.amazonaws.com")
            .build();
        let seen = resource(&arn, &provider);
        assert_eq!(seen.id.id, arn);
        assert_eq!(seen.name, format!("{host}/id/ABC"));
        assert_eq!(seen.spellings, [format!("https://{host}/id/ABC")]);
        assert_eq!(seen.facts["host"], [host]);
        assert_eq!(seen.facts["client"], ["sts.amazonaws.com"]);
        assert_eq!(bare("nonsense").name, "nonsense");
    }
}
