/**
 * A WebSocket that stays: it reconnects with growing, jittered delays, keeps itself alive, notices a
 * line that went dead, and changes to a fresh socket before API Gateway's two hours end the old one.
 * Sockets, timers and chance are arguments; it knows nothing of rooms or messages.
 */
import { parseFrames } from '../protocol/frames';
import type { ServerFrame } from '../protocol/types';
import { backoff } from './backoff';

/** API Gateway closes what is silent for 10 minutes; a phone's network forgets sooner. */
const PING_EVERY_MS = 4 * 60_000;
const PONG_WITHIN_MS = 10_000;
/** A handshake that takes longer is not coming. */
const OPEN_WITHIN_MS = 15_000;
/** Only a socket that lived this long makes up for earlier failures. */
const STEADY_MS = 5_000;
/** The hand-over: 100 to 118 minutes, before the two hours are over for all at once. */
const HAND_OVER_FROM_MS = 100 * 60_000;
const HAND_OVER_TO_MS = 118 * 60_000;
/** How long the old socket stays beside the new one: what was on its way to it still arrives. */
const OVERLAP_MS = 3_000;

export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'offline' | 'refused';

/** The part of a WebSocket that is used. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(text: string): void;
  close(): void;
}

export type Cancel = () => void;

export interface Surroundings {
  open(url: string): Socket;
  /** Runs something once, later. */
  after(ms: number, run: () => void): Cancel;
  /** 0..1. */
  random(): number;
  online(): boolean;
  /**
   * A browser is not told why a handshake failed: this finds out whether trying again makes sense.
   * Answers the reason why it does not.
   */
  refusal(): Promise<string | null>;
}

export interface Listener {
  state(state: ConnectionState, reason: string | null): void;
  /** A socket is open. Whatever happened before may have been missed. */
  opened(): void;
  frame(frame: ServerFrame): void;
}

interface Line {
  socket: Socket;
  open: boolean;
  timers: Set<Cancel>;
}

/** What an old socket may still say during a hand-over: the new one says the rest as well. */
const KEPT_DURING_HAND_OVER: ReadonlySet<ServerFrame['type']> = new Set(['chat', 'ack', 'error', 'delete']);

export class Connection {
  state: ConnectionState = 'connecting';
  reason: string | null = null;
  private current: Line | null = null;
  private next: Line | null = null;
  private failures = 0;
  private waiting: Cancel | null = null;
  private pongDue: Cancel | null = null;
  private stopped = false;

  constructor(
    private readonly url: () => string,
    private readonly around: Surroundings,
    private readonly listener: Listener,
  ) {}

  start(): void {
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.waiting?.();
    this.pongDue?.();
    for (const line of [this.current, this.next]) if (line) this.end(line);
    this.current = this.next = null;
  }

  /** Says whether it went onto the wire. */
  send(frame: object): boolean {
    if (this.current?.open !== true) return false;
    this.current.socket.send(JSON.stringify(frame));
    return true;
  }

  /** The browser's network came back, or the page was looked at again: do not wait, look. */
  wake(): void {
    if (this.stopped || this.state === 'refused') return;
    if (this.current?.open === true) this.ping();
    else if (this.waiting !== null) {
      this.failures = 0;
      this.retryNow();
    }
  }

  /** The browser says that its network is gone. */
  networkLost(): void {
    if (this.stopped || this.state === 'refused') return;
    if (this.current?.open !== true) this.become('offline');
    else this.ping();
  }

  /** After a refusal: the person has asked for it. */
  retryNow(): void {
    this.waiting?.();
    this.waiting = null;
    this.connect();
  }

  private connect(): void {
    if (this.stopped || this.current !== null) return;
    this.become(this.failures === 0 && this.state === 'connecting' ? 'connecting' : this.around.online() ? 'reconnecting' : 'offline');
    const line = this.line();
    this.current = line;
    line.socket.onopen = () => {
      this.opened(line);
      this.become('live');
      this.listener.opened();
    };
    line.socket.onclose = () => this.lost(line);
  }

  private line(): Line {
    const line: Line = { socket: this.around.open(this.url()), open: false, timers: new Set() };
    line.socket.onmessage = ({ data }: { data: unknown }) => {
      if (typeof data !== 'string') return;
      this.heard();
      for (const frame of parseFrames(data)) {
        if (line === this.current || KEPT_DURING_HAND_OVER.has(frame.type)) this.listener.frame(frame);
      }
    };
    this.later(line, OPEN_WITHIN_MS, () => {
      if (!line.open) this.abandon(line);
    });
    return line;
  }

  private opened(line: Line): void {
    line.open = true;
    this.later(line, STEADY_MS, () => (this.failures = 0));
    this.keepAlive(line);
    const lifetime = HAND_OVER_FROM_MS + this.around.random() * (HAND_OVER_TO_MS - HAND_OVER_FROM_MS);
    this.later(line, lifetime, () => this.handOver(line));
  }

  private keepAlive(line: Line): void {
    this.later(line, PING_EVERY_MS, () => {
      if (line === this.current) this.ping();
      this.keepAlive(line);
    });
  }

  private ping(): void {
    const line = this.current;
    if (line?.open !== true || this.pongDue !== null) return;
    this.pongDue = this.around.after(PONG_WITHIN_MS, () => {
      this.pongDue = null;
      this.abandon(line);
    });
    line.socket.send('{"action":"ping"}');
  }

  /** Whatever arrives shows that the line is not dead. */
  private heard(): void {
    this.pongDue?.();
    this.pongDue = null;
  }

  /** Opens the next socket beside the current one, and changes over once it is open. */
  private handOver(old: Line): void {
    if (this.stopped || old !== this.current) return;
    const line = this.line();
    this.next = line;
    line.socket.onopen = () => {
      this.opened(line);
      this.next = null;
      const before = this.current;
      this.current = line;
      if (before !== null) {
        before.socket.onclose = null;
        for (const cancel of before.timers) cancel();
        this.around.after(OVERLAP_MS, () => this.end(before));
      }
      this.listener.opened();
    };
    // Not now, then: the old one has some time left, and reconnecting is always possible.
    line.socket.onclose = () => {
      this.end(line);
      if (this.next === line) this.next = null;
    };
  }

  /** A line of which nothing more is expected; the browser may take a minute to close it. */
  private abandon(line: Line): void {
    const onclose = line.socket.onclose as (() => void) | null;
    line.socket.onclose = null;
    onclose?.();
  }

  private lost(line: Line): void {
    this.end(line);
    if (line !== this.current) return;
    this.current = null;
    this.heard();
    if (this.stopped) return;
    const delay = backoff(this.failures, this.around.random());
    this.failures++;
    this.become(this.around.online() ? 'reconnecting' : 'offline');
    if (line.open) this.wait(delay);
    else void this.judge(delay);
  }

  private async judge(delay: number): Promise<void> {
    const reason = await this.around.refusal().catch(() => null);
    if (this.stopped || this.current !== null) return;
    if (reason === null) {
      this.wait(delay);
    } else {
      this.reason = reason;
      this.become('refused');
    }
  }

  private wait(delay: number): void {
    this.waiting?.();
    this.waiting = this.around.after(delay, () => {
      this.waiting = null;
      this.connect();
    });
  }

  private end(line: Line): void {
    for (const cancel of line.timers) cancel();
    line.timers.clear();
    line.socket.onopen = line.socket.onmessage = line.socket.onclose = null;
    line.socket.close();
  }

  private later(line: Line, ms: number, run: () => void): void {
    const cancel = this.around.after(ms, () => {
      line.timers.delete(cancel);
      run();
    });
    line.timers.add(cancel);
  }

  private become(state: ConnectionState): void {
    if (state !== 'refused') this.reason = null;
    if (state === this.state && state !== 'refused') return;
    this.state = state;
    this.listener.state(state, this.reason);
  }
}
