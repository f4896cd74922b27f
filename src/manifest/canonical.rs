//! The canonical form of a manifest: what is left when everything is taken out that does not change what the
//! cluster is asked for.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::chart::yaml::{Entries, Tree};

/// The canonical form of one object.
///
/// Nulls go (the API server drops them, but would own them); `status` and `metadata.creationTimestamp` go (the cluster
/// writes them); a Secret's `stringData` becomes `data` (it would be owned under a name that no longer exists, so that
/// changes go unseen). Keys are sorted by the map itself.
pub fn canonical(value: Value) -> Value {
    let mut tree = Tree::from(value);
    reduce(&mut tree);
    tree.to_value()
}

/// Makes a tree canonical.
pub(super) fn reduce(tree: &mut Tree<'_>) {
    drop_nulls(tree);
    let Some(object) = tree.entries_mut() else { return };
    object.remove("status");
    if let Some(metadata) = object.get_mut("metadata").and_then(Tree::entries_mut) {
        metadata.remove("creationTimestamp");
        metadata.remove("managedFields");
    }
    let is = |key: &str, wanted: &str| matches!(object.get(key), Some(Tree::Text(text)) if *text == wanted);
    if is("kind", "Secret") && is("apiVersion", "v1") {
        string_data_to_data(object);
    }
}

/// The value of a Secret's `data` key for a plain text.
pub fn data_key_to_base64(text: &str) -> String {
    STANDARD.encode(text)
}

fn string_data_to_data(secret: &mut Entries<'_>) {
    let Some(Tree::Map(plain)) = secret.remove("stringData") else { return };
    if plain.is_empty() {
        return;
    }
    if secret.get("data").is_none() {
        secret.insert(Cow::Borrowed("data"), Tree::Map(Entries::default()));
    }
    let Some(data) = secret.get_mut("data").and_then(Tree::entries_mut) else { return };
    for (key, value) in plain {
        let value = match value {
            Tree::Text(text) => Tree::Text(Cow::Owned(STANDARD.encode(text.as_bytes()))),
            // The API server refuses anything else; it is passed on so that the refusal names it.
            other => other,
        };
        data.insert(key, value);
    }
}

fn drop_nulls(tree: &mut Tree<'_>) {
    match tree {
        Tree::Map(entries) => entries.retain(|value| {
            drop_nulls(value);
            !matches!(value, Tree::Null)
        }),
        Tree::List(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
