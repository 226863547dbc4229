/**
 * Every view, wide and narrow, light and dark. With HUBBUB_PICTURES=FOLDER each is also kept as a
 * picture: looking at them is the better half of this test.
 */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { enter, launch, message, say, visit } from './browser';
import { startHubbub, type Hubbub } from './hubbub';
import { look } from './look';
import { ANN, build, EVE, LONG, MONA, TALK, type Scenery } from './scenery';
import { enterAs, token } from './tokens';

/** Axe finds nothing at 360 px that it does not at 390: there only the width is looked at. */
const WIDTHS = [
  [1280, 'light', true],
  [390, 'light', true],
  [360, 'light', false],
  [1280, 'dark', true],
  [390, 'dark', true],
] as const;

let browser: Browser;
let scene: Scenery;
let open: Hubbub;

beforeAll(async () => {
  browser = await launch();
  open = await startHubbub();
  scene = await build(browser, inject('stadium'));
});
afterAll(async () => {
  await browser.close();
  await open.stop();
});

type Look = (page: Page, view: string) => Promise<void>;

function setting(width: number, colorScheme: 'light' | 'dark', axe: boolean): { options: BrowserContextOptions; narrow: boolean; seen: Look } {
  const narrow = width < 760;
  return {
    narrow,
    options: { viewport: { width, height: narrow ? 780 : 800 }, colorScheme, hasTouch: narrow, isMobile: narrow },
    seen: (page, view) => look(page, `${view}-${width}-${colorScheme}`, { axe }),
  };
}

const dialog = (page: Page) => page.getByRole('dialog');

async function closeDialog(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
}

describe.each(WIDTHS)('at %i px, %s', (width, colorScheme, axe) => {
  const { options, narrow, seen } = setting(width, colorScheme, axe);

  it.runIf(axe)('the door', async () => {
    const door = await visit(browser, open.url, options);
    await door.page.getByLabel('Your name').waitFor();
    await seen(door.page, 'door');
    await door.page.getByRole('button', { name: 'I have a token' }).click();
    await door.page.getByRole('button', { name: 'Enter' }).click();
    await seen(door.page, 'door-token');
    expect(door.complaints).toEqual([]);
    await door.close();
  });

  it('a room, for whoever visits it', async () => {
    const { page, complaints, close } = await enterAs(browser, scene.at('lounge'), { sub: `guest-${width}-${colorScheme}`, name: 'Maximiliane von Hohenstein' }, options);
    await message(page, 'biscuits').waitFor();
    await seen(page, 'chat');
    if (narrow) {
      await page.getByRole('button', { name: 'Rooms' }).click();
      await seen(page, 'rooms');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: /^People/ }).click();
      await page.locator('.member', { hasText: 'Søren' }).waitFor();
      await seen(page, 'people');
      await page.keyboard.press('Escape');
    }
    await page.getByRole('button', { name: 'Emotes' }).click();
    await seen(page, 'emotes');
    await page.keyboard.press('Escape');
    await page.locator('#composer').fill('Nice :sm');
    await page.locator('.suggestions').waitFor();
    await seen(page, 'suggestions');
    await page.locator('#composer').fill('');
    await page.locator('.message .name', { hasText: LONG.name }).first().click();
    await dialog(page).getByText('Only moderators see').waitFor();
    await seen(page, 'card');
    await page.getByRole('button', { name: 'Write privately' }).click();
    await say(page, 'Do you have a spare ticket for tonight? I would not ask, but my sister has come to town.');
    await page.locator('.private').waitFor();
    await seen(page, 'private');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('.message', { hasText: TALK }).getByRole('button', { name: 'Reply to Ann' }).focus();
    await page.keyboard.press('Enter');
    await seen(page, 'reply');
    await page.keyboard.press('Escape');
    // Somebody reads back, and is told what came meanwhile.
    await page.locator('.scroller').hover();
    await page.mouse.wheel(0, -2_000);
    await page.locator('.to-newest').waitFor();
    await say(scene.ann, `Dinner at seven, by the way (${width}, ${colorScheme})`);
    await page.getByRole('button', { name: '1 new' }).click();
    await page.locator('.divider.unread').waitFor();
    await seen(page, 'unread');
    expect(complaints).toEqual([]);
    await close();
  });

  it('what is refused, and what is empty', async () => {
    const { page, complaints, close } = await enterAs(browser, scene.at(`hurry-${width}-${colorScheme}`), { sub: `hasty-${width}-${colorScheme}`, name: 'Hasty' }, options);
    await page.getByText('Nobody has said anything').waitFor();
    await seen(page, 'empty');
    // What is sent takes an earlier refusal away: looked for only when all is answered.
    for (let i = 0; i < 16 && (await page.locator('.refusal').count()) === 0; i++) {
      for (let n = 0; n < 8; n++) await say(page, `Quick, number ${8 * i + n}`);
      await page.waitForFunction(() => document.querySelector('.pending[data-state="sending"]') === null);
    }
    await page.locator('.refusal').waitFor();
    await page.locator('#composer').fill('A text that is a little too long. '.repeat(30));
    await seen(page, 'refusal');
    await page.goto(scene.at('weather', '&view=dashboard'));
    await page.getByText('Nothing was said in the last 15 minutes.').waitFor();
    await seen(page, 'numbers-empty');
    expect(complaints).toEqual([]);
    await close();
    const eve = await visit(browser, `${scene.at('lounge')}#token=${token(EVE)}`, options);
    await eve.page.locator('.state[data-state="refused"]').waitFor({ timeout: 60_000 });
    await seen(eve.page, 'banned');
    await eve.close();
  });

  it.runIf(axe && narrow === (colorScheme === 'dark'))('a server that is gone, and a network that is', async () => {
    const gone = await startHubbub();
    const { page, close } = await enter(browser, `${gone.url}/?room=lounge`, 'Ann', options);
    await say(page, 'Is this thing on?');
    await page.locator('.message:not(.pending)', { hasText: 'thing' }).waitFor();
    await gone.stop();
    await page.locator('.state[data-state="reconnecting"]').waitFor();
    await say(page, 'It seems that it is not.');
    await page.getByText('Goes out when the connection is back').waitFor();
    await seen(page, 'reconnecting');
    await page.context().setOffline(true);
    await page.locator('.state[data-state="offline"]').waitFor();
    await seen(page, 'offline');
    expect(await page.locator('.message .body').allInnerTexts()).toEqual(['Is this thing on?', 'It seems that it is not.']);
    await close();
  });

  it('what a moderator has', async () => {
    const { page, complaints, close } = await enterAs(browser, scene.at('lounge'), MONA, options);
    await message(page, 'biscuits').waitFor();
    await page.locator('.message', { hasText: 'Soup' }).hover();
    await seen(page, 'moderator');
    await page.locator('.message .name', { hasText: LONG.name }).first().click();
    await dialog(page).locator('.written li').first().waitFor();
    await page.getByRole('button', { name: 'Ban…' }).click();
    await seen(page, 'moderator-card');
    await closeDialog(page);
    await page.getByRole('button', { name: 'Room settings' }).click();
    await dialog(page).locator('.log li').first().waitFor();
    await seen(page, 'settings');
    await page.getByText('Rules for messages').click();
    await page.getByRole('button', { name: 'Save the rules' }).scrollIntoViewIfNeeded();
    await seen(page, 'settings-rules');
    await closeDialog(page);
    expect(complaints).toEqual([]);
    await close();
  });
});

describe('a goal', () => {
  it('is found as a moment', async () => {
    const url = `${inject('stadium')}/api/rooms/stadium/moments`;
    const headers = { authorization: `Bearer ${token(ANN)}` };
    const found = async () => ((await (await fetch(url, { headers })).json()) as { moments: unknown[] }).moments.length;
    await expect.poll(found, { timeout: 180_000, interval: 500 }).toBe(1);
  }, 200_000);

  it.each(WIDTHS)('is in the numbers at %i px, %s, and opens the history where it began', async (width, colorScheme, axe) => {
    const { options, seen } = setting(width, colorScheme, axe);
    const { page, complaints, close } = await enterAs(browser, scene.at('stadium', '&view=dashboard'), ANN, options);
    const moments = page.locator('.moments li');
    await moments.first().waitFor();
    await page.locator('.tile').first().waitFor();
    await seen(page, 'numbers');
    await moments.first().scrollIntoViewIfNeeded();
    await seen(page, 'numbers-moments');
    await page.locator('.ranking').last().scrollIntoViewIfNeeded();
    await seen(page, 'numbers-rankings');
    await page.locator('section[aria-labelledby="service-numbers"] .chart').scrollIntoViewIfNeeded();
    await seen(page, 'numbers-service');
    await page.getByLabel('24 hours').check();
    await page.locator('.dashboard').evaluate((element) => element.scrollTo(0, 0));
    await page.locator('section[aria-busy="false"] .chart').first().waitFor();
    await page.getByRole('heading', { name: 'Messages and chatters an hour' }).waitFor();
    await seen(page, 'numbers-day');
    await moments.first().getByRole('button', { name: /^Open the history/ }).click();
    await page.locator('.message[data-lit="true"]').waitFor();
    expect(new URL(page.url()).searchParams.get('at')).toMatch(/^\d+$/);
    await seen(page, 'moment');
    expect(complaints).toEqual([]);
    await close();
  });
});
