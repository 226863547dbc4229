import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enter, launch, say } from './browser';
import { startHubbub, type Hubbub } from './hubbub';

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

describe('the numbers', () => {
  it('are those of what was said, and move while one looks', async () => {
    const ann = await enter(browser, `${hubbub.url}/?room=counted`, 'Ann');
    const bob = await enter(browser, `${hubbub.url}/?room=counted`, 'Bob');
    for (const text of ['strawberries :heart:', 'strawberries again', 'and more strawberries']) await say(ann.page, text);
    await say(bob.page, 'fine :heart:');
    await bob.page.getByRole('link', { name: 'Numbers' }).click();
    const room = bob.page.locator('section[aria-labelledby="room-numbers"]');
    const tile = (name: string) => room.locator('.tile', { hasText: name }).first().locator('dd');
    await expect.poll(() => tile('Messages').innerText()).toBe('4');
    expect(await tile('Chatters').innerText()).toBe('2');
    const ranks = (title: string) => room.locator('.card', { hasText: title }).locator('.ranking li').first();
    expect(await ranks('Most messages').innerText()).toMatch(/ann\S*\s+3/i);
    expect(await ranks('Words').innerText()).toMatch(/strawberries\s+3/);
    expect(await ranks('Emotes').innerText()).toMatch(/:heart:\s+2/);
    await say(ann.page, 'one more');
    await expect.poll(() => tile('Messages').innerText()).toBe('5');
    const service = bob.page.locator('section[aria-labelledby="service-numbers"]');
    await expect.poll(() => service.locator('.tile', { hasText: 'Messages in all' }).locator('dd').innerText()).toMatch(/^5/);
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
    await ann.close();
    await bob.close();
  });

  it('say honestly that there are none', async () => {
    const ann = await enter(browser, `${hubbub.url}/?room=silent&view=dashboard`, 'Ann');
    await ann.page.getByText('Nothing was said in the last 15 minutes.').waitFor();
    await ann.page.getByLabel('1 hour').check();
    await expect.poll(() => ann.page.getByText('Nothing was said in the last hour.').isVisible()).toBe(true);
    await ann.close();
  });
});
