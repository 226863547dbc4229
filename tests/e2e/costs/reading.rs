//! Who reads what was said, over HTTP.

use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, LambdaEvent, Service};
use serde_json::{Value, json};
use shared::App;
use shared::domain::{Actor, Ban, Role, RoomId, UserId};
use shared::identity::Tokens;
use tests::token;

use super::Room;
use crate::faults::database::config_with;
use crate::faults::{NOON, at};

const SECRET: &str = "a secret of thirty-two characters";

/// A room, and whom its readers have to convince of who they are.
struct Guarded {
    room: Room,
    tokens: Tokens,
}

/// It has had fifty messages, and of who reads in it a token is asked.
async fn guarded_room() -> Guarded {
    let room = Room::new().await;
    for n in 0..49 {
        room.say(json!({}), n * 1000).await;
    }
    let config = config_with(&[("AUTH_SECRET", SECRET)]);
    let tokens = Tokens::new(&config, room.database.http_client());
    Guarded { room, tokens }
}

/// The status of an answer and what it cost.
async fn get(
    Guarded { room, tokens }: &Guarded,
    event: &str,
    path: [(&str, &str); 1],
    claims: &Value,
) -> (i64, Vec<String>) {
    let mut event: Value = serde_json::from_str(event).unwrap();
    event["pathParameters"] = path.into_iter().collect();
    event["requestContext"]["timeEpoch"] = (NOON + 60_000).into();
    let mut all = json!({"exp": NOON / 1000 + 3600});
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    event["headers"]["authorization"] = format!("Bearer {}", token(SECRET, &all)).into();
    let request: LambdaRequest = serde_json::from_value(event).unwrap();
    let mut router = Adapter::from(api::router(App::clone(&room.app), tokens.clone()));
    let Ok(answer) = router.call(LambdaEvent::new(request, Context::default())).await;
    (serde_json::to_value(&answer).unwrap()["statusCode"].as_i64().unwrap(), room.meter.bill())
}

async fn history(room: &Guarded, claims: &Value) -> (i64, Vec<String>) {
    get(room, include_str!("../../../events/api-messages.json"), [("room", "global")], claims).await
}

async fn messages_of_alice(room: &Guarded, claims: &Value) -> (i64, Vec<String>) {
    get(room, include_str!("../../../events/api-user-messages.json"), [("user", "alice")], claims).await
}

fn bill(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

const BAN: &str = "GetItem rooms 1.0";
const PAGE: &str = "Query messages 5.0";

#[tokio::test]
async fn a_page_of_history() {
    let room = guarded_room().await;
    let viewer = json!({"sub": "bob"});
    // 50 messages are 20 KB.
    assert_eq!(history(&room, &viewer).await, (200, bill(&[BAN, PAGE])));
    assert_eq!(history(&room, &json!({"sub": "o", "role": "owner"})).await, (200, bill(&[PAGE])));
    assert_eq!(history(&room, &json!({"sub": "bob", "rooms": ["other"]})).await, (403, vec![]));

    let mia = Actor { user: UserId::parse("mia").unwrap(), role: Role::Moderator };
    let (global, bob) = (RoomId::parse("global").unwrap(), UserId::parse("bob").unwrap());
    room.room.database.app.store.ban_put(&global, &bob, &Ban { by: mia, at: at(NOON) }).await.unwrap();
    assert_eq!(history(&room, &viewer).await, (403, bill(&[BAN])), "who is banned reads nothing else");

    let tokens = Tokens::new(&config_with(&[]), room.room.database.http_client());
    let open = Guarded { tokens, ..room };
    assert_eq!(history(&open, &viewer).await, (200, bill(&[PAGE])), "nobody is known");
}

#[tokio::test]
async fn a_page_of_a_users_messages() {
    let room = guarded_room().await;
    let (index, page) = ("Query messages 0.5", "BatchGetItem messages 50.0");
    assert_eq!(messages_of_alice(&room, &json!({"sub": "alice"})).await, (200, bill(&[index, page])));
    // Of each room once, whether the reader is banned from it.
    let moderator = json!({"sub": "mia", "role": "moderator"});
    let bans = "BatchGetItem rooms 1.0";
    assert_eq!(messages_of_alice(&room, &moderator).await, (200, bill(&[index, bans, page])));
}
