//! Traces for OpenTelemetry, by its usual variables:
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.
//!
//! The crates read them; what they leave to the program is here: whether traces are sent at all, and by which client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, layer};

use super::http::{agent, words};
use crate::cluster::without_login;

/// How long the end of a run waits for its traces to be sent.
const LAST: Duration = Duration::from_secs(5);
/// How long a request may take where the environment does not say; as OpenTelemetry has it.
const LIMIT: Duration = Duration::from_secs(10);
/// More of an answer than this nobody reads.
const ANSWER: u64 = 1024 * 1024;

/// Traces that are sent somewhere.
pub struct Traces {
    provider: SdkTracerProvider,
    failed: Failed,
}

/// Why the last request came to nothing.
type Failed = Arc<Mutex<Option<String>>>;

impl Traces {
    /// Where the environment asks for it; without that nothing is made, and nothing costs.
    ///
    /// # Errors
    /// Where what it asks for cannot be done, in words.
    pub fn from_environment() -> Result<Option<Self>, String> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let Some(protocol) = asked(&variable)? else { return Ok(None) };
        let failed = Failed::default();
        let client = Client { agent: agent(limit(&variable)), failed: Arc::clone(&failed) };
        let exporter = SpanExporter::builder().with_http().with_protocol(protocol).with_http_client(client).build();
        let exporter = exporter.map_err(|error| without_login(&error.to_string()))?;
        let mut resource = Resource::builder();
        if variable("OTEL_SERVICE_NAME").is_none() && !names_service(&variable) {
            resource = resource.with_service_name("reconcile");
        }
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = resource.with_attribute(version).build();
        let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
        Ok(Some(Self { provider, failed }))
    }

    /// What takes the spans of this program; those of its libraries say nothing to whoever watches it.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl layer::Layer<S> + use<S> {
        let ours = Targets::new().with_target("reconcile", LevelFilter::DEBUG);
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("reconcile"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(ours)
    }

    /// Sends what is not sent yet; why something could not be, where it could not.
    pub fn end(self) -> Option<String> {
        let ended = self.provider.shutdown_with_timeout(LAST);
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        failed.or_else(|| ended.err().map(|_| format!("not within {} s", LAST.as_secs())))
    }
}

/// Puts a span below the one that `TRACEPARENT` names, as CI systems set it.
pub fn continue_from_environment(span: &Span) {
    let carrier: HashMap<String, String> = ["traceparent", "tracestate"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name.to_uppercase()).ok()?)))
        .collect();
    // One that cannot be read is as good as none: the trace then begins here.
    let _ = span.set_parent(TraceContextPropagator::new().extract(&carrier));
}

/// In which form traces are to be sent, where they are: where somebody says to where, or that they are.
fn asked(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Protocol>, String> {
    if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.trim().eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    let exporter = variable("OTEL_TRACES_EXPORTER");
    let exporters: Vec<&str> = exporter.iter().flat_map(|list| list.split(',')).map(str::trim).collect();
    let has_endpoint = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]
        .iter()
        .any(|name| variable(name).is_some());
    let is_asked = match exporters.as_slice() {
        [] => has_endpoint,
        ["none"] => false,
        list if list.contains(&"otlp") => true,
        _ => return Err("OTEL_TRACES_EXPORTER names none that is known: otlp, none".into()),
    };
    let protocol = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"].into_iter().find_map(variable);
    match protocol.as_deref().map(str::trim) {
        _ if !is_asked => Ok(None),
        None | Some("http/protobuf") => Ok(Some(Protocol::HttpBinary)),
        Some("http/json") => Ok(Some(Protocol::HttpJson)),
        Some(other) => {
            Err(format!("OTEL_EXPORTER_OTLP_PROTOCOL is {other:?}, and only http/protobuf and http/json are spoken"))
        }
    }
}

fn names_service(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let attributes = variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    attributes.split(',').any(|pair| pair.trim().starts_with("service.name="))
}

fn limit(variable: &dyn Fn(&str) -> Option<String>) -> Duration {
    let asked = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"].into_iter().find_map(variable);
    let asked = asked.and_then(|text| text.trim().parse().ok()).filter(|milliseconds| *milliseconds > 0);
    asked.map_or(LIMIT, Duration::from_millis)
}

/// The client of the tree. It waits where it is called: on the thread that does nothing else than send traces.
#[derive(Debug)]
struct Client {
    agent: ureq::Agent,
    failed: Failed,
}

impl Client {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let (head, body) = request.into_parts();
        let request = Request::from_parts(head, body.to_vec());
        let answer = self.agent.run(request).map_err(|error| words(&error))?;
        let (head, body) = answer.into_parts();
        let body = body.into_with_config().limit(ANSWER).read_to_vec().map_err(|error| words(&error))?;
        Ok(Response::from_parts(head, Bytes::from(body)))
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let to = without_login(&request.uri().to_string());
        let answer = self.send(request);
        let wrong = match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("{to} answers {}", answer.status())),
            Err(why) => Some(format!("{to}: {why}")),
        };
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = wrong;
        answer.map_err(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(variables: &[(&str, &str)]) -> Result<Option<Protocol>, String> {
        asked(&|name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_is_sent_unless_somebody_says_so() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");
        assert_eq!(sent(&[]), Ok(None));
        assert_eq!(sent(&[("OTEL_SERVICE_NAME", "x")]), Ok(None));
        assert_eq!(sent(&[endpoint]), Ok(Some(Protocol::HttpBinary)));
        assert_eq!(
            sent(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c/v1/traces")]),
            Ok(Some(Protocol::HttpBinary))
        );
        assert_eq!(sent(&[("OTEL_TRACES_EXPORTER", "otlp")]), Ok(Some(Protocol::HttpBinary)));
        assert_eq!(sent(&[endpoint, ("OTEL_SDK_DISABLED", "True")]), Ok(None));
        assert_eq!(sent(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]), Ok(None));
        assert_eq!(sent(&[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]), Ok(Some(Protocol::HttpJson)));
    }

    #[test]
    fn what_is_not_spoken_is_told() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317");
        assert!(sent(&[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).is_err_and(|why| why.contains("grpc")));
        assert!(sent(&[endpoint, ("OTEL_TRACES_EXPORTER", "zipkin")]).is_err());
        assert_eq!(sent(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]), Ok(None));
    }
}
