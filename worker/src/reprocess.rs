//! What operators ask for by hand: films made anew.

use domain::id::VideoId;
use platform::{Error, Platform, builds};
use std::io::{self, Write};

/// Has these films made anew, or all of which something was given up, and says of each what came of it. False if one of
/// them can't be.
pub async fn reprocess(platform: &Platform, mut videos: Vec<VideoId>, given_up: bool) -> anyhow::Result<bool> {
    if given_up {
        videos.extend(builds::given_up(platform).await?);
    }
    let mut all = true;
    for video in videos {
        let said = match builds::reprocess(platform, &video).await {
            Ok(()) => "is made anew".to_owned(),
            Err(error @ (Error::NotFound | Error::Conflict { .. })) => {
                all = false;
                error.to_string()
            }
            Err(error) => return Err(error.into()),
        };
        writeln!(io::stdout(), "{video}: {said}")?;
    }
    Ok(all)
}
