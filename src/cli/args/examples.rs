//! What stands below the help of commands: examples, and exit statuses.

pub(super) const RENDER: &str = "\
Examples:
  reconcile render                            the manifests of all sandboxes
  reconcile render feature-x                  of one
  reconcile render feature-x | kubectl diff -f -
  reconcile render feature-x --rev HEAD~1     as they were one commit ago
  reconcile render --format json | jq '.[].kind'
  reconcile render feature-x --explain        of each line its template, of each value its file

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

pub(super) const ABOUT: &str = "\
Keeps Kubernetes sandboxes equal to what a git repository says.

Without a command: plans, and applies the plan. What is wanted is read from the tree of a commit, never from the working \
directory (unless --worktree asks for it). A sandbox whose time is over is removed, and so is one whose file is gone.";

pub(super) const EXAMPLES: &str = "\
Examples:
  reconcile init sandboxes                    a fleet of your own, in a new repository
  reconcile --plan                            what a run would do, and why
  reconcile --plan --now +7d                  … and what it would do in a week
  reconcile --yes                             plan and apply, without asking
  reconcile --cluster dir:target/demo         on a folder of YAML files instead of a cluster
  reconcile --only feature-x --timeout 0s     one sandbox, not waiting until it is ready
  reconcile --plan --format json | jq .summary
  reconcile --plan --format markdown          for a comment on a pull request
  reconcile --plan --out plan.json            a plan to be reviewed …
  reconcile apply plan.json                   … and carried out as it was reviewed, once
  reconcile why feature-x                     one sandbox's story, and what the next runs do to it
  reconcile render feature-x | kubectl diff -f -

Exit status (of several, the first in the order 64, 1, 3, 4, 2, 0):
   0  nothing to do, or all done; what a limit holds back is a warning
   1  failed: nothing could be done
   2  --plan: there are changes
   3  a safety rule refused something
   4  done in part: some sandboxes are broken or failed, or the run was told to end
  64  the command line is wrong
  75  another run of this fleet is at work (--lock-timeout waits for it)";

pub(super) const WHY_EXAMPLES: &str = "\
Examples:
  reconcile why feature-x
  reconcile why feature-x --now +3d           as of then
  reconcile why feature-x --format json | jq .next

Exit status: 0; 1 where the cluster cannot be read, and only half is told; 64 where there is no such sandbox";
