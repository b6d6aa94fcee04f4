//! SageMaker's jobs.

use dismantle::aws::kinds::sagemaker;
use dismantle::resource::Kind;
use rand::Rng;
use serde_json::{Value, json};

use super::Side;
use super::make::{Maker, New};
use super::serving::SKLEARN;

/// A job to be made: its request, and the member with its name.
struct Job {
    kind: Kind,
    word: &'static str,
    body: Value,
    uses: Vec<usize>,
}

fn machines() -> Value {
    json!({ "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10 })
}

fn training(role: &str, output: &str) -> Value {
    json!({ "RoleArn": role,
        "AlgorithmSpecification": { "TrainingImage": SKLEARN, "TrainingInputMode": "File" },
        "OutputDataConfig": { "S3OutputPath": output }, "ResourceConfig": machines(),
        "StoppingCondition": { "MaxRuntimeInSeconds": 3600 } })
}

impl Maker<'_> {
    /// A job that runs, or one that has ended and uses nothing. Training jobs called `exp-…` are
    /// the lab's once they are stopped.
    pub async fn job(&mut self, region: &'static str, side: Side) -> Result<(), String> {
        let mut id = self.name(side, "job", false).text;
        let mut ended = self.chance.random_bool(0.5);
        let number = self.chance.random_range(0..6);
        if number == 0 {
            id = format!("exp-{}", self.names.number());
            ended = side == Side::Lab;
        }
        let mut job = self.some_job(region, side, number).await?;
        let word = job.word;
        job.body[format!("{word}Name")] = json!(id);
        self.sagemaker(region, &format!("Create{word}"), job.body).await?;
        if ended {
            let name = format!("{word}Name");
            self.sagemaker(region, &format!("Stop{word}"), json!({ name: id })).await?;
        }
        let uses = if ended { Vec::new() } else { job.uses };
        let arn = Self::arn_of("sagemaker", region, &format!("{}/{id}", job.kind.resource()));
        let at = self.add(New { kind: job.kind, region, id, arn, side, uses });
        self.world.things[at].history = job.kind == sagemaker::TRANSFORM_JOB;
        Ok(())
    }

    async fn some_job(
        &mut self,
        region: &'static str,
        side: Side,
        number: u32,
    ) -> Result<Job, String> {
        let bucket = self.some_bucket(region, side).await?;
        let output = format!("s3://{}/out", self.id(bucket));
        if number == 4 {
            let model = match self.pick(sagemaker::MODEL, region, side) {
                Some(model) => model,
                None => self.model(region, side).await?,
            };
            let source = json!({ "S3DataType": "S3Prefix", "S3Uri": output });
            let body = json!({ "ModelName": self.id(model),
                "TransformInput": { "DataSource": { "S3DataSource": source } },
                "TransformOutput": { "S3OutputPath": output },
                "TransformResources": { "InstanceType": "ml.m5.large", "InstanceCount": 1 } });
            let (kind, word, uses) =
                (sagemaker::TRANSFORM_JOB, "TransformJob", vec![model, bucket]);
            return Ok(Job { kind, word, body, uses });
        }
        let role = self.some_role(side).await?;
        let arn = self.arn(role);
        let (kind, word, body) = match number {
            0..3 => (sagemaker::TRAINING_JOB, "TrainingJob", training(&arn, &output)),
            3 => {
                let body = json!({ "RoleArn": arn,
                    "AppSpecification": { "ImageUri": SKLEARN },
                    "Environment": { "OUTPUT": output },
                    "ProcessingResources": { "ClusterConfig": machines() } });
                (sagemaker::PROCESSING_JOB, "ProcessingJob", body)
            }
            _ => {
                let limits = json!({ "MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 1 });
                let body = json!({
                    "HyperParameterTuningJobConfig":
                        { "Strategy": "Bayesian", "ResourceLimits": limits },
                    "TrainingJobDefinition": training(&arn, &output) });
                (sagemaker::HYPER_PARAMETER_TUNING_JOB, "HyperParameterTuningJob", body)
            }
        };
        Ok(Job { kind, word, body, uses: vec![role, bucket] })
    }
}
