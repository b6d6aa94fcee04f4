//! Policies that somebody else has, and identity providers that somebody else's pods come through.

use aws_sdk_iam::types::Tag;
use dismantle::aws::kinds::{eks, iam};

use super::yard::{at_home, global, role_arn, trust};
use super::{Evidence, Expect, Pair, Rule, built};

/// Why a policy that is attached or a boundary is no one's to delete.
const DELETE_POLICY: &str =
    "IAM API reference, DeletePolicy: detach it from all users, groups and roles (DeleteConflict)";

/// Deleting a policy that is a boundary.
const BOUNDARY: &str =
    "IAM API reference, ListEntitiesForPolicy, PolicyUsageFilter: a boundary is no attachment";

pub const RULES: &[Rule] = &[
    Rule {
        name: "a policy that is attached to a foreign role stays",
        source: DELETE_POLICY,
        build: |yard| {
            built(async move {
                let (policy, theirs) =
                    (yard.policy(&yard.lab("policy")).await?, yard.their("role"));
                yard.role(&theirs).await?;
                let attach = yard.iam().attach_role_policy().role_name(&theirs);
                attach.policy_arn(&policy).send().await?;
                Ok(Pair::of(global(iam::POLICY, policy), global(iam::ROLE, theirs)))
            })
        },
        expect: Expect::Blocked("attached policy"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a policy that is attached to a foreign user stays",
        source: DELETE_POLICY,
        build: |yard| {
            built(async move {
                let (policy, theirs) =
                    (yard.policy(&yard.lab("policy")).await?, yard.their("user"));
                yard.iam().create_user().user_name(&theirs).send().await?;
                let attach = yard.iam().attach_user_policy().user_name(&theirs);
                attach.policy_arn(&policy).send().await?;
                Ok(Pair::of(global(iam::POLICY, policy), global(iam::USER, theirs)))
            })
        },
        expect: Expect::Blocked("attached policy"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a policy that is attached to a foreign group stays",
        source: DELETE_POLICY,
        build: |yard| {
            built(async move {
                let policy = yard.policy(&yard.lab("policy")).await?;
                let theirs = yard.their("group");
                yard.iam().create_group().group_name(&theirs).send().await?;
                let attach = yard.iam().attach_group_policy().group_name(&theirs);
                attach.policy_arn(&policy).send().await?;
                Ok(Pair::of(global(iam::POLICY, policy), global(iam::GROUP, theirs)))
            })
        },
        expect: Expect::Blocked("attached policy"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a policy that is the boundary of a foreign role stays",
        source: BOUNDARY,
        build: |yard| {
            built(async move {
                let (policy, theirs) = (yard.policy(&yard.lab("fence")).await?, yard.their("role"));
                yard.role(&theirs).await?;
                let put = yard.iam().put_role_permissions_boundary().role_name(&theirs);
                put.permissions_boundary(&policy).send().await?;
                Ok(Pair::of(global(iam::POLICY, policy), global(iam::ROLE, theirs)))
            })
        },
        expect: Expect::Blocked("permissions boundary"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a policy that is the boundary of a foreign user stays",
        source: BOUNDARY,
        build: |yard| {
            built(async move {
                let (policy, theirs) = (yard.policy(&yard.lab("fence")).await?, yard.their("user"));
                let create = yard.iam().create_user().user_name(&theirs);
                create.permissions_boundary(&policy).send().await?;
                Ok(Pair::of(global(iam::POLICY, policy), global(iam::USER, theirs)))
            })
        },
        expect: Expect::Blocked("permissions boundary"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "an identity provider that a foreign role trusts stays",
        source: "IAM API reference, DeleteOpenIDConnectProvider: roles that name it are not \
                 updated, and attempts to assume them fail",
        build: |yard| {
            built(async move {
                let provider =
                    yard.provider(&format!("{}.example.com", yard.lab("issuer"))).await?;
                let theirs = yard.their("pods");
                let create = yard.iam().create_role().role_name(&theirs);
                let create = create.assume_role_policy_document(trust("Federated", &provider));
                create.send().await?;
                Ok(Pair::of(global(iam::OIDC_PROVIDER, provider), global(iam::ROLE, theirs)))
            })
        },
        expect: Expect::Blocked("trusted identity provider"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "the identity provider of the lab's cluster stays where a foreign role trusts it",
        source: "EKS user guide, IAM roles for service accounts: roles of any owner may trust it",
        build: |yard| {
            built(async move {
                let cluster = yard.lab("cluster");
                let issuer = yard.cluster(&cluster, &role_arn(&yard.their("role"))).await?;
                let provider = yard.provider(issuer.trim_start_matches("https://")).await?;
                let theirs = yard.their("pods");
                let create = yard.iam().create_role().role_name(&theirs);
                let create = create.assume_role_policy_document(trust("Federated", &provider));
                create.send().await?;
                let gone = at_home(eks::CLUSTER, cluster);
                let pair =
                    Pair::of(global(iam::OIDC_PROVIDER, provider), global(iam::ROLE, theirs));
                Ok(pair.beside(gone))
            })
        },
        expect: Expect::Blocked("trusted identity provider"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "the identity provider of a foreign cluster is that cluster's, whatever its tags say",
        source: "EKS user guide, Create an IAM OIDC provider for your cluster: one for each issuer",
        build: |yard| {
            built(async move {
                let cluster = yard.their("cluster");
                let issuer = yard.cluster(&cluster, &role_arn(&yard.their("role"))).await?;
                let provider = yard.provider(issuer.trim_start_matches("https://")).await?;
                let tag = Tag::builder().key("Lab").value("safety").build()?;
                let put = yard.iam().tag_open_id_connect_provider();
                put.open_id_connect_provider_arn(&provider).tags(tag).send().await?;
                let cluster = at_home(eks::CLUSTER, cluster);
                Ok(Pair::of(global(iam::OIDC_PROVIDER, provider), cluster))
            })
        },
        expect: Expect::Foreign("belongs to eks:cluster"),
        evidence: Evidence::Uses,
    },
];
