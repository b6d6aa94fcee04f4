//! One of each kind of SageMaker's that Dismantle only reads, made with all that it can name.

use aws_sdk_sagemaker::Client;
use aws_sdk_sagemaker::types::*;
use dismantle::aws::kinds::sagemaker;
use dismantle::resource::Kind;
use futures::future::LocalBoxFuture;

type Made = Result<String, Box<dyn std::error::Error + Send + Sync>>;

/// What a thing is made with.
#[derive(Debug, Clone)]
pub struct With {
    /// ARNs, but for the names of the bucket, the model and the endpoint and the image's URI.
    pub role: String,
    pub bucket: String,
    pub key: String,
    pub image: String,
    pub model: String,
    pub endpoint: String,
    pub package: String,
}

impl With {
    fn s3(&self, path: &str) -> String {
        format!("s3://{}/{path}", self.bucket)
    }
}

/// Makes one of a kind; gives its id.
pub type Make = for<'a> fn(&'a Client, &'a str, &'a With) -> LocalBoxFuture<'a, Made>;

/// The name is the id, unless the answer says otherwise.
macro_rules! makes {
    ($($kind:ident |$client:ident, $name:ident, $with:ident| $make:expr;)*) => {
        pub const MAKERS: &[(Kind, Make)] = &[$((
            sagemaker::$kind,
            |$client, $name, $with| Box::pin(async move {
                let id: String = $make;
                Ok(id)
            }),
        )),*];
    };
}

/// Makes one of `kind`; gives its id.
pub async fn make(kind: Kind, client: &Client, name: &str, with: &With) -> Made {
    let (_, make) = MAKERS.iter().find(|(of, _)| *of == kind).ok_or("nobody makes one")?;
    make(client, name, with).await
}

makes! {
    COMPILATION_JOB |client, name, with| {
        let input = InputConfig::builder().s3_uri(with.s3("model.tar.gz"));
        let output = OutputConfig::builder().s3_output_location(with.s3("compiled"));
        let job = client.create_compilation_job().compilation_job_name(name).role_arn(&with.role);
        let job = job.input_config(input.build()).model_package_version_arn(&with.package);
        job.output_config(output.kms_key_id(&with.key).build()).send().await?;
        name.to_owned()
    };
    OPTIMIZATION_JOB |client, name, with| {
        let model = OptimizationSageMakerModel::builder().model_name(&with.model).build();
        let source = OptimizationJobModelSource::builder().sage_maker_model(model).build();
        let quantize = ModelQuantizationConfig::builder().image(&with.image).build();
        let output = OptimizationJobOutputConfig::builder().s3_output_location(with.s3("small"));
        let job = client.create_optimization_job().optimization_job_name(name);
        let job = job.role_arn(&with.role).model_source(source);
        let job = job.optimization_configs(OptimizationConfig::ModelQuantizationConfig(quantize));
        job.output_config(output.kms_key_id(&with.key).build()).send().await?;
        name.to_owned()
    };
    AI_BENCHMARK_JOB |client, name, with| {
        let target = AiBenchmarkEndpoint::builder().identifier(&with.endpoint).build();
        let output = AiBenchmarkOutputConfig::builder().s3_output_location(with.s3("measured"));
        let job = client.create_ai_benchmark_job().ai_benchmark_job_name(name);
        let job = job.role_arn(&with.role).benchmark_target(AiBenchmarkTarget::Endpoint(target));
        job.output_config(output.build()).send().await?;
        name.to_owned()
    };
    AI_RECOMMENDATION_JOB |client, name, with| {
        let source = AiModelSourceS3::builder().s3_uri(with.s3("model")).build();
        let output = AiRecommendationOutputConfig::builder().s3_output_location(with.s3("found"));
        let job = client.create_ai_recommendation_job().ai_recommendation_job_name(name);
        let job = job.role_arn(&with.role).model_source(AiModelSource::S3(source));
        job.output_config(output.build()).send().await?;
        name.to_owned()
    };
    AI_WORKLOAD_CONFIG |client, name, with| {
        let data = AiWorkloadS3DataSource::builder().s3_uri(with.s3("prompts")).build();
        let data = AiWorkloadDataSource::builder().s3_data_source(data).build();
        let data = AiWorkloadInputDataConfig::builder().channel_name("in").data_source(data);
        let data = AiDatasetConfig::InputDataConfig(vec![data.build()]);
        let config = client.create_ai_workload_config().ai_workload_config_name(name);
        config.dataset_config(data).send().await?;
        name.to_owned()
    };
    AUTO_ML_JOB |client, name, with| {
        let output = AutoMlOutputDataConfig::builder().s3_output_path(with.s3("learned"));
        let deploy = ModelDeployConfig::builder().endpoint_name(&with.endpoint).build();
        let job = client.create_auto_ml_job_v2().auto_ml_job_name(name).role_arn(&with.role);
        let job = job.output_data_config(output.kms_key_id(&with.key).build());
        job.model_deploy_config(deploy).send().await?;
        name.to_owned()
    };
    LABELING_JOB |client, name, with| {
        let output = LabelingJobOutputConfig::builder().s3_output_path(with.s3("labels"));
        let model = format!("arn:aws:sagemaker:us-east-1:842676018087:model/{}", with.model);
        let learned = LabelingJobAlgorithmsConfig::builder()
            .labeling_job_algorithm_specification_arn(
                "arn:aws:sagemaker:us-east-1:027400017018:labeling-job-algorithm-specification/\
                 image-classification",
            )
            .initial_active_learning_model_arn(model);
        let job = client.create_labeling_job().labeling_job_name(name).role_arn(&with.role);
        let job = job.label_attribute_name("class").labeling_job_algorithms_config(learned.build());
        job.output_config(output.kms_key_id(&with.key).build()).send().await?;
        name.to_owned()
    };
    INFERENCE_RECOMMENDATIONS_JOB |client, name, with| {
        let payload = RecommendationJobPayloadConfig::builder();
        let payload = payload.sample_payload_url(with.s3("payload.tar.gz")).build();
        let container = RecommendationJobContainerConfig::builder().payload_config(payload).build();
        let endpoint = EndpointInfo::builder().endpoint_name(&with.endpoint).build();
        let input = RecommendationJobInputConfig::builder().model_name(&with.model);
        let input = input.model_package_version_arn(&with.package).endpoints(endpoint);
        let input = input.volume_kms_key_id(&with.key).container_config(container).build();
        let job = client.create_inference_recommendations_job().job_name(name);
        let job = job.job_type(RecommendationJobType::Default).role_arn(&with.role);
        job.input_config(input).send().await?;
        name.to_owned()
    };
    INFERENCE_EXPERIMENT |client, name, with| {
        let variant = ModelVariantConfig::builder().model_name(&with.model).variant_name("shadow");
        let data = InferenceExperimentDataStorageConfig::builder();
        let data = data.destination(with.s3("captured")).kms_key(&with.key).build();
        let experiment = client.create_inference_experiment().name(name).role_arn(&with.role);
        let experiment = experiment.r#type(InferenceExperimentType::ShadowMode);
        let experiment = experiment.endpoint_name(&with.endpoint).model_variants(variant.build());
        experiment.data_storage_config(data).send().await?;
        name.to_owned()
    };
    IMAGE |client, name, with| {
        client.create_image().image_name(name).role_arn(&with.role).send().await?;
        name.to_owned()
    };
    IMAGE_VERSION |client, name, with| {
        client.create_image().image_name(name).role_arn(&with.role).send().await?;
        let version = client.create_image_version().image_name(name).client_token(name);
        version.base_image(&with.image).send().await?;
        format!("{name}/1")
    };
    APP_IMAGE_CONFIG |client, name, with| {
        let container = ContainerConfig::builder();
        let container = container.container_environment_variables("DATA", with.s3("data")).build();
        let lab = JupyterLabAppImageConfig::builder().container_config(container).build();
        let config = client.create_app_image_config().app_image_config_name(name);
        config.jupyter_lab_app_image_config(lab).send().await?;
        name.to_owned()
    };
    MLFLOW_APP |client, name, with| {
        let app = client.create_mlflow_app().name(name).role_arn(&with.role);
        let app = app.artifact_store_uri(with.s3("mlflow")).kms_key_id(&with.key);
        app.send().await?.arn.ok_or("no Arn in the answer")?
    };
    PARTNER_APP |client, name, with| {
        let app = client.create_partner_app().name(name).execution_role_arn(&with.role);
        let app = app.r#type(PartnerAppType::Comet).kms_key_id(&with.key).tier("small");
        app.auth_type(PartnerAppAuthType::Iam).send().await?.arn.ok_or("no Arn in the answer")?
    };
    DATA_QUALITY_JOB_DEFINITION |client, name, with| {
        let input = DataQualityJobInput::builder().endpoint_input(watched(with)).build();
        let app = DataQualityAppSpecification::builder().image_uri(&with.image).build();
        let definition = client.create_data_quality_job_definition().job_definition_name(name);
        let definition = definition.data_quality_job_input(input).role_arn(&with.role);
        let definition = definition.data_quality_app_specification(app);
        definition.data_quality_job_output_config(reports(with)).send().await?;
        name.to_owned()
    };
    MODEL_QUALITY_JOB_DEFINITION |client, name, with| {
        let input = ModelQualityJobInput::builder().endpoint_input(watched(with)).build();
        let app = ModelQualityAppSpecification::builder().image_uri(&with.image).build();
        let definition = client.create_model_quality_job_definition().job_definition_name(name);
        let definition = definition.model_quality_job_input(input).role_arn(&with.role);
        let definition = definition.model_quality_app_specification(app);
        definition.model_quality_job_output_config(reports(with)).send().await?;
        name.to_owned()
    };
    MODEL_BIAS_JOB_DEFINITION |client, name, with| {
        let input = ModelBiasJobInput::builder().endpoint_input(watched(with)).build();
        let app = ModelBiasAppSpecification::builder().image_uri(&with.image).build();
        let definition = client.create_model_bias_job_definition().job_definition_name(name);
        let definition = definition.model_bias_job_input(input).role_arn(&with.role);
        let definition = definition.model_bias_app_specification(app);
        definition.model_bias_job_output_config(reports(with)).send().await?;
        name.to_owned()
    };
    MODEL_EXPLAINABILITY_JOB_DEFINITION |client, name, with| {
        let input = ModelExplainabilityJobInput::builder().endpoint_input(watched(with)).build();
        let app = ModelExplainabilityAppSpecification::builder().image_uri(&with.image).build();
        let definition = client.create_model_explainability_job_definition();
        let definition = definition.job_definition_name(name).role_arn(&with.role);
        let definition = definition.model_explainability_job_input(input);
        let definition = definition.model_explainability_app_specification(app);
        definition.model_explainability_job_output_config(reports(with)).send().await?;
        name.to_owned()
    };
    FLOW_DEFINITION |client, name, with| {
        let output = FlowDefinitionOutputConfig::builder().s3_output_path(with.s3("answers"));
        let flow = client.create_flow_definition().flow_definition_name(name);
        let flow = flow.role_arn(&with.role);
        flow.output_config(output.kms_key_id(&with.key).build()).send().await?;
        name.to_owned()
    };
    HUB |client, name, with| {
        let store = HubS3StorageConfig::builder().s3_output_path(with.s3("hub")).build();
        let hub = client.create_hub().hub_name(name).hub_description("models of ours");
        hub.s3_storage_config(store).send().await?;
        name.to_owned()
    };
    MODEL_CARD |client, name, with| {
        let security = ModelCardSecurityConfig::builder().kms_key_id(&with.key).build();
        let card = client.create_model_card().model_card_name(name).content("{}");
        card.model_card_status(ModelCardStatus::Draft).security_config(security).send().await?;
        name.to_owned()
    };
    ALGORITHM |client, name, with| {
        let training = TrainingSpecification::builder().training_image(&with.image).build();
        let output = OutputDataConfig::builder().s3_output_path(with.s3("tried"));
        let job = TrainingJobDefinition::builder();
        let job = job.output_data_config(output.kms_key_id(&with.key).build()).build();
        let profile = AlgorithmValidationProfile::builder().profile_name("small");
        let profile = profile.training_job_definition(job).build();
        let validation = AlgorithmValidationSpecification::builder().validation_role(&with.role);
        let validation = validation.validation_profiles(profile).build();
        let algorithm = client.create_algorithm().algorithm_name(name);
        let algorithm = algorithm.training_specification(training);
        algorithm.validation_specification(validation).send().await?;
        name.to_owned()
    };
    PROJECT |client, name, with| {
        let template = CfnCreateTemplateProvider::builder().template_name("mlops");
        let url = format!("https://{}.s3.us-east-1.amazonaws.com/mlops.yaml", with.bucket);
        let template = template.template_url(url).role_arn(&with.role).build();
        let template = CreateTemplateProvider::builder().cfn_template_provider(template).build();
        let project = client.create_project().project_name(name);
        project.template_providers(template).send().await?;
        name.to_owned()
    };
}

fn watched(with: &With) -> EndpointInput {
    let input = EndpointInput::builder().endpoint_name(&with.endpoint);
    input.local_path("/opt/ml/processing/input").build()
}

fn reports(with: &With) -> MonitoringOutputConfig {
    let to = MonitoringS3Output::builder().s3_uri(with.s3("reports")).local_path("/opt/ml/out");
    let to = MonitoringOutput::builder().s3_output(to.build()).build();
    MonitoringOutputConfig::builder().monitoring_outputs(to).kms_key_id(&with.key).build()
}
