//! What is written in several places says the same in all of them: the template, the crates, the
//! sample events and the README.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use emulator::Template;
use emulator::template::Options;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn template() -> Template {
    Template::read(&text("template.yaml"), &Options::default()).unwrap()
}

fn functions() -> BTreeSet<String> {
    let folders = fs::read_dir(root().join("functions")).unwrap();
    folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect()
}

/// `SendMessageFunction` is `send-message`.
fn folder(logical_id: &str) -> String {
    let stem = logical_id.strip_suffix("Function").unwrap();
    let mut folder = String::new();
    for c in stem.chars() {
        if c.is_uppercase() && !folder.is_empty() {
            folder.push('-');
        }
        folder.extend(c.to_lowercase());
    }
    folder
}

/// The names under `[dependencies]` and `[dev-dependencies]` of a manifest.
fn dependencies(manifest: &str) -> BTreeMap<&'static str, BTreeSet<String>> {
    let text = text(manifest);
    let section = |header: &str| {
        let lines = text.lines().skip_while(|line| *line != header).skip(1);
        let lines = lines.take_while(|line| !line.starts_with('['));
        lines.filter_map(|line| Some(line.split_once(['.', ' ', '='])?.0.to_owned())).collect()
    };
    [("normal", section("[dependencies]")), ("dev", section("[dev-dependencies]"))].into()
}

#[test]
fn a_function_is_a_folder_a_package_a_resource_and_has_sample_events() {
    let template = template();
    assert_eq!(template.functions.keys().map(|id| folder(id)).collect::<BTreeSet<_>>(), functions());
    for (id, function) in &template.functions {
        let folder = folder(id);
        assert_eq!(function.code_path(), Some(&*format!("functions/{folder}")));
        let manifest = text(&format!("functions/{folder}/Cargo.toml"));
        assert!(manifest.contains(&format!("name = \"{folder}\"")), "{folder}");
        let listed = text("events/README.md").matches(&format!("| `{folder}` |")).count();
        assert!(listed > 0, "events/README.md has no event for {folder}");
    }
}

#[test]
fn dependencies_point_one_way() {
    let own = || {
        ["emulator", "local", "shared", "tests", "bench"].map(str::to_owned).into_iter().chain(functions())
    };
    let ours = |manifest: &str| {
        let all = dependencies(manifest).remove("normal").unwrap();
        all.into_iter().filter(|name| own().any(|own| own == *name)).collect::<BTreeSet<_>>()
    };
    let allowed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(ours("emulator/Cargo.toml"), allowed(&[]));
    assert_eq!(ours("shared/Cargo.toml"), allowed(&[]));
    assert_eq!(ours("bench/Cargo.toml"), allowed(&["shared"]));
    assert!(ours("local/Cargo.toml").is_superset(&functions()));
    assert!(!ours("local/Cargo.toml").contains("tests"));
    for function in functions() {
        let manifest = format!("functions/{function}/Cargo.toml");
        assert_eq!(ours(&manifest), allowed(&["shared"]), "{function}");
        let names = dependencies(&manifest);
        let sdk = names.values().flatten().find(|name| name.starts_with("aws-sdk"));
        assert_eq!(sdk, None, "{function}: the SDK is behind shared::storage and shared::management");
    }
}

/// The files of a folder and of the folders in it.
fn files_under(folder: PathBuf) -> Vec<PathBuf> {
    let mut folders = vec![folder];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { &mut folders } else { &mut files }.push(path);
        }
    }
    assert!(!files.is_empty());
    files
}

#[test]
fn the_domain_is_pure() {
    for path in files_under(root().join("shared/src/domain")) {
        let text = fs::read_to_string(&path).unwrap();
        for impure in [
            "async ",
            "tokio",
            "aws_",
            "std::fs",
            "std::env",
            "SystemTime",
            "Instant",
            "getrandom",
            "tracing",
        ] {
            assert!(!text.contains(impure), "{} names {impure}", path.display());
        }
    }
}

#[test]
fn no_request_path_scans_a_table_and_every_query_has_a_limit() {
    for path in files_under(root().join("shared/src/storage")) {
        let text = fs::read_to_string(&path).unwrap();
        let scans = text.matches(".scan()").count();
        assert!(scans == 0 || path.ends_with("census.rs"), "{}", path.display());
        let pages = scans + text.matches(".query()").count();
        assert_eq!(pages, text.matches(".limit(").count(), "{}", path.display());
    }
    for function in functions().iter().filter(|function| *function != "sweep") {
        for file in fs::read_dir(root().join("functions").join(function).join("src")).unwrap() {
            let path = file.unwrap().path();
            let scans = path.is_file() && fs::read_to_string(&path).unwrap().contains("connections_known");
            assert!(!scans, "only the sweep reads a whole table: {}", path.display());
        }
    }
}

#[test]
fn every_rust_file_opens_by_saying_what_it_is() {
    let mut folders = vec![root()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                seen += 1;
                let text = fs::read_to_string(&path).unwrap();
                assert!(text.starts_with("//! "), "{} does not open with //!", path.display());
            }
        }
    }
    assert!(seen > 50, "only {seen} files were seen");
}

#[test]
fn the_routes_are_those_of_the_readme() {
    let template = template();
    let readme = text("README.md");
    let listed = |route: &str| readme.contains(&format!("| `{route}` |"));
    let chat = &template.web_socket_apis["ChatApi"];
    assert_eq!(chat.stage, "ws");
    for (key, route) in &chat.routes {
        assert!(listed(key), "README.md does not list the route {key}");
        let is_message = !["$connect", "$disconnect"].contains(&&**key);
        assert_eq!(route.route_response, is_message, "acks and errors are route responses: {key}");
    }
    for route in &template.http_apis["HttpApi"].routes {
        let route = format!("{} {}", route.method, route.path);
        assert!(listed(&route), "README.md does not list {route}");
    }
}

#[test]
fn every_stream_mapping_survives_a_poison_record() {
    let template = template();
    let mut mappings = 0;
    for (id, function) in &template.functions {
        for (name, mapping) in &function.stream_events {
            mappings += 1;
            assert!(mapping.report_batch_item_failures, "{id}/{name}");
            assert!(mapping.bisect_on_function_error, "{id}/{name}");
            assert!(mapping.maximum_retry_attempts.is_some(), "{id}/{name}");
            assert!(mapping.on_failure.is_some(), "{id}/{name}");
        }
    }
    assert!(mappings > 0);
}
