//! The charts that a new fleet may begin with, as they lie below `charts/`.

/// A chart that is built into the program.
#[derive(Clone, Copy, Debug)]
pub struct Chart {
    /// Its folder below `charts/`.
    pub name: &'static str,
    /// What it makes, in a few words.
    pub about: &'static str,
    /// What a sandbox of it runs where nothing else is said.
    pub image: &'static str,
    /// Its files, by their paths in that folder.
    pub files: &'static [(&'static str, &'static [u8])],
}

/// Files of a folder below `charts/`. A test holds the lists against the folders.
macro_rules! files {
    ($chart:literal: $($file:literal)*) => {
        &[$(($file, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/charts/", $chart, "/", $file)))),*]
    };
}

/// All of them; the first is the one that is taken where none is named.
pub const CHARTS: [Chart; 2] = [
    Chart {
        name: "preview-app",
        about: "one web application from one image",
        image: "nginxinc/nginx-unprivileged:1.28-alpine",
        files: files! { "preview-app":
            ".helmignore"
            "Chart.yaml"
            "README.md"
            "templates/NOTES.txt"
            "templates/_helpers.tpl"
            "templates/access.yaml"
            "templates/app.yaml"
            "templates/ingress.yaml"
            "templates/networkpolicies.yaml"
            "templates/quota.yaml"
            "values.schema.json"
            "values.yaml"
        },
    },
    Chart {
        name: "odoo-dev-sandbox",
        about: "Odoo 18, PostgreSQL and Nginx, for addon developers",
        image: "odoo:18.0",
        files: files! { "odoo-dev-sandbox":
            ".helmignore"
            "Chart.yaml"
            "Dockerfile"
            "README.md"
            "files/nginx/nginx.conf"
            "files/odoo/addons.py"
            "files/odoo/init.py"
            "files/odoo/odoo.conf"
            "files/odoo/requirements.py"
            "files/odoo/run.sh"
            "files/odoo/settings.py"
            "files/odoo/test.py"
            "files/pgadmin/servers.json"
            "files/pgadmin/start.sh"
            "templates/NOTES.txt"
            "templates/_names.tpl"
            "templates/_odoo.tpl"
            "templates/_pods.tpl"
            "templates/_quota.tpl"
            "templates/code-volumes.yaml"
            "templates/ingress.yaml"
            "templates/namespace.yaml"
            "templates/networkpolicies.yaml"
            "templates/nginx-config.yaml"
            "templates/nginx.yaml"
            "templates/odoo-config.yaml"
            "templates/odoo.yaml"
            "templates/pgadmin.yaml"
            "templates/postgresql.yaml"
            "templates/quota.yaml"
            "templates/rbac.yaml"
            "templates/secrets.yaml"
            "values-ci.yaml"
            "values-local.yaml"
            "values.schema.json"
            "values.yaml"
        },
    },
];

/// The chart of a name.
pub fn chart(name: &str) -> Option<&'static Chart> {
    CHARTS.iter().find(|chart| chart.name == name)
}
