//! Captions that owners add to their films. They belong to the film, not to a build, so they outlive re-processing, and
//! stand in place of the film's own in their language.

mod decode;

use crate::db::{self, captions::Captions};
use crate::tasks::{LEFT_ALONE, queue_tidying, tell_state, video};
use crate::videos::load;
use crate::{Error, Platform, Result};
use bytes::Bytes;
use decode::{Decoded, decode};
use domain::access::Action;
use domain::actor::Actor;
use domain::captions::{self, Deleted, File, Label, Listed, Preview, Source, Unreadable};
use domain::id::{CaptionsId, VideoId};
use domain::key::MediaKey;
use domain::language::Language;
use domain::playlist::{self, Text};
use domain::text::InvalidText;
use domain::time::clock;
use serde::Serialize;
use std::time::Duration;

pub use crate::db::tasks::Claim;

/// Cues that a preview shows.
const SHOWN: usize = 200;
/// Bytes of stored captions that are read for one.
const MOST_STORED: u64 = 8 << 20;

/// What was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    #[serde(flatten)]
    pub captions: Listed,
    /// What of the file was left out, and what looks wrong, in words.
    pub notes: Vec<String>,
    /// Whether there were captions in this language before.
    #[serde(skip)]
    pub replaced: bool,
}

/// What an owner's film is captioned in, as players show it.
pub async fn list(platform: &Platform, actor: &Actor, id: &VideoId) -> Result<Vec<Listed>> {
    let texts = texts(platform, actor, id).await?;
    Ok(texts.into_iter().map(|(listed, _)| listed).collect())
}

async fn texts(platform: &Platform, actor: &Actor, id: &VideoId) -> Result<Vec<(Listed, MediaKey)>> {
    let film = load(platform, actor, Action::Edit, id).await?;
    let added = db::captions::of_video(&platform.db, id).await?;
    let (mut own, mut counts) = (Vec::new(), Vec::new());
    if let Some(build) = &film.build
        && let Some(plan) = db::builds::plan(&platform.db, build).await?
    {
        let stored = db::captions::own(&platform.db, build).await?;
        for text in plan.texts {
            let Some(found) = stored.iter().find(|own| own.name == text.name) else { continue };
            counts.push((text.name.clone(), found.cues));
            let key = MediaKey::Text { build: build.clone(), name: text.name.clone(), fence: found.fence };
            own.push(Text { name: text.name, key, about: text.about });
        }
    }
    let added: Vec<Text> = added
        .into_iter()
        .map(|captions| {
            let text = captions.rendition(id);
            counts.push((text.name.clone(), Some(captions.cues)));
            text
        })
        .collect();
    let listed = |text: Text| {
        let source = if matches!(text.key, MediaKey::Captions { .. }) { Source::Added } else { Source::Film };
        let cues = counts.iter().find(|(name, _)| *name == text.name).and_then(|(_, cues)| *cues);
        let Text { name, key, about } = text;
        (Listed { name, language: about.language, label: about.label, source, cues }, key)
    };
    Ok(playlist::texts(&own, &added).into_iter().map(listed).collect())
}

/// What captions that a film has say, by their name in the list.
pub async fn show(platform: &Platform, actor: &Actor, id: &VideoId, name: &str) -> Result<Preview> {
    let texts = texts(platform, actor, id).await?;
    let (_, key) = texts.into_iter().find(|(listed, _)| listed.name == name).ok_or(Error::NotFound)?;
    let bytes = platform.storage.get_range(&key, 0, MOST_STORED).await?;
    let cues = captions::read(&String::from_utf8_lossy(&bytes)).map(|file| file.cues).unwrap_or_default();
    Ok(Preview {
        read_as: None,
        count: cues.len() as u32,
        cues: cues.iter().take(SHOWN).map(Into::into).collect(),
        notes: Vec::new(),
    })
}

/// What a file says that may be added. Nothing is kept of it.
pub async fn preview(
    platform: &Platform,
    actor: &Actor,
    id: &VideoId,
    language: Option<&str>,
    bytes: Bytes,
) -> Result<Preview> {
    let film = load(platform, actor, Action::Edit, id).await?;
    let language = language.map(parse).transpose()?;
    let (file, decoded) = read(bytes, language).await?;
    let encoding = if decoded.encoding == "UTF-8" { String::new() } else { format!(", {}", decoded.encoding) };
    Ok(Preview {
        read_as: Some(format!("{}{encoding}", file.format.name())),
        count: file.cues.len() as u32,
        cues: file.cues.iter().take(SHOWN).map(Into::into).collect(),
        notes: notes(&file, &decoded, film.duration_ms),
    })
}

/// Adds captions in a language, or puts them in place of those that are there. Without a label they are called as before,
/// or by their language.
pub async fn put(
    platform: &Platform,
    actor: &Actor,
    id: &VideoId,
    language: &str,
    label: Option<&str>,
    bytes: Bytes,
) -> Result<Kept> {
    let film = load(platform, actor, Action::Edit, id).await?;
    let language = parse(language)?;
    let label = label.map(named).transpose()?;
    let (file, decoded) = read(bytes, Some(language.clone())).await?;
    let object = CaptionsId::from_random(rand::random());
    // Before there is anything to be tidied away.
    let mut tx = platform.db.begin().await?;
    queue_tidying(&mut tx, id, &film.owner).await?;
    tx.commit().await?;
    let key = MediaKey::Captions { video: id.clone(), id: object.clone() };
    platform.storage.put(&key, captions::write(&file.cues).into()).await?;
    let mut tx = platform.db.begin().await?;
    let access = db::videos::lock(&mut *tx, id).await?.filter(|film| !film.deleted).ok_or(Error::NotFound)?;
    let all = db::captions::of_video(&mut *tx, id).await?;
    let before = all.iter().find(|captions| captions.language == language);
    if before.is_none() && all.len() >= captions::MOST_LANGUAGES {
        let message = format!("A film can be captioned in {} languages at most.", captions::MOST_LANGUAGES);
        return Err(Error::Conflict { code: "too_many_captions", message, details: None });
    }
    let label = label.map(|label| label.as_str().to_owned()).or(before.map(|before| before.label.clone()));
    let label = label.unwrap_or_else(|| name_of(&language));
    let replaced = before.is_some();
    let captions = Captions { language, label, object, cues: file.cues.len() as u32 };
    db::captions::put(&mut *tx, id, &captions).await?;
    changed(platform, tx, &access).await?;
    let notes = notes(&file, &decoded, film.duration_ms);
    Ok(Kept { captions: listed(id, captions), notes, replaced })
}

/// Calls captions that were added something else.
pub async fn rename(platform: &Platform, actor: &Actor, id: &VideoId, language: &str, label: &str) -> Result<Listed> {
    load(platform, actor, Action::Edit, id).await?;
    let (language, label) = (parse(language)?, named(label)?);
    let mut tx = platform.db.begin().await?;
    let access = db::videos::lock(&mut *tx, id).await?.filter(|film| !film.deleted).ok_or(Error::NotFound)?;
    let captions = db::captions::get(&mut *tx, id, &language).await?.ok_or(Error::NotFound)?;
    let captions = Captions { label: label.as_str().to_owned(), ..captions };
    db::captions::put(&mut *tx, id, &captions).await?;
    changed(platform, tx, &access).await?;
    Ok(listed(id, captions))
}

/// Takes captions away that were added. The film's own in that language are shown again, if it has any.
pub async fn delete(platform: &Platform, actor: &Actor, id: &VideoId, language: &str) -> Result<Deleted> {
    let film = load(platform, actor, Action::Edit, id).await?;
    let language = parse(language)?;
    let mut tx = platform.db.begin().await?;
    let access = db::videos::lock(&mut *tx, id).await?.filter(|film| !film.deleted).ok_or(Error::NotFound)?;
    let captions = db::captions::get(&mut *tx, id, &language).await?.ok_or(Error::NotFound)?;
    db::captions::remove(&mut *tx, id, &language).await?;
    queue_tidying(&mut tx, id, &film.owner).await?;
    changed(platform, tx, &access).await?;
    Ok(Deleted { label: captions.label, object: captions.object })
}

/// Brings captions back that were deleted a moment ago, unless there are others in their language by now.
pub async fn undo_delete(
    platform: &Platform,
    actor: &Actor,
    id: &VideoId,
    language: &str,
    deleted: Deleted,
) -> Result<Listed> {
    load(platform, actor, Action::Edit, id).await?;
    let (language, label) = (parse(language)?, named(&deleted.label)?);
    let conflict = |code, message: &str| Error::Conflict { code, message: message.to_owned(), details: None };
    let key = MediaKey::Captions { video: id.clone(), id: deleted.object.clone() };
    let gone = || conflict("too_late", "These captions are gone already. Add their file again.");
    platform.storage.head(&key).await?.ok_or_else(gone)?;
    let bytes = platform.storage.get_range(&key, 0, MOST_STORED).await?;
    let cues = captions::read(&String::from_utf8_lossy(&bytes)).map_err(|_| gone())?.cues.len() as u32;
    let mut tx = platform.db.begin().await?;
    let access = db::videos::lock(&mut *tx, id).await?.filter(|film| !film.deleted).ok_or(Error::NotFound)?;
    if db::captions::get(&mut *tx, id, &language).await?.is_some() {
        return Err(conflict("captions_there", "There are other captions in this language by now."));
    }
    let captions = Captions { language, label: label.as_str().to_owned(), object: deleted.object, cues };
    db::captions::put(&mut *tx, id, &captions).await?;
    changed(platform, tx, &access).await?;
    Ok(listed(id, captions))
}

fn listed(video: &VideoId, captions: Captions) -> Listed {
    let Text { name, about, .. } = captions.rendition(video);
    Listed { name, language: about.language, label: about.label, source: Source::Added, cues: Some(captions.cues) }
}

/// Commits a change of a film's captions, and has its playlists written anew: here at once, by other servers when they
/// hear of it.
async fn changed(
    platform: &Platform,
    mut tx: sqlx::Transaction<'_, sqlx::Postgres>,
    film: &db::videos::Access,
) -> Result<()> {
    db::captions::raise_version(&mut *tx, &film.video).await?;
    tell_state(&mut tx, &film.video, film.state).await?;
    tx.commit().await?;
    platform.growth.captions_changed(platform, &film.video).await
}

fn parse(language: &str) -> Result<Language> {
    let refused = |why: domain::language::UnknownLanguage| Error::invalid("language", "language_unknown", why);
    let language: Language = language.parse().map_err(refused)?;
    // Codes of three letters where there are two.
    let short = isolang::Language::from_639_3(language.primary()).and_then(|known| known.to_639_1());
    match short {
        Some(short) => language.as_str().replacen(language.primary(), short, 1).parse().map_err(refused),
        None => Ok(language),
    }
}

/// What a language is called, in English as everything else on the site.
fn name_of(language: &Language) -> String {
    if let Some(name) = language.common_name() {
        return name.to_owned();
    }
    let (primary, rest) = language.as_str().split_once('-').unwrap_or((language.as_str(), ""));
    let common = primary.parse::<Language>().ok().and_then(|primary| primary.common_name());
    let known = || isolang::Language::from_639_1(primary).or_else(|| isolang::Language::from_639_3(primary));
    match (common.or_else(|| known().map(|known| known.to_name())), rest) {
        (None, _) => language.to_string(),
        (Some(name), "") => name.to_owned(),
        (Some(name), rest) => format!("{name} ({rest})"),
    }
}

fn named(label: &str) -> Result<Label> {
    Label::parse(label).map_err(|why| {
        let code = match why {
            InvalidText::Blank { .. } => "blank",
            InvalidText::TooLong { .. } => "too_long",
            InvalidText::Control { .. } => "control_character",
        };
        Error::invalid("label", code, why)
    })
}

/// Beside other requests: the longest file takes a while.
async fn read(bytes: Bytes, language: Option<Language>) -> Result<(File, Decoded)> {
    let read = move || {
        let decoded = decode(&bytes, language.as_ref())?;
        Ok((captions::read(&decoded.text)?, decoded))
    };
    let read: Result<_, Unreadable> = tokio::task::spawn_blocking(read).await.map_err(Error::internal)?;
    read.map_err(|why| Error::invalid("file", why.code(), why))
}

/// What somebody should look at who adds a file.
fn notes(file: &File, decoded: &Decoded, duration_ms: Option<i64>) -> Vec<String> {
    let late = duration_ms.map(|end| (end, file.cues.iter().filter(|cue| cue.start_ms >= end).count()));
    let late = late.filter(|(_, count)| *count > 0).map(|(end, count)| {
        let (many, end) = (count != 1, clock(end));
        let (captions, begin) = if many { ("captions", "begin") } else { ("caption", "begins") };
        format!("{count} {captions} {begin} after the film has ended, at {end}. Is this the file of another film?")
    });
    let lost = (decoded.lost > 0).then(|| match decoded.lost {
        1 => "One character of this file can't be read.".to_owned(),
        count => format!("{count} characters of this file can't be read."),
    });
    late.into_iter().chain(lost).chain(captions::told(&file.notes)).collect()
}

/// What is stored of the captions of the claim's film and that nobody points at: replaced and deleted ones.
pub async fn useless(platform: &Platform, claim: &Claim) -> Result<Vec<String>> {
    useless_after(platform, claim, LEFT_ALONE).await
}

/// Of what was stored that long ago.
pub async fn useless_after(platform: &Platform, claim: &Claim, age: Duration) -> Result<Vec<String>> {
    let video = video(claim)?;
    let stored = platform.storage.keys_older_than(&MediaKey::captions_prefix(video), age).await?;
    let used = db::captions::of_video(&platform.db, video).await?;
    let is_used = |key: &MediaKey| match key {
        MediaKey::Captions { id, .. } => used.iter().any(|captions| captions.object == *id),
        // What this version can't read is another's, and stays.
        _ => true,
    };
    Ok(stored.into_iter().filter(|key| MediaKey::from_key(key).is_some_and(|key| !is_used(&key))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_one_tag_and_a_name() {
        for (text, tag, name) in [
            ("ger", "de", "German"),
            ("de-at", "de-AT", "German (AT)"),
            ("pt-BR", "pt-BR", "Portuguese (Brazil)"),
            ("wol", "wo", "Wolof"),
            ("gsw", "gsw", "Swiss German"),
            ("qaa", "qaa", "qaa"),
        ] {
            let language = parse(text).unwrap();
            assert_eq!((language.as_str(), name_of(&language).as_str()), (tag, name));
        }
        assert!(parse("klingon").is_err());
    }
}
