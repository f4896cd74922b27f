//! `reconcile comment`: one comment on a pull request, kept up to date.

mod job;

use std::io::Read as _;
use std::path::Path;

use super::args::{Args, Comment as Options, WhyFormat};
use super::desired::{Desired, now};
use super::failure::{Exit, Failure};
use super::print::Printer;
use crate::fleet::Lifetime;
use crate::forge::{Done, Forge, ForgeError, Kept, Kind, PullRequest, Token};
use crate::plan::Start;
use crate::report::answers;
use crate::report::markdown::{Comment, Place, mark};
use crate::report::test_result::TestResult;
use crate::web::{Web, is_private};
use job::Environment;

/// The most of a file that is read, in bytes.
const MOST: u64 = 64 * 1024 * 1024;

/// Keeps the comment, or prints it.
///
/// # Errors
/// Where it is not known which pull request is meant, a file cannot be read, or the forge does not take it.
pub fn comment(args: &Args, options: &Options, printer: &Printer) -> Result<u8, Failure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let kind = options.forge.or_else(|| job::forge(&variable));
    if options.body.is_none() && options.plan.is_none() && options.test.is_none() && options.sandbox.is_none() {
        let hint = "name at least one of --body, --sandbox, --test and --plan";
        return Err(Failure::new(Exit::Usage, "there is nothing to be said", hint));
    }
    let mark = mark(&options.marker);
    let limit = kind.map_or(Kind::Github.limit(), Kind::limit);
    if options.dry_run {
        let text = text(args, options, (&mark, limit), printer)?;
        printer.answer(&text)?;
        return Ok(0);
    }
    let kind = kind.ok_or_else(|| usage("which forge is meant is not known", "--forge github, gitlab or gitea"))?;
    let forge = Forge {
        pull_request: pull_request(kind, options, &variable)?,
        token: token(kind, &variable)?,
        account: options.account.clone(),
        web: Web::new(super::clock),
    };
    if !is_private(&forge.pull_request.api) {
        let message = format!("the token would go to {} for everybody on the way to read", forge.pull_request.api);
        return Err(usage(&message, "--api https://…"));
    }
    let text = text(args, options, (&mark, limit), printer)?;
    let kept = forge.keep(&mark, &text).map_err(of_forge)?;
    match options.format {
        WhyFormat::Text => printer.answer(&said(&forge.pull_request, &kept))?,
        WhyFormat::Json => printer.answer(&answers::text(&answers::Commented {
            version: answers::version(),
            done: word(kept.done).to_owned(),
            id: kept.id,
            url: kept.url,
            removed: kept.removed,
        }))?,
    }
    Ok(0)
}

fn usage(message: &str, hint: &str) -> Failure {
    Failure::new(Exit::Usage, message, hint)
}

fn of_forge(error: ForgeError) -> Failure {
    Failure::of(&error).hint(error.hint)
}

fn word(done: Done) -> &'static str {
    match done {
        Done::Made => "made",
        Done::Updated => "updated",
        Done::Unchanged => "unchanged",
    }
}

fn said(pull_request: &PullRequest, kept: &Kept) -> String {
    let verb = word(kept.done);
    let PullRequest { repository, number, .. } = pull_request;
    let place = kept.url.clone().unwrap_or_else(|| format!("{} on {repository} {number}", kept.id));
    let more = match kept.removed {
        0 => String::new(),
        1 => "; a second one was taken away".to_owned(),
        count => format!("; {count} others were taken away"),
    };
    format!("comment {verb}: {}{more}\n", crate::report::safe(&place))
}

fn pull_request(kind: Kind, options: &Options, env: Environment<'_>) -> Result<PullRequest, Failure> {
    let own_job = job::forge(env) == Some(kind);
    // What a job of another forge says is about something else.
    let of_job: Environment<'_> = &|name| env(name).filter(|_| own_job);
    let name = kind.name();
    let api = options.api.as_ref().map(|api| api.trim_end_matches('/').to_owned()).or_else(|| job::api(kind, env));
    let api = api.ok_or_else(|| usage(&format!("{name} has no address of its own"), "--api https://HOST/api/v1"))?;
    let repository = options.repository.clone().or_else(|| job::repository(kind, of_job));
    let repository =
        repository.ok_or_else(|| usage("which repository is meant is not known", "--repository OWNER/NAME"))?;
    if !kind.takes(&repository) {
        let message = format!("{repository:?} is no repository of {name}");
        return Err(usage(&message, "--repository OWNER/NAME"));
    }
    let number = options.number.or_else(|| job::number(kind, of_job));
    let number = number.ok_or_else(|| {
        usage("which pull request is meant is not known", "--number N; a job on a push or a schedule has none")
    })?;
    Ok(PullRequest { kind, api, repository, number })
}

fn token(kind: Kind, env: Environment<'_>) -> Result<Token, Failure> {
    job::token(kind, env).ok_or_else(|| {
        let variables = match kind {
            Kind::Github => "GITHUB_TOKEN (in a workflow: env: GITHUB_TOKEN: ${{ github.token }})",
            Kind::Gitlab => "GITLAB_TOKEN, a project access token with the scope api",
            Kind::Gitea => "GITEA_TOKEN, with the scope write:issue",
        };
        Failure::new(
            Exit::Failed,
            format!("there is no token for {}", kind.name()),
            format!("set RECONCILE_FORGE_TOKEN, or {variables}"),
        )
    })
}

/// The comment.
fn text(args: &Args, options: &Options, (mark, limit): (&str, usize), printer: &Printer) -> Result<String, Failure> {
    let body = options.body.as_deref().map(read).transpose()?;
    let plan = options.plan.as_deref().map(read).transpose()?;
    let tests = options.test.as_deref().map(tests).transpose()?;
    let place = options.sandbox.as_deref().map(|name| place(args, name, printer)).transpose()?;
    let comment =
        Comment { body: body.as_deref(), place: place.as_ref(), tests: tests.as_ref(), plan: plan.as_deref() };
    Ok(comment.text(mark, limit))
}

/// A file, or with `-` standard input.
fn read(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(MOST).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes))
    };
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let hint = "the comment stays as it is";
    read.map_err(|error| Failure::new(Exit::Failed, format!("{name} cannot be read: {error}"), hint))?;
    String::from_utf8(bytes).map_err(|_| Failure::new(Exit::Failed, format!("{name} is not UTF-8"), hint))
}

fn tests(path: &Path) -> Result<TestResult, Failure> {
    TestResult::parse(&read(path)?).map_err(|why| {
        let message = format!("{} is no report of JUnit's: {why}", path.display());
        Failure::new(Exit::Failed, message, "reconcile test NAME --junit FILE writes one")
    })
}

/// Where a sandbox is, and until when, as the fleet has it.
fn place(args: &Args, name: &str, printer: &Printer) -> Result<Place, Failure> {
    let desired = Desired::read(&args.source, printer)?;
    desired.named(&[name.to_owned()])?;
    let Some(sandbox) = desired.fleet.sandboxes.get(name) else {
        let message = format!("the file of sandbox {name} cannot be used");
        return Err(Failure::new(Exit::Failed, message, "mend it: reconcile check shows the place"));
    };
    let now = now(args)?;
    let starts = desired.starts(now)?;
    let since = match starts.get(&sandbox.path) {
        Some(Start::At { time, .. } | Start::Behind { time, .. } | Start::Before(time)) => *time,
        Some(Start::CutOff { why, remedy, .. } | Start::Unknown { why, remedy }) => {
            let terms = sandbox.terms(&desired.fleet.settings);
            // A life that is not counted from a commit needs none.
            if terms.oldest_start(now).is_some() {
                return Err(Failure::new(Exit::Failed, why.clone(), remedy.clone()));
            }
            now
        }
        Some(Start::Uncommitted) | None => now,
    };
    let life = Lifetime::at(now, since, &sandbox.terms(&desired.fleet.settings));
    Ok(Place { name: name.to_owned(), url: sandbox.url.clone(), until: life.expiry })
}
