//! What stands below the help of commands: examples, and exit statuses.

pub(super) const RENDER: &str = "\
Examples:
  reconcile render                            the manifests of all sandboxes
  reconcile render feature-x                  of one
  reconcile render feature-x | kubectl diff -f -
  reconcile render feature-x --rev HEAD~1     as they were one commit ago
  reconcile render --format json | jq '.[].kind'

Exit status: 0; 1 where the fleet cannot be read; 4 where a sandbox does not render; 64 where there
is no such sandbox";

pub(super) const CHECK: &str = "\
Examples:
  reconcile check                             read and render all, and compare with snapshots/
  reconcile check --worktree                  also what is not committed yet
  reconcile check --worktree --update         write snapshots/ anew, to be reviewed and committed

Exit status: 0; 1 where a golden rendering differs, or the fleet cannot be read; 4 where a sandbox
is broken";

pub(super) const APPLY: &str = "\
Examples:
  reconcile --plan --out plan.json            a plan to be reviewed …
  reconcile apply plan.json                   … and carried out; on a terminal it asks first
  reconcile apply plan.json --check           only say whether it still holds
  reconcile apply plan.json --yes --timeout 30m

A plan is applied once, within 72 hours, and only if it would be made again just so.
Exit status: as of a run; 3 where the plan does not hold any more, and nothing was done";

pub(super) const AUDIT: &str = "\
Examples:
  reconcile --yes --audit audit.jsonl         a run that notes each write to the cluster
  reconcile audit verify audit.jsonl          whether no line of the notes was changed since

Exit status: 0; 1 where a line is not as it was";

pub(super) const VERIFY: &str = "\
Examples:
  reconcile audit verify audit.jsonl
  reconcile audit verify audit.jsonl --head 4f1c…   that nothing was cut off the end, either
  reconcile audit verify audit.jsonl --format json

Exit status: 0; 1 where a line was changed, taken out, added or moved";
