//! A mapping of the template with its place, so that every reading of a property is typed and
//! every error says where.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::TemplateError;
use super::resolver::{Resolver, text_of};

/// The properties of a resource, or a mapping inside of them.
pub(super) struct Section<'a> {
    pub(super) resolver: &'a Resolver<'a>,
    place: String,
    map: Cow<'a, Map<String, Value>>,
}

impl<'a> Section<'a> {
    /// The `Properties` of a resource.
    pub(super) fn of_resource(resolver: &'a Resolver<'a>, id: &str) -> Self {
        let properties = resolver.document.resources.get(id).and_then(|r| r.get("Properties")?.as_object());
        let map = properties.map_or_else(|| Cow::Owned(Map::new()), Cow::Borrowed);
        Self { resolver, place: id.to_owned(), map }
    }

    /// `Globals.{kind}`; empty if the template has none.
    pub(super) fn of_globals(resolver: &'a Resolver<'a>, kind: &str) -> Self {
        let globals = resolver.document.globals.get(kind).and_then(Value::as_object);
        let map = globals.map_or_else(|| Cow::Owned(Map::new()), Cow::Borrowed);
        Self { resolver, place: format!("Globals.{kind}"), map }
    }

    /// The logical id, where this is a resource.
    pub(super) fn id(&self) -> &str {
        self.place.split('.').next().unwrap_or(&self.place)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        self.map.keys()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// The property as written.
    pub(super) fn raw(&self, name: &str) -> Option<&Value> {
        self.map.get(name)
    }

    /// The property without intrinsic functions.
    pub(super) fn value(&self, name: &str) -> Result<Option<Value>, TemplateError> {
        let Some(value) = self.map.get(name) else { return Ok(None) };
        let resolved = self.resolver.resolve(value).map_err(|e| self.problem(name, e))?;
        Ok(resolved.filter(|value| !value.is_null()))
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, TemplateError> {
        match self.value(name)? {
            None => Ok(None),
            Some(value) => text_of(&value).map(Some).ok_or_else(|| self.problem(name, "a text is wanted")),
        }
    }

    pub(super) fn required_text(&self, name: &str) -> Result<String, TemplateError> {
        self.text(name)?.ok_or_else(|| self.problem(name, "the property is missing; add it"))
    }

    /// A number within `range`.
    pub(super) fn number(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, TemplateError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        let wanted = || format!("a whole number from {} to {} is wanted", range.start(), range.end());
        number.map(Some).ok_or_else(|| self.problem(name, wanted()))
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, TemplateError> {
        match self.text(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(self.problem(name, "`true` or `false` is wanted")),
        }
    }

    /// A list of texts; one text is a list of one.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, TemplateError> {
        match self.value(name)? {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| text_of(item).ok_or_else(|| self.problem(name, "a list of texts is wanted")))
                .collect(),
            Some(single) => {
                let text = text_of(&single).ok_or_else(|| self.problem(name, "a list of texts is wanted"))?;
                Ok(vec![text])
            }
        }
    }

    /// A mapping of texts; empty if the property is not there.
    pub(super) fn text_map(&self, name: &str) -> Result<IndexMap<String, String>, TemplateError> {
        let Some(section) = self.section(name)? else { return Ok(IndexMap::new()) };
        let mut texts = IndexMap::new();
        for key in section.keys() {
            if let Some(text) = section.text(key)? {
                texts.insert(key.clone(), text);
            }
        }
        Ok(texts)
    }

    /// A mapping inside of this one.
    pub(super) fn section(&self, name: &str) -> Result<Option<Section<'a>>, TemplateError> {
        match self.value(name)? {
            None => Ok(None),
            Some(Value::Object(map)) => {
                let place = format!("{}.{name}", self.place);
                Ok(Some(Section { resolver: self.resolver, place, map: Cow::Owned(map) }))
            }
            Some(_) => Err(self.problem(name, "a mapping is wanted")),
        }
    }

    /// A list of mappings inside of this one.
    pub(super) fn sections(&self, name: &str) -> Result<Vec<Section<'a>>, TemplateError> {
        let items = match self.value(name)? {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.problem(name, "a list is wanted")),
        };
        let mut sections = Vec::with_capacity(items.len());
        for item in items {
            let Value::Object(map) = item else {
                return Err(self.problem(name, "a list of mappings is wanted"));
            };
            let place = format!("{}.{name}", self.place);
            sections.push(Section { resolver: self.resolver, place, map: Cow::Owned(map) });
        }
        Ok(sections)
    }

    /// The function that the property's ARN names.
    pub(super) fn function(&self, name: &str) -> Result<String, TemplateError> {
        let arn = self.required_text(name)?;
        self.resolver.function_of(&arn).ok_or_else(|| {
            self.problem(name, format!("`{arn}` is no function of this template; use !GetAtt Function.Arn"))
        })
    }

    pub(super) fn problem(&self, name: &str, message: impl Into<String>) -> TemplateError {
        TemplateError::problem(format!("{}.{name}", self.place), message)
    }
}
