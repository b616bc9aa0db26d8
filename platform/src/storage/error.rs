use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use std::error::Error as StdError;

type Source = Box<dyn StdError + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no such object")]
    NotFound,
    /// It never was, was completed, or was aborted.
    #[error("no such multipart upload")]
    NoSuchUpload,
    /// The network, a timeout, a 5xx, "slow down": the same request may go well later.
    #[error("S3 can't be reached")]
    Unavailable(#[source] Source),
    /// S3 will not have it; asking again won't help.
    #[error("S3 refused: {code}")]
    Rejected { code: String, source: Source },
}

impl Error {
    pub(super) fn rejected(code: &str, source: impl Into<Source>) -> Self {
        Error::Rejected { code: code.to_owned(), source: source.into() }
    }

    /// What a response without a sound error of its own means, by its code and status.
    fn of(code: &str, status: u16, source: Source) -> Self {
        match code {
            "NoSuchUpload" => Error::NoSuchUpload,
            "NoSuchKey" => Error::NotFound,
            // The operator's business, and it may be made yet; an object's absence it is not.
            "NoSuchBucket" | "SlowDown" | "RequestTimeout" | "OperationAborted" | "ServiceUnavailable" => {
                Error::Unavailable(source)
            }
            _ if status >= 500 || status == 429 => Error::Unavailable(source),
            _ if status == 404 => Error::NotFound,
            "" => Error::Rejected { code: status.to_string(), source },
            code => Error::Rejected { code: code.to_owned(), source },
        }
    }
}

impl<E> From<SdkError<E, HttpResponse>> for Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        match &error {
            SdkError::ServiceError(answer) => {
                let code = answer.err().code().unwrap_or_default().to_owned();
                let status = answer.raw().status().as_u16();
                Error::of(&code, status, error.into())
            }
            SdkError::ConstructionFailure(_) => Error::rejected("ConstructionFailure", error),
            _ => Error::Unavailable(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_go_well_later_is_unavailable() {
        for (code, status) in [("SlowDown", 503), ("", 500), ("NoSuchBucket", 404), ("", 429)] {
            assert!(matches!(Error::of(code, status, "x".into()), Error::Unavailable(_)), "{code} {status}");
        }
        assert!(matches!(Error::of("AccessDenied", 403, "x".into()), Error::Rejected { .. }));
        assert!(matches!(Error::of("", 404, "x".into()), Error::NotFound));
        assert!(matches!(Error::of("NoSuchUpload", 404, "x".into()), Error::NoSuchUpload));
    }
}
