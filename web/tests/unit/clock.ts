/** Time that only passes when a test says so, and sockets that only do what it says. */
import type { Cancel, Socket, Surroundings } from '../../src/connection/connection';

export class Clock {
  now = 0;
  private timers: { at: number; run: () => void }[] = [];

  after = (ms: number, run: () => void): Cancel => {
    const timer = { at: this.now + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  };

  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      // Promises that became due run before the next timer does.
      for (let i = 0; i < 20; i++) await Promise.resolve();
      const due = this.timers.filter((timer) => timer.at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.now = Math.max(this.now, due.at);
      due.run();
    }
    this.now = end;
  }
}

export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: string[] = [];
  answersPings = true;
  closed = false;

  constructor(
    readonly url: string,
    readonly openedAt: number,
  ) {}

  send(text: string): void {
    if (this.closed) throw new Error('closed');
    this.sent.push(text);
    if (this.answersPings && text === '{"action":"ping"}') this.says({ type: 'pong' });
  }

  close(): void {
    this.closed = true;
  }

  opens(): void {
    this.onopen?.();
  }

  says(...frames: object[]): void {
    this.onmessage?.({ data: frames.map((frame) => JSON.stringify(frame)).join('\n') });
  }

  drops(): void {
    this.closed = true;
    this.onclose?.({ code: 1006 });
  }
}

export class World implements Surroundings {
  readonly clock = new Clock();
  readonly sockets: FakeSocket[] = [];
  chance = 1;
  isOnline = true;
  reason: string | null = null;

  open = (url: string): FakeSocket => {
    const socket = new FakeSocket(url, this.clock.now);
    this.sockets.push(socket);
    return socket;
  };
  after = this.clock.after;
  random = (): number => this.chance;
  online = (): boolean => this.isOnline;
  refusal = (): Promise<string | null> => Promise.resolve(this.reason);

  get newest(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  }
}
