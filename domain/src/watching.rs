//! When watching a film counts as a view, and where somebody goes on who watched a part of it.

use serde::{Deserialize, Serialize};

/// Watching for so long is a view of any film; of a shorter one, half of it is.
pub const VIEW_MS: i64 = 30_000;
/// Nobody who saw less than this wants to be brought back there.
const BEGUN_MS: i64 = 5_000;
/// What comes behind this share of a film are its credits.
const SEEN: f64 = 0.95;

/// What is no visit's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A visit is known by 16 to 64 letters, digits, dashes or underscores, made up at random.")]
pub struct InvalidVisit;

/// By which a visit of a film's page is known again: made up by the browser, 128 random bits or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit(String);

impl Visit {
    pub fn parse(text: &str) -> Result<Self, InvalidVisit> {
        let known = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if known && (16..=64).contains(&text.len()) { Ok(Self(text.to_owned())) } else { Err(InvalidVisit) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What became of a visit that was told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counted {
    /// It is a view, and telling of it again makes no difference.
    pub counted: bool,
    /// If not: to be told of again after so long.
    pub wait_ms: u64,
}

/// How long a film has to be watched for a view. Of one whose length isn't known yet, as if it were long.
pub fn needed_ms(duration_ms: Option<i64>) -> i64 {
    duration_ms.map_or(VIEW_MS, |length| (length / 2).clamp(0, VIEW_MS))
}

/// What is kept of how far somebody has come: None at the beginning, and once the film was seen to its end.
pub fn place(position_ms: i64, duration_ms: Option<i64>) -> Option<i64> {
    let end = duration_ms.map_or(i64::MAX, |length| (length as f64 * SEEN) as i64);
    (BEGUN_MS..end).contains(&position_ms).then_some(position_ms)
}

/// How often a film was watched, in full: "No views", "1 view", "1,234 views".
pub fn views(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 6);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    named(count, text)
}

/// The same where there is little room: "1.2K views", "35K views", "1.2M views".
pub fn views_in_short(count: u64) -> String {
    let text = match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => figures(count, 1_000, 'K'),
        1_000_000..1_000_000_000 => figures(count, 1_000_000, 'M'),
        _ => figures(count, 1_000_000_000, 'B'),
    };
    named(count, text)
}

fn named(count: u64, text: String) -> String {
    match count {
        0 => "No views".to_owned(),
        1 => "1 view".to_owned(),
        _ => text + " views",
    }
}

/// Two figures, rounded down: nothing is a million before it is.
fn figures(count: u64, unit: u64, sign: char) -> String {
    let (whole, tenth) = (count / unit, count % unit * 10 / unit);
    if whole < 10 && tenth > 0 { format!("{whole}.{tenth}{sign}") } else { format!("{whole}{sign}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_seconds_or_half_are_a_view() {
        assert_eq!(needed_ms(Some(3_600_000)), 30_000);
        assert_eq!(needed_ms(Some(60_000)), 30_000);
        assert_eq!(needed_ms(Some(10_000)), 5_000);
        assert_eq!(needed_ms(Some(-1)), 0);
        assert_eq!(needed_ms(None), 30_000);
    }

    #[test]
    fn a_place_is_kept_between_the_beginning_and_the_credits() {
        let hour = Some(3_600_000);
        assert_eq!(place(0, hour), None);
        assert_eq!(place(4_999, hour), None);
        assert_eq!(place(1_800_000, hour), Some(1_800_000));
        assert_eq!(place(3_419_999, hour), Some(3_419_999));
        assert_eq!(place(3_420_000, hour), None);
        assert_eq!(place(i64::MAX, hour), None);
        assert_eq!(place(1_800_000, None), Some(1_800_000));
        assert_eq!(place(5_000, Some(4_000)), None);
    }

    #[test]
    fn views_are_told_as_people_read_them() {
        for (count, full, short) in [
            (0, "No views", "No views"),
            (1, "1 view", "1 view"),
            (999, "999 views", "999 views"),
            (1_000, "1,000 views", "1K views"),
            (1_234, "1,234 views", "1.2K views"),
            (35_999, "35,999 views", "35K views"),
            (999_999, "999,999 views", "999K views"),
            (1_234_567, "1,234,567 views", "1.2M views"),
            (2_000_000_000, "2,000,000,000 views", "2B views"),
        ] {
            assert_eq!((views(count).as_str(), views_in_short(count).as_str()), (full, short));
        }
    }

    #[test]
    fn a_visit_is_something_random() {
        assert!(Visit::parse("0123456789abcdef0123456789ABCDEF").is_ok());
        assert!(Visit::parse("3b241101-e2bb-4255-8caf-4136c566a962").is_ok());
        for text in ["", "short", "no blanks, please, thank you", &"x".repeat(65), "ééééééééééééééééé"]
        {
            assert_eq!(Visit::parse(text), Err(InvalidVisit), "{text:?}");
        }
    }
}
