//! Commands that look into a sandbox that lives: `reconcile logs`, `exec`, `port-forward`.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use super::Target;
use super::values::{Now, Wrong};

pub(super) const LOGS_EXAMPLES: &str = "\
Examples:
  reconcile logs feature-x                        what all of its containers have written, by time
  reconcile logs feature-x -f --tail 20           and what they go on to write, until Ctrl-C
  reconcile logs feature-x --service odoo --since 10m
  reconcile logs feature-x --service odoo --previous    before its last restart

A service is what pods are labelled with (app.kubernetes.io/component), or the name of their workload, or of a pod.
With -f, pods and containers that come are followed too, and those that go are left.

Exit status: 0, also after Ctrl-C; 1 where a log cannot be read; 64 where there is no such sandbox or service";

pub(super) const EXEC_EXAMPLES: &str = "\
Examples:
  reconcile exec feature-x -it -- bash
  reconcile exec feature-x --service postgresql -- pg_dump -U odoo sandbox > dump.sql
  reconcile exec feature-x --service postgresql -i -- psql -U odoo sandbox < dump.sql

Without --service it is the chart's own (reconcile.dev/service in Chart.yaml), or the only one there is.
A program that reads its standard input to the end needs a server of version 1.30 or later.

Exit status: the program's own; 1 where it could not be run; 64 where there is no such sandbox, service or container";

pub(super) const FORWARD_EXAMPLES: &str = "\
Examples:
  reconcile port-forward feature-x                http://127.0.0.1:8080, or whatever port it says
  reconcile port-forward feature-x postgresql     127.0.0.1:5432
  reconcile port-forward feature-x odoo 9000:8069 :8072

Without a service it is the one that the Ingress leads to, else the first. Ports are LOCAL:REMOTE, or one number for
both, or :REMOTE for any that is free; remote ones are those of the service, by number or by name. It listens on
127.0.0.1 alone, carries as many connections as come, and finds another pod where one goes.

Exit status: 0 after Ctrl-C; 1 where nothing can be forwarded; 64 where there is no such sandbox, service or port";

/// `reconcile logs`.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
#[derive(Clone, Debug, clap::Args)]
pub struct Logs {
    /// The sandbox [default: that of the branch that is checked out]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Only of this service
    #[arg(long, short, value_name = "SERVICE")]
    pub service: Option<String>,
    /// Only of containers of this name
    #[arg(long, short, value_name = "CONTAINER")]
    pub container: Option<String>,
    /// Go on with what is written, until Ctrl-C
    #[arg(long, short, conflicts_with = "previous")]
    pub follow: bool,
    /// Only what was written since: a length of time such as 10m, or an instant (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,
    /// Only so many lines of each container, the last ones
    #[arg(long, value_name = "LINES")]
    pub tail: Option<u64>,
    /// Of the containers before the last restart
    #[arg(long, short)]
    pub previous: bool,
    /// Each line with its time
    #[arg(long)]
    pub timestamps: bool,
    /// Lines without the pod before them
    #[arg(long)]
    pub no_prefix: bool,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
}

/// `reconcile exec`.
#[derive(Clone, Debug, clap::Args)]
pub struct Exec {
    /// The sandbox [default: that of the branch that is checked out]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// In a pod of this service
    #[arg(long, short, value_name = "SERVICE")]
    pub service: Option<String>,
    /// In this container [default: the pod's main one]
    #[arg(long, short, value_name = "CONTAINER")]
    pub container: Option<String>,
    /// Pass standard input on
    #[arg(long, short = 'i')]
    pub stdin: bool,
    /// With a terminal, where standard input and output are one
    #[arg(long, short = 't')]
    pub tty: bool,
    /// The program and its arguments
    #[arg(value_name = "COMMAND", last = true, required = true)]
    pub command: Vec<String>,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
}

/// `reconcile port-forward`.
#[derive(Clone, Debug, clap::Args)]
pub struct PortForward {
    /// The sandbox: its file's name without .toml
    #[arg(value_name = "NAME")]
    pub name: String,
    /// A service, and ports: LOCAL:REMOTE, or one number for both
    #[arg(value_name = "SERVICE|LOCAL:REMOTE")]
    pub what: Vec<What>,
    /// Where the live state is.
    #[command(flatten)]
    pub target: Target,
}

/// What stands behind `port-forward NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A service.
    Service(String),
    /// A port.
    Ports(Ports),
}

/// A local port, and the remote one that it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The local one; `None` for any that is free.
    pub local: Option<u16>,
    /// The remote one, by number or name.
    pub remote: String,
}

impl FromStr for What {
    type Err = Wrong;

    fn from_str(text: &str) -> Result<Self, Wrong> {
        let wrong = || Wrong("expected a service, or a port such as 8080, 8080:80 or :80".into());
        let number = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
        match text.split_once(':') {
            None if text.starts_with(|c: char| c.is_ascii_alphabetic()) => Ok(Self::Service(text.to_owned())),
            None => {
                let port = number(text).ok_or_else(wrong)?;
                Ok(Self::Ports(Ports { local: Some(port), remote: text.to_owned() }))
            }
            Some((local, remote)) => {
                let local = if local.is_empty() { None } else { Some(number(local).ok_or_else(wrong)?) };
                let is_name = remote.starts_with(|c: char| c.is_ascii_alphabetic());
                if remote.contains(':') || (!is_name && number(remote).is_none()) {
                    return Err(wrong());
                }
                Ok(Self::Ports(Ports { local, remote: remote.to_owned() }))
            }
        }
    }
}

/// Since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since(Now);

impl Since {
    /// The instant, by what the clock says.
    ///
    /// # Errors
    /// Where it lies beyond the calendar.
    pub fn resolve(self, clock: Timestamp) -> Result<Timestamp, Wrong> {
        self.0.resolve(clock)
    }
}

impl FromStr for Since {
    type Err = Wrong;

    fn from_str(text: &str) -> Result<Self, Wrong> {
        let is_span =
            text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains(['T', ' ']) && !text.contains('-');
        if is_span {
            return format!("-{text}").parse().map(Self);
        }
        match text.parse::<Timestamp>() {
            Ok(at) => Ok(Self(Now::At(at))),
            Err(_) => {
                Err(Wrong("expected a length of time such as 10m, or RFC 3339 such as 2026-12-01T18:00:00Z".into()))
            }
        }
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Now::At(at) => write!(f, "{at}"),
            Now::From(span) => write!(f, "{:#}", SignedDuration::from_secs(-span.as_secs())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_told_from_a_port() {
        let ports = |local, remote: &str| Ok(What::Ports(Ports { local, remote: remote.into() }));
        assert_eq!("web".parse(), Ok(What::Service("web".into())));
        assert_eq!("8080".parse(), ports(Some(8080), "8080"));
        assert_eq!("8080:80".parse(), ports(Some(8080), "80"));
        assert_eq!(":http".parse(), ports(None, "http"));
        for wrong in ["", ":", "0", "0:80", "80:", "70000", "8080:80:1", "8080:x:y", "-1", "x:80"] {
            assert!(wrong.parse::<What>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn since_is_a_length_of_time_or_an_instant() {
        let now: Timestamp = "2030-01-02T00:00:00Z".parse().unwrap();
        let since = |text: &str| text.parse::<Since>().map(|since| since.resolve(now).unwrap().to_string());
        assert_eq!(since("10m").unwrap(), "2030-01-01T23:50:00Z");
        assert_eq!(since("1d").unwrap(), "2030-01-01T00:00:00Z");
        assert_eq!(since("2030-01-01T12:00:00+02:00").unwrap(), "2030-01-01T10:00:00Z");
        for wrong in ["", "yesterday", "10", "-10m", "2030-01-01"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
