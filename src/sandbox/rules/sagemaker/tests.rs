use std::time::Duration;

use aws_sdk_sagemaker::Client;
use aws_sdk_sagemaker::types::{
    AppStatus, AppType, AuthMode, InstanceType, NotebookInstanceStatus, UserSettings,
};

use crate::sandbox::tests::code;
use crate::sandbox::{Sandbox, Weather};

const ROLE: &str = "arn:aws:iam::842676018087:role/sm";

#[tokio::test(start_paused = true)]
async fn a_notebook_stops_before_it_goes() {
    let sandbox = Sandbox::builder().build();
    let sm = Client::new(&sandbox.sdk_config("us-east-1"));
    let made = sm.create_notebook_instance().notebook_instance_name("nb").role_arn(ROLE);
    let made = made.instance_type(InstanceType::MlT3Medium).lifecycle_config_name("lc");
    made.kms_key_id("alias/x").send().await.unwrap();
    sandbox.set_weather(Weather { pace: 1.0, ..Weather::calm() });
    let seen = || sm.describe_notebook_instance().notebook_instance_name("nb").send();
    let notebook = seen().await.unwrap();
    assert_eq!(notebook.notebook_instance_lifecycle_config_name(), Some("lc"));
    assert_eq!(notebook.kms_key_id(), Some("alias/x"));
    let delete = || sm.delete_notebook_instance().notebook_instance_name("nb").send();
    assert_eq!(code(delete().await), "ValidationException");
    sm.stop_notebook_instance().notebook_instance_name("nb").send().await.unwrap();
    let status = seen().await.unwrap().notebook_instance_status.unwrap();
    assert_eq!(status, NotebookInstanceStatus::Stopping);
    tokio::time::sleep(Duration::from_secs(200)).await;
    delete().await.unwrap();
    tokio::time::sleep(Duration::from_secs(200)).await;
    assert_eq!(code(seen().await), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn a_domain_goes_last() {
    let sandbox = Sandbox::builder().build();
    let sm = Client::new(&sandbox.sdk_config("us-east-1"));
    let settings = UserSettings::builder().execution_role(ROLE).build();
    let made = sm.create_domain().domain_name("lab").auth_mode(AuthMode::Iam).subnet_ids("s");
    let domain = made.default_user_settings(settings).send().await.unwrap().domain_id.unwrap();
    let profile = || sm.create_user_profile().domain_id(&domain).user_profile_name("ann");
    profile().send().await.unwrap();
    let app = sm.create_app().domain_id(&domain).user_profile_name("ann");
    app.app_type(AppType::JupyterServer).app_name("default").send().await.unwrap();
    let delete_domain = || sm.delete_domain().domain_id(&domain).send();
    let delete_profile =
        || sm.delete_user_profile().domain_id(&domain).user_profile_name("ann").send();
    assert_eq!(code(delete_domain().await), "ResourceInUse");
    assert_eq!(code(delete_profile().await), "ResourceInUse");
    let app = sm.delete_app().domain_id(&domain).user_profile_name("ann");
    app.app_type(AppType::JupyterServer).app_name("default").send().await.unwrap();
    let apps = sm.list_apps().domain_id_equals(&domain).send().await.unwrap();
    assert_eq!(apps.apps()[0].status(), Some(&AppStatus::Deleted));
    delete_profile().await.unwrap();
    delete_domain().await.unwrap();
    let gone = sm.describe_domain().domain_id(&domain).send().await;
    assert_eq!(code(gone), "ResourceNotFound");
}

#[tokio::test(start_paused = true)]
async fn a_package_group_empties_first() {
    let sandbox = Sandbox::builder().build();
    let sm = Client::new(&sandbox.sdk_config("us-east-1"));
    sm.create_model_package_group().model_package_group_name("g").send().await.unwrap();
    let package = sm.create_model_package().model_package_group_name("g").send().await.unwrap();
    let arn = package.model_package_arn.unwrap();
    assert!(arn.ends_with(":model-package/g/1"), "{arn}");
    let listed = sm.list_model_packages().model_package_group_name("g").send().await.unwrap();
    assert_eq!(listed.model_package_summary_list()[0].model_package_arn(), Some(arn.as_str()));
    let delete = || sm.delete_model_package_group().model_package_group_name("g").send();
    assert_eq!(code(delete().await), "ConflictException");
    sm.delete_model_package().model_package_name(&arn).send().await.unwrap();
    delete().await.unwrap();
    let gone = sm.describe_model_package_group().model_package_group_name("g").send().await;
    assert_eq!(code(gone), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_in_progress_stays() {
    let sandbox = Sandbox::builder().weather(Weather { pace: 1.0, ..Weather::calm() }).build();
    let sm = Client::new(&sandbox.sdk_config("us-east-1"));
    sm.create_endpoint_config().endpoint_config_name("c").send().await.unwrap();
    sm.create_endpoint().endpoint_name("e").endpoint_config_name("c").send().await.unwrap();
    let delete = || sm.delete_endpoint().endpoint_name("e").send();
    assert_eq!(code(delete().await), "ValidationException");
    tokio::time::sleep(Duration::from_secs(200)).await;
    delete().await.unwrap();
    tokio::time::sleep(Duration::from_secs(200)).await;
    assert_eq!(code(delete().await), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn a_job_ends_before_it_goes() {
    let sandbox = Sandbox::builder().build();
    let sm = Client::new(&sandbox.sdk_config("us-east-1"));
    sm.create_training_job().training_job_name("j").role_arn(ROLE).send().await.unwrap();
    let delete = || sm.delete_training_job().training_job_name("j").send();
    assert_eq!(code(delete().await), "ResourceInUse");
    sm.stop_training_job().training_job_name("j").send().await.unwrap();
    delete().await.unwrap();
    let gone = sm.describe_training_job().training_job_name("j").send().await;
    assert_eq!(code(gone), "ResourceNotFound");
}

#[tokio::test(start_paused = true)]
async fn lists_have_pages_and_tags_stay() {
    let sandbox = Sandbox::builder().build();
    let sm = Client::new(&sandbox.sdk_config("us-east-1"));
    for n in 0..25 {
        sm.create_model().model_name(format!("m{n:02}")).send().await.unwrap();
    }
    let first = sm.list_models().send().await.unwrap();
    assert_eq!((first.models().len(), first.next_token().is_some()), (10, true));
    let arn = first.models()[0].model_arn().unwrap();
    let tag = aws_sdk_sagemaker::types::Tag::builder().key("k").value("v").build();
    sm.add_tags().resource_arn(arn).tags(tag).send().await.unwrap();
    let tags = sm.list_tags().resource_arn(arn).send().await.unwrap();
    assert_eq!(tags.tags()[0].value(), Some("v"));
    assert!(sandbox.amend("sagemaker:model", "us-east-1", "m01", serde_json::json!({})));
}
