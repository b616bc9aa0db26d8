//! What a page's address asks. Read once: the router's own map reads it twice, so that `%2541` became "A".

use leptos::prelude::Memo;
use leptos_router::hooks::use_location;
use leptos_router::location::Url;

/// The address's part behind the question mark, as it stands there.
pub fn search() -> Memo<String> {
    use_location().search
}

/// The value that `search` has for `name`.
pub fn value(search: &str, name: &str) -> Option<String> {
    let mut pairs = search.split('&').filter_map(|pair| pair.split_once('='));
    // A form writes blanks as plus signs.
    pairs.find(|(key, _)| *key == name).map(|(_, value)| Url::unescape(&value.replace('+', " ")))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::value;

    #[test]
    fn a_value_is_read_once() {
        let search = "q=a+b%26c%2Bd%2541&cursor=&t=12&q=second&alone";
        assert_eq!(value(search, "q").as_deref(), Some("a b&c+d%41"));
        assert_eq!(value(search, "cursor").as_deref(), Some(""));
        assert_eq!(value(search, "t").as_deref(), Some("12"));
        assert_eq!(value(search, "alone"), None);
        assert_eq!(value("", "q"), None);
    }
}
