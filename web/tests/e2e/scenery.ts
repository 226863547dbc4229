/**
 * A room as it is in life, for the pictures: long names and short ones, talk, answers, a removal, an
 * announcement, a moderation log.
 */
import type { Browser, Page } from 'playwright-core';
import { message, say, type Visitor } from './browser';
import { enterAs, type Claims } from './tokens';

export const ANN: Claims = { sub: 'ann', name: 'Ann' };
export const LONG: Claims = { sub: 'bartholomew.featherstonehaugh@example.com', name: 'Bartholomew Featherstonehaugh-Cholmondeley III' };
export const ZOE: Claims = { sub: 'zoe', name: 'Ζωή Παπαδοπούλου' };
export const MONA: Claims = { sub: 'mona', name: 'Mona', role: 'moderator' };
export const OLGA: Claims = { sub: 'olga', name: 'Olga Owner', role: 'owner' };
export const EVE: Claims = { sub: 'eve', name: 'Eve' };

export const TALK = 'What is for lunch?';

export interface Scenery {
  readonly at: (room: string, more?: string) => string;
  readonly ann: Page;
}

/** Around the stadium of `stadium.ts`, whose Hubbub is at `url`. */
export async function build(browser: Browser, url: string): Promise<Scenery> {
  const at = (room: string, more = '') => `${url}/?room=${room}${more}`;
  const [ann, long, zoe, mona, olga, eve] = (await Promise.all([ANN, LONG, ZOE, MONA, OLGA, EVE].map((who) => enterAs(browser, at('lounge'), who)))) as [Visitor, Visitor, Visitor, Visitor, Visitor, Visitor];
  await talk(ann.page, long.page, zoe.page, olga.page, eve.page);
  await keepOrder(mona.page);
  await say(olga.page, '@Ann, we start at eight.\nBring:\n– tea\n– biscuits');
  await message(ann.page, 'biscuits').waitFor();
  return { at, ann: ann.page };
}

async function talk(ann: Page, long: Page, zoe: Page, olga: Page, eve: Page): Promise<void> {
  const lines: [Page, string][] = [
    [ann, 'Good morning, everybody :wave:'],
    [ann, 'Did anybody see the match last night?'],
    [long, 'I did! That last goal :fire: :fire:'],
    [long, 'https://example.com/highlights/2026-11-23?from=front-page&quality=high has it, and the interview afterwards as well, which is worth the eleven minutes that it takes, in particular when they speak about the second half.'],
    [zoe, 'A very long word: Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'],
    [zoe, 'Τι αγώνας χθες το βράδυ!'],
    [olga, 'مرحبا بالجميع'],
    [eve, 'Buy followers at https://example.com, cheap!!!'],
    [long, ':tada:'],
    [ann, TALK],
  ];
  for (const [page, text] of lines) {
    await say(page, text);
    await page.waitForFunction(() => document.querySelector('.pending') === null);
  }
  await zoe.locator('.message', { hasText: TALK }).hover();
  await zoe.locator('.message', { hasText: TALK }).getByRole('button', { name: 'Reply to Ann' }).click();
  await say(zoe, 'Soup, and there is bread from yesterday');
  await message(ann, 'Soup').waitFor();
}

async function keepOrder(mona: Page): Promise<void> {
  const spam = mona.locator('.message', { hasText: 'Buy followers' });
  await spam.hover();
  await spam.getByRole('button', { name: 'Remove the message of Eve' }).click();
  await message(mona, 'This message was removed.').waitFor();
  await mona.locator('.message .name', { hasText: 'Eve' }).click();
  await mona.getByRole('button', { name: 'Time out' }).click();
  await mona.getByText('Eve cannot write').waitFor();
  await mona.getByRole('button', { name: 'Ban…' }).click();
  await mona.getByRole('button', { name: 'Yes, ban' }).click();
  await mona.getByText('Eve is banned').waitFor();
  await mona.keyboard.press('Escape');
  await mona.getByRole('button', { name: 'Room settings' }).click();
  await mona.getByLabel('Announcement to everybody').fill('Tonight at eight: the final on the big screen. Be kind, and no spoilers before it is over.');
  await mona.getByRole('button', { name: 'Announce' }).click();
  await mona.getByText('Announced.').waitFor();
  await mona.keyboard.press('Escape');
}
