//! The verbs that change something.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::entry::{
    Entry, bump, contents, empty, identity, keep_servers, metadata, of_object, seconds, type_of, version,
};
use super::managers::{Managers, Writer};
use super::merge::kept;
use super::store::{Batch, Folder};
use super::{Dir, rules, status, tree, validate};
use crate::cluster::{Apply, Error, ErrorKind, Target};
use crate::manifest::{ObjectId, Scope, canonical};

/// One change under way.
struct Change<'a> {
    verb: &'static str,
    target: &'a Target<'a>,
    folder: Folder,
    old: Option<Entry>,
}

impl Dir {
    pub(super) fn create_object(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error> {
        let _lock = self.store.disk.exclusive()?;
        let change = self.begin("create", target)?;
        change.is_new()?;
        let new = change.body(body)?;
        let mut managers = Managers::default();
        let new = kept(type_of(target.kind), new);
        managers.update(type_of(target.kind), &empty(), &new, writer(manager));
        self.finish(change, new, &managers, false)
    }

    pub(super) fn apply_object(&self, target: &Target<'_>, apply: &Apply<'_>) -> Result<Value, Error> {
        // A dry run leaves not even the folder behind.
        let _lock = if apply.dry_run { self.store.disk.shared()? } else { Some(self.store.disk.exclusive()?) };
        let change = self.begin("apply", target)?;
        change.check(apply)?;
        self.merge(change, apply)
    }

    pub(super) fn make_object(&self, target: &Target<'_>, body: &Value, manager: &str) -> Result<Value, Error> {
        let _lock = self.store.disk.exclusive()?;
        let change = self.begin("apply", target)?;
        change.is_new()?;
        self.merge(change, &Apply { body, manager, uid: None, resource_version: None, dry_run: false })
    }

    fn merge(&self, change: Change<'_>, apply: &Apply<'_>) -> Result<Value, Error> {
        let kind = type_of(change.target.kind);
        let config = change.body(apply.body)?;
        let live = change.old.as_ref().map_or_else(empty, |old| contents(&old.object));
        let mut managers = change.old.as_ref().map(|old| Managers::read(&old.object)).unwrap_or_default();
        let new = managers.apply(kind, &live, &config, writer(apply.manager));
        self.finish(change, new, &managers, apply.dry_run)
    }

    pub(super) fn patch_object(
        &self,
        target: &Target<'_>,
        patch: &Value,
        manager: &str,
        dry_run: bool,
    ) -> Result<Value, Error> {
        let _lock = if dry_run { self.store.disk.shared()? } else { Some(self.store.disk.exclusive()?) };
        let change = self.begin("patch", target)?;
        let Some(old) = &change.old else {
            return Err(change.refuse(ErrorKind::NotFound, format!("{} is not there", target.id)));
        };
        let invalid = |message: String| change.refuse(ErrorKind::Invalid, message);
        let patch: json_patch::Patch =
            serde_json::from_value(patch.clone()).map_err(|_| invalid("this is no JSON patch (RFC 6902)".into()))?;
        let mut new = old.object.clone();
        json_patch::patch(&mut new, &patch)
            // The error's own text may quote the values of a test.
            .map_err(|error| invalid(format!("operation {} ({}) fails", error.operation, error.path)))?;
        if identity(&new) != identity(&old.object) {
            return Err(invalid("a patch cannot make another object of this one".into()));
        }
        if version(&new) != version(&old.object) {
            return Err(change.refuse(ErrorKind::Conflict, format!("{} has been changed since", target.id)));
        }
        let mut managers = Managers::read(&new);
        let new = kept(of_object(&new), contents(&canonical(new.clone())));
        managers.update(of_object(&new), &contents(&old.object), &new, writer(manager));
        self.finish(change, new, &managers, dry_run)
    }

    pub(super) fn delete_object(&self, target: &Target<'_>, uid: &str) -> Result<(), Error> {
        let _lock = self.store.disk.exclusive()?;
        let change = self.begin("delete", target)?;
        let Some(old) = &change.old else { return Ok(()) };
        change.same_uid(uid)?;
        let mut batch = Batch::default();
        batch.forget(&change.folder);
        if tree::is_namespace(target.id) {
            self.end_namespace(&change.folder, old, &mut batch)?;
        } else {
            self.end(old, &change.folder, &mut batch)?;
        }
        self.store.commit(&batch)
    }

    fn begin<'a>(&self, verb: &'static str, target: &'a Target<'a>) -> Result<Change<'a>, Error> {
        self.served(target.kind, verb)?;
        let folder = self.store.folder(tree::folder(target.id))?;
        let old = self.store.load(&folder, target.id)?;
        let change = Change { verb, target, folder, old };
        rules::name(target.id).map_err(|message| change.refuse(ErrorKind::Invalid, message))?;
        Ok(change)
    }

    /// Checks and writes what has become of an object, and answers with it.
    fn finish(&self, change: Change<'_>, mut new: Value, managers: &Managers, dry_run: bool) -> Result<Value, Error> {
        let target = change.target;
        let all = |wrongs: Vec<String>| {
            // Values are never in what is wrong with them, so a Secret's are not either.
            change.refuse(ErrorKind::Invalid, format!("{} is invalid: {}", target.id, wrongs.join("; ")))
        };
        validate::object(type_of(target.kind), &new).map_err(all)?;
        rules::object(&new).map_err(all)?;
        if let Some(old) = &change.old {
            rules::change(&old.object, &new).map_err(all)?;
            keep_servers(&old.object, &mut new);
            if contents(&old.object) == contents(&new) && managers.same(&Managers::read(&old.object)) {
                return Ok(with_status(old.object.clone()));
            }
            bump(&old.object, &mut new);
        } else {
            change.namespace_is_open()?;
            let now = now().to_string();
            let servers = json!({"uid": new_uid(), "resourceVersion": "0", "generation": 1, "creationTimestamp": now});
            if let (Some(metadata), Value::Object(servers)) = (metadata(&mut new), servers) {
                metadata.extend(servers);
            }
        }
        managers.write(&mut new);
        if dry_run {
            return Ok(with_status(new));
        }
        let version = next_version(version(&new));
        if let Some(metadata) = metadata(&mut new) {
            metadata.insert("resourceVersion".into(), json!(version));
        }
        let mut batch = Batch::default();
        batch.forget(&change.folder);
        let Change { folder, old, .. } = change;
        let (file, text) = match old {
            Some(old) => (old.file, old.text),
            None => (format!("{}.yaml", tree::stem(target.id)), None),
        };
        let entry = Entry { id: target.id.clone(), object: new, file, text };
        let object = entry.object.clone();
        if is_ending(&object) && !has_finalizers(&object) {
            self.end(&entry, &folder, &mut batch)?;
        } else {
            batch.put(entry);
        }
        self.store.commit(&batch)?;
        Ok(with_status(object))
    }

    /// Removes an object, or marks it where finalizers keep it. The last one in a namespace that is being deleted takes
    /// the namespace along.
    fn end(&self, old: &Entry, folder: &Folder, batch: &mut Batch) -> Result<(), Error> {
        if has_finalizers(&old.object) {
            if !is_ending(&old.object) {
                batch.put(marked(old));
            }
            return Ok(());
        }
        batch.remove(old);
        let Some(namespace) = old.id.namespace.as_deref().map(ObjectId::namespace) else { return Ok(()) };
        let is_alone = folder.slots.keys().all(|id| *id == namespace || *id == old.id);
        let is_ending = folder.slots.get(&namespace).is_some_and(|slot| slot.meta.deleting.is_some());
        if is_alone
            && is_ending
            && let Some(namespace) = self.store.load(folder, &namespace)?
        {
            batch.remove(&namespace);
        }
        Ok(())
    }

    /// Removes a namespace and all in it. What has finalizers stays, and the namespace with it.
    fn end_namespace(&self, folder: &Folder, namespace: &Entry, batch: &mut Batch) -> Result<(), Error> {
        let mut is_empty = true;
        for (id, slot) in folder.slots.iter().filter(|(id, _)| **id != namespace.id) {
            is_empty &= slot.meta.finalizers.is_empty();
            match self.store.load(folder, id)? {
                Some(entry) if slot.meta.finalizers.is_empty() => batch.remove(&entry),
                Some(entry) if slot.meta.deleting.is_none() => batch.put(marked(&entry)),
                _ => {}
            }
        }
        if is_empty && !has_finalizers(&namespace.object) {
            batch.remove(namespace);
        } else if !is_ending(&namespace.object) {
            batch.put(marked(namespace));
        }
        Ok(())
    }
}

impl Change<'_> {
    fn refuse(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        let id = self.target.id;
        let at = id.namespace.as_ref().map(|namespace| format!(" in {namespace}")).unwrap_or_default();
        Error::new(kind, format!("{} {id}{at}", self.verb), message)
    }

    /// # Errors
    /// The object is there already.
    fn is_new(&self) -> Result<(), Error> {
        match &self.old {
            None => Ok(()),
            Some(_) => Err(self.refuse(ErrorKind::Conflict, format!("{} already exists", self.target.id))),
        }
    }

    /// # Errors
    /// The namespace of a new object is not there, or is being deleted.
    fn namespace_is_open(&self) -> Result<(), Error> {
        let Some(namespace) = &self.target.id.namespace else { return Ok(()) };
        match self.folder.slots.get(&ObjectId::namespace(namespace)) {
            None => Err(self.refuse(ErrorKind::NotFound, format!("namespaces {namespace:?} not found"))),
            Some(slot) if slot.meta.deleting.is_some() => {
                let message = format!("namespace {namespace} is being terminated, and takes nothing new");
                Err(self.refuse(ErrorKind::Conflict, message))
            }
            Some(_) => Ok(()),
        }
    }

    /// The object that is sent, without what is the server's to write.
    fn body(&self, body: &Value) -> Result<Value, Error> {
        let invalid = |message: String| self.refuse(ErrorKind::Invalid, message);
        let Some((kind, mut id)) = identity(body) else {
            return Err(invalid("the object needs apiVersion, kind and metadata.name".into()));
        };
        let mut body = contents(&canonical(body.clone()));
        match (self.target.resource.scope, &self.target.id.namespace) {
            (Scope::Namespaced, None) => return Err(invalid("the object needs a namespace".into())),
            (Scope::Cluster, Some(_)) => return Err(invalid(format!("a {} is in no namespace", kind.kind))),
            (Scope::Namespaced, Some(namespace)) if id.namespace.is_none() => {
                id.namespace = Some(namespace.clone());
                if let Some(metadata) = metadata(&mut body) {
                    metadata.insert("namespace".into(), json!(namespace));
                }
            }
            _ => {}
        }
        if kind != *self.target.kind || id != *self.target.id {
            return Err(invalid(format!("the object is {kind} {id}, not {} {}", self.target.kind, self.target.id)));
        }
        let wrongs = |wrongs: Vec<String>| invalid(format!("{id} is invalid: {}", wrongs.join("; ")));
        validate::object(type_of(&kind), &body).map_err(wrongs)?;
        Ok(body)
    }

    /// # Errors
    /// A precondition that does not hold.
    fn check(&self, apply: &Apply<'_>) -> Result<(), Error> {
        match (apply.uid, apply.resource_version) {
            (None, Some(_)) => {
                return Err(
                    self.refuse(ErrorKind::Invalid, "a resourceVersion without a uid would make an absent object")
                );
            }
            (None, None) => return Ok(()),
            (Some(uid), _) => self.same_uid(uid)?,
        }
        let is = self.old.as_ref().map(|old| version(&old.object));
        if apply.resource_version.is_some_and(|wanted| Some(wanted) != is) {
            return Err(self.refuse(ErrorKind::Conflict, "the object has been modified"));
        }
        Ok(())
    }

    fn same_uid(&self, wanted: &str) -> Result<(), Error> {
        let is = self.old.as_ref().and_then(|old| old.object.pointer("/metadata/uid")).and_then(Value::as_str);
        match is {
            Some(uid) if uid == wanted => Ok(()),
            Some(uid) => Err(self.refuse(ErrorKind::Conflict, format!("its uid is {uid}, not {wanted}"))),
            None => {
                Err(self.refuse(ErrorKind::Conflict, format!("the object with uid {wanted} is not there any more")))
            }
        }
    }
}

fn marked(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    let version = next_version(version(&entry.object));
    if let Some(metadata) = metadata(&mut entry.object) {
        metadata.insert("deletionTimestamp".into(), json!(now()));
        metadata.insert("resourceVersion".into(), json!(version));
    }
    entry
}

fn is_ending(object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_some()
}

fn has_finalizers(object: &Value) -> bool {
    object.pointer("/metadata/finalizers").and_then(Value::as_array).is_some_and(|list| !list.is_empty())
}

fn with_status(mut object: Value) -> Value {
    status::add(&mut object);
    object
}

fn writer(name: &str) -> Writer<'_> {
    Writer { name, time: Some(now()) }
}

#[expect(clippy::disallowed_methods, reason = "what a server would date itself")]
fn now() -> Timestamp {
    seconds(Timestamp::now())
}

/// The number after the one that a version begins with; what follows a dot is an edit by hand.
fn next_version(version: &str) -> String {
    let number = version.split('.').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default();
    (number + 1).to_string()
}

/// A random UUID (version 4 of RFC 9562).
fn new_uid() -> String {
    let bits = (rand::random::<u128>() & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
