//! A SAM or CloudFormation template, read into what the emulator serves: APIs, functions, tables.
//!
//! Reading has three steps: text to one JSON-like document (`document`), parameters and intrinsic
//! functions to plain values (`parameters`, `resolver`), resources to the types of `spec` (a file
//! each). Nothing here starts, connects to or creates anything.

mod api_keys;
mod code;
mod document;
mod error;
mod function;
mod http_api;
mod layers;
mod models;
mod parameters;
mod raw_api;
mod references;
mod resolver;
mod schedule_event;
mod section;
mod spec;
mod stream_event;
mod table;
mod throttling;
mod web_socket_api;

use std::path::Path;

use indexmap::IndexMap;

use document::Document;
use resolver::Resolver;
use section::Section;

pub(crate) use code::built as built_code;
pub use error::TemplateError;
pub use spec::*;
pub(crate) use web_socket_api::MAX_INTEGRATION_TIMEOUT;

/// What a template cannot know by itself.
#[derive(Clone, Debug)]
pub struct Options {
    /// Values for `Parameters`; the others keep their `Default`.
    pub parameters: IndexMap<String, String>,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`: twelve digits.
    pub account_id: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            parameters: IndexMap::new(),
            stack_name: "local".to_owned(),
            region: "us-east-1".to_owned(),
            account_id: "000000000000".to_owned(),
        }
    }
}

impl Template {
    /// Reads a template from its text, YAML or JSON.
    ///
    /// A resource of a type that the emulator does not serve is a warning. An error is only what
    /// it cannot do without.
    pub fn read(text: &str, options: &Options) -> Result<Self, TemplateError> {
        let document = Document::parse(text)?;
        Self::from_document(&document, options).map_err(|problem| problem.located(text))
    }

    /// [`Template::read`] of a file.
    pub fn read_file(path: impl AsRef<Path>, options: &Options) -> Result<Self, TemplateError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|source| TemplateError::Unreadable { path: path.to_owned(), source })?;
        Self::read(&text, options)
    }

    fn from_document(document: &Document, options: &Options) -> Result<Self, TemplateError> {
        let resolver = Resolver::new(document, options)?;
        let mut template = Self {
            stack_name: options.stack_name.clone(),
            region: options.region.clone(),
            account_id: options.account_id.clone(),
            ..Self::default()
        };
        let mut raw = raw_api::RawApis::default();
        let mut api_keys = api_keys::Parts::default();
        let mut mappings = Vec::new();
        let mut events = Vec::new();

        for id in document.resources.keys() {
            if !resolver.exists(id)? {
                continue;
            }
            let resource = Section::of_resource(&resolver, id);
            match resolver.kind(id) {
                "AWS::Serverless::WebSocketApi" => {
                    template.web_socket_apis.insert(id.clone(), web_socket_api::read(&resource)?);
                }
                "AWS::Serverless::HttpApi" => {
                    template.http_apis.insert(id.clone(), http_api::read(&resource)?);
                }
                "AWS::Serverless::Function" | "AWS::Lambda::Function" => {
                    events.extend(http_api::events_of(&resource)?);
                    template.functions.insert(id.clone(), function::read(&resource)?);
                }
                "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" => {
                    template.tables.insert(id.clone(), table::read(&resource, &mut template.warnings)?);
                }
                "AWS::Serverless::SimpleTable" => {
                    template.tables.insert(id.clone(), table::read_simple(&resource)?);
                }
                kind if raw_api::is_part(kind) => raw.collect(kind, &resource)?,
                kind if api_keys::is_part(kind) => api_keys.collect(kind, &resource)?,
                "AWS::Lambda::EventSourceMapping" => {
                    mappings.extend(stream_event::read_mapping(&resource)?);
                }
                kind if is_silent(kind) => {}
                kind => template.warnings.push(format!("{id}: {kind} is not emulated")),
            }
        }
        raw.build(&resolver, &mut template)?;
        http_api::attach(&resolver, events, &mut template)?;
        api_keys.attach(&resolver, &mut template);
        for (function, name, mapping) in mappings {
            // None where a condition takes the function away.
            if let Some(function) = template.functions.get_mut(&function) {
                function.stream_events.insert(name, mapping);
            }
        }
        template.warnings.extend(resolver.into_warnings());
        Ok(template)
    }
}

/// Types that make no difference on one machine: permissions and logs; or what others refer to.
fn is_silent(kind: &str) -> bool {
    kind.starts_with("AWS::IAM::")
        || matches!(
            kind,
            "AWS::Lambda::Permission"
                | "AWS::ApiGatewayV2::Deployment"
                | "AWS::ApiGateway::Account"
                | "AWS::Logs::LogGroup"
                | "AWS::CloudWatch::Alarm"
                | "AWS::CloudWatch::Dashboard"
                | "AWS::Lambda::Version"
                | "AWS::Lambda::Alias"
                | "AWS::Serverless::LayerVersion"
                | "AWS::Lambda::LayerVersion"
                | "AWS::CDK::Metadata"
        )
}

#[cfg(test)]
mod tests;
