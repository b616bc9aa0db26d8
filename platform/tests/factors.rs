//! Second factors against a real PostgreSQL.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::actor::Actor;
use domain::factors::Factor;
use domain::id::UserId;
use platform::accounts::{self, User};
use platform::proof::{self, Given, Proven};
use platform::sealed::Keys;
use platform::signing_in::{self, Entered};
use platform::{Error, Platform, factors, tokens};
use std::sync::Arc;
use support::{person, platform};
use totp_rs::Builder;

const PASSWORD: &str = "correct horse";

fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

fn proven(actor: &Actor) -> Proven {
    proof::recent(actor, Some(now())).unwrap()
}

/// The code that an app with this secret shows so many steps from now. That of now and the next are right in any case; the one
/// before may be over meanwhile.
fn code(secret: &str, steps: i64) -> String {
    let totp = Builder::new().with_secret(<[u8; 20]>::try_from(bytes(secret)).unwrap()).build().unwrap();
    totp.generate((now() + 30 * steps).unsigned_abs()).to_string()
}

fn bytes(base32: &str) -> Vec<u8> {
    let (mut held, mut bits, mut bytes) = (0u32, 0, Vec::new());
    for c in base32.chars().filter(|c| *c != ' ') {
        let value = if c.is_ascii_uppercase() { c as u32 - 'A' as u32 } else { c as u32 - '2' as u32 + 26 };
        held = (held << 5) | value;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    bytes
}

/// Somebody with an app: its secret, and recovery codes.
async fn with_app(platform: &Platform) -> (User, Actor, String, Vec<String>) {
    let (user, actor) = person(platform).await;
    let setup = factors::begin(platform, &actor, &proven(&actor)).await.unwrap();
    let codes = factors::confirm(platform, &actor, &code(&setup.secret, 0), None, None).await.unwrap();
    (user, actor, setup.secret, codes.unwrap())
}

async fn step(platform: &Platform, user: &UserId, code: &str) -> Result<Factor, &'static str> {
    signing_in::second(platform, user, code, None).await.map(|(_, factor)| factor).map_err(|error| error.code())
}

fn with_keys(platform: &Platform, keys: &str) -> Platform {
    let mut config = (*platform.config).clone();
    config.secret_keys = Keys::parse(keys).unwrap();
    Platform { config: Arc::new(config), ..platform.clone() }
}

fn key() -> String {
    STANDARD.encode(rand::random::<[u8; 32]>())
}

#[tokio::test]
async fn codes_count_once_the_first_one_was_right() {
    let platform = platform().await;
    let (user, actor) = person(&platform).await;
    let setup = factors::begin(&platform, &actor, &proven(&actor)).await.unwrap();
    assert!(setup.uri.contains(&setup.secret.replace(' ', "")) && setup.qr.path.starts_with("M4 4h7"));
    // Nothing is asked for yet.
    let entered = signing_in::first(&platform, &user.username, PASSWORD, None).await.unwrap();
    assert!(matches!(entered, Entered::In(_)));
    for wrong in ["000000", "", "nonsense", &code(&setup.secret, -5), &code(&setup.secret, 5)] {
        let refused = factors::confirm(&platform, &actor, wrong, None, None).await.unwrap_err();
        assert_eq!(refused.code(), "wrong_code", "{wrong}");
    }
    let codes = factors::confirm(&platform, &actor, &code(&setup.secret, 0), None, None).await.unwrap().unwrap();
    assert_eq!(codes.len(), 10);
    let mine = factors::of(&platform, &actor).await.unwrap();
    assert_eq!((mine.totp, mine.recovery_codes_left), (true, 10));
    let again = factors::begin(&platform, &actor, &proven(&actor)).await.unwrap_err();
    assert_eq!(again.code(), "totp_on");
    let entered = signing_in::first(&platform, &user.username, PASSWORD, None).await.unwrap();
    assert!(matches!(entered, Entered::Asked(asked) if asked == user));
}

#[tokio::test]
async fn a_code_lets_in_once() {
    let platform = platform().await;
    let (user, _, secret, _) = with_app(&platform).await;
    // The one that switched them on, too.
    assert_eq!(step(&platform, &user.id, &code(&secret, 0)).await, Err("wrong_code"));
    let shown = code(&secret, 1);
    let (one, other) = futures::join!(step(&platform, &user.id, &shown), step(&platform, &user.id, &shown));
    assert_eq!([one, other].iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(step(&platform, &user.id, &shown).await, Err("wrong_code"));
    // What came before one that was used is over.
    assert_eq!(step(&platform, &user.id, &code(&secret, 0)).await, Err("wrong_code"));
}

#[tokio::test]
async fn a_recovery_code_lets_in_once_and_new_ones_replace_all() {
    let platform = platform().await;
    let (user, actor, _, codes) = with_app(&platform).await;
    assert_eq!(step(&platform, &user.id, &codes[0].to_uppercase().replace('-', " ")).await, Ok(Factor::Recovery));
    assert_eq!(step(&platform, &user.id, &codes[0]).await, Err("wrong_code"));
    assert_eq!(factors::of(&platform, &actor).await.unwrap().recovery_codes_left, 9);
    let (stranger, ..) = with_app(&platform).await;
    assert_eq!(step(&platform, &stranger.id, &codes[1]).await, Err("wrong_code"));
    let anew = factors::renew_recovery(&platform, &actor, &proven(&actor), None).await.unwrap();
    assert_eq!(step(&platform, &user.id, &codes[1]).await, Err("wrong_code"));
    assert_eq!(step(&platform, &user.id, &anew[0]).await, Ok(Factor::Recovery));
    let stored: Vec<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM recovery_codes WHERE user_id = $1")
        .bind(user.id.as_str())
        .fetch_all(&platform.db)
        .await
        .unwrap();
    assert!(stored.iter().all(|hash| hash.len() == 32));
}

#[tokio::test]
async fn guesses_are_counted_and_only_where_the_password_was_right() {
    let platform = platform().await;
    let (user, _, secret, _) = with_app(&platform).await;
    for _ in 0..10 {
        assert_eq!(step(&platform, &user.id, "000000").await, Err("wrong_code"));
    }
    let locked = signing_in::second(&platform, &user.id, &code(&secret, 1), None).await;
    assert!(matches!(locked, Err(Error::TooMany { .. })), "{locked:?}");
    // A stranger who doesn't know the password adds nothing to that.
    let (other, _, secret, _) = with_app(&platform).await;
    for _ in 0..3 {
        let wrong = signing_in::at_once(&platform, &other.username, "battery staple", Some("000000"), None).await;
        assert_eq!(wrong.unwrap_err().code(), "wrong_credentials");
    }
    assert_eq!(step(&platform, &other.id, &code(&secret, 1)).await, Ok(Factor::Totp));
}

#[tokio::test]
async fn a_password_alone_is_not_enough_any_more() {
    let platform = platform().await;
    let (user, _, secret, _) = with_app(&platform).await;
    let at_once = |code: Option<String>| {
        let (platform, name) = (platform.clone(), user.username.clone());
        async move { signing_in::at_once(&platform, &name, PASSWORD, code.as_deref(), None).await }
    };
    for nothing in [None, Some(" ".to_owned())] {
        assert_eq!(at_once(nothing).await.unwrap_err().code(), "second_factor_required");
    }
    let alone = accounts::sign_in(&platform, &user.username, PASSWORD, None).await;
    assert_eq!(alone.unwrap_err().code(), "second_factor_required");
    assert_eq!(at_once(Some("000000".to_owned())).await.unwrap_err().code(), "wrong_code");
    assert_eq!(at_once(Some(code(&secret, 1))).await.unwrap(), user);
}

#[tokio::test]
async fn what_signed_in_before_is_signed_out_by_the_first_factor_and_by_the_end_of_one() {
    let platform = platform().await;
    let (user, actor) = person(&platform).await;
    let script = tokens::issue(&platform, &user.id, domain::actor::Scopes::ALL).await.unwrap();
    let setup = factors::begin(&platform, &actor, &proven(&actor)).await.unwrap();
    factors::confirm(&platform, &actor, &code(&setup.secret, 0), None, None).await.unwrap();
    assert!(tokens::holder(&platform, &script.access_token).await.unwrap().is_none());
    let script = tokens::issue(&platform, &user.id, domain::actor::Scopes::ALL).await.unwrap();
    factors::disable(&platform, &actor, &proven(&actor), None, None).await.unwrap();
    assert!(tokens::holder(&platform, &script.access_token).await.unwrap().is_none());
    let mine = factors::of(&platform, &actor).await.unwrap();
    assert_eq!((mine.any(), mine.recovery_codes_left), (false, 0));
    accounts::sign_in(&platform, &user.username, PASSWORD, None).await.unwrap();
    let none = factors::renew_recovery(&platform, &actor, &proven(&actor), None).await;
    assert_eq!(none.unwrap_err().code(), "no_factor");
}

#[tokio::test]
async fn what_decides_who_can_sign_in_takes_a_proof_of_the_same_person() {
    let platform = platform().await;
    let (_, actor, secret, _) = with_app(&platform).await;
    let (_, other) = person(&platform).await;
    for old in [None, Some(0), Some(now() - proof::FRESH_SECONDS - 5), Some(now() + 60)] {
        assert_eq!(proof::recent(&actor, old).unwrap_err().code(), "proof_required", "{old:?}");
    }
    let anothers = factors::disable(&platform, &actor, &proven(&other), None, None).await;
    assert_eq!(anothers.unwrap_err().code(), "proof_required");
    let wrong = proof::prove(&platform, &actor, Given::Password("battery staple")).await;
    assert_eq!(wrong.unwrap_err().code(), "wrong_password");
    let wrong = proof::prove(&platform, &actor, Given::Code("000000")).await;
    assert_eq!(wrong.unwrap_err().code(), "wrong_code");
    proof::prove(&platform, &actor, Given::Code(&code(&secret, 1))).await.unwrap();
    let proven = proof::prove(&platform, &actor, Given::Password(PASSWORD)).await.unwrap();
    factors::disable(&platform, &actor, &proven, None, None).await.unwrap();
}

#[tokio::test]
async fn a_secret_is_stored_sealed_and_keys_can_be_changed() {
    let platform = platform().await;
    let (old, new) = (key(), key());
    let before = with_keys(&platform, &old);
    let (user, _, secret, _) = with_app(&before).await;
    let stored = || async {
        let stored: Vec<u8> = sqlx::query_scalar("SELECT secret FROM totp WHERE user_id = $1")
            .bind(user.id.as_str())
            .fetch_one(&platform.db)
            .await
            .unwrap();
        stored
    };
    let plain = bytes(&secret);
    assert!(!stored().await.windows(plain.len()).any(|window| window == plain));
    let lost = with_keys(&platform, &new);
    assert_eq!(step(&lost, &user.id, &code(&secret, 1)).await, Err("internal"));
    // Both are there: what is used is sealed anew, so that the old one can go.
    let both = with_keys(&platform, &format!("{new},{old}"));
    let sealed = stored().await;
    assert_eq!(step(&both, &user.id, &code(&secret, 1)).await, Ok(Factor::Totp));
    assert_ne!(stored().await, sealed);
    sqlx::query("UPDATE totp SET last_step = 0 WHERE user_id = $1")
        .bind(user.id.as_str())
        .execute(&platform.db)
        .await
        .unwrap();
    assert_eq!(step(&lost, &user.id, &code(&secret, 1)).await, Ok(Factor::Totp));
}

#[tokio::test]
async fn without_a_key_no_app_is_set_up() {
    let platform = platform().await;
    let mut config = (*platform.config).clone();
    config.secret_keys = Keys::default();
    let without = Platform { config: Arc::new(config), ..platform.clone() };
    let (_, actor) = person(&without).await;
    assert!(!factors::are_available(&without));
    let refused = factors::begin(&without, &actor, &proven(&actor)).await;
    assert_eq!(refused.unwrap_err().code(), "no_secret_key");
}
