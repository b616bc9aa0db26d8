//! What people take for captions: told by how it begins, so that the words are about what they brought.

/// What bytes are that are no text.
pub fn of_bytes(bytes: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: [(&[u8], &str); 15] = [
        (b"\x89PNG", "a picture (PNG)"),
        (b"\xff\xd8\xff", "a picture (JPEG)"),
        (b"GIF8", "a picture (GIF)"),
        (b"PK\x03\x04", "a ZIP archive, or a document that is one inside"),
        (b"\x1f\x8b", "a compressed file (GZIP)"),
        (b"Rar!", "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"%PDF", "a PDF"),
        (b"\x1a\x45\xdf\xa3", "a film (Matroska)"),
        (b"OggS", "a film or a sound (Ogg)"),
        (b"ID3", "a sound (MP3)"),
        (b"\0\0\x01\xba", "captions made of pictures (VobSub)"),
        (b"PG\0\0", "captions made of pictures (Blu-ray)"),
        (b"\xd0\xcf\x11\xe0", "a Word document"),
        (b"SQLite format 3\0", "a database"),
    ];
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some("a film (MP4)");
    }
    if bytes.starts_with(b"RIFF") {
        return Some(match bytes.get(8..12) {
            Some(b"WEBP") => "a picture (WebP)",
            _ => "a film or a sound (RIFF)",
        });
    }
    BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning)).map(|(_, what)| *what)
}

/// What a text is in which nothing is said as SRT and WebVTT do.
pub(super) fn of_text(text: &str) -> Option<&'static str> {
    let text = text.trim_start();
    let beginning: String = text.chars().take(400).collect::<String>().to_ascii_lowercase();
    let first = text.lines().next().unwrap_or_default();
    let begins = |word: &str| beginning.starts_with(word);
    let is_numbers = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // "{25}{75}Hello" and "[25][75]Hello".
    let framed = |open: char, close: char| {
        let rest = first.strip_prefix(open)?;
        let (from, rest) = rest.split_once(close)?;
        let (to, _) = rest.strip_prefix(open)?.split_once(close)?;
        Some(is_numbers(from) && (is_numbers(to) || to.is_empty()))
    };
    // "0:00:01.000,0:00:02.000"
    let is_sbv = first.split_once(',').is_some_and(|(from, to)| {
        [from, to].iter().all(|time| {
            time.matches(':').count() == 2
                && time.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b' '))
        })
    });
    if begins("[script info]") || beginning.contains("\n[script info]") || beginning.contains("[v4") {
        Some("an ASS or SSA file")
    } else if begins("<sami") {
        Some("a SAMI file")
    } else if begins("<tt") || (begins("<?xml") && beginning.contains("<tt")) {
        Some("a TTML file")
    } else if begins("<!doctype html") || begins("<html") {
        Some("a web page")
    } else if begins("<?xml") || begins("<") {
        Some("an XML file")
    } else if begins("{\\rtf") {
        Some("a rich text document (RTF)")
    } else if begins("# vobsub") {
        Some("the index of captions made of pictures (VobSub)")
    } else if begins("scenarist_scc") {
        Some("an SCC file")
    } else if framed('{', '}') == Some(true) {
        Some("a MicroDVD file, whose times are counted in frames")
    } else if framed('[', ']') == Some(true) {
        Some("an MPL2 file")
    } else if is_sbv {
        Some("an SBV file")
    } else if begins("{") || begins("[{") {
        Some("a JSON file")
    } else if begins("[ti:") || begins("[ar:") || begins("[00:") {
        Some("an LRC file of lyrics")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_bring() {
        for (text, word) in [
            ("[Script Info]\nTitle: x\n[V4+ Styles]\n", "ASS"),
            ("\n; made by x\n[Script Info]\n", "ASS"),
            ("<?xml version=\"1.0\"?>\n<tt xmlns=\"http://www.w3.org/ns/ttml\">", "TTML"),
            ("<SAMI>\n<HEAD>", "SAMI"),
            ("<!DOCTYPE html><html>", "web page"),
            ("{25}{75}Hello\n", "MicroDVD"),
            ("[25][75]Hello\n", "MPL2"),
            ("0:00:01.000,0:00:02.000\nHello", "SBV"),
            ("{\"events\": []}", "JSON"),
            ("{\\rtf1\\ansi", "RTF"),
            ("[00:12.00]La la la", "LRC"),
        ] {
            assert!(of_text(text).is_some_and(|what| what.contains(word)), "{text}");
        }
        assert_eq!(of_text("Dear Ada, how are you?"), None);
        assert_eq!(of_text(""), None);
        assert_eq!(of_bytes(b"\x89PNG\r\n\x1a\n"), Some("a picture (PNG)"));
        assert_eq!(of_bytes(b"\0\0\0\x20ftypisom"), Some("a film (MP4)"));
        assert_eq!(of_bytes(b"1\n00:00:01,000 --> 00:00:02,000\n"), None);
        assert_eq!(of_bytes(b""), None);
    }
}
