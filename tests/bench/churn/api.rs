//! The API server as somebody else sees it: plain HTTP by a `kubectl proxy`, JSON in and out.

use serde_json::Value;
use ureq::Agent;

use crate::plane::{ControlPlane, Rights};

/// Somebody who may do everything, and is not `reconcile`.
pub struct Api {
    agent: Agent,
    base: String,
}

impl Api {
    pub fn new(plane: &ControlPlane) -> Self {
        let port = plane.start_proxy(&plane.user(Rights::Admin));
        let config = Agent::config_builder().http_status_as_error(false).build();
        Self { agent: config.new_agent(), base: format!("http://127.0.0.1:{port}") }
    }

    /// An object or a list; `None` where there is none.
    pub fn get(&self, path: &str) -> Option<Value> {
        let answer = self.agent.get(format!("{}{path}", self.base)).call();
        let (status, body) = read(answer, path);
        (status != 404).then(|| {
            assert_eq!(status, 200, "GET {path}: {body}");
            body
        })
    }

    /// All objects of a list.
    pub fn list(&self, path: &str) -> Vec<Value> {
        let mut list = self.get(path).unwrap_or_else(|| panic!("{path} is not served"));
        match list["items"].take() {
            Value::Array(items) => items,
            other => panic!("{path}: {other}"),
        }
    }

    /// Whether the patch was taken; not where there is nothing to patch, or the server does not want it so.
    pub fn patch(&self, path: &str, kind: &str, body: &Value) -> bool {
        let request = self.agent.patch(format!("{}{path}", self.base));
        let answer = request.header("Content-Type", format!("application/{kind}")).send(body.to_string());
        let (status, body) = read(answer, path);
        assert!(matches!(status, 200 | 201 | 404 | 409 | 422), "PATCH {path}: {status} {body}");
        status < 300
    }

    /// Makes an object; its uid.
    pub fn create(&self, path: &str, body: &Value) -> String {
        let request = self.agent.post(format!("{}{path}", self.base));
        let answer = request.header("Content-Type", "application/json").send(body.to_string());
        let (status, body) = read(answer, path);
        assert_eq!(status, 201, "POST {path}: {body}");
        body["metadata"]["uid"].as_str().expect("a uid").to_owned()
    }

    /// Deletes an object, and waits for nothing.
    pub fn delete(&self, path: &str) -> bool {
        let answer = self.agent.delete(format!("{}{path}?propagationPolicy=Background", self.base)).call();
        let (status, body) = read(answer, path);
        assert!(matches!(status, 200 | 202 | 404 | 409), "DELETE {path}: {status} {body}");
        status < 300
    }
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>, path: &str) -> (u16, Value) {
    let mut answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
    let body = answer.body_mut().with_config().limit(u64::MAX).read_to_vec();
    let body = body.unwrap_or_else(|error| panic!("{path}: {error}"));
    let text = || Value::String(String::from_utf8_lossy(&body).into_owned());
    (answer.status().as_u16(), serde_json::from_slice(&body).unwrap_or_else(|_| text()))
}
