//! Packed charts: what is in them, and what must not be.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use reconcile::chart::{Capabilities, Chart, ReleaseInfo, RenderInput};
use tar::{Builder, EntryType, Header};

const META: &[u8] = b"apiVersion: v2\nname: a\nversion: 1.0.0\n";

fn packed(make: impl FnOnce(&mut Builder<GzEncoder<Vec<u8>>>)) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    make(&mut builder);
    builder.into_inner().unwrap().finish().unwrap()
}

/// Adds a file under any name at all, and with any size in its header.
fn add(builder: &mut Builder<GzEncoder<Vec<u8>>>, name: &[u8], data: &[u8], size: Option<u64>) {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_size(size.unwrap_or(data.len() as u64));
    header.set_mode(0o644);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    builder.append(&header, data).unwrap();
}

fn chart(files: &[(&str, &[u8])]) -> Vec<u8> {
    packed(|builder| files.iter().for_each(|(name, data)| add(builder, name.as_bytes(), data, None)))
}

fn refused(bytes: &[u8]) -> String {
    Chart::load_archive(bytes).unwrap_err().to_string()
}

#[test]
fn an_archive_is_a_chart_within_charts_too() {
    let inner = chart(&[("b/Chart.yaml", b"name: b\nversion: 1.0.0\n"), ("b/templates/b.yaml", b"kind: B")]);
    let files: [(&str, &[u8]); 5] = [
        ("a/Chart.yaml", META),
        ("a/crds/z.yaml", b"kind: Z"),
        ("a/crds/y.yaml", b"kind: Y"),
        ("a/.helmignore", b"crds/"),
        ("a/charts/b-1.0.0.tgz", &inner),
    ];
    let chart = Chart::load_archive(&chart(&files)).unwrap();
    let (release, capabilities) = (ReleaseInfo::install("demo", "space"), Capabilities::default());
    let rendered = chart
        .render(&RenderInput { release: &release, values: &serde_json::Value::Null, capabilities: &capabilities })
        .unwrap();
    assert_eq!(rendered.manifests[0].template, "a/charts/b/templates/b.yaml");
    // In the archive's order, and nothing in it is ignored.
    let crds: Vec<&str> = rendered.crds.iter().map(|crd| crd.path.as_str()).collect();
    assert_eq!(crds, ["a/crds/z.yaml", "a/crds/y.yaml"]);
}

#[test]
fn paths_stay_inside() {
    let cases: &[(&str, &str)] = &[
        ("a/../../etc/passwd", "chart illegally references parent directory"),
        ("a/templates/../../../x", "chart illegally references parent directory"),
        ("a//etc/passwd", "chart illegally contains absolute paths"),
        ("a\\..\\..\\x", "chart illegally references parent directory"),
        ("a/c:/x", "chart contains illegally named files"),
        ("x", "chart illegally contains content outside the base directory: \"x\""),
        ("Chart.yaml/x", "chart yaml not in base directory"),
    ];
    for (name, expected) in cases {
        assert_eq!(refused(&chart(&[("a/Chart.yaml", META), (name, b"x")])), *expected, "{name}");
    }
}

#[test]
fn links_lead_nowhere() {
    let bytes = packed(|builder| {
        add(builder, b"a/Chart.yaml", META, None);
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, "a/templates/x.yaml", "/etc/passwd").unwrap();
    });
    let chart = Chart::load_archive(&bytes).unwrap();
    assert_eq!(chart.templates()["templates/x.yaml"].len(), 0);
}

#[test]
fn bombs_are_refused_before_they_unpack() {
    let large = "decompressed chart is larger than the maximum file size 104857600";
    // A file that says it has 10 GB, and one that has 6 MB.
    let told = packed(|builder| add(builder, b"a/x", b"", Some(10 << 30)));
    assert_eq!(refused(&told), large);
    let file = packed(|builder| add(builder, b"a/x", &vec![0; 6 << 20], None));
    assert_eq!(refused(&file), "decompressed chart file \"a/x\" is larger than the maximum file size 5242880");
    // Many files that are together too large, though none of them is.
    let zeros = vec![0; 5 << 20];
    let many = packed(|builder| (0..30).for_each(|n| add(builder, format!("a/{n}").as_bytes(), &zeros, None)));
    assert!(many.len() < 4 << 20, "{}", many.len());
    assert_eq!(refused(&many), large);
    // A name of 10 GB, of which the first part is there.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut header = Header::new_gnu();
    header.set_path("././@LongLink").unwrap();
    header.set_size(10 << 30);
    header.set_entry_type(EntryType::GNULongName);
    header.set_cksum();
    encoder.write_all(header.as_bytes()).unwrap();
    (0..40).for_each(|_| encoder.write_all(&zeros).unwrap());
    assert_eq!(refused(&encoder.finish().unwrap()), "unexpected EOF");
    // Charts in charts in charts, each a little larger than the last.
    let mut bytes = chart(&[("a/Chart.yaml", META)]);
    for _ in 0..40 {
        bytes = chart(&[("a/Chart.yaml", META), ("a/charts/a-1.tgz", &bytes)]);
    }
    assert!(refused(&bytes).ends_with("charts are nested more than 32 deep"));
}

#[test]
fn what_is_no_archive_says_so() {
    assert_eq!(refused(b""), "EOF");
    assert_eq!(refused(b"text"), "unexpected EOF");
    assert_eq!(refused(b"a longer text"), "gzip: invalid header");
    assert_eq!(refused(&packed(|_| {})), "no files in chart archive");
    let whole = chart(&[("a/Chart.yaml", META), ("a/values.yaml", &[b'#'; 5000])]);
    for length in [3, 20, whole.len() / 2, whole.len() - 20] {
        assert!(Chart::load_archive(&whole[..length]).is_err(), "{length} bytes");
    }
    // Whatever a byte becomes, it is a chart or an error.
    for at in 0..whole.len() {
        let mut broken = whole.clone();
        broken[at] ^= 0x55;
        drop(Chart::load_archive(&broken));
    }
}

proptest::proptest! {
    /// Whatever an entry is called, what is read of it lies below the chart.
    #[test]
    fn no_path_leads_out(name in r"[a.:/\\]{1,40}") {
        let bytes = chart(&[("a/Chart.yaml", META), (&name, b"x")]);
        if let Ok(chart) = Chart::load_archive(&bytes) {
            let paths = chart.files().keys().chain(chart.templates().keys());
            for path in paths {
                assert!(!path.starts_with('/') && !path.split('/').any(|part| part == ".."), "{path}");
            }
        }
    }

    /// Whatever is packed, it is a chart or an error.
    #[test]
    fn no_bytes_are_too_odd(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..2000)) {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&bytes).unwrap();
        assert!(Chart::load_archive(&encoder.finish().unwrap()).is_err());
    }
}
