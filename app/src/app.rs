//! The router, and what every page shares.

use crate::account::{
    Account, ChangeEmail, ChangePassword, Confirm, Forgot, Identities, MyFactors, MyLog, MySessions, MyTokens, Reset,
    SignIn, SignInCode, SignUp, Verify,
};
use crate::admin::{AuditLog, Invitations, People};
use crate::browse::{Home, Search};
use crate::components::empty::NotFound;
use crate::components::header::Header;
use crate::components::toast::{Toasts, provide_toasts};
use crate::server;
use crate::studio::Studio;
use crate::upload::{Queue, Tray, Upload, badge};
use crate::watch::{Mini, MiniPlayer, Watch};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Router};
use leptos_router::{Lazy, LazyRoute, MatchNestedRoutes, NestedRoute, lazy_route, path};

/// Pages whose code comes when somebody goes there.
macro_rules! lazy_pages {
    ($($route:ident: $page:ident),+) => {
        $(
            struct $route;

            #[lazy_route]
            impl LazyRoute for $route {
                fn data() -> Self {
                    Self
                }

                fn view(_this: Self) -> AnyView {
                    $page().into_any()
                }
            }
        )+
    };
}

lazy_pages! {
    HomePage: Home,
    SearchPage: Search,
    WatchPage: Watch,
    UploadPage: Upload,
    StudioPage: Studio,
    SignInPage: SignIn,
    SignInCodePage: SignInCode,
    SignUpPage: SignUp,
    ForgotPage: Forgot,
    ResetPage: Reset,
    VerifyPage: Verify,
    ConfirmPage: Confirm,
    MySessionsPage: MySessions,
    PasswordPage: ChangePassword,
    EmailPage: ChangeEmail,
    IdentitiesPage: Identities,
    MyFactorsPage: MyFactors,
    MyTokensPage: MyTokens,
    MyLogPage: MyLog,
    PeoplePage: People,
    InvitationsPage: Invitations,
    AuditLogPage: AuditLog
}

/// In groups, for the router takes sixteen at once.
fn pages() -> impl MatchNestedRoutes + Clone {
    let films = (
        NestedRoute::new(path!("/"), Lazy::<HomePage>::new()),
        NestedRoute::new(path!("/search"), Lazy::<SearchPage>::new()),
        NestedRoute::new(path!("/watch/:id"), Lazy::<WatchPage>::new()),
        NestedRoute::new(path!("/upload"), Lazy::<UploadPage>::new()),
        NestedRoute::new(path!("/studio"), Lazy::<StudioPage>::new()),
    );
    let coming_in = (
        NestedRoute::new(path!("/signin"), Lazy::<SignInPage>::new()),
        NestedRoute::new(path!("/signin/code"), Lazy::<SignInCodePage>::new()),
        NestedRoute::new(path!("/signup"), Lazy::<SignUpPage>::new()),
        NestedRoute::new(path!("/forgot"), Lazy::<ForgotPage>::new()),
        NestedRoute::new(path!("/reset"), Lazy::<ResetPage>::new()),
        NestedRoute::new(path!("/verify"), Lazy::<VerifyPage>::new()),
        NestedRoute::new(path!("/confirm"), Lazy::<ConfirmPage>::new()),
    );
    let account = (
        NestedRoute::new(path!("/account"), Lazy::<MySessionsPage>::new()),
        NestedRoute::new(path!("/account/password"), Lazy::<PasswordPage>::new()),
        NestedRoute::new(path!("/account/email"), Lazy::<EmailPage>::new()),
        NestedRoute::new(path!("/account/identities"), Lazy::<IdentitiesPage>::new()),
        NestedRoute::new(path!("/account/factors"), Lazy::<MyFactorsPage>::new()),
        NestedRoute::new(path!("/account/tokens"), Lazy::<MyTokensPage>::new()),
        NestedRoute::new(path!("/account/log"), Lazy::<MyLogPage>::new()),
    );
    let admin = (
        NestedRoute::new(path!("/admin"), Lazy::<PeoplePage>::new()),
        NestedRoute::new(path!("/admin/invitations"), Lazy::<InvitationsPage>::new()),
        NestedRoute::new(path!("/admin/log"), Lazy::<AuditLogPage>::new()),
    );
    (films, coming_in, account, admin)
}

#[component]
pub fn App() -> AnyView {
    provide_meta_context();
    provide_toasts();
    provide_context(Account::new());
    // Above the router, so that films go on being sent while somebody looks around.
    let queue = Queue::new();
    provide_context(queue);
    // The same of a film that plays.
    provide_context(Mini::new());
    let title = move |title: String| {
        let name = if title.is_empty() { "Kinora".to_owned() } else { title + " · Kinora" };
        server::in_title(badge(queue) + &name)
    };

    view! {
        <Title formatter=title />
        <Router>
            <a class="skip-link" href="#main" rel="external">
                "Skip to the content"
            </a>
            <Header />
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=NotFound children=ToChildren::to_children(pages) />
            </main>
            <Tray />
            <MiniPlayer />
            <Toasts />
        </Router>
    }
    .into_any()
}
