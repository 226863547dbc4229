/** The shapes of the protocol: frames of the WebSocket and answers of the HTTP API. */

export type Role = 'viewer' | 'moderator' | 'owner';

export interface ChatFrame {
  type: 'chat';
  messageId: string;
  roomId: string;
  /** Absent on private messages. */
  sequence?: number;
  userId: string;
  username: string;
  content: string;
  timestamp: string;
  /** Only in the sender's own copy. */
  nonce?: string;
  replyTo?: number;
  to?: string;
  role?: Role;
}

export interface Ack {
  type: 'ack';
  messageId?: string;
  sequence?: number;
  timestamp?: string;
  nonce?: string;
}

export interface ErrorFrame {
  type: 'error';
  code: string;
  message: string;
  nonce?: string;
  retryAfterMs?: number;
}

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

export interface AnalyticsFrame {
  type: 'analytics';
  roomId: string;
}

export interface Pong {
  type: 'pong';
}

/** A page of history, oldest first; `next` is the cursor of the next page, null at the end. */
export interface HistoryPage {
  roomId: string;
  count: number;
  messages: ChatFrame[];
  next: number | null;
}

/** `GET /api/rooms`: rooms with somebody in them, largest first. */
export interface Rooms {
  rooms: { roomId: string; members: number; connections: number; messages: number }[];
}

/** `GET /api/rooms/{room}/members`. */
export interface Members {
  roomId: string;
  count: number;
  members: Member[];
}

export interface Member {
  userId: string;
  username: string;
  joinedAt: string;
  connections: number;
}

/** `GET /api/rooms/{room}`. */
export interface RoomSettings {
  roomId?: string;
  slowModeSeconds?: number | null;
  maxContentLength?: number | null;
  announcement?: string | null;
}

/** `GET /api/users/{user}/messages`: oldest first. */
export interface UserMessages {
  userId?: string;
  count: number;
  messages: ChatFrame[];
  next: unknown;
}

/** `GET /api/rooms/{room}/moderation`: newest first. */
export interface ModerationLog {
  entries: { id?: string; op: string; by: string; target?: string; timestamp: string }[];
}
