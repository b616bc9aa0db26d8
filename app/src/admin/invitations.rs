use super::api::{self, Invited};
use super::{admin, chosen, roles, words};
use crate::components::once::once;
use crate::components::problem::bad_notice;
use crate::components::rows::{button, row, skeleton};
use crate::components::toast::say;
use crate::page::{Load, Loaded, page};
use domain::actor::Role;
use domain::id::InvitationId;
use domain::invitation::Invitation;
use domain::sharing::Label;
use domain::time::{UnixMillis, age, span};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

fn load(_: String) -> Load {
    Box::pin(async { api::invitations().await.map(Loaded::new) })
}

#[component]
pub fn Invitations() -> AnyView {
    admin("/admin/invitations", page(Signal::stored(String::new()), load, skeleton, show))
}

fn show(all: Loaded) -> AnyView {
    let Some(Invited { invitations, now }) = all.get() else { return ().into_any() };
    let invitations = RwSignal::new(invitations);
    let made = RwSignal::new(None::<String>);
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let (note, role) = (NodeRef::<html::Input>::new(), NodeRef::<html::Select>::new());
    let invite = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Some(note), Some(role)) = (note.get_untracked(), chosen(role)) else { return };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        made.set(None);
        spawn_local(async move {
            match api::invite(role, note.value()).await {
                Ok(new) => {
                    note.set_value("");
                    invitations.update(|invitations| invitations.insert(0, new.invitation));
                    made.set(Some(new.url));
                }
                Err(error) => problem.set(Some(error.message)),
            }
            busy.set(false);
        });
    };
    let withdraw = Callback::new(move |id: InvitationId| {
        spawn_local(async move {
            match api::withdraw_invitation(id.clone()).await {
                Err(error) if !error.is("not_found") => say(error.message),
                _ => {
                    invitations.update(|invitations| invitations.retain(|invitation| invitation.id != id));
                    say("The invitation was withdrawn.".to_owned());
                }
            }
        });
    });
    view! {
        <form class="card grid gap-4 mb-8" method="post" on:submit=invite>
            <h2>"Invite somebody"</h2>
            <p class="field-hint">
                "You get a link to pass on. Whoever opens it first makes an account of this role, within a week."
            </p>
            <div class="flex flex-wrap items-end gap-3">
                <div class="field grow">
                    <label for="invitation-note">"For whom"</label>
                    <input
                        class="input"
                        id="invitation-note"
                        type="text"
                        dir="auto"
                        maxlength=Label::MAX_CHARS.to_string()
                        placeholder="Optional, for yourself"
                        node_ref=note
                    />
                </div>
                <div class="field">
                    <label for="invitation-role">"Role"</label>
                    <select class="input" id="invitation-role" node_ref=role>
                        {roles(Role::Uploader)}
                    </select>
                </div>
                <button class="btn btn-primary" type="submit" aria-busy=move || busy.get().to_string()>
                    "Invite"
                </button>
            </div>
            {bad_notice(move || problem.get())}
            <div aria-live="polite">
                {move || made.get().map(|url| once("Copy this link now: it is shown only once", url))}
            </div>
        </form>
        <ul class="list" aria-label="Invitations">
            {move || invitations.get().into_iter().map(|invitation| line(invitation, now, withdraw)).collect_view()}
        </ul>
    }
    .into_any()
}

fn line(invitation: Invitation, now: UnixMillis, withdraw: Callback<InvitationId>) -> AnyView {
    let Invitation { id, role, note, created_at, expires_at, expired, used_by } = invitation;
    let name = if note.is_empty() { "Without a name".to_owned() } else { note };
    let open = used_by.is_none();
    let end = match used_by {
        Some(name) if name.is_empty() => "used".to_owned(),
        Some(name) => format!("used by {name}"),
        None if expired => "expired".to_owned(),
        None => format!("good for {}", span(expires_at.0 - now.max(created_at).0)),
    };
    let about = format!("{} · made {} · {end}", words(role), age(created_at, now));
    let action = if open {
        button("Withdraw", format!("Withdraw the invitation: {name}"), move || withdraw.run(id.clone()))
    } else {
        ().into_any()
    };
    row(name, None, about, action)
}
