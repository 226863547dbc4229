//! Whether the code of handlers changed since it was last looked at: whoever edits it need not start the
//! emulator again, which would forget its tables.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;
use tokio::time::Instant;

/// How often it is looked for changes at most, and how many files and folders are looked at.
const PAUSE: Duration = Duration::from_millis(200);
const ENTRIES: usize = 2000;

/// How long nothing must have changed: files that are being written are not whole. Their times do not tell,
/// because a copy may keep those of its original.
const QUIET: Duration = Duration::from_millis(100);

/// Files that interpreters load.
const EXTENSIONS: [&str; 8] = ["js", "mjs", "cjs", "ts", "mts", "cts", "json", "py"];

/// The code in one folder.
#[derive(Debug)]
pub(super) struct Sources {
    place: Place,
    state: Mutex<State>,
}

#[derive(Clone, Debug)]
struct Place {
    folder: PathBuf,
    /// The emulator's own data, where that is in the folder.
    data: Option<PathBuf>,
}

#[derive(Debug)]
struct State {
    looked: Option<Instant>,
    seen: Seen,
    generation: u64,
}

/// What is in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    files: usize,
    /// Of all paths, times and sizes.
    hash: u64,
    newest: Option<SystemTime>,
}

impl Sources {
    /// `data` is where the emulator keeps its own.
    pub(super) fn new(folder: &Path, data: Option<&Path>) -> Self {
        let place = Place::new(folder, data);
        let state = State { looked: None, seen: place.look(), generation: 0 };
        Self { place, state: Mutex::new(state) }
    }

    /// A number that is another one after each change. A change is one when a second look finds the same.
    pub(super) async fn generation(&self) -> u64 {
        let mut state = self.state.lock().await;
        if state.looked.is_none_or(|looked| looked.elapsed() >= PAUSE) {
            let seen = self.look().await;
            // An empty folder is about to be filled.
            if seen.is_some_and(|seen| seen != state.seen && seen.files > 0) {
                tokio::time::sleep(QUIET).await;
                if let Some(again) = self.look().await.filter(|again| Some(*again) == seen) {
                    state.seen = again;
                    state.generation += 1;
                    tracing::info!("the code in {} changed", self.place.folder.display());
                }
            }
            state.looked = Some(Instant::now());
        }
        state.generation
    }

    /// `None` where it panics, and then nothing changed.
    async fn look(&self) -> Option<Seen> {
        let place = self.place.clone();
        tokio::task::spawn_blocking(move || place.look()).await.ok()
    }
}

/// Whether code in a folder was written after a file was.
pub(super) fn is_newer(folder: &Path, data: Option<&Path>, file: &Path) -> bool {
    let written = std::fs::metadata(file).and_then(|data| data.modified()).ok();
    written.is_some() && Place::new(folder, data).look().newest > written
}

impl Place {
    fn new(folder: &Path, data: Option<&Path>) -> Self {
        // By their real paths: one may be relative, or lead through a link.
        let within = |data: &Path| {
            let (data, real) = (data.canonicalize().ok()?, folder.canonicalize().ok()?);
            Some(folder.join(data.strip_prefix(real).ok()?))
        };
        Self { folder: folder.to_owned(), data: data.and_then(within) }
    }

    /// Looks at the folder and what is in it, but not at packages, at what is hidden and at the emulator's
    /// JSON.
    fn look(&self) -> Seen {
        let (mut files, mut entries) = (Vec::new(), 0);
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            // One that vanished meanwhile is a change, which the hash tells.
            let Ok(listing) = std::fs::read_dir(&folder) else { continue };
            let is_data = self.data.as_ref().is_some_and(|data| folder == *data);
            for entry in listing.flatten() {
                entries += 1;
                let (path, name) = (entry.path(), entry.file_name());
                let name = name.to_string_lossy();
                if entries > ENTRIES
                    || name.starts_with('.')
                    || name == "node_modules"
                    || name == "__pycache__"
                {
                    continue;
                }
                let Ok(kind) = entry.file_type() else { continue };
                let Some(extension) = path.extension().filter(|_| !kind.is_dir()) else {
                    if kind.is_dir() {
                        folders.push(path);
                    }
                    continue;
                };
                if EXTENSIONS.iter().any(|known| extension == *known) && !(is_data && extension == "json") {
                    let data = std::fs::metadata(&path).ok();
                    let written = data.as_ref().and_then(|data| data.modified().ok());
                    files.push((path, written, data.map(|data| data.len())));
                }
            }
        }
        // The system lists them in any order.
        files.sort_unstable();
        let mut hasher = DefaultHasher::new();
        files.hash(&mut hasher);
        let newest = files.iter().filter_map(|(_, written, _)| *written).max();
        Seen { files: files.len(), hash: hasher.finish(), newest }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::UNIX_EPOCH;

    use tempfile::TempDir;

    use super::*;

    fn write(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// As `cp -p` and archives leave files.
    fn write_as_of(path: &Path, text: &str, time: SystemTime) {
        write(path, text);
        std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn only_what_interpreters_load_is_a_change() {
        let folder = TempDir::new().unwrap();
        let place = Place::new(folder.path(), None);
        write(&folder.path().join("app.py"), "");
        let before = place.look();
        for name in ["notes.txt", "table.db", ".git/hook.py", "node_modules/a/index.js", "__pycache__/app.py"]
        {
            write(&folder.path().join(name), "");
            assert_eq!(place.look(), before, "{name}");
        }
        write(&folder.path().join("package/module.py"), "");
        assert_ne!(place.look(), before);
    }

    #[test]
    fn what_the_emulator_keeps_is_no_code_wherever_its_folder_is() {
        for data in ["data", "deep/data", "."] {
            let folder = TempDir::new().unwrap();
            let data = folder.path().join(data);
            write(&folder.path().join("app.py"), "");
            std::fs::create_dir_all(&data).unwrap();
            // Both are the same folder by another path.
            let place = Place::new(
                &folder.path().join("."),
                Some(&data.join("../.").join(data.file_name().unwrap())),
            );
            let before = place.look();
            write(&data.join("stream-checkpoints.json"), "{}");
            assert_eq!(place.look(), before, "{}", data.display());
            write(&folder.path().join("own/configuration.json"), "{}");
            assert_ne!(place.look(), before, "{}", data.display());
        }
    }

    #[test]
    fn data_beside_the_code_changes_nothing() {
        let folder = TempDir::new().unwrap();
        let (code, data) = (folder.path().join("code"), folder.path().join("data"));
        std::fs::create_dir(&data).unwrap();
        write(&code.join("package.json"), "{}");
        let (with, without) = (Place::new(&code, Some(&data)), Place::new(&code, None));
        assert_eq!(with.look(), without.look());
        assert_eq!(with.look().files, 1);
    }

    #[test]
    fn times_and_sizes_count_even_of_files_that_are_not_the_newest() {
        let folder = TempDir::new().unwrap();
        let (old, new) = (folder.path().join("old.js"), folder.path().join("new.js"));
        let time = UNIX_EPOCH + Duration::from_secs(1000);
        write_as_of(&new, "", time);
        let place = Place::new(folder.path(), None);
        let mut looks = Vec::new();
        for (text, time) in [("one", UNIX_EPOCH), ("one", UNIX_EPOCH + PAUSE), ("longer", UNIX_EPOCH + PAUSE)]
        {
            write_as_of(&old, text, time);
            looks.push(place.look());
        }
        assert!(looks.iter().all(|seen| seen.files == 2 && seen.newest == Some(time)), "{looks:?}");
        assert!(looks[0] != looks[1] && looks[1] != looks[2], "{looks:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_is_taken_when_two_looks_agree() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("app.js");
        write(&path, "one");
        let sources = Sources::new(folder.path(), None);
        assert_eq!(sources.generation().await, 0);
        tokio::time::advance(PAUSE).await;
        write_as_of(&path, "another", UNIX_EPOCH);
        assert_eq!(sources.generation().await, 1, "for the next event at once");

        tokio::time::advance(PAUSE).await;
        write_as_of(&path, "half", UNIX_EPOCH);
        let rest = async {
            tokio::time::sleep(QUIET / 2).await;
            write_as_of(&path, "half and half", UNIX_EPOCH);
        };
        let (generation, ()) = tokio::join!(sources.generation(), rest);
        assert_eq!(generation, 1, "it was being written");
        tokio::time::advance(PAUSE).await;
        assert_eq!(sources.generation().await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_folder_without_code_is_no_change() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("app.js");
        write_as_of(&path, "one", UNIX_EPOCH);
        let sources = Sources::new(folder.path(), None);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(sources.generation().await, 0);
        tokio::time::advance(PAUSE).await;
        write_as_of(&path, "another", UNIX_EPOCH);
        assert_eq!(sources.generation().await, 1);
    }
}
