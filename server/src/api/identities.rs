//! Ways to sign in by accounts of other sites.

use super::factors::Proof;
use super::{Items, rfc3339};
use crate::address::Path;
use crate::problem::Result;
use crate::viewer::{ClientIp, Who, Whole};
use axum::extract::State;
use axum::http::StatusCode;
use domain::identity::{Identity, Provider};
use platform::{Platform, oidc};
use serde::Serialize;
use utoipa::ToSchema;

/// A site whose accounts open accounts here.
#[derive(Serialize, ToSchema)]
#[schema(as = Provider)]
pub struct ProviderOut {
    key: String,
    /// What stands on its button.
    label: String,
    /// The path of its picture.
    icon: String,
    /// Where a form begins, with `next`.
    begin: String,
}

impl From<Provider> for ProviderOut {
    fn from(provider: Provider) -> Self {
        let begin = format!("/auth/{}", provider.key);
        Self { key: provider.key, label: provider.label, icon: provider.icon, begin }
    }
}

/// List the sites whose accounts open accounts here
#[utoipa::path(
    get,
    path = "/providers",
    operation_id = "listProviders",
    tag = "Account",
    responses((status = 200, description = "As they are offered to people.", body = Items<ProviderOut>)),
    security(()),
)]
pub async fn providers(State(platform): State<Platform>) -> axum::Json<Items<ProviderOut>> {
    axum::Json(Items { items: oidc::providers(&platform).into_iter().map(ProviderOut::from).collect() })
}

/// Your account at another site.
#[derive(Serialize, ToSchema)]
#[schema(as = Identity)]
pub struct IdentityOut {
    id: String,
    /// The site's `key`. Null for one that isn't used here any more.
    provider: Option<String>,
    label: Option<String>,
    /// What the account is called there.
    name: String,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
}

impl From<Identity> for IdentityOut {
    fn from(identity: Identity) -> Self {
        let (provider, label) = identity.provider.map(|provider| (provider.key, provider.label)).unzip();
        Self {
            id: identity.id,
            provider,
            label,
            name: identity.name,
            created_at: rfc3339(identity.created_at),
            last_used_at: identity.last_used_at.and_then(rfc3339),
        }
    }
}

/// List your accounts at other sites
#[utoipa::path(
    get,
    path = "/account/identities",
    operation_id = "listIdentities",
    tag = "Account",
    responses((status = 200, description = "Those that open yours here.", body = Items<IdentityOut>)),
)]
pub async fn list(State(platform): State<Platform>, Who(actor): Who) -> Result<axum::Json<Items<IdentityOut>>> {
    let ways = oidc::ways(&platform, &actor).await?;
    Ok(axum::Json(Items { items: ways.identities.into_iter().map(IdentityOut::from).collect() }))
}

/// Remove your account at another site
#[utoipa::path(
    delete,
    path = "/account/identities/{id}",
    operation_id = "removeIdentity",
    tag = "Account",
    params(("id" = String, Path, description = "The identity's.")),
    request_body = Proof,
    responses((status = 204, description = "It lets nobody in any more.")),
    extensions(("x-problems" = json!(["proof_required", "wrong_password", "422:wrong_code", "no_password", "too_many_attempts", "last_way_in"]))),
)]
pub async fn unlink(
    State(platform): State<Platform>,
    Whole(viewer): Whole,
    ClientIp(ip): ClientIp,
    Path(id): Path<String>,
    proof: Proof,
) -> Result<StatusCode> {
    let proven = proof.check(&platform, &viewer).await?;
    oidc::unlink(&platform, &viewer.actor, &proven, &id, ip).await?;
    Ok(StatusCode::NO_CONTENT)
}
