/** What the list of a room shows, one row each. */
import type { ErrorFrame, Role } from '../protocol/types';

/** A stored message of the room. */
export interface MessageRow {
  readonly kind: 'message';
  readonly key: string;
  readonly anchor: number;
  readonly order: 0;
  readonly sequence: number;
  readonly messageId: string;
  readonly userId: string;
  readonly username: string;
  /** Empty where `deleted`. */
  readonly content: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly role: Role;
  readonly replyTo: number | null;
  readonly deleted: boolean;
}

/** A message to one user: live only, so it stands where it arrived. */
export interface PrivateRow {
  readonly kind: 'private';
  readonly key: string;
  readonly anchor: number;
  readonly order: number;
  readonly messageId: string;
  readonly userId: string;
  readonly username: string;
  readonly to: string;
  readonly content: string;
  readonly at: number;
  readonly role: Role;
}

/** Who came and went, several in one row. */
export interface PresenceRow {
  readonly kind: 'presence';
  readonly key: string;
  readonly anchor: number;
  readonly order: number;
  readonly at: number;
  readonly joined: readonly string[];
  readonly left: readonly string[];
}

/** An announcement, or what this page has to say itself. */
export interface SystemRow {
  readonly kind: 'system';
  readonly key: string;
  readonly anchor: number;
  readonly order: number;
  readonly at: number;
  readonly content: string;
}

export type Row = MessageRow | PrivateRow | PresenceRow | SystemRow;

/** What was sent from here and is not known to be stored. Shown below everything else. */
export interface Pending {
  readonly kind: 'pending';
  readonly key: string;
  readonly nonce: string;
  readonly content: string;
  readonly replyTo: number | null;
  readonly to: string | null;
  /** Milliseconds since 1970, of the first attempt. */
  readonly at: number;
  readonly state: 'sending' | 'failed';
  readonly refusal: Refusal | null;
}

/** Why a frame was refused, in the server's words. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** When trying again makes sense, milliseconds since 1970; null: not by waiting. */
  readonly retryAt: number | null;
}

/** `now`: milliseconds since 1970. */
export function refusalOf({ code, message, retryAfterMs }: ErrorFrame, now: number): Refusal {
  return { code, message, retryAt: typeof retryAfterMs === 'number' ? now + retryAfterMs : null };
}

/** Rows follow the sequence; what has none stands behind the newest message at its arrival. */
export function compare(a: { anchor: number; order: number }, b: { anchor: number; order: number }): number {
  return a.anchor - b.anchor || a.order - b.order;
}
