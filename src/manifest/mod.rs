//! A manifest is one rendered Kubernetes object: its identity, canonical form, hash and field set.
//!
//! Everything here is pure. A manifest's hash is the sha256 of its canonical form, so two renders
//! that would ask the cluster for the same thing have the same hash.

mod canonical;
mod content;
mod fields;
mod hash;
mod id;
mod json;
mod lookup;
mod owned;
mod release;
mod scope;
mod shard;

pub use canonical::{canonical, data_key_to_base64};
pub use fields::{Fields, Path, PathElement, field_path, unowned};
pub use hash::Hash;
pub use id::{Kind, ObjectId};
pub use lookup::{Found, look_up};
pub use release::{Batch, Draft, HookManifest, Manifest, Owner, Release, Stamp};
pub use scope::{Resource, Scope, builtin, builtin_called, is_everywhere, namespaces, pods, scope};
pub use shard::{BUCKETS, Shard, bucket};

/// The field manager of everything that is declared (design: 'Live state').
pub const MANAGER: &str = "reconcile";
/// The field manager of values that are generated once in the cluster, then kept.
pub const GENERATED_MANAGER: &str = "reconcile-generated";

/// Label: the id of the fleet that an object belongs to.
pub const LABEL_FLEET: &str = "reconcile.dev/fleet";
/// Label: the sandbox that an object belongs to.
pub const LABEL_SANDBOX: &str = "reconcile.dev/sandbox";
/// Label: the bucket of the sandbox, by which a fleet is cut into shards.
pub const LABEL_BUCKET: &str = "reconcile.dev/bucket";
/// Annotation on every object: the hash of its manifest.
pub const ANNOTATION_HASH: &str = "reconcile.dev/hash";
/// Annotation on the Namespace: the kinds that the sandbox has or had, comma-separated.
pub const ANNOTATION_KINDS: &str = "reconcile.dev/kinds";
/// Annotation on the Namespace: the hash of the release that was applied in full.
pub const ANNOTATION_RELEASE: &str = "reconcile.dev/release";
/// Annotation on the Namespace: the commit that release came from.
pub const ANNOTATION_COMMIT: &str = "reconcile.dev/commit";
/// Annotation on the Namespace: the sandbox file's path in the repository.
pub const ANNOTATION_PATH: &str = "reconcile.dev/path";
/// Annotation on the Namespace: the instant after which the sandbox is garbage, or `never`.
pub const ANNOTATION_EXPIRES: &str = "reconcile.dev/expires";
/// Annotation on the Namespace: whose the sandbox is, where its file says so.
pub const ANNOTATION_OWNER: &str = "reconcile.dev/owner";
/// Annotation on the Namespace: a hash of what the sandbox's file says, by which a renamed file is known.
pub const ANNOTATION_FILE: &str = "reconcile.dev/file";
/// Annotation on the Namespace: the release that failed since, how often, and when it is tried again, as JSON.
pub const ANNOTATION_FAILED: &str = "reconcile.dev/failed";
/// Annotation on the Namespace: the hooks that run before it goes, `Job/backup`, comma-separated. Without it none does.
pub const ANNOTATION_DELETE_HOOKS: &str = "reconcile.dev/delete-hooks";
/// Annotation on the Namespace: what the sandbox's quotas let it request, `cpu=2,memory=4Gi`, or `none`.
pub const ANNOTATION_QUOTA: &str = "reconcile.dev/quota";
/// Annotation on what a chart has in `crds/`: it is made where it is not there, and from then on left alone.
pub const ANNOTATION_CRDS: &str = "reconcile.dev/crds";
/// Annotation on the Namespace: what its release has of `crds/`, `CustomResourceDefinition/toys.example.com`,
/// comma-separated. It stays when the sandbox goes, whatever its own annotations say by then.
pub const ANNOTATION_MADE_ONCE: &str = "reconcile.dev/made-once";
/// Annotation: `keep` where an object stays when nobody wants it any more.
pub const ANNOTATION_POLICY: &str = "helm.sh/resource-policy";
/// Annotation on the Namespace: the keys that hold generated values, `SECRET/KEY`, comma-separated.
pub const ANNOTATION_GENERATED: &str = "reconcile.dev/generated";
