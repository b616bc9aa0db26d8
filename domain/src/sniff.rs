//! What a file is, by its first bytes. The name and the type that a client tells are never believed.

/// How many bytes [`container`] wants to see.
pub const SNIFF_LEN: usize = 4096;

/// The container that `head`, the first bytes of a file (up to [`SNIFF_LEN`]), begins; None if it's no film or sound.
pub fn container(head: &[u8]) -> Option<&'static str> {
    let at = |offset: usize, magic: &[u8]| head.get(offset..offset + magic.len()) == Some(magic);
    // ISO 14496-12: a box is a length and a type; QuickTime files may begin with any of these.
    if [&b"ftyp"[..], b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"sidx", b"moof", b"uuid"]
        .iter()
        .any(|t| at(4, t))
    {
        return Some("mp4");
    }
    if at(0, &[0x1A, 0x45, 0xDF, 0xA3]) {
        return Some("matroska");
    }
    if at(0, b"RIFF") && at(8, b"AVI ") {
        return Some("avi");
    }
    if at(0, b"RIFF") && at(8, b"WAVE") {
        return Some("wav");
    }
    if at(0, b"FLV\x01") {
        return Some("flv");
    }
    // ISO 13818-1: packets of 188 bytes (192 with a time code before each) that begin with 0x47.
    if (at(0, b"G") && at(188, b"G") && at(376, b"G")) || (at(4, b"G") && at(196, b"G") && at(388, b"G")) {
        return Some("mpegts");
    }
    if at(0, &[0, 0, 1, 0xBA]) || at(0, &[0, 0, 1, 0xB3]) {
        return Some("mpeg");
    }
    if at(0, b"OggS") {
        return Some("ogg");
    }
    if at(0, &[0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]) {
        return Some("asf");
    }
    if at(0, b"fLaC") {
        return Some("flac");
    }
    if at(0, b"GIF8") {
        return Some("gif");
    }
    // Still pictures, which are short films.
    if at(0, b"\x89PNG") {
        return Some("png");
    }
    if at(0, &[0xFF, 0xD8, 0xFF]) {
        return Some("jpeg");
    }
    if at(0, b"RIFF") && at(8, b"WEBP") {
        return Some("webp");
    }
    if at(0, b"ID3") || (head.len() > 1 && head[0] == 0xFF && head[1] & 0xE0 == 0xE0) {
        return Some("mp3");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::container;

    #[test]
    fn films_are_known_by_their_first_bytes() {
        assert_eq!(container(b"\0\0\0\x20ftypisom\0\0\0\0"), Some("mp4"));
        assert_eq!(container(&[0x1A, 0x45, 0xDF, 0xA3, 0]), Some("matroska"));
        assert_eq!(container(b"RIFF\0\0\0\0AVI LIST"), Some("avi"));
        let mut ts = vec![0; 600];
        ts[0] = b'G';
        ts[188] = b'G';
        ts[376] = b'G';
        assert_eq!(container(&ts), Some("mpegts"));
    }

    #[test]
    fn other_files_are_refused() {
        for head in [&b""[..], b"a film, I swear", b"%PDF-1.7", b"#EXTM3U\n#EXT-X-VERSION:7", b"PK\x03\x04", &[0; 64]] {
            assert_eq!(container(head), None, "{head:?}");
        }
    }
}
