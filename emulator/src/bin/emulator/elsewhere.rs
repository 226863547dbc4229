//! What functions need in their environment that run behind `--lambda-endpoint`: nobody but the program that
//! runs them can set it, so it is shown and written for that program.

use std::fmt::Write;
use std::net::IpAddr;
use std::path::Path;

use anyhow::Context;
use emulator::Template;
use emulator::processes::{Endpoints, Environment};
use emulator::template::LogicalId;
use indexmap::{IndexMap, IndexSet};

/// The services whose clients need to be told an address.
const SERVICES: &str = "AWS_ENDPOINT_URL_";

pub(crate) struct Elsewhere {
    pub(crate) endpoint: String,
    functions: IndexMap<LogicalId, IndexMap<String, String>>,
}

impl Elsewhere {
    /// With `reach` as the name of this machine in the addresses of what runs here.
    pub(crate) fn new(
        template: &Template,
        endpoint: &str,
        reach: Option<&str>,
        environment: &Environment,
    ) -> Self {
        let seen = |url: &Option<String>| url.as_ref().map(|url| reached(url, reach));
        let Endpoints { gateway, dynamodb } = &environment.endpoints;
        let environment = Environment {
            endpoints: Endpoints { gateway: seen(gateway), dynamodb: seen(dynamodb) },
            ..environment.clone()
        };
        let functions = template.functions.iter();
        let functions = functions.map(|(id, spec)| (id.clone(), environment.elsewhere(template, id, spec)));
        Self { endpoint: endpoint.to_owned(), functions: functions.collect() }
    }

    /// The services' addresses, a line for each.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = String> {
        let all = self.functions.values().flatten().filter(|(name, _)| name.starts_with(SERVICES));
        all.map(|(name, value)| format!("{name}={value}")).collect::<IndexSet<_>>().into_iter()
    }

    /// For SAM if the file's name ends in `.json`, else for cargo-lambda.
    pub(crate) fn write(&self, file: &Path, template: &Template) -> anyhow::Result<()> {
        let text = if file.extension().is_some_and(|extension| extension == "json") {
            self.warn_of_what_sam_drops(template);
            serde_json::to_string_pretty(&self.functions)?
        } else {
            self.lines()
        };
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }

    /// SAM hands over what the template declares, and nothing else.
    fn warn_of_what_sam_drops(&self, template: &Template) {
        let mut dropped = IndexMap::<&str, Vec<&str>>::new();
        for (id, variables) in &self.functions {
            let declared = &template.functions[id].environment;
            let addresses = variables.keys().filter(|name| name.starts_with(SERVICES));
            for name in addresses.filter(|name| !declared.contains_key(*name)) {
                dropped.entry(name).or_default().push(id);
            }
        }
        for (name, functions) in dropped {
            let whom = match functions.len() == self.functions.len() {
                true => "any function".to_owned(),
                false => functions.join(", "),
            };
            tracing::info!(
                "SAM passes {name} on only where a template declares it (empty will do): not to {whom}"
            );
        }
    }

    /// One environment for all functions, as `cargo lambda watch` has it.
    fn lines(&self) -> String {
        let mut all = IndexMap::<&str, IndexSet<&str>>::new();
        for (name, value) in self.functions.values().flatten() {
            all.entry(name).or_default().insert(value);
        }
        let mut lines = String::new();
        for (name, values) in &all {
            // The reader of the file knows no escapes.
            let quote = ['\'', '"', '`'].into_iter().find(|quote| !values[0].contains(*quote));
            match (values.len(), quote) {
                (1, Some(quote)) => {
                    let _infallible = writeln!(lines, "{name}={quote}{}{quote}", values[0]);
                }
                (1, None) => tracing::warn!("{name} is left out: its value has every kind of quotes"),
                _ => tracing::warn!(
                    "{name} is left out: it differs between functions; set it in [package.metadata.lambda.env] of each"
                ),
            }
        }
        lines
    }
}

/// The address of what runs on this machine, as `reach` sees it; that of something else as it is.
fn reached(url: &str, reach: Option<&str>) -> String {
    let own = |host: &str| {
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    };
    let (Some(reach), Some((scheme, rest))) = (reach, url.split_once("://")) else { return url.to_owned() };
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, format!(":{port}")),
        _ => (authority, String::new()),
    };
    if own(host) { format!("{scheme}://{reach}{port}{path}") } else { url.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use emulator::template::Options;

    use super::*;

    const TEMPLATE: &str = r#"
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.action
      Routes: { $default: { FunctionArn: !GetAtt One.Arn } }
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
  One:
    Type: AWS::Serverless::Function
    Properties: { Environment: { Variables: { TABLE: !Ref Items, SAYS: "it's \"so\"", MINE: one } } }
  Two:
    Type: AWS::Serverless::Function
    Properties: { Environment: { Variables: { MINE: two, AWS_ENDPOINT_URL_DYNAMODB: '' } } }
"#;

    fn elsewhere(reach: Option<&str>) -> Elsewhere {
        let template = Template::read(TEMPLATE, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
        let (gateway, dynamodb) = ("http://127.0.0.1:8080".to_owned(), "http://10.0.0.1:8000".to_owned());
        let endpoints = Endpoints { gateway: Some(gateway), dynamodb: Some(dynamodb) };
        let environment = Environment { endpoints, ..Environment::default() };
        Elsewhere::new(&template, "http://127.0.0.1:9000", reach, &environment)
    }

    #[test]
    fn functions_elsewhere_get_this_machines_addresses_and_the_templates_variables() {
        let functions = elsewhere(None).functions;
        for (name, value) in [
            ("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "http://127.0.0.1:8080/dev"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://10.0.0.1:8000"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_REGION", "us-east-1"),
            ("MINE", "two"),
        ] {
            assert_eq!(functions["Two"][name], value, "{name}");
        }
        assert_eq!(functions["One"]["TABLE"], "local-Items");
    }

    #[test]
    fn only_this_machine_is_called_by_the_name_that_containers_have_for_it() {
        let functions = elsewhere(Some("host.docker.internal")).functions;
        let of = |name: &str| &*functions["One"][name];
        assert_eq!(of("AWS_ENDPOINT_URL_LAMBDA"), "http://host.docker.internal:8080");
        assert_eq!(of("AWS_ENDPOINT_URL_DYNAMODB"), "http://10.0.0.1:8000");
        for (url, seen) in [
            ("http://localhost/dev", "http://there/dev"),
            ("https://[::1]:80/dev", "https://there:80/dev"),
            ("http://[::1]", "http://there"),
            (
                "https://abc.execute-api.us-east-1.amazonaws.com/dev",
                "https://abc.execute-api.us-east-1.amazonaws.com/dev",
            ),
        ] {
            assert_eq!(reached(url, Some("there")), seen);
        }
    }

    #[test]
    fn one_environment_for_all_has_what_does_not_differ_and_can_be_quoted() {
        let lines = elsewhere(None).lines();
        assert!(lines.contains("\nAWS_ENDPOINT_URL_DYNAMODB='http://10.0.0.1:8000'\n"), "{lines}");
        assert!(lines.contains("\nSAYS=`it's \"so\"`\n"), "{lines}");
        assert!(!lines.contains("MINE"), "{lines}");
    }
}
