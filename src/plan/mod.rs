//! From decisions to steps in order.

mod step;

pub use step::{Step, StepId};
