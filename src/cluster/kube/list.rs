//! Lists, page by page: the next page is on its way while one is read.

use std::sync::Arc;

use http::StatusCode;
use tokio::task::JoinSet;

use super::decode::{self, Page};
use super::errors::{Status, Subject, from_answer};
use super::transport::{Answer, Ask, Transport};
use super::url;
use crate::cluster::{Error, ErrorKind, Query, Sink};
use crate::manifest::namespaces;

/// Objects in one page of a list: some hundred kilobytes.
const PAGE: &str = "1000";
/// The same of namespaces, whose list nothing can go on without.
const NAMESPACES: &str = "10000";
/// How many bytes of one list may wait for a sink that is not ready.
const AHEAD: usize = 2 << 20;

pub(super) async fn list(transport: &Arc<Transport>, query: &Query<'_>, sink: &mut dyn Sink) -> Result<(), Error> {
    let Query { kind, resource, namespace, .. } = *query;
    let subject = Subject { verb: "list", kind, resource, namespace, name: None };
    let unreadable = |error: decode::Undecodable| Error::new(ErrorKind::Other, subject.what(), error.to_string());
    let mut waiting: Vec<Page> = Vec::new();
    let mut bytes = 0;
    let mut next = String::new();
    // Of one task at most, which ends with this function.
    let mut fetching = JoinSet::new();
    fetching.spawn(page(Arc::clone(transport), path(query, &next), subject.what()));
    while let Some(answer) = fetching.join_next().await {
        let answer = answer
            .map_err(|error| Error::new(ErrorKind::Other, subject.what(), format!("it broke off: {error}")))??;
        if let Some(token) = token_of_expired(&answer, &next) {
            next = token;
            fetching.spawn(page(Arc::clone(transport), path(query, &next), subject.what()));
            continue;
        }
        if !answer.status.is_success() {
            return Err(from_answer(&subject, &answer));
        }
        let read = decode::list(&answer.content_type, &answer.body).map_err(unreadable)?;
        if !read.next.is_empty() {
            next.clone_from(&read.next);
            fetching.spawn(page(Arc::clone(transport), path(query, &next), subject.what()));
            if !sink.is_ready() && bytes + answer.body.len() < AHEAD {
                bytes += answer.body.len();
                waiting.push(read);
                continue;
            }
        }
        let ready = sink.ready();
        ready.await;
        for page in waiting.drain(..).chain([read]) {
            page.items.pass_to(sink).map_err(unreadable)?;
        }
        bytes = 0;
    }
    Ok(())
}

async fn page(transport: Arc<Transport>, path: String, what: String) -> Result<Answer, Error> {
    transport.send(&Ask::get(path, decode::ACCEPT_LIST), &what).await
}

fn path(query: &Query<'_>, next: &str) -> String {
    let path = url::path(query.kind, query.resource, query.namespace, None);
    let page = if *query.kind == namespaces().0 { NAMESPACES } else { PAGE };
    url::with_query(path, &[("labelSelector", query.selector), ("limit", page), ("continue", next)])
}

/// The token with which a list goes on whose own has expired, where the server offers one that is new.
fn token_of_expired(answer: &Answer, last: &str) -> Option<String> {
    if answer.status != StatusCode::GONE {
        return None;
    }
    let status = Status::of(answer)?;
    status.next().filter(|token| *token != last).map(str::to_owned)
}
