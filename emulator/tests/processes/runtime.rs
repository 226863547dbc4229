//! What the processes run: the smallest client of the Runtime API, which does what its event says.
//! Only a test by name, so that this program can be the function too.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

struct Api(String);

impl Api {
    /// One request on a connection of its own: the head's lines and the body.
    fn call(&self, method: &str, path: &str, headers: &str, body: &str) -> (Vec<String>, String) {
        let mut stream = TcpStream::connect(&self.0).unwrap();
        let (host, length) = (&self.0, body.len());
        write!(
            stream,
            "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        )
        .unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            // The emulator is gone: so is this.
            if reader.read_line(&mut line).unwrap() == 0 {
                std::process::exit(0);
            }
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let mut body = String::new();
        reader.read_to_string(&mut body).unwrap();
        (head, body)
    }
}

fn header(head: &[String], name: &str) -> String {
    let lines = head.iter().filter_map(|line| line.split_once(": "));
    let mut values = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    values.next().unwrap_or_else(|| panic!("no {name}")).to_owned()
}

/// Not a test: the function. It never returns.
#[test]
#[ignore = "it is the program that the other tests start"]
fn function() {
    let api = Api(std::env::var("AWS_LAMBDA_RUNTIME_API").expect("started by the emulator"));
    match std::env::var("INIT").as_deref() {
        Ok("exit") => std::process::exit(7),
        Ok("error") => {
            let error = json!({ "errorType": "Config.Missing", "errorMessage": "no table" }).to_string();
            api.call("POST", "init/error", "", &error);
            std::process::exit(1);
        }
        _ => {}
    }
    let mut handled = 0;
    loop {
        let (head, event) = api.call("GET", "invocation/next", "", "");
        let id = header(&head, "Lambda-Runtime-Aws-Request-Id");
        let event: Value = serde_json::from_str(&event).unwrap();
        handled += 1;
        // A frame of a client is in the body of the gateway's event.
        let frame: Value =
            event["body"].as_str().map(|body| serde_json::from_str(body).unwrap()).unwrap_or_default();
        let wanted = if frame.is_object() { &frame["do"] } else { &event["do"] };
        let result = match wanted.as_str().unwrap_or("succeed") {
            "exit" => std::process::exit(3),
            "hang" => loop {
                std::thread::park();
            },
            "grow" => {
                // Written, so that it is resident and not only reserved.
                let block = vec![1_u8; 400 * 1024 * 1024];
                std::hint::black_box(&block);
                loop {
                    std::thread::park();
                }
            }
            "fail" => {
                let error = json!({ "errorType": "Lost", "errorMessage": "no way", "stackTrace": ["here"] });
                let kind = "Lambda-Runtime-Function-Error-Type: Function.Lost\r\n";
                api.call("POST", &format!("invocation/{id}/error"), kind, &error.to_string());
                continue;
            }
            "meet" => {
                // Answers once another process is here too.
                let path = event["file"].as_str().unwrap();
                let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
                writeln!(file, "{}", std::process::id()).unwrap();
                while std::fs::read_to_string(path).unwrap().lines().count() < 2 {
                    std::thread::yield_now();
                }
                json!({ "statusCode": 200 })
            }
            "say" => {
                println!("a line on stdout");
                eprintln!("a line on stderr");
                json!(null)
            }
            "tell" => json!({
                "pid": std::process::id(),
                "handled": handled,
                "deadline": header(&head, "Lambda-Runtime-Deadline-Ms"),
                "arn": header(&head, "Lambda-Runtime-Invoked-Function-Arn"),
                "context": head.iter().find_map(|line| line.strip_prefix("lambda-runtime-client-context: ")),
                "trace": header(&head, "Lambda-Runtime-Trace-Id"),
                "environment": std::env::vars().collect::<std::collections::BTreeMap<_, _>>(),
                "event": event,
            }),
            _ => json!({ "statusCode": 200, "body": event["body"] }),
        };
        api.call("POST", &format!("invocation/{id}/response"), "", &result.to_string());
    }
}
