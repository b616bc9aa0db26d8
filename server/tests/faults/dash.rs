//! Films by DASH: what a manifest says of each segment is what S3 has, and FFmpeg plays it.

use crate::footage;
use crate::support::Person;
use crate::system::{System, eventually};
use reqwest::{Client, StatusCode, Url, header};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_is_true_of_every_segment_and_plays() {
    const SECONDS: u32 = 20;
    let system = System::start(&[]).await;
    let _worker = system.worker("worker");
    let owner = system.person().await;
    let copied = "The picture is taken as it is.";
    for (file, made, late) in [
        (footage::film(SECONDS), copied, 0),
        (footage::older_film(SECONDS), "The picture is encoded anew: it isn't H.264 with an index.", 0),
        (footage::late_picture(SECONDS), copied, 3 * 3600),
    ] {
        let film = owner.ready(&owner.upload(&file, "public").await).await;
        assert_eq!(film["details"][0], made);
        let path = manifest_of(&film);
        let renditions = renditions(&owner, &path).await;
        let pictures = renditions.iter().filter(|rendition| rendition.name.ends_with('p')).count();
        assert_eq!((pictures, renditions.len()), (2, 3), "{renditions:?}");
        for rendition in &renditions {
            let late = if rendition.name.ends_with('p') { late } else { 0 };
            assert_true(&owner, rendition, late).await;
        }
        let address = format!("{}{path}", system.server.url());
        for picture in 0..pictures {
            let frames = footage::frames_of(&format!("-i {address}"), picture);
            assert_eq!(frames, u64::from(SECONDS * 25), "{made}, {late} ticks late");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_is_there_from_the_moment_a_film_is_ready() {
    let (system, _proxy) = System::with_slow_storage(&[("KINORA_LEASE_SECONDS", "4")]).await;
    let worker = system.worker("worker");
    let owner = system.person().await;
    let video = owner.upload(&footage::film(40), "public").await;
    eventually("its first seconds can be watched", async || owner.film(&video).await["watchable"] == true).await;
    worker.kill().unwrap();
    let film = owner.film(&video).await;
    assert_eq!((&film["state"], &film["playback"]["dash"]), (&json!("processing"), &Value::Null));
    let master = film["playback"]["hls"].as_str().unwrap();
    let manifest = master.replace("master.m3u8", "manifest.mpd");
    assert_eq!(owner.get(master).await.status(), StatusCode::OK);
    assert_eq!(owner.get(&manifest).await.status(), StatusCode::NOT_FOUND);

    let _other = system.worker("other");
    let film = owner.ready(&video).await;
    assert_eq!(film["playback"]["dash"], manifest);
    let answer = owner.get(&manifest).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let playlist = owner.get(master).await;
    assert_eq!(answer.headers()["content-type"], "application/dash+xml");
    for name in ["cache-control", "vary"] {
        assert_eq!(answer.headers()[name], playlist.headers()[name], "{name}");
    }
}

fn manifest_of(film: &Value) -> String {
    film["playback"]["dash"].as_str().expect("a manifest").to_owned()
}

#[derive(Debug)]
struct Rendition {
    name: String,
    init: String,
    segments: Vec<Segment>,
}

#[derive(Debug)]
struct Segment {
    path: String,
    /// First and last byte.
    range: (usize, usize),
    /// When it begins, in ticks.
    begin: u64,
}

/// What a manifest lists. Its elements stand on a line each.
async fn renditions(person: &Person, manifest: &str) -> Vec<Rendition> {
    let answer = person.get(manifest).await;
    assert_eq!(answer.status(), StatusCode::OK, "{manifest}");
    let text = answer.text().await.unwrap();
    let base = Url::parse("http://site").unwrap().join(manifest).unwrap();
    let path = |relative: &str| base.join(relative).unwrap().path().to_owned();
    let blocks = text.split("<Representation ").skip(1);
    let read = |block: &str| {
        let all = |element: &str, name: &str| -> Vec<String> {
            let lines = block.lines().filter(|line| line.contains(element));
            lines.map(|line| attribute(line, name).to_owned()).collect()
        };
        let (begins, media) = (all("<S ", "t"), all("<SegmentURL ", "media"));
        let ranges = all("<SegmentURL ", "mediaRange");
        assert_eq!(begins.len(), media.len());
        let segment = |((begin, media), range): ((String, String), String)| {
            let (first, last) = range.split_once('-').unwrap();
            let range = (first.parse().unwrap(), last.parse().unwrap());
            Segment { path: path(&media), range, begin: begin.parse().unwrap() }
        };
        Rendition {
            name: attribute(block, "id").to_owned(),
            init: path(&all("<Initialization ", "sourceURL")[0]),
            segments: begins.into_iter().zip(media).zip(ranges).map(segment).collect(),
        }
    };
    blocks.map(read).collect()
}

fn attribute<'a>(element: &'a str, name: &str) -> &'a str {
    let (_, rest) = element.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} in {element}"));
    rest.split('"').next().unwrap()
}

/// Each segment is a segment, begins when the manifest says, and is followed by the next one or by nothing. A picture may
/// begin so many ticks late: then the first segment tells of the time before it, too.
async fn assert_true(person: &Person, Rendition { name, init, segments }: &Rendition, late: u64) {
    assert!(stored(person, init, None).await.starts_with(b"\0\0\0\x1cftyp"), "{name}");
    let mut before: Option<&Segment> = None;
    for segment in segments {
        let Segment { path, range: (first, last), begin } = segment;
        let bytes = stored(person, path, Some((*first, *last))).await;
        assert_eq!(bytes.len(), last + 1 - first, "{name}");
        assert_eq!(&bytes[4..8], b"styp", "{name}");
        let shown = if before.is_none() { begin + late } else { *begin };
        assert_eq!(tfdt(&bytes), shown, "{name}, {path} from {first} on");
        let follows = before.filter(|before| before.path == *path).map_or(0, |before| before.range.1 + 1);
        assert_eq!(*first, follows, "{name}");
        before = Some(segment);
    }
}

async fn stored(person: &Person, path: &str, range: Option<(usize, usize)>) -> Vec<u8> {
    let answer = person.get(path).await;
    assert_eq!(answer.status(), StatusCode::FOUND, "{path}");
    let mut request = Client::new().get(answer.headers()["location"].to_str().unwrap());
    if let Some((first, last)) = range {
        request = request.header(header::RANGE, format!("bytes={first}-{last}"));
    }
    request.send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap().into()
}

/// The base media decode time of a segment (ISO 14496-12, 8.8.12).
fn tfdt(segment: &[u8]) -> u64 {
    let place = segment.windows(4).position(|window| window == b"tfdt").expect("a tfdt");
    let (version, time) = (segment[place + 4], &segment[place + 8..]);
    match version {
        0 => u64::from(u32::from_be_bytes(time[..4].try_into().unwrap())),
        _ => u64::from_be_bytes(time[..8].try_into().unwrap()),
    }
}
