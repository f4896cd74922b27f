//! What stands below the help of the commands that change what a fleet asks for.

pub(super) const CREATE: &str = "\
Examples:
  reconcile create                            for the branch that is checked out, by its name
  reconcile create demo --branch main --ttl never
  reconcile create --image registry.example.com/app:main-1a2b3c4 --apply
  reconcile create --set odoo.workers=2 --dry-run

The file goes onto the fleet's branch by a commit of yours, and is pushed where there is a remote; the checkout and the
index stay as they are. The next run makes the sandbox; --apply makes it now, waits until it is ready, and prints its URL.
Exit status: 0; 1 where nothing was committed; with --apply that of the run; 64 where the command line is wrong";

pub(super) const UP: &str = "\
Examples:
  reconcile up                                a sandbox for the branch that is checked out: made, awake, ready
  reconcile up --image registry.example.com/app:feature-x-1a2b3c4
  reconcile up --cluster dir:target/demo

Where the branch has a sandbox, that is used: one whose time is over is extended, one that sleeps is woken.
Exit status: that of the run; 1 where nothing was committed";

pub(super) const DOWN: &str = "\
Examples:
  reconcile down                              removes the sandbox of the branch that is checked out, now
  reconcile down --branch feature/x --yes

Exit status: that of the run; 1 where nothing was committed";

pub(super) const EXTEND: &str = "\
Examples:
  reconcile extend demo                       lives as long again as its file says, from now
  reconcile extend demo --ttl 3d              three days from now
  reconcile extend demo --ttl never

Exit status: 0; 1 where nothing was committed; 3 where its life would be shorter than it is";

pub(super) const PIN: &str = "\
Examples:
  reconcile pin demo --until 2030-06-01T18:00:00+02:00 --reason 'customer demo'
  reconcile pin demo --until +36h --reason 'bug hunt'

A pin keeps a sandbox past its expiry, as long as the fleet's max_pin allows.
Exit status: 0; 1 where nothing was committed; 3 where the fleet's limits do not allow it";

pub(super) const UNPIN: &str = "\
Examples:
  reconcile unpin demo

Exit status: 0; 1 where nothing was committed";

pub(super) const DESTROY: &str = "\
Examples:
  reconcile destroy demo                      its file goes; the next run removes it with all its data
  reconcile destroy demo --now --yes          … and this one does so at once, without asking

git keeps the file: reconcile rollback demo brings the sandbox back, without its data.
Exit status: 0; 1 where nothing was committed; with --now that of the run";

pub(super) const SET: &str = "\
Examples:
  reconcile set demo image=registry.example.com/app:main-5d6e7f8
  reconcile set demo ttl=3d owner=ada
  reconcile set demo values.odoo.workers=2    or: --set odoo.workers=2
  reconcile set demo owner=                   takes the key out

The keys are those of a sandbox's file; comments and layout stay.
Exit status: 0; 1 where nothing was committed; with --apply that of the run";

pub(super) const SLEEP: &str = "\
Examples:
  reconcile sleep demo                        nothing of it runs until it is woken; its data is kept
  reconcile sleep demo --apply

Exit status: 0; 1 where nothing was committed; with --apply that of the run";

pub(super) const WAKE: &str = "\
Examples:
  reconcile wake demo
  reconcile wake demo --for 4h                outside the hours of its schedule, for so long
  reconcile wake demo --apply

Exit status: 0; 1 where nothing was committed; with --apply that of the run";

pub(super) const GC: &str = "\
Examples:
  reconcile gc                                takes out the files of sandboxes that expired a week ago or more
  reconcile gc --older-than 30d --dry-run

What has expired is removed from the cluster by every run; its file stays in git until it is edited or collected.
Exit status: 0; 1 where nothing was committed";

pub(super) const ROLLBACK: &str = "\
Examples:
  reconcile rollback demo                     the file as it was before its last change, or before it was destroyed
  reconcile rollback demo --to 1a2b3c4 --apply

It is a new commit: history stays as it is (reconcile history demo).
Exit status: 0; 1 where nothing was committed; with --apply that of the run";

pub(super) const HISTORY: &str = "\
Examples:
  reconcile history demo                      the versions of its file: who, when, what, and which one is applied
  reconcile history demo --limit 5
  reconcile history demo --format json | jq -r '.versions[].commit.id'

Exit status: 0; 1 where the history cannot be read; 64 where no commit has such a sandbox";

pub(super) const DIFF: &str = "\
Examples:
  reconcile diff demo                         what its last change did, to its file and to its manifests
  reconcile diff demo 1a2b3c4                 from that commit to the fleet's branch
  reconcile diff demo 1a2b3c4 5d6e7f8 --file  between two commits, the file alone

What a run would change in the cluster is shown by reconcile --plan --only demo.
Exit status: 0; 1 where the history cannot be read; 64 where neither commit has such a sandbox";
