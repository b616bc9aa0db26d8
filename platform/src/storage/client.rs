use crate::config::S3Config;
use aws_credential_types::Credentials;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Region, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use std::time::Duration;
use url::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// What a line must carry for a large object not to time out, bytes a second.
const SLOWEST_PUT: u64 = 256 * 1024;

pub(super) fn new(s3: &S3Config, endpoint: Option<&Url>) -> aws_sdk_s3::Client {
    let credentials = Credentials::new(
        s3.access_key.reveal().clone(),
        s3.secret_key.reveal().clone(),
        None,
        None,
        "KINORA_S3_ACCESS_KEY",
    );
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut config = Builder::new()
        .http_client(http)
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(s3.region.clone()))
        .credentials_provider(credentials)
        .force_path_style(s3.path_style)
        // The SDK's own CRC32 would be signed into URLs, and browsers don't send it.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts(ATTEMPT_TIMEOUT));
    if let Some(endpoint) = endpoint {
        config = config.endpoint_url(endpoint.as_str().trim_end_matches('/'));
    }
    aws_sdk_s3::Client::from_conf(config.build())
}

/// For a request that carries `len` bytes, or that S3 thinks about for long.
pub(super) fn patient(least: Duration) -> Builder {
    Builder::new().timeout_config(timeouts(least.max(ATTEMPT_TIMEOUT)))
}

pub(super) fn carrying(len: usize) -> Builder {
    patient(Duration::from_secs(len as u64 / SLOWEST_PUT))
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(attempt).build()
}
