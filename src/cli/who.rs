//! Who runs this, as far as the machine and a CI job say.

use crate::audit::{Who, cut};
use crate::cluster::without_login;

/// Who runs this.
pub fn who() -> Who {
    let (user, host) = machine();
    of(&|name| std::env::var(name).ok(), user, host)
}

fn of(variable: &dyn Fn(&str) -> Option<String>, user: Option<String>, host: Option<String>) -> Who {
    let first = |names: &[&str]| {
        let mut said = names.iter().filter_map(|name| variable(name)).map(|text| cut(text.trim()));
        said.find(|text| !text.is_empty())
    };
    Who {
        user: user.or_else(|| first(&["LOGNAME", "USER", "USERNAME"])),
        host: host.filter(|host| !host.is_empty()).or_else(|| first(&["HOSTNAME", "COMPUTERNAME"])),
        actor: first(&["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID"]),
        job: github(&first).or_else(|| first(&["CI_JOB_URL", "BUILD_URL"])).map(|url| without_login(&url)),
    }
}

fn github(first: &dyn Fn(&[&str]) -> Option<String>) -> Option<String> {
    let [server, repository, run] =
        ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].map(|name| first(&[name]));
    Some(format!("{}/{}/actions/runs/{}", server?, repository?, run?))
}

/// The user and the name of the machine, as it knows them itself, whatever the environment says.
#[cfg(unix)]
fn machine() -> (Option<String>, Option<String>) {
    let uid = rustix::process::getuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| cut(name))
    });
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    // Directories elsewhere are not asked: the number says who it is.
    (Some(name.unwrap_or_else(|| format!("uid {uid}"))), Some(host))
}

#[cfg(not(unix))]
fn machine() -> (Option<String>, Option<String>) {
    (None, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_says_who_set_it_off_and_where_it_is() {
        let github = |name: &str| {
            let said = match name {
                "USER" => "runner",
                "GITHUB_ACTOR" => "ada",
                "GITHUB_SERVER_URL" => "https://token@github.example.com",
                "GITHUB_REPOSITORY" => "team/sandboxes",
                "GITHUB_RUN_ID" => "7",
                "LOGNAME" | "GITHUB_TRIGGERING_ACTOR" => " ",
                _ => return None,
            };
            Some(said.to_owned())
        };
        let who = of(&github, None, Some("ci-1".into()));
        let text = |text: &str| Some(text.to_owned());
        let job = text("https://github.example.com/team/sandboxes/actions/runs/7");
        assert_eq!(who, Who { user: text("runner"), host: text("ci-1"), actor: text("ada"), job });
        assert_eq!(of(&|_| None, None, None), Who::default());
    }
}
