//! Mails. What makes one needed queues it in its own transaction; a loop of the server sends it, sooner or later.
//!
//! A link that opens something is made when its mail is sent, and nothing but its hash is ever written down. Until then nobody
//! knows whether an address is somebody's, so that whoever asks can't tell it by the answer or its time.

mod folder;
mod letter;
mod outlet;

pub use folder::{Mail, read_folder};
pub use outlet::Outlet;

use crate::db::email_tokens::Kind as Opens;
use crate::db::mails::Waiting;
use crate::db::{self, rate_limits};
use crate::{Platform, Result, accounts};
use domain::id::UserId;
use letter::Letter;
use outlet::Failure;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgExecutor};

/// What a link's secret begins with, so that scanners for leaked secrets know it.
pub(crate) const TOKEN_PREFIX: &str = "kim_";
/// Seconds that a link to confirm an address works.
const CONFIRMS: f64 = 24.0 * 3600.0;
/// Seconds that a link to a new password works.
const RESETS: f64 = 30.0 * 60.0;
/// Mails of a kind that one address gets in a window, however many ask for it.
const MAX_TO_ADDRESS: i32 = 10;
/// Seconds after which another process takes a mail over: more than a server's patience.
const LEASE: f64 = 120.0;
/// Seconds until a mail is tried again, at first and at most.
const FIRST_PAUSE: f64 = 5.0;
const LONGEST_PAUSE: f64 = 1800.0;
/// After this time nobody waits for it any more.
const GIVEN_UP_AFTER_SECONDS: i64 = 2 * 24 * 3600;

/// What a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A new account's address is to be confirmed.
    Verify,
    /// Somebody has forgotten the password of the account that is named.
    Reset,
    /// An account is to have another address: the old one is asked, and the new one.
    ChangeOld,
    ChangeNew,
    PasswordChanged,
    /// What it takes to sign in, besides the password.
    FactorsChanged,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Verify, Self::Reset, Self::ChangeOld, Self::ChangeNew, Self::PasswordChanged, Self::FactorsChanged];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
            Self::ChangeOld => "change_old",
            Self::ChangeNew => "change_new",
            Self::PasswordChanged => "password_changed",
            Self::FactorsChanged => "factors_changed",
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no kind of mail: {0}")]
pub struct UnknownKind(String);

impl std::str::FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// To be sent once the transaction is committed. Nothing where no mail can leave.
pub(crate) async fn queue(
    platform: &Platform,
    db: impl PgExecutor<'_>,
    kind: Kind,
    user: Option<&UserId>,
    about: &str,
) -> sqlx::Result<()> {
    if platform.mail.is_none() {
        return Ok(());
    }
    db::mails::insert(db, kind, user, about).await
}

/// Sends what is due. Ends early where the mail server can't be reached: it won't be for the next one.
pub async fn send_due(platform: &Platform) -> Result<u64> {
    let Some(outlet) = &platform.mail else { return Ok(0) };
    let mut sent = 0;
    while let Some(waiting) = db::mails::claim(&platform.db, LEASE).await? {
        let Waiting { id, kind, attempts, .. } = waiting;
        let count = |outcome| {
            metrics::counter!("kinora_mails_total", "kind" => kind.as_str(), "outcome" => outcome).increment(1);
        };
        let Some(letter) = letter_for(platform, &waiting).await? else {
            count("needless");
            db::mails::delete(&platform.db, id).await?;
            continue;
        };
        match outlet.send(&letter).await {
            Ok(()) => {
                db::mails::delete(&platform.db, id).await?;
                tracing::info!(mail = id, kind = kind.as_str(), "a mail was sent");
                count("sent");
                sent += 1;
            }
            Err(Failure::Refused(why)) => {
                db::mails::delete(&platform.db, id).await?;
                tracing::warn!(mail = id, kind = kind.as_str(), why, "a mail was refused for good");
                count("refused");
            }
            Err(Failure::Passing(why)) if waiting.age_seconds > GIVEN_UP_AFTER_SECONDS => {
                db::mails::delete(&platform.db, id).await?;
                tracing::error!(mail = id, kind = kind.as_str(), why, "a mail couldn't be sent for two days");
                count("given_up");
            }
            Err(Failure::Passing(why)) => {
                let retry_in_s = (FIRST_PAUSE * 3_f64.powi(attempts - 1)).min(LONGEST_PAUSE);
                db::mails::put_off(&platform.db, id, retry_in_s).await?;
                tracing::warn!(mail = id, kind = kind.as_str(), why, retry_in_s, "a mail couldn't be sent yet");
                count("put_off");
                return Ok(sent);
            }
        }
    }
    Ok(sent)
}

/// What it says, and to whom; with a link that works from now on. None if there is nothing to say (any more).
async fn letter_for(platform: &Platform, waiting: &Waiting) -> Result<Option<Letter>> {
    let mut tx = platform.db.begin().await?;
    let letter = compose(platform, &mut tx, waiting).await?;
    let Some(letter) = letter else { return Ok(None) };
    let key = format!("mail:{}:{}", waiting.kind.as_str(), letter.to.to_lowercase());
    let (count, _) = rate_limits::hit(&mut *tx, &key).await?;
    if count > MAX_TO_ADDRESS && waiting.attempts == 1 {
        tracing::warn!(
            mail = waiting.id,
            kind = waiting.kind.as_str(),
            "an address got too many mails: this one isn't sent"
        );
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(letter))
}

async fn compose(platform: &Platform, tx: &mut PgConnection, waiting: &Waiting) -> Result<Option<Letter>> {
    let site = &platform.config.public_url;
    if waiting.kind == Kind::Reset {
        let found = db::users::by_login(&mut *tx, &waiting.about).await?;
        let Some((user, _)) = found.filter(|(user, _)| user.email_verified) else { return Ok(None) };
        let token = token(tx, &user.id, Opens::Reset, &user.email, RESETS).await?;
        return Ok(Some(letter::reset(site, &user, &token)));
    }
    let Some(id) = &waiting.user else { return Ok(None) };
    let Some(user) = db::users::get(&mut *tx, id).await? else { return Ok(None) };
    let about = &waiting.about;
    let letter = match waiting.kind {
        Kind::Verify if user.email_verified || !user.email.eq_ignore_ascii_case(about) => return Ok(None),
        Kind::Verify | Kind::ChangeNew => match db::users::by_verified_email(&mut *tx, about).await? {
            Some(owner) => letter::taken(site, &owner, &user),
            None if waiting.kind == Kind::Verify => {
                letter::verify(site, &user, &token(tx, id, Opens::Verify, about, CONFIRMS).await?)
            }
            None => letter::change_new(site, &user, about, &token(tx, id, Opens::ChangeNew, about, CONFIRMS).await?),
        },
        // Nobody answers at an address that nobody has confirmed.
        Kind::ChangeOld | Kind::PasswordChanged | Kind::FactorsChanged if !user.email_verified => return Ok(None),
        Kind::ChangeOld => {
            letter::change_old(site, &user, about, &token(tx, id, Opens::ChangeOld, about, CONFIRMS).await?)
        }
        Kind::PasswordChanged => letter::password_changed(site, &user),
        Kind::FactorsChanged => letter::factors_changed(site, &user),
        Kind::Reset => return Ok(None),
    };
    Ok(Some(letter))
}

async fn token(tx: &mut PgConnection, user: &UserId, opens: Opens, email: &str, seconds: f64) -> sqlx::Result<String> {
    let token = format!("{TOKEN_PREFIX}{}", accounts::hex(&rand::random::<[u8; 20]>()));
    db::email_tokens::put(tx, &Sha256::digest(&token), user, opens, email, seconds).await?;
    Ok(token)
}
