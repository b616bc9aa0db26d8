//! Second factors and passkeys. What decides who can sign in asks for a proof: a sign-in of this session a short while ago, or
//! `password` or `code` (of an app, or a recovery code) in the body.

use super::rfc3339;
use crate::address::Path;
use crate::json::{self, Json};
use crate::problem::{Problem, Result};
use crate::viewer::{ClientIp, Whole};
use app::server::Viewer;
use axum::Extension;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use domain::factors::Passkey;
use platform::passkeys::Made;
use platform::proof::{self, Given, Proven};
use platform::{Error, Platform, factors, passkeys};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_sessions::Session;
use utoipa::ToSchema;

/// That it's you. A session in which you signed in within ten minutes needs none.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    #[schema(format = Password)]
    password: Option<String>,
    /// Of an app, or a recovery code.
    code: Option<String>,
}

/// No body proves nothing, which may be enough in a session.
impl<S: Send + Sync> FromRequest<S> for Proof {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let (parts, body) = request.into_parts();
        // How long it may be stands in the extensions.
        let mut limited = Request::new(body);
        *limited.extensions_mut() = parts.extensions.clone();
        let bytes = json::body(limited, state).await?;
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let Json(proof) = Json::from_request(Request::from_parts(parts, bytes.into()), state).await?;
        Ok(proof)
    }
}

impl Proof {
    pub(super) async fn check(&self, platform: &Platform, viewer: &Viewer) -> Result<Proven> {
        let given = match (&self.password, &self.code) {
            (Some(password), _) => Given::Password(password),
            (None, Some(code)) => Given::Code(code),
            (None, None) => return Ok(proof::recent(&viewer.actor, viewer.proved_at)?),
        };
        Ok(proof::prove(platform, &viewer.actor, given).await?)
    }
}

/// Of the session that asks, if it is one.
async fn renewed(viewer: &Viewer, session: &Session) -> Result<()> {
    if viewer.session.is_some() {
        session.cycle_id().await.map_err(Error::internal)?;
    }
    Ok(())
}

/// A passkey of yours.
#[derive(Serialize, ToSchema)]
#[schema(as = Passkey)]
pub struct PasskeyOut {
    id: String,
    name: String,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
}

impl From<Passkey> for PasskeyOut {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id.into(),
            name: passkey.name,
            created_at: rfc3339(passkey.created_at),
            last_used_at: passkey.last_used_at.and_then(rfc3339),
        }
    }
}

/// What you sign in with besides a password.
#[derive(Serialize, ToSchema)]
pub struct Factors {
    /// Whether codes of an app are switched on.
    totp: bool,
    recovery_codes_left: u32,
    passkeys: Vec<PasskeyOut>,
}

/// Show your second factors
#[utoipa::path(
    get,
    path = "/account/factors",
    operation_id = "getFactors",
    tag = "Account",
    responses((status = 200, description = "What is set up.", body = Factors)),
)]
pub async fn show(State(platform): State<Platform>, Whole(viewer): Whole) -> Result<axum::Json<Factors>> {
    let mine = factors::of(&platform, &viewer.actor).await?;
    Ok(axum::Json(Factors {
        totp: mine.totp,
        recovery_codes_left: mine.recovery_codes_left,
        passkeys: mine.passkeys.into_iter().map(PasskeyOut::from).collect(),
    }))
}

/// What an app makes codes from.
#[derive(Serialize, ToSchema)]
pub struct AppSecret {
    /// Base 32, in groups.
    secret: String,
    /// `otpauth://`, as a QR code has it.
    uri: String,
}

/// Begin to set an app up
///
/// The secret counts once a code that was made of it was right. This call takes no `Idempotency-Key`.
#[utoipa::path(
    post,
    path = "/account/factors/totp",
    operation_id = "beginTotp",
    tag = "Account",
    request_body = Proof,
    responses((status = 201, description = "A secret, told only now.", body = AppSecret)),
    extensions(("x-problems" = json!(["proof_required", "wrong_password", "422:wrong_code", "no_password", "too_many_attempts", "totp_on", "no_secret_key"]))),
)]
pub async fn begin(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    proof: Proof,
) -> Result<(StatusCode, axum::Json<AppSecret>)> {
    let proven = proof.check(&platform, &viewer).await?;
    let setup = factors::begin(&platform, &viewer.actor, &proven).await?;
    Ok((StatusCode::CREATED, axum::Json(AppSecret { secret: setup.secret, uri: setup.uri })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// That the app shows.
    #[schema(examples("123456"))]
    code: String,
}

#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Each lets in once. Told only now; null if there are some from before.
    recovery_codes: Option<Vec<String>>,
}

/// Switch codes of an app on
///
/// Every other session ends, and what signed in by a password alone has to do so again: the token that was used for this, too.
#[utoipa::path(
    put,
    path = "/account/factors/totp",
    operation_id = "confirmTotp",
    tag = "Account",
    request_body = Confirmation,
    responses((status = 200, description = "They are on.", body = RecoveryCodes)),
    extensions(("x-problems" = json!(["422:wrong_code", "totp_not_begun", "too_many_attempts"]))),
)]
pub async fn confirm(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    ClientIp(ip): ClientIp,
    Extension(session): Extension<Session>,
    Json(given): Json<Confirmation>,
) -> Result<axum::Json<RecoveryCodes>> {
    let here = viewer.session.as_deref();
    let recovery_codes = factors::confirm(&platform, &viewer.actor, &given.code, here, ip).await?;
    renewed(&viewer, &session).await?;
    Ok(axum::Json(RecoveryCodes { recovery_codes }))
}

/// Switch codes of an app off
#[utoipa::path(
    delete,
    path = "/account/factors/totp",
    operation_id = "disableTotp",
    tag = "Account",
    request_body = Proof,
    responses((status = 204, description = "They are off.")),
    extensions(("x-problems" = json!(["proof_required", "wrong_password", "422:wrong_code", "no_password", "too_many_attempts", "not_found"]))),
)]
pub async fn disable(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    ClientIp(ip): ClientIp,
    Extension(session): Extension<Session>,
    proof: Proof,
) -> Result<StatusCode> {
    let proven = proof.check(&platform, &viewer).await?;
    factors::disable(&platform, &viewer.actor, &proven, viewer.session.as_deref(), ip).await?;
    renewed(&viewer, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make new recovery codes
///
/// Those from before let nobody in any more.
#[utoipa::path(
    post,
    path = "/account/factors/recovery",
    operation_id = "renewRecoveryCodes",
    tag = "Account",
    request_body = Proof,
    responses((status = 201, description = "Ten codes.", body = RecoveryCodes)),
    extensions(("x-problems" = json!(["proof_required", "wrong_password", "422:wrong_code", "no_password", "too_many_attempts", "no_factor"]))),
)]
pub async fn renew_recovery(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    ClientIp(ip): ClientIp,
    proof: Proof,
) -> Result<(StatusCode, axum::Json<RecoveryCodes>)> {
    let proven = proof.check(&platform, &viewer).await?;
    let codes = factors::renew_recovery(&platform, &viewer.actor, &proven, ip).await?;
    Ok((StatusCode::CREATED, axum::Json(RecoveryCodes { recovery_codes: Some(codes) })))
}

#[derive(Serialize, ToSchema)]
pub struct Asked {
    /// To be sent with what the browser answers.
    mark: String,
    /// `publicKey` of Web Authentication (`PublicKeyCredentialCreationOptionsJSON`).
    #[schema(value_type = Object)]
    options: Value,
}

/// Begin to add a passkey
///
/// What a browser is to make a passkey from. It can be answered once, for five minutes.
#[utoipa::path(
    post,
    path = "/account/passkeys/options",
    operation_id = "beginPasskey",
    tag = "Account",
    request_body = Proof,
    responses((status = 201, description = "What the browser is asked.", body = Asked)),
    extensions(("x-problems" = json!(["proof_required", "wrong_password", "422:wrong_code", "no_password", "too_many_attempts", "too_many_passkeys", "no_passkeys_here"]))),
)]
pub async fn begin_passkey(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    proof: Proof,
) -> Result<(StatusCode, axum::Json<Asked>)> {
    let proven = proof.check(&platform, &viewer).await?;
    let begun = passkeys::begin_adding(&platform, &viewer.actor, &proven).await?;
    let options = serde_json::from_str(&begun.options).map_err(Error::internal)?;
    Ok((StatusCode::CREATED, axum::Json(Asked { mark: begun.mark, options })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskey {
    mark: String,
    /// To know it by.
    #[schema(examples("My laptop"))]
    name: String,
    /// What the browser made (`RegistrationResponseJSON`).
    #[schema(value_type = Object)]
    credential: Value,
}

#[derive(Serialize, ToSchema)]
pub struct AddedPasskey {
    #[serde(flatten)]
    passkey: PasskeyOut,
    /// Each lets in once. Told only now; null if there are some from before.
    recovery_codes: Option<Vec<String>>,
}

/// Add a passkey
///
/// Every other session ends, and what signed in by a password alone has to do so again: the token that was used for this, too.
#[utoipa::path(
    post,
    path = "/account/passkeys",
    operation_id = "addPasskey",
    tag = "Account",
    request_body = NewPasskey,
    responses((status = 201, description = "It lets you in.", body = AddedPasskey)),
    extensions(("x-problems" = json!(["invalid_name", "invalid_credential", "ceremony_over", "passkey_refused", "passkey_known", "no_passkeys_here"]))),
)]
pub async fn add_passkey(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    ClientIp(ip): ClientIp,
    Extension(session): Extension<Session>,
    Json(given): Json<NewPasskey>,
) -> Result<(StatusCode, axum::Json<AddedPasskey>)> {
    let credential = given.credential.to_string();
    let made = Made { mark: &given.mark, name: &given.name, credential: &credential };
    let added = passkeys::finish_adding(&platform, &viewer.actor, made, viewer.session.as_deref(), ip).await?;
    renewed(&viewer, &session).await?;
    let added = AddedPasskey { passkey: added.passkey.into(), recovery_codes: added.recovery_codes };
    Ok((StatusCode::CREATED, axum::Json(added)))
}

/// Remove a passkey
#[utoipa::path(
    delete,
    path = "/account/passkeys/{id}",
    operation_id = "removePasskey",
    tag = "Account",
    params(("id" = String, Path, description = "The passkey's.")),
    request_body = Proof,
    responses((status = 204, description = "It lets nobody in any more.")),
    extensions(("x-problems" = json!(["proof_required", "wrong_password", "422:wrong_code", "no_password", "too_many_attempts", "last_way_in"]))),
)]
pub async fn remove_passkey(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    ClientIp(ip): ClientIp,
    Extension(session): Extension<Session>,
    Path(id): Path<String>,
    proof: Proof,
) -> Result<StatusCode> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let proven = proof.check(&platform, &viewer).await?;
    passkeys::remove(&platform, &viewer.actor, &proven, &id, viewer.session.as_deref(), ip).await?;
    renewed(&viewer, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}
