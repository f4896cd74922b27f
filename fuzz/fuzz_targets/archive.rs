//! Any bytes as a packed chart, by themselves and as what gzip unpacks to: a chart or an error, within its bounds.
#![no_main]

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use libfuzzer_sys::fuzz_target;
use reconcile::chart::Chart;

fuzz_target!(|bytes: &[u8]| {
    drop(Chart::load_archive(bytes));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    if encoder.write_all(bytes).is_ok()
        && let Ok(packed) = encoder.finish()
        && let Ok(chart) = Chart::load_archive(&packed)
    {
        for path in chart.files().keys().chain(chart.templates().keys()) {
            assert!(!path.starts_with('/') && !path.split('/').any(|part| part == ".."), "{path}");
        }
    }
});
