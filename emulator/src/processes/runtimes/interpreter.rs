//! The `node` and the `python3` of this machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Language;

/// Which programs run functions of managed runtimes.
#[derive(Clone, Debug)]
pub struct Interpreters {
    /// For `nodejs*`: a path, or a name on the `PATH`.
    pub node: PathBuf,
    /// For `python3.*`.
    pub python: PathBuf,
}

impl Default for Interpreters {
    fn default() -> Self {
        Self { node: "node".into(), python: "python3".into() }
    }
}

/// One that was asked who it is.
#[derive(Clone, Debug)]
pub(super) struct Interpreter {
    /// Where it really is: what is on the `PATH` may be the script of a version manager, which would choose
    /// anew for each process, and by its folder.
    pub(super) file: PathBuf,
    /// For example `Node.js 22.1.0`.
    pub(super) described: String,
}

/// Why one cannot be used.
pub(super) struct Unusable(pub(super) String);

impl Interpreter {
    pub(super) fn find(language: Language, program: &Path) -> Result<Self, Unusable> {
        let name = program.display();
        let output = Command::new(program).args(language.question()).stdin(Stdio::null()).output();
        let output = output.map_err(|error| Unusable(format!("`{name}` cannot be started ({error})")))?;
        let answer = String::from_utf8_lossy(&output.stdout);
        let mut lines = answer.lines();
        let (Some(file), Some(version), true) = (lines.next(), lines.next(), output.status.success()) else {
            let complaint = String::from_utf8_lossy(&output.stderr);
            let complaint = complaint.lines().next().unwrap_or("it says nothing").to_owned();
            return Err(Unusable(format!("`{name}` is no {} ({complaint})", language.name())));
        };
        if numbers(version) < language.oldest() {
            return Err(Unusable(format!("`{name}` is only {} {version}", language.name())));
        }
        let file = if file.is_empty() { program.to_owned() } else { PathBuf::from(file) };
        Ok(Self { file, described: format!("{} {version}", language.name()) })
    }
}

impl Language {
    /// Makes an interpreter print its path and its version, a line each.
    fn question(self) -> [&'static str; 2] {
        match self {
            Self::Node => ["-e", "console.log(process.execPath + '\\n' + process.versions.node)"],
            Self::Python => ["-c", "import sys; print(sys.executable); print(sys.version.split()[0])"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Node => "Node.js",
            Self::Python => "Python",
        }
    }

    /// The oldest that the clients are written for.
    fn oldest(self) -> (u32, u32) {
        match self {
            Self::Node => (18, 0),
            Self::Python => (3, 8),
        }
    }

    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::Node => "Node.js 18 or newer",
            Self::Python => "Python 3.8 or newer",
        }
    }

    pub(super) fn flag(self) -> &'static str {
        match self {
            Self::Node => "nodejs",
            Self::Python => "python",
        }
    }
}

/// Major and minor, whatever follows them.
fn numbers(version: &str) -> (u32, u32) {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("9.11.2") < Language::Node.oldest() && numbers("18.0.0") >= Language::Node.oldest());
        assert!(numbers("3.7.17") < Language::Python.oldest());
        assert!(numbers("3.14.0rc1") >= Language::Python.oldest());
    }
}
