use crate::error::ApiError;
#[allow(unused_imports, reason = "used by the server's half")]
use crate::server;
use domain::factors::{Factors, Passkey, Setup};
#[allow(unused_imports, reason = "used by the server's half")]
use domain::id::PasskeyId;
use domain::time::UnixMillis;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mine {
    pub factors: Factors,
    /// Whether somebody has proved a short while ago that it's them.
    pub proved: bool,
    /// Whether this site can do codes, and passkeys.
    pub codes_here: bool,
    pub passkeys_here: bool,
    pub now: UnixMillis,
}

/// A passkey that was added, and recovery codes if there were none.
#[derive(Clone, Serialize, Deserialize)]
pub struct Added {
    pub passkey: Passkey,
    pub recovery_codes: Option<Vec<String>>,
}

#[server(input = Json, output = Json)]
pub async fn my_factors() -> Result<Mine, ApiError> {
    use platform::{factors, passkeys, proof};
    let (viewer, platform) = (server::require_user()?, server::platform());
    Ok(Mine {
        factors: factors::of(&platform, &viewer.actor).await?,
        proved: proof::is_fresh(viewer.proved_at),
        codes_here: factors::are_available(&platform),
        passkeys_here: passkeys::are_available(&platform),
        now: server::now(),
    })
}

#[server(input = Json, output = Json)]
pub async fn prove_by_password(password: String) -> Result<(), ApiError> {
    use platform::proof::{Given, prove};
    let viewer = server::require_user()?;
    let proven = prove(&server::platform(), &viewer.actor, Given::Password(&password)).await?;
    server::note_proof(proven).await
}

#[server(input = Json, output = Json)]
pub async fn prove_by_code(code: String) -> Result<(), ApiError> {
    use platform::proof::{Given, prove};
    let viewer = server::require_user()?;
    let proven = prove(&server::platform(), &viewer.actor, Given::Code(&code)).await?;
    server::note_proof(proven).await
}

#[server(input = Json, output = Json)]
pub async fn prove_by_passkey(credential: String) -> Result<(), ApiError> {
    use platform::proof::{Given, prove};
    let viewer = server::require_user()?;
    let mark = server::take_mark().await?;
    let given = Given::Passkey { mark: &mark, credential: &credential };
    server::note_proof(prove(&server::platform(), &viewer.actor, given).await?).await
}

#[server(input = Json, output = Json)]
pub async fn set_up_totp() -> Result<Setup, ApiError> {
    let viewer = server::require_user()?;
    Ok(platform::factors::begin(&server::platform(), &viewer.actor, &server::proven()?).await?)
}

/// Recovery codes, if there were none.
#[server(input = Json, output = Json)]
pub async fn switch_on_totp(code: String) -> Result<Option<Vec<String>>, ApiError> {
    let viewer = server::require_user()?;
    let (here, ip) = (viewer.session.as_deref(), server::client_ip());
    let codes = platform::factors::confirm(&server::platform(), &viewer.actor, &code, here, ip).await?;
    server::renew_session().await?;
    Ok(codes)
}

#[server(input = Json, output = Json)]
pub async fn switch_off_totp() -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    let (here, ip) = (viewer.session.as_deref(), server::client_ip());
    platform::factors::disable(&server::platform(), &viewer.actor, &server::proven()?, here, ip).await?;
    server::renew_session().await
}

#[server(input = Json, output = Json)]
pub async fn renew_recovery() -> Result<Vec<String>, ApiError> {
    let (viewer, ip) = (server::require_user()?, server::client_ip());
    Ok(platform::factors::renew_recovery(&server::platform(), &viewer.actor, &server::proven()?, ip).await?)
}

/// What the browser makes a passkey from, as JSON.
#[server(input = Json, output = Json)]
pub async fn new_passkey() -> Result<String, ApiError> {
    let viewer = server::require_user()?;
    let begun = platform::passkeys::begin_adding(&server::platform(), &viewer.actor, &server::proven()?).await?;
    server::keep_mark(begun.mark).await?;
    Ok(begun.options)
}

#[server(input = Json, output = Json)]
pub async fn add_passkey(name: String, credential: String) -> Result<Added, ApiError> {
    let viewer = server::require_user()?;
    let mark = server::take_mark().await?;
    let made = platform::passkeys::Made { mark: &mark, name: &name, credential: &credential };
    let (here, ip) = (viewer.session.as_deref(), server::client_ip());
    let added = platform::passkeys::finish_adding(&server::platform(), &viewer.actor, made, here, ip).await?;
    server::renew_session().await?;
    Ok(Added { passkey: added.passkey, recovery_codes: added.recovery_codes })
}

#[server(input = Json, output = Json)]
pub async fn remove_passkey(id: PasskeyId) -> Result<(), ApiError> {
    let viewer = server::require_user()?;
    let (here, ip) = (viewer.session.as_deref(), server::client_ip());
    platform::passkeys::remove(&server::platform(), &viewer.actor, &server::proven()?, &id, here, ip).await?;
    server::renew_session().await
}
