//! Instants as the browser, PostgreSQL and JSON all understand them.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

/// How long ago `then` was, in the words of a film card: "just now", "5 minutes ago", "3 years ago".
pub fn age(then: UnixMillis, now: UnixMillis) -> String {
    let seconds = (now.0 - then.0).max(0) / 1000;
    let (count, unit) = match seconds {
        0..60 => return "just now".to_owned(),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        86_400..604_800 => (seconds / 86_400, "day"),
        604_800..2_629_800 => (seconds / 604_800, "week"),
        2_629_800..31_557_600 => (seconds / 2_629_800, "month"),
        _ => (seconds / 31_557_600, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

/// How long something is still there, rounded up: what expires "in 1 hour" is there for no more than that.
pub fn span(ms: i64) -> String {
    let minutes = ms.max(1).unsigned_abs().div_ceil(60_000);
    let (count, unit) = match minutes {
        0..=90 => (minutes, "minute"),
        91..=2_880 => (minutes.div_ceil(60), "hour"),
        _ => (minutes.div_ceil(1_440), "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A duration as a clock shows it: `0:07`, `12:03`, `1:02:03`.
pub fn clock(duration_ms: i64) -> String {
    let seconds = duration_ms.max(0) / 1000;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// A place in a film as links name it: `90`, `90s`, `1m30s`, `1h2m3s`, `1:30`, `1:02:03`. None for anything else.
pub fn place(text: &str) -> Option<u32> {
    if text.contains(':') {
        let mut parts = text.split(':');
        let seconds = parts.try_fold(0_u32, |sum, part| sum.checked_mul(60)?.checked_add(number(part)?));
        return seconds.filter(|_| text.split(':').count() <= 3);
    }
    let (mut rest, mut sum) = (text, 0_u32);
    for (unit, seconds) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((count, behind)) = rest.split_once(unit) {
            sum = sum.checked_add(number(count)?.checked_mul(seconds)?)?;
            rest = behind;
        }
    }
    match rest {
        "" if !text.is_empty() => Some(sum),
        plain if plain.len() == text.len() => number(plain),
        _ => None,
    }
}

/// Digits and nothing else.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Time left, as a person says it: "less than a minute left", "3 min left", "2 h 5 min left".
pub fn time_left(seconds: u64) -> String {
    match seconds {
        0..10 => "a few seconds left".to_owned(),
        10..60 => format!("{seconds} s left"),
        60..3600 => format!("{} min left", seconds.div_ceil(60)),
        _ => format!("{} h {} min left", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Bytes with a sensible precision, decimal units: `812 B`, `8.4 MB`, `92 MB`, `1.2 GB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let (mut unit, mut tenths) = (0, count.saturating_mul(10) / 1000);
    while tenths >= 9_995 && unit + 1 < UNITS.len() {
        tenths = (tenths + 500) / 1000;
        unit += 1;
    }
    if tenths < 100 {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    } else {
        format!("{} {}", (tenths + 5) / 10, UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_as_people_say_them() {
        let now = UnixMillis(1_000_000_000_000);
        let ago = |s: i64| age(UnixMillis(now.0 - s * 1000), now);
        assert_eq!(ago(3), "just now");
        assert_eq!(ago(60), "1 minute ago");
        assert_eq!(ago(7200), "2 hours ago");
        assert_eq!(ago(-5), "just now");
        assert_eq!(ago(40 * 86_400), "1 month ago");
        assert_eq!(ago(800 * 86_400), "2 years ago");
    }

    #[test]
    fn clocks_show_hours_only_when_there_are_any() {
        assert_eq!(clock(7_900), "0:07");
        assert_eq!(clock(723_000), "12:03");
        assert_eq!(clock(3_723_000), "1:02:03");
    }

    #[test]
    fn places_are_read_as_links_name_them() {
        for (text, seconds) in [
            ("90", 90),
            ("90s", 90),
            ("1m30s", 90),
            ("2m", 120),
            ("1h2m3s", 3723),
            ("1:30", 90),
            ("1:02:03", 3723),
            ("0", 0),
        ] {
            assert_eq!(place(text), Some(seconds), "{text}");
        }
        for text in
            ["", "s", "-5", "+5", "1.5", "soon", "1s30", "1m30", "30s1m", "1:2:3:4", "1:", "99999999999", "9h9h", "٣"]
        {
            assert_eq!(place(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_keep_two_figures() {
        assert_eq!(bytes(812), "812 B");
        assert_eq!(bytes(8_400_000), "8.4 MB");
        assert_eq!(bytes(92_000_000), "92 MB");
        assert_eq!(bytes(1_234_567_890), "1.2 GB");
        assert_eq!(bytes(999_999), "1.0 MB");
    }
}
