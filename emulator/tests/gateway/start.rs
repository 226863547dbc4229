//! What an emulator refuses to start with.

use emulator::template::Options;
use emulator::{Emulator, Function, FunctionError, Template};
use tokio::net::TcpListener;

use crate::TEMPLATE;

async fn refusal(template: &str, functions: &[&str]) -> String {
    let template = Template::read(template, &Options::default()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nothing = || Function::new(|_| std::future::ready(Err(FunctionError::new("Error", &"unused"))));
    let builder = functions.iter().fold(Emulator::builder(template), |b, name| b.function(*name, nothing()));
    let error = builder.start(listener).await.unwrap_err();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}

#[tokio::test]
async fn a_function_without_code_is_named_with_the_route_that_needs_it() {
    let text = refusal(TEMPLATE, &[]).await;
    assert!(
        text.starts_with("the function Handler of the route $connect of Api is not registered"),
        "{text}"
    );
}

#[tokio::test]
async fn a_function_that_the_template_does_not_have_is_named() {
    let text = refusal(TEMPLATE, &["Handler", "Handlre"]).await;
    assert!(text.starts_with("the template has no function Handlre"), "{text}");
}

#[tokio::test]
async fn an_expression_that_cannot_be_evaluated_is_refused() {
    let template = TEMPLATE.replace("$request.body.action", "$request.header.action");
    let text = refusal(&template, &["Handler"]).await;
    assert!(text.contains("expression of Api cannot be used: `request.header.action`"), "{text}");
}
