//! Where on the screen a cue stands (WebVTT, 4.4), written anew from what is understood of it.

/// A corner or edge of the screen by the keys of a keypad, as `{\an8}` has it: 8 is the middle of the top.
pub(super) type Place = u8;

/// `text` is what stands behind the times. It says more exactly what a `place` says.
pub(super) fn read(text: &str, place: Option<Place>) -> String {
    let mut known: Vec<(&str, String)> = Vec::new();
    for (name, value) in text.split_whitespace().filter_map(|word| word.split_once(':')) {
        if known.iter().all(|(other, _)| *other != name)
            && let Some(value) = setting(name, value)
        {
            known.push((name, value));
        }
    }
    if known.is_empty() {
        return place.map(placed).unwrap_or_default();
    }
    known.iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>().join(" ")
}

fn setting(name: &str, value: &str) -> Option<String> {
    let (first, second) = value.split_once(',').map_or((value, None), |(first, second)| (first, Some(second)));
    let one_of = |words: &[&str], word: &str| words.contains(&word).then(|| word.to_owned());
    let with = |first: String, words: &[&str]| match second.and_then(|word| one_of(words, word)) {
        Some(second) => format!("{first},{second}"),
        None => first,
    };
    match name {
        "vertical" => one_of(&["rl", "lr"], value),
        "line" => {
            let line = percentage(first).or_else(|| first.parse::<i16>().ok().map(|line| line.to_string()))?;
            Some(with(line, &["start", "center", "end"]))
        }
        "position" => Some(with(percentage(first)?, &["line-left", "center", "line-right"])),
        "size" => percentage(value),
        // What the draft called it, and what many still write.
        "align" if value == "middle" => Some("center".to_owned()),
        "align" => one_of(&["start", "center", "end", "left", "right"], value),
        _ => None,
    }
}

fn percentage(text: &str) -> Option<String> {
    let number = text.strip_suffix('%').filter(|text| text.bytes().all(|b| b.is_ascii_digit() || b == b'.'))?;
    let number: f64 = number.parse().ok()?;
    (0.0..=100.0).contains(&number).then(|| format!("{}%", (number * 100.0).round() / 100.0))
}

fn placed(place: Place) -> String {
    let line = match place {
        7..=9 => "line:5%",
        4..=6 => "line:45%",
        _ => "",
    };
    let side = match place % 3 {
        1 => "position:5% align:left",
        0 => "position:95% align:right",
        _ => "",
    };
    [line, side].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn what_is_understood_stays() {
        for (text, settings) in [
            ("", ""),
            (" line:0 align:start", "line:0 align:start"),
            (
                "align:middle position:10%,line-left size:50.123% line:-2",
                "align:center position:10%,line-left size:50.12% line:-2",
            ),
            ("vertical:rl line:80%,end", "vertical:rl line:80%,end"),
            ("line:101% size:-5% align:up vertical:up", ""),
            ("line:1 line:2 LINE:3 region:fred", "line:1"),
            ("X1:100 X2:200 position:nan%", ""),
            ("line:auto line:1e1%", ""),
        ] {
            assert_eq!(read(text, None), settings, "{text}");
        }
    }

    #[test]
    fn places_of_the_keypad() {
        assert_eq!(read("", Some(8)), "line:5%");
        assert_eq!(read("", Some(2)), "");
        assert_eq!(read("", Some(6)), "line:45% position:95% align:right");
        assert_eq!(read("line:0", Some(2)), "line:0");
    }
}
