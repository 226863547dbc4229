//! What a plan is made of: rules, each with a place, a fault, and when it strikes. These types are the
//! file's format as well.

use serde::Deserialize;

use super::decision::When;

/// All rules, and the seed of their dice.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    /// The same seed and order of requests makes the same faults.
    pub seed: u64,
    /// For invocations of functions, by whomever they are.
    pub function: Vec<FunctionRule>,
    /// For calls of `@connections`.
    pub connections: Vec<ConnectionsRule>,
    /// For the batches of stream mappings.
    pub stream: Vec<StreamRule>,
    /// For requests to DynamoDB.
    pub dynamodb: Vec<DynamoDbRule>,
    /// For clients' sockets.
    pub socket: Vec<SocketRule>,
}

/// What happens to an invocation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FunctionFault {
    /// The function's process dies before it has done anything.
    CrashBefore,
    /// It does its work and dies before it answers.
    CrashAfter,
    /// It dies after so many milliseconds, in the middle of its work unless that is done.
    CrashDuring(u64),
    /// It fails with this message and does nothing.
    Error(String),
    /// It does its work and does not answer before its timeout.
    Timeout,
    /// Lambda refuses the call: 429.
    Throttle,
    /// It is late by so many milliseconds.
    Delay(u64),
    /// It is run twice with the same event; the second result counts.
    Duplicate,
    /// It is not run and nobody is told, as may happen to `$disconnect`.
    Drop,
    /// The emulator dies on the spot, as by `kill -9`, before the function has run.
    KillBefore,
    /// The emulator dies on the spot after the function has run and before anybody is answered.
    KillAfter,
}

/// What happens to a call of `@connections`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionsFault {
    /// 410, though the connection is open.
    Gone,
    /// 429.
    Throttle,
    /// 500.
    Internal,
    /// It is carried out so many milliseconds late.
    Delay(u64),
    /// It is carried out and the caller's socket breaks before the answer.
    LoseReply,
}

/// What happens to a batch of stream records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamFault {
    /// It is delivered twice in a row.
    Duplicate,
    /// It is delivered in two parts, each an event of its own.
    Split,
    /// It is late, so that other lanes' overtake it, and an earlier one comes once more behind it.
    Reorder,
}

/// What happens to a request to DynamoDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DynamoDbFault {
    /// 400 `ThrottlingException`.
    Throttle,
    /// 400 `TransactionCanceledException` because of another transaction, or
    /// `TransactionConflictException` where the request is none.
    Conflict,
    /// 500 `InternalServerError`.
    Internal,
    /// It is carried out so many milliseconds late.
    Delay(u64),
    /// It is carried out and the caller's socket breaks before the answer.
    LoseReply,
}

/// When a client's socket breaks, without a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SocketFault {
    /// As soon as it is open.
    AtOpen,
    /// When a message has arrived, which is lost.
    BeforeMessage,
    /// When a message was handled, before it is answered.
    AfterMessage,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident($fault:ty) { $($(#[$about:meta])* $place:ident,)* })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $rule {
            /// What happens.
            pub fault: $fault,
            $($(#[$about])* pub $place: Option<String>,)*
            /// From 0 (never) to 1; without it and `nth`, always.
            pub probability: Option<f64>,
            /// These requests and no others, counted from 1 among those that the rule applies to.
            #[serde(default, deserialize_with = "super::reading::one_or_more")]
            pub nth: Vec<u64>,
            /// None before this one.
            pub from: Option<u64>,
            /// So often at most.
            pub times: Option<u64>,
        }

        impl $rule {
            /// A rule that applies everywhere and always strikes.
            pub fn new(fault: $fault) -> Self {
                Self { fault, $($place: None,)* probability: None, nth: Vec::new(), from: None, times: None }
            }

            pub(super) fn when(&self) -> When {
                let Self { probability, nth, from, times, .. } = self;
                When { probability: *probability, nth: nth.clone(), from: *from, times: *times }
            }
        }
    )* };
}

rules! {
    /// A fault of functions.
    FunctionRule(FunctionFault) {
        /// The function's logical id or name.
        name,
        /// The route key of the event, such as `sendMessage`, `$disconnect` or `GET /items/{id}`.
        route,
    }
    /// A fault of `@connections`.
    ConnectionsRule(ConnectionsFault) {
        /// `POST`, `GET` or `DELETE`.
        operation,
    }
    /// A fault of stream mappings.
    StreamRule(StreamFault) {
        /// A mapping, such as `PresenceFunction/Connections`, or all of a function: `PresenceFunction`.
        mapping,
    }
    /// A fault of DynamoDB.
    DynamoDbRule(DynamoDbFault) {
        /// Such as `PutItem`.
        operation,
        /// The table's name.
        table,
    }
    /// A fault of clients' sockets.
    SocketRule(SocketFault) {
        /// The route key that the message selects.
        route,
    }
}
