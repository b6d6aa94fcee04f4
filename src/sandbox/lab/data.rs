//! The data buckets of section 1.3, and the API's images.

use super::maker::Maker;
use super::{BoxError, CLUSTERS, Fate, HOME, PREFIX};
use crate::sandbox::ACCOUNT_ID;

pub const REPOSITORY: &str = "mlops/retail-api";

pub fn bucket() -> String {
    format!("{PREFIX}-{ACCOUNT_ID}")
}

/// Gives the URI of the API's repository.
pub async fn build(maker: &mut Maker<'_>) -> Result<String, BoxError> {
    for (name, region) in [(bucket(), HOME), (format!("{}-apse1", bucket()), CLUSTERS)] {
        maker.bucket(Fate::MustGo, region, &name, None).await?;
        maker.tag_bucket(region, &name, "Project", "MLOps-Retail-Prediction").await?;
        for key in ["gold/sales.parquet", "gold/stores.parquet", "artifacts/model.tar.gz"] {
            maker.object(region, &name, key, "0123456789").await?;
        }
    }
    let images: &[&[&str]] = &[&["dev"], &["staging"], &["v1", "latest"], &[], &[]];
    maker.repository(Fate::MustGo, CLUSTERS, REPOSITORY, images).await
}
