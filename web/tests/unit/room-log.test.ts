import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatFrame, HistoryPage } from '../../src/protocol/types';
import { RoomLog } from '../../src/store/room-log';
import type { Cursor } from '../../src/store/page-range';

const START = Date.parse('2026-11-24T08:00:00.000Z');

function chat(sequence: number, millis = sequence * 1_000): ChatFrame {
  return {
    type: 'chat',
    messageId: `id-${sequence}`,
    roomId: 'global',
    sequence,
    userId: `user-${sequence % 3}`,
    username: `User ${sequence % 3}`,
    content: `message ${sequence}`,
    timestamp: new Date(START + millis).toISOString(),
  };
}

/** A server that stores messages and answers pages by the protocol. */
class Server {
  readonly messages = new Map<number, ChatFrame>();
  /** Their rows stay, so that no page takes them for a hole. */
  readonly deleted = new Set<number>();
  now = 0;

  store(sequence: number): ChatFrame {
    const frame = chat(sequence, this.now);
    this.messages.set(sequence, frame);
    return frame;
  }

  get history(): ChatFrame[] {
    return this.rows.filter((m) => !this.deleted.has(m.sequence ?? 0));
  }

  private get rows(): ChatFrame[] {
    return [...this.messages.values()].toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
  }

  private answer(rows: ChatFrame[], next: number | null): HistoryPage {
    const messages = rows.filter((m) => !this.deleted.has(m.sequence ?? 0));
    return { roomId: 'global', count: messages.length, messages, next };
  }

  page(cursor: Cursor, limit: number): HistoryPage {
    const all = this.rows;
    if (cursor.kind === 'after') {
      const behind = all.filter((m) => (m.sequence ?? 0) > cursor.sequence);
      let page = behind.slice(0, limit);
      let previous = cursor.sequence;
      const young = page.findIndex((m) => {
        const hole = (m.sequence ?? 0) > previous + 1;
        previous = m.sequence ?? 0;
        return hole && this.now - (Date.parse(m.timestamp) - START) < 2_000;
      });
      if (young >= 0) page = page.slice(0, young);
      const next = young < 0 && behind.length > limit ? (page.at(-1)?.sequence ?? null) : null;
      return this.answer(page, next);
    }
    const below = cursor.kind === 'before' ? all.filter((m) => (m.sequence ?? 0) < cursor.sequence) : all;
    const page = below.slice(-limit);
    const next = below.length > limit ? (page[0]?.sequence ?? null) : null;
    return this.answer(page, next);
  }
}

function shown(log: RoomLog): string[] {
  return log.rows.flatMap((row) => (row.kind === 'message' && !row.deleted ? [`${row.sequence} ${row.content}`] : []));
}

function stored(server: Server): string[] {
  return server.history.map((m) => `${m.sequence} ${m.content}`);
}

/** What a page does once its connection is back: fill every hole, read on to the end. */
function resume(log: RoomLog, server: Server): void {
  fill(log, server);
  const again = log.resumeCursor(200);
  log.merge(server.page(again, 500), again);
  for (let i = 0; i < 200 && !log.reachesStart; i++) {
    const cursor: Cursor = log.oldest === 0 ? { kind: 'newest' } : { kind: 'before', sequence: log.oldest };
    log.merge(server.page(cursor, 7), cursor);
  }
  fill(log, server);
}

function fill(log: RoomLog, server: Server): void {
  for (let round = 0; round < 200; round++) {
    const hole = log.holes[0];
    const from = hole === undefined ? log.newest : hole.low - 1;
    const page = server.page({ kind: 'after', sequence: from }, 7);
    log.merge(page, { kind: 'after', sequence: from });
    if (hole === undefined && page.next === null) return;
    const same = log.holes[0];
    if (hole !== undefined && same?.low === hole.low && same.high === hole.high) log.close(hole);
  }
}

type Step =
  | { do: 'store'; skip: number; wait: number; fate: 'live' | 'late' | 'lost' | 'twice' }
  | { do: 'take'; skip: number; fate: 'live' | 'lost' }
  | { do: 'delete'; which: number; fate: 'live' | 'late' | 'lost' }
  | { do: 'flush'; order: number }
  | { do: 'page'; kind: Cursor['kind']; at: number; limit: number; delay: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('store' as const), skip: fc.constantFrom(0, 0, 0, 0, 1), wait: fc.nat(1_200), fate: fc.constantFrom('live', 'live', 'late', 'lost', 'twice') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('take' as const), skip: fc.nat(2), fate: fc.constantFrom('live', 'lost') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), which: fc.nat(), fate: fc.constantFrom('live', 'late', 'lost') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const), order: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('page' as const), kind: fc.constantFrom('newest', 'before', 'after'), at: fc.nat(), limit: fc.integer({ min: 1, max: 12 }), delay: fc.boolean() }) },
);

describe('a room as the page knows it', () => {
  it('is the server’s history after any order, duplication and loss of frames and any lateness of pages', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.boolean(), (steps, openedBefore) => {
        const server = new Server();
        const log = new RoomLog();
        const later: (() => void)[] = [];
        /** Numbers that were taken and whose message comes after its successors, or never. */
        const taken: { sequence: number; at: number }[] = [];
        let last = 0;
        if (openedBefore) log.merge(server.page({ kind: 'newest' }, 50), { kind: 'newest' });
        for (const next of steps) {
          if (next.do === 'store') {
            server.now += next.wait;
            for (let n = 0; n < next.skip; n++) taken.push({ sequence: ++last, at: server.now });
            const frame = server.store(++last);
            if (next.fate === 'live' || next.fate === 'twice') log.receive(frame);
            if (next.fate === 'late' || next.fate === 'twice') later.push(() => log.receive(frame));
          } else if (next.do === 'take') {
            // A message is stored within 1.5 s after it took its number, or never.
            const slow = taken.splice(next.skip % Math.max(1, taken.length), 1)[0];
            if (slow === undefined || server.now - slow.at > 1_500) continue;
            const frame = server.store(slow.sequence);
            if (next.fate === 'live') log.receive(frame);
          } else if (next.do === 'delete') {
            const victim = server.history[next.which % Math.max(1, server.messages.size)]?.sequence;
            if (victim === undefined) continue;
            server.deleted.add(victim);
            if (next.fate === 'live') log.remove(victim);
            if (next.fate === 'late') later.push(() => log.remove(victim));
          } else if (next.do === 'flush') {
            while (later.length > 0) later.splice(next.order % later.length, 1)[0]?.();
          } else {
            const sequence = next.kind === 'before' ? log.oldest : next.at % (last + 2);
            if (next.kind === 'before' && sequence === 0) continue;
            const cursor: Cursor = next.kind === 'newest' ? { kind: 'newest' } : { kind: next.kind, sequence };
            const page = server.page(cursor, next.limit);
            if (next.delay) later.push(() => log.merge(page, cursor));
            else log.merge(page, cursor);
          }
        }
        for (const arrive of later) arrive();
        server.now += 3_000;
        resume(log, server);
        expect(shown(log)).toEqual(stored(server));
        expect(log.holes).toEqual([]);
        const order = log.rows.map((row) => row.anchor);
        expect(order).toEqual([...order].toSorted((a, b) => a - b));
      }),
      { numRuns: 2_000 },
    );
  });

  it('shows a message once, however often it comes', () => {
    const log = new RoomLog();
    expect(log.receive(chat(1))).toBe(true);
    expect(log.receive(chat(1))).toBe(false);
    log.merge({ roomId: 'global', count: 1, messages: [chat(1)], next: null }, { kind: 'newest' });
    expect(shown(log)).toEqual(['1 message 1']);
  });

  it('sees a hole at once, and knows it final when history passes it', () => {
    const log = new RoomLog();
    log.receive(chat(1));
    log.receive(chat(4));
    expect(log.holes).toEqual([{ low: 2, high: 3 }]);
    expect(log.holeBefore(1)).toEqual({ low: 2, high: 3 });
    log.merge({ roomId: 'global', count: 2, messages: [chat(3), chat(4)], next: null }, { kind: 'after', sequence: 1 });
    expect(log.holes).toEqual([]);
    expect(shown(log)).toEqual(['1 message 1', '3 message 3', '4 message 4']);
  });

  it('remembers a deletion that overtook its message', () => {
    const log = new RoomLog();
    log.remove(2);
    log.receive(chat(1));
    log.receive(chat(2));
    expect(shown(log)).toEqual(['1 message 1']);
  });

  it('asks for the message that an ack names and nobody delivered', () => {
    const log = new RoomLog();
    log.receive(chat(1));
    log.outbox.add('n1', { content: 'message 2', replyTo: null, to: null }, START);
    log.outbox.attempted('n1', START);
    log.acknowledge({ type: 'ack', nonce: 'n1', sequence: 2, messageId: 'id-2', timestamp: chat(2).timestamp });
    expect(log.holes).toEqual([{ low: 2, high: 2 }]);
    expect(log.outbox.pending).toHaveLength(1);
    log.merge({ roomId: 'global', count: 1, messages: [chat(2)], next: null }, { kind: 'after', sequence: 1 });
    expect(log.outbox.pending).toHaveLength(0);
    expect(shown(log)).toEqual(['1 message 1', '2 message 2']);
  });

  it('keeps private messages and notices where they arrived', () => {
    const log = new RoomLog();
    log.receive(chat(1));
    const secret: ChatFrame = { ...chat(9), messageId: 'p', to: 'user-1' };
    delete secret.sequence;
    log.receive(secret);
    log.receive(secret);
    log.announce({ content: 'Welcome' }, START);
    log.receive(chat(2));
    log.receive(chat(3));
    expect(log.rows.map((row) => row.kind)).toEqual(['message', 'private', 'system', 'message', 'message']);
    log.merge({ roomId: 'global', count: 1, messages: [chat(1)], next: null }, { kind: 'newest' });
    expect(log.rows).toHaveLength(5);
  });

  it('puts joins and leaves into one row, and drops who only looked in', () => {
    const log = new RoomLog();
    const notice = (type: 'join' | 'leave', username: string) =>
      log.notice({ type, username, userId: username, roomId: 'global', timestamp: '', members: 1 }, START);
    notice('join', 'Ann');
    notice('join', 'Bob');
    notice('leave', 'Ann');
    expect(log.rows).toHaveLength(1);
    expect(log.rows[0]).toMatchObject({ joined: ['Bob'], left: ['Ann'] });
  });

  it('counts what is put in front, so that a list can keep its place', () => {
    const log = new RoomLog();
    log.receive(chat(10));
    log.merge({ roomId: 'global', count: 3, messages: [chat(7), chat(8), chat(9)], next: 7 }, { kind: 'before', sequence: 10 });
    expect(log.prepended).toBe(3);
    expect(log.rows[0]).toMatchObject({ sequence: 7 });
  });

  it('takes 100,000 messages without copying them for each', () => {
    const log = new RoomLog();
    const { rows } = log;
    for (let n = 1; n <= 100_000; n++) log.receive(chat(n));
    expect(log.rows).toBe(rows);
    expect(rows).toHaveLength(100_000);
    expect(log.holes).toEqual([]);
  });
});
