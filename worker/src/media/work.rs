//! What the engine can be asked for, as plain data, so that it can be done in another process.

use serde::{Deserialize, Serialize};

use super::{Error, Input, Outcome, Plan, Probe, Sink, probe, transcode};
use crate::jail;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Work {
    Probe,
    Transcode(Plan),
}

/// What came of the work of the same name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Done {
    Probe(Probe),
    Transcode(Outcome),
}

/// Does it here and now.
pub fn perform(work: &Work, input: Box<dyn Input>, sink: &mut dyn Sink) -> Result<Done, Error> {
    match work {
        Work::Probe => probe(input).map(Done::Probe),
        Work::Transcode(plan) => transcode(input, plan, sink).map(Done::Transcode),
    }
}

impl jail::Work for Work {
    type Done = Done;

    fn perform(&self, input: Box<dyn Input>, sink: &mut dyn Sink) -> Result<Done, Error> {
        perform(self, input, sink)
    }
}
