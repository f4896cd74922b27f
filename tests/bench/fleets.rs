//! Fleets to measure with: any number of sandboxes of `chart/`, 16 objects each.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::fleet_repo::FleetRepo;

/// A repository with so many sandboxes of the bench's chart, all alike but for their names, branches and images.
pub fn bench(id: &str, size: usize) -> FleetRepo {
    let repo = FleetRepo::new();
    repo.write(
        "sandboxes/fleet.toml",
        &format!(
            "name = \"bench\"\nid = \"{id}\"\nnamespace_prefix = \"{id}-\"\n\n[defaults]\nchart = \"bench\"\n\n\
             [limits]\nmax_sandboxes = 100000\n"
        ),
    );
    for file in ["Chart.yaml", "values.yaml", "templates/all.yaml"] {
        let from = format!("{}/tests/bench/chart/{file}", env!("CARGO_MANIFEST_DIR"));
        repo.write(&format!("charts/bench/{file}"), &std::fs::read_to_string(from).expect("the chart"));
    }
    for number in 0..size {
        repo.write(
            &format!("sandboxes/s{number:05}.toml"),
            &format!(
                "branch = \"feature/{number}\"\nimage = \"registry.example.com/bench:{number}\"\nttl = \"never\"\n"
            ),
        );
    }
    repo.commit("a fleet", Timestamp::now());
    repo
}

/// One sandbox's manifests, as a chart that has nothing to fill in: what a tool is given that keeps releases of its own.
pub fn as_chart(repo: &FleetRepo, rendered: &Path) -> PathBuf {
    let chart = repo.path().join("as-chart");
    std::fs::create_dir_all(chart.join("templates")).expect("a folder");
    std::fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: bench\nversion: 0.1.0\n").expect("a file");
    std::fs::copy(rendered, chart.join("templates/all.yaml")).expect("a file");
    chart
}
