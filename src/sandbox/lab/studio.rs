//! The Studio domain, and what lives in it.

use aws_sdk_sagemaker::types::{
    AppType, AuthMode, OwnershipSettings, SharingType, SpaceSettings, SpaceSharingSettings,
    UserSettings,
};

use super::maker::{Maker, absent};
use super::sagemaker::execution_role;
use super::{BoxError, Fate, HOME, SUBNETS};
use crate::aws::kinds::sagemaker as kind;

const PROFILE: &str = "retail-analyst";
const SPACE: &str = "retail-notebooks";

pub async fn build(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let client = maker.sagemaker(HOME);
    let made = client
        .create_domain()
        .domain_name("retail-forecast-studio")
        .auth_mode(AuthMode::Iam)
        .default_user_settings(UserSettings::builder().execution_role(execution_role()).build())
        .set_subnet_ids(Some(SUBNETS.map(str::to_owned).to_vec()))
        .vpc_id("vpc-0a1b2c3d4e5f60001")
        .send()
        .await?;
    let domain = made.domain_arn().and_then(|arn| arn.rsplit('/').next());
    let domain = domain.ok_or_else(|| absent("DomainArn"))?.to_owned();
    maker.add(Fate::MustGo, kind::DOMAIN, HOME, &domain);

    client.create_user_profile().domain_id(&domain).user_profile_name(PROFILE).send().await?;
    maker.add(Fate::MustGo, kind::USER_PROFILE, HOME, format!("{domain}/{PROFILE}"));
    client
        .create_space()
        .domain_id(&domain)
        .space_name(SPACE)
        .ownership_settings(OwnershipSettings::builder().owner_user_profile_name(PROFILE).build())
        .space_sharing_settings(
            SpaceSharingSettings::builder().sharing_type(SharingType::Private).build(),
        )
        .space_settings(SpaceSettings::builder().app_type(AppType::JupyterLab).build())
        .send()
        .await?;
    maker.add(Fate::MustGo, kind::SPACE, HOME, format!("{domain}/{SPACE}"));

    client
        .create_app()
        .domain_id(&domain)
        .space_name(SPACE)
        .app_type(AppType::JupyterLab)
        .app_name("default")
        .send()
        .await?;
    maker.add(Fate::MustGo, kind::APP, HOME, format!("{domain}/space/{SPACE}/JupyterLab/default"));
    client
        .create_app()
        .domain_id(&domain)
        .user_profile_name(PROFILE)
        .app_type(AppType::JupyterServer)
        .app_name("default")
        .send()
        .await?;
    maker.add(
        Fate::MustGo,
        kind::APP,
        HOME,
        format!("{domain}/user-profile/{PROFILE}/JupyterServer/default"),
    );
    Ok(())
}
