//! What other things live in: Studio domains and EKS clusters.

use dismantle::aws::kinds::{eks, iam, kms, sagemaker};
use rand::Rng;
use serde_json::{Map, Value, json};

use super::Side;
use super::make::{Maker, New};
use super::plain::trust;
use crate::hand::{encoded, form};

const SUBNETS: [&str; 2] = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"];

impl Maker<'_> {
    pub async fn domain(&mut self, region: &'static str, side: Side) -> Result<(), String> {
        let role = self.some_role(side).await?;
        let name = self.name(side, "studio", true);
        let body = json!({ "DomainName": name.text, "AuthMode": "IAM",
            "DefaultUserSettings": { "ExecutionRole": self.arn(role) }, "SubnetIds": SUBNETS,
            "VpcId": "vpc-0a1b2c3d4e5f60001", "Tags": Self::tag_list(&name) });
        let made = self.sagemaker(region, "CreateDomain", body).await?;
        let id = made["DomainId"].as_str().unwrap_or_default().to_owned();
        let arn = made["DomainArn"].as_str().unwrap_or_default().to_owned();
        let new =
            New { kind: sagemaker::DOMAIN, region, id: id.clone(), arn, side, uses: vec![role] };
        let domain = self.add_named(new, &name);
        for number in 0..self.chance.random_range(0..3) {
            let person = format!("person-{number}");
            let body = json!({ "DomainId": id, "UserProfileName": person });
            self.sagemaker(region, "CreateUserProfile", body).await?;
            let profile = self.studio_part(domain, region, &format!("{id}/{person}"), Vec::new());
            if self.chance.random_bool(0.5) {
                let body = json!({ "DomainId": id, "UserProfileName": person,
                    "AppType": "JupyterServer", "AppName": "default" });
                self.sagemaker(region, "CreateApp", body).await?;
                let app = format!("{id}/user-profile/{person}/JupyterServer/default");
                self.studio_part(domain, region, &app, vec![profile]);
            }
            if self.chance.random_bool(0.4) {
                let space = format!("space-{number}");
                let body = json!({ "DomainId": id, "SpaceName": space,
                    "OwnershipSettings": { "OwnerUserProfileName": person },
                    "SpaceSharingSettings": { "SharingType": "Private" },
                    "SpaceSettings": { "AppType": "JupyterLab" } });
                self.sagemaker(region, "CreateSpace", body).await?;
                let space = format!("{id}/{space}");
                let at = self.studio_part(domain, region, &space, vec![profile]);
                self.world.things[at].id.kind = sagemaker::SPACE;
            }
        }
        Ok(())
    }

    /// A user profile, or an app if its id is so long.
    fn studio_part(
        &mut self,
        domain: usize,
        region: &'static str,
        id: &str,
        uses: Vec<usize>,
    ) -> usize {
        let is_app = id.split('/').count() > 2;
        let kind = if is_app { sagemaker::APP } else { sagemaker::USER_PROFILE };
        let side = self.world.things[domain].side;
        let id = id.to_owned();
        self.add_in(domain, New { kind, region, id: id.clone(), arn: id, side, uses })
    }

    pub async fn cluster(&mut self, region: &'static str, side: Side) -> Result<usize, String> {
        let role = self.some_role(side).await?;
        let name = self.name(side, "cluster", true);
        let id = name.text.clone();
        let protected = self.chance.random_bool(0.1);
        let tags: Map<String, Value> =
            name.tags.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
        let mut body = json!({ "name": id, "roleArn": self.arn(role), "tags": tags,
            "resourcesVpcConfig": { "subnetIds": SUBNETS }, "deletionProtection": protected });
        let mut uses = vec![role];
        if self.chance.random_bool(0.3)
            && let Some(key) = self.pick(kms::KEY, region, side)
        {
            // EKS takes a key's ARN.
            let provider = json!({ "keyArn": self.arn(key) });
            body["encryptionConfig"] = json!([{ "resources": ["secrets"], "provider": provider }]);
            uses.push(key);
        }
        let made = self.hand.eks(region, "POST", "/clusters", body).await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let arn = text(&made["cluster"]["arn"]);
        let issuer = text(&made["cluster"]["identity"]["oidc"]["issuer"]);
        let new = New { kind: eks::CLUSTER, region, id: id.clone(), arn, side, uses };
        let cluster = self.add_named(new, &name);
        self.world.things[cluster].held |= protected;
        self.addons(region, cluster, &id).await?;
        self.machines(region, cluster, &id).await?;
        self.doors(region, cluster, &id).await?;
        if self.chance.random_bool(0.5) {
            self.provider(cluster, &issuer).await?;
        }
        if self.chance.random_bool(0.5) {
            let group = self.group(region, side, &format!("/aws/eks/{id}/cluster")).await?;
            self.world.things[group].owner = Some(cluster);
        }
        Ok(cluster)
    }

    async fn addons(&mut self, region: &'static str, at: usize, id: &str) -> Result<(), String> {
        for addon in ["vpc-cni", "coredns"] {
            if self.chance.random_bool(0.5) {
                let path = format!("/clusters/{}/addons", encoded(id));
                self.hand.eks(region, "POST", &path, json!({ "addonName": addon })).await?;
                self.eks_part(at, region, eks::ADDON, format!("{id}/{addon}"), Vec::new());
            }
        }
        Ok(())
    }

    /// Nodegroups and Fargate profiles.
    async fn machines(&mut self, region: &'static str, at: usize, id: &str) -> Result<(), String> {
        let side = self.world.things[at].side;
        for number in 0..self.chance.random_range(0..3) {
            let role = self.some_role(side).await?;
            let child = format!("workers-{number}");
            let body = json!({ "nodegroupName": child, "nodeRole": self.arn(role),
                "subnets": SUBNETS,
                "scalingConfig": { "minSize": 1, "maxSize": 2, "desiredSize": 1 } });
            let path = format!("/clusters/{}/node-groups", encoded(id));
            self.hand.eks(region, "POST", &path, body).await?;
            let cni = self.world.things.iter().position(|thing| {
                thing.id.kind == eks::ADDON && thing.id.id == format!("{id}/vpc-cni")
            });
            let uses = cni.into_iter().chain([role]).collect();
            self.eks_part(at, region, eks::NODEGROUP, format!("{id}/{child}"), uses);
        }
        for number in 0..self.chance.random_range(0..3) {
            let role = self.some_role(side).await?;
            let child = format!("jobs-{number}");
            let body = json!({ "fargateProfileName": child,
                "podExecutionRoleArn": self.arn(role), "subnets": SUBNETS,
                "selectors": [{ "namespace": child }] });
            let path = format!("/clusters/{}/fargate-profiles", encoded(id));
            self.hand.eks(region, "POST", &path, body).await?;
            self.eks_part(at, region, eks::FARGATE_PROFILE, format!("{id}/{child}"), vec![role]);
        }
        Ok(())
    }

    /// Access entries and pod identity associations.
    async fn doors(&mut self, region: &'static str, at: usize, id: &str) -> Result<(), String> {
        let side = self.world.things[at].side;
        if self.chance.random_bool(0.4) {
            let role = self.some_role(side).await?;
            let principal = self.arn(role);
            let path = format!("/clusters/{}/access-entries", encoded(id));
            let body = json!({ "principalArn": principal });
            self.hand.eks(region, "POST", &path, body).await?;
            let entry = format!("{id}/{principal}");
            self.eks_part(at, region, eks::ACCESS_ENTRY, entry, vec![role]);
        }
        if self.chance.random_bool(0.4) {
            let role = self.some_role(side).await?;
            let path = format!("/clusters/{}/pod-identity-associations", encoded(id));
            let body =
                json!({ "namespace": "n", "serviceAccount": "s", "roleArn": self.arn(role) });
            let made = self.hand.eks(region, "POST", &path, body).await?;
            let association = made["association"]["associationId"].as_str().unwrap_or_default();
            let association = format!("{id}/{association}");
            self.eks_part(at, region, eks::POD_IDENTITY_ASSOCIATION, association, vec![role]);
        }
        Ok(())
    }

    fn eks_part(
        &mut self,
        cluster: usize,
        region: &'static str,
        kind: dismantle::resource::Kind,
        id: String,
        uses: Vec<usize>,
    ) {
        let side = self.world.things[cluster].side;
        self.add_in(cluster, New { kind, region, arn: id.clone(), id, side, uses });
    }

    /// The OIDC provider of a cluster, and a role whose pods come through it.
    async fn provider(&mut self, cluster: usize, issuer: &str) -> Result<(), String> {
        let side = self.world.things[cluster].side;
        let make = form!["Url" => issuer, "ClientIDList.member.1" => "sts.amazonaws.com",
            "ThumbprintList.member.1" => "9".repeat(40)];
        self.hand.iam("CreateOpenIDConnectProvider", &make).await?;
        let host = issuer.trim_start_matches("https://");
        let arn = Self::arn_of("iam", "", &format!("oidc-provider/{host}"));
        let (kind, id, uses) = (iam::OIDC_PROVIDER, arn.clone(), Vec::new());
        let provider = self.add(New { kind, region: "global", id, arn: arn.clone(), side, uses });
        self.world.things[provider].owner = Some(cluster);
        self.world.things[cluster].uses.insert(provider);
        if self.chance.random_bool(0.5) {
            let trusts = trust(json!({ "Federated": arn }), "sts:AssumeRoleWithWebIdentity");
            let theirs = side == Side::Lab && self.chance.random_bool(0.2);
            let whose = if theirs { Side::Theirs } else { side };
            let role = self.role_with(whose, trusts).await?;
            self.world.things[role].uses.insert(provider);
        }
        Ok(())
    }
}
