//! Looking into a sandbox that lives: its logs, a program in it, its ports.

mod exec;
mod forward;
mod lines;
mod logs;
mod terminal;

use std::sync::Arc;

pub(super) use exec::container;
pub use exec::exec;
pub use forward::forward;
pub(super) use lines::Lines;
pub use logs::logs;

use super::args::{self, Args};
use super::desired::{Desired, Latest, did_you_mean};
use super::failure::{Exit, Failure};
use super::place;
use super::planning::{check_context, connect};
use super::print::Printer;
use crate::cluster::inside::{Inside, nothing_runs};
use crate::cluster::{Cluster, Error, ErrorKind, Query, Target};
use crate::fleet::Fleet;
use crate::manifest::{LABEL_FLEET, ObjectId, namespaces, pods};
use crate::plan::{PodSeen, of_service};

/// A sandbox that lives.
pub(super) struct Room {
    /// The fleet.
    pub desired: Desired,
    /// The cluster.
    pub cluster: Arc<dyn Cluster>,
    /// The sandbox's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
}

impl Room {
    /// Finds it; without a name that of the branch that is checked out.
    ///
    /// # Errors
    /// Where there is no such sandbox, it does not live, or its namespace is somebody else's.
    pub(super) async fn enter(
        args: &Args,
        name: Option<&str>,
        target: &args::Target,
        (printer, latest): (&Printer, Latest),
    ) -> Result<Self, Failure> {
        let mut desired = Desired::of_fleet(&args.source, printer, latest)?;
        let is_known =
            |fleet: &Fleet, name: &str| fleet.sandboxes.contains_key(name) || fleet.broken.contains_key(name);
        let mut found = place::name(&desired.fleet, name);
        if latest == Latest::NotNeeded && !found.as_ref().is_ok_and(|name| is_known(&desired.fleet, name)) {
            // It may have come since.
            desired = Desired::of_fleet(&args.source, printer, Latest::Fetched)?;
            found = place::name(&desired.fleet, name);
        }
        let (name, fleet) = (found?, &desired.fleet);
        let is_known = is_known(fleet, &name);
        let namespace = format!("{}{name}", fleet.settings.namespace_prefix);
        let cluster = connect(target).await?;
        check_context(fleet, &*cluster)?;
        let (kind, resource) = namespaces();
        let id = ObjectId::namespace(&namespace);
        match cluster.metadata(&Target { kind: &kind, resource: &resource, id: &id }).await {
            Ok(Some(meta)) if meta.labels.get(LABEL_FLEET) != Some(&fleet.settings.id) => Err(Failure::new(
                Exit::Failed,
                format!("namespace {namespace} is there, and is not of fleet {}", fleet.settings.name),
                format!("reconcile why {name} tells more"),
            )),
            Ok(Some(_)) => Ok(Self { desired, cluster, name, namespace }),
            Ok(None) if is_known => Err(Failure::new(
                Exit::Failed,
                format!("{name} does not live: there is no namespace {namespace}"),
                format!("reconcile why {name} tells what the next run does"),
            )),
            Ok(None) => {
                let known: Vec<&String> = fleet.sandboxes.keys().chain(fleet.broken.keys()).collect();
                let message = format!("there is no sandbox {name}, in the fleet or in the cluster");
                Err(Failure::new(Exit::Usage, message, did_you_mean(&name, &known)))
            }
            // Who has rights in the namespace alone may not look at it, and need not.
            Err(error) if error.kind == ErrorKind::Forbidden && is_known => {
                Ok(Self { desired, cluster, name, namespace })
            }
            Err(error) => Err(of(&error)),
        }
    }

    /// What runs there.
    ///
    /// # Errors
    /// Where the cluster is one that runs nothing.
    pub(super) fn inside(&self) -> Result<&dyn Inside, Failure> {
        let what = format!("look into {}", self.name);
        self.cluster.inside().ok_or_else(|| of(&nothing_runs(&what, self.cluster.describe())))
    }

    /// Its pods, by name; those of a service.
    ///
    /// # Errors
    /// Where they cannot be listed, or none is of that service.
    pub(super) async fn pods(&self, service: Option<&str>) -> Result<Vec<PodSeen>, Failure> {
        let mut found = all_pods(&*self.cluster, &self.namespace).await.map_err(|error| of(&error))?;
        found.sort_by(|a, b| a.name.cmp(&b.name));
        of_service(found, service).map_err(|known| self.no_service(service.unwrap_or_default(), &known))
    }

    fn no_service(&self, service: &str, known: &[String]) -> Failure {
        let hint = match known {
            [] => format!("{} has no pods; reconcile status {} tells why", self.name, self.name),
            known => {
                let near = did_you_mean(service, &known.iter().collect::<Vec<_>>());
                let near = if near.starts_with("did") { format!("{near} ") } else { String::new() };
                format!("{near}there are: {}", known.join(", "))
            }
        };
        Failure::new(Exit::Usage, format!("{} has no service {service}", self.name), hint)
    }

    /// The pod in which a program is run: one that runs, of the service that is named, or that the chart says is meant.
    ///
    /// # Errors
    /// Where several are meant, or none runs.
    pub(super) async fn pod(&self, service: Option<&str>) -> Result<PodSeen, Failure> {
        let own = match service {
            Some(_) => None,
            None => self.chart_service()?,
        };
        let service = service.or(own.as_deref());
        let found = self.pods(service).await?;
        let mut services = crate::plan::services(&found);
        if service.is_none() && services.len() > 1 {
            services.sort();
            return Err(Failure::new(
                Exit::Usage,
                format!("{} has several services", self.name),
                format!("say which: --service {}", services.join(", or --service ")),
            ));
        }
        let whose = service.map(|service| format!(" of {service}")).unwrap_or_default();
        let mut running: Vec<&PodSeen> = found
            .iter()
            .filter(|pod| !pod.ending && pod.containers.iter().any(|container| container.running && !container.extra))
            .collect();
        running.sort_by_key(|pod| (!pod.ready, pod.name.clone()));
        match running.first() {
            Some(pod) => Ok((*pod).clone()),
            None => {
                let states: Vec<String> = found.iter().map(|pod| format!("{} is {}", pod.name, pod.status)).collect();
                let states = if states.is_empty() { "it has no pods".to_owned() } else { states.join(", ") };
                Err(Failure::new(
                    Exit::Failed,
                    format!("no pod{whose} of {} runs: {states}", self.name),
                    format!("reconcile status {} tells more", self.name),
                ))
            }
        }
    }

    /// The service that its chart says is meant where none is named.
    fn chart_service(&self) -> Result<Option<String>, Failure> {
        super::declared::service(&self.desired, &self.name)
    }
}

/// The pods of a namespace.
pub(super) async fn all_pods(cluster: &dyn Cluster, namespace: &str) -> Result<Vec<PodSeen>, Error> {
    let (kind, resource) = pods();
    let query = Query { kind: &kind, resource: &resource, namespace: Some(namespace), selector: "" };
    Ok(cluster.objects(&query).await?.iter().map(PodSeen::of).collect())
}

/// A failed request, with what to do about it.
pub(super) fn of(error: &Error) -> Failure {
    Failure::of(error).hint(error.remedy.clone())
}
