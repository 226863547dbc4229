//! The environment variables of a function's processes.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>

use indexmap::IndexMap;

use super::launch::Program;
use crate::template::{FunctionSpec, Template};

/// What one machine gives to the functions of a template.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Where the services are that the functions call.
    pub endpoints: Endpoints,
    /// Values for variables that the template declares for a function, instead of the template's.
    pub overrides: IndexMap<String, String>,
    /// Variables for every function, whatever the template says.
    pub extra: IndexMap<String, String>,
}

/// The addresses of services, as AWS SDKs take them from `AWS_ENDPOINT_URL_*`. Never the global
/// `AWS_ENDPOINT_URL`: it would send every other service's requests here too.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// The gateway's, without a path; for `@connections` and for Invoke.
    pub gateway: Option<String>,
    /// DynamoDB's and its streams'.
    pub dynamodb: Option<String>,
}

impl Environment {
    /// All variables but the Runtime API's address, which is another one for each process.
    pub(super) fn of_function(
        &self,
        template: &Template,
        id: &str,
        spec: &FunctionSpec,
        program: &Program,
    ) -> IndexMap<String, String> {
        let mut variables = IndexMap::new();
        // Interpreters behind a `bootstrap` script are found through it.
        let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned());
        set(&mut variables, "PATH", &path);
        set(&mut variables, "LANG", "en_US.UTF-8");
        set(&mut variables, "TZ", ":UTC");
        variables.extend(self.services(template, id));
        variables.extend(program.variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        variables.extend(self.declared(template, spec));
        // Reserved: on AWS nobody can set these.
        for (name, value) in [
            ("AWS_REGION", &*template.region),
            ("AWS_DEFAULT_REGION", &template.region),
            ("AWS_LAMBDA_FUNCTION_NAME", &spec.name),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &spec.memory_mb.to_string()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{}", spec.name)),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "local/[$LATEST]"),
            ("_HANDLER", spec.handler.as_deref().unwrap_or("bootstrap")),
            ("LAMBDA_TASK_ROOT", &program.folder.to_string_lossy()),
        ] {
            set(&mut variables, name, value);
        }
        variables
    }

    /// What a function needs that another program runs, besides what every such program sets: the services'
    /// addresses, credentials and region, and the template's variables with the values that they have here.
    pub fn elsewhere(&self, template: &Template, id: &str, spec: &FunctionSpec) -> IndexMap<String, String> {
        let mut variables = self.services(template, id);
        variables.extend(self.declared(template, spec));
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            set(&mut variables, name, &template.region);
        }
        variables
    }

    /// How SDKs find the services, and with what they sign.
    fn services(&self, template: &Template, id: &str) -> IndexMap<String, String> {
        let mut variables = IndexMap::new();
        // SDKs refuse to sign without any; nothing on one machine verifies the signature.
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            set(&mut variables, name, "local");
        }
        if let Some(gateway) = &self.endpoints.gateway {
            set(&mut variables, "AWS_ENDPOINT_URL_LAMBDA", gateway);
            if let Some(stage) = stage_of(template, id) {
                let management = format!("{gateway}/{stage}");
                set(&mut variables, "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", &management);
            }
        }
        if let Some(dynamodb) = &self.endpoints.dynamodb {
            set(&mut variables, "AWS_ENDPOINT_URL_DYNAMODB", dynamodb);
            set(&mut variables, "AWS_ENDPOINT_URL_DYNAMODB_STREAMS", dynamodb);
        }
        variables
    }

    /// The template's variables, then those for every function.
    fn declared(&self, template: &Template, spec: &FunctionSpec) -> IndexMap<String, String> {
        let mut variables = IndexMap::new();
        for (name, value) in &spec.environment {
            let value = self.overrides.get(name).unwrap_or(value);
            // Declared and left empty so that `sam local` can set it, as it is set here.
            if !(value.is_empty() && name.starts_with("AWS_ENDPOINT_URL_")) {
                variables.insert(name.clone(), self.at_home(template, value));
            }
        }
        variables.extend(self.extra.clone());
        variables
    }

    /// The value with the addresses that the template's APIs would have on AWS replaced by the
    /// gateway's: code that is handed its callback URL finds it.
    fn at_home(&self, template: &Template, value: &str) -> String {
        let Some(gateway) = &self.endpoints.gateway else { return value.to_owned() };
        let web_socket = gateway.replacen("http", "ws", 1);
        let ids = template.web_socket_apis.values().map(|api| &api.api_id);
        let ids = ids.chain(template.http_apis.values().map(|api| &api.api_id));
        ids.fold(value.to_owned(), |value, id| {
            let host = format!("{id}.execute-api.{}.amazonaws.com", template.region);
            value.replace(&format!("https://{host}"), gateway).replace(&format!("wss://{host}"), &web_socket)
        })
    }
}

fn set(variables: &mut IndexMap<String, String>, name: &str, value: &str) {
    variables.insert(name.to_owned(), value.to_owned());
}

/// The stage that a function posts to: of the API that has a route to it, else of the only API. With
/// several, nobody can tell, and the function must take the endpoint from its event.
fn stage_of<'t>(template: &'t Template, function: &str) -> Option<&'t str> {
    let all = || template.web_socket_apis.values();
    let mut routing =
        all().filter(|api| api.routes.values().any(|r| r.function.as_deref() == Some(function)));
    match (routing.next(), routing.next()) {
        (Some(api), None) => Some(&api.stage),
        (None, _) if all().count() == 1 => all().next().map(|api| &*api.stage),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::template::Options;

    #[test]
    fn the_callback_urls_of_a_template_lead_to_the_gateway() {
        let text = "
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.action
      Routes: { $default: { FunctionArn: !GetAtt Worker.Arn } }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          CALLBACK: !Sub https://${Api}.execute-api.${AWS::Region}.amazonaws.com/dev
          CLIENTS: !Sub '${Api.ApiEndpoint}/dev'
          OTHER: https://abc.execute-api.us-east-1.amazonaws.com/dev
";
        let template = Template::read(text, &Options::default()).unwrap();
        let gateway = Some("http://127.0.0.1:8080".to_owned());
        let environment =
            Environment { endpoints: Endpoints { gateway, dynamodb: None }, ..Environment::default() };
        let spec = &template.functions["Worker"];
        let program = Program {
            file: "/worker/bootstrap".into(),
            arguments: Vec::new(),
            folder: "/worker".into(),
            variables: Vec::new(),
            described: String::new(),
            sources: None,
            _files: None,
        };
        let variables = environment.of_function(&template, "Worker", spec, &program);
        assert_eq!(variables["CALLBACK"], "http://127.0.0.1:8080/dev");
        assert_eq!(variables["CLIENTS"], "ws://127.0.0.1:8080/dev");
        assert_eq!(variables["OTHER"], "https://abc.execute-api.us-east-1.amazonaws.com/dev");
    }
}
