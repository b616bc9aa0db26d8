//! How requests find their way: who is asked first, second and last.

use crate::csp::Csp;
use crate::headers::{self, Defaults};
use crate::{
    api, connections, cors, csrf, dev_mail, embed, media, objects, observe, oidc, ops, outside, pages, session, shared,
    viewer,
};
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn, from_fn_with_state};
use leptos::prelude::LeptosOptions;
use platform::{Config, Platform};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;

/// Bytes of a request's body; films don't come this way.
pub(crate) const BODY_LIMIT: usize = 1 << 20;
/// Of brotli and gzip alike: most of what they can save, at a cost that can be paid for each answer.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(5);

#[derive(Clone)]
pub struct AppState {
    pub(crate) platform: Platform,
    pub(crate) leptos: LeptosOptions,
    pub(crate) csp: Csp,
    /// Streams without an end watch it.
    pub(crate) shutdown: CancellationToken,
}

impl FromRef<AppState> for Platform {
    fn from_ref(state: &AppState) -> Self {
        state.platform.clone()
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

pub fn leptos_options(config: &Config) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("kinora")
        .site_root(&*config.site_root.to_string_lossy())
        .site_pkg_dir("pkg")
        .site_addr(config.listen)
        .build()
}

/// Everything the server answers. `shutdown` ends streams that have no end of their own.
pub fn router(platform: Platform, leptos: LeptosOptions, shutdown: CancellationToken) -> Router {
    // From the first request on.
    platform::telemetry::metrics_handle();
    let csp = Csp::new(&platform.config);
    let defaults = Defaults::new(&platform.config, "private, no-cache");
    let state = AppState { platform, leptos, csp, shutdown };

    // Pages, API and playlists need to know who asks. The outermost layer comes last.
    let outside = embed::routes().merge(outside::routes()).merge(dev_mail::routes(&state.platform));
    let known = Router::new().merge(api::routes(&state)).merge(media::routes()).merge(oidc::routes());
    let known = known.merge(outside);
    let known = known.merge(pages::routes(&state)).layer(
        ServiceBuilder::new()
            .layer(session::layer(&state.platform))
            .layer(from_fn_with_state(state.clone(), viewer::identify))
            .layer(from_fn_with_state(state.clone(), shared::open))
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .layer(from_fn(connections::in_time)),
    );

    // Files of a build carry no hash in their names: the browser keeps them, but asks whether they are still the same.
    let pkg = ServiceBuilder::new()
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-cache")))
        .service(pages::pkg(&state));

    known
        .merge(ops::routes())
        .nest_service("/pkg", pkg)
        .layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
                .layer(PropagateRequestIdLayer::x_request_id())
                .layer(from_fn(observe::requests))
                .layer(from_fn_with_state(defaults, headers::complete))
                .layer(from_fn_with_state(state.clone(), cors::allow))
                .layer(CompressionLayer::new().quality(COMPRESSION))
                .layer(from_fn_with_state(state.clone(), csrf::protect)),
        )
        // Stands beside all of the above.
        .merge(objects::routes(&state.platform))
        .with_state(state)
}
