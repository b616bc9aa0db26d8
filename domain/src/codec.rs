//! Which codecs a file has, as far as a few bytes of it tell: what somebody sees before the film leaves. How it is made is
//! decided by what the worker finds.

/// How a box of an MP4 begins (ISO 14496-12, 4.2), 16 bytes at most.
pub const BOX_HEAD: u64 = 16;
/// From the beginning of a sample description's content to its first entry's name.
pub const ENTRY_NAME: u64 = 12;

/// A box of an MP4: its name, and where its content begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mp4Box {
    pub name: [u8; 4],
    pub start: u64,
    pub end: u64,
}

impl Mp4Box {
    /// The one whose first bytes, at `at` in the file, are `head`; it ends where what it stands in does, at `within`, at last.
    pub fn read(head: &[u8], at: u64, within: u64) -> Option<Self> {
        let size = u64::from(u32::from_be_bytes(*head.first_chunk()?));
        let name = *head.get(4..)?.first_chunk()?;
        let (len, size) = match size {
            0 => (8, within - at),
            1 => (16, u64::from_be_bytes(*head.get(8..)?.first_chunk()?)),
            size => (8, size),
        };
        let end = at.checked_add(size)?.min(within);
        (size >= len && at + len <= end).then_some(Self { name, start: at + len, end })
    }

    /// Whether it stands around the descriptions of what a film has.
    pub fn leads_on(&self) -> bool {
        matches!(&self.name, b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl")
    }

    /// Whether it describes a track's samples.
    pub fn describes(&self) -> bool {
        &self.name == b"stsd"
    }
}

/// A sample entry's name in words. None for what isn't picture or sound.
pub fn of_entry(name: [u8; 4]) -> Option<&'static str> {
    Some(match &name {
        b"avc1" | b"avc3" => "H.264",
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => "HEVC",
        b"av01" => "AV1",
        b"vp09" => "VP9",
        b"mp4v" => "MPEG-4",
        b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" => "ProRes",
        b"mp4a" => "AAC",
        b"ac-3" => "AC-3",
        b"ec-3" => "E-AC-3",
        b"Opus" => "Opus",
        b"fLaC" => "FLAC",
        b"sowt" | b"twos" | b"lpcm" | b"in24" => "PCM",
        _ => return None,
    })
}

/// The codecs that a Matroska or WebM file names near its beginning.
pub fn of_matroska(head: &[u8]) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (at, _) in head.iter().enumerate().filter(|(_, byte)| **byte == 0x86) {
        // CodecID (RFC 9559, 5.1.4.1.21): its number, its length in one byte, its text.
        let Some(len) = head.get(at + 1).filter(|len| **len & 0x80 != 0) else { continue };
        let Some(id) = head.get(at + 2..at + 2 + usize::from(len & 0x7F)) else { continue };
        if let Some((_, name)) = MATROSKA.iter().find(|(begin, _)| id.starts_with(begin.as_bytes()))
            && !found.contains(name)
        {
            found.push(*name);
        }
    }
    found
}

const MATROSKA: [(&str, &str); 13] = [
    ("V_MPEG4/ISO/AVC", "H.264"),
    ("V_MPEGH/ISO/HEVC", "HEVC"),
    ("V_AV1", "AV1"),
    ("V_VP9", "VP9"),
    ("V_VP8", "VP8"),
    ("V_MPEG4", "MPEG-4"),
    ("V_MPEG2", "MPEG-2"),
    ("A_AAC", "AAC"),
    ("A_OPUS", "Opus"),
    ("A_VORBIS", "Vorbis"),
    ("A_AC3", "AC-3"),
    ("A_EAC3", "E-AC-3"),
    ("A_FLAC", "FLAC"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_short_long_or_go_on_to_the_end() {
        let read = |head: &[u8]| Mp4Box::read(head, 100, 1_000).map(|found| (found.start, found.end));
        assert_eq!(read(b"\0\0\0\x20moov"), Some((108, 132)));
        assert_eq!(read(b"\0\0\0\x01moov\0\0\0\0\0\0\0\x20"), Some((116, 132)));
        assert_eq!(read(b"\0\0\0\0moov"), Some((108, 1_000)));
        // What says that it is longer than what it stands in ends there.
        assert_eq!(read(b"\xFF\0\0\0moov"), Some((108, 1_000)));
        for none in
            [&b""[..], b"\0\0\0\x20mo", b"\0\0\0\x07moov", b"\0\0\0\x01moov", b"\0\0\0\x01moov\0\0\0\0\0\0\0\x0F"]
        {
            assert_eq!(read(none), None);
        }
        assert_eq!(Mp4Box::read(b"\0\0\0\x01moov\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 100, 1_000), None);
    }

    #[test]
    fn a_matroska_file_names_its_codecs() {
        let head =
            b"\x1A\x45\xDF\xA3\x86\xAE\x86\x8FV_MPEG4/ISO/AVC\x86\x86A_OPUS\x86\x86A_OPUS\x86\x8AS_TEXT/ASS\x86\xFF";
        assert_eq!(of_matroska(head), ["H.264", "Opus"]);
        assert!(of_matroska(b"").is_empty());
    }
}
