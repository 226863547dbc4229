//! What the embedded engine's one endless shard cannot show, and times of records that nobody can wait for.
//! Against a scripted stream, through the real SDK client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shards {
    mod script;
    mod turnover;
    mod windows;
}
