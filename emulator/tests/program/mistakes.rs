//! What a user is told who got something wrong.

use std::path::Path;

use crate::program::{DEADLINE, command};

const TEMPLATE: &str = "
Parameters: { Size: { Type: Number } }
Resources:
  Worker: { Type: AWS::Serverless::Function, Properties: { CodeUri: worker } }
";

async fn complaint(template: &Path, arguments: &[&str]) -> String {
    let output =
        tokio::time::timeout(DEADLINE, command(template, arguments).output()).await.unwrap().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn each_mistake_is_answered_with_its_mend() {
    let folder = tempfile::TempDir::new().unwrap();
    let template = folder.path().join("template.yaml");
    std::fs::write(&template, TEMPLATE).unwrap();
    for (arguments, expected) in [
        (&[][..], "the parameter has no default; give it a value"),
        (&["--parameter", "Size"], "it must be NAME=VALUE"),
        (&["--parameter", "Size=big"], "it must be a number"),
        (&["--parameter", "Colour=red"], "the template has no such parameter; it has: Size"),
        (&["--parameter", "Size=1"], "the function Worker is not built"),
        (&["--parameter", "Size=1", "--runtime", "ruby=ruby"], "it must be nodejs=PATH or python=PATH"),
        (&["--parameter", "Size=1", "--lambda-endpoint", "127.0.0.1:9000"], "it must start with http://"),
        (&["--parameter", "Size=1", "--write-env", "env.json"], "--lambda-endpoint <URL>"),
    ] {
        let complaint = complaint(&template, arguments).await;
        assert!(complaint.contains(expected), "{arguments:?}: {complaint}");
    }
    let faults = folder.path().join("faults.toml");
    std::fs::write(&faults, "[[function]]\nfault = \"drop\"\nroutes = \"$disconnect\"\n").unwrap();
    let unknown =
        complaint(&template, &["--parameter", "Size=1", "--faults", faults.to_str().unwrap()]).await;
    assert!(unknown.contains("line 3") && unknown.contains("unknown field `routes`"), "{unknown}");
    std::fs::write(&faults, "[[dynamodb]]\nfault = \"throttle\"\n").unwrap();
    let elsewhere = ["--parameter", "Size=1", "--dynamodb-endpoint", "localhost:8000", "--faults"];
    let no_address = complaint(&template, &[&elsewhere[..], &[faults.to_str().unwrap()]].concat()).await;
    assert!(no_address.contains("`localhost:8000` is no address of a DynamoDB"), "{no_address}");
    let nowhere = complaint(&folder.path().join("nowhere.yaml"), &[]).await;
    assert!(nowhere.contains("nowhere.yaml"), "{nowhere}");
}
