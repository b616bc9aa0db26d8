//! The decoders that may see a film: those that people's films need. The rest of libav's 480 are where its holes are
//! found.

use ffmpeg_next::codec::Id;
use ffmpeg_next::decoder::{self, Decoder};
use ffmpeg_next::{Codec, Dictionary};

use super::probe::MAX_PIXELS;

/// By libav's names.
const PICTURE: &[&str] = &[
    "libdav1d",
    "libaom-av1",
    "h264",
    "hevc",
    "vp8",
    "vp9",
    "mpeg1video",
    "mpeg2video",
    "mpegvideo",
    "mpeg4",
    "msmpeg4v1",
    "msmpeg4v2",
    "msmpeg4",
    "wmv1",
    "wmv2",
    "wmv3",
    "vc1",
    "h263",
    "h263i",
    "h263p",
    "flv",
    "theora",
    "vp3",
    "vp6",
    "vp6a",
    "vp6f",
    "rv10",
    "rv20",
    "rv30",
    "rv40",
    "svq1",
    "svq3",
    "cinepak",
    "mjpeg",
    "mjpegb",
    "dvvideo",
    "prores",
    "dnxhd",
    "cfhd",
    "ffv1",
    "huffyuv",
    "ffvhuff",
    "utvideo",
    "rawvideo",
    "v210",
    "qtrle",
    "msvideo1",
    "png",
    "gif",
    "webp",
];
const SOUND: &[&str] = &[
    "aac",
    "aac_latm",
    "ac3",
    "eac3",
    "dca",
    "truehd",
    "mlp",
    "mp1float",
    "mp1",
    "mp2float",
    "mp2",
    "mp3float",
    "mp3",
    "opus",
    "libopus",
    "vorbis",
    "libvorbis",
    "flac",
    "alac",
    "wavpack",
    "tta",
    "ape",
    "amrnb",
    "amrwb",
    "wmav1",
    "wmav2",
    "wmapro",
    "wmalossless",
    "wmavoice",
    "cook",
    "sipr",
    "real_144",
    "real_288",
    "nellymoser",
    "speex",
    "libspeex",
    "qdm2",
    "gsm",
    "gsm_ms",
    "adpcm_ima_qt",
    "adpcm_ima_wav",
    "adpcm_ms",
    "adpcm_swf",
    "adpcm_yamaha",
    "pcm_alaw",
    "pcm_mulaw",
    "pcm_bluray",
    "pcm_dvd",
    "pcm_f32be",
    "pcm_f32le",
    "pcm_f64be",
    "pcm_f64le",
    "pcm_s8",
    "pcm_s16be",
    "pcm_s16le",
    "pcm_s16le_planar",
    "pcm_s24be",
    "pcm_s24le",
    "pcm_s32be",
    "pcm_s32le",
    "pcm_u8",
    "pcm_u16be",
    "pcm_u16le",
    "s302m",
];

/// Of subtitles as text; those that are pictures can't be turned into it.
const TEXT: &[&str] = &["subrip", "srt", "ass", "ssa", "mov_text", "text", "webvtt"];

/// libav's decoder for it, if it is allowed.
pub(super) fn find(id: Id) -> Option<Codec> {
    decoder::find(id).filter(|codec| [PICTURE, SOUND, TEXT].iter().any(|names| names.contains(&codec.name())))
}

/// What libav wants to be told wherever it may open one: the names.
pub(super) fn whitelist() -> String {
    [PICTURE, SOUND, TEXT].concat().join(",")
}

/// Opens the decoder of a stream.
pub(super) fn open(decoder: Decoder) -> Result<decoder::Opened, ffmpeg_next::Error> {
    let codec = find(decoder.id()).ok_or(ffmpeg_next::Error::DecoderNotFound)?;
    let mut options = Dictionary::new();
    // Some decoders open others inside, and pictures may grow in the middle of a film.
    options.set("codec_whitelist", &whitelist());
    options.set("max_pixels", &MAX_PIXELS.to_string());
    decoder.open_as_with(codec, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_of_libavs_and_magicyuv_is_none_of_them() {
        for name in PICTURE.iter().chain(SOUND).chain(TEXT) {
            // Built into most libav; where they are not, another decoder takes their place.
            let optional = name.starts_with("lib");
            assert!(optional || decoder::find_by_name(name).is_some(), "{name}");
        }
        assert!(find(Id::H264).is_some());
        assert!(find(Id::MAGICYUV).is_none());
    }
}
