//! The text of a file in whatever encoding it was written.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use domain::captions::{Unreadable, foreign};
use domain::language::Language;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    pub encoding: &'static str,
    /// Characters that could not be read.
    pub lost: usize,
}

/// `language` is what the captions are said to be in: a hint where encodings look alike.
pub fn decode(bytes: &[u8], language: Option<&Language>) -> Result<Decoded, Unreadable> {
    if bytes.is_empty() {
        return Err(Unreadable::Empty);
    }
    if let Some(what) = foreign(bytes) {
        return Err(Unreadable::Foreign(what));
    }
    let decoded = match utf_32(bytes) {
        Some(text) => Decoded { lost: lost(&text), text, encoding: "UTF-32" },
        None => {
            let encoding = guess(bytes, language);
            let (text, encoding, _) = encoding.decode(bytes);
            let text = text.into_owned();
            Decoded { lost: lost(&text), text, encoding: encoding.name() }
        }
    };
    // A few bytes may be broken; what is full of what nobody can read is something else.
    let controls = decoded.text.chars().filter(|c| c.is_control() && !c.is_whitespace()).count();
    let is_text = (controls + decoded.lost) * 20 <= decoded.text.chars().count();
    if is_text { Ok(decoded) } else { Err(Unreadable::NotText) }
}

fn guess(bytes: &[u8], language: Option<&Language>) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if let Some(encoding) = utf_16(bytes) {
        return encoding;
    }
    if is_mostly_utf_8(bytes) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(language.and_then(country), Utf8Detection::Deny)
}

/// UTF-16 without a mark at its beginning: digits, blanks and line ends are half zeros.
fn utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let zeros = |parity: usize| bytes.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = |zeros: usize| zeros * 10 > bytes.len();
    match (many(even), many(odd)) {
        (false, true) => Some(UTF_16LE),
        (true, false) => Some(UTF_16BE),
        _ => None,
    }
}

/// With a mark at its beginning only.
fn utf_32(bytes: &[u8]) -> Option<String> {
    let read = match bytes.get(..4)? {
        b"\xff\xfe\0\0" => u32::from_le_bytes,
        b"\0\0\xfe\xff" => u32::from_be_bytes,
        _ => return None,
    };
    let code_points = bytes.as_chunks::<4>().0.iter().map(|four| read(*four));
    Some(code_points.skip(1).map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// Whether all of it is UTF-8, or so much that what isn't was broken on its way.
fn is_mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut characters, mut errors) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        characters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        errors += usize::from(!chunk.invalid().is_empty());
    }
    // Escape sequences of ISO-2022-JP are ASCII.
    let is_ascii = characters == 0 && errors == 0;
    if is_ascii { !bytes.contains(&0x1b) } else { errors * 10 <= characters }
}

fn lost(text: &str) -> usize {
    text.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count()
}

/// Where a language is at home, as the end of a domain: what the detector takes for a hint.
fn country(language: &Language) -> Option<&'static [u8]> {
    let tag = language.as_str();
    let country = match language.primary() {
        "ar" => "sa",
        "az" => "az",
        "be" => "by",
        "bg" => "bg",
        "bs" | "hr" => "hr",
        "cs" => "cz",
        "el" => "gr",
        "et" => "ee",
        "fa" => "ir",
        "he" => "il",
        "hu" => "hu",
        "is" => "is",
        "ja" => "jp",
        "kk" => "kz",
        "ko" => "kr",
        "lt" => "lt",
        "lv" => "lv",
        "mk" => "mk",
        "pl" => "pl",
        "ro" => "ro",
        "ru" => "ru",
        "sk" => "sk",
        "sl" => "si",
        "sr" => "rs",
        "th" => "th",
        "tr" => "tr",
        "uk" => "ua",
        "vi" => "vn",
        "zh" if tag.contains("Hant") || tag.ends_with("-TW") || tag.ends_with("-HK") => "tw",
        "zh" => "cn",
        "da" | "de" | "en" | "es" | "fi" | "fr" | "it" | "nl" | "no" | "pt" | "sv" => "de",
        _ => return None,
    };
    Some(country.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{
        BIG5, EUC_KR, GBK, SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1256,
    };

    fn srt(words: &str) -> String {
        format!("1\n00:00:01,000 --> 00:00:04,000\n{words}\n\n2\n00:00:05,000 --> 00:00:07,000\n{words}\n")
    }

    fn language(tag: &str) -> Language {
        tag.parse().unwrap()
    }

    #[test]
    fn one_sentence_in_many_encodings() {
        for (tag, words, encoding) in [
            ("ru", "Съешь же ещё этих мягких французских булок.", WINDOWS_1251),
            ("uk", "Чуєш їх, доцю, га? Кумедна ж ти, прощайся без ґольфів!", WINDOWS_1251),
            ("de", "Zwölf Boxkämpfer jagen Viktor quer über den großen Deich.", WINDOWS_1252),
            ("fr", "Voix ambiguë d’un cœur qui, au zéphyr, préfère les jattes de kiwis.", WINDOWS_1252),
            ("pl", "Zażółć gęślą jaźń, a potem pójdź w stronę świateł.", WINDOWS_1250),
            ("cs", "Příliš žluťoučký kůň úpěl ďábelské ódy.", WINDOWS_1250),
            ("el", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.", WINDOWS_1253),
            ("ar", "صِف خَلقَ خَودِ كَمِثلِ الشَمسِ", WINDOWS_1256),
            ("ja", "いろはにほへと ちりぬるを、我が世誰ぞ常ならむ。", SHIFT_JIS),
            ("zh", "天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。", GBK),
            ("zh-Hant", "天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。", BIG5),
            ("ko", "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다.", EUC_KR),
        ] {
            let text = srt(words);
            let (bytes, _, failed) = encoding.encode(&text);
            assert!(!failed, "{tag}");
            let decoded = decode(&bytes, Some(&language(tag))).unwrap();
            // What it is called doesn't matter: some encodings have the same letters at the same places.
            assert_eq!((decoded.text.as_str(), decoded.lost), (text.as_str(), 0), "{tag}: {}", decoded.encoding);
            // The same without a hint, where there is nothing alike.
            if !matches!(tag, "fr" | "cs" | "ar" | "zh-Hant") {
                assert_eq!(decode(&bytes, None).unwrap().text, text, "{tag} without a hint");
            }
            assert_eq!(decode(text.as_bytes(), None).unwrap().encoding, "UTF-8");
        }
    }

    #[test]
    fn every_unicode() {
        let text = srt("Grüße, мир, 世界 🎬");
        let utf_16 = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
        let utf_32 = |to: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| to(c.into())).collect::<Vec<u8>>();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for (bytes, encoding) in [
            (marked(b"\xef\xbb\xbf", text.as_bytes()), "UTF-8"),
            (marked(b"\xff\xfe", &utf_16(u16::to_le_bytes)), "UTF-16LE"),
            (marked(b"\xfe\xff", &utf_16(u16::to_be_bytes)), "UTF-16BE"),
            (utf_16(u16::to_le_bytes), "UTF-16LE"),
            (utf_16(u16::to_be_bytes), "UTF-16BE"),
            (marked(b"\xff\xfe\0\0", &utf_32(u32::to_le_bytes)), "UTF-32"),
            (marked(b"\0\0\xfe\xff", &utf_32(u32::to_be_bytes)), "UTF-32"),
        ] {
            let decoded = decode(&bytes, None).unwrap();
            assert_eq!((decoded.text.as_str(), decoded.encoding), (text.as_str(), encoding));
        }
    }

    #[test]
    fn a_broken_byte_is_no_other_encoding() {
        let mut bytes = srt("Съешь же ещё этих мягких французских булок.").into_bytes();
        bytes[40] = 0xff;
        let decoded = decode(&bytes, None).unwrap();
        assert_eq!(decoded.encoding, "UTF-8");
        assert!(decoded.lost >= 1 && decoded.text.contains("французских"));
    }

    #[test]
    fn what_is_no_text() {
        let noise: Vec<u8> = (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert_eq!(decode(&noise, None), Err(Unreadable::NotText));
        assert_eq!(decode(&[0; 100], None), Err(Unreadable::NotText));
        assert_eq!(decode(b"", None), Err(Unreadable::Empty));
        assert_eq!(decode(b"\x89PNG\r\n", None), Err(Unreadable::Foreign("a picture (PNG)")));
    }
}
