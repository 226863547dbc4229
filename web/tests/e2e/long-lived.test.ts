/** Hours, in a browser whose clock a test turns. */
import type { Browser, WebSocket } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enter, launch, message, say, visit } from './browser';
import { startHubbub, type Hubbub } from './hubbub';

const MINUTE = 60_000;

let browser: Browser;
let hubbub: Hubbub;

beforeAll(async () => {
  browser = await launch();
  hubbub = await startHubbub();
});
afterAll(async () => {
  await browser.close();
  await hubbub.stop();
});

describe('a connection that lives for hours', () => {
  it('is kept alive within ten minutes, and handed over before two hours without being away', async () => {
    const bob = await enter(browser, `${hubbub.url}/?room=hours`, 'Bob');
    const ann = await visit(browser, 'about:blank');
    const sockets: WebSocket[] = [];
    let pongs = 0;
    ann.page.on('websocket', (socket) => {
      sockets.push(socket);
      socket.on('framereceived', ({ payload }) => {
        if (String(payload).includes('"pong"')) pongs++;
      });
    });
    await ann.page.clock.install();
    await ann.page.addInitScript(() => localStorage.setItem('hubbub.name', 'Ann'));
    await ann.page.goto(`${hubbub.url}/?room=hours`);
    const state = ann.page.locator('.state');
    await ann.page.locator('.state[data-state="live"]').waitFor();
    await ann.page.evaluate(() => {
      const states: (string | undefined)[] = [];
      Object.assign(globalThis, { states });
      const element = document.querySelector<HTMLElement>('.state');
      if (element !== null) new MutationObserver(() => states.push(element.dataset.state)).observe(element, { attributes: true });
    });
    expect(sockets).toHaveLength(1);

    // Whatever the page has read since shows it that the line is not dead; turned on before, it would give it up.
    const pass = async (minutes: number) => {
      await ann.page.clock.fastForward(minutes * MINUTE);
      said.push(`note ${said.length + 1}.`);
      await say(bob.page, said.at(-1) ?? '');
      await message(ann.page, said.at(-1) ?? '').waitFor();
    };
    const said: string[] = [];

    // 99 minutes: nothing but pings.
    for (let passed = 0; passed < 99; passed += 9) await pass(9);
    expect(sockets).toHaveLength(1);
    await expect.poll(() => pongs).toBeGreaterThanOrEqual(11);

    // By the 119th minute there is another socket, and the old one goes.
    for (let passed = 99; passed < 119; passed += 5) await pass(5);
    await expect.poll(() => sockets.length).toBe(2);
    await ann.page.clock.fastForward(MINUTE);
    await expect.poll(() => sockets[0]?.isClosed()).toBe(true);
    expect(sockets[1]?.isClosed()).toBe(false);
    await say(ann.page, 'still here');
    await message(bob.page, 'still here').waitFor();
    await message(ann.page, 'still here').waitFor();
    expect(await ann.page.locator('.message .body').allInnerTexts()).toEqual([...said, 'still here']);
    expect(await ann.page.evaluate(() => (globalThis as unknown as { states: string[] }).states)).toEqual([]);
    expect(await state.getAttribute('data-state')).toBe('live');
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
    await ann.close();
    await bob.close();
  });
});
