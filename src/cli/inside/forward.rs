//! `reconcile port-forward NAME`: ports of a sandbox, on this machine.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Room, of};
use crate::cli::args::{Args, PortForward, Ports, What};
use crate::cli::desired::Latest;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::Printer;
use crate::cluster::inside::Way;
use crate::cluster::{Cluster, ErrorKind, Query};
use crate::manifest::{Kind, builtin, pods};
use crate::plan::PodSeen;

/// How long another pod is waited for where one has gone.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long between two looks for it.
const PAUSE: Duration = Duration::from_secs(1);
/// Where one side has said all and the other is silent for so long, the connection is over: websockets cannot say that
/// half of one has ended.
const SILENCE: Duration = Duration::from_secs(10);
/// How long a pod's word on a connection is waited for that is over.
const LAST: Duration = Duration::from_secs(2);
/// How much is read at once.
const BUFFER: usize = 32 * 1024;

/// Forwards them, until Ctrl-C.
///
/// # Errors
/// Where there is nothing to forward, or a local port is taken.
pub async fn forward(args: &Args, options: &PortForward, printer: &Printer) -> Result<u8, Failure> {
    let (service, ports) = wanted(&options.what)?;
    let room = Room::enter(args, Some(&options.name), &options.target, (printer, Latest::NotNeeded)).await?;
    room.inside()?;
    let door = Door::find(&room, service).await?;
    let ways = door.ways(&room.name, &ports)?;
    let mut listening = Vec::new();
    for way in ways {
        let listener = listen(&way, printer).await?;
        let address = listener.local_addr().map_err(|error| Failure::of(&error))?;
        let shown = if way.is_web() { format!("http://{address}") } else { address.to_string() };
        printer.answer(&format!("{shown} leads to {}, port {}\n", door.name, way.port))?;
        listening.push((listener, way));
    }
    let door = Arc::new(Keeper { door, namespace: room.namespace, cluster: room.cluster, printer: *printer });
    for (listener, way) in listening {
        let door = Arc::clone(&door);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&door).serve(client, way.clone()));
            }
        });
    }
    tokio::signal::ctrl_c().await.map_err(|error| Failure::of(&error))?;
    Ok(0)
}

/// The service, and the ports.
fn wanted(what: &[What]) -> Result<(Option<&str>, Vec<&Ports>), Failure> {
    let mut service = None;
    let mut ports = Vec::new();
    for what in what {
        match what {
            What::Ports(pair) => ports.push(pair),
            What::Service(name) if service.is_none() && ports.is_empty() => service = Some(name.as_str()),
            What::Service(name) => {
                let hint = "one service comes first, and then ports: reconcile port-forward NAME SERVICE 8080:80";
                return Err(Failure::new(Exit::Usage, format!("{name} is no port"), hint));
            }
        }
    }
    Ok((service, ports))
}

/// Where connections go: pods, and what their ports are called.
#[derive(Clone, Debug)]
struct Door {
    /// What it is called, for people: `service nginx`.
    name: String,
    /// What selects its pods: labels of a Service; else the service that people name.
    selector: Selector,
    /// Its ports: name, number, and what leads to in a pod.
    ports: Vec<Port>,
}

#[derive(Clone, Debug)]
enum Selector {
    Labels(String),
    Service(String),
}

#[derive(Clone, Debug)]
struct Port {
    name: String,
    number: u16,
    target: Target,
}

/// What leads to in a pod.
#[derive(Clone, Debug)]
enum Target {
    Number(u16),
    Name(String),
}

/// A local port and where it leads.
#[derive(Clone, Debug)]
struct Leads {
    local: Option<u16>,
    /// Whether nobody asked for just that one.
    any: bool,
    port: u16,
    name: String,
    target: Target,
}

impl Leads {
    fn is_web(&self) -> bool {
        let by_name =
            ["http", "web", "ui"].iter().any(|name| self.name.starts_with(name)) && !self.name.starts_with("https");
        by_name || (self.name.is_empty() && matches!(self.port, 80 | 3000 | 5000 | 8000 | 8069 | 8080))
    }
}

impl Door {
    /// The Service of that name, or the one that an Ingress leads to, or the first one; else the pods of that service.
    async fn find(room: &Room, service: Option<&str>) -> Result<Self, Failure> {
        let mut services = list(room, "v1", "Service").await.map_err(|error| of(&error))?;
        services.retain(|one| one.pointer("/spec/selector").is_some_and(Value::is_object));
        services.sort_by_key(|one| name_of(one).to_owned());
        let found = match service {
            Some(name) => services.iter().find(|one| name_of(one) == name),
            None => {
                // Who may not see Ingresses gets the first.
                let ingresses = list(room, "networking.k8s.io/v1", "Ingress").await.unwrap_or_default();
                let front = ingresses.iter().find_map(|ingress| {
                    let paths = ingress.pointer("/spec/rules/0/http/paths")?.as_array()?;
                    // The path of all others leads to what people mean.
                    let top = paths.iter().find(|one| one["path"] == "/").or_else(|| paths.first())?;
                    top.pointer("/backend/service/name")?.as_str()
                });
                services.iter().find(|one| Some(name_of(one)) == front).or_else(|| services.first())
            }
        };
        match (found, service) {
            (Some(found), _) => Ok(Self::of(found)),
            (None, Some(name)) => Ok(Self::of_pods(name, &room.pods(Some(name)).await?)),
            (None, None) => Err(Failure::new(
                Exit::Failed,
                format!("{} has no Service", room.name),
                format!("reconcile status {} tells what there is", room.name),
            )),
        }
    }

    fn of(service: &Value) -> Self {
        let labels = service.pointer("/spec/selector").and_then(Value::as_object);
        let label = |(key, value): (&String, &Value)| format!("{key}={}", value.as_str().unwrap_or_default());
        let selector = labels.into_iter().flatten().map(label).collect::<Vec<_>>().join(",");
        let ports = service.pointer("/spec/ports").and_then(Value::as_array).into_iter().flatten();
        let port = |port: &Value| {
            let number = u16::try_from(port["port"].as_u64()?).ok()?;
            let target = match &port["targetPort"] {
                Value::String(name) => Target::Name(name.clone()),
                Value::Number(target) => Target::Number(u16::try_from(target.as_u64()?).ok()?),
                _ => Target::Number(number),
            };
            let is_tcp = port["protocol"].as_str().is_none_or(|protocol| protocol == "TCP");
            is_tcp.then(|| Port { name: port["name"].as_str().unwrap_or_default().to_owned(), number, target })
        };
        let name = format!("service {}", name_of(service));
        Self { name, selector: Selector::Labels(selector), ports: ports.filter_map(port).collect() }
    }

    fn of_pods(service: &str, pods: &[PodSeen]) -> Self {
        let own = pods.iter().flat_map(|pod| &pod.containers).flat_map(|container| &container.ports);
        let mut ports: Vec<Port> = Vec::new();
        for (name, number) in own {
            if !ports.iter().any(|port| port.number == *number) {
                ports.push(Port { name: name.clone(), number: *number, target: Target::Number(*number) });
            }
        }
        Self { name: format!("pods of {service}"), selector: Selector::Service(service.to_owned()), ports }
    }

    /// Which local port leads where; without any the first one.
    fn ways(&self, sandbox: &str, wanted: &[&Ports]) -> Result<Vec<Leads>, Failure> {
        if wanted.is_empty() {
            let Some(first) = self.ports.first() else {
                let hint = "name one: reconcile port-forward NAME SERVICE LOCAL:REMOTE";
                return Err(Failure::new(Exit::Usage, format!("{} of {sandbox} names no port", self.name), hint));
            };
            // Those below are for administrators.
            let local = if first.number < 1024 { 8000 + first.number } else { first.number };
            return Ok(vec![Leads::new(Some(local), true, first)]);
        }
        wanted.iter().map(|pair| self.way(sandbox, pair)).collect()
    }

    fn way(&self, sandbox: &str, pair: &Ports) -> Result<Leads, Failure> {
        let number = pair.remote.parse::<u16>().ok();
        let known = self.ports.iter().find(|port| Some(port.number) == number || port.name == pair.remote);
        match (known, number, &self.selector) {
            (Some(port), _, _) => Ok(Leads::new(pair.local, false, port)),
            // A pod listens where it likes; a Service has its ports alone.
            (None, Some(number), Selector::Service(_)) => {
                let port = Port { name: String::new(), number, target: Target::Number(number) };
                Ok(Leads::new(pair.local, false, &port))
            }
            (None, _, _) => {
                let known = self.ports.iter().map(|port| match port.name.as_str() {
                    "" => port.number.to_string(),
                    name => format!("{} ({name})", port.number),
                });
                let known: Vec<String> = known.collect();
                let hint = format!("there are: {}", known.join(", "));
                Err(Failure::new(Exit::Usage, format!("{} of {sandbox} has no port {}", self.name, pair.remote), hint))
            }
        }
    }
}

impl Leads {
    fn new(local: Option<u16>, any: bool, port: &Port) -> Self {
        Self { local, any, port: port.number, name: port.name.clone(), target: port.target.clone() }
    }
}

fn name_of(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

async fn list(room: &Room, version: &str, kind: &str) -> Result<Vec<Value>, crate::cluster::Error> {
    let kind = Kind::new(version, kind);
    let Some(resource) = builtin(&kind) else { return Ok(Vec::new()) };
    let query = Query { kind: &kind, resource: &resource, namespace: Some(&room.namespace), selector: "" };
    room.cluster.objects(&query).await
}

async fn listen(way: &Leads, printer: &Printer) -> Result<TcpListener, Failure> {
    let local = way.local.unwrap_or(0);
    match TcpListener::bind(("127.0.0.1", local)).await {
        Ok(listener) => Ok(listener),
        Err(error) if way.any => {
            printer.note(&format!("127.0.0.1:{local} cannot be had ({error}), so it is another"));
            TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| Failure::of(&error))
        }
        Err(error) => Err(Failure::new(
            Exit::Failed,
            format!("127.0.0.1:{local} cannot be listened on: {error}"),
            format!("take another: {}:{}, or :{} for any that is free", way.port.saturating_add(1), way.port, way.port),
        )),
    }
}

/// Who lets connections in.
struct Keeper {
    door: Door,
    namespace: String,
    cluster: Arc<dyn Cluster>,
    printer: Printer,
}

impl Keeper {
    async fn serve(self: Arc<Self>, mut client: TcpStream, way: Leads) {
        match self.connect(&way).await {
            Ok((pod, Way { stream, refused })) => {
                let refused = refused.shared();
                let refusal = async {
                    if refused.clone().await.is_none() {
                        std::future::pending::<()>().await;
                    }
                };
                tokio::select! {
                    () = talk(&mut client, stream) => {}
                    () = refusal => {}
                }
                // Whoever hung up has his reasons; a pod's come by another way, perhaps a moment later.
                drop(client);
                if let Ok(Some(why)) = timeout(LAST, refused).await {
                    self.printer.warning(&format!("pod {pod} refuses port {}: {}", way.port, why.trim()));
                }
            }
            Err(why) => self.printer.warning(&format!("a connection to port {} was turned away: {why}", way.port)),
        }
    }

    /// To a pod that runs; where it has gone, to the one that comes in its place.
    async fn connect(&self, way: &Leads) -> Result<(String, Way), String> {
        let inside = self.cluster.inside().ok_or("nothing runs there")?;
        let mut why = String::new();
        let attempts = PATIENCE.as_secs() / PAUSE.as_secs();
        for attempt in 0..attempts {
            if attempt > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            let pods = match self.pods().await {
                Ok(pods) => pods,
                Err(error) => {
                    why = error;
                    continue;
                }
            };
            let Some((pod, port)) = pods.iter().find_map(|pod| Some((pod, port_of(pod, &way.target)?))) else {
                why = match pods.first() {
                    Some(pod) => format!("pod {} has no such port", pod.name),
                    None => format!("no pod of {} runs", self.door.name),
                };
                continue;
            };
            match inside.forward(&self.namespace, &pod.name, port).await {
                Ok(way) => return Ok((pod.name.clone(), way)),
                Err(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::Unauthorized) => {
                    return Err(error.with_remedy());
                }
                Err(error) => why = error.to_string(),
            }
        }
        Err(why)
    }

    /// Those that run, the ready ones first.
    async fn pods(&self) -> Result<Vec<PodSeen>, String> {
        let (kind, resource) = pods();
        let selector = match &self.door.selector {
            Selector::Labels(selector) => selector.as_str(),
            Selector::Service(_) => "",
        };
        let query = Query { kind: &kind, resource: &resource, namespace: Some(&self.namespace), selector };
        let found = self.cluster.objects(&query).await.map_err(|error| error.with_remedy())?;
        let mut found: Vec<PodSeen> = found.iter().map(PodSeen::of).collect();
        if let Selector::Service(service) = &self.door.selector {
            found = crate::plan::of_service(found, Some(service)).unwrap_or_default();
        }
        found.retain(|pod| !pod.ending && !pod.ended && pod.containers.iter().any(|container| container.running));
        found.sort_by_key(|pod| (!pod.ready, pod.name.clone()));
        Ok(found)
    }
}

/// The number of a port in a pod.
fn port_of(pod: &PodSeen, target: &Target) -> Option<u16> {
    match target {
        Target::Number(number) => Some(*number),
        Target::Name(name) => {
            let mut ports = pod.containers.iter().flat_map(|container| &container.ports);
            ports.find(|(own, _)| own == name).map(|(_, number)| *number)
        }
    }
}

/// Both directions side by side, as neither may wait for the other; until the pod has said all, or the client has and the
/// pod is silent.
async fn talk(client: &mut TcpStream, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_pod, mut to_pod) = tokio::io::split(stream);
    let (said_all, has_said_all) = watch::channel(false);
    let up = async {
        let mut buffer = vec![0; BUFFER];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            if to_pod.write_all(buffer.get(..read).unwrap_or_default()).await.is_err() {
                // What the pod says of it comes the other way.
                break;
            }
        }
        said_all.send_replace(true);
        std::future::pending::<()>().await;
    };
    let down = async {
        let mut buffer = vec![0; BUFFER];
        loop {
            let mut has_said_all = has_said_all.clone();
            let silence = async {
                // Its sender lives as long as this.
                let _ = has_said_all.wait_for(|said| *said).await;
                tokio::time::sleep(SILENCE).await;
            };
            let read = tokio::select! {
                read = from_pod.read(&mut buffer) => read.unwrap_or_default(),
                () = silence => 0,
            };
            if read == 0 || to_client.write_all(buffer.get(..read).unwrap_or_default()).await.is_err() {
                break;
            }
        }
        // It may have gone already.
        let _ = to_client.shutdown().await;
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}
