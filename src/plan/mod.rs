//! From decisions to steps in order.

mod build;
mod file;
mod rows;
mod step;

pub use build::{Plan, plan};
pub use file::{PlanFile, PlanFileError, VERSION as PLAN_FILE_VERSION};
pub use rows::{Named, Row};
pub use step::{Step, StepId};

#[cfg(test)]
mod properties;
