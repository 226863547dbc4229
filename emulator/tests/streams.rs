//! Event source mappings on the streams of the real embedded engine, through real SDK clients.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod mappings {
    mod failures;
    mod order;
    mod restarts;
    mod support;
    mod turnover;
    mod waiting;
    mod windows;
}
