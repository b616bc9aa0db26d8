//! What a film's original is called once somebody has saved it.

use std::fmt::Write;

/// How much of a title a name carries.
const STEM_CHARS: usize = 100;

/// The endings of files of a container that `sniff::container` knows; the usual one first.
fn endings(container: &str) -> &'static [&'static str] {
    match container {
        "mp4" => &["mp4", "mov", "m4v", "m4a", "3gp", "3g2", "qt"],
        "matroska" => &["mkv", "webm", "mka"],
        "avi" => &["avi"],
        "wav" => &["wav"],
        "flv" => &["flv"],
        "mpegts" => &["ts", "mts", "m2ts", "m2t"],
        "mpeg" => &["mpg", "mpeg", "vob"],
        "ogg" => &["ogg", "ogv", "oga", "opus"],
        "asf" => &["wmv", "asf", "wma"],
        "flac" => &["flac"],
        "gif" => &["gif"],
        "png" => &["png"],
        "jpeg" => &["jpg", "jpeg"],
        "webp" => &["webp"],
        "mp3" => &["mp3", "aac"],
        _ => &["bin"],
    }
}

/// The film's title with the ending that its content has; what it was called when it came decides between several.
pub fn file_name(title: &str, container: Option<&str>, uploaded_as: &str) -> String {
    // What some system takes for a path, a drive, a pattern or a stream.
    let forbidden = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    let stem: String = title.chars().map(|c| if forbidden(c) { ' ' } else { c }).take(STEM_CHARS).collect();
    let stem = stem.split_whitespace().collect::<Vec<_>>().join(" ");
    let stem = stem.trim_matches(['.', ' ']);
    let endings = endings(container.unwrap_or_default());
    let given = uploaded_as.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let ending = endings.iter().find(|ending| Some(**ending) == given.as_deref()).unwrap_or(&endings[0]);
    format!("{}.{ending}", if stem.is_empty() { "film" } else { stem })
}

/// RFC 6266: for all browsers of the last ten years by `filename*` (RFC 8187), for what is older in ASCII.
pub fn disposition(file_name: &str) -> String {
    let ascii: String = file_name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\%".contains(c) || c == ' ' { c } else { '_' })
        .collect();
    let mut header = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''");
    for byte in file_name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            header.push(char::from(byte));
        } else {
            let _ = write!(header, "%{byte:02X}");
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_title_with_the_ending_of_the_content() {
        for (title, container, uploaded_as, name) in [
            ("A walk", Some("mp4"), "IMG_1.MOV", "A walk.mov"),
            ("A walk", Some("mp4"), "IMG_1.exe", "A walk.mp4"),
            ("A walk", Some("matroska"), "a.webm", "A walk.webm"),
            ("A walk", None, "walk.mp4", "A walk.bin"),
            ("../../etc/passwd", Some("avi"), "", "etc passwd.avi"),
            ("C:\\a|b?", Some("flv"), "", "C a b.flv"),
            ("...", Some("mp4"), "", "film.mp4"),
            ("日本 🎬", Some("mpegts"), "x.mts", "日本 🎬.mts"),
        ] {
            assert_eq!(file_name(title, container, uploaded_as), name);
        }
        assert_eq!(file_name(&"é".repeat(200), Some("mp4"), "").chars().count(), 104);
    }

    #[test]
    fn a_header_carries_any_name() {
        assert_eq!(disposition("A walk.mp4"), "attachment; filename=\"A walk.mp4\"; filename*=UTF-8''A%20walk.mp4");
        assert_eq!(disposition("é\"%.mp4"), "attachment; filename=\"___.mp4\"; filename*=UTF-8''%C3%A9%22%25.mp4");
        assert!(disposition("日本 🎬\r\nX: y.mp4").bytes().all(|b| b.is_ascii_graphic() || b == b' '));
    }
}
