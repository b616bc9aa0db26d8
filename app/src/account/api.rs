use super::Me;
use crate::error::ApiError;
#[allow(unused_imports, reason = "used by the server's half")]
use crate::server;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

#[server(input = Json, output = Json)]
pub async fn whoami() -> Result<Option<Me>, ApiError> {
    Ok(server::viewer().user.map(|user| Me { username: user.username, role: user.role }))
}

/// `login` is a username or an e-mail address.
#[server(input = Json, output = Json)]
pub async fn sign_in(login: String, password: String) -> Result<(), ApiError> {
    let user = platform::accounts::sign_in(&server::platform(), &login, &password, server::client_ip()).await?;
    server::begin_session(&user).await
}

#[server(input = Json, output = Json)]
pub async fn sign_up(
    username: String,
    email: String,
    password: String,
    invitation: Option<String>,
) -> Result<(), ApiError> {
    let new = platform::accounts::NewAccount {
        username: &username,
        email: &email,
        password: &password,
        invitation: invitation.as_deref(),
    };
    let user = platform::accounts::sign_up(&server::platform(), new, server::client_ip()).await?;
    server::begin_session(&user).await
}

#[server(input = Json, output = Json)]
pub async fn sign_out() -> Result<(), ApiError> {
    server::end_session().await
}
