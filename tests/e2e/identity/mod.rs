//! Who somebody is, and what happens to those who only say so.

mod feed;
mod hostile;
mod key_set;
mod origins;
mod secrets;
mod tokens;
