//! Which tags to ask for.

use std::collections::BTreeSet;

use crate::aws::kinds::{eks, sagemaker};
use crate::aws::tagged::{Filter, VALUES_MAX};
use crate::classify::{Classification, Decision, Gone};
use crate::inventory::Inventory;
use crate::manifest::{By, KindPattern, Manifest, Selector};
use crate::resource::{Kind, Region, ResourceId, Tags};
use crate::tagging::LAB_TAG;

/// `kubernetes.io/cluster/<name>` with the value `owned` is on what goes with the cluster: the
/// EBS CSI driver's volumes and snapshots (if it is told the cluster's name), load balancers and
/// security groups of Kubernetes' own cloud provider, the security group that EKS makes. With the
/// value `shared` it is on networks that somebody lent to the cluster, which are not its remains.
///
/// Sources: aws-ebs-csi-driver, `docs/tagging.md`; cloud-provider-aws, `pkg/providers/v1/tags.go`;
/// Amazon EKS user guide, "View Amazon EKS networking requirements for VPC and subnets".
const OF_CLUSTER: &str = "kubernetes.io/cluster/";
const SHARED: &str = "shared";

/// Tags whose value is the cluster's name, and whose they are.
const NAMING_CLUSTER: &[&str] = &[
    // AWS Load Balancer Controller: load balancers, target groups, security groups
    // (aws-load-balancer-controller, guide, "Ingress annotations", "Resource Tags").
    "elbv2.k8s.aws/cluster",
    // EKS itself: instances and Auto Scaling groups of managed nodegroups, and its security group
    // (Amazon EKS user guide, "Organize Amazon EKS resources with tags").
    "eks:cluster-name",
    "aws:eks:cluster-name",
    // EKS Auto Mode and Karpenter: instances, volumes, load balancers (Amazon EKS user guide,
    // "Learn about identity and access in EKS Auto Mode"; Karpenter, upgrade guide to 1.0).
    "eks:eks-cluster-name",
    // EBS CSI driver (AWS managed policy AmazonEBSCSIDriverEKSClusterScopedPolicy).
    "ebs.csi.aws.com/cluster-name",
    // Kubernetes' own cloud provider, and the EBS CSI driver after it (aws-ebs-csi-driver,
    // `pkg/driver/constants.go`).
    "KubernetesCluster",
    // Amazon VPC CNI: network interfaces of nodes (amazon-vpc-cni-k8s, README, `CLUSTER_NAME`).
    "cluster.k8s.amazonaws.com/name",
    // eksctl: what its stacks have made around the cluster, NAT gateways for one.
    "alpha.eksctl.io/cluster-name",
];

/// SageMaker writes the domain's ARN on the home file system and the security groups that it makes
/// for it, and on what is made in Studio; there the user profile's and the space's as well.
///
/// Sources: SageMaker developer guide, "AWS managed policies for SageMaker Notebooks"
/// (`ManagedByAmazonSageMakerResource`), and "Automatic tag propagation".
const NAMING_DOMAIN: &[&str] = &["ManagedByAmazonSageMakerResource", "sagemaker:domain-arn"];
const NAMING_USER_PROFILE: &[&str] = &["sagemaker:user-profile-arn"];
const NAMING_SPACE: &[&str] = &["sagemaker:space-arn"];

/// One question: what carries all of these tags in a region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ask {
    pub region: Region,
    pub filters: Vec<Filter>,
}

impl Ask {
    fn new(region: Region, key: impl Into<String>, values: Vec<String>) -> Self {
        Self { region, filters: vec![Filter { key: key.into(), values }] }
    }

    /// The tag by which something with these tags is an answer. Every answer is held against its
    /// question: not every endpoint heeds filters.
    pub fn shows(&self, tags: &Tags) -> Option<String> {
        let is_lent = |filter: &Filter| {
            filter.key.starts_with(OF_CLUSTER)
                && tags.get(&filter.key).is_some_and(|value| value == SHARED)
        };
        let takes = |filter: &Filter| filter.takes(tags) && !is_lent(filter);
        let first = self.filters.first().filter(|_| self.filters.iter().all(takes))?;
        tags.get(&first.key).map(|value| format!("{}={value}", first.key))
    }
}

/// What is known of the lab.
pub(super) struct Known<'a> {
    pub manifest: &'a Manifest,
    pub inventory: &'a Inventory,
    pub decided: &'a Classification,
    pub gone: &'a Gone,
    pub account: &'a str,
    pub partition: &'a str,
}

/// All that is to be asked, each once; what says most of a thing first.
pub(super) fn asks(known: &Known<'_>) -> Vec<Ask> {
    let mut asks = Vec::new();
    for &region in &known.manifest.regions {
        let clusters = known.clusters(region);
        for name in &clusters {
            asks.push(Ask::new(region, format!("{OF_CLUSTER}{name}"), Vec::new()));
        }
        naming(&mut asks, region, NAMING_CLUSTER, &clusters);
        naming(&mut asks, region, NAMING_DOMAIN, &known.arns(sagemaker::DOMAIN, region));
        naming(
            &mut asks,
            region,
            NAMING_USER_PROFILE,
            &known.arns(sagemaker::USER_PROFILE, region),
        );
        naming(&mut asks, region, NAMING_SPACE, &known.arns(sagemaker::SPACE, region));
        asks.push(Ask::new(region, LAB_TAG, vec![known.manifest.name.clone()]));
        let selectors = known.manifest.matches.iter().filter_map(filters);
        asks.extend(selectors.map(|filters| Ask { region, filters }));
    }
    let mut asked = BTreeSet::new();
    asks.retain(|ask| asked.insert(ask.clone()));
    asks
}

/// Asks for each key with all of the values, as many at a time as AWS takes.
fn naming(asks: &mut Vec<Ask>, region: Region, keys: &[&str], values: &BTreeSet<String>) {
    let values: Vec<String> = values.iter().cloned().collect();
    for key in keys {
        asks.extend(values.chunks(VALUES_MAX).map(|some| Ask::new(region, *key, some.to_vec())));
    }
}

/// The tags of a selector that asks for tags and nothing else.
fn filters(selector: &Selector) -> Option<Vec<Filter>> {
    let only_tags = selector.kind == KindPattern::Any
        && matches!(selector.by, By::Any)
        && selector.older_than.is_none()
        && selector.newer_than.is_none()
        && selector.where_.is_empty()
        && selector.in_.is_none()
        && !selector.tags.is_empty();
    only_tags.then(|| {
        let tags = selector.tags.iter();
        tags.map(|(key, value)| Filter {
            key: key.clone(),
            values: if value == "*" { Vec::new() } else { vec![value.clone()] },
        })
        .collect()
    })
}

impl Known<'_> {
    /// Whether something is there and will be: what it has made is in use, and no remains.
    fn stays(&self, id: &ResourceId) -> bool {
        self.decided.verdicts.contains_key(id) && self.decided.decision(id) != Decision::Delete
    }

    /// The lab's of a kind in a region that have gone, or are to go.
    fn going(&self, kind: Kind, region: Region) -> impl Iterator<Item = &ResourceId> {
        let here = self.decided.of(Decision::Delete).map(|(id, _)| id).chain(&self.gone.removed);
        here.filter(move |id| id.kind == kind && id.region == region && !self.stays(id))
    }

    /// The names of the lab's clusters. The manifest may name one that went long ago, when there
    /// was no journal yet.
    fn clusters(&self, region: Region) -> BTreeSet<String> {
        let mut names: BTreeSet<String> =
            self.going(eks::CLUSTER, region).map(|id| id.id.clone()).collect();
        for selector in &self.manifest.matches {
            let By::Name(name) = &selector.by else { continue };
            let id = ResourceId::new(eks::CLUSTER, region, name.as_str());
            let is_meant = selector.matches_name_of(eks::CLUSTER, name).is_some();
            if is_meant && !name.contains(':') && !self.stays(&id) {
                names.insert(name.clone());
            }
        }
        names
    }

    /// The ARNs of what the lab had of a kind of SageMaker's, whose ids stand in its ARNs.
    fn arns(&self, kind: Kind, region: Region) -> BTreeSet<String> {
        let Self { account, partition, inventory, .. } = self;
        let arn = |id: &ResourceId| {
            let seen = inventory.get(id).and_then(|resource| resource.arn.clone());
            seen.unwrap_or_else(|| {
                let what = kind.resource();
                format!("arn:{partition}:sagemaker:{region}:{account}:{what}/{}", id.id)
            })
        };
        self.going(kind, region).map(arn).collect()
    }
}
