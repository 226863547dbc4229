//! Whether the code of handlers changed since it was last looked at: whoever edits it need not start the
//! emulator again, which would forget its tables.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;
use tokio::time::Instant;

/// How often it is looked for changes at most, and how many files and folders are looked at.
const PAUSE: Duration = Duration::from_millis(200);
const ENTRIES: usize = 2000;

/// How long nothing must have been written: files that are being written are not whole.
const QUIET: Duration = Duration::from_millis(100);

/// Files that interpreters load.
const EXTENSIONS: [&str; 8] = ["js", "mjs", "cjs", "ts", "mts", "cts", "json", "py"];

/// The code in one folder.
#[derive(Debug)]
pub(super) struct Sources {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    looked: Option<Instant>,
    seen: Seen,
    generation: u64,
}

/// How many files there are, and when the newest was written.
type Seen = (usize, Option<SystemTime>);

impl Sources {
    pub(super) fn new(folder: &Path) -> Self {
        let state = State { looked: None, seen: look(folder), generation: 0 };
        Self { folder: folder.to_owned(), state: Mutex::new(state) }
    }

    /// A number that is another one after each change.
    pub(super) async fn generation(&self) -> u64 {
        let mut state = self.state.lock().await;
        if state.looked.is_none_or(|looked| looked.elapsed() >= PAUSE) {
            let folder = self.folder.clone();
            // It only fails where it panics, and then nothing changed.
            if let Ok(seen) = tokio::task::spawn_blocking(move || look(&folder)).await
                && seen != state.seen
                && is_quiet(seen)
            {
                state.seen = seen;
                state.generation += 1;
                tracing::info!("the code in {} changed", self.folder.display());
            }
            state.looked = Some(Instant::now());
        }
        state.generation
    }
}

/// Whether code in a folder was written after a file was.
pub(super) fn is_newer(folder: &Path, file: &Path) -> bool {
    let written = std::fs::metadata(file).and_then(|data| data.modified()).ok();
    written.is_some() && look(folder).1 > written
}

fn is_quiet((_, newest): Seen) -> bool {
    // A time in the future has no age, and will not become quiet.
    newest.and_then(|newest| newest.elapsed().ok()).is_none_or(|age| age >= QUIET)
}

/// Looks at a folder and what is in it, but not at packages and at what is hidden.
fn look(folder: &Path) -> Seen {
    let (mut files, mut newest, mut entries) = (0, None, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // One that vanished meanwhile is a change, which the count tells.
        let Ok(listing) = std::fs::read_dir(folder) else { continue };
        for entry in listing.flatten() {
            entries += 1;
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if entries > ENTRIES || name.starts_with('.') || name == "node_modules" || name == "__pycache__" {
                continue;
            }
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|known| EXTENSIONS.iter().any(|e| known == *e)) {
                files += 1;
                let written = std::fs::metadata(&path).and_then(|data| data.modified()).ok();
                newest = newest.max(written);
            }
        }
    }
    (files, newest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_what_interpreters_load_is_a_change() {
        let folder = tempfile::TempDir::new().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        write("app.py");
        let before = look(folder.path());
        for name in ["notes.txt", "table.db", ".git/hook.py", "node_modules/a/index.js", "__pycache__/app.py"]
        {
            write(name);
            assert_eq!(look(folder.path()), before, "{name}");
        }
        write("package/module.py");
        assert_ne!(look(folder.path()), before);
    }
}
