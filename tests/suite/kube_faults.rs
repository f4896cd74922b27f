//! The adapter for API servers against a server that answers what it is told: what is tried again, what is an error, and
//! that nothing unreadable ever reads as empty.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use reconcile::cluster::{Apply, Cluster as _, Error, ErrorKind, Propagation, Query};
use reconcile::plan::Meta;
use serde_json::{Value, json};

use crate::contract::{address, config_map, secret};
use crate::fake_server::{Server, answer, json_answer, list_answer, read_request, status_answer};

async fn list(server: &Server) -> Result<Vec<Meta>, Error> {
    let at = address(&config_map("a", "it", &json!({})));
    let query = Query { kind: &at.kind, resource: &at.resource, namespace: None, selector: "a=b" };
    let mut found = Vec::new();
    server.client().await.list(&query, &mut |meta: Meta| found.push(meta)).await?;
    Ok(found)
}

fn names(metas: &[Meta]) -> Vec<&str> {
    metas.iter().map(|meta| meta.name.as_str()).collect()
}

#[tokio::test]
async fn nothing_unreadable_reads_as_empty() {
    let whole = list_answer(&["a"], "");
    let html = answer("200 OK\r\nContent-Type: text/html", "<html>please log in</html>");
    let other = json!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []});
    let null = json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": {}});
    let cases: Vec<(&str, Vec<u8>, ErrorKind)> = vec![
        ("a page to log in", html, ErrorKind::Other),
        ("no type", answer("200 OK", "{}"), ErrorKind::Other),
        ("another list", json_answer("200 OK", &other), ErrorKind::Other),
        ("no items", json_answer("200 OK", &null), ErrorKind::Other),
        ("a success without body", answer("200 OK\r\nContent-Type: application/json", ""), ErrorKind::Other),
        ("half a body", whole[..whole.len() - 5].to_vec(), ErrorKind::Unreachable),
        (
            "protobuf that is none",
            answer("200 OK\r\nContent-Type: application/vnd.kubernetes.protobuf", "k8s"),
            ErrorKind::Other,
        ),
        (
            "empty protobuf",
            answer("200 OK\r\nContent-Type: application/vnd.kubernetes.protobuf", "k8s\0"),
            ErrorKind::Other,
        ),
        ("nothing at all", Vec::new(), ErrorKind::Unreachable),
        ("a 404 of something else", answer("404 Not Found\r\nContent-Type: text/plain", "404"), ErrorKind::NotServed),
        ("a status", status_answer("200 OK", json!({"status": "Success"})), ErrorKind::Other),
    ];
    for (what, answer, kind) in cases {
        let error = list(&Server::new(vec![answer])).await.expect_err(what);
        assert_eq!(error.kind, kind, "{what}: {error}");
        assert!(!error.to_string().contains("log in</"), "{error}");
    }
    assert_eq!(names(&list(&Server::new(vec![whole])).await.unwrap()), ["a"]);
    assert_eq!(list(&Server::new(vec![list_answer(&[], "")])).await.unwrap(), []);
}

#[tokio::test]
async fn only_a_denial_of_the_very_object_is_an_absence() {
    let at = address(&config_map("a", "it", &json!({})));
    let not_found = |details: Value| status_answer("404 Not Found", json!({"reason": "NotFound", "details": details}));
    let get = async |answer| Server::new(vec![answer]).client().await.metadata(&at.target()).await;
    assert_eq!(get(not_found(json!({"name": "it", "kind": "configmaps"}))).await.unwrap(), None);
    let kinds = [
        (not_found(json!({})), ErrorKind::NotServed),
        (not_found(json!({"name": "a", "kind": "namespaces"})), ErrorKind::NotFound),
        (answer("404 Not Found\r\nContent-Type: text/html", "<html>"), ErrorKind::NotServed),
    ];
    for (answer, kind) in kinds {
        assert_eq!(get(answer).await.expect_err("not an absence").kind, kind);
    }
}

#[tokio::test]
async fn a_list_goes_on_where_its_token_expired() {
    let gone = |metadata: Value| status_answer("410 Gone", json!({"reason": "Expired", "metadata": metadata}));
    let server = Server::new(vec![
        list_answer(&["a", "b"], "first"),
        gone(json!({"continue": "second"})),
        list_answer(&["c"], "third"),
        list_answer(&["d"], ""),
    ]);
    assert_eq!(names(&list(&server).await.unwrap()), ["a", "b", "c", "d"]);
    let lines = server.requests();
    let tokens: Vec<&str> = lines.iter().map(|r| r.split("continue=").nth(1).unwrap_or(" ")).collect();
    let starts = [" ", "first ", "second ", "third "];
    assert!(tokens.iter().zip(starts).all(|(token, start)| token.starts_with(start)), "{tokens:?}");
    assert!(lines.iter().all(|line| line.contains("labelSelector=a%3Db") && line.contains("limit=")), "{lines:?}");

    let server = Server::new(vec![list_answer(&["a"], "first"), gone(json!({}))]);
    assert_eq!(list(&server).await.expect_err("no way on").kind, ErrorKind::Expired);
    // A server that offers the same token again would be asked for ever.
    let server = Server::new(vec![list_answer(&["a"], "first"), gone(json!({"continue": "first"}))]);
    assert_eq!(list(&server).await.expect_err("no way on").kind, ErrorKind::Expired);
}

fn busy(status: &str) -> Vec<u8> {
    answer(&format!("{status}\r\nContent-Type: text/plain\r\nRetry-After: 0"), "busy")
}

#[tokio::test]
async fn what_is_safe_is_sent_again() {
    for status in ["429 Too Many Requests", "503 Service Unavailable", "502 Bad Gateway", "500 Internal Server Error"] {
        let server = Server::new(vec![busy(status), busy(status), list_answer(&["a"], "")]);
        assert_eq!(names(&list(&server).await.unwrap()), ["a"], "{status}");
        assert_eq!(server.requests().len(), 3, "{status}");
    }
    let server = Server::new(vec![Vec::new(), list_answer(&["a"], "")]);
    assert_eq!(names(&list(&server).await.unwrap()), ["a"], "a connection that was cut");
    let server = Server::new(vec![busy("503 Service Unavailable")]);
    assert_eq!(list(&server).await.expect_err("it never ends").kind, ErrorKind::Retry);
    assert_eq!(server.requests().len(), 5);
    let patient = answer("429 Too Many Requests\r\nRetry-After: 3600", "");
    let server = Server::new(vec![patient]);
    let error = list(&server).await.expect_err("too long to wait");
    assert_eq!(error.retry_after.map(|wait| wait.as_secs()), Some(3600));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_is_not_safe_is_sent_again_only_when_it_was_not_begun() {
    let body = config_map("a", "it", &json!({}));
    let at = address(&body);
    let made = json_answer("201 Created", &body);
    let create = async |server: &Server| server.client().await.create(&at.target(), &body, "me").await;
    let server = Server::new(vec![busy("429 Too Many Requests"), made.clone()]);
    assert_eq!(create(&server).await.unwrap(), body);
    for answer in [busy("503 Service Unavailable"), Vec::new()] {
        let server = Server::new(vec![answer, made.clone()]);
        create(&server).await.expect_err("whether it was made is not known");
        assert_eq!(server.requests().len(), 1);
    }
    // An apply that names a version would meet what its own first time made.
    let apply = async |server: &Server, version| {
        let apply = Apply { body: &body, manager: "me", uid: Some("u"), resource_version: version, dry_run: false };
        server.client().await.apply(&at.target(), &apply).await
    };
    let server = Server::new(vec![busy("503 Service Unavailable"), json_answer("200 OK", &body)]);
    apply(&server, Some("1")).await.expect_err("not sent again");
    let server = Server::new(vec![busy("503 Service Unavailable"), json_answer("200 OK", &body)]);
    apply(&server, None).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    let line = "PATCH /api/v1/namespaces/a/configmaps/it?fieldManager=me&force=true&fieldValidation=Strict HTTP/1.1";
    assert!(requests[0].starts_with(line), "{requests:?}");
    assert!(requests[0].ends_with(r#""metadata":{"name":"it","namespace":"a","uid":"u"}}"#), "{requests:?}");
}

#[tokio::test]
async fn a_deletion_is_bound_to_an_object_and_says_what_becomes_of_the_rest() {
    let body = config_map("a", "it", &json!({}));
    let cases = [
        (Propagation::Background, "Background", None),
        (Propagation::Foreground, "Foreground", None),
        (Propagation::Within(5), "Background", Some(5)),
        (Propagation::Within(0), "Background", Some(0)),
    ];
    for (propagation, policy, seconds) in cases {
        let server = Server::new(vec![json_answer("200 OK", &json!({"kind": "Status", "status": "Success"}))]);
        server.client().await.delete(&address(&body).target(), "u", propagation).await.unwrap();
        let [request] = server.requests().try_into().expect("one request");
        let options = request.strip_prefix("DELETE /api/v1/namespaces/a/configmaps/it HTTP/1.1").expect("a deletion");
        let options: Value = serde_json::from_str(options).expect("JSON");
        assert_eq!(options["preconditions"], json!({"uid": "u"}));
        assert_eq!(options["propagationPolicy"], policy);
        assert_eq!(options.get("gracePeriodSeconds"), seconds.map(|seconds| json!(seconds)).as_ref());
    }
}

#[tokio::test]
async fn faults_with_a_secret_are_told_without_it() {
    let body = secret("a", "it", &json!({"key": "aHVudGVyMg=="}));
    let at = address(&body);
    let said = json!({"reason": "Invalid", "message": "webhook: key is hunter2", "details": {"name": "it"}});
    let server = Server::new(vec![status_answer("400 Bad Request", said)]);
    let apply = Apply { body: &body, manager: "me", uid: None, resource_version: None, dry_run: true };
    let error = server.client().await.apply(&at.target(), &apply).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    let broken = answer("200 OK\r\nContent-Type: application/json", "{\"data\": {\"key\": \"hunter2\"");
    let error = Server::new(vec![broken]).client().await.get(&at.target()).await.expect_err("broken");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn a_group_that_is_gone_is_told_from_one_that_is_ill_and_from_a_version() {
    let kind = reconcile::manifest::Kind::new("example.com/v1", "Widget");
    let kinds = [kind.clone()].into();
    let resources = async |answers| Server::new(answers).client().await.resources(&kinds).await.unwrap();
    let served = json!({"kind": "APIResourceList", "groupVersion": "example.com/v1", "resources": [
        {"name": "widgets/status", "kind": "Widget", "namespaced": true},
        {"name": "widgets", "kind": "Widget", "namespaced": true},
        {"name": "gadgets", "kind": "Gadget", "namespaced": false},
    ]});
    assert_eq!(resources(vec![json_answer("200 OK", &served)]).await.resources[&kind].plural, "widgets");
    let missing = || answer("404 Not Found\r\nContent-Type: text/plain", "404 page not found");
    let gone = resources(vec![missing(), missing()]).await;
    assert!(gone.resources.is_empty() && gone.unknown.is_empty() && gone.unserved == kinds, "{gone:?}");
    let ill = resources(vec![busy("503 Service Unavailable")]).await;
    assert!(ill.unknown[&kind].starts_with("discover example.com/v1: ") && ill.unserved.is_empty(), "{ill:?}");
    let html = answer("200 OK\r\nContent-Type: text/html", "<html>");
    assert!(resources(vec![html]).await.unknown.contains_key(&kind), "no API server answers so");
    let group = json!({"kind": "APIGroup", "name": "example.com", "versions": [{"version": "v2"}, {"version": "v1"}]});
    let moved = vec![missing(), json_answer("200 OK", &group), json_answer("200 OK", &served)];
    let moved = resources(moved).await;
    let other = reconcile::manifest::Kind::new("example.com/v2", "Widget");
    assert!(moved.unserved == kinds && moved.resources[&other].plural == "widgets", "{moved:?}");
}

#[tokio::test]
async fn the_date_of_an_answer_is_the_clock() {
    let dated = answer("200 OK\r\nContent-Type: application/json\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT", "{}");
    let server = Server::new(vec![dated]);
    let client = server.client().await;
    let clock = client.clock().await.unwrap().expect("a clock");
    let started: jiff::Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    assert!(clock >= started && clock < started + jiff::SignedDuration::from_mins(5), "{clock}");
    client.clock().await.unwrap();
    assert_eq!(server.requests().len(), 1);
    let undated = Server::new(vec![answer("200 OK\r\nContent-Type: application/json", "{}")]);
    undated.client().await.clock().await.expect_err("no clock is no time");
}

#[tokio::test]
async fn many_requests_wait_for_few() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, peak) = (now.clone(), most.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (count, peak) = (count.clone(), peak.clone());
            std::thread::spawn(move || {
                if read_request(&stream).is_some() {
                    peak.fetch_max(count.fetch_add(1, Relaxed) + 1, Relaxed);
                    // So that those which are let in are in at once.
                    std::thread::sleep(Duration::from_millis(20));
                    count.fetch_sub(1, Relaxed);
                    let _ = (&stream).write_all(&list_answer(&["a"], ""));
                }
            });
        }
    });
    let server = Server { address, requests: Arc::default() };
    let client = server.client().await;
    let at = address_of_config_maps();
    let lists = (0..100).map(|_| async {
        let query = Query { kind: &at.kind, resource: &at.resource, namespace: None, selector: "" };
        let mut found = 0;
        client.list(&query, &mut |_: Meta| found += 1).await.expect("a list");
        found
    });
    assert_eq!(futures::future::join_all(lists).await.into_iter().sum::<usize>(), 100);
    let most = most.load(Relaxed);
    assert!(most > 1 && most <= 32, "{most} at once");
}

fn address_of_config_maps() -> crate::contract::Address {
    address(&config_map("a", "it", &json!({})))
}
