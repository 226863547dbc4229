//! API Gateway WebSocket and HTTP APIs, Lambda and DynamoDB streams on one machine, for any SAM
//! template. Knows nothing about what runs on it.
//!
//! ```
//! use emulator::{Emulator, Function, Template, template::Options};
//! use serde_json::{Value, json};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let template = Template::read(
//!     "
//! Resources:
//!   Api:
//!     Type: AWS::Serverless::WebSocketApi
//!     Properties:
//!       StageName: dev
//!       RouteSelectionExpression: $request.body.action
//!       Routes: { $default: { FunctionArn: !GetAtt Hello.Arn } }
//!   Hello: { Type: AWS::Serverless::Function }
//! ",
//!     &Options::default(),
//! )?;
//! let hello = Function::in_process(|_event: Value| async { Ok::<_, String>(json!({ "statusCode": 200 })) });
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let emulator = Emulator::builder(template).function("Hello", hello).start(listener).await?;
//! println!("ws://{}/dev", emulator.local_addr());
//! emulator.shutdown(std::time::Duration::from_secs(5)).await;
//! # Ok(())
//! # }
//! ```

mod clock;
mod codec;
mod connections;
mod control;
pub mod doubts;
pub mod dynamodb;
mod emulator;
pub mod faults;
pub mod function;
mod functions;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod gateway;
mod http_api;
mod ids;
pub mod invoke;
mod limits;
mod management;
pub mod processes;
mod schedules;
pub mod sdk;
pub mod streams;
pub mod template;
mod tls;

pub use codec::{EncodedFrame, MAX_FRAME_BYTES, MAX_MESSAGE_BYTES};
pub use connections::{Connections, PostError};
pub use doubts::Doubts;
pub use emulator::{Builder, Emulator, InvokeError, LeftConnection, LeftError, StartError, Summary};
pub use function::{Function, FunctionError, Invocation};
pub use gateway::{ApiError, BadExpression};
pub use limits::Limits;
pub use processes::Processes;
pub use schedules::{BadSchedule, RunError, ScheduleExpression};
pub use template::Template;
pub use tls::{Tls, TlsError};
