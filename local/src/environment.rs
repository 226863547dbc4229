//! Environment variables: those of this process, over those that the template gives its functions.

use std::collections::HashMap;

use anyhow::bail;
use emulator::Template;

/// What `local` itself reads and passes on to the functions.
#[derive(Clone, Debug, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        // One that is not UTF-8 is none of ours.
        Self(
            std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .collect(),
        )
    }

    /// Sets a variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// A variable as it is set, for whoever tells a blank one from an empty one.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Values separated by commas; `None` where the variable is unset.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<String>> {
        let list = self.get(name)?.split(',').map(|value| value.trim().to_owned());
        Some(list.filter(|value| !value.is_empty()).collect())
    }

    /// All variables.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The variables under which all functions of `template` can share this process. Functions
    /// that want different values of one variable cannot.
    pub(crate) fn for_functions(&self, template: &Template) -> anyhow::Result<Self> {
        let mut shared = HashMap::<String, String>::new();
        for function in template.functions.values() {
            for (name, value) in &function.environment {
                let earlier = shared.insert(name.clone(), value.clone());
                if earlier.is_some_and(|earlier| earlier != *value) {
                    bail!("the template gives {name} different values in different functions");
                }
            }
        }
        shared.extend(self.0.clone());
        Ok(Self(shared))
    }
}
