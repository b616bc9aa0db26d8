//! How much work there is, as gauges: read from PostgreSQL when somebody looks at them.

use crate::db::queue::{ages, counts};
use crate::{Platform, Result};
use domain::task::{CLASSES, Kind, class_name};
use std::time::Duration;

const STATES: [&str; 4] = ["open", "later", "running", "dead"];
/// Who scrapes has little patience.
const PATIENCE: Duration = Duration::from_secs(2);

/// Sets `kinora_tasks{kind,state}` and `kinora_oldest_task_seconds{class}` to what they are now; to NaN if PostgreSQL
/// doesn't say.
pub async fn measure(platform: &Platform) {
    match tokio::time::timeout(PATIENCE, read(platform)).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => tracing::debug!(%error, "can't count the tasks"),
        Err(_) => tracing::debug!("can't count the tasks in time"),
    }
    // A number of a minute ago would look like one of now.
    for kind in Kind::ALL {
        STATES.into_iter().for_each(|state| tasks(kind, state, f64::NAN));
    }
    CLASSES.into_iter().for_each(|class| oldest(class, f64::NAN));
}

async fn read(platform: &Platform) -> Result<()> {
    let (counts, ages) = (counts(&platform.db).await?, ages(&platform.db).await?);
    for kind in Kind::ALL {
        for state in STATES {
            let found = counts.iter().find(|count| count.kind == kind.as_str() && count.state == state);
            tasks(kind, state, found.map_or(0.0, |found| found.count as f64));
        }
    }
    for class in CLASSES {
        let age = ages.iter().find(|(of, _)| *of == class).map_or(0.0, |(_, age)| *age);
        oldest(class, age);
    }
    Ok(())
}

fn tasks(kind: Kind, state: &'static str, count: f64) {
    metrics::gauge!("kinora_tasks", "kind" => kind.as_str(), "state" => state).set(count);
}

fn oldest(class: i32, seconds: f64) {
    metrics::gauge!("kinora_oldest_task_seconds", "class" => class_name(class)).set(seconds);
}
