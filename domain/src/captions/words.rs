//! What is said, with the few tags that mean something: those of WebVTT, and those that SRT borrowed from HTML and ASS.

use super::settings::Place;
use crate::webvtt::escape;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// As WebVTT has it.
    pub text: String,
    pub place: Option<Place>,
}

/// A tag is at most so long: a `<` further from its `>` is one by itself.
const LONGEST_TAG: usize = 200;

#[derive(Default)]
struct Writer {
    text: String,
    /// Names of what is open, and how it was opened.
    open: Vec<(&'static str, String)>,
}

enum Tag {
    Opens(&'static str, String),
    Closes(&'static str),
    Breaks,
    /// It says how something looks that is shown as everything else here.
    Nothing,
}

pub(super) fn read(said: &str) -> Words {
    let mut words = read_once(said);
    // What is left out of the middle can leave behind what looks like one more of the same: `{{\i1}\b1}`.
    loop {
        let again = read_once(&words.text);
        if again.text.matches('{').count() == words.text.matches('{').count() {
            return words;
        }
        words = Words { text: again.text, place: words.place.or(again.place) };
    }
}

fn read_once(said: &str) -> Words {
    let mut writer = Writer::default();
    let mut place = None;
    let mut rest = said;
    while let Some(at) = rest.find(['<', '{', '&']) {
        let (before, special) = rest.split_at(at);
        writer.text(before);
        rest = if let Some(behind) = special.strip_prefix("{\\") {
            match behind.split_once('}').filter(|(tags, _)| tags.len() < LONGEST_TAG && !tags.contains('\n')) {
                Some((tags, behind)) => {
                    place = place.or_else(|| keypad(tags));
                    behind
                }
                None => writer.first(special),
            }
        } else if let Some(behind) = special.strip_prefix('<') {
            let inside = behind.split_once('>').filter(|(tag, _)| tag.len() < LONGEST_TAG && !tag.contains('<'));
            match inside.and_then(|(inside, behind)| Some((tag(inside)?, behind))) {
                Some((tag, behind)) => {
                    writer.tag(tag);
                    behind
                }
                None => writer.first(special),
            }
        } else if let Some((character, behind)) = reference(special) {
            writer.text(character.encode_utf8(&mut [0; 4]));
            behind
        } else {
            writer.first(special)
        };
    }
    writer.text(rest);
    Words { text: writer.finish(), place }
}

impl Writer {
    fn text(&mut self, text: &str) {
        // Controls have no ink; a tabulator is a blank.
        let shown = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t'));
        let shown: String = shown.map(|c| if c == '\t' { ' ' } else { c }).collect();
        self.text.push_str(&escape(&shown));
    }

    /// Takes the first character as itself. Returns what is behind.
    fn first<'a>(&mut self, special: &'a str) -> &'a str {
        let length = special.chars().next().map_or(0, char::len_utf8);
        let (first, rest) = special.split_at(length);
        self.text(first);
        rest
    }

    fn tag(&mut self, tag: Tag) {
        match tag {
            Tag::Opens(name, how) => self.open(name, how),
            Tag::Closes(name) => self.close(name),
            Tag::Breaks => self.text.push('\n'),
            Tag::Nothing => {}
        }
    }

    fn open(&mut self, name: &'static str, how: String) {
        let is_open = |name: &str| self.open.iter().any(|(open, _)| *open == name);
        match name {
            // Somebody else speaks.
            "v" if is_open("v") => self.close("v"),
            "rt" if !is_open("ruby") => return,
            _ if is_open(name) => return,
            _ => {}
        }
        self.text.push_str(&how);
        self.open.push((name, how));
    }

    /// Closes it, and those inside for as long.
    fn close(&mut self, name: &str) {
        let Some(at) = self.open.iter().position(|(open, _)| *open == name) else { return };
        let inside = self.open.split_off(at + 1);
        for (name, _) in inside.iter().rev() {
            self.text.push_str(&format!("</{name}>"));
        }
        self.text.push_str(&format!("</{name}>"));
        self.open.pop();
        for (name, how) in inside {
            self.open(name, how);
        }
    }

    /// Without empty lines, and without anything if nothing is said.
    fn finish(mut self) -> String {
        while let Some((name, _)) = self.open.pop() {
            self.text.push_str(&format!("</{name}>"));
        }
        let lines: Vec<&str> = self.text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let text = lines.join("\n");
        let has_ink = plain(&text).chars().any(|c| !c.is_whitespace() && !is_mark(c));
        if has_ink { text } else { String::new() }
    }
}

/// Marks of direction and joints, which have no ink.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// What stands between `<` and `>`. None if it is no tag: then it is words.
fn tag(inside: &str) -> Option<Tag> {
    let (closes, inside) = inside.trim().strip_prefix('/').map_or((false, inside.trim()), |inside| (true, inside));
    // Karaoke: when within the cue the next word is sung.
    if inside.starts_with(|c: char| c.is_ascii_digit()) {
        let is_time =
            inside.contains(':') && inside.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b','));
        return is_time.then_some(Tag::Nothing);
    }
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
    let (name, rest) = inside.split_at(end);
    let name = name.to_ascii_lowercase();
    let simple = match name.as_str() {
        "i" | "em" => "i",
        "b" | "strong" => "b",
        "u" => "u",
        "ruby" => "ruby",
        "rt" => "rt",
        "v" => "v",
        "br" => return Some(Tag::Breaks),
        "c" | "lang" | "font" | "s" | "strike" | "span" | "p" | "div" | "tt" => return Some(Tag::Nothing),
        _ => return None,
    };
    if closes {
        return Some(Tag::Closes(simple));
    }
    let how = match simple {
        "v" => {
            // Behind classes, which begin with a point.
            let who = rest.find(char::is_whitespace).map_or("", |at| rest[at..].trim());
            format!("<v {}>", escape(&decoded(who)))
        }
        simple => format!("<{simple}>"),
    };
    if how == "<v >" { Some(Tag::Nothing) } else { Some(Tag::Opens(simple, how)) }
}

/// Of `an8\i1`, the 8.
fn keypad(tags: &str) -> Option<Place> {
    let place = tags.split('\\').find_map(|tag| tag.trim().strip_prefix("an")?.parse().ok())?;
    (1..=9).contains(&place).then_some(place)
}

/// The character that a reference such as `&amp;` or `&#233;` at the beginning of `text` stands for, and what is behind.
fn reference(text: &str) -> Option<(char, &str)> {
    let (name, behind) = text.strip_prefix('&')?.split_once(';').filter(|(name, _)| name.len() <= 8)?;
    let number = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "lrm" => '\u{200e}',
        "rlm" => '\u{200f}',
        _ => match name.strip_prefix('#')?.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16)?,
            None => number(&name[1..], 10)?,
        },
    };
    Some((character, behind))
}

fn decoded(mut text: &str) -> String {
    let mut out = String::new();
    while let Some(at) = text.find('&') {
        let (before, special) = text.split_at(at);
        out.push_str(before);
        (out, text) = match reference(special) {
            Some((character, behind)) => (out + character.encode_utf8(&mut [0; 4]), behind),
            None => (out + "&", &special[1..]),
        };
    }
    let text = out + text;
    text.chars().filter(|c| !c.is_control()).collect()
}

/// The words of what WebVTT has, without its tags.
pub fn plain(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, tagged)) = rest.split_once('<') {
        out.push_str(before);
        rest = tagged.split_once('>').map_or("", |(_, behind)| behind);
    }
    out.push_str(rest);
    out.lines().map(decoded).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_mean_something_stay_and_words_are_words() {
        for (said, text) in [
            ("Hello", "Hello"),
            ("<i>Ship</i> ahoy\nLand & sea", "<i>Ship</i> ahoy\nLand &amp; sea"),
            ("<I>Ship</I> <B>ahoy", "<i>Ship</i> <b>ahoy</b>"),
            ("<b><i>both</b>one</i>", "<b><i>both</i></b><i>one</i>"),
            ("<i><i>twice</i>", "<i>twice</i>"),
            ("no end</i></b>", "no end"),
            ("<font color=\"#ff0000\">red</font>", "red"),
            ("<c.yellow.bg_blue>said</c>", "said"),
            ("<v.loud Ada &amp; Bo>Hi", "<v Ada &amp; Bo>Hi</v>"),
            ("<v Ada>Hi <v Bo>Ho", "<v Ada>Hi </v><v Bo>Ho</v>"),
            ("<v>Hi", "Hi"),
            ("<ruby>漢<rt>かん</rt></ruby><rt>x</rt>", "<ruby>漢<rt>かん</rt></ruby>x"),
            ("<00:00:01.000>one <00:00:02.000>two", "one two"),
            ("I <3 you, 1 < 2 > 0", "I &lt;3 you, 1 &lt; 2 &gt; 0"),
            ("<sighs> Yes", "&lt;sighs&gt; Yes"),
            ("one<br>two<br/>three", "one\ntwo\nthree"),
            ("a<script>alert(1)</script>", "a&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
            ("<i onclick=x>a</i >", "<i>a</i>"),
            ("AT&amp;T &#233;&#xE9; &unknown; &", "AT&amp;T éé &amp;unknown; &amp;"),
            ("&lt;b&gt;", "&lt;b&gt;"),
            ("{\\an8}Top", "Top"),
            ("{\\i1}slanted{\\i0} {curly} {\\unclosed", "slanted {curly} {\\unclosed"),
            ("{{\\i1}\\b1}inner {\u{7}\\i1}control {<s>\\b1}tag", "inner control tag"),
            ("a --> b", "a --&gt; b"),
            ("one\n\n  \ntwo  ", "one\ntwo"),
            ("bell\u{7}\u{0} tab\tend", "bell tab end"),
            ("<i> </i>\u{200e}", ""),
            ("&nbsp;", ""),
            ("<", "&lt;"),
        ] {
            assert_eq!(read(said).text, text, "{said}");
        }
        assert_eq!(read("{\\an8}Top").place, Some(8));
        assert_eq!(read("{\\fad(1,2)\\an4}x").place, Some(4));
        assert_eq!(read("{\\an0}x{\\an99}").place, None);
    }

    #[test]
    fn what_was_written_reads_the_same_again() {
        for said in
            ["<i>Ship</i> ahoy\nLand & sea", "<v Ada>1 < 2", "<sighs>", "<ruby>漢<rt>かん</rt></ruby>", "&amp;lt;"]
        {
            let once = read(said).text;
            assert_eq!(read(&once).text, once, "{said}");
        }
    }

    #[test]
    fn words_alone() {
        assert_eq!(plain("<v Ada>1 &lt; 2</v>\n<i>&amp;amp;</i>"), "1 < 2\n&amp;");
    }
}
