//! `bench soak`: a crowd that comes, talks and goes for half an hour, while functions crash, requests
//! are throttled, answers are lost and sockets break. At the end nothing may be missing, every count
//! has to be right, and the server may not have grown.

mod command;
mod counts;
mod crowd;
mod growth;
mod person;
mod records;
mod report;

pub use command::{Outcome, SoakOptions, run};
