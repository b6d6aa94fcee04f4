//! Roles that somebody else's things run with.

use aws_sdk_cloudwatchlogs::types::Distribution;
use aws_sdk_eks::types::{
    CapabilityDeletePropagationPolicy, CapabilityType, FargateProfileSelector,
};
use aws_sdk_s3::types::{
    BucketVersioningStatus, Destination, ReplicationConfiguration, ReplicationRule,
    ReplicationRuleFilter, ReplicationRuleStatus, VersioningConfiguration,
};
use aws_sdk_sagemaker::types::{
    AppSpecification, AuthMode, ClusterInstanceGroupSpecification, ClusterLifeCycleConfig,
    MonitoringJobDefinition, MonitoringScheduleConfig, ProcessingClusterConfig,
    ProcessingInstanceType, ProcessingResources, UserSettings,
};
use dismantle::aws::kinds::iam::{self, ROLE};
use dismantle::aws::kinds::{cloudtrail, eks, s3, sagemaker};
use dismantle::resource::ResourceId;
use dismantle::sandbox::ACCOUNT_ID;

use super::yard::{BoxError, ELSEWHERE, HOME, Yard, at_home, global, role_arn, trust};
use super::{Evidence, Expect, Pair, Rule, built};

/// A row about a role of the lab's: what the role is to its neighbour, and how that is made.
macro_rules! used {
    ($name:literal, $words:literal, $source:literal, |$yard:ident, $role:ident| $neighbour:expr) => {
        Rule {
            name: $name,
            source: $source,
            build: |$yard| {
                built(async move {
                    let name = $yard.lab("role");
                    let $role = $yard.role(&name).await?;
                    let neighbour: ResourceId = $neighbour;
                    Ok(Pair::of(global(ROLE, name), neighbour))
                })
            },
            expect: Expect::Blocked($words),
            evidence: Evidence::Uses,
        }
    };
}

/// A pipeline that does nothing.
const PIPELINE: &str = r#"{"Version":"2020-12-01","Steps":[]}"#;

pub const RULES: &[Rule] = &[
    used!(
        "a role that a foreign cluster runs on stays",
        "cluster role",
        "EKS user guide, Amazon EKS cluster IAM role: the cluster makes calls on your behalf with it",
        |yard, role| {
            let name = yard.their("cluster");
            yard.cluster(&name, &role).await?;
            at_home(eks::CLUSTER, name)
        }
    ),
    used!(
        "a role that a foreign nodegroup runs on stays",
        "node role",
        "EKS user guide, Amazon EKS node IAM role; health issue IamNodeRoleNotFound (API, Issue)",
        |yard, role| {
            let cluster = yard.their_cluster().await?;
            yard.nodegroup(&cluster, &role).await?
        }
    ),
    used!(
        "a role that a foreign Fargate profile runs on stays",
        "pod execution role",
        "EKS user guide, Amazon EKS Pod execution IAM role",
        |yard, role| {
            let cluster = yard.their_cluster().await?;
            let create = yard.eks().create_fargate_profile().cluster_name(&cluster);
            let selector = FargateProfileSelector::builder().namespace("shop").build();
            let create = create.fargate_profile_name("shop").pod_execution_role_arn(&role);
            create.selectors(selector).send().await?;
            at_home(eks::FARGATE_PROFILE, format!("{cluster}/shop"))
        }
    ),
    used!(
        "a role that pods of a foreign cluster get by an association stays",
        "(role)",
        "EKS user guide, Learn how EKS Pod Identity grants Pods access to AWS services",
        |yard, role| {
            let cluster = yard.their_cluster().await?;
            let create = yard.eks().create_pod_identity_association().cluster_name(&cluster);
            let create = create.namespace("shop").service_account("api").role_arn(&role);
            let made = create.send().await?;
            let id = made.association().and_then(|association| association.association_id());
            let id = id.ok_or("no associationId in the answer")?;
            at_home(eks::POD_IDENTITY_ASSOCIATION, format!("{cluster}/{id}"))
        }
    ),
    used!(
        "a role that pods of a foreign cluster go on to by an association stays",
        "target role",
        "EKS API reference, CreatePodIdentityAssociation, targetRoleArn",
        |yard, role| {
            let cluster = yard.their_cluster().await?;
            let create = yard.eks().create_pod_identity_association().cluster_name(&cluster);
            let create = create.namespace("shop").service_account("api").target_role_arn(&role);
            let made = create.role_arn(role_arn(&yard.their("pods"))).send().await?;
            let id = made.association().and_then(|association| association.association_id());
            let id = id.ok_or("no associationId in the answer")?;
            at_home(eks::POD_IDENTITY_ASSOCIATION, format!("{cluster}/{id}"))
        }
    ),
    used!(
        "a role that an access entry of a foreign cluster lets in stays",
        "principal",
        "EKS user guide, Grant IAM users access to Kubernetes with EKS access entries",
        |yard, role| {
            let cluster = yard.their_cluster().await?;
            let create = yard.eks().create_access_entry().cluster_name(&cluster);
            create.principal_arn(&role).send().await?;
            at_home(eks::ACCESS_ENTRY, format!("{cluster}/{role}"))
        }
    ),
    used!(
        "a role that an add-on of a foreign cluster runs with stays",
        "service account role",
        "EKS API reference, CreateAddon, serviceAccountRoleArn",
        |yard, role| {
            let cluster = yard.their_cluster().await?;
            let create = yard.eks().create_addon().cluster_name(&cluster).addon_name("vpc-cni");
            create.service_account_role_arn(&role).send().await?;
            at_home(eks::ADDON, format!("{cluster}/vpc-cni"))
        }
    ),
    used!(
        "a role that a capability of a foreign cluster runs with stays",
        "capability role",
        "EKS API reference, CreateCapability, roleArn",
        |yard, role| {
            let cluster = yard.their_cluster().await?;
            yard.eks()
                .create_capability()
                .cluster_name(&cluster)
                .capability_name("argocd")
                .r#type(CapabilityType::Argocd)
                .delete_propagation_policy(CapabilityDeletePropagationPolicy::Retain)
                .role_arn(&role)
                .send()
                .await?;
            at_home(eks::CAPABILITY, format!("{cluster}/argocd"))
        }
    ),
    used!(
        "a role that a foreign model runs with stays",
        "execution role ARN",
        "SageMaker API reference, CreateModel, ExecutionRoleArn: to access artifacts and images",
        |yard, role| yard.their_model(&role, None, None).await?
    ),
    used!(
        "a role that a foreign endpoint configuration runs with stays",
        "execution role ARN",
        "SageMaker API reference, CreateEndpointConfig, ExecutionRoleArn",
        |yard, role| {
            let name = yard.their("config");
            let create = yard.sagemaker(HOME).create_endpoint_config().endpoint_config_name(&name);
            create.execution_role_arn(&role).send().await?;
            at_home(sagemaker::ENDPOINT_CONFIG, name)
        }
    ),
    used!(
        "a role that a foreign notebook runs with stays",
        "role ARN",
        "SageMaker API reference, CreateNotebookInstance, RoleArn",
        |yard, role| yard.notebook(HOME, &yard.their("notebook"), &role).await?
    ),
    used!(
        "a role that a notebook in a region without the manifest runs with stays",
        "role ARN",
        "IAM user guide, What is IAM: roles are global; a notebook of any region may run with one",
        |yard, role| yard.notebook(ELSEWHERE, &yard.their("notebook"), &role).await?
    ),
    Rule {
        name: "a role with a path, named by its whole ARN, stays",
        source: "IAM user guide, IAM identifiers: an ARN has the path, a name has not",
        build: |yard| {
            built(async move {
                let name = yard.lab("role");
                let role = yard.iam().create_role().role_name(&name).path("/team/shop/");
                let document = trust("Service", "sagemaker.amazonaws.com");
                role.assume_role_policy_document(document).send().await?;
                let arn = format!("arn:aws:iam::{ACCOUNT_ID}:role/team/shop/{name}");
                let notebook = yard.notebook(HOME, &yard.their("notebook"), &arn).await?;
                Ok(Pair::of(global(ROLE, name), notebook))
            })
        },
        expect: Expect::Blocked("role ARN"),
        evidence: Evidence::Uses,
    },
    used!(
        "a role that a foreign Studio domain runs with stays",
        "execution role",
        "SageMaker API reference, UserSettings, ExecutionRole",
        |yard, role| {
            let settings = UserSettings::builder().execution_role(&role).build();
            let create = yard.sagemaker(HOME).create_domain().domain_name(yard.their("domain"));
            let create = create.auth_mode(AuthMode::Iam).default_user_settings(settings);
            let made = create.subnet_ids("subnet-1").vpc_id("vpc-1").send().await?;
            at_home(sagemaker::DOMAIN, made.domain_id().ok_or("no DomainId in the answer")?)
        }
    ),
    used!(
        "a role that a foreign user profile runs with stays",
        "execution role",
        "SageMaker API reference, CreateUserProfile, UserSettings.ExecutionRole",
        |yard, role| {
            let own = UserSettings::builder().execution_role(role_arn(&yard.their("own"))).build();
            let client = yard.sagemaker(HOME);
            let create = client.create_domain().domain_name(yard.their("domain"));
            let create = create.auth_mode(AuthMode::Iam).default_user_settings(own);
            let made = create.subnet_ids("subnet-1").vpc_id("vpc-1").send().await?;
            let domain = made.domain_id().ok_or("no DomainId in the answer")?;
            let settings = UserSettings::builder().execution_role(&role).build();
            let create = client.create_user_profile().domain_id(domain).user_profile_name("ann");
            create.user_settings(settings).send().await?;
            at_home(sagemaker::USER_PROFILE, format!("{domain}/ann"))
        }
    ),
    used!(
        "a role that a foreign training job runs with stays",
        "role ARN",
        "SageMaker API reference, CreateTrainingJob, RoleArn: assumed during the job",
        |yard, role| yard.their_training(&role, "s3://their-models/out").await?
    ),
    used!(
        "a role that a foreign processing job runs with stays",
        "role ARN",
        "SageMaker API reference, CreateProcessingJob, RoleArn",
        |yard, role| {
            let cluster = ProcessingClusterConfig::builder()
                .instance_type(ProcessingInstanceType::MlM5Large)
                .instance_count(1)
                .volume_size_in_gb(10)
                .build();
            let name = yard.their("processing");
            let image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1";
            yard.sagemaker(HOME)
                .create_processing_job()
                .processing_job_name(&name)
                .app_specification(AppSpecification::builder().image_uri(image).build())
                .processing_resources(
                    ProcessingResources::builder().cluster_config(cluster).build(),
                )
                .role_arn(&role)
                .send()
                .await?;
            at_home(sagemaker::PROCESSING_JOB, name)
        }
    ),
    used!(
        "a role that a foreign pipeline runs with stays",
        "role ARN",
        "SageMaker API reference, CreatePipeline, RoleArn: used to run its steps",
        |yard, role| {
            let name = yard.their("pipeline");
            yard.sagemaker(HOME)
                .create_pipeline()
                .pipeline_name(&name)
                .pipeline_definition(PIPELINE)
                .client_request_token(yard.token())
                .role_arn(&role)
                .send()
                .await?;
            at_home(sagemaker::PIPELINE, name)
        }
    ),
    used!(
        "a role that a foreign HyperPod cluster runs with stays",
        "execution role",
        "SageMaker API reference, ClusterInstanceGroupSpecification, ExecutionRole",
        |yard, role| {
            let scripts = ClusterLifeCycleConfig::builder().source_s3_uri("s3://their-scripts/on");
            let group = ClusterInstanceGroupSpecification::builder()
                .instance_group_name("workers")
                .execution_role(&role)
                .life_cycle_config(scripts.on_create("on_create.sh").build())
                .build();
            let name = yard.their("hyperpod");
            let create = yard.sagemaker(HOME).create_cluster().cluster_name(&name);
            create.instance_groups(group).send().await?;
            at_home(sagemaker::CLUSTER, name)
        }
    ),
    used!(
        "a role that a foreign MLflow server runs with stays",
        "role ARN",
        "SageMaker API reference, CreateMlflowTrackingServer, RoleArn",
        |yard, role| {
            let name = yard.their("mlflow");
            let create = yard.sagemaker(HOME).create_mlflow_tracking_server();
            let create = create.tracking_server_name(&name).role_arn(&role);
            create.artifact_store_uri("s3://their-mlflow/artifacts").send().await?;
            at_home(sagemaker::MLFLOW_TRACKING_SERVER, name)
        }
    ),
    used!(
        "a role that a foreign feature group writes with stays",
        "role ARN",
        "SageMaker API reference, CreateFeatureGroup, RoleArn: to write to the offline store",
        |yard, role| {
            let name = yard.their("features");
            let create = yard.sagemaker(HOME).create_feature_group().feature_group_name(&name);
            create.role_arn(&role).send().await?;
            at_home(sagemaker::FEATURE_GROUP, name)
        }
    ),
    used!(
        "a role that a foreign monitoring schedule runs its jobs with stays",
        "role ARN",
        "SageMaker API reference, MonitoringJobDefinition, RoleArn",
        |yard, role| {
            let job = MonitoringJobDefinition::builder().role_arn(&role).build();
            let config = MonitoringScheduleConfig::builder().monitoring_job_definition(job).build();
            let name = yard.their("schedule");
            let create = yard.sagemaker(HOME).create_monitoring_schedule();
            let create = create.monitoring_schedule_name(&name);
            create.monitoring_schedule_config(config).send().await?;
            at_home(sagemaker::MONITORING_SCHEDULE, name)
        }
    ),
    used!(
        "a role with which a foreign trail writes to CloudWatch Logs stays",
        "CloudWatch Logs role",
        "CloudTrail API reference, CreateTrail, CloudWatchLogsRoleArn",
        |yard, role| {
            let group = format!("arn:aws:logs:{HOME}:{ACCOUNT_ID}:log-group:their-logs:*");
            let (name, trail) = yard.their_trail("their-trail-logs");
            let trail = trail.cloud_watch_logs_log_group_arn(group);
            trail.cloud_watch_logs_role_arn(&role).send().await?;
            at_home(cloudtrail::TRAIL, name)
        }
    ),
    used!(
        "a role with which queries read a foreign event data store stays",
        "federation role",
        "CloudTrail API reference, EnableFederation, FederationRoleArn",
        |yard, role| {
            let client = yard.cloudtrail(HOME);
            let made = client.create_event_data_store().name(yard.their("lake")).send().await?;
            let arn = made.event_data_store_arn().ok_or("no EventDataStoreArn in the answer")?;
            let federate = client.enable_federation().event_data_store(arn);
            federate.federation_role_arn(&role).send().await?;
            let id = arn.rsplit('/').next().unwrap_or(arn);
            at_home(cloudtrail::EVENT_DATA_STORE, id)
        }
    ),
    used!(
        "a role with which a foreign bucket is replicated stays",
        "replication role",
        "S3 user guide, Setting up permissions for live replication",
        |yard, role| {
            let name = yard.their("source");
            yard.bucket(&name).await?;
            let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
            let put = yard.s3().put_bucket_versioning().bucket(&name);
            put.versioning_configuration(on.build()).send().await?;
            let rule = ReplicationRule::builder()
                .priority(1)
                .status(ReplicationRuleStatus::Enabled)
                .filter(ReplicationRuleFilter::builder().prefix("").build())
                .destination(Destination::builder().bucket("arn:aws:s3:::their-copy").build()?)
                .build()?;
            let rules = ReplicationConfiguration::builder().role(&role).rules(rule).build()?;
            let put = yard.s3().put_bucket_replication().bucket(&name);
            put.replication_configuration(rules).send().await?;
            at_home(s3::BUCKET, name)
        }
    ),
    used!(
        "a role with which a foreign log group's subscription delivers stays",
        "subscription role",
        "CloudWatch Logs API reference, PutSubscriptionFilter, roleArn",
        |yard, role| {
            let name = yard.their("group");
            let group = yard.log_group(&name, None).await?;
            yard.logs()
                .put_subscription_filter()
                .log_group_name(&name)
                .filter_name("all")
                .filter_pattern("")
                .destination_arn(format!("arn:aws:kinesis:{HOME}:{ACCOUNT_ID}:stream/their-stream"))
                .role_arn(&role)
                .distribution(Distribution::ByLogStream)
                .send()
                .await?;
            group
        }
    ),
    used!(
        "a role in a foreign instance profile stays",
        "(role)",
        "IAM API reference, DeleteRole, DeleteConflict: remove it from instance profiles first",
        |yard, _role| {
            let (name, role) = (yard.their("profile"), yard.lab("role"));
            yard.iam().create_instance_profile().instance_profile_name(&name).send().await?;
            let add = yard.iam().add_role_to_instance_profile().instance_profile_name(&name);
            add.role_name(role).send().await?;
            global(iam::INSTANCE_PROFILE, name)
        }
    ),
    Rule {
        name: "a role that the lab's cluster and a foreign one share stays",
        source: "EKS user guide, Amazon EKS cluster IAM role: one role may serve several clusters",
        build: |yard| {
            built(async move {
                let name = yard.lab("role");
                let role = yard.role(&name).await?;
                yard.cluster(&yard.lab("cluster"), &role).await?;
                let theirs = yard.their("cluster");
                yard.cluster(&theirs, &role).await?;
                let theirs = at_home(eks::CLUSTER, theirs);
                let gone = at_home(eks::CLUSTER, yard.lab("cluster"));
                Ok(Pair::of(global(ROLE, name), theirs).beside(gone))
            })
        },
        expect: Expect::Blocked("cluster role"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a role with a path, named without it, stays",
        source: "IAM user guide, IAM identifiers: names are unique in the account, whatever the path",
        build: |yard| {
            built(async move {
                let name = yard.lab("role");
                let role = yard.iam().create_role().role_name(&name).path("/team/shop/");
                let document = trust("Service", "sagemaker.amazonaws.com");
                role.assume_role_policy_document(document).send().await?;
                let notebook =
                    yard.notebook(HOME, &yard.their("notebook"), &role_arn(&name)).await?;
                Ok(Pair::of(global(ROLE, name), notebook))
            })
        },
        expect: Expect::Blocked("role ARN"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a role that nodes of the lab's cluster and of a foreign one share stays",
        source: "EKS user guide, Amazon EKS node IAM role: one role may serve several nodegroups",
        build: |yard| {
            built(async move {
                let name = yard.lab("role");
                let role = yard.role(&name).await?;
                let ours = yard.lab("cluster");
                yard.cluster(&ours, &role_arn(&yard.their("cluster-role"))).await?;
                let gone = yard.nodegroup(&ours, &role).await?;
                let theirs = yard.nodegroup(&yard.their_cluster().await?, &role).await?;
                Ok(Pair::of(global(ROLE, name), theirs).beside(gone))
            })
        },
        expect: Expect::Blocked("node role"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a role whose name a foreign notebook writes in other letters stays",
        source: "IAM API reference, CreateRole: names are not distinguished by case",
        build: |yard| {
            built(async move {
                let name = yard.lab("Role");
                yard.role(&name).await?;
                let arn = role_arn(&name.to_uppercase());
                let notebook = yard.notebook(HOME, &yard.their("notebook"), &arn).await?;
                Ok(Pair::of(global(ROLE, name), notebook))
            })
        },
        expect: Expect::Blocked("role ARN"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a role that EC2 last used in another region goes, and that is said",
        source: "IAM API reference, RoleLastUsed: when and in which region",
        build: |yard| built(trusting(yard, "ec2.amazonaws.com", true)),
        expect: Expect::Goes(
            "trusts ec2.amazonaws.com, whose use of it cannot be seen: last used \
             2026-01-10T09:30:00Z in eu-west-1",
        ),
        evidence: Evidence::Nothing,
    },
    Rule {
        name: "a role that S3's batch operations may use goes, and that is said",
        source: "S3 user guide, Granting permissions for Batch Operations: a principal of its own",
        build: |yard| built(trusting(yard, "batchoperations.s3.amazonaws.com", false)),
        expect: Expect::Goes(
            "trusts batchoperations.s3.amazonaws.com, whose use of it cannot be seen: no use \
             recorded",
        ),
        evidence: Evidence::Nothing,
    },
    Rule {
        name: "a role that pods of a foreign cluster may come to goes, and that is said",
        source: "EKS user guide, IAM roles for service accounts: a role trusts a cluster's issuer",
        build: |yard| {
            built(async move {
                let (theirs, name) = (yard.their("cluster"), yard.lab("role"));
                let issuer = yard.cluster(&theirs, &role_arn(&yard.their("cluster-role"))).await?;
                let provider = yard.provider(issuer.trim_start_matches("https://")).await?;
                let role = yard.iam().create_role().role_name(&name);
                let trust = trust("Federated", &provider);
                role.assume_role_policy_document(trust).send().await?;
                Ok(Pair::of(global(ROLE, name), global(iam::OIDC_PROVIDER, provider)))
            })
        },
        expect: Expect::Goes("its trusted identity provider, stays: who comes through it may use"),
        evidence: Evidence::Nothing,
    },
    Rule {
        name: "a role that one of the account's own users may assume goes, and that is said",
        source: "IAM user guide, AWS JSON policy elements: Principal",
        build: |yard| {
            built(async move {
                let (user, name) = (yard.their("user"), yard.lab("role"));
                yard.iam().create_user().user_name(&user).send().await?;
                let arn = format!("arn:aws:iam::{ACCOUNT_ID}:user/{user}");
                let role = yard.iam().create_role().role_name(&name);
                role.assume_role_policy_document(trust("AWS", &arn)).send().await?;
                Ok(Pair::of(global(ROLE, name), global(iam::USER, user)))
            })
        },
        expect: Expect::Goes("its trusted user, stays: who comes through it may use this"),
        evidence: Evidence::Nothing,
    },
];

/// When somebody used a role: 10 January 2026, 09:30 UTC.
const USED_S: i64 = 1_768_037_400;

/// A role of the lab's that a service may assume, and perhaps did.
async fn trusting(yard: Yard, service: &str, used: bool) -> Result<Pair, BoxError> {
    let name = yard.lab("role");
    let role = yard.iam().create_role().role_name(&name);
    role.assume_role_policy_document(trust("Service", service)).send().await?;
    if used {
        let at = jiff::Timestamp::from_second(USED_S)?;
        assert!(yard.sandbox.use_role(&name, ELSEWHERE.as_str(), at).await, "it is there");
    }
    Ok(Pair::alone(global(ROLE, name)))
}
