/**
 * The shapes of the protocol, under the names that the page uses: frames of the WebSocket and answers of
 * the HTTP API. All of them come from the API's own description (`generated.ts`); none is written here.
 */
import type { components } from './generated';

type Described = components['schemas'];

export type Role = Described['Role'];

/** Whatever the server says on the WebSocket. */
export type ServerFrame = Described['ServerFrame'];
/** Private messages have `to` and no `sequence`. */
export type ChatFrame = Described['ChatFrame'];
/** That of a private message, or of a moderator's request, has no `sequence`. */
export type Ack = Described['Ack'];
export type ErrorFrame = Described['ErrorFrame'];
export type Notice = Described['JoinFrame'] | Described['LeaveFrame'];
export type SystemFrame = Described['SystemFrame'];

/** `GET /api/rooms/{room}/messages`, as it comes. */
export type HistoryAnswer = Described['HistoryPage'];
/** A page of history, oldest first; `next` is the cursor of the next page, null at the end and never left out. */
export type HistoryPage = HistoryAnswer & { next: Described['Sequence'] | null };
/** `GET /api/rooms`: rooms with somebody in them, largest first. */
export type Rooms = Described['Rooms'];
/** `GET /api/rooms/{room}/members`. */
export type MemberPage = Described['MemberPage'];
export type Member = Described['Member'];
/** `GET /api/rooms/{room}`. */
export type RoomSettings = Described['Room'];
/** The body of `PUT /api/rooms/{room}`: what is to change. */
export type RoomChange = Described['RoomChange'];
/** `GET /api/users/{user}/messages`: oldest first. */
export type UserMessages = Described['UserMessagesPage'];
/** `GET /api/rooms/{room}/moderation`: newest first. */
export type ModerationLog = Described['LogPage'];
/** `GET /api/rooms/{room}/moments`. */
export type Moments = Described['Moments'];
/** The body of every refusal of the HTTP API. */
export type ErrorBody = Described['ErrorBody'];
