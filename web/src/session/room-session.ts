/**
 * One person in one room: the connection, the log, and what brings the two together. After every
 * (re)connection it reads on from where it was, merges by sequence and looks once more three seconds
 * later; holes are filled as they are seen.
 */
import { Connection, type ConnectionState, type Surroundings } from '../connection/connection';
import { ApiError, type Api } from '../http/api';
import type { ServerFrame } from '../protocol/types';
import type { Draft } from '../store/outbox';
import { RoomLog } from '../store/room-log';
import { refusalOf, type Pending, type Refusal, type Row } from '../store/rows';
import type { Cursor } from '../store/page-range';
import { Commands } from './commands';
import { HoleFiller } from './hole-filler';
import type { Identity } from './identity';

const PAGE = 100;
const LARGEST_PAGE = 200;
/** Pages read in a row after an absence; after a longer one the room starts over at its newest page. */
const RESUME_PAGES = 15;
/** Messages that are read again after an absence, for what was deleted meanwhile. */
const READ_AGAIN = 100;
const LOOK_AGAIN_MS = 3_000;
const EXPIRE_EVERY_MS = 5_000;
/** Failed handshakes with a server that answers otherwise: it does not want us. */
const UNWANTED_AFTER = 3;

/** Refusals that come of a room's settings. */
const BY_SETTINGS: ReadonlySet<string> = new Set(['slow_mode', 'content_too_long']);

export interface Snapshot {
  readonly version: number;
  /** Changes when the list starts over. */
  readonly epoch: number;
  readonly rows: readonly Row[];
  readonly prepended: number;
  readonly pending: readonly Pending[];
  readonly state: ConnectionState;
  readonly reason: string | null;
  /** Users present; null until it is known. */
  readonly members: number | null;
  /** The newest refusal of something that was sent from here. */
  readonly refusal: Refusal | null;
  readonly loadingOlder: boolean;
  readonly reachesStart: boolean;
  /** Whether a first page has come. */
  readonly ready: boolean;
}

export interface Tools {
  readonly api: Api;
  readonly around: Surroundings;
  /** Milliseconds since 1970. */
  now(): number;
  nonce(): string;
  /** Runs once, soon: changes in between are shown together. */
  soon(run: () => void): void;
}

export class RoomSession {
  readonly log = new RoomLog();
  readonly connection: Connection;
  private listeners = new Set<() => void>();
  private peopleListeners = new Set<() => void>();
  private settingsListeners = new Set<() => void>();
  private shown: Snapshot;
  private notifying = false;
  private stopped = false;
  private members: number | null = null;
  private refusal: Refusal | null = null;
  private loadingOlder = false;
  private ready = false;
  private resuming: Promise<void> | null = null;
  private unwanted = 0;
  private readonly commands: Commands;
  private readonly holes: HoleFiller;

  constructor(
    readonly room: string,
    readonly me: Identity,
    webSocketUrl: string,
    private readonly tools: Tools,
  ) {
    this.commands = new Commands(tools.around, tools.nonce);
    this.holes = new HoleFiller({
      log: this.log,
      now: () => tools.now(),
      after: (ms, run) => tools.around.after(ms, run),
      readAfter: (sequence) => this.page({ kind: 'after', sequence }, LARGEST_PAGE),
      changed: () => this.changed(),
      isStopped: () => this.stopped,
    });
    const around = { ...bound(tools.around), refusal: () => this.findRefusal() };
    this.connection = new Connection(() => connectUrl(webSocketUrl, room, me), around, {
      state: () => this.changed(),
      opened: () => this.opened(),
      frame: (frame) => this.frame(frame),
    });
    this.shown = this.take();
  }

  start(): void {
    this.connection.start();
    this.expireForEver();
  }

  stop(): void {
    this.stopped = true;
    this.connection.stop();
    this.commands.stop();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Told when somebody came or went. */
  onPeople = (listener: () => void): (() => void) => {
    this.peopleListeners.add(listener);
    return () => this.peopleListeners.delete(listener);
  };

  /** Told when the room's settings are likely to be others than before. */
  onSettings = (listener: () => void): (() => void) => {
    this.settingsListeners.add(listener);
    return () => this.settingsListeners.delete(listener);
  };

  snapshot = (): Snapshot => this.shown;

  /** Shows it at once, and sends it now or with the next connection. */
  send(draft: Draft): void {
    const nonce = this.tools.nonce();
    this.log.outbox.add(nonce, draft, this.tools.now());
    this.refusal = null;
    this.transmit(nonce);
    this.changed();
  }

  /** The same message under the same nonce: stored once, whatever became of the first attempt. */
  retry(nonce: string): void {
    this.refusal = null;
    this.transmit(nonce);
    this.changed();
  }

  discard(nonce: string): void {
    this.log.outbox.discard(nonce);
    this.refusal = null;
    this.changed();
  }

  forgetRefusal(): void {
    this.refusal = null;
    this.changed();
  }

  /** A moderator's request; rejects with the server's `Refusal`. */
  moderate(op: object): Promise<void> {
    return this.commands.send((nonce) => this.connection.send({ action: 'moderate', ...op, nonce }));
  }

  /** The page before the oldest message. */
  async loadOlder(): Promise<void> {
    if (this.loadingOlder || this.log.reachesStart || !this.ready) return;
    const sequence = this.log.oldest;
    if (sequence === 0) return;
    this.loadingOlder = true;
    this.changed();
    try {
      await this.page(this.before(sequence), PAGE);
    } catch {
      // The list asks again for as long as its top is looked at.
    } finally {
      this.loadingOlder = false;
      this.changed();
    }
  }

  /** The upper end of a hole, when somebody looks at it. */
  async fillBefore(sequence: number): Promise<void> {
    await this.page(this.before(sequence), PAGE);
    this.changed();
  }

  /** What was said around a message, wherever in history. */
  async loadAround(sequence: number): Promise<void> {
    if (this.log.message(sequence) !== undefined) return;
    const half = PAGE / 2;
    await this.page({ kind: 'before', sequence: sequence + 1 }, half);
    await this.page({ kind: 'after', sequence }, half);
    this.changed();
  }

  private before(sequence: number): Cursor {
    const at = this.log.message(sequence)?.at;
    return at === undefined ? { kind: 'before', sequence } : { kind: 'before', sequence, at };
  }

  private transmit(nonce: string): void {
    const pending = this.log.outbox.pending.find((other) => other.nonce === nonce);
    if (pending === undefined) return;
    const { content, replyTo, to } = pending;
    const frame = { action: 'sendMessage', content, nonce, ...(replyTo === null ? {} : { replyTo }), ...(to === null ? {} : { to }) };
    this.log.outbox.queued(nonce);
    if (this.connection.send(frame)) this.log.outbox.attempted(nonce, this.tools.now());
  }

  private opened(): void {
    this.unwanted = 0;
    for (const pending of this.log.outbox.unanswered(this.tools.now())) this.transmit(pending.nonce);
    this.resume();
    this.changed();
  }

  private frame(frame: ServerFrame): void {
    switch (frame.type) {
      case 'chat':
        this.log.receive(frame);
        this.fillHoles();
        break;
      case 'ack':
        this.commands.done(frame.nonce);
        this.log.acknowledge(frame);
        this.fillHoles();
        break;
      case 'error':
        this.refused(frame);
        break;
      case 'join':
      case 'leave':
        this.log.notice(frame, this.tools.now());
        this.present(frame.members);
        break;
      case 'presence':
        this.present(frame.members);
        break;
      case 'system':
        this.log.announce(frame, this.tools.now());
        for (const listener of this.settingsListeners) listener();
        break;
      case 'delete':
        this.log.remove(frame.sequence);
        break;
      case 'analytics':
      case 'pong':
        return;
    }
    this.changed();
  }

  private refused(frame: Extract<ServerFrame, { type: 'error' }>): void {
    const now = this.tools.now();
    const refusal = refusalOf(frame, now);
    if (this.commands.failed(frame.nonce, refusal)) return;
    this.refusal = this.log.outbox.refuse(frame, now) ?? refusal;
    if (BY_SETTINGS.has(frame.code)) for (const listener of this.settingsListeners) listener();
  }

  private present(members: number): void {
    this.members = members;
    for (const listener of this.peopleListeners) listener();
  }

  private resume(): void {
    this.resuming ??= this.readOnTwice().finally(() => {
      this.resuming = null;
      this.fillHoles();
    });
  }

  private async readOnTwice(): Promise<void> {
    try {
      await this.readOn();
    } catch {
      this.resumeLater();
      return;
    }
    this.tools.around.after(LOOK_AGAIN_MS, () => void this.readOn().catch(() => this.resumeLater()));
  }

  private resumeLater(): void {
    this.tools.around.after(LOOK_AGAIN_MS, () => {
      if (!this.stopped && this.connection.state === 'live') this.resume();
    });
  }

  /** From what is known to the end of history. */
  private async readOn(): Promise<void> {
    if (!this.ready) {
      await this.page({ kind: 'newest' }, PAGE);
      this.ready = true;
      this.changed();
      return;
    }
    for (let pages = 0; pages < RESUME_PAGES; pages++) {
      const page = await this.page(this.log.resumeCursor(pages === 0 ? READ_AGAIN : 0), LARGEST_PAGE);
      if (page.next === null) {
        this.changed();
        this.fillHoles();
        return;
      }
    }
    this.log.forget();
    await this.page({ kind: 'newest' }, PAGE);
    this.changed();
  }

  private async page(cursor: Cursor, limit: number) {
    const page = await this.tools.api.history(this.room, cursor, limit);
    if (!this.stopped) this.log.merge(page, cursor);
    return page;
  }

  /** Not while what was missed is being read anyway. */
  private fillHoles(): void {
    if (this.resuming === null) this.holes.fill();
  }

  private async findRefusal(): Promise<string | null> {
    try {
      await this.tools.api.history(this.room, { kind: 'newest' }, 1);
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return error.message;
      return null;
    }
    this.unwanted++;
    return this.unwanted < UNWANTED_AFTER ? null : 'The server does not let you into this room. You may be banned from it.';
  }

  private expireForEver(): void {
    this.tools.around.after(EXPIRE_EVERY_MS, () => {
      if (this.stopped) return;
      if (this.log.outbox.expire(this.tools.now())) this.changed();
      this.expireForEver();
    });
  }

  private changed(): void {
    if (this.notifying || this.stopped) return;
    this.notifying = true;
    this.tools.soon(() => {
      this.notifying = false;
      this.shown = this.take();
      for (const listener of this.listeners) listener();
    });
  }

  private take(): Snapshot {
    const { version, epoch, rows, prepended, outbox, reachesStart } = this.log;
    const { state, reason } = this.connection;
    const { members, refusal, loadingOlder, ready } = this;
    return { version, epoch, rows, prepended, pending: outbox.pending, state, reason, members, refusal, loadingOlder, reachesStart, ready };
  }
}

export function connectUrl(base: string, room: string, me: Identity, feed?: 'analytics'): string {
  const query = new URLSearchParams({ room });
  if (me.token === null) {
    query.set('userId', me.userId);
    query.set('username', me.username);
  } else {
    // A browser's WebSocket takes no headers.
    query.set('token', me.token);
  }
  if (feed !== undefined) query.set('feed', feed);
  return `${base}?${query.toString()}`;
}

function bound(around: Surroundings): Surroundings {
  return {
    open: (url) => around.open(url),
    after: (ms, run) => around.after(ms, run),
    random: () => around.random(),
    online: () => around.online(),
    refusal: () => around.refusal(),
  };
}
