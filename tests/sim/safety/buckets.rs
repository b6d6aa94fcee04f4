//! Buckets, repositories, images and log groups that somebody else reads from or writes into.

use aws_sdk_s3::types::{
    BucketLoggingStatus, BucketVersioningStatus, Destination, LoggingEnabled,
    ReplicationConfiguration, ReplicationRule, ReplicationRuleFilter, ReplicationRuleStatus,
    VersioningConfiguration,
};
use aws_sdk_sagemaker::types::{
    CaptureMode, CaptureOption, ClusterInstanceGroupSpecification, ClusterLifeCycleConfig,
    ContainerDefinition, DataCaptureConfig, InferenceComponentContainerSpecification,
    InferenceComponentSpecification, OfflineStoreConfig, S3StorageConfig,
};
use dismantle::aws::kinds::{cloudtrail, ecr, s3, sagemaker};
use dismantle::resource::ResourceId;
use dismantle::sandbox::ACCOUNT_ID;

use super::yard::{ELSEWHERE, HOME, Yard, at_home, role_arn};
use super::{BoxError, Evidence, Expect, Pair, Rule, built};

/// A row about a bucket of the lab's. The block makes the neighbour that uses it.
macro_rules! used {
    ($name:literal, $words:literal, $source:literal, |$yard:ident, $bucket:ident| $neighbour:expr) => {
        Rule {
            name: $name,
            source: $source,
            build: |$yard| {
                built(async move {
                    let $bucket = $yard.lab("bucket");
                    let bucket = $yard.bucket(&$bucket).await?;
                    $yard.object(&$bucket, "data.csv").await?;
                    let neighbour: ResourceId = $neighbour;
                    Ok(Pair::of(bucket, neighbour))
                })
            },
            expect: Expect::Blocked($words),
            evidence: Evidence::Uses,
        }
    };
}

/// Somebody else's inference component, on an endpoint of his.
async fn their_component(
    yard: &Yard,
    container: InferenceComponentContainerSpecification,
) -> Result<ResourceId, BoxError> {
    let served = InferenceComponentSpecification::builder().container(container).build();
    let name = yard.their("component");
    let create = yard.sagemaker(HOME).create_inference_component();
    let create = create.inference_component_name(&name).endpoint_name(yard.their("endpoint"));
    create.specification(served).send().await?;
    Ok(at_home(sagemaker::INFERENCE_COMPONENT, name))
}

pub const RULES: &[Rule] = &[
    used!(
        "a bucket that a foreign trail logs into stays",
        "log bucket",
        "CloudTrail user guide, Deleting a trail: files go on being delivered to its bucket",
        |yard, bucket| {
            let (name, trail) = yard.their_trail(&bucket);
            trail.send().await?;
            at_home(cloudtrail::TRAIL, name)
        }
    ),
    used!(
        "a bucket that a foreign bucket's access log goes to stays",
        "access log bucket",
        "S3 user guide, Logging requests with server access logging: the target bucket",
        |yard, bucket| {
            let name = yard.their("site");
            yard.bucket(&name).await?;
            let target = LoggingEnabled::builder().target_bucket(&bucket).target_prefix("site/");
            let status = BucketLoggingStatus::builder().logging_enabled(target.build()?).build();
            let put = yard.s3().put_bucket_logging().bucket(&name);
            put.bucket_logging_status(status).send().await?;
            at_home(s3::BUCKET, name)
        }
    ),
    used!(
        "a bucket that a foreign bucket is replicated to stays",
        "replication destination",
        "S3 API reference, Destination, Bucket: the ARN of the bucket for the results",
        |yard, bucket| {
            let name = yard.their("source");
            yard.bucket(&name).await?;
            let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
            let put = yard.s3().put_bucket_versioning().bucket(&name);
            put.versioning_configuration(on.build()).send().await?;
            let target = Destination::builder().bucket(format!("arn:aws:s3:::{bucket}"));
            let rule = ReplicationRule::builder()
                .priority(1)
                .status(ReplicationRuleStatus::Enabled)
                .filter(ReplicationRuleFilter::builder().prefix("").build())
                .destination(target.build()?)
                .build()?;
            let rules = ReplicationConfiguration::builder().role(role_arn(&yard.their("copier")));
            let put = yard.s3().put_bucket_replication().bucket(&name);
            put.replication_configuration(rules.rules(rule).build()?).send().await?;
            at_home(s3::BUCKET, name)
        }
    ),
    used!(
        "a bucket that a foreign model's data is in stays",
        "model data URL",
        "SageMaker API reference, ContainerDefinition, ModelDataUrl: read at each deployment",
        |yard, bucket| {
            let data = format!("s3://{bucket}/model.tar.gz");
            yard.their_model(&role_arn(&yard.their("role")), None, Some(&data)).await?
        }
    ),
    used!(
        "a bucket that a foreign model names by an HTTPS URL stays",
        "model data URL",
        "S3 user guide, Methods for accessing a bucket: virtual-hosted-style and path-style",
        |yard, bucket| {
            let data = format!("https://{bucket}.s3.{HOME}.amazonaws.com/model.tar.gz");
            yard.their_model(&role_arn(&yard.their("role")), None, Some(&data)).await?
        }
    ),
    used!(
        "a bucket that a foreign model names by a URL in capitals stays",
        "model data URL",
        "RFC 4343: names of hosts are the same in any case, and the bucket's is one of them",
        |yard, bucket| {
            let host = format!("{bucket}.s3.{HOME}.amazonaws.com").to_uppercase();
            let data = format!("HTTPS://{host}/model.tar.gz");
            yard.their_model(&role_arn(&yard.their("role")), None, Some(&data)).await?
        }
    ),
    used!(
        "a bucket that a trail of another region logs into stays",
        "log bucket",
        "CloudTrail user guide, Receiving log files from multiple Regions: one bucket, any region",
        |yard, bucket| {
            let name = yard.their("trail");
            let create = yard.cloudtrail(ELSEWHERE).create_trail().name(&name);
            create.s3_bucket_name(&bucket).send().await?;
            ResourceId::new(cloudtrail::TRAIL, ELSEWHERE, name)
        }
    ),
    used!(
        "a bucket that a foreign model's variables name as Spark does stays",
        "environment",
        "Hadoop's S3A documentation: s3a://bucket/key; SageMaker API reference, Environment",
        |yard, bucket| {
            let container = ContainerDefinition::builder()
                .image("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1")
                .environment("JOB", format!("--in=s3a://{bucket}/gold --epochs=2"));
            let name = yard.their("model");
            let create = yard.sagemaker(HOME).create_model().model_name(&name);
            let create = create.execution_role_arn(role_arn(&yard.their("role")));
            create.primary_container(container.build()).send().await?;
            at_home(sagemaker::MODEL, name)
        }
    ),
    used!(
        "a bucket that a foreign pipeline joins out of its parameters stays",
        "S3 URI",
        "SageMaker's pipeline definition schema: Std:Join, Get and a parameter's DefaultValue",
        |yard, bucket| {
            let definition = serde_json::json!({
                "Version": "2020-12-01",
                "Parameters": [{ "Name": "Data", "Type": "String", "DefaultValue": bucket }],
                "Steps": [{ "S3Uri": { "Std:Join": {
                    "On": "/", "Values": ["s3:/", { "Get": "Parameters.Data" }, "in"],
                } } }],
            });
            let name = yard.their("pipeline");
            yard.sagemaker(HOME)
                .create_pipeline()
                .pipeline_name(&name)
                .pipeline_definition(definition.to_string())
                .client_request_token(yard.token())
                .role_arn(role_arn(&yard.their("role")))
                .send()
                .await?;
            at_home(sagemaker::PIPELINE, name)
        }
    ),
    used!(
        "a bucket that a foreign endpoint captures its data into stays",
        "destination S3 URI",
        "SageMaker API reference, DataCaptureConfig, DestinationS3Uri",
        |yard, bucket| {
            let capture = DataCaptureConfig::builder()
                .enable_capture(true)
                .initial_sampling_percentage(100)
                .destination_s3_uri(format!("s3://{bucket}/capture"))
                .capture_options(CaptureOption::builder().capture_mode(CaptureMode::Input).build())
                .build();
            let name = yard.their("config");
            let create = yard.sagemaker(HOME).create_endpoint_config().endpoint_config_name(&name);
            create.data_capture_config(capture).send().await?;
            at_home(sagemaker::ENDPOINT_CONFIG, name)
        }
    ),
    used!(
        "a bucket that a foreign training job writes into while it runs stays",
        "S3 output path",
        "SageMaker API reference, OutputDataConfig, S3OutputPath",
        |yard, bucket| {
            let role = role_arn(&yard.their("role"));
            yard.their_training(&role, &format!("s3://{bucket}/out")).await?
        }
    ),
    used!(
        "a bucket that a foreign pipeline's definition names stays",
        "S3 URI",
        "SageMaker API reference, CreatePipeline, PipelineDefinition: the steps as JSON",
        |yard, bucket| {
            let source = format!(r#"{{"S3DataSource":{{"S3Uri":"s3://{bucket}/in"}}}}"#);
            let definition = format!(r#"{{"Version":"2020-12-01","Steps":[{source}]}}"#);
            let name = yard.their("pipeline");
            yard.sagemaker(HOME)
                .create_pipeline()
                .pipeline_name(&name)
                .pipeline_definition(definition)
                .client_request_token(yard.token())
                .role_arn(role_arn(&yard.their("role")))
                .send()
                .await?;
            at_home(sagemaker::PIPELINE, name)
        }
    ),
    used!(
        "a bucket that a foreign MLflow server keeps its artifacts in stays",
        "artifact store URI",
        "SageMaker API reference, CreateMlflowTrackingServer, ArtifactStoreUri",
        |yard, bucket| {
            let name = yard.their("mlflow");
            let create = yard.sagemaker(HOME).create_mlflow_tracking_server();
            let create = create.tracking_server_name(&name).role_arn(role_arn(&yard.their("role")));
            create.artifact_store_uri(format!("s3://{bucket}/mlflow")).send().await?;
            at_home(sagemaker::MLFLOW_TRACKING_SERVER, name)
        }
    ),
    used!(
        "a bucket that a foreign feature group's offline store is in stays",
        "S3 URI",
        "SageMaker API reference, S3StorageConfig, S3Uri",
        |yard, bucket| {
            let store = S3StorageConfig::builder().s3_uri(format!("s3://{bucket}/features"));
            let store = OfflineStoreConfig::builder().s3_storage_config(store.build()).build();
            let name = yard.their("features");
            let create = yard.sagemaker(HOME).create_feature_group().feature_group_name(&name);
            create.offline_store_config(store).send().await?;
            at_home(sagemaker::FEATURE_GROUP, name)
        }
    ),
    used!(
        "a bucket that a foreign HyperPod cluster fetches its scripts from stays",
        "source S3 URI",
        "SageMaker API reference, ClusterLifeCycleConfig, SourceS3Uri",
        |yard, bucket| {
            let scripts = ClusterLifeCycleConfig::builder()
                .source_s3_uri(format!("s3://{bucket}/on"))
                .on_create("on_create.sh")
                .build();
            let group = ClusterInstanceGroupSpecification::builder()
                .instance_group_name("workers")
                .execution_role(role_arn(&yard.their("role")))
                .life_cycle_config(scripts)
                .build();
            let name = yard.their("hyperpod");
            let create = yard.sagemaker(HOME).create_cluster().cluster_name(&name);
            create.instance_groups(group).send().await?;
            at_home(sagemaker::CLUSTER, name)
        }
    ),
    used!(
        "a bucket that a foreign inference component serves from stays",
        "artifact URL",
        "SageMaker API reference, InferenceComponentContainerSpecification, ArtifactUrl",
        |yard, bucket| {
            let artifact = format!("s3://{bucket}/model.tar.gz");
            let container = InferenceComponentContainerSpecification::builder();
            their_component(&yard, container.artifact_url(artifact).build()).await?
        }
    ),
    Rule {
        name: "a repository whose image a foreign model runs stays",
        source: "SageMaker API reference, ContainerDefinition, Image: pulled at each deployment",
        build: |yard| {
            built(async move {
                let image = yard.image(&yard.lab("images")).await?;
                let role = role_arn(&yard.their("role"));
                let model =
                    yard.their_model(&role, Some(&format!("{}:v1", image.uri)), None).await?;
                let repository = at_home(ecr::REPOSITORY, &image.repository);
                Ok(Pair::of(repository, model).and(image.resource()))
            })
        },
        expect: Expect::Blocked("(image)"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "an image that a foreign model names by its tag stays",
        source: "SageMaker API reference, ContainerDefinition, Image: registry/repository[:tag]",
        build: |yard| {
            built(async move {
                let image = yard.image(&yard.lab("images")).await?;
                let role = role_arn(&yard.their("role"));
                let model =
                    yard.their_model(&role, Some(&format!("{}:v1", image.uri)), None).await?;
                Ok(Pair::of(image.resource(), model))
            })
        },
        expect: Expect::Blocked("(image)"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "an image that a foreign model names by the registry's other host stays",
        source: "ECR user guide, Making requests over IPv6: account.dkr-ecr.region.on.aws",
        build: |yard| {
            built(async move {
                let image = yard.image(&yard.lab("images")).await?;
                let role = role_arn(&yard.their("role"));
                let named = format!("{ACCOUNT_ID}.dkr-ecr.{HOME}.on.aws/{}:v1", image.repository);
                let model = yard.their_model(&role, Some(&named), None).await?;
                Ok(Pair::of(image.resource(), model))
            })
        },
        expect: Expect::Blocked("(image)"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "an image that a foreign model names by a host in capitals stays",
        source: "RFC 4343: names of hosts are the same in any case; ECR user guide, registry URI",
        build: |yard| {
            built(async move {
                let image = yard.image(&yard.lab("images")).await?;
                let role = role_arn(&yard.their("role"));
                let host = format!("{ACCOUNT_ID}.dkr.ecr.{HOME}.amazonaws.com").to_uppercase();
                let named = format!("{host}/{}:v1", image.repository);
                let model = yard.their_model(&role, Some(&named), None).await?;
                Ok(Pair::of(image.resource(), model))
            })
        },
        expect: Expect::Blocked("(image)"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "an image that a foreign model names by its digest stays",
        source: "SageMaker API reference, ContainerDefinition, Image: registry/repository[@digest]",
        build: |yard| {
            built(async move {
                let image = yard.image(&yard.lab("images")).await?;
                let role = role_arn(&yard.their("role"));
                let named = format!("{}@{}", image.uri, image.digest);
                let model = yard.their_model(&role, Some(&named), None).await?;
                Ok(Pair::of(image.resource(), model))
            })
        },
        expect: Expect::Blocked("(image)"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "an image that a foreign inference component runs stays",
        source: "SageMaker API reference, InferenceComponentContainerSpecification, Image",
        build: |yard| {
            built(async move {
                let image = yard.image(&yard.lab("images")).await?;
                let container = InferenceComponentContainerSpecification::builder();
                let container = container.image(format!("{}:v1", image.uri)).build();
                let component = their_component(&yard, container).await?;
                Ok(Pair::of(image.resource(), component))
            })
        },
        expect: Expect::Blocked("(specified image)"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a log group that a foreign trail writes to stays",
        source: "CloudTrail API reference, CreateTrail, CloudWatchLogsLogGroupArn: ends in :*",
        build: |yard| {
            built(async move {
                let name = yard.lab("group");
                let group = yard.log_group(&name, None).await?;
                let arn = format!("arn:aws:logs:{HOME}:{ACCOUNT_ID}:log-group:{name}:*");
                let (trail, create) = yard.their_trail("their-trail-logs");
                let create = create.cloud_watch_logs_log_group_arn(arn);
                create.cloud_watch_logs_role_arn(role_arn(&yard.their("role"))).send().await?;
                Ok(Pair::of(group, at_home(cloudtrail::TRAIL, trail)))
            })
        },
        expect: Expect::Blocked("(log group)"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a log group that a trail of the lab's and a foreign one share stays",
        source: "CloudTrail user guide, Sending events to CloudWatch Logs: trails may share a group",
        build: |yard| {
            built(async move {
                let name = yard.lab("group");
                let group = yard.log_group(&name, None).await?;
                let arn = format!("arn:aws:logs:{HOME}:{ACCOUNT_ID}:log-group:{name}:*");
                let (ours, theirs) = (yard.lab("trail"), yard.their("trail"));
                for trail in [&ours, &theirs] {
                    let create = yard.cloudtrail(HOME).create_trail().name(trail);
                    let create = create.s3_bucket_name("their-trail-logs");
                    let create = create.cloud_watch_logs_log_group_arn(&arn);
                    create.cloud_watch_logs_role_arn(role_arn(&yard.their("role"))).send().await?;
                }
                let pair = Pair::of(group, at_home(cloudtrail::TRAIL, theirs));
                Ok(pair.beside(at_home(cloudtrail::TRAIL, ours)))
            })
        },
        expect: Expect::Blocked("(log group)"),
        evidence: Evidence::Uses,
    },
];
