//! A new fleet: what is in it, where it may be, and that a failure leaves nothing behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use reconcile::fleet::Fleet;
use reconcile::init::{CHARTS, Choices, Ci, chart, files, id};

use super::scenario::{Stage, shell, text_of};
use super::terminal::answered;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A plan on a cluster that is a folder.
const PLAN: &str = "reconcile --plan --cluster dir:cluster --quiet --now 2030-01-01T00:10:00Z";

fn choices(name: &str, chart_name: &str, ci: Ci) -> Choices {
    Choices {
        name: name.into(),
        id: id(name, [1, 2, 3, 4, 5, 6]),
        domain: Some("dev.example.com".into()),
        context: Some("a \"quoted\" context".into()),
        chart: chart(chart_name).expect("a chart"),
        ci,
        branch: "it's/main".into(),
    }
}

/// An empty home, and in it an empty folder to work in.
pub(super) struct Place(pub(super) tempfile::TempDir);

impl Place {
    pub(super) fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(home.path().join("work")).expect("a folder");
        Self(home)
    }

    fn run(&self, step: &str) -> (i32, String) {
        let output = shell(step, self.0.path(), &self.0.path().join("work"));
        let text = text_of(&output);
        (output.status.code().unwrap_or(-1), text)
    }

    /// Runs a step that has to end with this status.
    pub(super) fn expect(&self, status: i32, step: &str) -> String {
        let (found, text) = self.run(step);
        assert_eq!(found, status, "$ {step}\n{text}");
        // Long lines are wrapped.
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Everything below the folder, without what is in `.git`.
    fn all(&self) -> BTreeSet<String> {
        self.expect(0, "find . -path '*/.git/*' -prune -o -print").split(' ').map(str::to_owned).collect()
    }
}

#[test]
fn the_charts_are_whole() {
    for chart in &CHARTS {
        let folder = Path::new(ROOT).join("charts").join(chart.name);
        let listed: BTreeSet<String> = chart.files.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(listed, below(&folder, ""), "charts/{}", chart.name);
        for (path, bytes) in chart.files {
            assert_eq!(fs::read(folder.join(path)).expect("a file"), *bytes, "{path}");
        }
    }
}

fn below(folder: &Path, prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            found.extend(below(&entry.path(), &format!("{name}/")));
        } else {
            found.insert(name);
        }
    }
    found
}

/// Whatever is chosen, all of it can be read, and no template is left unfilled.
#[test]
fn every_choice_makes_a_fleet() {
    for chart in &CHARTS {
        for ci in [Ci::Github, Ci::Gitlab, Ci::None] {
            for domain in [None, Some("dev.example.com".to_owned())] {
                let choices = Choices { domain, ..choices("team", chart.name, ci) };
                let all = files(&choices);
                let tree = all.iter().map(|file| (file.path.clone(), file.bytes.to_vec().into())).collect();
                let fleet = Fleet::parse(&tree, &std::collections::BTreeMap::new()).expect("a fleet");
                assert_eq!(fleet.diagnostics().count(), 0, "{:?}", fleet.diagnostics().collect::<Vec<_>>());
                assert_eq!(fleet.settings.id, "team-010203040506");
                assert_eq!(fleet.settings.context.as_deref(), Some("a \"quoted\" context"));
                assert_eq!(fleet.sandboxes["example"].branch, "it's/main");
                for file in all.iter().filter(|file| !file.path.starts_with("charts/")) {
                    let text = String::from_utf8(file.bytes.to_vec()).expect("text");
                    assert!(!text.contains("<<"), "{}: {text}", file.path);
                    let own = file.path.starts_with("ci/") || file.path.starts_with(".git");
                    assert!(ci != Ci::None || !own || file.path == ".gitignore", "{}", file.path);
                }
            }
        }
    }
}

/// GitHub's expressions write a quotation mark twice.
#[test]
fn a_branch_is_no_part_of_an_expression() {
    let all = files(&choices("team", "preview-app", Ci::Github));
    let workflow = all.iter().find(|file| file.path.ends_with("reconcile.yml")).expect("a workflow");
    let text = String::from_utf8_lossy(&workflow.bytes);
    assert!(text.contains("github.ref == 'refs/heads/it''s/main' &&"), "{text}");
    assert!(text.contains("branches: [\"it's/main\"]"), "{text}");
}

#[test]
fn a_fleet_works_at_once() {
    for chart in &CHARTS {
        for ci in ["github", "gitlab", "none"] {
            let place = Place::new();
            let said = place
                .expect(0, &format!("reconcile init fleet --chart {} --ci {ci} --domain dev.example.com", chart.name));
            assert!(said.contains("fleet fleet begun in fleet, on branch main, commit "), "{said}");
            let planned = place.expect(2, &format!("cd fleet && {PLAN}"));
            assert!(planned.contains("+ create example:") && planned.contains("Plan: 1 to create"), "{planned}");
            assert!(!planned.contains("warning"), "{planned}");
            let run = PLAN.replace("--plan ", "");
            place.expect(0, &format!("cd fleet && {run} && reconcile check"));
            // A stranger who comes by much later finds the same.
            place.expect(0, &format!("cd fleet && {}", PLAN.replace("2030", "2035")));
            assert_eq!(place.expect(0, "git -C fleet status --porcelain"), "", "what a run leaves is ignored");
            let modes =
                place.expect(0, "find fleet -name '*.sh' -o -name install | xargs ls -l | cut -c 1-10 | sort -u");
            assert!(ci == "none" && chart.name == "preview-app" || modes.starts_with("-rwx"), "{modes}");
        }
    }
}

#[test]
fn every_fleet_has_an_id_of_its_own() {
    let place = Place::new();
    place.expect(0, "reconcile init a --name team && reconcile init b --name team");
    let ids = place.expect(0, "grep -h ^id a/sandboxes/fleet.toml b/sandboxes/fleet.toml");
    let ids: BTreeSet<&str> = ids.split("id = ").filter(|id| !id.is_empty()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert!(
        ids.iter().all(|id| id.starts_with("\"team-") && id.trim().len() == "\"team-0123456789ab\"".len()),
        "{ids:?}"
    );
}

/// git's identity and settings are the user's.
#[test]
fn without_an_identity_nothing_is_left() {
    let nobody = "env -u GIT_AUTHOR_NAME -u GIT_AUTHOR_EMAIL -u GIT_COMMITTER_NAME -u GIT_COMMITTER_EMAIL -u EMAIL";
    for prepared in
        ["true", "mkdir new", "mkdir new && echo mine > new/notes", "git init -q -b main new && echo x > new/a"]
    {
        let place = Place::new();
        place.expect(0, prepared);
        let before = place.all();
        let said = place.expect(1, &format!("{nobody} reconcile init new"));
        assert!(said.contains("git does not know who you are"), "{said}");
        assert!(said.contains("git config --global user.name"), "{said}");
        assert_eq!(place.all(), before, "after {prepared}");
        // Nobody has to be known for files alone.
        place.expect(0, &format!("{nobody} reconcile init new --no-commit && test -e new/sandboxes/fleet.toml"));
        place.expect(0, "cd new && git add . && git commit -q -m all && reconcile render > /dev/null");
    }
}

#[test]
fn nothing_is_overwritten() {
    let place = Place::new();
    place.expect(0, "mkdir new && echo mine > new/README.md");
    let said = place.expect(1, "reconcile init new");
    assert!(said.contains("README.md is in") && said.contains("nothing was made"), "{said}");
    assert_eq!(place.expect(0, "ls -A new; cat new/README.md"), "README.md mine");
    // A file where a folder has to be, and a link that leads nowhere.
    place.expect(0, "rm new/README.md; echo x > new/charts; ln -s nowhere new/sandboxes");
    let said = place.expect(1, "reconcile init new");
    assert!(said.contains("charts, sandboxes are in"), "{said}");
    assert_eq!(place.expect(0, "ls -A new; ls -A"), "charts sandboxes new");
    // A fleet that is there already.
    place.expect(0, "reconcile init two");
    let said = place.expect(1, "reconcile init two");
    assert!(said.contains("there is a fleet in") && said.contains("already: sandboxes/fleet.toml"), "{said}");
    let said = place.expect(1, "echo x > file && reconcile init file");
    assert!(said.contains("file is no folder"), "{said}");
    let said = place.expect(1, "mkdir -p odd/.git && reconcile init odd");
    assert!(said.contains(".git is in"), "{said}");
    assert_eq!(place.expect(0, "ls -A odd"), ".git");
}

#[test]
fn a_repository_keeps_what_it_has() {
    let place = Place::new();
    place.expect(
        0,
        "git init -q -b trunk app && cd app && echo '# app' > README.md && git add . && git commit -q -m first
         echo staged > staged && git add staged && echo changed >> README.md && echo untracked > untracked",
    );
    let before = place.expect(0, "git -C app status --porcelain");
    let said = place.expect(0, "cd app && reconcile init --ci none");
    assert!(said.contains("on branch trunk") && said.contains("README.md was there, and stays as it is"), "{said}");
    assert_eq!(place.expect(0, "git -C app status --porcelain"), before);
    let files = place.expect(0, "git -C app show --name-only --format=%an%n%s HEAD");
    assert!(files.starts_with("Ada Begin a fleet of sandboxes") && files.contains("sandboxes/fleet.toml"), "{files}");
    assert!(!files.contains(" README.md"), "{files}");
    assert!(!files.contains("staged"), "{files}");
    place.expect(2, &format!("cd app && {PLAN}"));
    // The workflows of a repository are in nobody's way, and of its branches one is checked out.
    let said = place.expect(64, "reconcile init app --branch main");
    assert!(said.contains("is at branch trunk, not main"), "{said}");
}

#[test]
fn a_folder_in_a_repository_is_a_fleet_there() {
    let place = Place::new();
    place
        .expect(0, "git init -q -b main app && cd app && echo /target > .gitignore && git add . && git commit -q -m x");
    let said = place.expect(64, "cd app && reconcile init deep/down --ci github");
    assert!(said.contains("at the top of a repository"), "{said}");
    let said = place.expect(0, "cd app && reconcile init deep/down");
    assert!(said.contains("reconcile --path deep/down --plan"), "{said}");
    place.expect(2, &format!("cd app && {PLAN} --path deep/down"));
    place.expect(1, "cd app && test -e deep/down/.git");
    // What the repository ignores is none of its own.
    place.expect(0, "cd app && reconcile init target/fleet && test -e target/fleet/.git && git status --porcelain");
    place.expect(2, &format!("cd app/target/fleet && {PLAN}"));
}

#[test]
fn what_cannot_be_is_refused() {
    let place = Place::new();
    for (options, expected) in [
        ("--name 'No Label'", "No Label"),
        ("--domain 'dev_example.com'", "dev_example.com"),
        ("--id 'two words'", "two words"),
        ("--branch 'a b'", "--branch"),
        ("--branch ''", "--branch is empty"),
        ("--chart preview-ap", "a similar value exists: 'preview-app'"),
        ("--ci githup", "a similar value exists: 'github'"),
        ("--repo elsewhere", "init does not take --repo"),
        ("--worktree", "init does not take --worktree"),
    ] {
        let said = place.expect(64, &format!("reconcile init new {options}"));
        assert!(said.contains(expected), "{options}: {said}");
        assert_eq!(place.expect(0, "ls -A"), "", "after {options}");
    }
    let said = place.expect(1, "git init -q --bare b.git && reconcile init b.git");
    assert!(said.contains("is bare"), "{said}");
    let said = place.expect(1, "git init -q r && reconcile init r/.git/x");
    assert!(said.contains("is no folder below the root"), "{said}");
    place.expect(0, "RECONCILE_REPO=/nowhere reconcile init fine");
}

#[test]
fn git_says_how_the_branch_is_called() {
    let place = Place::new();
    place.expect(
        0,
        "git config --global init.defaultBranch trunk && reconcile init a && reconcile init b --branch 'it/is'",
    );
    assert_eq!(
        place.expect(0, "git -C a symbolic-ref HEAD; git -C b symbolic-ref HEAD"),
        "refs/heads/trunk refs/heads/it/is"
    );
    let workflow = place.expect(0, "cat b/.github/workflows/reconcile.yml");
    assert!(workflow.contains("branches: [\"it/is\"]") && workflow.contains("'refs/heads/it/is'"), "{workflow}");
}

/// What `ci/install` takes, and what not. `curl` is played by a script.
#[test]
fn the_program_is_taken_by_its_checksum() {
    let place = Place::new();
    place.expect(
        0,
        "reconcile init fleet && mkdir bin release && printf '#!/bin/sh\\necho reconcile 9\\n' > release/reconcile &&
         chmod +x release/reconcile && tar -czf archive release &&
         printf '#!/bin/sh\\nwhile [ \"$1\" != --output ]; do shift; done; cp archive \"$2\"\\n' > bin/curl && chmod +x bin/curl",
    );
    let install = "PATH=$PWD/bin:$PATH RECONCILE_ARCHIVE=https://example.com/a fleet/ci/install there";
    let said = place.expect(1, install);
    assert!(said.contains("set the variable RECONCILE_SHA256"), "{said}");
    let said = place.expect(1, &format!("RECONCILE_SHA256=0 {install}"));
    assert!(said.contains("the archive has the checksum"), "{said}");
    place.expect(1, "test -e there/reconcile");
    let said = place.expect(0, &format!("RECONCILE_SHA256=$(sha256sum < archive | cut -d ' ' -f 1) {install}"));
    assert_eq!(said, "reconcile 9");
    let said = place.expect(0, "fleet/ci/install here");
    assert!(said.starts_with("reconcile "), "{said}");
}

/// The files that git reads, wherever it is told that they are.
#[test]
fn the_identity_is_where_git_says() {
    let nobody = "env -u GIT_AUTHOR_NAME -u GIT_AUTHOR_EMAIL -u GIT_COMMITTER_NAME -u GIT_COMMITTER_EMAIL -u EMAIL";
    let place = Place::new();
    place.expect(0, "printf '[user]\\nname = Grace\\nemail = grace@example.com\\n' > config && mkdir tmp");
    place.expect(0, &format!("{nobody} TMPDIR=$PWD/tmp GIT_CONFIG_GLOBAL=$PWD/config reconcile init told"));
    assert_eq!(
        place.expect(0, "git -C told log -1 --format='%an %ae %cn'; ls -A tmp"),
        "Grace grace@example.com Grace"
    );
    place.expect(0, "git config --global user.name Ada && git config --global user.email ada@example.com");
    place.expect(0, &format!("{nobody} reconcile init own"));
    assert_eq!(place.expect(0, "git -C own log -1 --format='%an %ae'"), "Ada ada@example.com");
    let said = place.expect(1, &format!("{nobody} GIT_CONFIG_GLOBAL=/dev/null reconcile init nobodys"));
    assert!(said.contains("git does not know who you are"), "{said}");
    place.expect(
        0,
        &format!(
            "cp ~/.gitconfig told/.gitconfig && {nobody} GIT_CONFIG_GLOBAL=$PWD/told/.gitconfig reconcile init third"
        ),
    );
}

/// Somebody sits at a terminal: what the command line does not say is asked, until it can be taken.
#[test]
fn on_a_terminal_it_asks() {
    let place = Place::new();
    let ask = |options: &[&str], typed: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reconcile"));
        command.args(["init", "asked"]).args(options).current_dir(place.0.path().join("work")).env_clear();
        let who = [
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "a@b"),
            ("GIT_COMMITTER_NAME", "Ada"),
            ("GIT_COMMITTER_EMAIL", "a@b"),
        ];
        command.envs(who).env("HOME", place.0.path()).env("NO_COLOR", "1");
        answered(&mut command, 80, typed).replace('\r', "")
    };
    // Enough is enough.
    let said = ask(&[], "\u{4}");
    assert!(said.contains("Name of the fleet [asked]: ") && said.contains("error: nothing was made"), "{said}");
    assert_eq!(place.expect(0, "ls -A"), "");
    let said = ask(&["--domain", "dev.example.com"], "No Label\nteam\nodoo\nodoo-dev-sandbox\nGitLab\n");
    for part in [
        "error: `No Label` is no DNS label",
        "Chart [preview-app]: ",
        "error: there are preview-app and odoo-dev-sandbox",
        "CI that runs it: github, gitlab or none [github]: ",
        "fleet team begun in asked, on branch main, commit ",
        "ci/, .gitlab-ci.yml",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("Domain"), "{said}");
    let shown = said.lines().filter(|line| line.starts_with("  ")).inspect(|line| assert!(line.len() <= 80, "{line}"));
    assert!(shown.count() > 8, "{said}");
    let settings = place.expect(0, "cat asked/sandboxes/fleet.toml");
    assert!(settings.contains("name = \"team\"") && settings.contains("chart = \"odoo-dev-sandbox\""), "{settings}");
    assert!(settings.contains("id = \"team-") && settings.contains("domain = \"dev.example.com\""), "{settings}");
    // Or is not asked.
    place.expect(0, "rm -r asked");
    assert!(!ask(&["--yes"], "").contains('['), "--yes asks");
}

#[test]
fn scripts_are_sound() {
    if Command::new("shellcheck").arg("--version").output().is_err() {
        println!("LEFT OUT: there is no shellcheck");
        return;
    }
    for script in ["ci/install", "ci/package", "ci/krew/manifest", "ci/preview/preview"] {
        let output = Command::new("shellcheck").arg(Path::new(ROOT).join(script)).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Nobody is asked where nobody sits.
#[test]
fn a_stage_is_no_terminal() {
    let stage = Stage::bare();
    let output = stage.shell("cd .. && reconcile init asked < /dev/null && grep ^name asked/sandboxes/fleet.toml");
    assert!(text_of(&output).ends_with("name = \"asked\"\n"), "{}", text_of(&output));
}
