//! SageMaker's jobs: ended ones, and one of each sort that runs.

use aws_sdk_sagemaker::Client;
use aws_sdk_sagemaker::types::{
    AlgorithmSpecification, AppSpecification, HyperParameterAlgorithmSpecification,
    HyperParameterTrainingJobDefinition, HyperParameterTuningJobConfig,
    HyperParameterTuningJobStrategyType, OutputDataConfig, ProcessingClusterConfig,
    ProcessingInstanceType, ProcessingResources, ResourceConfig, ResourceLimits, S3DataType,
    StoppingCondition, TrainingInputMode, TrainingInstanceType, TransformDataSource,
    TransformInput, TransformInstanceType, TransformOutput, TransformResources,
    TransformS3DataSource,
};

use super::maker::Maker;
use super::sagemaker::execution_role;
use super::{BoxError, Fate, HOME, data};
use crate::aws::kinds::sagemaker as kind;

pub async fn build(maker: &mut Maker<'_>, repository: &str) -> Result<(), BoxError> {
    let client = maker.sagemaker(HOME);
    let image = format!("{repository}:v1");
    for (name, runs) in [("retail-forecast-training", false), ("retail-forecast-retrain", true)] {
        training(&client, name, &image).await?;
        if !runs {
            client.stop_training_job().training_job_name(name).send().await?;
        }
        maker.add(Fate::MustGo, kind::TRAINING_JOB, HOME, name);
    }
    processing(maker, &client, &image).await?;
    tuning(maker, &client, &image).await?;
    transform(maker, &client).await
}

fn at(folder: &str) -> String {
    format!("s3://{}/{folder}", data::bucket())
}

fn resources() -> ResourceConfig {
    ResourceConfig::builder()
        .instance_type(TrainingInstanceType::MlM5Large)
        .instance_count(1)
        .volume_size_in_gb(10)
        .build()
}

fn an_hour() -> StoppingCondition {
    StoppingCondition::builder().max_runtime_in_seconds(3600).build()
}

async fn training(client: &Client, name: &str, image: &str) -> Result<(), BoxError> {
    let algorithm = AlgorithmSpecification::builder()
        .training_image(image)
        .training_input_mode(TrainingInputMode::File)
        .build();
    client
        .create_training_job()
        .training_job_name(name)
        .algorithm_specification(algorithm)
        .role_arn(execution_role())
        .output_data_config(OutputDataConfig::builder().s3_output_path(at("artifacts")).build())
        .resource_config(resources())
        .stopping_condition(an_hour())
        .send()
        .await?;
    Ok(())
}

async fn processing(maker: &mut Maker<'_>, client: &Client, image: &str) -> Result<(), BoxError> {
    let cluster = ProcessingClusterConfig::builder()
        .instance_type(ProcessingInstanceType::MlM5Large)
        .instance_count(1)
        .volume_size_in_gb(10)
        .build();
    client
        .create_processing_job()
        .processing_job_name("retail-forecast-features")
        .app_specification(AppSpecification::builder().image_uri(image).build())
        .processing_resources(ProcessingResources::builder().cluster_config(cluster).build())
        .role_arn(execution_role())
        .send()
        .await?;
    maker.add(Fate::MustGo, kind::PROCESSING_JOB, HOME, "retail-forecast-features");
    Ok(())
}

async fn tuning(maker: &mut Maker<'_>, client: &Client, image: &str) -> Result<(), BoxError> {
    let limits = ResourceLimits::builder()
        .max_number_of_training_jobs(2)
        .max_parallel_training_jobs(1)
        .build();
    let config = HyperParameterTuningJobConfig::builder()
        .strategy(HyperParameterTuningJobStrategyType::Bayesian)
        .resource_limits(limits)
        .build();
    let algorithm = HyperParameterAlgorithmSpecification::builder()
        .training_image(image)
        .training_input_mode(TrainingInputMode::File)
        .build();
    let definition = HyperParameterTrainingJobDefinition::builder()
        .algorithm_specification(algorithm)
        .role_arn(execution_role())
        .output_data_config(OutputDataConfig::builder().s3_output_path(at("artifacts")).build())
        .resource_config(resources())
        .stopping_condition(an_hour())
        .build();
    client
        .create_hyper_parameter_tuning_job()
        .hyper_parameter_tuning_job_name("retail-forecast-tuning")
        .hyper_parameter_tuning_job_config(config)
        .training_job_definition(definition)
        .send()
        .await?;
    maker.add(Fate::MustGo, kind::HYPER_PARAMETER_TUNING_JOB, HOME, "retail-forecast-tuning");
    Ok(())
}

/// SageMaker has no `DeleteTransformJob`: it stays as history, stopped.
async fn transform(maker: &mut Maker<'_>, client: &Client) -> Result<(), BoxError> {
    let source = TransformS3DataSource::builder()
        .s3_data_type(S3DataType::S3Prefix)
        .s3_uri(at("gold"))
        .build();
    let source = TransformDataSource::builder().s3_data_source(source).build();
    let instances = TransformResources::builder()
        .instance_type(TransformInstanceType::MlM5Large)
        .instance_count(1)
        .build();
    client
        .create_transform_job()
        .transform_job_name("retail-forecast-transform")
        .model_name("retail-forecast-model")
        .transform_input(TransformInput::builder().data_source(source).build())
        .transform_output(TransformOutput::builder().s3_output_path(at("scores")).build())
        .transform_resources(instances)
        .send()
        .await?;
    maker.add(Fate::Kept, kind::TRANSFORM_JOB, HOME, "retail-forecast-transform");
    Ok(())
}
