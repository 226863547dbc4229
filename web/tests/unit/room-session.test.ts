import { describe, expect, it } from 'vitest';
import { Api } from '../../src/http/api';
import type { ChatFrame } from '../../src/protocol/types';
import { identityOf } from '../../src/session/identity';
import { RoomSession } from '../../src/session/room-session';
import { World } from './clock';

function chat(sequence: number, more: Partial<ChatFrame> = {}): ChatFrame {
  const timestamp = new Date(1_700_000_000_000 + sequence).toISOString();
  return { type: 'chat', roomId: 'r', messageId: `id${sequence}`, sequence, userId: 'bob', username: 'Bob', content: `m${sequence}`, timestamp, ...more };
}

function open(history: ChatFrame[] = []) {
  const world = new World();
  const asked: string[] = [];
  let nonces = 0;
  const stored = { history, status: 200 };
  const answer = (url: string): Response => {
    asked.push(url);
    if (stored.status !== 200) return Response.json({ error: { code: 'unauthorized', message: 'No token.' } }, { status: stored.status });
    const query = new URL(url, 'http://hub').searchParams;
    const limit = Number(query.get('limit'));
    const after = query.get('after');
    if (after !== null) {
      const behind = stored.history.filter((m) => (m.sequence ?? 0) > Number(after));
      const messages = behind.slice(0, limit);
      return Response.json({ roomId: 'r', count: messages.length, messages, next: behind.length > limit ? messages.at(-1)?.sequence : null });
    }
    const before = Number(query.get('before') ?? Number.POSITIVE_INFINITY);
    const below = stored.history.filter((m) => (m.sequence ?? 0) < before);
    const messages = below.slice(-limit);
    return Response.json({ roomId: 'r', count: messages.length, messages, next: below.length > limit ? messages[0]?.sequence : null });
  };
  const api = new Api('', null, (input) => Promise.resolve(answer(String(input))));
  const session = new RoomSession('r', identityOf('Ann', 'x'), 'ws://hub/ws', {
    api,
    around: world,
    now: () => 1_700_000_100_000 + world.clock.now,
    nonce: () => `n${++nonces}`,
    soon: (run) => run(),
  });
  session.start();
  const texts = () => session.snapshot().rows.flatMap((row) => ('content' in row ? [row.content] : []));
  const sent = () => world.newest.sent.filter((text) => !text.includes('ping')).map((text) => JSON.parse(text) as Record<string, unknown>);
  return { world, session, stored, asked, texts, sent };
}

describe('a room session', () => {
  it('names room and person in the handshake, and reads the newest page', async () => {
    const { world, texts } = open([chat(1), chat(2)]);
    expect(world.newest.url).toBe('ws://hub/ws?room=r&userId=ann-x&username=Ann');
    world.newest.opens();
    await world.clock.pass(0);
    expect(texts()).toEqual(['m1', 'm2']);
  });

  it('reads on after an absence, and looks once more three seconds later', async () => {
    const { world, stored, texts } = open([chat(1)]);
    world.newest.opens();
    await world.clock.pass(5_000);
    world.newest.drops();
    stored.history = [chat(1), chat(2), chat(3)];
    await world.clock.pass(1_000);
    world.newest.opens();
    await world.clock.pass(0);
    expect(texts()).toEqual(['m1', 'm2', 'm3']);
    // Stored while the page was on its way, and its frame was lost.
    stored.history = [...stored.history, chat(4)];
    await world.clock.pass(3_000);
    expect(texts()).toEqual(['m1', 'm2', 'm3', 'm4']);
  });

  it('learns what was deleted while it was away', async () => {
    const { world, session, stored } = open([chat(1), chat(2), chat(3)]);
    world.newest.opens();
    await world.clock.pass(5_000);
    world.newest.drops();
    stored.history = [chat(1), chat(3)];
    await world.clock.pass(1_000);
    world.newest.opens();
    await world.clock.pass(0);
    expect(session.log.message(2)?.deleted).toBe(true);
    expect(session.log.message(3)?.deleted).toBe(false);
  });

  it('fills a hole, but gives overtaken frames a moment', async () => {
    const { world, stored, asked, texts } = open([chat(1)]);
    world.newest.opens();
    await world.clock.pass(4_000);
    const before = asked.length;
    world.newest.says(chat(3));
    world.newest.says(chat(2));
    await world.clock.pass(1_000);
    expect(asked).toHaveLength(before);
    stored.history = [1, 2, 3, 4, 5].map((n) => chat(n));
    world.newest.says(chat(5));
    await world.clock.pass(1_000);
    expect(texts()).toEqual(['m1', 'm2', 'm3', 'm4', 'm5']);
  });

  it('stops asking for a number that was never used', async () => {
    const { world, session, stored, asked } = open([chat(1)]);
    world.newest.opens();
    await world.clock.pass(4_000);
    // The page ends before the hole for as long as it may still be filled.
    world.newest.says(chat(3));
    await world.clock.pass(60_000);
    expect(session.log.holes).toEqual([]);
    expect(asked.length).toBeLessThan(12);
    stored.history = [chat(1), chat(3)];
  });

  it('shows a message at once, and once', async () => {
    const { world, session, texts, sent } = open();
    world.newest.opens();
    await world.clock.pass(0);
    session.send({ content: 'hello', replyTo: null, to: null });
    expect(session.snapshot().pending.map((p) => [p.content, p.state])).toEqual([['hello', 'sending']]);
    expect(sent()).toEqual([{ action: 'sendMessage', content: 'hello', nonce: 'n1' }]);
    world.newest.says(chat(1, { content: 'hello', nonce: 'n1' }), { type: 'ack', nonce: 'n1', sequence: 1 });
    expect(session.snapshot().pending).toEqual([]);
    expect(texts()).toEqual(['hello']);
  });

  it('sends again what nobody acknowledged, under the same nonce', async () => {
    const { world, session, sent, stored, texts } = open();
    world.newest.opens();
    await world.clock.pass(6_000);
    session.send({ content: 'hello', replyTo: null, to: null });
    world.newest.drops();
    session.send({ content: 'written offline', replyTo: null, to: null });
    stored.history = [chat(1, { content: 'hello' })];
    await world.clock.pass(1_000);
    world.newest.opens();
    expect(sent().map((frame) => frame.nonce)).toEqual(['n1', 'n2']);
    world.newest.says({ type: 'ack', nonce: 'n1', sequence: 1 });
    await world.clock.pass(0);
    expect(texts()).toEqual(['hello']);
    expect(session.snapshot().pending.map((p) => p.content)).toEqual(['written offline']);
  });

  it('says why something was refused and until when, and tries again when asked', async () => {
    const { world, session, sent } = open();
    world.newest.opens();
    await world.clock.pass(0);
    session.send({ content: 'hello', replyTo: null, to: null });
    world.newest.says({ type: 'error', code: 'rate_limited', message: 'Slow down.', nonce: 'n1', retryAfterMs: 800 });
    const { refusal, pending } = session.snapshot();
    expect(refusal).toMatchObject({ code: 'rate_limited', retryAt: 1_700_000_100_800 });
    expect(pending[0]?.state).toBe('failed');
    session.retry('n1');
    expect(sent().map((frame) => frame.nonce)).toEqual(['n1', 'n1']);
    expect(session.snapshot()).toMatchObject({ refusal: null, pending: [{ state: 'sending' }] });
  });

  it('fails what gets no answer', async () => {
    const { world, session } = open();
    world.newest.opens();
    await world.clock.pass(0);
    session.send({ content: 'hello', replyTo: null, to: null });
    await world.clock.pass(21_000);
    expect(session.snapshot().pending).toMatchObject([{ state: 'failed', refusal: { code: 'no_answer' } }]);
  });

  it('tells a moderator what became of a request', async () => {
    const { world, session, sent } = open();
    world.newest.opens();
    await world.clock.pass(0);
    const done = session.moderate({ op: 'ban', userId: 'bob' });
    expect(sent()).toEqual([{ action: 'moderate', op: 'ban', userId: 'bob', nonce: 'n1' }]);
    world.newest.says({ type: 'ack', nonce: 'n1' });
    await expect(done).resolves.toBeUndefined();
    const refused = session.moderate({ op: 'ban', userId: 'eve' });
    world.newest.says({ type: 'error', code: 'forbidden', message: 'Only moderators.', nonce: 'n2' });
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
    expect(session.snapshot().refusal).toBeNull();
  });

  it('says that it was refused, instead of knocking for ever', async () => {
    const { world, session, stored } = open();
    stored.status = 401;
    world.newest.drops();
    await world.clock.pass(60_000);
    expect(world.sockets).toHaveLength(1);
    expect(session.snapshot()).toMatchObject({ state: 'refused', reason: 'No token.' });
  });

  it('supposes a ban when only the handshake fails', async () => {
    const { world, session } = open();
    for (let i = 0; i < 3; i++) {
      world.newest.drops();
      await world.clock.pass(14_000);
    }
    expect(session.snapshot().state).toBe('refused');
  });

  it('starts over at the newest page after a very long absence', async () => {
    const { world, session, stored } = open([chat(1)]);
    world.newest.opens();
    await world.clock.pass(6_000);
    world.newest.drops();
    stored.history = Array.from({ length: 10_000 }, (_, i) => chat(i + 1));
    await world.clock.pass(1_000);
    world.newest.opens();
    await expect.poll(() => session.snapshot().rows.at(-1)).toMatchObject({ sequence: 10_000 });
    const { rows, reachesStart } = session.snapshot();
    expect(rows).toHaveLength(100);
    expect(rows.at(-1)).toMatchObject({ sequence: 10_000 });
    expect(reachesStart).toBe(false);
    await session.loadOlder();
    expect(session.snapshot()).toMatchObject({ prepended: 100 });
    await session.loadAround(50);
    expect(session.log.message(50)).toBeDefined();
    expect(session.log.holes).toHaveLength(1);
  });
});
