//! `reconcile credentials NAME`: the one command that shows a secret.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::args::{Args, Credentials, WhyFormat};
use super::declared;
use super::desired::Latest;
use super::failure::{Exit, Failure};
use super::inside::{Room, of};
use super::print::Printer;
use crate::cluster::Target;
use crate::manifest::{Kind, ObjectId, builtin};
use crate::release;
use crate::report::logins::{LOGINS_VERSION, Login, Logins};
use crate::report::text;

/// Shows them.
///
/// # Errors
/// Where nobody watches, the chart declares none, or a Secret cannot be read.
pub async fn credentials(args: &Args, options: &Credentials, printer: &Printer) -> Result<u8, Failure> {
    if !options.show && !io::stdout().is_terminal() {
        let message = "credentials are shown on a terminal alone: this may go into a file or a log";
        return Err(Failure::new(Exit::Failed, message, "add --show where that is meant"));
    }
    let room = Room::enter(args, options.name.as_deref(), &options.target, (printer, Latest::NotNeeded)).await?;
    let logins = declared::logins(&room.desired, &room.name)?;
    if logins.is_empty() {
        let chart = room.desired.fleet.sandboxes.get(&room.name).map(|sandbox| sandbox.chart.clone());
        let chart = chart.unwrap_or_else(|| "NAME".into());
        return Err(Failure::new(
            Exit::Failed,
            format!("the chart of {} declares no credentials", room.name),
            format!("charts/README.md says how charts/{chart}/Chart.yaml does"),
        ));
    }
    let url = room.desired.fleet.sandboxes.get(&room.name).and_then(|sandbox| sandbox.url.clone());
    let mut found = Vec::new();
    for login in logins {
        let mut values = read(&room, &login).await?;
        if let Some(user) = &login.user {
            values.insert("user".into(), user.clone());
        }
        let url = url.as_ref().zip(login.path.as_ref());
        let url = url.map(|(url, path)| format!("{}/{}", url.trim_end_matches('/'), path.trim_start_matches('/')));
        found.push(Login { label: login.label, url, values });
    }
    match options.format {
        WhyFormat::Text => printer.answer(&text::logins(&found))?,
        WhyFormat::Json => {
            let (name, namespace) = (room.name.clone(), room.namespace.clone());
            let logins = Logins { version: LOGINS_VERSION, name, namespace, logins: found };
            let text = serde_json::to_string_pretty(&logins).map_err(|error| Failure::of(&error))?;
            printer.answer(&format!("{text}\n"))?;
        }
    }
    Ok(0)
}

/// What a login names of its Secret.
async fn read(room: &Room, login: &release::Login) -> Result<BTreeMap<String, String>, Failure> {
    let kind = Kind::new("v1", "Secret");
    let resource = builtin(&kind).ok_or_else(|| Failure::new(Exit::Failed, "Secrets are not served", "report this"))?;
    let id = ObjectId::new(&kind, Some(&room.namespace), &login.secret);
    let target = Target { kind: &kind, resource: &resource, id: &id };
    let secret = room.cluster.get(&target).await.map_err(|error| of(&error))?;
    let missing =
        |what: String| Failure::new(Exit::Failed, what, format!("reconcile status {} tells what there is", room.name));
    let Some(secret) = secret else {
        return Err(missing(format!("{}: there is no Secret {} in {}", login.label, login.secret, room.namespace)));
    };
    let mut values = BTreeMap::new();
    for (shown, key) in &login.keys {
        // What is wrong with a value is told without it.
        let value = secret.pointer("/data").and_then(|data| data.get(key)).and_then(Value::as_str);
        let value = value.and_then(|value| STANDARD.decode(value).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(value) = value else {
            return Err(missing(format!("{}: Secret {} has no text {key}", login.label, login.secret)));
        };
        values.insert(shown.clone(), value);
    }
    Ok(values)
}
