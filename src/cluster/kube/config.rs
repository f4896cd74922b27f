//! Where the cluster is and who asks, found as kubectl finds it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderValue;
use http::header::USER_AGENT;
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::client::{AuthError, ConfigExt as _};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tower::ServiceBuilder;

use super::proxy;
use super::url::without_login;
use crate::cluster::{Error, ErrorKind};

/// How long the way to the server may take, TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// Which cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KubeConnect {
    /// `--kubeconfig`: this file alone. Else the files of `KUBECONFIG`, else `~/.kube/config`, else, in a pod, its
    /// service account.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`; else the kubeconfig's current one.
    pub context: Option<String>,
}

/// A client, and what its cluster is called.
pub(super) struct Found {
    pub(super) client: Client,
    pub(super) context: Option<String>,
    pub(super) description: String,
}

/// Where credentials come from.
#[derive(Debug)]
enum Source {
    /// These kubeconfigs, in the order in which they count.
    Files(Vec<PathBuf>),
    /// The pod's service account.
    InCluster,
}

/// What the process finds around it.
struct Surroundings<'a> {
    variable: &'a dyn Fn(&str) -> Option<OsString>,
    home: Option<PathBuf>,
}

pub(super) async fn find(wanted: &KubeConnect) -> Result<Found, Error> {
    let source = {
        let around = Surroundings { variable: &|name| std::env::var_os(name), home: std::env::home_dir() };
        source(wanted, &around)?
    };
    let (mut config, context) = match source {
        Source::Files(files) => {
            let (kubeconfig, context) = read(&files, wanted)?;
            let own_proxy = has_proxy(&kubeconfig, &context);
            let options = KubeConfigOptions { context: Some(context.clone()), ..KubeConfigOptions::default() };
            let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
                .await
                .map_err(|error| failed(format!("context {context:?}: {error}")))?;
            if !own_proxy {
                // kube holds NO_PROXY against the proxy's own address instead of the server's.
                let variable = |name: &str| std::env::var(name).ok();
                config.proxy_url = proxy::of_environment(&config.cluster_url, &variable).map_err(failed)?;
            }
            (config, Some(context))
        }
        Source::InCluster => {
            let config = Config::incluster().map_err(|error| failed(format!("the pod's service account: {error}")))?;
            (config, None)
        }
    };
    let server = without_login(&config.cluster_url.to_string());
    // A login in the address is none that Kubernetes takes; the client would log it with each request.
    config.cluster_url = server.parse().map_err(|_| failed(format!("{server} is not a URL")))?;
    let server = server.trim_end_matches('/');
    let description = match &context {
        Some(context) => format!("{context} ({server})"),
        None => format!("in-cluster ({server})"),
    };
    config.connect_timeout = Some(CONNECT);
    // Transport decides what is sent again.
    config.default_retry = false;
    let agent = HeaderValue::from_static(concat!("reconcile/", env!("CARGO_PKG_VERSION")));
    config.headers.push((USER_AGENT, agent));
    let client = client(config).map_err(|error| match error {
        kube::Error::Auth(error) => Error::new(ErrorKind::Unauthorized, WHAT, auth_words(&error)),
        other => failed(other.to_string()),
    })?;
    Ok(Found { client, context, description })
}

/// kube's own client lets small writes wait for one another (Nagle's algorithm): the first request on each connection
/// would wait for the server to acknowledge the handshake, which it does some 40 ms later. Ways through a proxy are left
/// to it.
fn client(config: Config) -> Result<Client, kube::Error> {
    if config.proxy_url.is_some() {
        return Client::try_from(config);
    }
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let mut way = TimeoutConnector::new(config.rustls_https_connector_with_connector(tcp)?);
    way.set_connect_timeout(config.connect_timeout);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(tower::BoxError::from)
        .service(hyper_util::client::legacy::Builder::new(TokioExecutor::new()).build(way));
    Ok(Client::new(service, config.default_namespace))
}

const WHAT: &str = "connect to the cluster";

fn failed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Other, WHAT, without_login(&message.into()))
}

fn source(wanted: &KubeConnect, around: &Surroundings<'_>) -> Result<Source, Error> {
    if let Some(file) = &wanted.kubeconfig {
        return existing(std::slice::from_ref(file), "--kubeconfig names");
    }
    let variable = (around.variable)("KUBECONFIG").unwrap_or_default();
    let named: Vec<PathBuf> = std::env::split_paths(&variable).filter(|path| !path.as_os_str().is_empty()).collect();
    if !named.is_empty() {
        return existing(&named, "KUBECONFIG names");
    }
    let usual = around.home.as_ref().map(|home| home.join(".kube").join("config"));
    if let Some(usual) = usual.filter(|path| is_there(path)) {
        return Ok(Source::Files(vec![usual]));
    }
    if wanted.context.is_none() && (around.variable)("KUBERNETES_SERVICE_HOST").is_some() {
        return Ok(Source::InCluster);
    }
    Err(failed(
        "there is no kubeconfig: ~/.kube/config does not exist; pass --kubeconfig FILE or set KUBECONFIG \
         (or --cluster dir:PATH for a cluster that is a folder)",
    ))
}

/// As kubectl has it, a missing file among several is passed over; all missing is a mistake.
fn existing(files: &[PathBuf], who: &str) -> Result<Source, Error> {
    let there: Vec<PathBuf> = files.iter().filter(|path| is_there(path)).cloned().collect();
    if there.is_empty() {
        let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
        return Err(failed(format!("{who} {}, which does not exist", names.join(", "))));
    }
    Ok(Source::Files(there))
}

/// Anything but 'not found' is for reading to fail on.
fn is_there(path: &Path) -> bool {
    !matches!(path.try_exists(), Ok(false))
}

/// All files merged, and the name of the context to use.
fn read(files: &[PathBuf], wanted: &KubeConnect) -> Result<(Kubeconfig, String), Error> {
    let mut merged = Kubeconfig::default();
    for file in files {
        // Parse errors of a kubeconfig may quote its lines, tokens among them.
        let next = Kubeconfig::read_from(file).map_err(|error| match error {
            kube::config::KubeconfigError::ReadConfig(error, path) => failed(format!("{}: {error}", path.display())),
            _ => failed(format!("{}: this is not a kubeconfig", file.display())),
        })?;
        merged = merged.merge(next).map_err(|error| failed(format!("{}: {error}", file.display())))?;
    }
    let names: Vec<&str> = merged.contexts.iter().map(|context| context.name.as_str()).collect();
    let known = || match names.as_slice() {
        [] => "the kubeconfig has none".to_owned(),
        names => format!("there are: {}", names.join(", ")),
    };
    let context = wanted.context.clone().or_else(|| merged.current_context.clone()).filter(|name| !name.is_empty());
    let Some(context) = context else {
        return Err(failed(format!("the kubeconfig has no current context; pass --context NAME ({})", known())));
    };
    if !names.contains(&context.as_str()) {
        return Err(failed(format!("there is no context {context:?} ({})", known())));
    }
    Ok((merged, context))
}

fn has_proxy(kubeconfig: &Kubeconfig, context: &str) -> bool {
    let context = kubeconfig.contexts.iter().find(|c| c.name == context).and_then(|c| c.context.as_ref());
    let cluster = context.and_then(|context| {
        kubeconfig.clusters.iter().find(|c| c.name == context.cluster).and_then(|c| c.cluster.as_ref())
    });
    cluster.and_then(|cluster| cluster.proxy_url.as_ref()).is_some_and(|url| !url.is_empty())
}

/// What is wrong with the credentials. Neither an exec plugin's standard output, which may be a token, nor its command
/// line and environment are told.
pub(super) fn auth_words(error: &AuthError) -> String {
    match error {
        AuthError::AuthExecRun { out, .. } => {
            let stderr = String::from_utf8_lossy(&out.stderr);
            let stderr = stderr.trim();
            format!("the program that the kubeconfig asks for credentials ended with {}: {stderr}", out.status)
        }
        AuthError::AuthExecStart(error) => {
            format!("the program that the kubeconfig asks for credentials cannot be run: {error}")
        }
        AuthError::AuthExecParse(_) => "the program that the kubeconfig asks for credentials answered no \
             ExecCredential"
            .into(),
        other => without_login(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn kubeconfig(name: &str, current: bool) -> String {
        let current = if current { format!("current-context: {name}\n") } else { String::new() };
        format!(
            "apiVersion: v1\nkind: Config\n{current}\
             clusters: [{{name: {name}, cluster: {{server: \"https://{name}.example\"}}}}]\n\
             contexts: [{{name: {name}, context: {{cluster: {name}, user: me}}}}]\n"
        )
    }

    struct Machine {
        folder: tempfile::TempDir,
        variables: Vec<(&'static str, OsString)>,
    }

    impl Machine {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
        }

        fn file(&self, name: &str, text: &str) -> PathBuf {
            let path = self.folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        }

        fn source(&self, wanted: &KubeConnect) -> Result<Source, String> {
            let find = |name: &str| self.variables.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
            let around = Surroundings { variable: &find, home: Some(self.folder.path().to_owned()) };
            source(wanted, &around).map_err(|error| error.message)
        }

        fn files(&self, wanted: &KubeConnect) -> Vec<PathBuf> {
            match self.source(wanted).unwrap() {
                Source::Files(files) => files,
                Source::InCluster => panic!("files were expected"),
            }
        }
    }

    #[test]
    fn no_kubeconfig_is_an_error_that_says_what_to_do() {
        let mut machine = Machine::new();
        let error = machine.source(&KubeConnect::default()).unwrap_err();
        assert!(error.contains("--kubeconfig") && error.contains("--cluster dir:PATH"), "{error}");
        let named = KubeConnect { kubeconfig: Some(machine.folder.path().join("none")), context: None };
        assert!(machine.source(&named).unwrap_err().contains("does not exist"));
        machine.variables.push(("KUBECONFIG", "/does/not/exist:/neither".into()));
        let error = machine.source(&KubeConnect::default()).unwrap_err();
        assert!(error.contains("KUBECONFIG names /does/not/exist, /neither"), "{error}");
    }

    #[test]
    fn the_first_place_that_has_one_counts() {
        let mut machine = Machine::new();
        machine.variables.push(("KUBERNETES_SERVICE_HOST", "10.0.0.1".into()));
        assert!(matches!(machine.source(&KubeConnect::default()), Ok(Source::InCluster)));
        let usual = machine.file(".kube/config", &kubeconfig("usual", true));
        assert_eq!(machine.files(&KubeConnect::default()), [usual]);
        let (one, two) =
            (machine.file("one", &kubeconfig("one", false)), machine.file("two", &kubeconfig("two", true)));
        let list = std::env::join_paths([one.clone(), "".into(), "/missing".into(), two.clone()]).unwrap();
        machine.variables.push(("KUBECONFIG", list));
        let files = machine.files(&KubeConnect::default());
        assert_eq!(files, [one.clone(), two]);
        let wanted = KubeConnect { kubeconfig: Some(one.clone()), context: None };
        assert_eq!(machine.files(&wanted), [one]);
    }

    #[test]
    fn files_are_merged_and_contexts_chosen() {
        let machine = Machine::new();
        let files = [machine.file("one", &kubeconfig("one", false)), machine.file("two", &kubeconfig("two", true))];
        let context = |name: Option<&str>| KubeConnect { kubeconfig: None, context: name.map(str::to_owned) };
        let (merged, current) = read(&files, &context(None)).unwrap();
        assert_eq!((merged.contexts.len(), current.as_str()), (2, "two"));
        assert_eq!(read(&files, &context(Some("one"))).unwrap().1, "one");
        let error = read(&files, &context(Some("tow"))).unwrap_err();
        assert_eq!(error.message, "there is no context \"tow\" (there are: one, two)");
        let error = read(&files[..1], &context(None)).unwrap_err();
        assert!(error.message.contains("--context NAME (there are: one)"), "{error}");
        let broken = machine.file("broken", "users: [{name: a, user: {token: hunter2}");
        let error = read(&[broken], &context(None)).unwrap_err();
        assert!(error.message.ends_with("broken: this is not a kubeconfig"), "{error}");
    }

    #[tokio::test]
    async fn what_an_exec_plugin_prints_is_never_told() {
        let machine = Machine::new();
        let exec = "{apiVersion: client.authentication.k8s.io/v1, command: sh, interactiveMode: Never, \
                    args: [-c, 'echo hunter2; echo expired >&2; exit 3']}";
        let text = kubeconfig("one", true) + &format!("users: [{{name: me, user: {{exec: {exec}}}}}]\n");
        let wanted = KubeConnect { kubeconfig: Some(machine.file("config", &text)), context: None };
        let error = find(&wanted).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Unauthorized);
        let said = format!("{error} {error:?}");
        assert!(said.contains("expired") && said.contains("exit status: 3") && !said.contains("hunter2"), "{said}");
    }
}
