//! Who somebody proved to be.

use super::{Role, RoomId, UserId, Username};

/// What a token that was verified says of its bearer. Somebody without a token has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The token's `sub`, percent-encoded.
    pub user_id: UserId,
    /// The token's `name`, which wins over one that a client claims.
    pub username: Option<Username>,
    /// The token's `role`; it holds in every room that the token allows.
    pub role: Role,
    /// The token's `rooms`.
    pub rooms: AllowedRooms,
}

/// Which rooms a token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedRooms {
    /// The token does not speak of rooms.
    All,
    /// These and no other; there may be none.
    Listed(Vec<RoomId>),
}

impl Identity {
    /// Whether the token lets its bearer into a room, and read what was said there.
    pub fn may_enter(&self, room: &RoomId) -> bool {
        match &self.rooms {
            AllowedRooms::All => true,
            AllowedRooms::Listed(rooms) => rooms.contains(room),
        }
    }

    /// Whether the bearer keeps order in a room. A moderator of other rooms does not.
    pub fn moderates(&self, room: &RoomId) -> bool {
        matches!(self.role, Role::Moderator | Role::Owner) && self.may_enter(room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(name: &str) -> RoomId {
        RoomId::parse(name).unwrap()
    }

    fn identity(role: Role, rooms: AllowedRooms) -> Identity {
        Identity { user_id: UserId::parse("alice").unwrap(), username: None, role, rooms }
    }

    #[test]
    fn a_moderator_moderates_the_rooms_of_the_token_and_a_viewer_none() {
        let listed = || AllowedRooms::Listed(vec![room("a")]);
        for role in [Role::Moderator, Role::Owner] {
            assert!(identity(role, listed()).moderates(&room("a")));
            assert!(!identity(role, listed()).moderates(&room("b")));
            assert!(identity(role, AllowedRooms::All).moderates(&room("b")));
        }
        assert!(!identity(Role::Viewer, AllowedRooms::All).moderates(&room("a")));
        assert!(identity(Role::Viewer, listed()).may_enter(&room("a")));
        assert!(!identity(Role::Viewer, listed()).may_enter(&room("b")));
    }

    #[test]
    fn an_empty_list_of_rooms_is_no_room_and_not_every_room() {
        assert!(!identity(Role::Owner, AllowedRooms::Listed(Vec::new())).may_enter(&room("global")));
    }
}
