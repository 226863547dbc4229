import { describe, expect, it } from 'vitest';
import { backoff } from '../../src/connection/backoff';
import { Connection, type ConnectionState } from '../../src/connection/connection';
import type { ServerFrame } from '../../src/protocol/types';
import { World } from './clock';

const MINUTE = 60_000;
const CHAT = { type: 'chat', messageId: 'a', userId: 'u', username: 'U', content: 'hi', timestamp: 't', sequence: 1 };

function connect(world = new World()) {
  const states: ConnectionState[] = [];
  const frames: ServerFrame[] = [];
  const seen = { opened: 0 };
  const connection = new Connection(() => 'ws://hub/ws', world, {
    state: (state) => states.push(state),
    opened: () => seen.opened++,
    frame: (frame) => frames.push(frame),
  });
  connection.start();
  return { world, connection, states, frames, seen };
}

describe('a connection', () => {
  it('comes back after a loss, and says so', async () => {
    const { world, states, seen } = connect();
    world.newest.opens();
    world.newest.drops();
    await world.clock.pass(499);
    expect(world.sockets).toHaveLength(1);
    await world.clock.pass(1);
    world.newest.opens();
    expect(states).toEqual(['live', 'reconnecting', 'live']);
    expect(seen.opened).toBe(2);
  });

  it('waits longer with each failure, at most half a minute, and never hammers', async () => {
    expect([0, 1, 2, 3, 20].map((failures) => backoff(failures, 1))).toEqual([500, 1_000, 2_000, 4_000, 30_000]);
    expect(backoff(5, 0)).toBe(200);
    const { world } = connect();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const dropped = world.clock.now;
      const before = world.sockets.length;
      world.newest.drops();
      while (world.sockets.length === before) await world.clock.pass(100);
      waits.push(world.newest.openedAt - dropped);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('starts over with short waits only after a connection that lasted', async () => {
    const { world } = connect();
    for (let i = 0; i < 4; i++) {
      const before = world.sockets.length;
      world.newest.opens();
      world.newest.drops();
      while (world.sockets.length === before) await world.clock.pass(100);
    }
    expect(world.clock.now).toBe(500 + 1_000 + 2_000 + 4_000);
    world.newest.opens();
    await world.clock.pass(6_000);
    const before = world.sockets.length;
    world.newest.drops();
    await world.clock.pass(500);
    expect(world.sockets).toHaveLength(before + 1);
  });

  it('keeps itself alive well within ten minutes', async () => {
    const { world } = connect();
    world.newest.opens();
    await world.clock.pass(4 * MINUTE);
    expect(world.newest.sent).toEqual(['{"action":"ping"}']);
    await world.clock.pass(4 * MINUTE);
    expect(world.newest.sent).toHaveLength(2);
    expect(world.sockets).toHaveLength(1);
  });

  it('gives up a line that does not answer', async () => {
    const { world, connection } = connect();
    const dead = world.newest;
    dead.answersPings = false;
    dead.opens();
    await world.clock.pass(4 * MINUTE + 10_000);
    expect(dead.closed).toBe(true);
    await world.clock.pass(500);
    expect(world.sockets).toHaveLength(2);
    expect(connection.state).toBe('reconnecting');
  });

  it('changes to a fresh socket between 100 and 118 minutes, without being away', async () => {
    for (const [chance, minutes] of [
      [0, 100],
      [1, 118],
    ] as const) {
      const world = new World();
      world.chance = chance;
      const { states, frames, seen } = connect(world);
      const old = world.newest;
      old.opens();
      for (let minute = 0; minute < minutes; minute++) {
        expect(world.sockets).toHaveLength(1);
        await world.clock.pass(MINUTE);
      }
      expect(world.sockets).toHaveLength(2);
      world.newest.opens();
      old.says(CHAT, { type: 'join', userId: 'u', username: 'U', timestamp: 't', members: 2 });
      expect(frames.at(-1)?.type).toBe('chat');
      expect(old.closed).toBe(false);
      await world.clock.pass(3_000);
      expect(old.closed).toBe(true);
      expect(states).toEqual(['live']);
      expect(seen.opened).toBe(2);
    }
  });

  it('stays on the old socket when the fresh one fails', async () => {
    const world = new World();
    world.chance = 0;
    const { connection, states } = connect(world);
    const old = world.newest;
    old.opens();
    await world.clock.pass(100 * MINUTE);
    world.newest.drops();
    expect(connection.send({ action: 'ping' })).toBe(true);
    expect(states).toEqual(['live']);
  });

  it('shows when the device is offline, and tries at once when it is back', async () => {
    const { world, connection, states } = connect();
    world.newest.opens();
    await world.clock.pass(10_000);
    world.isOnline = false;
    world.newest.drops();
    expect(connection.state).toBe('offline');
    for (let i = 0; i < 5; i++) {
      await world.clock.pass(30_000);
      world.newest.drops();
    }
    await world.clock.pass(0);
    const attempts = world.sockets.length;
    world.isOnline = true;
    connection.wake();
    expect(world.sockets).toHaveLength(attempts + 1);
    world.newest.opens();
    expect(states.at(-1)).toBe('live');
  });

  it('stops trying when it is refused for a reason that waiting does not change', async () => {
    const { world, connection } = connect();
    world.reason = 'You are banned from this room.';
    world.newest.drops();
    await world.clock.pass(10 * MINUTE);
    expect(world.sockets).toHaveLength(1);
    expect([connection.state, connection.reason]).toEqual(['refused', 'You are banned from this room.']);
    world.reason = null;
    connection.retryNow();
    world.newest.opens();
    expect(connection.state).toBe('live');
  });

  it('ignores what it does not know, and what is broken', () => {
    const { world, frames } = connect();
    world.newest.opens();
    world.newest.onmessage?.({ data: `{"type":"dance"}\nnonsense\n[]\nnull\n{"type":"chat"}\n{"type":"toString"}\n\n${JSON.stringify(CHAT)}` });
    expect(frames).toEqual([CHAT]);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const { world, connection } = connect();
    world.newest.opens();
    connection.stop();
    await world.clock.pass(200 * MINUTE);
    expect(world.sockets).toHaveLength(1);
    expect(world.newest.sent).toEqual([]);
    expect(world.newest.closed).toBe(true);
  });
});
