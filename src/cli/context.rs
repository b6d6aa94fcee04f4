//! What a command has at hand: the options, the screen, the way into an account.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use crate::aws::{Connect, Session, registry};
use crate::clock::{SharedClock, WallClock};
use crate::discover::Seen;
use crate::error::Error;
use crate::journal::{Journal, SqliteJournal};
use crate::mandate::{Mandate, Survey};
use crate::manifest::Manifest;
use crate::report::{safe, table};
use crate::resource::Region;
use crate::scrub;
use crate::teardown;

use super::log;
use super::options::{Global, Output};
use super::progress::{Screen, Style};

/// A manifest is a page; a larger file is another file.
const MANIFEST_BYTES_MAX: u64 = 4 << 20;

/// The width that a table has where no terminal says one, when colours or bars are wanted.
const WIDTH_MIN: usize = 60;

pub struct Context {
    pub global: Global,
    pub screen: Screen,
    pub clock: SharedClock,
    /// Whether a person sits there who can be asked.
    pub interactive: bool,
    colours: bool,
}

impl Context {
    pub fn new(global: Global) -> Result<Self, Error> {
        log::start(global.verbose);
        let tty = io::stderr().is_terminal();
        let colours = !global.no_color && std::env::var_os("NO_COLOR").is_none();
        let style = match (global.quiet, tty) {
            (true, _) => Style::Silent,
            (false, true) if !global.no_color && global.verbose == 0 => Style::Bars,
            (false, _) => Style::Lines,
        };
        Ok(Self {
            screen: Screen::new(style, colours && tty),
            clock: Arc::new(WallClock),
            interactive: io::stdin().is_terminal() && tty,
            colours,
            global,
        })
    }

    /// How a table on stdout looks.
    pub fn look(&self) -> table::Look {
        let tty = io::stdout().is_terminal();
        let width = terminal_size::terminal_size().filter(|_| tty);
        table::Look {
            width: width.map(|(width, _)| usize::from(width.0).max(WIDTH_MIN)),
            colours: tty && self.colours,
        }
    }

    /// How a table on stderr looks.
    pub fn look_aside(&self) -> table::Look {
        let tty = io::stderr().is_terminal();
        let width = terminal_size::terminal_size_of(io::stderr()).filter(|_| tty);
        table::Look {
            width: width.map(|(width, _)| usize::from(width.0).max(WIDTH_MIN)),
            colours: tty && self.colours,
        }
    }

    pub fn json(&self) -> bool {
        self.global.output == Output::Json
    }

    /// Refuses `--output csv` where there is no such thing.
    pub fn no_csv(&self) -> Result<(), Error> {
        match self.global.output {
            Output::Csv => Err(Error::Usage(
                "Only `dismantle inventory` prints CSV. Use `--output json` here.".to_owned(),
            )),
            Output::Table | Output::Json => Ok(()),
        }
    }

    /// Prints a result. A reader that went away (`| head`) is no error.
    pub fn print(&self, text: &str) -> Result<(), Error> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::io("The result could not be printed", error))
            }
            _ => Ok(()),
        }
    }

    /// Says something beside the result.
    pub fn say(&self, text: &str) {
        for line in text.lines() {
            self.screen.say(line);
        }
    }

    /// The manifest that `-m` names, narrowed to the regions that `--region` names.
    pub fn manifest(&self) -> Result<Manifest, Error> {
        let Some(path) = &self.global.manifest else {
            return Err(Error::Usage(
                "This needs a manifest: `-m FILE`. One to copy is in the folder manifests, and \
                 `dismantle demo` needs none."
                    .to_owned(),
            ));
        };
        let text = read(path)?;
        let source = path.display().to_string();
        self.narrowed(Manifest::parse(&text, &source, registry::catalog())?)
    }

    /// Leaves a manifest only those of its regions that `--region` names.
    pub fn narrowed(&self, mut manifest: Manifest) -> Result<Manifest, Error> {
        let wanted = &self.global.region;
        if let Some(other) = wanted.iter().find(|region| !manifest.regions.contains(region)) {
            let names: Vec<&str> = manifest.regions.iter().map(|region| region.as_str()).collect();
            return Err(Error::Usage(format!(
                "{other} is not one of the manifest's regions, which are {}. `--region` only \
                 narrows them; to look elsewhere, add it to `regions` in {}.",
                names.join(", "),
                safe(&manifest.source)
            )));
        }
        if !wanted.is_empty() {
            manifest.regions.retain(|region| wanted.contains(region));
        }
        Ok(manifest)
    }

    /// Connects as the AWS CLI does, and enters the account if the manifest allows it.
    pub async fn enter(&self, manifest: Manifest) -> Result<Mandate, Error> {
        let accepted: BTreeSet<_> = self.global.accept_unseen.iter().copied().collect();
        let session = self.session(manifest.regions.first().copied()).await?;
        let mut mandate = Mandate::enter(session, manifest, accepted).await?;
        let journal = self.journal(Some(&mandate.manifest))?;
        if let Err(error) = mandate.remember(&*journal).await {
            mandate.notes.push(format!(
                "What earlier runs removed is not known: {error} A key that has lost its aliases \
                 is not recognised without."
            ));
        }
        for note in &mandate.notes {
            self.say(&format!("note: {}", safe(note)));
        }
        Ok(mandate)
    }

    async fn session(&self, region: Option<Region>) -> Result<Arc<Session>, Error> {
        let connect = Connect {
            profile: self.global.profile.clone(),
            region,
            endpoint_url: self.global.endpoint_url.clone(),
        };
        // Before the SDK reads them: it panics on one that is empty.
        for (name, url) in std::env::vars_os() {
            let (name, url) = (name.to_string_lossy(), url.to_string_lossy());
            if !name.starts_with("AWS_ENDPOINT_URL") {
                continue;
            }
            if url.is_empty() {
                return Err(Error::Usage(format!(
                    "The variable {name} is set, and empty. Unset it, or give it a URL."
                )));
            }
            self.check_endpoint(&url)?;
        }
        if let Some(url) = &self.global.endpoint_url {
            self.check_endpoint(url)?;
        }
        let session = Session::load(&connect, self.clock.clone(), teardown::seed()).await;
        for url in session.custom_endpoints() {
            self.check_endpoint(&url)?;
        }
        Ok(session)
    }

    /// Credentials travel signed but in the open over plain http.
    fn check_endpoint(&self, url: &str) -> Result<(), Error> {
        let shown = safe(&scrub::url(url)).into_owned();
        let parsed: Option<http::Uri> = url.parse().ok();
        let host = parsed.as_ref().and_then(|uri| uri.host());
        let scheme = parsed.as_ref().and_then(|uri| uri.scheme_str());
        match (scheme, host) {
            (Some("https"), Some(_)) => Ok(()),
            (Some("http"), Some(host)) if is_loopback(host) || self.global.insecure_endpoint => {
                Ok(())
            }
            (Some("http"), Some(host)) => Err(Error::Guard(format!(
                "The endpoint {shown} is plain http and {host} is not this machine: what is sent \
                 there can be read and changed on the way. Use https, or pass \
                 `--insecure-endpoint`. Nothing was sent."
            ))),
            _ => Err(Error::Usage(format!(
                "The endpoint {shown} is no URL. Write it like http://127.0.0.1:5000 ."
            ))),
        }
    }

    /// Looks at everything, with progress.
    ///
    /// # Errors
    /// The credentials expired on the way.
    pub async fn survey(&self, mandate: &Mandate) -> Result<Survey, Error> {
        let session = mandate.aws().session();
        let before = session.lockouts();
        let seen = Seen::default();
        let what = format!("Looking at account {}", mandate.account());
        let watch = self.screen.watch_discovery(&what, &seen);
        let survey = mandate.survey(&seen).await;
        watch.finish();
        still_let_in(mandate, before).map(|()| survey)
    }

    /// The journal that `--journal` or the manifest names, or the user's own.
    pub fn journal(&self, manifest: Option<&Manifest>) -> Result<Arc<dyn Journal>, Error> {
        let named = self
            .global
            .journal
            .clone()
            .or_else(|| manifest.and_then(|manifest| manifest.journal.clone()));
        let journal = match named {
            Some(place) if place.contains("://") => {
                return Err(Error::Usage(format!(
                    "This version keeps its journal in a file, and {} is none. Name a file with \
                     `--journal PATH`.",
                    safe(&place)
                )));
            }
            Some(path) => SqliteJournal::at(path),
            None => SqliteJournal::in_state_directory()?,
        };
        Ok(Arc::new(journal))
    }
}

/// Refuses to go on where the credentials stopped being good since `before`, by the session's count:
/// what was not read then would look like what may not be read.
pub fn still_let_in(mandate: &Mandate, before: u64) -> Result<(), Error> {
    let session = mandate.aws().session();
    session.locked_out_since(before).map_or(Ok(()), |error| {
        Err(Error::at_the_door(&error, session.endpoint_url(), session.profile()))
    })
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn read(path: &Path) -> Result<String, Error> {
    use io::Read;
    let unreadable = |error: io::Error| {
        let what = format!("The manifest {} cannot be read", safe(&path.display().to_string()));
        Error::Usage(format!("{what}: {error}."))
    };
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MANIFEST_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > MANIFEST_BYTES_MAX {
        return Err(unreadable(io::Error::other("it is too large to be a manifest")));
    }
    String::from_utf8(bytes).map_err(|_| unreadable(io::Error::other("it is not UTF-8 text")))
}
