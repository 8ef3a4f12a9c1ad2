//! `thenar eval …`: measuring.

mod acquire;
mod attack;
mod cache;
mod calibrate;
mod imported;
mod keys;
mod maker;
mod matcher;
mod named;
mod pictures;
mod protection;
mod protocol;
mod published;
mod results;
mod run;
mod scores;
mod stated;
mod template;
mod tokens;

use super::Verdict;
use super::args::Eval;
use super::error::CliError;
use super::session::Session;

pub(crate) fn run(session: &Session, command: &Eval) -> Result<Verdict, CliError> {
    match command {
        Eval::Run(args) => run::run(session, args),
        Eval::Keys(args) => keys::run(session, args),
        Eval::Protocol { command } => protocol::run(session, command),
        Eval::Scores(args) => scores::run(session, args),
        Eval::Attack(args) => attack::run(session, args),
        Eval::Unlink(args) => attack::run_unlink(session, args),
        Eval::Calibrate(args) => calibrate::run(session, args),
    }
}
