//! The guide's lab, built through the SDK as the guide builds it, among other people's things.
//!
//! A file a part: [`iam`], [`trail`], [`data`], [`eks`], [`sagemaker`], [`studio`], [`jobs`] are
//! the guide's; [`neighbours`] only look like it, and [`sharers`] use something of it; [`remains`]
//! is what all of them leave in other services.
//! `manifests/mlops-retail-prediction.yaml` describes this lab.

mod data;
mod eks;
mod iam;
mod jobs;
mod maker;
mod neighbours;
mod remains;
mod sagemaker;
mod sharers;
mod studio;
#[cfg(test)]
mod tests;
mod trail;

use aws_types::SdkConfig;

use crate::resource::{Region, ResourceId};
use maker::Maker;

/// Whatever kept the lab from being built.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The convention that the guide names things by.
pub const PREFIX: &str = "mlops-retail-prediction-dev";

/// Where the trail, the buckets and SageMaker are.
const HOME: Region = Region::new("us-east-1");
/// Where EKS and the images that it runs are.
const CLUSTERS: Region = Region::new("ap-southeast-1");
/// A region that the lab's manifest does not name.
const ELSEWHERE: Region = Region::new("eu-west-1");

const CLUSTER: &str = "mlops-retail-cluster";
const SUBNETS: [&str; 2] = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"];

/// What was built, by what a teardown must make of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lab {
    /// The lab's: gone afterwards, or on its way (keys).
    pub must_go: Vec<ResourceId>,
    /// Those of them that stay if the manifest keeps approved packages.
    pub approved: Vec<ResourceId>,
    /// The lab's by name, and told to stay: by a tag, or for want of a delete call.
    pub kept: Vec<ResourceId>,
    /// The lab's by name, but a neighbour uses it.
    pub blocked: Vec<ResourceId>,
    /// Other people's: not one attribute may change.
    pub neighbours: Vec<ResourceId>,
}

/// Whose a resource is, and what becomes of it.
#[derive(Debug, Clone, Copy)]
enum Fate {
    MustGo,
    Kept,
    Blocked,
    Neighbour,
}

/// Builds the lab and its neighbours in an account that has none of them.
///
/// # Errors
/// The first call that fails ends it; what was built by then stays.
pub async fn build(config: &(dyn Fn(&str) -> SdkConfig + Send + Sync)) -> Result<Lab, BoxError> {
    let mut maker = Maker::new(config);
    iam::build(&mut maker).await?;
    trail::build(&mut maker).await?;
    let image = data::build(&mut maker).await?;
    eks::build(&mut maker).await?;
    sagemaker::build(&mut maker, &image).await?;
    studio::build(&mut maker).await?;
    jobs::build(&mut maker, &image).await?;
    neighbours::build(&mut maker).await?;
    sharers::build(&mut maker).await?;
    remains::build(&mut maker).await?;
    Ok(maker.lab)
}
