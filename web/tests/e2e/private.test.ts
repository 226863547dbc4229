import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enter, launch, message, say } from './browser';
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

/** The same person's next tab. */
async function anotherTab(page: Page): Promise<Page> {
  const tab = await page.context().newPage();
  await tab.goto(page.url());
  await tab.locator('.state[data-state="live"]').waitFor();
  return tab;
}

async function writePrivately(page: Page, name: string): Promise<void> {
  await page.locator('.roster .member', { hasText: name }).click();
  await page.getByRole('button', { name: 'Write privately' }).click();
  await page.getByPlaceholder(`Only ${name} sees this`).waitFor();
}

const bodies = (page: Page) => page.locator('.message .body').allInnerTexts();

describe('a private message', () => {
  it('is seen by both people in all of their tabs, once, marked as private, and by nobody else', async () => {
    const url = `${hubbub.url}/?room=whispers`;
    const ann = await enter(browser, url, 'Ann');
    const bob = await enter(browser, url, 'Bob');
    const carl = await enter(browser, url, 'Carl');
    const annAgain = await anotherTab(ann.page);
    const bobAgain = await anotherTab(bob.page);

    await writePrivately(ann.page, 'Bob');
    await say(ann.page, 'between us');
    for (const page of [ann.page, annAgain, bob.page, bobAgain]) await message(page, 'between us').waitFor();
    // What is private stays so until it is ended: the next message must not go to the room by mistake.
    await say(ann.page, 'this too');
    await message(bob.page, 'this too').waitFor();
    await ann.page.getByRole('button', { name: 'Cancel' }).click();
    await say(ann.page, 'and now everybody');
    const both = ['between us', 'this too', 'and now everybody'];
    for (const page of [ann.page, annAgain, bob.page, bobAgain]) {
      await message(page, 'and now everybody').waitFor();
      expect(await bodies(page)).toEqual(both);
      expect(await page.locator('.message.private').count()).toBe(2);
      await expect.poll(() => page.locator('.pending').count()).toBe(0);
    }
    expect(await ann.page.locator('.private .note').first().innerText()).toBe('Only Bob and you see this.');
    expect(await bob.page.locator('.private .note').first().innerText()).toBe('Only Ann and you see this.');
    // Frames of one room come to Carl in the order that they were sent: a private one would be here.
    await message(carl.page, 'and now everybody').waitFor();
    expect(await bodies(carl.page)).toEqual(['and now everybody']);

    // Kept nowhere.
    await bobAgain.reload();
    await message(bobAgain, 'and now everybody').waitFor();
    expect(await bodies(bobAgain)).toEqual(['and now everybody']);
    expect([...ann.complaints, ...bob.complaints, ...carl.complaints]).toEqual([]);
    for (const visitor of [ann, bob, carl]) await visitor.close();
  });

  it('to somebody who has left is refused, and goes to nobody', async () => {
    const url = `${hubbub.url}/?room=gone`;
    const ann = await enter(browser, url, 'Ann');
    const bob = await enter(browser, url, 'Bob');
    await writePrivately(ann.page, 'Bob');
    await bob.close();
    // For some seconds after the last connection is closed the user still counts as present.
    await ann.page.locator('.notice', { hasText: 'left' }).or(ann.page.locator('.roster .member', { hasText: 'Bob' })).first().waitFor();
    await ann.page.locator('.roster .member', { hasText: 'Bob' }).waitFor({ state: 'detached', timeout: 40_000 });
    await say(ann.page, 'still there?');
    await ann.page.locator('.pending[data-state="failed"]').waitFor();
    expect(await ann.page.locator('.refusal').innerText()).toContain('This person is not in the room now.');
    expect(await ann.page.locator('.message:not(.pending)').count()).toBe(0);
    await ann.close();
  });
});
