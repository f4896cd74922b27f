//! One right: a verb, on what, and where.

/// Where a right is needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the whole cluster.
    Cluster,
    /// In each sandbox.
    Sandbox,
    /// In a namespace that is no sandbox's.
    Namespace(String),
}

/// What a right is to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Objects: API group, plural name (with `/` and the subresource), and of one name alone, where that is enough.
    Objects {
        /// The API group; empty for the core group.
        group: String,
        /// The plural name.
        resource: String,
        /// The only name that is needed.
        name: Option<String>,
    },
    /// A path of the API server that is no object.
    Url(String),
}

/// One right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// Where.
    pub place: Place,
    /// To what.
    pub what: What,
    /// To do what, as RBAC calls it.
    pub verb: String,
}

impl Right {
    /// To all objects of a resource.
    pub fn new(place: &Place, verb: &str, (group, resource): (&str, &str)) -> Self {
        let what = What::Objects { group: group.to_owned(), resource: resource.to_owned(), name: None };
        Self { place: place.clone(), what, verb: verb.to_owned() }
    }

    /// The same, to one of them alone.
    #[must_use]
    pub fn named(mut self, only: &str) -> Self {
        if let What::Objects { name, .. } = &mut self.what {
            *name = Some(only.to_owned());
        }
        self
    }
}
