//! The web server's process: configuration in, exit code out.

use anyhow::Context;
use platform::{Config, shutdown, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::from_env().context("The configuration has errors")?;
    telemetry::init(&config);
    server::run(config, shutdown::token()?).await
}
