//! Tests that need something of the machine: a database server, captures of real routers, a program.
//!
//! Rust's own harness decides before it runs a test whether the test is ignored. A test that finds out that the machine
//! has no PostgreSQL could therefore only pass, without having tested anything. A test target that has
//! `harness = false` in its `Cargo.toml` and begins with
//!
//! ```text
//! #[macro_use]
//! extern crate needs;
//!
//! needs::main!();
//! ```
//!
//! is written as any other, in all its modules, and has the same command line. But a test in it that calls [`leave_out`],
//! or a function that does so, such as [`captures`], counts as ignored and is shown with the reason:
//!
//! ```text
//! test every_message_is_as_tshark_reads_it ... ignored (no folder of captures: SERVICERADAR_BMP_DATA names it)
//! ```

use std::any::Any;
use std::panic::{catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

#[doc(hidden)]
pub use inventory;
pub use test_attribute::test;

/// The `main` function of a target of such tests.
#[macro_export]
macro_rules! main {
    () => {
        fn main() -> ::std::process::ExitCode {
            $crate::run()
        }
    };
}

/// A function under `#[test]`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Test {
    /// With the crate's name first.
    pub path: &'static str,
    pub run: fn(),
}

inventory::collect!(Test);

/// Ends the test that calls it. It counts as ignored, for this reason.
pub fn leave_out(reason: impl Into<String>) -> ! {
    // Unlike `panic!` this prints nothing.
    resume_unwind(Box::new(LeftOut(reason.into())))
}

struct LeftOut(String);

/// The folder of captures of real routers. The repository does not have them: they are in the folder that
/// `SERVICERADAR_BMP_DATA` names, else in `../shared/data` beside the repository. Without them the test is left out.
pub fn captures() -> PathBuf {
    captures_if_any().unwrap_or_else(|| leave_out("no folder of captures: SERVICERADAR_BMP_DATA names it"))
}

/// One file of [`captures`].
pub fn capture(name: &str) -> PathBuf {
    let file = captures().join(name);
    if !file.exists() {
        leave_out(format!("the captures have no {name}"));
    }
    file
}

/// The folder of [`captures`] where there is one, for what can do without.
pub fn captures_if_any() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("SERVICERADAR_BMP_DATA").map_or_else(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

#[doc(hidden)]
pub fn run() -> ExitCode {
    let mut trials: Vec<Trial> = inventory::iter::<Test>.into_iter().map(trial).collect();
    trials.sort_by(|one, other| one.name().cmp(other.name()));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(test: &'static Test) -> Trial {
    let name = test.path.split_once("::").map_or(test.path, |(_crate, name)| name);
    Trial::ignorable_test(name, move || outcome(test.run))
}

fn outcome(run: fn()) -> Result<Completion, Failed> {
    match catch_unwind(run).map_err(Box::<dyn Any + Send>::downcast::<LeftOut>) {
        Ok(()) => Ok(Completion::Completed),
        Err(Ok(left_out)) => Ok(Completion::ignored_with(left_out.0)),
        Err(Err(panic)) => resume_unwind(panic),
    }
}
