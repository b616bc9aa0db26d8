//! Files made to do harm, byte by byte where no tool would make them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use flate2::{Compress, Compression, FlushCompress};

/// A file made by the `ffmpeg` command line.
pub fn ffmpeg(name: &str, args: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(name);
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin"])
        .args(args.split_whitespace())
        .arg(&path)
        .output()
        .expect("ffmpeg");
    assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
    fs::read(path).expect("a file")
}

/// A film that is what it says.
pub fn honest() -> Vec<u8> {
    ffmpeg(
        "honest.mov",
        "-f lavfi -i testsrc2=size=320x240:rate=25:duration=2 -f lavfi -i sine=duration=2 -c:v mjpeg -c:a pcm_s16le",
    )
}

/// A playlist (RFC 8216) of what it would like to have.
pub fn playlist(of: &[&str]) -> Vec<u8> {
    let mut text = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n".to_owned();
    of.iter().for_each(|uri| text.push_str(&format!("#EXTINF:4,\n{uri}\n")));
    text.push_str("#EXT-X-ENDLIST\n");
    text.into_bytes()
}

/// An AVI that claims another size: BITMAPINFOHEADER, which follows `strf` and a length, begins with its own length.
pub fn with_size(mut avi: Vec<u8>, width: u32, height: u32) -> Vec<u8> {
    let header = avi.windows(4).position(|bytes| bytes == b"strf").expect("a picture's format") + 8;
    avi[header + 4..header + 8].copy_from_slice(&width.to_le_bytes());
    avi[header + 8..header + 12].copy_from_slice(&height.to_le_bytes());
    avi
}

/// A box (ISO 14496-12, 4.2).
pub fn boxed(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32 + 8).to_be_bytes().to_vec();
    bytes.extend_from_slice(kind);
    bytes.extend_from_slice(payload);
    bytes
}

/// The film with the payload of its first box at `path` changed, and all sizes around it. The index lies at the end of
/// what `ffmpeg` writes, so that no offset changes.
pub fn rewritten(file: &[u8], path: &[&[u8; 4]], change: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let Some((kind, deeper)) = path.split_first() else { return change(file) };
    let (mut rest, mut out, mut done) = (file, Vec::new(), false);
    while rest.len() >= 8 {
        let size = u32::from_be_bytes(rest[..4].try_into().expect("four bytes")) as usize;
        assert!((8..=rest.len()).contains(&size), "a box of {size} bytes");
        let (one, behind) = rest.split_at(size);
        if !done && one[4..8] == kind[..] {
            out.extend(boxed(kind, &rewritten(&one[8..], deeper, change)));
            done = true;
        } else {
            out.extend_from_slice(one);
        }
        rest = behind;
    }
    assert!(done, "no {}", String::from_utf8_lossy(&kind[..]));
    out
}

/// A QuickTime film whose samples lie in another file: a data reference of type `alis` (QuickTime File Format, "Data
/// Reference Atoms"), with what libav reads of it.
pub fn with_reference_to(file: &Path) -> Vec<u8> {
    let target = file.to_str().expect("a path").as_bytes();
    let mut alias = vec![0; 4]; // version and flags: not in this file
    alias.extend([0; 10]);
    alias.push(0); // the volume's name
    alias.extend([0; 27 + 12]);
    let name = b"canary";
    alias.push(name.len() as u8);
    alias.extend_from_slice(name);
    alias.extend(vec![0; 63 - name.len() + 16]);
    alias.extend([0xff; 4]); // no levels from here to there: the absolute path counts
    alias.extend([0; 16]);
    alias.extend([0, 2]); // the absolute path
    alias.extend((target.len() as u16).to_be_bytes());
    alias.extend_from_slice(target);
    alias.extend(vec![0; target.len() % 2]);
    alias.extend([0xff, 0xff, 0, 0]);
    let path: [&[u8; 4]; 6] = [b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"];
    rewritten(&honest(), &path, &|_| {
        let mut entries = vec![0, 0, 0, 0, 0, 0, 0, 1];
        entries.extend(boxed(b"alis", &alias));
        entries
    })
}

/// A film that promises this many samples, of a byte each, in one chunk.
pub fn with_samples(count: u32) -> Vec<u8> {
    let table: [&[u8; 4]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];
    let film = rewritten(&honest(), &[&table[..], &[b"stsz"]].concat(), &|_| {
        [0u32, 1, count].iter().flat_map(|number| number.to_be_bytes()).collect()
    });
    let film = rewritten(&film, &[&table[..], &[b"stts"]].concat(), &|_| {
        [0u32, 1, count, 1].iter().flat_map(|number| number.to_be_bytes()).collect()
    });
    rewritten(&film, &[&table[..], &[b"stsc"]].concat(), &|_| {
        [0u32, 1, 1, count, 1].iter().flat_map(|number| number.to_be_bytes()).collect()
    })
}

/// A QuickTime film whose index is compressed (`cmov`), a thousandfold, to this many bytes.
pub fn bomb(bytes: u32) -> Vec<u8> {
    const PIECE: usize = 16 << 20;
    // After a full flush a piece needs nothing that came before, so one is made and repeated.
    let mut zlib = Compress::new(Compression::best(), true);
    let mut piece = |input: &[u8]| {
        let mut out = Vec::with_capacity(1 << 20);
        zlib.compress_vec(input, &mut out, FlushCompress::Full).expect("a piece");
        out
    };
    let mut packed = piece(&[0; PIECE]);
    let again = piece(&vec![0; PIECE]);
    (1..bytes as usize / PIECE).for_each(|_| packed.extend_from_slice(&again));
    let mut payload = bytes.to_be_bytes().to_vec();
    payload.write_all(&packed).expect("memory takes everything");
    let compressed = [boxed(b"dcom", b"zlib"), boxed(b"cmvd", &payload)].concat();
    [boxed(b"ftyp", b"qt  \0\0\0\0qt  "), boxed(b"moov", &boxed(b"cmov", &compressed))].concat()
}
