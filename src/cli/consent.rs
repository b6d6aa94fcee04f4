//! Asking before anything is removed.

use std::io::IsTerminal;

use clap::Args;
use dialoguer::Input;
use dialoguer::console::Term;

use super::context::Context;
use crate::error::Error;
use crate::mandate::Mandate;
use crate::report::safe;
use crate::teardown::{Approval, Said};

/// How a removal is approved.
#[derive(Debug, Clone, Args)]
pub struct Consent {
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Do not ask; needs --account
    #[arg(long, requires = "account")]
    pub yes: bool,

    /// The account that is meant, twelve digits
    #[arg(long, value_name = "ID", value_parser = account)]
    pub account: Option<String>,
}

fn account(text: &str) -> Result<String, String> {
    let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.to_owned()).ok_or_else(|| "an account is twelve digits".to_owned())
}

impl Consent {
    /// Refuses at once what could not be approved later.
    pub fn possible(&self, context: &Context) -> Result<(), Error> {
        if self.dry_run || self.yes || context.interactive {
            return Ok(());
        }
        Err(Error::Guard(
            "There is no terminal to ask at. To remove things without being asked, pass `--yes \
             --account ID`; to see what would be done, `--dry-run`. Nothing was changed."
                .to_owned(),
        ))
    }

    /// Whether the account is the one that was named, where one was, and may be changed, if it is
    /// to be.
    pub fn check_account(&self, mandate: &Mandate) -> Result<(), Error> {
        if let Some(account) = &self.account {
            Said::Account(account.clone()).means(mandate)?;
        }
        match self.dry_run {
            true => Ok(()),
            false => mandate.may_change(),
        }
    }

    /// Asks a person to type the manifest's name, or takes `--yes --account` for it. `what` says
    /// what is about to be done.
    pub fn ask(&self, context: &Context, mandate: &Mandate, what: &str) -> Result<Approval, Error> {
        if let (true, Some(account)) = (self.yes, &self.account) {
            return Approval::of(&Said::Account(account.clone()), mandate);
        }
        if !std::io::stdin().is_terminal() {
            return Err(Error::Guard("There is no terminal to ask at.".to_owned()));
        }
        let name = &mandate.manifest.name;
        context.say(&format!("{what} in account {}.", mandate.account()));
        let typed: String = Input::new()
            .with_prompt(format!("To go on, type the manifest's name, {}", safe(name)))
            .allow_empty(true)
            .interact_text_on(&Term::stderr())
            .map_err(|error| {
                Error::Guard(format!("Nothing was typed ({error}). Nothing was changed."))
            })?;
        Approval::of(&Said::Typed(typed), mandate)
    }
}
