//! What a film is captioned in: adding, looking at, replacing and deleting.

mod api;
mod draft;
mod preview;
mod row;

use crate::components::icons::{UPLOAD, icon};
use crate::components::toast::{offer, say};
use domain::captions::{Deleted, Listed, Preview};
use domain::id::VideoId;
use draft::Draft;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What somebody reads who saves the film meanwhile.
pub const STILL_WAITING: &str = "Saved. The captions that you chose are not added yet.";

/// Clones are the same.
#[derive(Clone)]
pub struct Desk {
    film: VideoId,
    /// None until they are known.
    listed: ArcRwSignal<Option<Vec<Listed>>>,
    drafts: ArcRwSignal<Vec<Draft>>,
    /// What is looked at, by its name.
    open: ArcRwSignal<Option<(String, Preview)>>,
    problem: ArcRwSignal<Option<String>>,
    /// Whether files were chosen that are not added yet.
    waiting: RwSignal<bool>,
    /// What the next files are to be in place of: a language.
    replaces: StoredValue<Option<String>>,
    input: NodeRef<html::Input>,
}

impl Desk {
    async fn load(&self) {
        match api::film_captions(self.film.clone()).await {
            Ok(listed) => {
                self.problem.set(None);
                self.listed.set(Some(listed));
            }
            Err(error) => self.problem.set(Some(error.message)),
        }
    }

    fn ask_for_files(&self, replaces: Option<String>) {
        self.replaces.set_value(replaces);
        if let Some(input) = self.input.get_untracked() {
            input.click();
        }
    }

    fn take(&self) {
        let Some(input) = self.input.get_untracked() else { return };
        let chosen: Vec<_> =
            input.files().map(|files| (0..files.length()).filter_map(|at| files.get(at)).collect()).unwrap_or_default();
        input.set_value("");
        let replaces = self.replaces.try_update_value(Option::take).flatten();
        let first = self.drafts.with_untracked(|drafts| drafts.last().map_or(0, |draft| draft.number + 1));
        let new: Vec<Draft> =
            (first..).zip(chosen).map(|(number, file)| Draft::new(number, file, replaces.clone())).collect();
        for draft in &new {
            draft.look(self);
        }
        self.waiting.set(true);
        self.drafts.update(|drafts| drafts.extend(new));
    }

    fn discard(&self, number: u32) {
        self.drafts.update(|drafts| drafts.retain(|draft| draft.number != number));
        self.waiting.set(self.drafts.with_untracked(|drafts| !drafts.is_empty()));
    }

    fn look_at(&self, name: String) {
        if self.open.with_untracked(|open| open.as_ref().is_some_and(|(shown, _)| *shown == name)) {
            return self.open.set(None);
        }
        let this = self.clone();
        spawn_local(async move {
            match api::show_captions(this.film.clone(), name.clone()).await {
                Ok(preview) => this.open.set(Some((name, preview))),
                Err(error) => say(error.message),
            }
        });
    }

    fn rename(&self, language: String, label: String) {
        let this = self.clone();
        spawn_local(async move {
            match api::rename_captions(this.film.clone(), language, label).await {
                Ok(()) => {
                    this.load().await;
                    say("Saved.".to_owned());
                }
                Err(error) => say(error.message),
            }
        });
    }

    fn delete(&self, language: String) {
        let this = self.clone();
        spawn_local(async move {
            match api::delete_captions(this.film.clone(), language.clone()).await {
                Ok(deleted) => {
                    let words = format!("The captions “{}” were deleted.", deleted.label);
                    let undo = this.clone();
                    let undo = move |()| undo.undo(language.clone(), deleted.clone());
                    offer(words, "Undo", Callback::new(undo));
                    this.load().await;
                }
                Err(error) => say(error.message),
            }
        });
    }

    fn undo(&self, language: String, deleted: Deleted) {
        let this = self.clone();
        spawn_local(async move {
            match api::undo_delete_captions(this.film.clone(), language, deleted).await {
                Ok(()) => this.load().await,
                Err(error) => say(error.message),
            }
        });
    }
}

/// `waiting` tells whether files were chosen that are not added yet.
pub fn desk(film: VideoId, waiting: RwSignal<bool>) -> AnyView {
    let desk = Desk {
        film,
        listed: ArcRwSignal::new(None),
        drafts: ArcRwSignal::new(Vec::new()),
        open: ArcRwSignal::new(None),
        problem: ArcRwSignal::new(None),
        waiting,
        replaces: StoredValue::new(None),
        input: NodeRef::new(),
    };
    Effect::new({
        let desk = desk.clone();
        move |_| {
            let desk = desk.clone();
            spawn_local(async move { desk.load().await });
        }
    });
    let (list, drafts, of_draft) = (desk.clone(), desk.drafts.clone(), desk.clone());
    let (problem, input, chooser) = (desk.problem.clone(), desk.input, desk.clone());
    view! {
        <fieldset class="captions-desk" data-testid="captions-desk">
            <legend>"Captions"</legend>
            {move || rows(&list)}
            <ul class="captions-list">
                <For each=move || drafts.get() key=|draft| draft.number let(draft)>
                    {draft::view(of_draft.clone(), draft)}
                </For>
            </ul>
            <div class="row-actions captions-ways">
                <button class="btn" type="button" on:click=move |_| chooser.ask_for_files(None)>
                    {icon(UPLOAD)}
                    "Choose files of captions"
                </button>
                <input
                    class="hidden"
                    type="file"
                    accept=".srt,.vtt,text/vtt,application/x-subrip"
                    multiple
                    aria-label="Files of captions"
                    tabindex="-1"
                    node_ref=input
                    on:change=move |_| desk.take()
                />
            </div>
            <p class="field-hint">"SRT or WebVTT in any encoding. A name such as film.de.srt tells the language."</p>
            {move || problem.get().map(|why| view! { <p class="field-error">{why}</p> })}
        </fieldset>
    }
    .into_any()
}

fn rows(desk: &Desk) -> AnyView {
    let Some(listed) = desk.listed.get() else { return ().into_any() };
    if listed.is_empty() {
        return ().into_any();
    }
    view! {
        <ul class="captions-list" aria-label="Captions of this film">
            {listed.into_iter().map(|listed| row::view(desk, listed)).collect_view()}
        </ul>
    }
    .into_any()
}
