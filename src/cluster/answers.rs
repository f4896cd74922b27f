//! What a plan has to know beyond the lists, of what differs alone: each object as it is, and as the server would make it.

use futures::StreamExt as _;
use serde_json::Value;

use super::survey::{SIDE_BY_SIDE, list_all};
use super::{Apply, Cluster, ErrorKind, Query, Target, metadata_of, remains};
use crate::manifest::{Kind, MANAGER, Manifest, ObjectId, Resource, Scope, builtin, namespaces};
use crate::plan::{
    Answer, Answers, DryRun, Live, Question, Questions, Volume, clearing, immutable_changes, in_the_way,
};

/// Asks what [`crate::plan::questions`] wants to know.
///
/// With `dry_run` false nothing is tried on the server, and the answers say so.
pub async fn answer(cluster: &dyn Cluster, questions: &Questions<'_>, live: &Live, dry_run: bool) -> Answers {
    let changed = futures::stream::iter(&questions.objects).map(|question| async move {
        let manifest = question.manifest;
        let resource = live.resource(&manifest.kind)?;
        let target = Target { kind: &manifest.kind, resource, id: &manifest.id };
        let live = if question.present { cluster.get(&target).await.ok().flatten() } else { None };
        let mut tried = try_out(cluster, target, manifest, dry_run).await;
        if let (DryRun::Refused(_), None, [_, ..]) = (&tried, &live, manifest.generated.as_slice()) {
            tried = try_with_stand_ins(cluster, target, manifest).await;
        }
        if let (DryRun::Refused(_), Some(live)) = (&tried, &live)
            && let Some(cleared) = try_cleared(cluster, target, question, live).await
        {
            tried = DryRun::Cleared(cleared);
        }
        if let (DryRun::Refused(why), Some(live)) = (&tried, &live)
            && !immutable_changes(manifest, live, Some(why)).is_empty()
        {
            tried = try_anew(cluster, target, manifest).await;
        }
        Some((manifest.id.clone(), Answer { live, dry_run: tried }))
    });
    let removed = futures::stream::iter(&questions.removed).map(|id| async move {
        let namespaces = (ObjectId::namespace(&id.name) == **id).then(namespaces);
        let of_namespaces = namespaces.as_ref().map(|(kind, resource)| (kind, resource));
        let (kind, resource) = of_namespaces.or_else(|| live.served(id))?;
        let live = cluster.get(&Target { kind, resource, id }).await.ok().flatten();
        Some(((*id).clone(), Answer { live, dry_run: DryRun::Local("it goes".into()) }))
    });
    let mut answers = Answers::default();
    answers.objects.extend(changed.buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await.into_iter().flatten());
    answers.objects.extend(removed.buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await.into_iter().flatten());
    for namespace in &questions.ending {
        answers.ending.insert(namespace.clone(), remains(cluster, namespace, &live.resources).await);
    }
    let going = futures::stream::iter(&questions.going)
        .map(|namespace| async move { (namespace.clone(), volumes(cluster, namespace, live).await) });
    answers.volumes.extend(going.buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await);
    for namespace in &questions.claims {
        answers.claims.insert(namespace.clone(), count_claims(cluster, namespace).await);
    }
    answers
}

async fn try_out(cluster: &dyn Cluster, target: Target<'_>, manifest: &Manifest, dry_run: bool) -> DryRun {
    if !dry_run {
        return DryRun::Local("--diff local".into());
    }
    let apply = Apply { body: &manifest.body(), manager: MANAGER, uid: None, resource_version: None, dry_run: true };
    match cluster.apply(&target, &apply).await {
        Ok(object) => DryRun::Server(object),
        Err(error) if error.kind == ErrorKind::Forbidden => {
            DryRun::Local("a dry run is forbidden to this account".into())
        }
        Err(error) if error.kind == ErrorKind::Invalid => DryRun::Refused(error.message),
        Err(error) => DryRun::Unknown(error.to_string()),
    }
}

/// What the server says to a new Secret whose generated values are there: some types are nothing without theirs.
async fn try_with_stand_ins(cluster: &dyn Cluster, target: Target<'_>, manifest: &Manifest) -> DryRun {
    let body = with_stand_ins(manifest);
    let apply = Apply { body: &body, manager: MANAGER, uid: None, resource_version: None, dry_run: true };
    match cluster.apply(&target, &apply).await {
        Ok(mut object) => {
            without_stand_ins(&mut object, manifest);
            DryRun::Server(object)
        }
        Err(error) if error.kind == ErrorKind::Invalid => DryRun::Refused(error.message),
        Err(error) => DryRun::Unknown(error.to_string()),
    }
}

/// What stands for a generated value: base64 of `{}`, which is read as JSON where the type of a Secret wants that.
const STAND_IN: &str = "e30=";

fn with_stand_ins(manifest: &Manifest) -> Value {
    let mut body = manifest.body();
    for generated in &manifest.generated {
        body["data"][&generated.key] = STAND_IN.into();
    }
    body
}

fn without_stand_ins(object: &mut Value, manifest: &Manifest) {
    if let Some(data) = object.get_mut("data").and_then(Value::as_object_mut) {
        data.retain(|key, _| manifest.generated.iter().all(|generated| generated.key != *key));
    }
}

/// What the server says to the same object made anew, before the one that is there goes: under another name, as a name
/// is taken while it is.
async fn try_anew(cluster: &dyn Cluster, target: Target<'_>, manifest: &Manifest) -> DryRun {
    let name = format!("{}-anew", target.id.name);
    let id = ObjectId { name: name.clone(), ..target.id.clone() };
    let mut body = with_stand_ins(manifest);
    body["metadata"]["name"] = name.into();
    let other = Target { id: &id, ..target };
    let apply = Apply { body: &body, manager: MANAGER, uid: None, resource_version: None, dry_run: true };
    match cluster.apply(&other, &apply).await {
        Ok(mut object) => {
            object["metadata"]["name"] = target.id.name.clone().into();
            without_stand_ins(&mut object, manifest);
            DryRun::Replaced(object)
        }
        Err(error) if error.kind == ErrorKind::Invalid => DryRun::Refused(error.message),
        Err(error) => DryRun::Unknown(error.to_string()),
    }
}

/// What the server says once what others put beside ours is taken out of the way of it.
async fn try_cleared(
    cluster: &dyn Cluster,
    target: Target<'_>,
    question: &Question<'_>,
    live: &serde_json::Value,
) -> Option<serde_json::Value> {
    let wanted = question.manifest.body();
    let beside = in_the_way(live, &wanted, &question.drifted, &question.beside);
    let patch = clearing(live, &wanted, &question.drifted, &beside);
    if patch.is_empty() {
        return None;
    }
    cluster.try_patch(&target, &serde_json::Value::Array(patch), MANAGER).await.ok()
}

/// The volumes that are bound to claims of a namespace, and stay when those go.
async fn volumes(cluster: &dyn Cluster, namespace: &str, live: &Live) -> Result<Vec<Volume>, String> {
    let of = |name: &str| {
        let kind = Kind::new("v1", name);
        builtin(&kind).map(|resource| (kind, resource))
    };
    let (Some((claims, of_claims)), Some((kind, resource))) = (of("PersistentVolumeClaim"), of("PersistentVolume"))
    else {
        return Ok(Vec::new());
    };
    let has_claims = live.namespaces.get(namespace).is_none_or(|namespace| {
        // A StatefulSet makes claims by itself, and a controller of somebody else's may.
        let is_known = |kind: &Kind| builtin(kind).is_some();
        let kinds = &namespace.record.kinds;
        kinds
            .iter()
            .any(|kind| ["PersistentVolumeClaim", "StatefulSet"].contains(&kind.kind.as_str()) || !is_known(kind))
    });
    if !has_claims {
        return Ok(Vec::new());
    }
    let query = Query { kind: &claims, resource: &of_claims, namespace: Some(namespace), selector: "" };
    let found = cluster.objects(&query).await.map_err(|error| error.with_remedy())?;
    let mut volumes = Vec::new();
    for claim in found {
        let Some(name) = claim.pointer("/spec/volumeName").and_then(Value::as_str).filter(|name| !name.is_empty())
        else {
            continue;
        };
        let id = ObjectId::new(&kind, None, name);
        let target = Target { kind: &kind, resource: &resource, id: &id };
        let Some(volume) = cluster.get(&target).await.map_err(|error| error.with_remedy())? else { continue };
        let is_its_own = volume.pointer("/spec/claimRef/uid") == claim.pointer("/metadata/uid");
        let is_retained = volume.pointer("/spec/persistentVolumeReclaimPolicy") == Some(&"Retain".into());
        if is_its_own && is_retained {
            let meta = metadata_of(&volume);
            volumes.push(Volume {
                name: name.to_owned(),
                precondition: meta.precondition(),
                provisioned: meta.annotations.contains_key("pv.kubernetes.io/provisioned-by"),
                claim: claim.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            });
        }
    }
    Ok(volumes)
}

async fn count_claims(cluster: &dyn Cluster, namespace: &str) -> Result<usize, String> {
    let kind = Kind::new("v1", "PersistentVolumeClaim");
    let resource = builtin(&kind)
        .unwrap_or_else(|| Resource { plural: "persistentvolumeclaims".into(), scope: Scope::Namespaced });
    let query = Query { kind: &kind, resource: &resource, namespace: Some(namespace), selector: "" };
    list_all(cluster, &query).await.map(|found| found.len()).map_err(|error| error.with_remedy())
}
