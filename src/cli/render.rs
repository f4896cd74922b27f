//! `reconcile render`: the manifests of sandboxes, without a cluster.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::args::{Args, Render, RenderFormat};
use super::desired::Desired;
use super::failure::Failure;
use super::print::Printer;
use crate::fleet::{SecretRef, Settings};
use crate::release::{self, Copied, Fault};
use crate::report::{manifests, text};

/// Prints them.
///
/// # Errors
/// Where the fleet cannot be read, or a named sandbox is none.
pub fn render(args: &Args, options: &Render, printer: &Printer) -> Result<u8, Failure> {
    let desired = Desired::read(&args.source, printer)?;
    let copied = only_named(&desired.fleet.settings);
    let basis = desired.basis(&copied);
    let mut broken = false;
    let mut shown: Vec<Value> = Vec::new();
    for name in desired.named(&options.names)? {
        let Some(sandbox) = desired.fleet.sandboxes.get(&name) else {
            // Its file was shown as broken when the fleet was read.
            broken = true;
            continue;
        };
        if options.explain {
            match release::explain(sandbox, &basis) {
                Ok(objects) if options.format == RenderFormat::Yaml => {
                    let told: Vec<String> = objects.iter().map(text::explained).collect();
                    printer.answer(&told.join("\n"))?;
                }
                Ok(objects) => shown.extend(objects.iter().map(|object| json!(object))),
                Err(fault) => broken = tell(&name, &fault, printer),
            }
            continue;
        }
        match release::render(sandbox, &basis) {
            Ok(rendered) if options.format == RenderFormat::Yaml => {
                printer.answer(&manifests::yaml(&rendered.release))?;
            }
            Ok(rendered) => shown.extend(rendered.release.objects().map(manifests::shown)),
            Err(fault) => broken = tell(&name, &fault, printer),
        }
    }
    if options.format == RenderFormat::Json {
        printer.answer(&format!("{:#}\n", json!(shown)))?;
    }
    Ok(if broken { 4 } else { 0 })
}

/// Says why a sandbox does not render.
fn tell(name: &str, fault: &Fault, printer: &Printer) -> bool {
    printer.error(&format!("sandbox {name}: {}", fault.message));
    printer.hint(&fault.hint);
    true
}

/// Without a cluster a Secret that is copied is a name alone.
pub(super) fn only_named(settings: &Settings) -> BTreeMap<SecretRef, Copied> {
    settings.copy_secrets.iter().map(|reference| (reference.clone(), Copied::Named)).collect()
}
