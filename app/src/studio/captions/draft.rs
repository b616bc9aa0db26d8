//! A file of captions that was chosen and is not added yet.

use super::{Desk, api, preview};
use domain::captions::{MOST_BYTES, Preview, Source};
use domain::language::Language;
use domain::time::bytes;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use send_wrapper::SendWrapper;
use web_sys::File;

/// In the list of languages: one that isn't in it.
const OTHER: &str = "other";

#[derive(Clone)]
enum State {
    /// It is looked at.
    Reading,
    Read(Preview),
    /// It can't be used, in words.
    Refused(String),
}

/// Clones are the same.
#[derive(Clone)]
pub struct Draft {
    pub number: u32,
    file: SendWrapper<File>,
    /// What is chosen in the list, a tag or [`OTHER`].
    chosen: ArcRwSignal<String>,
    /// The tag that somebody wrote.
    written: ArcRwSignal<String>,
    state: ArcRwSignal<State>,
    busy: ArcRwSignal<bool>,
    problem: ArcRwSignal<Option<String>>,
}

impl Draft {
    /// `language` is what it is to be in place of; else its name may tell.
    pub fn new(number: u32, file: File, language: Option<String>) -> Self {
        let guess = language.or_else(|| Language::of_file(&file.name()).map(String::from));
        Self {
            number,
            file: SendWrapper::new(file),
            chosen: ArcRwSignal::new(guess.unwrap_or_default()),
            written: ArcRwSignal::new(String::new()),
            state: ArcRwSignal::new(State::Reading),
            busy: ArcRwSignal::new(false),
            problem: ArcRwSignal::new(None),
        }
    }

    /// The tag, in one spelling if it is one.
    fn language(&self) -> String {
        let chosen = self.chosen.get();
        let text = if chosen == OTHER { self.written.get() } else { chosen };
        text.parse::<Language>().map_or(text, String::from)
    }

    /// Has the server read it.
    pub fn look(&self, desk: &Desk) {
        if self.file.size() > MOST_BYTES as f64 {
            let (most, size) = (MOST_BYTES >> 20, bytes(self.file.size() as u64));
            let why =
                format!("Captions may have {most} MB at most. This file has {size}, so it may be something else.");
            return self.state.set(State::Refused(why));
        }
        let (this, film) = (self.clone(), desk.film.clone());
        let language = untrack(|| this.language());
        spawn_local(async move {
            let hint = if language.parse::<Language>().is_ok() { language.as_str() } else { "" };
            this.state.set(match api::preview(&film, hint, &this.file).await {
                Ok(preview) => State::Read(preview),
                Err(why) => State::Refused(why),
            });
        });
    }

    /// Another language was chosen: if the file isn't in Unicode, its letters may be others.
    fn choose(&self, desk: &Desk, language: String) {
        self.chosen.set(language);
        self.problem.set(None);
        let is_guess = |state: &State| matches!(state, State::Read(Preview { read_as: Some(how), .. }) if how.contains(',') && !how.contains("UTF"));
        if self.state.with_untracked(is_guess) {
            self.look(desk);
        }
    }

    fn add(&self, desk: Desk, label: String) {
        let language = untrack(|| self.language());
        if language.is_empty() {
            return self.problem.set(Some("Choose the language of these captions first.".to_owned()));
        }
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        let this = self.clone();
        spawn_local(async move {
            match api::add(&desk.film, &language, &label, &this.file).await {
                Ok(()) => {
                    desk.load().await;
                    desk.discard(this.number);
                }
                Err(why) => {
                    this.problem.set(Some(why));
                    this.busy.set(false);
                }
            }
        });
    }
}

pub fn view(desk: Desk, draft: Draft) -> AnyView {
    let label = NodeRef::<html::Input>::new();
    let id = |part: &str| format!("{part}-{}-{}", desk.film, draft.number);
    let (language_id, tag_id, label_id) = (id("language"), id("tag"), id("label"));
    let file = draft.file.name();
    let (choosing, writing, adding, discarding) = (draft.clone(), draft.clone(), draft.clone(), draft.clone());
    let (desk_of_choice, desk_of_add, desk_of_end) = (desk.clone(), desk.clone(), desk.clone());
    let is_other = {
        let chosen = draft.chosen.clone();
        move || *chosen.read() == OTHER
    };
    // What is there in this language already.
    let before = {
        let (desk, draft) = (desk.clone(), draft.clone());
        Memo::new(move |_| {
            let language = Some(draft.language());
            desk.listed.read().iter().flatten().find(|there| there.language == language).map(|there| there.source)
        })
    };
    let can_be_added = {
        let state = draft.state.clone();
        Signal::derive(move || matches!(*state.read(), State::Read(_)))
    };
    let name = {
        let draft = draft.clone();
        move || draft.language().parse().ok().and_then(|language: Language| language.common_name()).unwrap_or_default()
    };
    let busy = draft.busy.clone();
    let (state, told, problem) = (draft.state.clone(), draft.state.clone(), draft.problem.clone());
    let chosen = draft.chosen.get_untracked();
    let is_listed = Language::common().any(|(tag, _)| tag == chosen);
    let option = move |tag: String, name: String, chosen: &str| {
        let selected = tag == chosen;
        view! { <option value=tag selected=selected>{name}</option> }
    };
    view! {
        <li class="captions-draft" data-testid="captions-draft">
            <p class="captions-file" dir="auto">
                {file.clone()}
            </p>
            <div class="captions-fields" hidden=move || !can_be_added.get()>
                <div class="field">
                    <label for=language_id.clone()>"Language"</label>
                    <select
                        class="input"
                        id=language_id
                        on:change=move |event| choosing.choose(&desk_of_choice, event_target_value(&event))
                    >
                        {option(String::new(), "Choose a language".to_owned(), &chosen)}
                        {(!is_listed && !chosen.is_empty()).then(|| option(chosen.clone(), chosen.clone(), &chosen))}
                        {Language::common()
                            .map(|(tag, name)| option(tag.to_owned(), name.to_owned(), &chosen))
                            .collect_view()}
                        {option(OTHER.to_owned(), "Another language".to_owned(), &chosen)}
                    </select>
                </div>
                <div class="field" hidden=move || !is_other()>
                    <label for=tag_id.clone()>"Its tag, such as gsw or de-AT"</label>
                    <input
                        class="input"
                        id=tag_id
                        type="text"
                        autocapitalize="off"
                        spellcheck="false"
                        on:input=move |event| writing.written.set(event_target_value(&event))
                        on:keydown=stays_here
                    />
                </div>
                <div class="field">
                    <label for=label_id.clone()>"Name"</label>
                    <input
                        class="input"
                        id=label_id
                        type="text"
                        maxlength="80"
                        placeholder=name
                        dir="auto"
                        node_ref=label
                        on:keydown=stays_here
                    />
                </div>
            </div>
            <div class="captions-preview">
                <div aria-live="polite">
                    {move || match &*told.read() {
                        State::Reading => view! { <p class="field-hint">"Reading the file."</p> }.into_any(),
                        State::Refused(why) => view! { <p class="field-error">{why.clone()}</p> }.into_any(),
                        State::Read(Preview { read_as, count, .. }) => {
                            let how = read_as.clone().unwrap_or_default();
                            let told = format!("{}, read as {how}.", preview::captions(*count));
                            view! { <p class="field-hint">{told}</p> }.into_any()
                        }
                    }}
                    {move || problem.get().map(|why| view! { <p class="field-error">{why}</p> })}
                </div>
                {move || match &*state.read() {
                    State::Read(read) => preview::view(read, format!("What {file} says")),
                    State::Reading | State::Refused(_) => ().into_any(),
                }}
            </div>
            <div class="row-actions captions-ways">
                <button
                    class="btn btn-primary"
                    type="button"
                    hidden=move || !can_be_added.get()
                    aria-busy=move || busy.get().to_string()
                    on:click=move |_| {
                        let label = label.get_untracked().map(|label| label.value()).unwrap_or_default();
                        adding.add(desk_of_add.clone(), label.trim().to_owned());
                    }
                >
                    {move || if before.get() == Some(Source::Added) { "Replace captions" } else { "Add captions" }}
                </button>
                <button
                    class="btn btn-quiet"
                    type="button"
                    on:click=move |_| desk_of_end.discard(discarding.number)
                >
                    "Discard"
                </button>
                <p class="field-hint" hidden=move || before.get() != Some(Source::Film)>
                    "They are shown in place of the film's own in this language."
                </p>
            </div>
        </li>
    }
    .into_any()
}

/// Enter is not meant for the form around.
fn stays_here(event: leptos::ev::KeyboardEvent) {
    if event.key() == "Enter" {
        event.prevent_default();
    }
}
