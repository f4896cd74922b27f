//! The contract, kept by the cluster that is a folder.

use reconcile::cluster::dir::Dir;

use crate::contract::{self, Arena};

macro_rules! on_a_folder {
    ($($name:ident)*) => { $(
        #[tokio::test]
        async fn $name() {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let cluster = Dir::open(&folder.path().join("cluster")).expect("an empty cluster");
            contract::$name(&Arena::new(&cluster, "a")).await;
        }
    )* };
}
contract::each!(on_a_folder);
