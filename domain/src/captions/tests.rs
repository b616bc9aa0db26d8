use super::*;
use proptest::prelude::*;

fn said(text: &str) -> Vec<(i64, i64, String)> {
    let file = read(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    file.cues.into_iter().map(|cue| (cue.start_ms, cue.end_ms, cue.text)).collect()
}

fn cue(start_ms: i64, end_ms: i64, text: &str) -> (i64, i64, String) {
    (start_ms, end_ms, text.to_owned())
}

#[test]
fn an_ordinary_srt() {
    let text = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i>\r\nthere\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n{\\an8}Up\r\n";
    let file = read(text).unwrap();
    assert_eq!((file.format, file.notes.len()), (Format::Srt, 0));
    insta::assert_snapshot!(write(&file.cues));
}

#[test]
fn an_ordinary_webvtt() {
    let text = "\u{feff}WEBVTT - from somewhere\nKind: captions\n\nNOTE a comment\nof two lines\n\nSTYLE\n::cue { color: red }\n\n\
                REGION\nid:fred\n\nfirst\n00:03.000 --> 00:04.000 region:fred line:0 align:start\n<v Ada>Later</v>\n\n\
                00:01.000 --> 00:02.000\nSooner\n";
    let file = read(text).unwrap();
    assert_eq!((file.format, file.notes.len()), (Format::WebVtt, 0), "{:?}", file.notes);
    insta::assert_snapshot!(write(&file.cues));
}

#[test]
fn what_was_written_is_read_the_same() {
    let file =
        read("WEBVTT\n\n00:01.000 --> 00:02.000 line:0\n<v Ada>1 &lt; 2\n\n00:01.500 --> 00:03.000\n--&gt;\n").unwrap();
    let again = read(&write(&file.cues)).unwrap();
    assert_eq!(again.cues, file.cues);
}

#[test]
fn files_that_programs_and_people_got_a_little_wrong() {
    let hello = vec![cue(1000, 2000, "Hello"), cue(3000, 4000, "You")];
    for text in [
        // No empty lines, no numbers, no line at the end.
        "1\n00:00:01,000 --> 00:00:02,000\nHello\n2\n00:00:03,000 --> 00:00:04,000\nYou",
        "00:00:01,000 --> 00:00:02,000\nHello\n\n00:00:03,000 --> 00:00:04,000\nYou\n",
        // Every line end twice, old line ends, and more than enough empty lines.
        "1\r\r\n00:00:01,000 --> 00:00:02,000\r\r\nHello\r\r\n\r\r\n2\r\r\n00:00:03,000 --> 00:00:04,000\r\r\nYou",
        "1\r00:00:01,000 --> 00:00:02,000\rHello\r\r2\r00:00:03,000 --> 00:00:04,000\rYou\r",
        "\n\n\n1\n00:00:01,000 --> 00:00:02,000\n\nHello\n\n\n\n2\n00:00:03,000 --> 00:00:04,000\nYou\n\n\n",
        // In disorder, and with WebVTT's points.
        "2\n00:00:03.000 --> 00:00:04.000\nYou\n\n1\n00:00:01.000 --> 00:00:02.000\nHello\n",
        // WebVTT without an empty line behind its first.
        "WEBVTT\n00:01.000 --> 00:02.000\nHello\n\n00:03.000 --> 00:04.000\nYou",
    ] {
        assert_eq!(said(text), hello, "{text:?}");
    }
    // A number that is said, and one that counts.
    let text = "1\n00:00:01,000 --> 00:00:02,000\n42\n\n2\n00:00:03,000 --> 00:00:04,000\n7\n";
    assert_eq!(said(text), [cue(1000, 2000, "42"), cue(3000, 4000, "7")]);
    // SRT's words may have an empty line within.
    let text = "1\n00:00:01,000 --> 00:00:02,000\nOne\n\nTwo\n\n2\n00:00:03,000 --> 00:00:04,000\nYou";
    assert_eq!(said(text), [cue(1000, 2000, "One\nTwo"), cue(3000, 4000, "You")]);
}

#[test]
fn what_is_left_out_is_told() {
    let text = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n\nand lost\n\n00:0x.000 --> 00:04.000\nNever\n\n\
                00:06.000 --> 00:05.000\nBackwards\n\n00:07.000 --> 00:08.000\n\n";
    let file = read(text).unwrap();
    assert_eq!(file.cues.len(), 1);
    let notes: Vec<String> = told(&file.notes);
    assert_eq!(
        notes,
        [
            "Line 6: there are no times for these words. They are left out.",
            "Line 8: the times “00:0x.000 --> 00:04.000” can't be read. This caption is left out.",
            "Line 11: this caption ends before it begins. It is left out.",
        ]
    );
    let many = "x".repeat(3000);
    let file = read(&format!("00:01.000 --> 00:02.000\n{many}")).unwrap();
    assert_eq!((file.cues[0].text.len(), file.notes[0].trouble.clone()), (MOST_CHARS, Trouble::TooLong));
    let broken = "00:01.000 --> soon\nx\n\n".repeat(20);
    let file = read(&format!("{broken}00:01.000 --> 00:02.000\nHello")).unwrap();
    assert_eq!(told(&file.notes).last().unwrap(), "And 12 more like these.");
}

#[test]
fn what_is_no_file_of_captions_says_why() {
    for (text, why) in [
        ("", Unreadable::Empty),
        ("\u{feff} \r\n\t\n", Unreadable::Empty),
        ("Dear Ada,\nhow are you?", Unreadable::NoTimes),
        ("WEBVTT\n\nNOTE nothing yet\n", Unreadable::NoTimes),
        ("[Script Info]\nTitle: x\n", Unreadable::Foreign("an ASS or SSA file")),
        ("1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\n<i></i>\n", Unreadable::NoWords),
        (
            "1\n00:00:0l,000 --> 00:00:02,000\nHello\n",
            Unreadable::Times { line: 2, text: "00:00:0l,000 --> 00:00:02,000".to_owned() },
        ),
    ] {
        assert_eq!(read(text), Err(why), "{text:?}");
    }
    let endless = "00:01.000 --> 00:02.000\nx\n\n".repeat(MOST_CUES + 1);
    assert_eq!(read(&endless), Err(Unreadable::TooMany));
}

#[test]
fn names_are_short_and_on_one_line() {
    assert_eq!(Label::parse("  Deutsch ").unwrap().as_str(), "Deutsch");
    assert!(Label::parse(" ").is_err() && Label::parse("a\nb").is_err() && Label::parse(&"x".repeat(81)).is_err());
}

proptest! {
    /// Whatever comes: it is read or refused, and what is written of it can be read and says the same.
    #[test]
    fn anything_is_read_or_refused(text in "(WEBVTT\n\n)?([0-9]{1,2}\n)?(00:0[0-9]{1,2}[.,][0-9]{0,4} -{1,2}> 00:[1-5][0-9].000( line:[0-9%]{1,4})?\n(<[/a-z. &;{}\\\\]{0,6}>?|[^\r]){0,30}\n{1,3}){0,4}") {
        if let Ok(file) = read(&text) {
            let written = write(&file.cues);
            let again = read(&written).unwrap();
            prop_assert_eq!(&again.cues, &file.cues);
            prop_assert!(again.notes.is_empty());
            prop_assert_eq!(written.matches("-->").count(), file.cues.len());
        }
    }
}
