//! An OpenID provider of our own, which tells the truth, or lies in one way.

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use platform::Secret;
use platform::config::oidc::ProviderConfig;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use ring::{digest, hmac};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;

pub const CLIENT: &str = "kinora";
const CLIENT_SECRET: &str = "planted-client-secret";

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    Nothing,
    Signature,
    AlgorithmNone,
    PublicKeyAsSecret,
    ClientSecretAsSecret,
    Issuer,
    NoIssuer,
    Audience,
    SeveralAudiences,
    Party,
    Expired,
    MadeLongAgo,
    Nonce,
    NoNonce,
    AnotherAccessToken,
    UnknownKey,
    OwnKeyInHeader,
    NoToken,
    AnothersUserInfo,
}

impl Lie {
    pub const ALL: [Self; 18] = [
        Self::Signature,
        Self::AlgorithmNone,
        Self::PublicKeyAsSecret,
        Self::ClientSecretAsSecret,
        Self::Issuer,
        Self::NoIssuer,
        Self::Audience,
        Self::SeveralAudiences,
        Self::Party,
        Self::Expired,
        Self::MadeLongAgo,
        Self::Nonce,
        Self::NoNonce,
        Self::AnotherAccessToken,
        Self::UnknownKey,
        Self::OwnKeyInHeader,
        Self::NoToken,
        Self::AnothersUserInfo,
    ];
}

struct Key {
    pair: EcdsaKeyPair,
    id: String,
}

impl Key {
    fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        Self { pair, id: id.to_owned() }
    }

    fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "kid": self.id,
            "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..]),
        })
    }

    fn sign(&self, message: &str) -> Vec<u8> {
        self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec()
    }
}

/// What somebody was sent with.
#[derive(Clone)]
pub struct Sent {
    pub state: String,
    nonce: String,
    challenge: String,
    back: String,
}

pub struct Truth {
    key: Key,
    pub lie: Lie,
    /// What is said of whoever signs in.
    pub claims: Value,
    /// What the user info says; nothing more without it.
    pub user_info: Option<Value>,
    /// Whether answers say whose they are (RFC 9207), as it announces.
    pub announces_issuer: bool,
    /// Whether codes are given to whoever brings them.
    pub is_careless: bool,
    pub keys_fetched: u32,
    codes: HashMap<String, Sent>,
}

#[derive(Clone)]
pub struct FakeProvider {
    pub issuer: String,
    truth: Arc<Mutex<Truth>>,
}

impl FakeProvider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let truth = Truth {
            key: Key::new("first"),
            lie: Lie::Nothing,
            claims: json!({ "sub": super::unique("s") }),
            user_info: None,
            announces_issuer: false,
            is_careless: false,
            keys_fetched: 0,
            codes: HashMap::new(),
        };
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let provider = Self { issuer, truth: Arc::new(Mutex::new(truth)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(keys))
            .route("/token", post(tokens))
            .route("/me", get(user_info))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub fn truth(&self) -> MutexGuard<'_, Truth> {
        self.truth.lock().unwrap()
    }

    pub fn says(&self, claims: Value) {
        self.truth().claims = claims;
    }

    pub fn rotate_keys(&self) {
        self.truth().key = Key::new("second");
    }

    pub fn config(&self, key: &str) -> ProviderConfig {
        ProviderConfig {
            key: key.to_owned(),
            issuer: self.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(Secret::new(CLIENT_SECRET.to_owned())),
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            label: format!("The {key}"),
            icon: "/providers/key.svg".to_owned(),
            allowed_domains: Vec::new(),
            role_claim: None,
            roles: Vec::new(),
            sign_up: true,
        }
    }

    /// What somebody is sent here with, by the page that leads here.
    pub fn sent(&self, page: &str) -> Sent {
        let url = page.split("url=").nth(1).and_then(|rest| rest.split('"').next()).expect("a page that leads on");
        let url = url::Url::parse(&url.replace("&amp;", "&")).unwrap();
        assert!(url.as_str().starts_with(&format!("{}/authorize?", self.issuer)), "{url}");
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["client_id"], CLIENT);
        assert_eq!(query["code_challenge_method"], "S256");
        assert!(query["scope"].split(' ').any(|scope| scope == "openid"));
        let value = |name: &str| query[name].clone();
        Sent {
            state: value("state"),
            nonce: value("nonce"),
            challenge: value("code_challenge"),
            back: value("redirect_uri"),
        }
    }

    /// A code for whoever was sent.
    pub fn code(&self, sent: &Sent) -> String {
        let code = super::unique("code");
        self.truth().codes.insert(code.clone(), sent.clone());
        code
    }
}

async fn metadata(State(provider): State<FakeProvider>) -> Json<Value> {
    let issuer = &provider.issuer;
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        // A provider that would take anything: what is let pass is ours to say.
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    });
    let truth = provider.truth();
    if truth.announces_issuer {
        metadata["authorization_response_iss_parameter_supported"] = true.into();
    }
    if truth.user_info.is_some() {
        metadata["userinfo_endpoint"] = format!("{issuer}/me").into();
    }
    Json(metadata)
}

async fn keys(State(provider): State<FakeProvider>) -> Json<Value> {
    let mut truth = provider.truth();
    truth.keys_fetched += 1;
    Json(json!({ "keys": [truth.key.public()] }))
}

async fn user_info(State(provider): State<FakeProvider>) -> Json<Value> {
    Json(provider.truth().user_info.clone().unwrap_or_default())
}

async fn tokens(State(provider): State<FakeProvider>, Form(asked): Form<HashMap<String, String>>) -> Response {
    let mut truth = provider.truth();
    let code = asked.get("code").cloned().unwrap_or_default();
    let sent = if truth.is_careless { truth.codes.get(&code).cloned() } else { truth.codes.remove(&code) };
    let verifier = asked.get("code_verifier").cloned().unwrap_or_default();
    let challenge = BASE64.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
    let is_right =
        |sent: &Sent| truth.is_careless || sent.challenge == challenge && asked.get("redirect_uri") == Some(&sent.back);
    let Some(sent) = sent.filter(is_right) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    let access = "planted-access-token";
    let mut answer = json!({ "access_token": access, "token_type": "Bearer", "expires_in": 60 });
    if truth.lie != Lie::NoToken {
        answer["id_token"] = id_token(&truth, &provider.issuer, &sent, access).into();
    }
    Json(answer).into_response()
}

fn id_token(truth: &Truth, issuer: &str, sent: &Sent, access: &str) -> String {
    let lie = truth.lie;
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let hash = digest::digest(&digest::SHA256, access.as_bytes());
    let mut claims = json!({
        "iss": issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": sent.nonce,
        "at_hash": BASE64.encode(&hash.as_ref()[..16]),
    });
    claims.as_object_mut().unwrap().extend(truth.claims.as_object().unwrap().clone());
    match lie {
        Lie::Issuer => claims["iss"] = "https://accounts.google.com".into(),
        Lie::NoIssuer => drop(claims.as_object_mut().unwrap().remove("iss")),
        Lie::Audience => claims["aud"] = "another-client".into(),
        Lie::SeveralAudiences => claims["aud"] = json!([CLIENT, "another-client"]),
        Lie::Party => claims["azp"] = "another-client".into(),
        Lie::Expired => claims["exp"] = (now - 1).into(),
        Lie::MadeLongAgo => claims["iat"] = (now - 3600).into(),
        Lie::Nonce => claims["nonce"] = "another".into(),
        Lie::NoNonce => drop(claims.as_object_mut().unwrap().remove("nonce")),
        Lie::AnotherAccessToken => claims["at_hash"] = BASE64.encode([7; 16]).into(),
        _ => {}
    }
    let stranger = Key::new("stranger");
    let mut header = json!({ "typ": "JWT", "alg": "ES256", "kid": truth.key.id });
    match lie {
        Lie::AlgorithmNone => header["alg"] = "none".into(),
        Lie::PublicKeyAsSecret | Lie::ClientSecretAsSecret => header["alg"] = "HS256".into(),
        Lie::UnknownKey => header["kid"] = "stranger".into(),
        Lie::OwnKeyInHeader => header["jwk"] = stranger.public(),
        _ => {}
    }
    let part = |value: &Value| BASE64.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&claims));
    let by_secret = |secret: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    let signature = match lie {
        Lie::AlgorithmNone => Vec::new(),
        Lie::PublicKeyAsSecret => by_secret(truth.key.pair.public_key().as_ref()).as_ref().to_vec(),
        Lie::ClientSecretAsSecret => by_secret(CLIENT_SECRET.as_bytes()).as_ref().to_vec(),
        Lie::Signature | Lie::UnknownKey | Lie::OwnKeyInHeader => stranger.sign(&message),
        _ => truth.key.sign(&message),
    };
    format!("{message}.{}", BASE64.encode(signature))
}
