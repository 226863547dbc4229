/**
 * A room's messages as this page knows them. Frames may come in any order, twice, or not at all, and
 * pages of history at any time: the outcome is the server's history. Pure: no clock, no network; time
 * is an argument.
 *
 * The rules: a message is placed by its `sequence`; what history passed over does not exist (or was
 * deleted) and a late copy of it is ignored; a deletion is remembered, also before its message comes.
 */
import type { Ack, ChatFrame, HistoryPage, Notice, SystemFrame } from '../protocol/types';
import { Intervals, type Interval } from './intervals';
import { Outbox } from './outbox';
import { certain, type Cursor } from './page-range';
import { compare, type MessageRow, type Row } from './rows';

/** Joins and leaves within this time share a row. */
const PRESENCE_ROW_MS = 120_000;
/** Names in such a row; more only make it unreadable. */
const PRESENCE_ROW_NAMES = 50;

export class RoomLog {
  /** Ascending by `compare`. Changed in place: 100,000 rows are not copied for each message. */
  readonly rows: Row[] = [];
  readonly outbox = new Outbox();
  /** Grows with every change. */
  version = 0;
  /** Rows put in front of the ones that were there: a list keeps its place by it. */
  prepended = 0;
  /** Grows when everything was forgotten. */
  epoch = 0;
  /** Whether the room's first message is among the rows. */
  reachesStart = false;

  private known = new Intervals();
  private deleted = new Set<number>();
  private privateIds = new Set<string>();
  private arrivals = 0;
  /** The highest sequence that an ack has named. */
  private promised = 0;

  /** The newest sequence known; 0 before the first. */
  get newest(): number {
    return this.known.all.at(-1)?.high ?? 0;
  }

  /** The question whose answers lead to the newest message, and show what was deleted among the last
   * `again` ones. */
  resumeCursor(again: number): Cursor {
    const { low, high } = this.known.all.at(-1) ?? { low: 1, high: 0 };
    return { kind: 'after', sequence: Math.max(low - 1, high - again, 0), known: high };
  }

  /** The oldest message's sequence; 0 where there is none. */
  get oldest(): number {
    return this.rows.find((row) => row.kind === 'message')?.anchor ?? 0;
  }

  /** What must be asked for: numbers between known ones, and up to what an ack has named. */
  get holes(): Interval[] {
    const gaps = this.known.gaps();
    if (this.promised > this.newest) gaps.push({ low: this.newest + 1, high: this.promised });
    return gaps;
  }

  /** The hole in front of the row at `index`. */
  holeBefore(index: number): Interval | null {
    const row = this.rows[index];
    if (row?.kind !== 'message') return null;
    const around = this.known.around(row.sequence);
    if (around === undefined || around.low !== row.sequence) {
      // Numbers at the edge may be known to be unused, so that the hole ends a little lower.
      if (around === undefined || this.hasMessageIn(around.low, row.sequence - 1)) return null;
    }
    const before = this.known.all[this.known.all.indexOf(around) - 1];
    return before === undefined ? null : { low: before.high + 1, high: around.low - 1 };
  }

  message(sequence: number): MessageRow | undefined {
    const row = this.rows[this.lowerBound({ anchor: sequence, order: 0 })];
    return row?.kind === 'message' && row.sequence === sequence ? row : undefined;
  }

  /** What a user was called when they last said something. */
  nameOf(userId: string): string | undefined {
    const row = this.rows.findLast((other) => 'userId' in other && other.userId === userId);
    return row !== undefined && 'username' in row ? row.username : undefined;
  }

  /** Index of the first row at or above a sequence. */
  indexOf(sequence: number): number {
    return this.lowerBound({ anchor: sequence, order: 0 });
  }

  /** A live `chat` frame; says whether it was news. */
  receive(frame: ChatFrame): boolean {
    if (frame.nonce !== undefined && this.outbox.settle(frame.nonce)) this.version++;
    if (frame.sequence === undefined || frame.sequence === null) return this.receivePrivate(frame);
    if (this.known.has(frame.sequence)) return false;
    this.put(frame, frame.sequence);
    this.known.add(frame.sequence, frame.sequence);
    return true;
  }

  /** An `ack` frame. Its message is asked for, should it not come by itself. */
  acknowledge(ack: Ack): void {
    this.outbox.acknowledge(ack);
    this.version++;
    if (ack.sequence === undefined) return;
    this.promised = Math.max(this.promised, ack.sequence);
    if (this.known.has(ack.sequence)) this.outbox.settleSequence(ack.sequence);
  }

  /** A `delete` frame. */
  remove(sequence: number): void {
    if (this.deleted.has(sequence)) return;
    this.deleted.add(sequence);
    this.version++;
    // Among what is known, one thing less to ask for.
    if (sequence >= (this.known.all[0]?.low ?? Number.POSITIVE_INFINITY)) this.known.add(sequence, sequence);
    const row = this.message(sequence);
    if (row !== undefined) this.insert({ ...row, content: '', deleted: true });
  }

  /** A page of history. What it passes over is not there, or not any longer. */
  merge(page: HistoryPage, cursor: Cursor): void {
    this.version++;
    const present = new Set(page.messages.map((message) => message.sequence));
    const ranges = certain(page, cursor);
    for (const { low, high } of ranges) {
      for (let i = this.indexOf(low); i < this.rows.length; i++) {
        const row = this.rows[i];
        if (row === undefined || row.anchor > high) break;
        if (row.kind === 'message' && !present.has(row.sequence)) this.remove(row.sequence);
      }
    }
    const first = this.rows[0];
    const before = this.prepended;
    for (const message of page.messages) {
      if (message.sequence !== undefined && !this.known.has(message.sequence)) this.put(message, message.sequence);
    }
    if (first !== undefined) this.prepended = before + this.lowerBound(first);
    for (const { low, high } of ranges) this.known.add(low, high);
    if (cursor.kind !== 'after' && page.next === null) this.reachesStart = true;
  }

  /** A hole that history still showed two seconds later: nothing is there. */
  close(hole: Interval): void {
    this.version++;
    this.known.add(hole.low, hole.high);
  }

  /** A `join` or `leave` frame; several in a row share one. */
  notice(frame: Notice, now: number): void {
    const name = frame.username;
    const last = this.rows.at(-1);
    const joins = frame.type === 'join';
    if (last?.kind === 'presence' && now - last.at < PRESENCE_ROW_MS && last.joined.length + last.left.length < PRESENCE_ROW_NAMES) {
      // Somebody who only looked in is not worth two names.
      const joined = joins ? [...without(last.joined, name), name] : without(last.joined, name);
      const left = joins ? without(last.left, name) : [...without(last.left, name), name];
      this.rows[this.rows.length - 1] = { ...last, joined, left };
      this.version++;
      return;
    }
    this.append({ kind: 'presence', at: now, joined: joins ? [name] : [], left: joins ? [] : [name] });
  }

  /** An announcement. */
  announce(frame: Pick<SystemFrame, 'content'>, now: number): void {
    this.append({ kind: 'system', at: now, content: frame.content });
  }

  /** Forgets messages and notices, as if the room had just been opened. What is being sent stays. */
  forget(): void {
    this.rows.length = 0;
    this.known.clear();
    this.promised = 0;
    this.deleted.clear();
    this.reachesStart = false;
    this.prepended = 0;
    this.epoch++;
    this.version++;
  }

  private receivePrivate(frame: ChatFrame): boolean {
    if (this.privateIds.has(frame.messageId)) return false;
    this.privateIds.add(frame.messageId);
    const { messageId, userId, username, content } = frame;
    const at = Date.parse(frame.timestamp);
    this.append({ kind: 'private', messageId, userId, username, content, at, role: frame.role ?? 'viewer', to: frame.to ?? '' });
    return true;
  }

  private append(row: DistributiveOmit<Exclude<Row, MessageRow>, 'key' | 'anchor' | 'order'>): void {
    const order = ++this.arrivals;
    this.insert({ ...row, key: `n${order}`, anchor: this.newest, order } as Row);
  }

  private put(frame: ChatFrame, sequence: number): void {
    this.outbox.settleSequence(sequence);
    this.insert(toRow(frame, sequence, this.deleted.has(sequence)));
  }

  private insert(row: Row): void {
    this.version++;
    const last = this.rows.at(-1);
    if (last === undefined || compare(last, row) < 0) {
      this.rows.push(row);
      return;
    }
    const index = this.lowerBound(row);
    const there = this.rows[index];
    if (there !== undefined && compare(there, row) === 0) {
      this.rows[index] = row;
    } else {
      this.rows.splice(index, 0, row);
      if (index === 0) this.prepended++;
    }
  }

  private hasMessageIn(low: number, high: number): boolean {
    const row = this.rows[this.indexOf(low)];
    return low <= high && row !== undefined && row.anchor <= high;
  }

  private lowerBound(place: { anchor: number; order: number }): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = this.rows[middle];
      if (row !== undefined && compare(row, place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function toRow(frame: ChatFrame, sequence: number, deleted: boolean): MessageRow {
  return {
    kind: 'message',
    key: `m${sequence}`,
    anchor: sequence,
    order: 0,
    sequence,
    messageId: frame.messageId,
    userId: frame.userId,
    username: frame.username,
    content: deleted ? '' : frame.content,
    at: Date.parse(frame.timestamp),
    role: frame.role ?? 'viewer',
    replyTo: frame.replyTo ?? null,
    deleted,
  };
}

function without(names: readonly string[], name: string): string[] {
  return names.filter((other) => other !== name);
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
