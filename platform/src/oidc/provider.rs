//! One provider: what it tells of itself, sending somebody there, and checking what they bring back.

use super::Answer;
use super::answers::{Http, NoAnswer};
use super::claims::Claims;
use crate::Result as PlatformResult;
use crate::config::oidc::{GOOGLE, ProviderConfig};
use crate::db::identities::Attempt;
use domain::identity::Problem;
use futures::future::BoxFuture;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreGrantType, CoreIdTokenVerifier, CoreJsonWebKey, CoreJsonWebKeySet,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode,
    CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse, CoreSubjectIdentifierType,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::http::{Method, header};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, AdditionalProviderMetadata, AsyncHttpClient, AuthType,
    AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, IdToken, IdTokenClaims,
    IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata,
    RedirectUrl, RequestTokenError, Scope, SignatureVerificationError, StandardErrorResponse, StandardTokenResponse,
    TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use tokio::sync::Mutex;
use url::Url;

/// How long what a provider tells of itself is believed. After that it is asked again; if it doesn't answer, it is believed on.
const BELIEVED: Duration = Duration::from_secs(3600);
/// For so long nobody waits again for one that didn't answer.
const DOWN: Duration = Duration::from_secs(5);
/// Keys are fetched so often at most because a token names one that isn't known.
const NEW_KEYS_EVERY: Duration = Duration::from_secs(30);
/// From somebody's return to the last answer of the provider.
const PATIENCE: Duration = Duration::from_secs(15);
/// How far its clock may be from ours, and how long it may take from a token to us; seconds.
const CLOCKS: i64 = 120;
const TOKEN_AGE: i64 = 600;

/// Signatures by keys that only the provider has. None is no signature, and those by a shared secret could be made by
/// whoever takes a public key for one.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Claims that no standard names: groups, say.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Extra {
    #[serde(flatten)]
    claims: Map<String, Value>,
}

impl AdditionalClaims for Extra {}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Announced {
    /// RFC 9207, 3.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Announced {}

type Metadata = ProviderMetadata<
    Announced,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type Token = IdToken<Extra, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

type Tokens = StandardTokenResponse<
    IdTokenFields<
        Extra,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Relying = Client<
    Extra,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// All that are configured. Cheap to clone.
#[derive(Clone)]
pub struct Providers(Arc<Vec<Provider>>);

impl Providers {
    /// Asks nobody anything yet: a provider that is down keeps no server from starting.
    pub fn new(configs: &[ProviderConfig]) -> PlatformResult<Self> {
        let http = Http::new().map_err(crate::Error::internal)?;
        let provider =
            |config: &ProviderConfig| Provider { config: config.clone(), http: http.clone(), known: Mutex::default() };
        Ok(Self(Arc::new(configs.iter().map(provider).collect())))
    }

    pub(super) fn get(&self, key: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.config.key == key)
    }
}

pub(super) struct Provider {
    pub config: ProviderConfig,
    http: Http,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    told: Option<Told>,
    failed_at: Option<Instant>,
    /// When keys were fetched for the sake of one that wasn't known.
    new_keys_at: Option<Instant>,
}

struct Told {
    metadata: Arc<Metadata>,
    at: Instant,
}

/// Where somebody is sent, and what to remember of it.
pub(super) struct Sent {
    pub url: Url,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

impl Provider {
    pub fn send<'a>(&'a self, site: &'a Url) -> BoxFuture<'a, Result<Sent, Problem>> {
        Box::pin(self.prepare(site))
    }

    async fn prepare(&self, site: &Url) -> Result<Sent, Problem> {
        let client = self.client(&*self.metadata().await?, site)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = client
            .authorize_url(flow, || CsrfToken::new_random_len(32), || Nonce::new_random_len(32))
            .add_scopes(self.config.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge);
        if let (GOOGLE, [domain]) = (&*self.config.issuer, &*self.config.allowed_domains) {
            request = request.add_extra_param("hd", domain);
        }
        let (url, state, nonce) = request.url();
        Ok(Sent { url, state: state.into_secret(), nonce: nonce.secret().clone(), verifier: verifier.into_secret() })
    }

    /// What the provider says about whoever comes back with `answer`.
    pub fn receive<'a>(
        &'a self,
        site: &'a Url,
        answer: Answer<'a>,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<Claims, Problem>> {
        Box::pin(async move {
            let claims = tokio::time::timeout(PATIENCE, self.exchange(site, answer, attempt)).await;
            claims.unwrap_or(Err(Problem::ProviderDown))
        })
    }

    async fn exchange(&self, site: &Url, answer: Answer<'_>, attempt: &Attempt) -> Result<Claims, Problem> {
        let metadata = self.metadata().await?;
        // RFC 9207, 2.4: before anything else of the answer is believed, errors included.
        let announced = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        if answer.iss.map_or(announced, |iss| iss != self.config.issuer) {
            return Err(self.refused("the answer is of another issuer, or doesn't say of which"));
        }
        if let Some(error) = answer.error {
            return Err(match error {
                "access_denied" => Problem::Cancelled,
                "temporarily_unavailable" | "server_error" => Problem::ProviderDown,
                _ => self.refused("the provider refused our request"),
            });
        }
        let code = answer.code.ok_or_else(|| self.refused("there is no code"))?;
        let client = self.client(&metadata, site)?;
        let request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| self.refused("the provider has no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()));
        let tokens = request.request_async(&self.http).await.map_err(|error| match error {
            RequestTokenError::Request(error) => self.down(&error),
            RequestTokenError::ServerResponse(said) => {
                tracing::warn!(provider = self.config.key, error = ?said.error(), "a provider gave no tokens");
                Problem::Refused
            }
            RequestTokenError::Parse(..) => self.refused("the tokens can't be read"),
            RequestTokenError::Other(_) => self.refused("the token endpoint answered something else"),
        })?;
        let token = tokens.id_token().ok_or_else(|| self.refused("there is no ID token"))?;
        let token = self.verified(&metadata, token, tokens.access_token(), attempt).await?;
        let subject = token.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
        if subject.is_empty() || subject.len() > 255 || subject.contains(char::is_control) {
            return Err(self.refused("the subject is none"));
        }
        let said = Claims::new(token.clone(), Map::new());
        let missing = !said.has_email()
            || self.config.role_claim.is_some() && said.role(&self.config, domain::actor::Role::Viewer).is_none();
        let more = if missing { self.user_info(&metadata, tokens.access_token(), &subject).await? } else { Map::new() };
        Ok(Claims::new(token, more))
    }

    /// The claims of an ID token (OpenID Connect Core 1.0, 3.1.3.7). One that is signed by a key that isn't known yet has
    /// the keys fetched anew.
    async fn verified(
        &self,
        metadata: &Metadata,
        token: &Token,
        access: &AccessToken,
        attempt: &Attempt,
    ) -> Result<Map<String, Value>, Problem> {
        let nonce = Nonce::new(attempt.nonce.clone());
        let mut verifier = self.verifier(metadata.jwks().clone())?;
        if let Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) =
            token.claims(&verifier, &nonce)
        {
            verifier = self.verifier(self.new_keys(metadata).await?)?;
        }
        let claims = token.claims(&verifier, &nonce).map_err(|error| self.untrusted(&error.to_string()))?;
        self.check(claims).map_err(|why| self.untrusted(why))?;
        if let Some(expected) = claims.access_token_hash() {
            let (algorithm, key) = (token.signing_alg(), token.signing_key(&verifier));
            let hash = match (algorithm, key) {
                (Ok(algorithm), Ok(key)) => AccessTokenHash::from_token(access, algorithm, key).ok(),
                _ => None,
            };
            if hash.as_ref() != Some(expected) {
                return Err(self.untrusted("it is of another access token"));
            }
        }
        match serde_json::to_value(claims) {
            Ok(Value::Object(claims)) => Ok(claims),
            _ => Err(self.refused("the claims can't be read")),
        }
    }

    fn verifier(&self, keys: CoreJsonWebKeySet) -> Result<CoreIdTokenVerifier<'static>, Problem> {
        // As for a client without a secret: with one, a token could be signed by the secret.
        let verifier = CoreIdTokenVerifier::new_public_client(self.client_id(), self.issuer()?, keys);
        Ok(verifier.set_allowed_algs(ALGORITHMS))
    }

    /// What the verifier leaves to us.
    fn check(&self, claims: &IdTokenClaims<Extra, CoreGenderClaim>) -> Result<(), &'static str> {
        match claims.authorized_party() {
            Some(party) if **party != self.config.client_id => return Err("it was made for another client"),
            None if claims.audiences().len() > 1 => {
                return Err("it is for several, and doesn't say for whom it was made");
            }
            _ => {}
        }
        let age = OffsetDateTime::now_utc().unix_timestamp() - claims.issue_time().timestamp();
        if (-CLOCKS..=TOKEN_AGE + CLOCKS).contains(&age) { Ok(()) } else { Err("it was made long ago, or will be") }
    }

    /// What the ID token leaves out: with a code flow claims may be told here alone (OpenID Connect Core 1.0, 5.4).
    async fn user_info(
        &self,
        metadata: &Metadata,
        access: &AccessToken,
        subject: &str,
    ) -> Result<Map<String, Value>, Problem> {
        let Some(endpoint) = metadata.userinfo_endpoint() else { return Ok(Map::new()) };
        let request = openidconnect::http::Request::builder()
            .method(Method::GET)
            .uri(endpoint.as_str())
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", access.secret()))
            .body(Vec::new());
        let request: HttpRequest = request.map_err(|_| self.refused("the access token can't be used"))?;
        let answer = self.http.call(request).await.map_err(|error| self.down(&error))?;
        let claims = match serde_json::from_slice(answer.body()) {
            Ok(Value::Object(claims)) if answer.status().is_success() => claims,
            _ => return Err(self.refused("the user info can't be read")),
        };
        // Core 5.3.2: else it is about somebody else.
        if claims.get("sub").and_then(Value::as_str) == Some(subject) {
            Ok(claims)
        } else {
            Err(self.untrusted("the user info is somebody else's"))
        }
    }

    /// What the provider tells of itself, as of late. All who need it at once wait for one request.
    async fn metadata(&self) -> Result<Arc<Metadata>, Problem> {
        let mut known = self.known.lock().await;
        let now = Instant::now();
        if let Some(told) = known.told.as_ref().filter(|told| now.duration_since(told.at) < BELIEVED) {
            return Ok(told.metadata.clone());
        }
        let is_down = known.failed_at.is_some_and(|at| now.duration_since(at) < DOWN);
        if !is_down {
            match self.discover().await {
                Ok(metadata) => {
                    let metadata = Arc::new(metadata);
                    known.told = Some(Told { metadata: metadata.clone(), at: now });
                    known.failed_at = None;
                    return Ok(metadata);
                }
                Err(error) => {
                    known.failed_at = Some(Instant::now());
                    tracing::warn!(provider = self.config.key, ?error, "a provider tells nothing of itself");
                }
            }
        }
        known.told.as_ref().map(|told| told.metadata.clone()).ok_or(Problem::ProviderDown)
    }

    async fn discover(&self) -> Result<Metadata, String> {
        let issuer = self.issuer().map_err(|_| "the issuer is no URL".to_owned())?;
        let metadata = Metadata::discover_async(issuer, &self.http).await.map_err(|error| words(&error))?;
        let secure =
            |url: &Url| url.scheme() == "https" || self.config.issuer.starts_with("http:") && url.scheme() == "http";
        let urls = [Some(metadata.authorization_endpoint().url()), metadata.token_endpoint().map(|url| url.url())];
        let others = [Some(metadata.jwks_uri().url()), metadata.userinfo_endpoint().map(|url| url.url())];
        if urls.into_iter().chain(others).flatten().all(secure) {
            Ok(metadata)
        } else {
            Err("an endpoint isn't one of https".to_owned())
        }
    }

    async fn new_keys(&self, metadata: &Metadata) -> Result<CoreJsonWebKeySet, Problem> {
        let mut known = self.known.lock().await;
        let now = Instant::now();
        if known.new_keys_at.is_some_and(|at| now.duration_since(at) < NEW_KEYS_EVERY) {
            // Somebody else may just have fetched them.
            let keys = known.told.as_ref().map(|told| told.metadata.jwks().clone());
            return keys.ok_or_else(|| self.untrusted("its key isn't known"));
        }
        known.new_keys_at = Some(now);
        let keys = CoreJsonWebKeySet::fetch_async(metadata.jwks_uri(), &self.http).await;
        let keys = keys.map_err(|error| {
            tracing::warn!(provider = self.config.key, error = words(&error), "a provider's keys can't be had");
            Problem::ProviderDown
        })?;
        if let Some(told) = &mut known.told {
            told.metadata = Arc::new((*told.metadata).clone().set_jwks(keys.clone()));
        }
        Ok(keys)
    }

    fn client(&self, metadata: &Metadata, site: &Url) -> Result<Relying, Problem> {
        let secret = self.config.client_secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().clone()));
        // An address of its own, so that no other provider can pass its answers off as this one's.
        let path = format!("/auth/{}/callback", self.config.key);
        let back = site.join(&path).map_err(|_| self.refused("the site has no address"))?;
        let methods = metadata.token_endpoint_auth_methods_supported();
        let takes = |method: &CoreClientAuthMethod| methods.is_none_or(|methods| methods.contains(method));
        let by_body =
            !takes(&CoreClientAuthMethod::ClientSecretBasic) && takes(&CoreClientAuthMethod::ClientSecretPost);
        let client = Relying::from_provider_metadata(metadata.clone(), self.client_id(), secret);
        Ok(client.set_redirect_uri(RedirectUrl::from_url(back)).set_auth_type(if by_body {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        }))
    }

    fn client_id(&self) -> ClientId {
        ClientId::new(self.config.client_id.clone())
    }

    fn issuer(&self) -> Result<IssuerUrl, Problem> {
        IssuerUrl::new(self.config.issuer.clone()).map_err(|_| Problem::ProviderDown)
    }

    fn down(&self, error: &NoAnswer) -> Problem {
        tracing::warn!(provider = self.config.key, error = words(error), "a provider can't be reached");
        Problem::ProviderDown
    }

    fn refused(&self, why: &str) -> Problem {
        tracing::warn!(provider = self.config.key, why, "a provider's answer was refused");
        Problem::Refused
    }

    /// `why` may quote the token's claims.
    fn untrusted(&self, why: &str) -> Problem {
        tracing::warn!(provider = self.config.key, ?why, "a provider's token was refused");
        Problem::Refused
    }
}

/// An error with its causes, which are what tells something.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
