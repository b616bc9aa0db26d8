//! Instants and lengths as other programs read them.

use crate::time::UnixMillis;

/// The day and the time of day of an instant, in UTC.
struct Calendar {
    year: i64,
    month: usize,
    day: i64,
    /// 0 is Thursday, which 1970 began with.
    weekday: usize,
    hour: i64,
    minute: i64,
    second: i64,
}

impl From<UnixMillis> for Calendar {
    fn from(instant: UnixMillis) -> Self {
        let seconds = instant.0.div_euclid(1000);
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Years that begin in March have their leap day at the end: 400 of them are 146,097 days.
        let shifted = days + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as usize,
            day,
            weekday: days.rem_euclid(7) as usize,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
        }
    }
}

/// An instant for programs, to the second: `2026-11-22T17:19:26Z` (RFC 3339).
pub fn iso(instant: UnixMillis) -> String {
    let Calendar { year, month, day, hour, minute, second, .. } = instant.into();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// An instant as RSS has it: `Sun, 22 Nov 2026 17:19:26 +0000` (RFC 2822).
pub fn rfc2822(instant: UnixMillis) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Calendar { year, month, day, weekday, hour, minute, second } = instant.into();
    let (weekday, month) = (DAYS[weekday], MONTHS[month - 1]);
    format!("{weekday}, {day} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000")
}

/// A length for programs: `PT1H2M3S` (ISO 8601). A film is a second long at least.
pub fn iso_length(duration_ms: i64) -> String {
    let seconds = (duration_ms / 1000).max(1);
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let part = |count: i64, unit: char| if count > 0 { format!("{count}{unit}") } else { String::new() };
    format!("PT{}{}{}", part(h, 'H'), part(m, 'M'), part(s, 'S'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_have_dates() {
        for (seconds, iso_date, rfc_date) in [
            (0, "1970-01-01T00:00:00Z", "Thu, 1 Jan 1970 00:00:00 +0000"),
            (951_827_696, "2000-02-29T12:34:56Z", "Tue, 29 Feb 2000 12:34:56 +0000"),
            (1_795_367_966, "2026-11-22T17:19:26Z", "Sun, 22 Nov 2026 17:19:26 +0000"),
            (4_107_542_399, "2100-02-28T23:59:59Z", "Sun, 28 Feb 2100 23:59:59 +0000"),
            (4_107_542_400, "2100-03-01T00:00:00Z", "Mon, 1 Mar 2100 00:00:00 +0000"),
            (-1, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 +0000"),
        ] {
            let instant = UnixMillis(seconds * 1000);
            assert_eq!((iso(instant).as_str(), rfc2822(instant).as_str()), (iso_date, rfc_date));
        }
    }

    #[test]
    fn lengths_for_programs_leave_out_what_is_zero() {
        for (ms, text) in [(400, "PT1S"), (59_999, "PT59S"), (3_600_000, "PT1H"), (3_723_000, "PT1H2M3S")] {
            assert_eq!(iso_length(ms), text);
        }
    }
}
