//! Text for XML 1.0 and HTML.

use serde_json::Value;
use std::fmt::Write;

/// For elements and quoted attributes alike. What XML has no way to say is left out: most control characters, and what is
/// no character.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' | '\r' => safe.push(c),
            c if c.is_control() || matches!(c as u32 & 0xFFFF, 0xFFFE | 0xFFFF) => {}
            c => safe.push(c),
        }
    }
    safe
}

/// As the text of a `<script>`: nothing in it ends the element, or begins a comment.
pub fn for_script(json: &Value) -> String {
    json.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// Adds `<name>text</name>`.
pub(super) fn element(xml: &mut String, name: &str, text: &str) {
    let _ = write!(xml, "<{name}>{}</{name}>", escape(text));
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn text_is_text_and_nothing_else() {
        assert_eq!(escape("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
        assert_eq!(escape("a\u{0}\u{1}\u{b}\u{1b}\u{7f}\u{85}\u{FFFE}\u{FFFF}\u{1FFFF}b\n\t"), "ab\n\t");
        assert_eq!(escape("日本 🎬 שלום"), "日本 🎬 שלום");
    }
}
