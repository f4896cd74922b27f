//! A shard and the others: what they remove together.

use super::failure::{Exit, Failure};
use super::planning::Planning;
use crate::apply::{Part, Rounds};
use crate::cluster::Cluster;
use crate::plan::{Input, Source, removed};

/// What the shards have settled; asked only by one of them that has something to remove.
///
/// # Errors
/// Where the cluster does not say: how many may go is not known then.
pub async fn remember_round(input: &mut Input, cluster: &dyn Cluster) -> Result<(), Failure> {
    if input.policy.chosen.shard.is_none() || !may_remove(input) {
        return Ok(());
    }
    let round = Rounds::new(cluster, &input.fleet_id).read().await;
    input.round = round.map_err(|error| Failure::of(&error).hint(error.remedy.clone()))?;
    Ok(())
}

fn may_remove(input: &Input) -> bool {
    let stays = |namespace: &str| {
        let source = input.sources.values().find(|source| source.namespace() == namespace);
        source.and_then(Source::wanted).is_some_and(|wanted| !wanted.is_over(input.now))
    };
    let chosen = &input.policy.chosen;
    let own = input.live.namespaces.iter().filter(|(_, live)| chosen.has(live.sandbox()));
    own.map(|(name, _)| name).any(|name| !stays(name))
}

/// Whether this shard may begin: where others have settled something else meanwhile, it has to be planned anew.
///
/// # Errors
/// Where it could not be noted.
pub async fn join(planning: &Planning) -> Result<bool, Failure> {
    let Planning { plan, input, cluster, .. } = planning;
    let (Some(shard), Some(after)) = (plan.shard, &plan.round) else { return Ok(true) };
    let own = removed(&plan.sandboxes, &input.policy.chosen);
    let part = Part { shard, before: input.round.as_ref(), after, own: &own, now: plan.now };
    let joined = Rounds::new(&**cluster, &plan.fleet_id).join(&part).await;
    joined.map_err(|error| Failure::of(&error).hint(error.remedy.clone()))
}

/// Notes that a shard had its run, where the ceiling left it nothing to do: its next one belongs to the next round.
pub async fn note(planning: &Planning) {
    match join(planning).await {
        Ok(_) => {}
        Err(failure) => tracing::warn!(error = failure.message, "that this shard has run could not be noted"),
    }
}

/// The shards kept changing what they remove together.
pub fn restless() -> Failure {
    Failure::new(
        Exit::Busy,
        "the other shards of this fleet keep changing what goes",
        "nothing was changed; the next run goes on",
    )
}
