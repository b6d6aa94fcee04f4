//! Clusters, models and endpoints of the lab's that somebody else's things stand on.

use aws_sdk_eks::types::{CapabilityDeletePropagationPolicy, CapabilityType};
use aws_sdk_sagemaker::types::{
    ClusterOrchestrator, ClusterOrchestratorEksConfig, EndpointInput, InstanceType,
    MonitoringInput, MonitoringJobDefinition, MonitoringScheduleConfig,
    NotebookInstanceLifecycleHook, ProductionVariant, ProductionVariantInstanceType,
};
use dismantle::aws::kinds::{eks, sagemaker};
use dismantle::resource::ResourceId;
use dismantle::sandbox::ACCOUNT_ID;

use super::yard::{HOME, Yard, at_home, role_arn};
use super::{BoxError, Evidence, Expect, Pair, Rule, built};

/// An endpoint configuration that runs a model; gives its name.
async fn config(yard: &Yard, name: &str, model: &str) -> Result<ResourceId, BoxError> {
    let variant = ProductionVariant::builder()
        .variant_name("AllTraffic")
        .model_name(model)
        .initial_instance_count(1)
        .instance_type(ProductionVariantInstanceType::MlM5Large)
        .initial_variant_weight(1.0)
        .build();
    let create = yard.sagemaker(HOME).create_endpoint_config().endpoint_config_name(name);
    create.production_variants(variant).send().await?;
    Ok(at_home(sagemaker::ENDPOINT_CONFIG, name))
}

async fn endpoint(yard: &Yard, name: &str, config: &str) -> Result<ResourceId, BoxError> {
    let create = yard.sagemaker(HOME).create_endpoint().endpoint_name(name);
    create.endpoint_config_name(config).send().await?;
    Ok(at_home(sagemaker::ENDPOINT, name))
}

/// An endpoint of the lab's on a configuration of somebody else's.
pub async fn lab_endpoint(yard: &Yard) -> Result<ResourceId, BoxError> {
    let theirs = yard.their("config");
    config(yard, &theirs, &yard.their("model")).await?;
    endpoint(yard, &yard.lab("endpoint"), &theirs).await
}

pub const RULES: &[Rule] = &[
    Rule {
        name: "a cluster with a capability in it stays",
        source: "EKS API reference, DeleteCluster, ResourceInUseException; aws-nuke issue 970: \
                 Cluster has capabilities attached",
        build: |yard| {
            built(async move {
                let name = yard.lab("cluster");
                yard.cluster(&name, &role_arn(&yard.their("role"))).await?;
                yard.eks()
                    .create_capability()
                    .cluster_name(&name)
                    .capability_name("argocd")
                    .r#type(CapabilityType::Argocd)
                    .delete_propagation_policy(CapabilityDeletePropagationPolicy::Retain)
                    .role_arn(role_arn(&yard.their("argocd")))
                    .send()
                    .await?;
                let capability = at_home(eks::CAPABILITY, format!("{name}/argocd"));
                Ok(Pair::of(at_home(eks::CLUSTER, name), capability))
            })
        },
        expect: Expect::Blocked("(cluster)"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a cluster that orchestrates a foreign HyperPod cluster stays",
        source: "SageMaker API reference, ClusterOrchestratorEksConfig, ClusterArn",
        build: |yard| {
            built(async move {
                let name = yard.lab("cluster");
                yard.cluster(&name, &role_arn(&yard.their("role"))).await?;
                let arn = format!("arn:aws:eks:{HOME}:{ACCOUNT_ID}:cluster/{name}");
                let by = ClusterOrchestratorEksConfig::builder().cluster_arn(arn).build();
                let by = ClusterOrchestrator::builder().eks(by).build();
                let theirs = yard.their("hyperpod");
                let create = yard.sagemaker(HOME).create_cluster().cluster_name(&theirs);
                create.orchestrator(by).send().await?;
                let theirs = at_home(sagemaker::CLUSTER, theirs);
                Ok(Pair::of(at_home(eks::CLUSTER, name), theirs))
            })
        },
        expect: Expect::Blocked("orchestrator"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a model that a foreign endpoint configuration runs stays",
        source: "SageMaker API reference, DeleteEndpointConfig: do not delete what an endpoint uses",
        build: |yard| {
            built(async move {
                let model = yard.lab("model");
                let create = yard.sagemaker(HOME).create_model().model_name(&model);
                create.execution_role_arn(role_arn(&yard.their("role"))).send().await?;
                let theirs = config(&yard, &yard.their("config"), &model).await?;
                Ok(Pair::of(at_home(sagemaker::MODEL, model), theirs))
            })
        },
        expect: Expect::Blocked("model name"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "an endpoint configuration that a foreign endpoint runs stays",
        source: "SageMaker API reference, DeleteEndpointConfig: you might lose visibility into the \
                 instance type the endpoint is using",
        build: |yard| {
            built(async move {
                let ours = yard.lab("config");
                let lab = config(&yard, &ours, &yard.their("model")).await?;
                let theirs = endpoint(&yard, &yard.their("endpoint"), &ours).await?;
                Ok(Pair::of(lab, theirs))
            })
        },
        expect: Expect::Blocked("endpoint config name"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "an endpoint that a foreign inference component runs on stays",
        source: "SageMaker API reference, CreateInferenceComponent, EndpointName",
        build: |yard| {
            built(async move {
                let lab = lab_endpoint(&yard).await?;
                let name = yard.their("component");
                let create = yard.sagemaker(HOME).create_inference_component();
                let create = create.inference_component_name(&name).variant_name("AllTraffic");
                create.endpoint_name(yard.lab("endpoint")).send().await?;
                Ok(Pair::of(lab, at_home(sagemaker::INFERENCE_COMPONENT, name)))
            })
        },
        expect: Expect::Blocked("endpoint name"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "an endpoint that a foreign monitoring schedule watches stays",
        source: "SageMaker API reference, DeleteMonitoringSchedule; EndpointInput, EndpointName",
        build: |yard| {
            built(async move {
                let lab = lab_endpoint(&yard).await?;
                let watched = EndpointInput::builder().endpoint_name(yard.lab("endpoint"));
                let watched = watched.local_path("/opt/ml/processing/input").build();
                let watched = MonitoringInput::builder().endpoint_input(watched).build();
                let job = MonitoringJobDefinition::builder().monitoring_inputs(watched);
                let job = job.role_arn(role_arn(&yard.their("role"))).build();
                let config = MonitoringScheduleConfig::builder();
                let config = config.monitoring_job_definition(job).build();
                let name = yard.their("schedule");
                let create = yard.sagemaker(HOME).create_monitoring_schedule();
                let create = create.monitoring_schedule_name(&name);
                create.monitoring_schedule_config(config).send().await?;
                Ok(Pair::of(lab, at_home(sagemaker::MONITORING_SCHEDULE, name)))
            })
        },
        expect: Expect::Blocked("endpoint name"),
        evidence: Evidence::Uses,
    },
    Rule {
        name: "a lifecycle configuration that a foreign notebook starts with stays",
        source: "SageMaker API reference, CreateNotebookInstance, LifecycleConfigName",
        build: |yard| {
            built(async move {
                let name = yard.lab("setup");
                // echo hello
                let hook = NotebookInstanceLifecycleHook::builder().content("ZWNobyBoZWxsbwo=");
                yard.sagemaker(HOME)
                    .create_notebook_instance_lifecycle_config()
                    .notebook_instance_lifecycle_config_name(&name)
                    .on_start(hook.build())
                    .send()
                    .await?;
                let theirs = yard.their("notebook");
                yard.sagemaker(HOME)
                    .create_notebook_instance()
                    .notebook_instance_name(&theirs)
                    .instance_type(InstanceType::MlT3Medium)
                    .role_arn(role_arn(&yard.their("role")))
                    .lifecycle_config_name(&name)
                    .send()
                    .await?;
                let lab = at_home(sagemaker::NOTEBOOK_LIFECYCLE_CONFIG, name);
                Ok(Pair::of(lab, at_home(sagemaker::NOTEBOOK_INSTANCE, theirs)))
            })
        },
        expect: Expect::Blocked("lifecycle config name"),
        evidence: Evidence::Uses,
    },
];
