//! Neighbours' ways of handing logs on, and what their registries make by themselves.

use dismantle::aws::kinds::{ecr, logs};
use dismantle::resource::Kind;
use serde_json::{Value, json};

use super::Side;
use super::make::{Maker, New};

const STREAM: &str = "arn:aws:kinesis:us-east-1:842676018087:stream/their-stream";
const SENDER: &str = "arn:aws:bedrock:us-east-1:842676018087:knowledge-base/KB1";

impl Maker<'_> {
    /// Something of a neighbour's in CloudWatch Logs or ECR that may use what is the lab's.
    pub async fn handed(&mut self, region: &'static str) -> Result<(), String> {
        match self.turn(7) {
            0 => self.destination(region).await,
            1 => self.delivery(region).await,
            2 => self.account_policy(region).await,
            3 => self.scheduled_query(region).await,
            4 => self.anomaly_detector(region).await,
            5 => self.cache_rule(region).await,
            _ => self.creation_template(region).await,
        }
    }

    fn plain_name(&mut self, word: &str) -> String {
        format!("their-{word}-{}", self.names.number())
    }

    fn note(&mut self, kind: Kind, region: &'static str, id: String, uses: Vec<usize>) -> usize {
        let service = kind.as_str().split(':').next().unwrap_or_default();
        let arn = Self::arn_of(service, region, &format!("{}:{id}", kind.resource()));
        self.add(New { kind, region, id, arn, side: Side::Theirs, uses })
    }

    async fn logs(&self, region: &str, operation: &str, body: Value) -> Result<Value, String> {
        self.hand.json("logs", region, operation, body).await
    }

    async fn destination(&mut self, region: &'static str) -> Result<(), String> {
        let role = self.some_role(Side::Theirs).await?;
        let name = self.plain_name("destination");
        let body = json!({ "destinationName": name, "targetArn": STREAM,
            "roleArn": self.arn(role) });
        self.logs(region, "PutDestination", body).await?;
        self.note(logs::DESTINATION, region, name, vec![role]);
        Ok(())
    }

    /// Another service's logs, into a bucket.
    async fn delivery(&mut self, region: &'static str) -> Result<(), String> {
        let bucket = self.some_bucket(region, Side::Theirs).await?;
        let (from, to) = (self.plain_name("source"), self.plain_name("vended"));
        let arn = format!("arn:aws:s3:::{}", self.id(bucket));
        let body = json!({ "name": to,
            "deliveryDestinationConfiguration": { "destinationResourceArn": arn } });
        self.logs(region, "PutDeliveryDestination", body).await?;
        let body = json!({ "name": from, "logType": "APPLICATION_LOGS", "resourceArn": SENDER });
        self.logs(region, "PutDeliverySource", body).await?;
        let target = self.note(logs::DELIVERY_DESTINATION, region, to, vec![bucket]);
        let body =
            json!({ "deliverySourceName": from, "deliveryDestinationArn": self.arn(target) });
        let made = self.logs(region, "CreateDelivery", body).await?;
        let id = made["delivery"]["id"].as_str().unwrap_or_default().to_owned();
        let source = self.note(logs::DELIVERY_SOURCE, region, from, Vec::new());
        self.note(logs::DELIVERY, region, id, vec![source, target]);
        Ok(())
    }

    async fn account_policy(&mut self, region: &'static str) -> Result<(), String> {
        let role = self.some_role(Side::Theirs).await?;
        let name = self.plain_name("policy");
        let document = json!({ "DestinationArn": STREAM, "RoleArn": self.arn(role),
            "FilterPattern": "" });
        let sort = "SUBSCRIPTION_FILTER_POLICY";
        let body = json!({ "policyName": name, "policyType": sort,
            "policyDocument": document.to_string() });
        self.logs(region, "PutAccountPolicy", body).await?;
        self.note(logs::ACCOUNT_POLICY, region, format!("{sort}/{name}"), vec![role]);
        Ok(())
    }

    async fn scheduled_query(&mut self, region: &'static str) -> Result<(), String> {
        let role = self.some_role(Side::Theirs).await?;
        let name = self.plain_name("query");
        let body = json!({ "name": name, "executionRoleArn": self.arn(role),
            "queryLanguage": "CWLI", "queryString": "fields @message",
            "scheduleExpression": "cron(0 1 * * ? *)" });
        self.logs(region, "CreateScheduledQuery", body).await?;
        self.note(logs::SCHEDULED_QUERY, region, name, vec![role]);
        Ok(())
    }

    async fn anomaly_detector(&mut self, region: &'static str) -> Result<(), String> {
        let group = self.log_group(region, Side::Theirs).await?;
        let body = json!({ "logGroupArnList": [self.arn(group)] });
        let made = self.logs(region, "CreateLogAnomalyDetector", body).await?;
        let arn = made["anomalyDetectorArn"].as_str().unwrap_or_default();
        let id = arn.rsplit(':').next().unwrap_or_default().to_owned();
        self.note(logs::ANOMALY_DETECTOR, region, id, Vec::new());
        Ok(())
    }

    async fn cache_rule(&mut self, region: &'static str) -> Result<(), String> {
        let role = self.some_role(Side::Theirs).await?;
        let prefix = self.plain_name("cache");
        let body = json!({ "ecrRepositoryPrefix": prefix, "customRoleArn": self.arn(role),
            "upstreamRegistryUrl": "111122223333.dkr.ecr.us-east-1.amazonaws.com" });
        self.hand.json("ecr", region, "CreatePullThroughCacheRule", body).await?;
        self.note(ecr::PULL_THROUGH_CACHE_RULE, region, prefix, vec![role]);
        Ok(())
    }

    async fn creation_template(&mut self, region: &'static str) -> Result<(), String> {
        let role = self.some_role(Side::Theirs).await?;
        let prefix = self.plain_name("made");
        let body = json!({ "prefix": prefix, "appliedFor": ["PULL_THROUGH_CACHE"],
            "customRoleArn": self.arn(role) });
        self.hand.json("ecr", region, "CreateRepositoryCreationTemplate", body).await?;
        self.note(ecr::REPOSITORY_CREATION_TEMPLATE, region, prefix, vec![role]);
        Ok(())
    }
}
