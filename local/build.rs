//! Builds the page in `web/` and writes down, as Rust, which files it has, for the program to embed.
//!
//! It must never fail a build, and never make one wait for long: without Node.js, without the network,
//! in a read-only checkout the program is built without its page, and says at `/` why. What it makes is
//! in cargo's `OUT_DIR`; in `web/` it only touches `node_modules`, and only where the lock file is newer.
//! `HUBBUB_PAGE=off` leaves the page out.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

/// What the page is made of; anything else in `web/` is tests and tools.
const SOURCES: [&str; 7] =
    ["index.html", "package.json", "package-lock.json", ".npmrc", "vite.config.ts", "src", "public"];

/// The oldest Node.js that Vite runs on.
const NODE: (u32, u32) = (20, 19);

/// Longer than a slow network takes; whoever has none should not wait for it.
const INSTALL_WITHIN: Duration = Duration::from_secs(300);
const BUILD_WITHIN: Duration = Duration::from_secs(120);

fn main() {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let out = PathBuf::from(variable("OUT_DIR"));
    let web = Path::new(&variable("CARGO_MANIFEST_DIR")).join("../web");
    tell("rerun-if-changed=build.rs");
    tell("rerun-if-env-changed=HUBBUB_PAGE");
    // A path that is missing would have cargo run this every time.
    for source in SOURCES.iter().map(|source| web.join(source)).filter(|source| source.exists()) {
        tell(&format!("rerun-if-changed={}", source.display()));
    }
    let page = match variable("HUBBUB_PAGE").as_str() {
        "off" => Err("it was left out by HUBBUB_PAGE=off".to_owned()),
        _ => build(&web, &out),
    };
    if let Err(why) = &page {
        tell(&format!("warning=built without the page: {why}"));
    }
    let code = match &page {
        Ok(folder) => listing(folder),
        Err(why) => Ok(code(&[], Some(why))),
    };
    let written = code.and_then(|code| fs::write(out.join("page.rs"), code));
    if let Err(error) = written {
        tell(&format!("error=cannot write down what the page consists of: {error}"));
    }
}

/// The folder with the built page.
fn build(web: &Path, out: &Path) -> Result<PathBuf, String> {
    if !web.join("package.json").exists() {
        return Err("the folder web/ is missing".to_owned());
    }
    // Built by hand, where cargo's machine has no Node.js or no network.
    let by_hand = web.join("dist");
    let is_built =
        newest(&by_hand.join("index.html")) > SOURCES.iter().filter_map(|s| newest(&web.join(s))).max();
    with_node(web, out).or_else(|why| if is_built { Ok(by_hand) } else { Err(why) })
}

fn with_node(web: &Path, out: &Path) -> Result<PathBuf, String> {
    node_is_new_enough()?;
    // Two cargos may be at it; the lock is on a file that is only read, so that a read-only checkout
    // has one too. It ends with the file.
    let lock =
        File::open(web.join("package-lock.json")).map_err(|error| format!("package-lock.json: {error}"))?;
    lock.lock().map_err(|error| format!("package-lock.json cannot be locked: {error}"))?;

    let installed = web.join("node_modules/.package-lock.json");
    let vite = web.join("node_modules/vite/bin/vite.js");
    if newest(&installed) < newest(&web.join("package-lock.json")) || !vite.exists() {
        let mut npm = Command::new("npm");
        npm.args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--prefer-offline",
        ]);
        npm.args(["--fetch-retries=1", "--fetch-timeout=30000"]);
        // What only tests need stays out, unless it is there.
        if !web.join("node_modules/vitest").exists() {
            npm.arg("--omit=dev");
        }
        if std::env::var("CARGO_NET_OFFLINE").is_ok_and(|offline| offline == "true") {
            npm.arg("--offline");
        }
        run(npm.current_dir(web), "npm ci", INSTALL_WITHIN, out)?;
    }
    let page = out.join("page");
    let mut node = Command::new("node");
    node.arg(vite)
        .args(["build", "--logLevel=error", "--configLoader=runner", "--emptyOutDir", "--outDir"])
        .arg(&page);
    run(node.current_dir(web), "vite build", BUILD_WITHIN, out)?;
    Ok(page)
}

fn node_is_new_enough() -> Result<(), String> {
    let install = format!("install Node.js {}.{} or newer, with npm", NODE.0, NODE.1);
    let answer = Command::new("node").arg("--version").output().map_err(|_missing| install.clone())?;
    let version = String::from_utf8_lossy(&answer.stdout);
    let mut numbers =
        version.trim().trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < NODE {
        return Err(format!("{install}; this is {}", version.trim()));
    }
    Ok(())
}

/// Runs it to its end, with what it says in a file, of which the end is told if it fails.
fn run(command: &mut Command, name: &str, within: Duration, out: &Path) -> Result<(), String> {
    let failed = |why: &dyn std::fmt::Display| format!("`{name}` failed: {why}");
    let log = out.join("page.log");
    let file = File::create(&log).map_err(|error| failed(&error))?;
    let errors = file.try_clone().map_err(|error| failed(&error))?;
    // npm takes cargo's for its own configuration no more than Vite does; a mode of theirs is not ours.
    let command = command.env_remove("NODE_ENV").stdin(Stdio::null()).stdout(file).stderr(errors);
    let mut child = command.spawn().map_err(|error| failed(&error))?;
    match ended(&mut child, within) {
        Some(true) => Ok(()),
        Some(false) => {
            let said = fs::read_to_string(&log).unwrap_or_default();
            let last: Vec<&str> =
                said.lines().map(str::trim).filter(|line| !line.is_empty()).take(4).collect();
            Err(failed(&last.join(" ")))
        }
        None => Err(failed(&format!("not done after {} s", within.as_secs()))),
    }
}

/// Whether it succeeded; `None` if it did not end in time and was ended.
#[expect(
    clippy::disallowed_methods,
    reason = "a build script has no executor, and the wait is for a program"
)]
fn ended(child: &mut Child, within: Duration) -> Option<bool> {
    const LOOK_EVERY: Duration = Duration::from_millis(50);
    let looks = within.as_millis() / LOOK_EVERY.as_millis();
    for _look in 0..looks {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) => std::thread::sleep(LOOK_EVERY),
            Err(_gone) => return Some(false),
        }
    }
    let _ended_meanwhile = child.kill();
    let _reaped = child.wait();
    None
}

/// When the file, or the newest in the folder, was written.
fn newest(path: &Path) -> Option<SystemTime> {
    let meta = fs::metadata(path).ok()?;
    if !meta.is_dir() {
        return meta.modified().ok();
    }
    fs::read_dir(path).ok()?.flatten().filter_map(|entry| newest(&entry.path())).max()
}

/// The Rust of a page's files. Each stands beside its compressed forms, `.br` and `.gz`.
fn listing(folder: &Path) -> std::io::Result<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    let found: Vec<_> = files
        .iter()
        .filter_map(|path| Some((path.strip_prefix(folder).ok()?.to_str()?, path.as_path())))
        .collect();
    Ok(code(&found, None))
}

fn code(files: &[(&str, &Path)], missing: Option<&str>) -> String {
    let mut code = String::from("pub(crate) static FILES: &[(&str, &[u8])] = &[\n");
    for (name, path) in files {
        let _text = writeln!(code, "    ({name:?}, include_bytes!({path:?})),");
    }
    let _text = write!(code, "];\npub(crate) const MISSING: Option<&str> = {missing:?};\n");
    code
}

fn tell(what: &str) {
    println!("cargo::{}", what.replace('\n', " "));
}
