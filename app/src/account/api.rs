use super::identities::MyWays;
use super::providers::WaysIn;
use super::{Address, Me};
use crate::error::ApiError;
#[allow(unused_imports, reason = "used by the server's half")]
use crate::server;
use domain::account::Confirmed;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

#[server(input = Json, output = Json)]
pub async fn whoami() -> Result<Option<Me>, ApiError> {
    Ok(server::viewer().user.map(|user| Me { username: user.username, role: user.role }))
}

/// `login` is a username or a confirmed e-mail address. Tells where to go first, if anywhere: to the second step, say.
#[server(input = Json, output = Json)]
pub async fn sign_in(login: String, password: String) -> Result<Option<String>, ApiError> {
    use platform::signing_in::{Entered, first};
    match first(&server::platform(), &login, &password, server::place()).await? {
        Entered::In(user) => server::welcome(&user, None).await,
        Entered::Asked(user) => {
            server::ask_for_factor(&user).await?;
            Ok(Some(super::CODE_PAGE.to_owned()))
        }
    }
}

/// The second step: a code of an app, or a recovery code.
#[server(input = Json, output = Json)]
pub async fn give_code(code: String) -> Result<Option<String>, ApiError> {
    let user = server::pending().await?;
    let (user, factor) = platform::signing_in::second(&server::platform(), &user, &code, server::client_ip()).await?;
    server::welcome(&user, Some(factor)).await
}

/// What the browser is to sign with a passkey, as JSON.
#[server(input = Json, output = Json)]
pub async fn passkey_options() -> Result<String, ApiError> {
    let begun = platform::passkeys::begin_signing(&server::platform(), server::client_ip()).await?;
    server::keep_mark(begun.mark).await?;
    Ok(begun.options)
}

/// Signs in by what the browser signed: instead of both steps, or as the second one.
#[server(input = Json, output = Json)]
pub async fn enter_by_passkey(credential: String) -> Result<Option<String>, ApiError> {
    let mark = server::take_mark().await?;
    let user = platform::passkeys::sign_in(&server::platform(), &mark, &credential, server::client_ip()).await?;
    server::welcome(&user, Some(domain::factors::Factor::Passkey)).await
}

#[server(input = Json, output = Json)]
pub async fn sign_up(
    username: String,
    email: String,
    password: String,
    invitation: Option<String>,
) -> Result<Option<String>, ApiError> {
    let new = platform::accounts::NewAccount {
        username: &username,
        email: &email,
        password: &password,
        invitation: invitation.as_deref(),
    };
    let user = platform::accounts::sign_up(&server::platform(), new, server::client_ip()).await?;
    server::remember_browser(&user).await?;
    server::begin_session(&user).await?;
    Ok(server::first_page(&user))
}

#[server(input = Json, output = Json)]
pub async fn sign_out() -> Result<(), ApiError> {
    server::end_session().await
}

#[server(input = Json, output = Json)]
pub async fn my_address() -> Result<Address, ApiError> {
    let user = server::viewer().user.ok_or_else(platform::Error::sign_in_first)?;
    Ok(Address { email: user.email, verified: user.email_verified })
}

#[server(input = Json, output = Json)]
pub async fn send_link_again() -> Result<(), ApiError> {
    Ok(platform::addresses::send_again(&server::platform(), &server::viewer().actor).await?)
}

#[server(input = Json, output = Json)]
pub async fn confirm_address(token: String) -> Result<Confirmed, ApiError> {
    Ok(platform::addresses::confirm(&server::platform(), &token, server::client_ip()).await?)
}

#[server(input = Json, output = Json)]
pub async fn change_address(email: String, password: String) -> Result<(), ApiError> {
    platform::addresses::change(&server::platform(), &server::viewer().actor, &email, &password).await?;
    Ok(())
}

#[server(input = Json, output = Json)]
pub async fn change_password(current: String, new: String) -> Result<(), ApiError> {
    let viewer = server::viewer();
    let (here, ip) = (viewer.session.as_deref(), server::client_ip());
    let user = platform::credentials::change(&server::platform(), &viewer.actor, &current, &new, here, ip).await?;
    server::remember_browser(&user).await?;
    server::renew_session().await
}

#[server(input = Json, output = Json)]
pub async fn forgot_password(login: String) -> Result<(), ApiError> {
    Ok(platform::credentials::forgot(&server::platform(), &login, server::client_ip()).await?)
}

#[server(input = Json, output = Json)]
pub async fn reset_password(token: String, password: String) -> Result<(), ApiError> {
    Ok(platform::credentials::reset(&server::platform(), &token, &password, server::client_ip()).await?)
}

/// `asked` is what the page's address says: a problem's code and a provider, with a blank between.
#[server(input = Json, output = Json)]
pub async fn open_ways(asked: String) -> Result<WaysIn, ApiError> {
    let platform = server::platform();
    Ok(WaysIn { providers: platform::oidc::providers(&platform), problem: platform::oidc::words(&platform, &asked) })
}

#[server(input = Json, output = Json)]
pub async fn own_ways(asked: String) -> Result<MyWays, ApiError> {
    let platform = server::platform();
    let ways = platform::oidc::ways(&platform, &server::require_user()?.actor).await?;
    Ok(MyWays { ways, now: server::now(), problem: platform::oidc::words(&platform, &asked) })
}

#[server(input = Json, output = Json)]
pub async fn unlink_identity(id: String) -> Result<(), ApiError> {
    let actor = server::require_user()?.actor;
    Ok(platform::oidc::unlink(&server::platform(), &actor, &server::proven()?, &id, server::client_ip()).await?)
}
