//! What of a log can be said, and as whom: a room's rules judge what other chats let through.

use std::collections::{BTreeMap, HashMap};

use shared::domain::{Content, RoomId, UserId};

use crate::chat_log::Line;

/// One message to be said.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) at_ms: i64,
    pub(super) room: String,
    pub(super) user: String,
    /// As it will be stored.
    pub(super) content: String,
    /// The same for the same log and place in it: a replay that was interrupted and is repeated within
    /// ten minutes stores nothing twice.
    pub(super) nonce: String,
}

/// In order of time.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) posts: Vec<Post>,
    pub(super) skipped: BTreeMap<&'static str, u64>,
}

/// `room` is for logs without rooms; `prefix` comes before every room's name.
pub(super) fn plan(lines: &[Line], room: &str, prefix: &str) -> Plan {
    let run = fingerprint(lines, prefix);
    let mut plan = Plan::default();
    let mut names = Names::default();
    for (number, line) in lines.iter().enumerate() {
        let room = format!("{prefix}{}", names.fit(line.room.as_deref().unwrap_or(room), "_-"));
        let user = names.fit(&line.user, "_-.@");
        let said = (RoomId::parse(&room), UserId::parse(&user), Content::parse(&line.content));
        let reason = match said {
            (Ok(_), Ok(_), Ok(content)) => {
                let content = content.as_str().to_owned();
                let nonce = format!("replay-{run:016x}-{number}");
                plan.posts.push(Post { at_ms: line.at_ms, room, user, content, nonce });
                continue;
            }
            (Err(_), _, _) => "no name for a room",
            (_, Err(_), _) => "no name for a user",
            (_, _, Err(_)) => "no content for a room: empty, over 1,000 characters, or control characters",
        };
        *plan.skipped.entry(reason).or_default() += 1;
    }
    plan
}

/// Names as Hubbub has them. Two names that become the same stay apart.
#[derive(Default)]
struct Names {
    taken: HashMap<String, String>,
    fitted: HashMap<String, String>,
}

impl Names {
    fn fit(&mut self, name: &str, allowed: &str) -> String {
        let key = format!("{allowed} {name}");
        if let Some(known) = self.fitted.get(&key) {
            return known.clone();
        }
        let fit = |c: char| if c.is_ascii_alphanumeric() || allowed.contains(c) { c } else { '-' };
        let plain: String = name.chars().map(fit).take(48).collect();
        let mut fitted = plain.clone();
        let mut number = 1;
        while self.taken.get(&format!("{allowed} {fitted}")).is_some_and(|other| other != name) {
            number += 1;
            fitted = format!("{plain}-{number}");
        }
        self.taken.insert(format!("{allowed} {fitted}"), name.to_owned());
        self.fitted.insert(key, fitted.clone());
        fitted
    }
}

/// FNV-1a over everything that is said.
fn fingerprint(lines: &[Line], prefix: &str) -> u64 {
    let texts = lines.iter().flat_map(|line| {
        let at = line.at_ms.to_le_bytes();
        at.into_iter().chain(line.user.bytes()).chain(line.content.bytes())
    });
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    texts.chain(prefix.bytes()).fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(user: &str, content: &str) -> Line {
        let (user, content) = (user.to_owned(), content.to_owned());
        Line { at_ms: 1_000, offset_ms: 0, room: Some("#ubuntu".to_owned()), user, content }
    }

    #[test]
    fn names_are_made_to_fit_and_stay_apart_and_what_cannot_be_said_is_counted() {
        let lines =
            [line("Bøb", "hi"), line("Bob", "hi"), line("B|b", " hi "), line("Bøb", "\u{7}"), line("x", "")];
        let plan = plan(&lines, "room", "p-");
        let said: Vec<_> = plan.posts.iter().map(|post| (post.room.as_str(), post.user.as_str())).collect();
        assert_eq!(said, [("p--ubuntu", "B-b"), ("p--ubuntu", "Bob"), ("p--ubuntu", "B-b-2")]);
        assert_eq!(plan.posts[2].content, "hi");
        assert_eq!(plan.skipped.values().sum::<u64>(), 2);
    }

    #[test]
    fn the_same_log_has_the_same_nonces_and_another_one_has_others() {
        let nonce = |content| plan(&[line("a", content)], "r", "").posts[0].nonce.clone();
        assert_eq!(nonce("hi"), nonce("hi"));
        assert_ne!(nonce("hi"), nonce("ho"));
    }
}
