//! What the clusters' controllers have made in services that Dismantle does not take apart. The
//! Studio domain's file system is there by itself.

use super::maker::Maker;
use super::{BoxError, CLUSTER, CLUSTERS};
use crate::sandbox::ACCOUNT_ID;

pub async fn build(maker: &mut Maker<'_>) -> Result<(), BoxError> {
    let balancer = |name: &str| {
        let account = format!("arn:aws:elasticloadbalancing:{CLUSTERS}:{ACCOUNT_ID}");
        format!("{account}:loadbalancer/net/{name}")
    };
    let by_controller = "elbv2.k8s.aws/cluster";
    let lab = balancer("k8s-retailap-retailap-8f2c1d7a90/4d5e6f708192a3b4");
    tag(maker, &lab, by_controller, CLUSTER).await?;
    let prod = balancer("k8s-retailap-retailap-1b3d5f7092/a1b2c3d4e5f60718");
    tag(maker, &prod, by_controller, &format!("{CLUSTER}-prod")).await?;
    let volume = format!("arn:aws:ec2:{CLUSTERS}:{ACCOUNT_ID}:volume/vol-0a1b2c3d4e5f60718");
    tag(maker, &volume, &format!("kubernetes.io/cluster/{CLUSTER}"), "owned").await
}

async fn tag(maker: &Maker<'_>, arn: &str, key: &str, value: &str) -> Result<(), BoxError> {
    let call = maker.tagging(CLUSTERS).tag_resources().resource_arn_list(arn).tags(key, value);
    call.send().await?;
    Ok(())
}
