//! What a file says of the languages of its streams.

use std::collections::HashSet;

use domain::plan::About;
use ffmpeg_next::format::stream::Stream;
use isolang::Language;

/// Codes of ISO 639-2/B that differ from those of ISO 639-3.
const BIBLIOGRAPHIC: [(&str, &str); 20] = [
    ("alb", "sqi"),
    ("arm", "hye"),
    ("baq", "eus"),
    ("bur", "mya"),
    ("chi", "zho"),
    ("cze", "ces"),
    ("dut", "nld"),
    ("fre", "fra"),
    ("geo", "kat"),
    ("ger", "deu"),
    ("gre", "ell"),
    ("ice", "isl"),
    ("mac", "mkd"),
    ("mao", "mri"),
    ("may", "msa"),
    ("per", "fas"),
    ("rum", "ron"),
    ("slo", "slk"),
    ("tib", "bod"),
    ("wel", "cym"),
];

/// What a stream's metadata says of it; its label may be another's.
pub(super) fn about(stream: &Stream<'_>) -> About {
    let metadata = stream.metadata();
    let language = metadata.get("language").and_then(find);
    let tag = language.map(|language| match language.to_639_1() {
        Some(short) => short.to_owned(),
        None => language.to_639_3().to_owned(),
    });
    // MP4's handlers have names that mean nothing to anybody.
    let title = metadata.get("title").map(str::trim).filter(|title| !title.is_empty());
    let label = title.map(|title| title.chars().take(80).collect());
    About { language: tag, label: label.or(language.map(|language| language.to_name().to_owned())).unwrap_or_default() }
}

fn find(code: &str) -> Option<Language> {
    // Some write "de-AT".
    let code = code.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let code = BIBLIOGRAPHIC.iter().find(|(old, _)| *old == code).map_or(code.as_str(), |(_, new)| new);
    let language = Language::from_639_3(code).or_else(|| Language::from_639_1(code))?;
    // Undetermined, none, several.
    (!matches!(language.to_639_3(), "und" | "zxx" | "mul" | "mis")).then_some(language)
}

/// Gives each a label that none of the others has; `other` names what says nothing of itself.
pub(super) fn tell_apart<'a>(all: impl Iterator<Item = &'a mut About>, other: &str) {
    let mut taken = HashSet::new();
    for (number, about) in (1..).zip(all) {
        if about.label.is_empty() {
            about.label = if number == 1 { other.to_owned() } else { format!("{other} {number}") };
        }
        let wished = about.label.clone();
        let mut copy = 2;
        while !taken.insert(about.label.clone()) {
            about.label = format!("{wished} {copy}");
            copy += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_all_kinds_are_understood() {
        for (code, tag) in [("ger", "de"), ("deu", "de"), ("de-AT", "de"), ("ENG", "en"), ("gsw", "gsw")] {
            let language = find(code).map(|language| language.to_639_1().unwrap_or(language.to_639_3()));
            assert_eq!(language, Some(tag), "{code}");
        }
        for code in ["und", "", "xx-", "klingon"] {
            assert_eq!(find(code), None, "{code}");
        }
    }

    #[test]
    fn no_two_labels_are_the_same() {
        let about = |label: &str| About { language: None, label: label.to_owned() };
        let mut all = ["", "English", "English", "", "English"].map(about);
        tell_apart(all.iter_mut(), "Original");
        assert_eq!(all.map(|about| about.label), ["Original", "English", "English 2", "Original 4", "English 3"]);
    }
}
