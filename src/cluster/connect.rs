//! Which adapter is used, from what the command line says.

use std::path::PathBuf;
use std::str::FromStr;

use super::kube::{Kube, KubeConnect};
use super::{Cluster, Error};

/// Which cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterSpec {
    /// The one that a kubeconfig names.
    Kube(KubeConnect),
    /// A folder of YAML files.
    Dir(PathBuf),
}

/// `--cluster` says neither `kube` nor `dir:PATH`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no cluster: write `kube`, or `dir:PATH` for a cluster that is a folder")]
pub struct UnknownCluster(String);

/// `kube` or `dir:PATH`.
impl FromStr for ClusterSpec {
    type Err = UnknownCluster;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "kube" => Ok(Self::Kube(KubeConnect::default())),
            Some(("dir", path)) if !path.is_empty() => Ok(Self::Dir(path.into())),
            _ => Err(UnknownCluster(text.to_owned())),
        }
    }
}

/// Opens a cluster. A folder is only used where it is named: without a kubeconfig the answer is an error.
///
/// # Errors
/// What keeps it from being asked, in words that say what to do.
pub async fn connect(spec: &ClusterSpec) -> Result<Box<dyn Cluster>, Error> {
    match spec {
        ClusterSpec::Kube(wanted) => Ok(Box::new(Kube::connect(wanted).await?)),
        ClusterSpec::Dir(path) => Ok(Box::new(super::dir::Dir::open(path)?)),
    }
}
