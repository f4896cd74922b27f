//! `fleet.toml`, the example sandbox, and the README of a new fleet.

use std::fmt::Write as _;

use super::fill::fill;
use super::{Choices, Ci};

/// A text as TOML writes it, whatever is in it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// `sandboxes/fleet.toml`.
pub fn settings(choices: &Choices) -> String {
    let mut out = String::from(
        "#:schema ./fleet.schema.json\n# What all sandboxes of this repository share. Editors know every key by the \
         schema.\n\n",
    );
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(out, "name = {}", quoted(&choices.name));
    out.push_str(
        "# Marks what belongs to this fleet, on every object in the cluster. It never changes while sandboxes live; a copy\n\
         # of this repository that works on the same cluster needs another one.\n",
    );
    let _ = writeln!(out, "id = {}", quoted(&choices.id));
    out.push_str("# The kubeconfig context that this fleet belongs to; any other is refused.\n");
    match &choices.context {
        Some(context) => writeln!(out, "context = {}", quoted(context)),
        None => writeln!(out, "# context = \"my-cluster\""),
    }
    .unwrap_or_default();
    match &choices.domain {
        Some(domain) => writeln!(out, "# Each sandbox answers at https://NAME.DOMAIN.\ndomain = {}", quoted(domain)),
        None => writeln!(
            out,
            "# With a domain each sandbox answers at https://NAME.DOMAIN; without one there is no Ingress, and a\n\
             # port-forward reaches it.\n# domain = \"sandboxes.example.com\""
        ),
    }
    .unwrap_or_default();
    let _ = writeln!(
        out,
        "\n[defaults]\nchart = {}\n# What a sandbox runs that names no image of its own.\nimage = {}\n# How long a sandbox \
         lives from the commit that last changed its file.\nttl = \"7d\"",
        quoted(choices.chart.name),
        quoted(choices.chart.image),
    );
    if choices.chart.name == "odoo-dev-sandbox" {
        out.push_str(
            "\n[defaults.values]\n# The addon under development: its technical name. The stock image has this one; name \
             yours.\ncode.addon = \"website\"\n",
        );
    }
    out.push_str(
        "\n[namespace.labels]\n\"pod-security.kubernetes.io/enforce\" = \"restricted\"\n\
         \"pod-security.kubernetes.io/warn\" = \"restricted\"\n\n[limits]\n# How many sandboxes live at once; among new ones \
         the older file goes first.\nmax_sandboxes = 5\nmax_pins = 3\nmax_pin = \"48h\"\n\n# Groups of the cluster's users \
         that may look into every sandbox, and restart what runs in it.\n# [access]\n# groups = [\"developers\"]\n",
    );
    out
}

/// The example sandbox.
pub fn example(choices: &Choices) -> String {
    format!(
        "#:schema ./sandbox.schema.json\n# A sandbox to begin with, called after this file. It lives for ever, so that it is \
         the same for whoever clones this\n# repository later; a feature's sandbox says ttl = \"3d\", or nothing, which takes \
         the fleet's.\n\nbranch = {}\nimage  = {}\nttl    = \"never\"\n",
        quoted(&choices.branch),
        quoted(choices.chart.image),
    )
}

/// README.md.
pub fn readme(choices: &Choices) -> String {
    let address = match &choices.domain {
        Some(domain) => format!("Each sandbox answers at `https://NAME.{domain}`."),
        None => "Without a `domain` in `sandboxes/fleet.toml` a sandbox is reached by a port-forward.".to_owned(),
    };
    let (runs, ci) = match choices.ci {
        Ci::Github => (
            "by the workflows in `.github/workflows`, once [ci/](ci/README.md) is set up",
            "| `ci/`, `.github/workflows/` | what runs it on a schedule, and plans in pull requests |\n",
        ),
        Ci::Gitlab => (
            "by `.gitlab-ci.yml`, once [ci/](ci/README.md) is set up",
            "| `ci/`, `.gitlab-ci.yml` | what runs it on a schedule, and plans in merge requests |\n",
        ),
        Ci::None => ("by whoever calls `reconcile`, from cron or a CI", ""),
    };
    let values = [
        ("name", choices.name.as_str()),
        ("branch", &choices.branch),
        ("chart", choices.chart.name),
        ("about", choices.chart.about),
        ("address", &address),
        ("runs", runs),
        ("ci", ci),
    ];
    fill(include_str!("templates/README.md.in"), &values)
}
