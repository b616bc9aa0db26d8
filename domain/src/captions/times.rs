//! Lines such as `00:01:02,500 --> 00:01:04,000 line:0`, and what people and programs make of them.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times<'a> {
    /// May be before the film: then the words are shown as it begins.
    pub start_ms: i64,
    pub end_ms: i64,
    /// What is behind them.
    pub rest: &'a str,
}

/// Bytes of such a line at most: a longer one is none, whoever made it.
const LONGEST: usize = 300;

/// Whether a line is meant to be one of times: whether they can be read or not.
pub(super) fn is_timed(line: &str) -> bool {
    if line.len() > LONGEST {
        return false;
    }
    let begins = line.trim_start().trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
    begins && (line.contains("-->") || (line.contains('>') && read(line).is_some()))
}

/// None if they can't be read.
pub(super) fn read(line: &str) -> Option<Times<'_>> {
    let (before, behind) = line.split_once('>')?;
    let start_ms = time(before.trim_end_matches(['-', '–', '—']).trim())?;
    let behind = behind.trim_start();
    // "00: 01: 02" is two thirds of a time with its blanks.
    let is_time = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | ',' | '-');
    let mut end = 0;
    for (at, c) in behind.char_indices() {
        let blank_within = c == ' ' && behind[..at].trim_end().ends_with([':', ',']);
        if !is_time(c) && !blank_within {
            break;
        }
        end = at + c.len_utf8();
    }
    let (time_text, rest) = behind.split_at(end);
    Some(Times { start_ms, end_ms: time(time_text)?, rest })
}

/// Milliseconds of `[h:]mm:ss[.fff]`, with a comma or a point.
fn time(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let mut fields = text.split(':').map(str::trim).collect::<Vec<_>>();
    let last = fields.pop()?;
    let (seconds, fraction) = match last.split_once([',', '.']) {
        Some((seconds, fraction)) => (seconds.trim_end(), fraction.trim_start()),
        // "00:01:02:500"
        None if fields.len() == 3 && last.len() == 3 => (fields.pop()?, last),
        None => (last, ""),
    };
    let (hours, minutes) = match fields[..] {
        [hours, minutes] => (number(hours)?, number(minutes)?),
        [minutes] => (0, number(minutes)?),
        _ => return None,
    };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    let ms = thousandths.fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0'));
    Some(sign * (((hours * 60 + minutes) * 60 + number(seconds)?) * 1000 + ms))
}

fn number(text: &str) -> Option<i64> {
    let valid = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_however_they_are_written() {
        for (line, start, end, rest) in [
            ("00:01:02,500 --> 00:01:04,000", 62_500, 64_000, ""),
            ("01:02.500 --> 01:04.000 line:0 align:start", 62_500, 64_000, " line:0 align:start"),
            ("0:1:2 --> 0:1:4", 62_000, 64_000, ""),
            ("00:01:02.5-->00:01:04.25", 62_500, 64_250, ""),
            ("00:01:02,500 -> 00:01:04,000", 62_500, 64_000, ""),
            ("00:01:02,500 –> 00:01:04,000", 62_500, 64_000, ""),
            ("00: 01: 02, 500 --> 00: 01: 04, 000", 62_500, 64_000, ""),
            ("00:01:02:500 --> 00:01:04:000", 62_500, 64_000, ""),
            ("00:01:02,500123 --> 00:01:04,000999", 62_500, 64_000, ""),
            ("  00:01:02,500 --> 00:01:04,000  X1:1 X2:2", 62_500, 64_000, "  X1:1 X2:2"),
            ("-00:00:01,000 --> 00:00:04,000", -1_000, 4_000, ""),
            ("123:00:00.000 --> 123:00:01.000", 442_800_000, 442_801_000, ""),
        ] {
            assert_eq!(read(line), Some(Times { start_ms: start, end_ms: end, rest }), "{line}");
            assert!(is_timed(line), "{line}");
        }
    }

    #[test]
    fn what_is_meant_as_times_and_what_is_none() {
        for line in ["00:0x:01,000 --> 00:00:02,000", "1 --> 2", "00:00:01 --> soon", "99999:00:00 --> 00:00:01"] {
            assert!(is_timed(line) && read(line).is_none(), "{line}");
        }
        for line in ["Go --> there", "12", "", "-->", "> 5", "<i>00:00:01</i>", "It is 12:30 -> go"] {
            assert!(!is_timed(line), "{line}");
        }
        assert!(!is_timed(&format!("00:00:01,{}--> 00:00:02,000", " ".repeat(1 << 20))));
    }
}
