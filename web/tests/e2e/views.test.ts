/**
 * Every view, wide and narrow, light and dark: nothing runs out of the page, axe finds nothing serious.
 * With HUBBUB_PICTURES=FOLDER each is also kept as a picture, for people to look at.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enter, launch, message, say, visit } from './browser';
import { startHubbub, type Hubbub } from './hubbub';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PICTURES = process.env.HUBBUB_PICTURES;
const WIDTHS = [1280, 390, 360] as const;
const THEMES = ['light', 'dark'] as const;

interface Finding {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

let browser: Browser;
let hubbub: Hubbub;

beforeAll(async () => {
  browser = await launch();
  // Generous for those who talk, and soon used up by who hurries.
  hubbub = await startHubbub({ env: { RATE_LIMIT_PER_SEC: '1', RATE_LIMIT_BURST: '12' } });
  if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });
  const ann = await enter(browser, `${hubbub.url}/?room=lounge`, 'Ann');
  const bob = await enter(browser, `${hubbub.url}/?room=lounge`, 'Bob');
  const eve = await enter(browser, `${hubbub.url}/?room=garden`, 'Ève');
  await talk(ann.page, bob.page);
  await say(eve.page, 'Anybody in the garden? :wave:');
  await message(eve.page, 'garden').waitFor();
});
afterAll(async () => {
  await browser.close();
  await hubbub.stop();
});

async function talk(ann: Page, bob: Page): Promise<void> {
  const lines: [Page, string][] = [
    [ann, 'Good morning, everybody :wave:'],
    [ann, 'Did anybody see the match last night?'],
    [bob, 'I did! That last goal :fire: :fire:'],
    [bob, 'https://example.com/highlights/2026-11-23 has it, and the interview afterwards as well, which is worth the eleven minutes that it takes.'],
    [ann, 'A very long word: Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'],
    [bob, ':tada:'],
    [bob, '@Ann, we start at eight.\nBring:\n– tea\n– biscuits'],
  ];
  for (const [page, text] of lines) {
    await say(page, text);
    await page.waitForFunction(() => document.querySelector('.pending') === null);
  }
  await bob.locator('.message', { hasText: 'Good morning' }).hover();
  await bob.getByRole('button', { name: 'Reply to Ann' }).first().click();
  await say(bob, 'Morning!');
  await message(ann, 'Morning!').waitFor();
}

async function check(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(300);
  if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, `${name} runs out of the page`).toBeLessThanOrEqual(0);
  await page.evaluate(AXE);
  const findings = await page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } }).axe;
    return (await axe.run()).violations;
  });
  const serious = findings.filter((finding) => finding.impact === 'serious' || finding.impact === 'critical');
  const told = serious.map((finding) => `${finding.id}: ${finding.nodes.map((node) => `${node.html} ${node.failureSummary}`).join('\n')}`);
  expect(told, name).toEqual([]);
}

describe.each(THEMES)('in the %s theme', (colorScheme) => {
  it.each(WIDTHS)('every view at %i px', async (width) => {
    const narrow = width < 760;
    const options = { viewport: { width, height: narrow ? 780 : 800 }, colorScheme, hasTouch: narrow, isMobile: narrow };
    const name = (view: string) => `${view}-${width}-${colorScheme}`;

    const door = await visit(browser, hubbub.url, options);
    await door.page.getByLabel('Your name').waitFor();
    await check(door.page, name('door'));
    await door.page.getByRole('button', { name: 'I have a token' }).click();
    await door.page.getByRole('button', { name: 'Enter' }).click();
    await check(door.page, name('door-token'));
    await door.close();

    const guest = await enter(browser, `${hubbub.url}/?room=lounge`, 'Guest', options);
    const { page } = guest;
    await message(page, 'Morning!').waitFor();
    await check(page, name('chat'));
    if (narrow) {
      await page.getByRole('button', { name: 'Rooms' }).click();
      await check(page, name('rooms'));
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: /^People/ }).click();
      await check(page, name('people'));
      await page.keyboard.press('Escape');
    }
    await page.getByRole('button', { name: 'Emotes' }).click();
    await check(page, name('emotes'));
    await page.keyboard.press('Escape');
    await page.locator('.message .name', { hasText: 'Bob' }).first().click();
    await page.getByRole('dialog').waitFor();
    await check(page, name('card'));
    await page.keyboard.press('Escape');

    // A refusal, with its countdown, and the message that was not sent.
    await page.goto(`${hubbub.url}/?room=hurry-${width}-${colorScheme}`);
    await page.locator('.state[data-state="live"]').waitFor();
    // What is sent takes an earlier refusal away: looked for only when all is answered.
    for (let i = 0; i < 8 && (await page.locator('.refusal').count()) === 0; i++) {
      for (let n = 0; n < 16; n++) await say(page, `Quick, number ${16 * i + n}`);
      await page.waitForFunction(() => document.querySelector('.pending[data-state="sending"]') === null);
    }
    await page.locator('.refusal').waitFor();
    await page.locator('#composer').fill('A text that is nearly too long. '.repeat(32));
    await check(page, name('refusal'));

    await page.goto(`${hubbub.url}/?room=lounge&view=dashboard`);
    await page.locator('.state[data-state="live"]').waitFor();
    await page.waitForTimeout(1_500);
    await check(page, name('numbers'));
    await page.goto(`${hubbub.url}/?room=nobody-${width}-${colorScheme}`);
    await page.getByText('Nobody has said anything').waitFor();
    await check(page, name('empty'));
    expect(guest.complaints).toEqual([]);
    await guest.close();
  });
});
