//! Where somebody goes on after signing in: to the page of this site that he came for, and nowhere else.

/// Longer addresses are none of ours.
const MAX_BYTES: usize = 2_000;

/// The address within this site that `asked` is. None for whatever a browser may read as another site's: it takes a
/// backslash for a slash, and leaves out line breaks and tabs before it looks for one (WHATWG URL, 4.4).
pub fn within(asked: &str) -> Option<&str> {
    let rest = asked.strip_prefix('/')?;
    let leads_away = rest.starts_with('/') || asked.contains(|c: char| c == '\\' || c.is_control());
    (!leads_away && asked.len() <= MAX_BYTES).then_some(asked)
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn pages_of_this_site_are_gone_on_to() {
        for path in
            ["/", "/studio", "/watch/x?t=12#about", "/search?q=a b//c", "/@ada", "/.//x", "/%09/x", "/%5cx", "/שלום"]
        {
            assert_eq!(within(path), Some(path));
        }
    }

    #[test]
    fn whatever_a_browser_may_take_for_another_site_is_not() {
        for asked in [
            "",
            "studio",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r/evil.example",
            "\t//evil.example",
            " //evil.example",
            "\u{0}//evil.example",
            "/\u{0}/evil.example",
            "/x\\..\\..\\evil.example",
            "https:evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "@evil.example",
            ".evil.example",
            "/\u{85}/evil.example",
        ] {
            assert_eq!(within(asked), None, "{asked:?}");
        }
        assert_eq!(within(&format!("/{}", "x".repeat(2_000))), None);
    }
}
