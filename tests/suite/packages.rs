//! What a release has: the archive that `ci/package` makes, krew's manifest of it, and what `cargo binstall` looks for.

use std::fs;
use std::path::Path;

use reconcile::chart::yaml::{self, Numbers};
use serde_json::json;

use super::init::Place;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(file)).expect("a file")
}

#[test]
fn krew_finds_each_archive() {
    let place = Place::new();
    let manifest = format!("'{ROOT}/ci/krew/manifest' https://example.com/v{VERSION} dist");
    let said = place.expect(1, &format!("mkdir dist; {manifest}"));
    assert!(said.contains("there is no archive of version"), "{said}");
    for target in ["x86_64-unknown-linux-musl", "aarch64-apple-darwin"] {
        let name = format!("reconcile-{VERSION}-{target}.tar.gz");
        let line = format!("{}  {name}\n", "ab".repeat(32));
        fs::write(place.0.path().join("work/dist").join(format!("{name}.sha256")), line).expect("written");
    }
    place.expect(0, &format!("{manifest} > manifest.yaml"));
    let text = fs::read_to_string(place.0.path().join("work/manifest.yaml")).expect("written");
    let manifest = yaml::read(&text, Numbers::Float64).expect("YAML");
    assert_eq!(manifest["spec"]["version"], json!(format!("v{VERSION}")));
    let short = manifest["spec"]["shortDescription"].as_str().expect("a text");
    assert!(short.len() <= 60, "{short}");
    let platforms = manifest["spec"]["platforms"].as_array().expect("platforms");
    assert_eq!(platforms.len(), 2);
    let name = format!("reconcile-{VERSION}-x86_64-unknown-linux-musl");
    assert_eq!(
        platforms[0],
        json!({
            "selector": {"matchLabels": {"os": "linux", "arch": "amd64"}},
            "uri": format!("https://example.com/v{VERSION}/{name}.tar.gz"),
            "sha256": "ab".repeat(32),
            "bin": "kubectl-reconcile",
            "files": [
                {"from": format!("{name}/reconcile"), "to": "kubectl-reconcile"},
                {"from": format!("{name}/LICENSE"), "to": "."},
            ],
        })
    );
}

/// Scripts, workflow and metadata call the archive the same.
#[test]
fn an_archive_has_one_name() {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("TOML");
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let url = binstall["pkg-url"].as_str().expect("a URL");
    assert!(url.ends_with("/v{ version }/reconcile-{ version }-{ target }.tar.gz"), "{url}");
    assert_eq!(binstall["bin-dir"].as_str(), Some("reconcile-{ version }-{ target }/{ bin }{ binary-ext }"));
    assert!(read("ci/package").contains("name=reconcile-$version-$target\n"));
    let workflow = read("ci/github/release.yml");
    let krew = read("ci/krew/manifest");
    for target in workflow.lines().filter_map(|line| line.trim().strip_prefix("- { target: ")?.split(',').next()) {
        assert!(krew.contains(target), "krew's manifest has no {target}");
    }
    assert!(workflow.contains("ci/package ${{ matrix.target }} dist") && workflow.contains("ci/krew/manifest "));
}

/// The container file copies what the program is built from, and runs it as nobody.
#[test]
fn a_container_runs_as_nobody() {
    let file = read("Containerfile");
    let stages: Vec<&str> = file.split("\nFROM ").collect();
    for stage in stages.iter().filter(|stage| stage.contains("ENTRYPOINT")) {
        assert!(stage.contains("\nUSER 65532:65532\n"), "{stage}");
    }
    let copied: Vec<&str> = file.lines().filter_map(|line| line.strip_prefix("COPY ")?.split(' ').next()).collect();
    for needed in ["Cargo.toml", "src", "charts", "ci"] {
        assert!(copied.contains(&needed), "{needed} is not copied");
        assert!(read(".dockerignore").lines().any(|line| line == format!("!{needed}")), "{needed} is left out");
    }
    // cargo wants every file that the manifest names, tests and benches among them.
    let manifest: toml::Table = read("Cargo.toml").parse().expect("TOML");
    for kind in ["test", "bench"] {
        for target in manifest[kind].as_array().expect("targets") {
            let path = target["path"].as_str().expect("a path");
            assert!(file.contains(path), "the container file does not make {path}");
        }
    }
}
