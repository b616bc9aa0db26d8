//! Second factors: codes of an app (RFC 6238), and recovery codes for when it isn't at hand. Whoever has an app or a passkey
//! gets nowhere by a password alone.

mod qr;

use crate::access::allow_own;
use crate::accounts::{self, User};
use crate::audit::{self, Line};
use crate::db::{self, rate_limits};
use crate::mail::{self, Kind as Mail};
use crate::proof::Proven;
use crate::{Error, Platform, Result};
use domain::access::Action;
use domain::actor::Actor;
use domain::audit::Event;
use domain::factors::{Factor, Factors, RECOVERY_CODES, Setup, Typed, base32, in_groups};
use domain::id::UserId;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use std::net::IpAddr;
use totp_rs::{Builder, Totp};

/// Wrong codes a window by account. Only who knows the password is asked for one, so no stranger locks anybody out.
const MAX_WRONG: i32 = 10;
/// Of an app's secret: 160 bits, as RFC 4226 (4) recommends.
const SECRET_BYTES: usize = 20;
/// Of a recovery code: 24 characters of base 32, more than can be guessed from its hash.
const RECOVERY_BYTES: usize = 15;
/// Seconds that a code is good for; those before and after it, too.
const STEP: u64 = 30;

/// What whoever asks has set up.
pub async fn of(platform: &Platform, actor: &Actor) -> Result<Factors> {
    let user = allow_own(actor, Action::Inspect)?;
    let (totp, left) = db::factors::state(&platform.db, &user).await?;
    let passkeys = db::passkeys::of(&platform.db, &user).await?;
    Ok(Factors { totp, recovery_codes_left: left.try_into().unwrap_or(0), passkeys })
}

/// Whether `user` gets nowhere by a password alone.
pub async fn any(platform: &Platform, user: &UserId) -> Result<bool> {
    Ok(db::factors::any(&platform.db, user).await?)
}

/// Whether apps can be set up here: their secrets are stored sealed or not at all.
pub fn are_available(platform: &Platform) -> bool {
    !platform.config.secret_keys.is_empty()
}

/// A secret for an app. It counts once a code that was made of it was right.
pub async fn begin(platform: &Platform, actor: &Actor, proven: &Proven) -> Result<Setup> {
    let user = proven.own(actor)?;
    let person = db::users::get(&platform.db, &user).await?.ok_or(Error::NotFound)?;
    let secret: [u8; SECRET_BYTES] = rand::random();
    let sealed = platform.config.secret_keys.seal(&about(&user), &secret).ok_or_else(|| {
        let message =
            "Codes can't be set up on this site: it has no key to keep their secrets with. Ask whoever runs it.";
        Error::Conflict { code: "no_secret_key", message: message.to_owned(), details: None }
    })?;
    if !db::factors::begin(&platform.db, &user, &sealed).await? {
        let message = "Codes are switched on already. Switch them off to use another app.".to_owned();
        return Err(Error::Conflict { code: "totp_on", message, details: None });
    }
    let secret = base32(&secret);
    let uri = uri(platform, &person, &secret);
    let qr = qr::draw(&uri)?;
    Ok(Setup { secret: in_groups(&secret, 4, ' '), uri, qr })
}

/// As apps read it (the key URI format of Google Authenticator, which all others took over).
fn uri(platform: &Platform, person: &User, secret: &str) -> String {
    let host = platform.config.public_url.host_str().unwrap_or("Kinora");
    let issuer = if host == "localhost" { "Kinora" } else { host };
    let text =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    format!(
        "otpauth://totp/{issuer}:{}?secret={secret}&issuer={}&algorithm=SHA1&digits=6&period={STEP}",
        text(&person.username),
        text(issuer)
    )
}

/// Switches codes on with the first right one. Every other session ends, and scripts that signed in have to do so again.
/// Recovery codes for whoever has none yet: the only time that they are told.
pub async fn confirm(
    platform: &Platform,
    actor: &Actor,
    code: &str,
    keep: Option<&str>,
    ip: Option<IpAddr>,
) -> Result<Option<Vec<String>>> {
    let user = allow_own(actor, Action::Edit)?;
    let key = attempt(platform, &user).await?;
    let mut tx = platform.db.begin().await?;
    let begun = db::factors::lock(&mut tx, &user).await?.filter(|totp| !totp.confirmed);
    let totp = begun.ok_or_else(|| {
        let message = "Nothing is being set up. Begin again.".to_owned();
        Error::Conflict { code: "totp_not_begun", message, details: None }
    })?;
    let typed = match Typed::parse(code) {
        Typed::Totp(code) => code,
        _ => return Err(wrong_code("code")),
    };
    if !is_right(platform, &mut tx, &user, &totp, &typed).await? {
        return Err(wrong_code("code"));
    }
    let codes = added(platform, &mut tx, &user, keep).await?;
    audit::write(&mut *tx, Event::FactorEnabled, accounts::from(&user, ip)).await?;
    tx.commit().await?;
    rate_limits::clear(&platform.db, &key).await?;
    tracing::info!(%user, "switched codes on");
    Ok(codes)
}

/// Switches codes off.
pub async fn disable(
    platform: &Platform,
    actor: &Actor,
    proven: &Proven,
    keep: Option<&str>,
    ip: Option<IpAddr>,
) -> Result<()> {
    let user = proven.own(actor)?;
    let mut tx = platform.db.begin().await?;
    if !db::factors::delete(&mut *tx, &user).await? {
        return Err(Error::NotFound);
    }
    removed(platform, &mut tx, &user, keep).await?;
    audit::write(&mut *tx, Event::FactorDisabled, accounts::from(&user, ip)).await?;
    tx.commit().await?;
    tracing::info!(%user, "switched codes off");
    Ok(())
}

/// New recovery codes; those from before open nothing any more.
pub async fn renew_recovery(
    platform: &Platform,
    actor: &Actor,
    proven: &Proven,
    ip: Option<IpAddr>,
) -> Result<Vec<String>> {
    let user = proven.own(actor)?;
    let mut tx = platform.db.begin().await?;
    db::users::lock(&mut tx, &user).await?.ok_or(Error::NotFound)?;
    if !db::factors::any(&mut *tx, &user).await? {
        let message = "Set up an app or a passkey first.".to_owned();
        return Err(Error::Conflict { code: "no_factor", message, details: None });
    }
    let codes = make_recovery(&mut tx, &user).await?;
    audit::write(&mut *tx, Event::RecoveryMade, accounts::from(&user, ip)).await?;
    tx.commit().await?;
    Ok(codes)
}

/// By what `typed` shows that it's this person; None if by nothing. A code is right once. Wrong ones are counted.
pub(crate) async fn check(
    platform: &Platform,
    user: &UserId,
    typed: &str,
    ip: Option<IpAddr>,
) -> Result<Option<Factor>> {
    let key = attempt(platform, user).await?;
    let mut tx = platform.db.begin().await?;
    let factor = match Typed::parse(typed) {
        Typed::Totp(code) => match db::factors::lock(&mut tx, user).await?.filter(|totp| totp.confirmed) {
            Some(totp) => is_right(platform, &mut tx, user, &totp, &code).await?.then_some(Factor::Totp),
            None => None,
        },
        Typed::Recovery(code) => {
            let used = db::factors::use_recovery(&mut *tx, user, &Sha256::digest(&code)).await?;
            if used {
                audit::write(&mut *tx, Event::RecoveryUsed, accounts::from(user, ip)).await?;
            }
            used.then_some(Factor::Recovery)
        }
        Typed::Neither => None,
    };
    tx.commit().await?;
    if factor.is_some() {
        rate_limits::clear(&platform.db, &key).await?;
    }
    Ok(factor)
}

/// Counted before anything is looked at, so that guesses sent at once count, too.
async fn attempt(platform: &Platform, user: &UserId) -> Result<String> {
    let key = format!("factor:{user}");
    accounts::attempt(platform, &key, MAX_WRONG).await?;
    Ok(key)
}

pub(crate) fn wrong_code(field: &'static str) -> Error {
    Error::invalid(field, "wrong_code", "That code isn't right, or not any more. Take the one that is shown now.")
}

/// Whether `code` is right now, and wasn't used before. From then on it is used; and what was sealed with an old key is sealed
/// with the present one.
async fn is_right(
    platform: &Platform,
    tx: &mut PgConnection,
    user: &UserId,
    totp: &db::factors::Totp,
    code: &str,
) -> Result<bool> {
    let (keys, about) = (&platform.config.secret_keys, about(user));
    let opened = keys.open(&about, &totp.sealed).map_err(Error::internal)?;
    let now = time::OffsetDateTime::now_utc().unix_timestamp().unsigned_abs();
    let step = generator(&opened.bytes)?.check(code, now).and_then(|step| i64::try_from(step).ok());
    let Some(step) = step.filter(|step| *step > totp.last_step) else { return Ok(false) };
    let anew = if opened.is_old { keys.seal(&about, &opened.bytes) } else { None };
    db::factors::used(tx, user, step, anew.as_deref().unwrap_or(&totp.sealed)).await?;
    Ok(true)
}

fn generator(secret: &[u8]) -> Result<Totp> {
    let secret = <[u8; SECRET_BYTES]>::try_from(secret).map_err(Error::internal)?;
    Builder::new()
        .with_secret(secret)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(STEP)
        .build()
        .map_err(|error| Error::internal(error.to_string()))
}

/// What a secret is sealed for.
fn about(user: &UserId) -> String {
    format!("totp:{user}")
}

/// What follows when somebody has a factor more: of the first one, sessions that began without it end, and recovery codes are
/// made.
pub(crate) async fn added(
    platform: &Platform,
    tx: &mut PgConnection,
    user: &UserId,
    keep: Option<&str>,
) -> Result<Option<Vec<String>>> {
    mail::queue(platform, &mut *tx, Mail::FactorsChanged, Some(user), "").await?;
    end_others(tx, user, keep).await?;
    let (_, left) = db::factors::state(&mut *tx, user).await?;
    if left > 0 { Ok(None) } else { Ok(Some(make_recovery(tx, user).await?)) }
}

/// What follows when somebody has a factor less.
pub(crate) async fn removed(
    platform: &Platform,
    tx: &mut PgConnection,
    user: &UserId,
    keep: Option<&str>,
) -> Result<()> {
    mail::queue(platform, &mut *tx, Mail::FactorsChanged, Some(user), "").await?;
    end_others(tx, user, keep).await?;
    if !db::factors::any(&mut *tx, user).await? {
        db::factors::delete_recovery(&mut *tx, user).await?;
    }
    Ok(())
}

async fn end_others(tx: &mut PgConnection, user: &UserId, keep: Option<&str>) -> Result<()> {
    db::sessions::end_others(&mut *tx, user, keep).await?;
    db::tokens::delete_signed_in(&mut *tx, user).await?;
    Ok(())
}

async fn make_recovery(tx: &mut PgConnection, user: &UserId) -> Result<Vec<String>> {
    let codes: Vec<String> =
        (0..RECOVERY_CODES).map(|_| base32(&rand::random::<[u8; RECOVERY_BYTES]>()).to_lowercase()).collect();
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| Sha256::digest(code).to_vec()).collect();
    db::factors::put_recovery(tx, user, &hashes).await?;
    Ok(codes.iter().map(|code| in_groups(code, 6, '-')).collect())
}

/// What the log says of a sign-in.
pub(crate) fn line(user: &UserId, ip: Option<IpAddr>, factor: Option<Factor>) -> Line<'_> {
    let details = factor.map(|factor| serde_json::json!({ "factor": factor }));
    Line { details, ..accounts::from(user, ip) }
}
