//! Nothing is changed without an [`Approval`], and only somebody who typed the manifest's name, or
//! named the account, gets one.

use crate::error::Error;
use crate::mandate::Mandate;

/// What a person (or whoever runs a script) said to the question whether this may be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Typed at a terminal: the manifest's name.
    Typed(String),
    /// `--yes --account ID`.
    Account(String),
}

/// Proof that somebody approved. Only [`Approval::of`] makes one.
#[derive(Debug)]
pub struct Approval(());

impl Approval {
    /// Holds what was said against what is meant, and what is meant against the manifest.
    pub fn of(said: &Said, mandate: &Mandate) -> Result<Self, Error> {
        said.means(mandate)?;
        mandate.may_change()?;
        Ok(Self(()))
    }
}

impl Said {
    /// Refuses what names another manifest or account.
    pub fn means(&self, mandate: &Mandate) -> Result<(), Error> {
        match self {
            Said::Typed(name) if name.trim() == mandate.manifest.name => Ok(()),
            Said::Typed(_) => Err(Error::Guard(format!(
                "That is not the manifest's name, {} . Nothing was changed.",
                mandate.manifest.name
            ))),
            Said::Account(account) if account == mandate.account() => Ok(()),
            Said::Account(account) => Err(Error::Guard(format!(
                "`--account {account}` is not the account of these credentials, which is {}. \
                 Nothing was changed.",
                mandate.account()
            ))),
        }
    }
}
