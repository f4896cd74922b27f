//! The commands, in the order of the help: a developer's first.

use clap::Subcommand;

use super::{
    Apply, Audit, Check, Comment, Completions, Create, Credentials, Destroy, Diff, Doctor, Down, Exec, Extend, Gc,
    History, Image, Init, List, Logs, Man, Open, Pin, PortForward, Rbac, Render, Rollback, Set, Sleep, Status,
    Template, Test, Unpin, Up, Update, Wake, Why, comment, develop_examples, doctor, examples, image, init, inside,
    list, open, rbac, shell, status, template, test, update,
};

/// Commands beside planning and applying.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Begin a fleet: a repository with its settings, an example, a chart, and what runs it
    #[command(after_help = init::EXAMPLES)]
    Init(Init),
    /// Make a sandbox: write its file, commit and push it
    #[command(after_help = develop_examples::CREATE)]
    Create(Create),
    /// Have the sandbox of the current branch: make it where there is none, and wait until it is ready
    #[command(after_help = develop_examples::UP)]
    Up(Up),
    /// Remove the sandbox of the current branch, now
    #[command(after_help = develop_examples::DOWN)]
    Down(Down),
    /// List the sandboxes: what git asks for, joined with what lives
    #[command(after_help = list::EXAMPLES)]
    List(List),
    /// Tell how one sandbox is: its services, pods, volumes, quota, events, expiry and generation
    #[command(after_help = status::EXAMPLES)]
    Status(Status),
    /// Print a sandbox's address, and on a terminal open it in a browser
    #[command(after_help = open::OPEN_EXAMPLES)]
    Open(Open),
    /// Show the logins of a sandbox: the one command that shows a secret
    #[command(after_help = open::CREDENTIALS_EXAMPLES)]
    Credentials(Credentials),
    /// Print what all containers of a sandbox write, and with -f go on with it
    #[command(after_help = inside::LOGS_EXAMPLES)]
    Logs(Logs),
    /// Run a program in a sandbox
    #[command(after_help = inside::EXEC_EXAMPLES)]
    Exec(Exec),
    /// Reach a sandbox's ports on this machine
    #[command(after_help = inside::FORWARD_EXAMPLES)]
    PortForward(PortForward),
    /// Run a sandbox's tests in it
    #[command(after_help = test::EXAMPLES)]
    Test(Test),
    /// Change keys of a sandbox's file, such as its image
    #[command(after_help = develop_examples::SET)]
    Set(Set),
    /// Let a sandbox live longer, from now on
    #[command(after_help = develop_examples::EXTEND)]
    Extend(Extend),
    /// Keep a sandbox past its expiry, for a reason
    #[command(after_help = develop_examples::PIN)]
    Pin(Pin),
    /// Take a sandbox's pin away
    #[command(after_help = develop_examples::UNPIN)]
    Unpin(Unpin),
    /// Stop all that runs in a sandbox, and keep its data
    #[command(after_help = develop_examples::SLEEP)]
    Sleep(Sleep),
    /// Let a sandbox that sleeps run again
    #[command(after_help = develop_examples::WAKE)]
    Wake(Wake),
    /// Remove a sandbox: its file goes, and by the next run all that it has
    #[command(after_help = develop_examples::DESTROY)]
    Destroy(Destroy),
    /// Bring a sandbox's file back as an earlier commit has it
    #[command(after_help = develop_examples::ROLLBACK)]
    Rollback(Rollback),
    /// List the versions of a sandbox's file: who, when, what changed, and which one is applied
    #[command(after_help = develop_examples::HISTORY)]
    History(History),
    /// Show what differs between two versions of a sandbox
    #[command(after_help = develop_examples::DIFF)]
    Diff(Diff),
    /// Take the files of sandboxes out that expired long ago
    #[command(after_help = develop_examples::GC)]
    Gc(Gc),
    /// Lock the images of sandboxes to the digests that their tags stand for now
    #[command(after_help = update::EXAMPLES)]
    Update(Update),
    /// Print the name of the image that CI should build: repository, branch and commit
    #[command(after_help = image::EXAMPLES)]
    Image(Image),
    /// Keep one comment on a pull request up to date: plan, address, tests, end
    #[command(after_help = comment::EXAMPLES)]
    Comment(Comment),
    /// Tell one sandbox's whole story: desired by, rendered from, live as, what the next run will do
    #[command(after_help = examples::WHY_EXAMPLES)]
    Why(Why),
    /// Print the manifests of sandboxes, without a cluster
    #[command(after_help = examples::RENDER)]
    Render(Render),
    /// Print what a chart makes, as helm template does: a folder or an archive, with the same flags
    #[command(after_help = template::EXAMPLES)]
    Template(Template),
    /// Validate and render every sandbox and compare the golden renderings, without a cluster
    #[command(after_help = examples::CHECK)]
    Check(Check),
    /// Carry out a plan that was saved by --plan --out, if it still holds
    #[command(after_help = examples::APPLY)]
    Apply(Apply),
    /// See to the file that --audit FILE writes
    #[command(after_help = examples::AUDIT)]
    Audit(Audit),
    /// Print the rights that the fleet needs, made from what its charts make, as Kubernetes or Helm reads them
    #[command(after_help = rbac::EXAMPLES)]
    Rbac(Rbac),
    /// Look whether all is there that a run needs: cluster, rights, clock, history, charts; it changes nothing
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(Doctor),
    /// Print a shell's completions
    #[command(after_help = shell::COMPLETIONS_EXAMPLES)]
    Completions(Completions),
    /// Print the manual page, or write one for each command
    #[command(after_help = shell::MAN_EXAMPLES)]
    Man(Man),
}
