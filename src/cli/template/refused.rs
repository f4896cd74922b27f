//! Flags of Helm's that ask for what is not done here.

use super::super::args::TemplateBeside;

/// Says what to do instead.
pub(super) fn check(options: &TemplateBeside) -> Result<(), String> {
    let refused = [
        (
            options.validate,
            "--validate",
            "no cluster is asked: reconcile template … | kubectl apply --dry-run=server -f -",
        ),
        (options.verify, "--verify", "signatures are not checked: helm verify CHART.tgz, then leave it out"),
        (options.enable_dns, "--enable-dns", "names are not looked up: give the address as a value"),
    ];
    match refused.iter().find(|(is_given, ..)| *is_given) {
        Some((_, flag, why)) => Err(format!("{flag}: {why}")),
        None => Ok(()),
    }
}

/// A run that writes nothing may ask a cluster in Helm: not here.
pub(super) fn check_dry_run(options: &TemplateBeside) -> Result<(), String> {
    match options.dry_run.as_deref() {
        None | Some("" | "client" | "true") => Ok(()),
        Some("server" | "none" | "false") => {
            Err("--dry-run=server: no cluster is asked, so lookup gives nothing: --dry-run=client".to_owned())
        }
        Some(_) => {
            Err("Invalid dry-run flag. Flag must one of the following: false, true, none, client, server".to_owned())
        }
    }
}
