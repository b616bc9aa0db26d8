//! Tags of languages (BCP 47, RFC 5646), and the names of those that films are most often captioned in.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A tag in one spelling: `de`, `pt-BR`, `zh-Hant`. Languages, scripts, regions and variants; no extensions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” isn't the tag of a language. Those look like de, pt-BR or zh-Hant.")]
pub struct UnknownLanguage(String);

/// Characters of a tag at most: as RFC 5646, 4.4.1 advises.
const LONGEST: usize = 35;

/// Tag, codes of ISO 639-2 and 639-3, name.
const COMMON: [(&str, &[&str], &str); 66] = [
    ("af", &["afr"], "Afrikaans"),
    ("ar", &["ara"], "Arabic"),
    ("az", &["aze"], "Azerbaijani"),
    ("eu", &["eus", "baq"], "Basque"),
    ("be", &["bel"], "Belarusian"),
    ("bn", &["ben"], "Bengali"),
    ("bs", &["bos"], "Bosnian"),
    ("bg", &["bul"], "Bulgarian"),
    ("ca", &["cat"], "Catalan"),
    ("zh-Hans", &[], "Chinese (simplified)"),
    ("zh-Hant", &[], "Chinese (traditional)"),
    ("zh", &["zho", "chi"], "Chinese"),
    ("hr", &["hrv"], "Croatian"),
    ("cs", &["ces", "cze"], "Czech"),
    ("da", &["dan"], "Danish"),
    ("nl", &["nld", "dut"], "Dutch"),
    ("en", &["eng"], "English"),
    ("et", &["est"], "Estonian"),
    ("fil", &[], "Filipino"),
    ("fi", &["fin"], "Finnish"),
    ("fr", &["fra", "fre"], "French"),
    ("gl", &["glg"], "Galician"),
    ("ka", &["kat", "geo"], "Georgian"),
    ("de", &["deu", "ger"], "German"),
    ("el", &["ell", "gre"], "Greek"),
    ("gu", &["guj"], "Gujarati"),
    ("he", &["heb"], "Hebrew"),
    ("hi", &["hin"], "Hindi"),
    ("hu", &["hun"], "Hungarian"),
    ("is", &["isl", "ice"], "Icelandic"),
    ("id", &["ind"], "Indonesian"),
    ("ga", &["gle"], "Irish"),
    ("it", &["ita"], "Italian"),
    ("ja", &["jpn"], "Japanese"),
    ("kn", &["kan"], "Kannada"),
    ("kk", &["kaz"], "Kazakh"),
    ("ko", &["kor"], "Korean"),
    ("lv", &["lav"], "Latvian"),
    ("lt", &["lit"], "Lithuanian"),
    ("mk", &["mkd", "mac"], "Macedonian"),
    ("ms", &["msa", "may"], "Malay"),
    ("ml", &["mal"], "Malayalam"),
    ("mr", &["mar"], "Marathi"),
    ("ne", &["nep"], "Nepali"),
    ("no", &["nor"], "Norwegian"),
    ("fa", &["fas", "per"], "Persian"),
    ("pl", &["pol"], "Polish"),
    ("pt", &["por"], "Portuguese"),
    ("pt-BR", &[], "Portuguese (Brazil)"),
    ("ro", &["ron", "rum"], "Romanian"),
    ("ru", &["rus"], "Russian"),
    ("sr", &["srp"], "Serbian"),
    ("sk", &["slk", "slo"], "Slovak"),
    ("sl", &["slv"], "Slovenian"),
    ("es", &["spa"], "Spanish"),
    ("es-419", &[], "Spanish (Latin America)"),
    ("sw", &["swa"], "Swahili"),
    ("sv", &["swe"], "Swedish"),
    ("ta", &["tam"], "Tamil"),
    ("te", &["tel"], "Telugu"),
    ("th", &["tha"], "Thai"),
    ("tr", &["tur"], "Turkish"),
    ("uk", &["ukr"], "Ukrainian"),
    ("ur", &["urd"], "Urdu"),
    ("vi", &["vie"], "Vietnamese"),
    ("cy", &["cym", "wel"], "Welsh"),
];

impl Language {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language itself, without script and region.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// What it is called in English, if it is one of the common.
    pub fn common_name(&self) -> Option<&'static str> {
        COMMON.iter().find(|(tag, ..)| *tag == self.0).map(|(.., name)| *name)
    }

    /// The most common ones with their names, by name.
    pub fn common() -> impl Iterator<Item = (&'static str, &'static str)> {
        COMMON.iter().map(|(tag, _, name)| (*tag, *name))
    }

    /// The language that the name of a file of captions tells, as in `film.de.srt`, `film_eng.vtt` and `Polish.srt`.
    pub fn of_file(name: &str) -> Option<Self> {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let words: Vec<&str> =
            stem.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.is_empty()).collect();
        let mut guess = None;
        for word in words.iter().rev().take(3) {
            let word = word.trim_matches('-');
            let last = word.rsplit('-').next().unwrap_or_default();
            if let Some(found) = known(word).or_else(|| known(last)) {
                // "hi" behind a language is for the hard of hearing.
                let is_hearing = guess.as_ref().is_none_or(|guess: &Self| guess.0 == "hi");
                guess = if is_hearing { Some(found) } else { guess };
            } else if !["forced", "sdh", "cc", "full", "sub", "subs", "subtitles", "captions", "default"]
                .contains(&word.to_ascii_lowercase().as_str())
            {
                break;
            }
        }
        guess
    }
}

/// A common language by its tag, an older code or its name.
fn known(word: &str) -> Option<Language> {
    let is = |other: &str| other.eq_ignore_ascii_case(word);
    let found = COMMON.iter().find(|(tag, codes, name)| is(tag) || is(name) || codes.iter().any(|code| is(code)));
    match found {
        Some((tag, ..)) => Some(Language((*tag).to_owned())),
        // "pt-PT", of which there are too many to list.
        None => {
            let (primary, region) = word.split_once('-')?;
            let is_region = region.len() == 2 && region.bytes().all(|b| b.is_ascii_alphabetic());
            let is_known = is_region && COMMON.iter().any(|(tag, ..)| tag.eq_ignore_ascii_case(primary));
            is_known.then(|| word.parse().ok()).flatten()
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        let unknown = || UnknownLanguage(text.chars().take(LONGEST).filter(|c| !c.is_control()).collect());
        let tag = text.trim().replace('_', "-").to_ascii_lowercase();
        if tag.len() > LONGEST {
            return Err(unknown());
        }
        let mut parts = tag.split('-').peekable();
        let letters = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase());
        let primary = parts.next().filter(|part| (2..=3).contains(&part.len()) && letters(part)).ok_or_else(unknown)?;
        // Undetermined, none, several, others: what captions can't be in.
        if matches!(primary, "und" | "zxx" | "mul" | "mis") {
            return Err(unknown());
        }
        let short = COMMON.iter().find(|(_, codes, _)| codes.contains(&primary)).map_or(primary, |(tag, ..)| tag);
        let mut canonical = short.to_owned();
        if let Some(script) = parts.next_if(|part| part.len() == 4 && letters(part)) {
            canonical.push('-');
            canonical.push_str(&script[..1].to_ascii_uppercase());
            canonical.push_str(&script[1..]);
        }
        let is_region = |part: &&str| {
            (part.len() == 2 && letters(part)) || (part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit()))
        };
        if let Some(region) = parts.next_if(is_region) {
            canonical.push('-');
            canonical.push_str(&region.to_ascii_uppercase());
        }
        for variant in parts {
            let alphanumeric = variant.bytes().all(|b| b.is_ascii_alphanumeric());
            let is_long = (5..=8).contains(&variant.len());
            let is_dated = variant.len() == 4 && variant.starts_with(|c: char| c.is_ascii_digit());
            if !alphanumeric || !(is_long || is_dated) {
                return Err(unknown());
            }
            canonical.push('-');
            canonical.push_str(variant);
        }
        Ok(Self(canonical))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Language {
    type Error = UnknownLanguage;

    fn try_from(text: String) -> Result<Self, UnknownLanguage> {
        text.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_one_spelling() {
        for (text, tag) in [
            ("de", "de"),
            ("DE", "de"),
            ("ger", "de"),
            ("deu-at", "de-AT"),
            ("pt_br", "pt-BR"),
            ("zh-hant", "zh-Hant"),
            ("ZH-HANT-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("gsw", "gsw"),
            ("sl-rozaj-1994", "sl-rozaj-1994"),
        ] {
            assert_eq!(text.parse::<Language>().unwrap().as_str(), tag, "{text}");
        }
        for text in ["", "d", "german", "und", "mul", "de-", "de--AT", "de/..", "x-klingon", "d3", "de-a", "日本語"]
        {
            assert!(text.parse::<Language>().is_err(), "{text}");
        }
        assert!("de-abcdefgh-abcdefgh-abcdefgh-abcdefgh".parse::<Language>().is_err());
    }

    #[test]
    fn file_names_tell_languages() {
        for (name, tag) in [
            ("film.de.srt", Some("de")),
            ("film_eng.vtt", Some("en")),
            ("Film [GER].srt", Some("de")),
            ("My.Film.2024.pt-BR.srt", Some("pt-BR")),
            ("film-fr.srt", Some("fr")),
            ("film.en-GB.srt", Some("en-GB")),
            ("film.en.hi.srt", Some("en")),
            ("film.hi.srt", Some("hi")),
            ("film.eng.forced.sdh.srt", Some("en")),
            ("Polish.srt", Some("pl")),
            ("2_English.srt", Some("en")),
            ("film.srt", None),
            ("de", Some("de")),
            ("", None),
            (".srt", None),
        ] {
            assert_eq!(Language::of_file(name).as_ref().map(Language::as_str), tag, "{name}");
        }
    }

    #[test]
    fn common_tags_are_spelt_as_they_are_read() {
        for (tag, _) in Language::common() {
            let language: Language = tag.parse().unwrap();
            assert_eq!(language.as_str(), tag);
            assert!(language.common_name().is_some());
        }
    }
}
