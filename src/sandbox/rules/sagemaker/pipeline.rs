//! Executions of pipelines.

use serde_json::{Value, json};

use super::kinds::EXECUTION_STOP;
use super::{Ask, Refusal};
use crate::sandbox::records::{Change, LETTERS, Next, Record, epoch, later};

const EXECUTION: &str = "sagemaker:pipeline-execution";
const STATUS: &str = "PipelineExecutionStatus";

pub fn answer(operation: &str, ask: &mut Ask<'_>) -> Option<Result<Value, Refusal>> {
    Some(match operation {
        "StartPipelineExecution" => start(ask),
        "StopPipelineExecution" => stop(ask),
        "DescribePipelineExecution" => describe(ask),
        "ListPipelineExecutions" => list(ask),
        _ => return None,
    })
}

fn pipeline_of(ask: &Ask<'_>) -> Result<String, Refusal> {
    let name = ask.text("PipelineName");
    let name = name.split_once(":pipeline/").map_or(name, |(_, name)| name).to_owned();
    match ask.records.get(&ask.id("sagemaker:pipeline", &name)) {
        Some(_) => Ok(name),
        None => Err(missing(&name)),
    }
}

fn missing(name: &str) -> Refusal {
    ("ResourceNotFound", format!("Pipeline {name} does not exist."))
}

fn start(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let pipeline = pipeline_of(ask)?;
    let name = format!("{pipeline}/execution/{}", ask.records.draw(LETTERS, 12));
    let arn = ask.arn("pipeline", &name);
    let body = json!({
        "PipelineArn": ask.arn("pipeline", &pipeline),
        "PipelineExecutionArn": arn,
        STATUS: "Executing",
        "StartTime": epoch(ask.now),
        "CreationTime": epoch(ask.now),
        "LastModifiedTime": epoch(ask.now),
    });
    let body = body.as_object().cloned().unwrap_or_default();
    let record =
        Record { body, arn: arn.clone(), tags: Default::default(), created: ask.now, next: None };
    ask.records.insert(ask.id(EXECUTION, &name), record);
    let now = epoch(ask.now);
    if let Some(record) = ask.records.get_mut(&ask.id("sagemaker:pipeline", &pipeline)) {
        record.set("LastExecutionTime", now);
    }
    Ok(json!({ "PipelineExecutionArn": arn }))
}

fn stop(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let arn = ask.text("PipelineExecutionArn").to_owned();
    let at = later(ask.now, ask.weather.background(EXECUTION_STOP));
    let record = ask.records.by_arn(&arn).ok_or_else(|| missing(&arn))?;
    if record.text(STATUS) != "Executing" {
        let message = format!("Pipeline execution {arn} is not executing.");
        return Err(("ConflictException", message));
    }
    record.set(STATUS, "Stopping");
    record.next = Some(Next { at, change: Change::Set(vec![(STATUS, json!("Stopped"))]) });
    ask.records.settle(ask.now);
    Ok(json!({ "PipelineExecutionArn": arn }))
}

fn describe(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let arn = ask.text("PipelineExecutionArn").to_owned();
    let record = ask.records.by_arn(&arn).ok_or_else(|| missing(&arn))?;
    Ok(Value::Object(record.body.clone()))
}

fn list(ask: &mut Ask<'_>) -> Result<Value, Refusal> {
    let pipeline = pipeline_of(ask)?;
    let rows: Vec<Value> = ask
        .records
        .within(ask.region, EXECUTION, &pipeline)
        .map(|(_, record)| Value::Object(record.body.clone()))
        .collect();
    Ok(json!({ "PipelineExecutionSummaries": rows }))
}

/// `DeletePipeline`: "A pipeline cannot be deleted if there are running instances of the
/// pipeline" (`ConflictException`).
pub fn running(ask: &Ask<'_>, pipeline: &str) -> Result<(), Refusal> {
    let busy = ask
        .records
        .within(ask.region, EXECUTION, pipeline)
        .any(|(_, record)| matches!(record.text(STATUS), "Executing" | "Stopping"));
    if busy {
        let message = format!("Pipeline {pipeline} has running executions.");
        return Err(("ConflictException", message));
    }
    Ok(())
}
