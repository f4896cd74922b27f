//! A chart while many sandboxes are rendered by it, one after another: what their renders have in common is made once.
//!
//! Mostly these are its values: a sandbox changes a few of them. Of a chart without subcharts each value at the top is
//! laid over the chart's own by itself, so it is kept for the next render, which takes it where it is given the same.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use serde_json::Value as Json;

use super::{
    chart::{Chart, Crd},
    render::{ReleaseInfo, RenderError, RenderInput, Texts},
    render_data::{Common, Data},
    schema,
    template::{Capabilities, Entries, Key, Map, MapKind, Memo, Session, Value},
    values::{self, Table},
};

/// A chart and what is kept from one render to the next.
pub struct Stage<'c> {
    chart: &'c Chart,
    capabilities: Capabilities,
    common: Common,
    /// The names of its values.
    names: Arc<[Key]>,
    kept: BTreeMap<Key, Kept>,
    /// Counts renders.
    render: u64,
    /// What they gave that does not depend on the release.
    memo: Memo,
    /// The files of its `crds/`.
    crds: Arc<[Crd]>,
    /// The values of the last render, as its schema judges them; empty for a chart without one.
    judged: Json,
    /// Whether its schema found nothing against them.
    is_valid: bool,
    /// Whether the chart is for this cluster.
    is_fit: bool,
}

/// A value at the top, as the last render had it.
struct Kept {
    /// What the user gave.
    user: Option<Json>,
    /// What it makes together with the chart's own; nothing where the user takes that away.
    value: Option<Value>,
    warnings: Vec<String>,
    /// The first render that had it.
    since: u64,
}

/// What a render is made of.
struct Parts<'r> {
    release: &'r ReleaseInfo,
    values: Map,
    /// The values at the top, each with the first render that had it.
    since: Vec<(Key, Value, u64)>,
    warnings: Vec<String>,
}

impl<'c> Stage<'c> {
    /// For a chart and a cluster.
    pub fn new(chart: &'c Chart, capabilities: Capabilities) -> Self {
        let judged = Json::Object(Table::new());
        let crds = chart.crds().into();
        Self {
            common: Common::new(chart, &capabilities),
            chart,
            capabilities,
            names: chart.values.keys().map(|key| Key::from(key.as_str())).collect(),
            kept: BTreeMap::new(),
            render: 0,
            memo: Memo::default(),
            crds,
            judged,
            is_valid: false,
            is_fit: false,
        }
    }

    /// What the cluster is said to offer.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Runs the chart's templates, as [`Chart::texts`] does.
    ///
    /// # Errors
    /// As [`Chart::texts`].
    pub fn texts(&mut self, release: &ReleaseInfo, user: &Json) -> Result<Texts, RenderError> {
        let is_alone = self.chart.dependencies.is_empty() && self.chart.metadata.dependencies.is_empty();
        match user {
            Json::Object(user) if is_alone => self.alone(release, user),
            _ => self.chart.texts(&RenderInput { release, values: user, capabilities: &self.capabilities }),
        }
    }

    fn alone(&mut self, release: &ReleaseInfo, user: &Table) -> Result<Texts, RenderError> {
        self.render += 1;
        let mut warnings = Vec::new();
        let mut entries = Entries::new();
        let mut since = Vec::new();
        let own = Arc::clone(&self.chart.values);
        let names = Arc::clone(&self.names);
        let further = user.keys().filter(|key| !own.contains_key(*key)).map(|key| Key::from(key.as_str()));
        for key in names.iter().cloned().chain(further) {
            let kept = self.kept(&key, user.get(&*key));
            warnings.extend(kept.warnings.iter().cloned());
            if let Some(value) = kept.value.clone() {
                since.push((key.clone(), value.clone(), kept.since));
                entries.insert(key, value);
            }
        }
        if schema::has_schema(self.chart)
            && let Json::Object(judged) = &mut self.judged
        {
            let count = judged.len();
            judged.retain(|key, _| own.contains_key(key) || user.contains_key(key));
            self.is_valid &= judged.len() == count;
        }
        let parts = Parts { release, values: Map::new(MapKind::Values, entries), since, warnings };
        if self.is_valid || !schema::has_schema(self.chart) {
            return self.run(parts);
        }
        let judged = mem::replace(&mut self.judged, Json::Null);
        let made = schema::check_beside(self.chart, &judged, || self.run(parts));
        self.judged = judged;
        self.is_valid = made.is_ok();
        made.map_err(RenderError::Schema)?
    }

    fn run(&mut self, parts: Parts<'_>) -> Result<Texts, RenderError> {
        if !self.is_fit {
            self.chart.check(&self.capabilities)?;
            self.is_fit = true;
        }
        let data = Data::alone(self.chart, &self.common, &parts.values, parts.release);
        let mut memo = mem::take(&mut self.memo);
        if let Some(root) = data.of_chart(self.chart) {
            memo.begin_render(self.render, root, &parts.since);
        }
        let mut session = Session::with_memo(memo);
        let mut texts = self.chart.run(self.chart, &data, parts.warnings, &mut session);
        if let Ok(texts) = &mut texts {
            texts.set_crds(&self.crds);
            session.memo.end_render();
            self.memo = session.memo;
        }
        // What a template changed is no value of the next render.
        self.kept.retain(|_, kept| kept.value.as_ref().is_none_or(Value::is_untouched));
        texts
    }

    /// The value at the top of that name.
    fn kept(&mut self, key: &Key, user: Option<&Json>) -> &Kept {
        let is_known = self.kept.get(key).is_some_and(|kept| kept.user.as_ref() == user);
        if !is_known {
            let mut warnings = Vec::new();
            let value = values::coalesce_key(self.chart, key, user, &mut warnings);
            if let Json::Object(judged) = &mut self.judged
                && schema::has_schema(self.chart)
            {
                self.is_valid = false;
                match &value {
                    Some(value) => drop(judged.insert(key.to_string(), value.clone())),
                    None => drop(judged.remove(&**key)),
                }
            }
            let value = value.as_ref().map(Value::from);
            self.kept.insert(key.clone(), Kept { user: user.cloned(), value, warnings, since: self.render });
        }
        &self.kept[key]
    }
}
