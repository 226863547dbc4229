//! What `Ref` and `Fn::GetAtt` yield for a resource that was never deployed: names and ARNs of
//! AWS's form, the same at every start.

use serde_json::Value;

use super::resolver::{Resolver, Unresolved, text_of};
use super::web_socket_api::DEFAULT_STAGE;

impl Resolver<'_> {
    /// `Ref` of a resource.
    pub(super) fn resource_reference(&self, name: &str) -> Result<String, Unresolved> {
        let (stack, region) = (&self.options.stack_name, &self.options.region);
        // `Function.Alias` and `Function.Version` are SAM's own.
        let id = name.split('.').next().unwrap_or(name);
        if !self.document.resources.contains_key(id) {
            // SAM adds resources such as `ChatApiSendmessageRoute`; their id stands for itself.
            return match self.generated_by(id) {
                true => Ok(id.to_owned()),
                false => Err(format!("there is no parameter or resource {id}")),
            };
        }
        Ok(match self.kind(id) {
            "AWS::Serverless::WebSocketApi" | "AWS::Serverless::HttpApi" if name.ends_with(".Stage") => {
                self.own_text(id, "StageName")?.unwrap_or_else(|| DEFAULT_STAGE.to_owned())
            }
            "AWS::Serverless::Function" | "AWS::Lambda::Function" if name == id => self.function_name(id)?,
            "AWS::Serverless::Function" => self.attribute(id, "Arn")?,
            "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" | "AWS::Serverless::SimpleTable" => {
                self.table_name(id)?
            }
            "AWS::Serverless::WebSocketApi" | "AWS::Serverless::HttpApi" | "AWS::ApiGatewayV2::Api" => {
                self.api_id(id)
            }
            "AWS::ApiGatewayV2::Stage" => self.own_text(id, "StageName")?.unwrap_or_else(|| id.to_owned()),
            "AWS::ApiGatewayV2::Route"
            | "AWS::ApiGatewayV2::Integration"
            | "AWS::ApiGatewayV2::Authorizer" => id.to_owned(),
            "AWS::Serverless::LayerVersion" | "AWS::Lambda::LayerVersion" => {
                let name = self.own_text(id, "LayerName")?.unwrap_or_else(|| id.to_owned());
                format!("arn:aws:lambda:{region}:{}:layer:{name}:1", self.options.account_id)
            }
            "AWS::Lambda::Version" | "AWS::Lambda::Alias" => self.version_arn(id)?,
            "AWS::SQS::Queue" => {
                format!("https://sqs.{region}.amazonaws.com/{}/{stack}-{id}", self.options.account_id)
            }
            "AWS::SNS::Topic" => self.attribute(id, "Arn")?,
            _ => format!("{stack}-{id}"),
        })
    }

    /// `Fn::GetAtt`.
    pub(super) fn attribute(&self, id: &str, attribute: &str) -> Result<String, Unresolved> {
        if !self.document.resources.contains_key(id) && !self.generated_by(id) {
            return Err(format!("there is no resource {id}"));
        }
        let kind = self.kind(id);
        // What `Ref` yields, by its other name.
        if matches!(attribute, "RouteId" | "IntegrationId" | "AuthorizerId" | "APIKeyId" | "QueueUrl")
            && self.document.resources.contains_key(id)
        {
            return self.resource_reference(id);
        }
        let (stack, region, account) =
            (&self.options.stack_name, &self.options.region, &self.options.account_id);
        Ok(match (kind, attribute) {
            ("AWS::Serverless::Function" | "AWS::Lambda::Function", "Arn") => {
                format!("arn:aws:lambda:{region}:{account}:function:{}", self.function_name(id)?)
            }
            (
                "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" | "AWS::Serverless::SimpleTable",
                "Arn",
            ) => {
                format!("arn:aws:dynamodb:{region}:{account}:table/{}", self.table_name(id)?)
            }
            ("AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", "StreamArn") => {
                format!("arn:aws:dynamodb:{region}:{account}:table/{}/stream/local", self.table_name(id)?)
            }
            (
                "AWS::Serverless::WebSocketApi" | "AWS::Serverless::HttpApi" | "AWS::ApiGatewayV2::Api",
                name,
            ) => {
                let api_id = self.api_id(id);
                match name {
                    "ApiEndpoint" if kind == "AWS::Serverless::WebSocketApi" => {
                        format!("wss://{api_id}.execute-api.{region}.amazonaws.com")
                    }
                    "ApiEndpoint" => format!("https://{api_id}.execute-api.{region}.amazonaws.com"),
                    _ => api_id,
                }
            }
            ("AWS::SQS::Queue", "QueueName") => format!("{stack}-{id}"),
            (_, "Arn" | "TopicArn") => {
                let service = kind.split("::").nth(1).unwrap_or("local").to_lowercase();
                format!("arn:aws:{service}:{region}:{account}:{stack}-{id}")
            }
            _ => format!("{stack}-{id}.{attribute}"),
        })
    }

    /// A function's name: its logical id, unless the template gives one.
    pub(super) fn function_name(&self, id: &str) -> Result<String, Unresolved> {
        Ok(self.own_text(id, "FunctionName")?.unwrap_or_else(|| id.to_owned()))
    }

    /// The ARN of a version or an alias: of the function behind it, which has only one version here.
    fn version_arn(&self, id: &str) -> Result<String, Unresolved> {
        let function = self.own_text(id, "FunctionName")?.unwrap_or_default();
        let function = self.function_of(&function).ok_or_else(|| format!("{id} is of no function here"))?;
        self.attribute(&function, "Arn")
    }

    /// A table's name: as CloudFormation would begin it, unless the template gives one.
    pub(super) fn table_name(&self, id: &str) -> Result<String, Unresolved> {
        let given = self.own_text(id, "TableName")?;
        Ok(given.unwrap_or_else(|| format!("{}-{id}", self.options.stack_name)))
    }

    /// Ten characters, as AWS's API ids have, from the stack and the resource.
    pub(super) fn api_id(&self, id: &str) -> String {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        // FNV-1a: it must not change between versions of a toolchain, and guards nothing.
        let mut hash = self
            .options
            .stack_name
            .bytes()
            .chain([b'/'])
            .chain(id.bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        let mut text = String::with_capacity(10);
        for _ in 0..10 {
            text.push(char::from(ALPHABET[(hash % 36) as usize]));
            hash /= 36;
        }
        text
    }

    /// The logical id of the function that an ARN, or an integration's URI around one, names.
    pub(super) fn function_of(&self, arn: &str) -> Option<String> {
        let name = match arn.rsplit_once(":function:").or_else(|| arn.rsplit_once("functions/")) {
            Some((_, rest)) => rest.split([':', '/']).next().unwrap_or(rest),
            None => arn,
        };
        self.document
            .resources
            .keys()
            .filter(|id| matches!(self.kind(id), "AWS::Serverless::Function" | "AWS::Lambda::Function"))
            .find(|id| self.function_name(id).is_ok_and(|known| known == name))
            .cloned()
    }

    fn own_text(&self, id: &str, property: &str) -> Result<Option<String>, Unresolved> {
        let value = self.document.resources.get(id).and_then(|r| r.get("Properties")?.get(property));
        let resolved = value.map(|value| self.resolve(value)).transpose()?.flatten();
        Ok(resolved.as_ref().and_then(text_of))
    }

    /// Whether SAM would add a resource of this id: such an id begins with that of a SAM resource.
    fn generated_by(&self, id: &str) -> bool {
        let is_sam = |r: &Value| {
            r.get("Type").and_then(Value::as_str).is_some_and(|kind| kind.starts_with("AWS::Serverless::"))
        };
        id == "ServerlessHttpApi"
            || id == "ServerlessRestApi"
            || self.document.resources.iter().any(|(known, r)| is_sam(r) && id.starts_with(known.as_str()))
    }
}
