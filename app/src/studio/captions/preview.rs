//! What captions say and when.

use domain::captions::Preview;
use domain::time::clock;
use leptos::prelude::*;

/// `of` names whose they are.
pub fn view(preview: &Preview, of: String) -> AnyView {
    let shown = preview.cues.len();
    let count = preview.count;
    let first = (count as usize > shown).then(|| format!("The first {shown} of {}.", captions(count)));
    let cues = preview.cues.iter().map(|cue| {
        let times = format!("{} – {}", tenths(cue.start_ms), tenths(cue.end_ms));
        view! {
            <li>
                <span class="cue-times">{times}</span>
                <span class="cue-words" dir="auto">
                    {cue.text.clone()}
                </span>
            </li>
        }
    });
    let notes = preview.notes.iter().map(|note| view! { <li>{note.clone()}</li> });
    view! {
        {(!preview.notes.is_empty())
            .then(|| {
                view! {
                    <div class="notice">
                        <ul class="cue-notes" aria-label="What to look at">
                            {notes.collect_view()}
                        </ul>
                    </div>
                }
            })}
        <div class="cues" tabindex="0" role="group" aria-label=of data-testid="cues">
            <ol>{cues.collect_view()}</ol>
        </div>
        {first.map(|first| view! { <p class="field-hint">{first}</p> })}
    }
    .into_any()
}

/// "0:07.5": many cues begin and end within a second.
fn tenths(ms: i64) -> String {
    format!("{}.{}", clock(ms), ms / 100 % 10)
}

pub fn captions(count: u32) -> String {
    if count == 1 { "1 caption".to_owned() } else { format!("{count} captions") }
}
