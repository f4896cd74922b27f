//! Any text as YAML: what is read comes back the same after it was written, and both readers agree.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reconcile::chart::yaml::{Numbers, read, read_quick, read_strict, write};

fuzz_target!(|text: &str| {
    let strict = read_strict(text, Numbers::Exact);
    if let Some(quick) = read_quick(text) {
        assert_eq!(strict.as_ref().ok(), Some(&quick.to_value()), "the quick reader reads something else");
    }
    let Ok(value) = read(text, Numbers::Exact) else { return };
    let written = write(&value);
    match read(&written, Numbers::Exact) {
        Ok(again) => assert_eq!(again, value, "{written}"),
        // A key that is longer than YAML reads back.
        Err(error) => assert!(written.len() > 1000, "{error}: {written}"),
    }
});
