//! `sagemaker:app`: lives in a space or in a user profile. AWS shows it as `Deleted` for about a
//! day after it is gone.

use async_trait::async_trait;
use aws_sdk_sagemaker::types::AppType;
use serde_json::Value;

use super::common::{Described, Shape, TAG_PERMISSIONS, change, describe, list, status};
use super::shown::text;
use crate::aws::kinds::sagemaker;
use crate::aws::{Acted, Aws, AwsError, Op, Rebuild, RemovalOptions};
use crate::resource::{Kind, KindFacts, Permissions, Resource, ResourceId, Scope};

const LIST: Op = Op::read("sagemaker", "ListApps");
const DESCRIBE: Op = Op::read("sagemaker", "DescribeApp");
const DELETE: Op = Op::write("sagemaker", "DeleteApp");

pub(super) struct App;

/// `domain-id/space/name/type/app` or `domain-id/user-profile/name/type/app`: a space and a
/// profile may have one name.
struct AppId<'a> {
    domain: &'a str,
    owner: Kind,
    owner_name: &'a str,
    app_type: &'a str,
    app: &'a str,
}

impl<'a> AppId<'a> {
    fn of(shown: &'a Value) -> Option<Self> {
        let space = text(shown, "SpaceName").map(|name| (sagemaker::SPACE, name));
        let profile = || text(shown, "UserProfileName").map(|n| (sagemaker::USER_PROFILE, n));
        let (owner, owner_name) = space.or_else(profile)?;
        Some(Self {
            domain: text(shown, "DomainId")?,
            owner,
            owner_name,
            app_type: text(shown, "AppType")?,
            app: text(shown, "AppName")?,
        })
    }

    fn parse(id: &'a str) -> Option<Self> {
        let mut parts = id.splitn(5, '/');
        let domain = parts.next()?;
        let owner = match parts.next()? {
            "space" => sagemaker::SPACE,
            "user-profile" => sagemaker::USER_PROFILE,
            _ => return None,
        };
        let (owner_name, app_type, app) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { domain, owner, owner_name, app_type, app })
    }

    fn text(&self) -> String {
        let Self { domain, owner, owner_name, app_type, app } = self;
        format!("{domain}/{}/{owner_name}/{app_type}/{app}", owner.resource())
    }

    /// The owner's name, where the owner is of this kind.
    fn owner_if(&self, kind: Kind) -> Option<String> {
        (self.owner == kind).then(|| self.owner_name.to_owned())
    }
}

fn parsed<'a>(aws: &Aws, op: Op, id: &'a str) -> Result<AppId<'a>, AwsError> {
    AppId::parse(id).ok_or_else(|| AwsError::garbled(op, aws.region(), "not the id of an app"))
}

#[async_trait]
impl Described for App {
    fn shape(&self) -> Shape {
        Shape {
            kind: sagemaker::APP,
            name: "AppName",
            arn: "AppArn",
            status: Some("Status"),
            members: &[],
        }
    }

    fn facts(&self) -> KindFacts {
        KindFacts {
            // It lives in one of them, and with that in a domain.
            can_use: &[sagemaker::USER_PROFILE, sagemaker::SPACE],
            where_keys: const { &[status("InService, Pending, Failed, Deleting…")] },
            permissions: Permissions {
                read: &["sagemaker:ListApps", "sagemaker:DescribeApp", "sagemaker:ListTags"],
                remove: &["sagemaker:DeleteApp"],
                tag: TAG_PERMISSIONS,
            },
            can_tag: true,
            parent: Some(sagemaker::DOMAIN),
            ..KindFacts::new(sagemaker::APP, Scope::Regional)
        }
    }

    async fn list(&self, aws: &Aws, _: &[Resource]) -> Result<Vec<Value>, AwsError> {
        list!(aws, LIST, list_apps, apps)
    }

    async fn describe(&self, aws: &Aws, id: &str) -> Result<Value, AwsError> {
        let app = parsed(aws, DESCRIBE, id)?;
        describe!(
            aws,
            DESCRIBE,
            describe_app
                .domain_id(app.domain)
                .app_type(AppType::from(app.app_type))
                .app_name(app.app)
                .set_space_name(app.owner_if(sagemaker::SPACE))
                .set_user_profile_name(app.owner_if(sagemaker::USER_PROFILE))
        )
    }

    fn id(&self, shown: &Value) -> Option<String> {
        let gone = text(shown, "Status") == Some("Deleted");
        AppId::of(shown).filter(|_| !gone).map(|id| id.text())
    }

    fn complete(&self, resource: &mut Resource, shown: &Value) {
        let region = resource.region();
        resource.parent = AppId::of(shown).map(|id| {
            ResourceId::new(id.owner, region, format!("{}/{}", id.domain, id.owner_name))
        });
    }

    async fn delete(
        &self,
        aws: &Aws,
        resource: &Resource,
        _: &RemovalOptions,
    ) -> Result<Acted, AwsError> {
        let app = parsed(aws, DELETE, &resource.id.id)?;
        change!(
            aws,
            DELETE,
            delete_app
                .domain_id(app.domain)
                .app_type(AppType::from(app.app_type))
                .app_name(app.app)
                .set_space_name(app.owner_if(sagemaker::SPACE))
                .set_user_profile_name(app.owner_if(sagemaker::USER_PROFILE))
        )?;
        Ok(Acted::Started)
    }

    fn rebuild(&self, _: &Resource) -> Result<Rebuild, String> {
        Err("an app is what ran in it: open it again in Studio".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_space_and_a_profile_of_one_name_differ() {
        let app = |owner: &str| {
            let mut shown =
                json!({"DomainId": "d-1", "AppType": "JupyterLab", "AppName": "default"});
            shown[owner] = json!("ana");
            shown
        };
        let rows = [
            (app("SpaceName"), "d-1/space/ana/JupyterLab/default"),
            (app("UserProfileName"), "d-1/user-profile/ana/JupyterLab/default"),
        ];
        for (shown, expected) in rows {
            assert_eq!(App.id(&shown).as_deref(), Some(expected));
            assert_eq!(AppId::parse(expected).unwrap().text(), expected);
        }
        assert!(AppId::parse("d-1/other/ana/JupyterLab/default").is_none());
    }

    #[test]
    fn a_deleted_app_is_gone() {
        let shown = json!({"DomainId": "d-1", "AppType": "JupyterLab", "AppName": "default",
            "UserProfileName": "ana", "Status": "Deleted"});
        assert_eq!(App.id(&shown), None);
    }
}
