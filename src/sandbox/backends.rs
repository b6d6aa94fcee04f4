//! winterbaume's services, and their state as JSON.

use serde_json::Value;
use winterbaume_core::{MockRequest, MockResponse, MockService, StatefulService};

use super::ACCOUNT_ID;
use super::answer;
use super::route::{Route, Service};

/// One winterbaume service each.
pub struct Backends {
    cloudtrail: winterbaume_cloudtrail::CloudTrailService,
    ecr: winterbaume_ecr::EcrService,
    eks: winterbaume_eks::EksService,
    iam: winterbaume_iam::IamService,
    kms: winterbaume_kms::KmsService,
    logs: winterbaume_cloudwatchlogs::CloudWatchLogsService,
    s3: winterbaume_s3::S3Service,
    sagemaker: winterbaume_sagemaker::SageMakerService,
    sts: winterbaume_sts::StsService,
    account: winterbaume_account::AccountService,
}

impl Default for Backends {
    fn default() -> Self {
        winterbaume_core::set_default_account_id(ACCOUNT_ID);
        Self {
            cloudtrail: winterbaume_cloudtrail::CloudTrailService::new(),
            ecr: winterbaume_ecr::EcrService::new(),
            eks: winterbaume_eks::EksService::new(),
            iam: winterbaume_iam::IamService::new(),
            kms: winterbaume_kms::KmsService::new(),
            logs: winterbaume_cloudwatchlogs::CloudWatchLogsService::new(),
            s3: winterbaume_s3::S3Service::new(),
            sagemaker: winterbaume_sagemaker::SageMakerService::new(),
            sts: winterbaume_sts::StsService::new(),
            account: winterbaume_account::AccountService::new(),
        }
    }
}

/// Where a service keeps what has no region.
pub fn home_region(service: Service, region: &str) -> &str {
    if service == Service::Iam { "us-east-1" } else { region }
}

impl Backends {
    /// Hands a request on, with the host that winterbaume expects.
    pub async fn handle(&self, mut request: MockRequest, route: &Route) -> MockResponse {
        let tail = match request.uri.split_once("://") {
            Some((_, rest)) => rest.find(['/', '?']).map_or("", |at| rest.split_at(at).1),
            None => request.uri.as_str(),
        };
        let slash = if tail.starts_with('/') { "" } else { "/" };
        let host = route.service.host(&route.region);
        request.uri = match (&route.bucket, route.in_host) {
            (Some(bucket), true) => format!("https://{host}/{bucket}{slash}{tail}"),
            _ => format!("https://{host}{slash}{tail}"),
        };
        match route.service {
            Service::Account => self.account.handle(request).await,
            Service::CloudTrail => self.cloudtrail.handle(request).await,
            Service::Ecr => self.ecr.handle(request).await,
            Service::Eks => self.eks.handle(request).await,
            Service::Iam => self.iam.handle(request).await,
            Service::Kms => self.kms.handle(request).await,
            Service::Logs => self.logs.handle(request).await,
            Service::S3 => self.s3.handle(request).await,
            Service::SageMaker => self.sagemaker.handle(request).await,
            Service::Sts => self.sts.handle(request).await,
            // All that is answered of these is in `rules`.
            Service::Organizations | Service::Tagging => {
                unknown_operation(route.service, &route.operation)
            }
        }
    }

    /// A service's state in a region. Null for what keeps none.
    pub async fn state(&self, service: Service, region: &str) -> Value {
        let region = home_region(service, region);
        macro_rules! read {
            ($service:expr) => {
                serde_json::to_value($service.snapshot(ACCOUNT_ID, region).await)
            };
        }
        let state = match service {
            Service::CloudTrail => read!(self.cloudtrail),
            Service::Ecr => read!(self.ecr),
            Service::Eks => read!(self.eks),
            Service::Iam => read!(self.iam),
            Service::Kms => read!(self.kms),
            Service::Logs => read!(self.logs),
            Service::S3 => read!(self.s3),
            Service::SageMaker => read!(self.sagemaker),
            Service::Account | Service::Organizations | Service::Sts | Service::Tagging => {
                Ok(Value::Null)
            }
        };
        state.unwrap_or(Value::Null)
    }

    /// Puts a service's state in a region in place of what is there. A state that does not fit
    /// is left aside.
    pub async fn set_state(&self, service: Service, region: &str, state: Value) {
        let region = home_region(service, region);
        macro_rules! write {
            ($service:expr) => {
                if let Ok(view) = serde_json::from_value(state) {
                    let _ = $service.restore(ACCOUNT_ID, region, view).await;
                }
            };
        }
        match service {
            Service::CloudTrail => write!(self.cloudtrail),
            Service::Ecr => write!(self.ecr),
            Service::Eks => write!(self.eks),
            Service::Iam => write!(self.iam),
            Service::Kms => write!(self.kms),
            Service::Logs => write!(self.logs),
            Service::S3 => write!(self.s3),
            Service::SageMaker => write!(self.sagemaker),
            Service::Account | Service::Organizations | Service::Sts | Service::Tagging => {}
        }
    }
}

/// The answer for an operation that the service does not know.
pub fn unknown_operation(service: Service, operation: &str) -> MockResponse {
    let (status, code) = match service {
        Service::Iam | Service::Sts => (400, "InvalidAction"),
        Service::S3 => (501, "NotImplemented"),
        Service::Eks | Service::Account => (404, "UnknownOperationException"),
        _ => (400, "UnknownOperationException"),
    };
    answer::error(service, status, code, &format!("Could not find operation {operation}."))
}
