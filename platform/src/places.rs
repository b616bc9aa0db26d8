//! From where somebody signs in. Wrong passwords are counted by name, so that nobody can go on guessing; but a stranger who
//! guesses must not lock the person out. So a browser that has signed in before has a count of its own (OWASP calls its mark
//! a device cookie), and so has a network.

use crate::db::{self, rate_limits};
use crate::{Error, Platform, Result, accounts};
use domain::id::UserId;
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// Wrong attempts a window by name, and by name and known place.
const MAX_BY_LOGIN: i32 = 10;
/// What a mark begins with.
const MARK_PREFIX: &str = "kid_";

#[derive(Debug, Clone, Default)]
pub struct Place {
    pub ip: Option<IpAddr>,
    /// What the browser was given when somebody signed in there.
    pub mark: Option<String>,
}

impl From<Option<IpAddr>> for Place {
    fn from(ip: Option<IpAddr>) -> Self {
        Self { ip, mark: None }
    }
}

impl Place {
    fn mark(&self) -> Option<Vec<u8>> {
        let mark = self.mark.as_deref().filter(|mark| mark.starts_with(MARK_PREFIX))?;
        Some(hash("mark", mark))
    }

    fn network(&self) -> Option<Vec<u8>> {
        self.ip.map(|ip| hash("network", &accounts::network(ip)))
    }
}

fn hash(kind: &str, what: &str) -> Vec<u8> {
    Sha256::digest(format!("{kind}:{what}")).to_vec()
}

/// What was counted, to be taken back if it was no guess.
pub(crate) struct Counted {
    key: String,
    by_address: bool,
}

/// Counts an attempt to sign in. Before the password is looked at, so that guesses sent at once count, too.
pub(crate) async fn count(platform: &Platform, login: &str, place: &Place) -> Result<Counted> {
    let login = login.to_lowercase();
    let (mark, network) = (place.mark(), place.network());
    let asked: Vec<_> = mark.iter().chain(&network).cloned().collect();
    let known = db::known_places::known(&platform.db, &login, &asked).await?;
    let is_known = |place: Option<Vec<u8>>| place.filter(|place| known.contains(place));
    // Who has a mark need not answer for the neighbours.
    let (known, by_address) = match is_known(mark) {
        Some(mark) => (Some(mark), false),
        None => (is_known(network), true),
    };
    let key = match known {
        Some(place) => format!("place:{}:{login}", accounts::hex(&place[..16])),
        None => format!("login:{login}"),
    };
    accounts::attempt(platform, &key, MAX_BY_LOGIN).await?;
    if by_address {
        accounts::attempt_from(platform, place.ip).await?;
    }
    Ok(Counted { key, by_address })
}

/// It was right: the network is known from now on.
pub(crate) async fn right(platform: &Platform, user: &UserId, place: &Place, counted: Counted) -> Result<()> {
    rate_limits::clear(&platform.db, &counted.key).await?;
    if counted.by_address {
        accounts::take_back_from(platform, place.ip).await?;
    }
    let network: Vec<_> = place.network().into_iter().collect();
    Ok(db::known_places::note(&platform.db, user, &network).await?)
}

/// The mark of the browser in which somebody has signed in just now: the one that it has, or a new one.
pub async fn remember(platform: &Platform, user: &UserId, place: &Place) -> Result<String> {
    // One that we didn't give may have been put there by somebody who knows it.
    let mark = match (place.mark.clone(), place.mark()) {
        (Some(mark), Some(hash)) if db::known_places::is_ours(&platform.db, &hash).await? => mark,
        _ => format!("{MARK_PREFIX}{}", accounts::hex(&rand::random::<[u8; 24]>())),
    };
    db::known_places::note(&platform.db, user, &[hash("mark", &mark)]).await.map_err(Error::from)?;
    Ok(mark)
}
