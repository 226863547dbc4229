/**
 * The shapes of the protocol: frames of the WebSocket and answers of the HTTP API. What the API's own
 * description has comes from it (`generated.ts`); only what it does not have yet is written here.
 */
import type { components } from './generated';

type Described = components['schemas'];

export type Role = Described['Role'];

/** Private messages have `to` and no `sequence`. */
export type ChatFrame = Omit<Described['ChatFrame'], 'sequence' | 'to'> & { sequence?: number; to?: string };

/** That of a private message, or of a moderator's request, has no `sequence`. */
export type Ack = Pick<Described['Ack'], 'type' | 'nonce'> & { messageId?: string; sequence?: number; timestamp?: string };

export type ErrorFrame = Described['ErrorFrame'];
export type Pong = Described['Pong'];

export interface Notice {
  type: 'join' | 'leave';
  roomId: string;
  userId: string;
  username: string;
  timestamp: string;
  members: number;
}

export interface Presence {
  type: 'presence';
  roomId: string;
  members: number;
  timestamp: string;
}

export interface SystemFrame {
  type: 'system';
  roomId: string;
  content: string;
  timestamp: string;
}

export interface DeleteFrame {
  type: 'delete';
  roomId: string;
  sequence: number;
  messageId?: string;
}

export type AnalyticsFrame = Described['AnalyticsFrame'];

/** A page of history, oldest first; `next` is the cursor of the next page, null at the end. */
export type HistoryPage = Pick<Described['HistoryPage'], 'roomId' | 'count'> & { messages: ChatFrame[]; next: number | null };

/** `GET /api/rooms`: rooms with somebody in them, largest first. */
export interface Rooms {
  rooms: { roomId: string; members: number; connections: number; messages: number }[];
}

/** `GET /api/rooms/{room}/members`. */
export interface MemberPage {
  members: Member[];
  next?: string | null;
}

export interface Member {
  userId: string;
  username: string;
  joinedAt: string;
  connections: number;
}

/** `GET /api/rooms/{room}`. */
export type RoomSettings = Described['Room'];

/** `GET /api/users/{user}/messages`: oldest first. */
export type UserMessages = Described['UserMessagesPage'];

/** `GET /api/rooms/{room}/moderation`: newest first. */
export interface ModerationLog {
  entries: { id: string; op: string; moderator: string; timestamp: string; userId?: string; seconds?: number; sequence?: number; content?: string }[];
}
