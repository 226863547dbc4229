/**
 * What was sent from here and is not yet known to be in the room. An entry leaves when its message
 * comes back, live or through history; until then it can be sent again under the same nonce, which
 * the server stores once.
 */
import type { Ack, ErrorFrame } from '../protocol/types';
import { refusalOf, type Pending, type Refusal } from './rows';

/** The server knows a nonce for 10 minutes; a minute is for clocks and the way. */
export const NONCE_LIVES_MS = 9 * 60_000;
/** An answer that takes longer is not coming. */
export const ANSWER_WITHIN_MS = 15_000;

/** What the person at the keyboard gave. */
export interface Draft {
  readonly content: string;
  readonly replyTo: number | null;
  readonly to: string | null;
}

interface Entry {
  pending: Pending;
  /** Milliseconds since 1970, of the newest attempt; null: waits for a connection. */
  attemptedAt: number | null;
  /** Acknowledged; its copy is still to come. */
  stored: boolean;
  /** Where the ack says it is. */
  sequence: number | null;
}

export class Outbox {
  private entries: Entry[] = [];
  private shown: readonly Pending[] = [];

  get pending(): readonly Pending[] {
    return this.shown;
  }

  add(nonce: string, draft: Draft, now: number): void {
    const pending: Pending = { kind: 'pending', key: `p${nonce}`, nonce, ...draft, at: now, state: 'sending', refusal: null };
    this.entries.push({ pending, attemptedAt: null, stored: false, sequence: null });
    this.show();
  }

  /** It shall be sent, now or with the next connection. */
  queued(nonce: string): void {
    const entry = this.find(nonce);
    if (entry === undefined) return;
    entry.attemptedAt = null;
    entry.pending = { ...entry.pending, state: 'sending', refusal: null };
    this.show();
  }

  /** The frame went onto the wire. */
  attempted(nonce: string, now: number): void {
    const entry = this.find(nonce);
    if (entry === undefined) return;
    entry.attemptedAt = now;
  }

  /** Its copy came back. Says whether it was one of ours. */
  settle(nonce: string): boolean {
    return this.drop((entry) => entry.pending.nonce === nonce);
  }

  /** The room's message of that sequence is here. */
  settleSequence(sequence: number): boolean {
    return this.drop((entry) => entry.sequence === sequence);
  }

  /** It is stored. A private message has no sequence, and no history to come back from. */
  acknowledge(ack: Ack): void {
    const entry = ack.nonce === undefined ? undefined : this.find(ack.nonce);
    if (entry === undefined) return;
    entry.stored = true;
    entry.sequence = ack.sequence ?? null;
    entry.pending = { ...entry.pending, state: 'sending', refusal: null };
    this.show();
  }

  /** Answers why it was refused, if the error was about one of ours. */
  refuse(error: ErrorFrame, now: number): Refusal | null {
    const entry = error.nonce === undefined ? undefined : this.find(error.nonce);
    if (entry === undefined) return null;
    // The server speaks of the frame's field; the person at the keyboard thinks of a person.
    const absent = error.code === 'not_found' && entry.pending.to !== null;
    const refusal = refusalOf(absent ? { ...error, message: 'this person is not in the room now' } : error, now);
    entry.pending = { ...entry.pending, state: 'failed', refusal };
    this.show();
    return refusal;
  }

  discard(nonce: string): void {
    this.settle(nonce);
  }

  /** What to send on a new connection: nobody knows whether it arrived. */
  unanswered(now: number): readonly Pending[] {
    this.expire(now);
    return this.entries
      .filter((entry) => entry.pending.state === 'sending' && !entry.stored)
      .map((entry) => entry.pending);
  }

  /** Fails what has no answer, and what the server no longer knows by its nonce. Says whether any. */
  expire(now: number): boolean {
    let changed = false;
    for (const entry of this.entries) {
      if (entry.pending.state !== 'sending' || entry.stored) continue;
      const late = entry.attemptedAt !== null && now - entry.attemptedAt > ANSWER_WITHIN_MS;
      if (!late && now - entry.pending.at <= NONCE_LIVES_MS) continue;
      const refusal = { code: 'no_answer', message: 'No answer from the server.', retryAt: null };
      entry.pending = { ...entry.pending, state: 'failed', refusal };
      changed = true;
    }
    if (changed) this.show();
    return changed;
  }

  private find(nonce: string): Entry | undefined {
    return this.entries.find((entry) => entry.pending.nonce === nonce);
  }

  private drop(is: (entry: Entry) => boolean): boolean {
    const rest = this.entries.filter((entry) => !is(entry));
    if (rest.length === this.entries.length) return false;
    this.entries = rest;
    this.show();
    return true;
  }

  private show(): void {
    this.shown = this.entries.map((entry) => entry.pending);
  }
}
