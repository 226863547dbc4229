//! What people do, in requests to DynamoDB and in the capacity units that they consume: a change that
//! makes a message dearer fails here, and the README's tables have these numbers. A read unit is 4 KB read
//! consistently, half of one if not; a write unit is 1 KB, for the table and for each of its indexes.

mod messages;
mod rates;
mod reading;
mod room;
mod streams;

use room::{Room, total};
