//! README.md says nothing that is not so: each row of its conformance tables has its test, and its
//! flags are the program's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// The names of all tests of this package.
fn tests() -> BTreeSet<String> {
    let mut folders: Vec<PathBuf> = ["src", "tests"].map(|folder| root().join(folder)).into();
    let mut names = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                names.extend(tests_of(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    names
}

/// The functions that have a test's attribute somewhere above them.
fn tests_of(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(name) = name {
            if is_test {
                names.push(name.split('(').next().unwrap().to_owned());
            }
            is_test = false;
        }
    }
    names
}

#[test]
fn every_row_of_the_conformance_tables_names_a_test_that_exists() {
    let (readme, tests) = (readme(), tests());
    let section = readme.split("\n## ").find(|section| section.starts_with("Conformance")).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| behaviour"));
    let mut seen = 0;
    for row in rows {
        seen += 1;
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_behaviour, source, test] = *cells else { panic!("three cells are wanted: {row}") };
        let known = ["doc", "cap", "rep", "inf", "–"];
        assert!(source.split(", ").all(|source| known.contains(&source)), "the source: {row}");
        assert!(tests.contains(test.trim_matches('`')), "there is no test of this name: {row}");
    }
    assert!(seen > 50, "only {seen} rows were seen");
}

#[test]
fn the_flags_are_those_of_the_program() {
    let help = Command::new(env!("CARGO_BIN_EXE_emulator")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    // Indented alone on its line, as clap prints a flag's head.
    let offered = help.lines().map(str::trim_start).filter_map(|line| {
        let line = line.strip_prefix("-h, ").or_else(|| line.strip_prefix("-V, ")).unwrap_or(line);
        line.strip_prefix("--")?.split_whitespace().next().map(str::to_owned)
    });
    let offered: BTreeSet<String> = offered.filter(|flag| flag != "help" && flag != "version").collect();
    let readme = readme();
    let section = readme.split("\n## ").find(|section| section.starts_with("Flags")).unwrap();
    let documented: BTreeSet<String> =
        section.split("`--").skip(1).map(|text| text.split([' ', '`']).next().unwrap().to_owned()).collect();
    assert!(offered.len() > 15, "{help}");
    assert_eq!(documented, offered);
}
