//! How a trail's events are made richer, or summed up: a configuration of its own beside the
//! selectors, read only when the trail is about to be touched.

use aws_sdk_cloudtrail::operation::get_event_configuration::GetEventConfigurationOutput;
use aws_sdk_cloudtrail::types::{
    AggregationConfiguration, ContextKeySelector, EventCategoryAggregation, MaxEventSize, Template,
    Type,
};
use serde_json::{Value, json};

use crate::aws::record::{list, text, texts};
use crate::aws::{Aws, AwsError, Class, Op};
use crate::resource::Resource;

const GET: Op = Op::read("cloudtrail", "GetEventConfiguration");
const PUT: Op = Op::write("cloudtrail", "PutEventConfiguration");

/// The member of the record that holds it.
pub const MEMBER: &str = "EventConfiguration";

pub async fn note(aws: &Aws, seen: &mut Resource) {
    let client = aws.cloudtrail();
    let name = seen.arn.clone().unwrap_or_else(|| seen.id.id.clone());
    let call = || client.get_event_configuration().trail_name(&name).send();
    match aws.call(GET, call).await {
        Ok(answer) => seen.record[MEMBER] = record(&answer),
        // What a custom endpoint does not know, it does not have.
        Err(error) if matches!(error.class, Class::NotFound | Class::Unavailable) => {}
        Err(error) => seen.not_recorded("event configuration", &error),
    }
}

/// Nothing, where it is as a new trail has it.
fn record(it: &GetEventConfigurationOutput) -> Value {
    let is_large = it.max_event_size() == Some(&MaxEventSize::Large);
    if it.context_key_selectors().is_empty()
        && it.aggregation_configurations().is_empty()
        && !is_large
    {
        return Value::Null;
    }
    let context = it.context_key_selectors().iter();
    let context =
        context.map(|one| json!({ "Type": one.r#type().as_str(), "Equals": one.equals() }));
    let sums = it.aggregation_configurations().iter().map(|one| {
        json!({
            "EventCategory": one.event_category().as_str(),
            "Templates": one.templates().iter().map(|one| one.as_str()).collect::<Value>(),
        })
    });
    json!({
        "MaxEventSize": it.max_event_size().map(|size| size.as_str()),
        "ContextKeySelectors": context.collect::<Value>(),
        "AggregationConfigurations": sums.collect::<Value>(),
    })
}

pub async fn put(aws: &Aws, was: &Resource) -> Result<(), AwsError> {
    let record = &was.record[MEMBER];
    let garbled =
        |error: &dyn std::fmt::Display| AwsError::garbled(PUT, aws.region(), error.to_string());
    let context = |one: &Value| {
        ContextKeySelector::builder()
            .set_type(text(one, "Type").map(|word| Type::from(&*word)))
            .set_equals(texts(one, "Equals"))
            .build()
    };
    let context: Result<Vec<_>, _> =
        list(record, "ContextKeySelectors").iter().map(context).collect();
    let sum = |one: &Value| {
        let templates = texts(one, "Templates").unwrap_or_default();
        let category = text(one, "EventCategory");
        AggregationConfiguration::builder()
            .set_event_category(category.map(|word| EventCategoryAggregation::from(&*word)))
            .set_templates(Some(templates.iter().map(|word| Template::from(&**word)).collect()))
            .build()
    };
    let sums: Result<Vec<_>, _> =
        list(record, "AggregationConfigurations").iter().map(sum).collect();
    let call = aws
        .cloudtrail()
        .put_event_configuration()
        .trail_name(&was.id.id)
        .set_max_event_size(text(record, "MaxEventSize").map(|word| MaxEventSize::from(&*word)))
        .set_context_key_selectors(Some(context.map_err(|error| garbled(&error))?))
        .set_aggregation_configurations(Some(sums.map_err(|error| garbled(&error))?));
    aws.call(PUT, || call.clone().send()).await.map(drop)
}
