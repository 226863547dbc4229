/**
 * Rooms as they are in life, for the pictures: long names and short ones, talk, answers, removals, an
 * announcement, many rooms, a moderation log, and a match that people react to all at once.
 */
import type { Browser, Page } from 'playwright-core';
import { message, say, type Visitor } from './browser';
import { startHubbub, type Hubbub } from './hubbub';
import { enterAs, SECRET, token, type Claims } from './tokens';

export const ANN: Claims = { sub: 'ann', name: 'Ann' };
export const LONG: Claims = { sub: 'bartholomew.featherstonehaugh@example.com', name: 'Bartholomew Featherstonehaugh-Cholmondeley III' };
export const ZOE: Claims = { sub: 'zoe', name: 'Ζωή Παπαδοπούλου' };
export const MONA: Claims = { sub: 'mona', name: 'Mona', role: 'moderator' };
export const OLGA: Claims = { sub: 'olga', name: 'Olga Owner', role: 'owner' };
export const EVE: Claims = { sub: 'eve', name: 'Eve' };

const ROOMS = ['book-club', 'chess', 'cooking', 'music', 'rust', 'speedrun-marathon-winter-2026-qualifiers-group-b-second-stage', 'weather'];
const CROWD = ['Aiko', 'Bjørn', 'Chidi', 'Dolores', 'Emre', 'Fatima', 'Göran', 'Hana', 'Ivo', 'Jamal', 'Kofi', 'Lucía', 'Mehmet', 'Ngozi', 'Øystein', 'Priya', 'Quentin', 'Rosa', 'Søren', 'Tariq'];
export const TALK = 'What is for lunch?';

export interface Scenery {
  readonly hubbub: Hubbub;
  readonly at: (room: string, more?: string) => string;
  readonly ann: Page;
  readonly mona: Page;
  /** Everybody in the stadium reacts; comes back with how many moments were found. */
  goal(): Promise<number>;
}

export async function build(browser: Browser): Promise<Scenery> {
  // Generous for those who talk, and soon used up by who hurries.
  const hubbub = await startHubbub({ env: { AUTH_SECRET: SECRET, RATE_LIMIT_PER_SEC: '1', RATE_LIMIT_BURST: '6' } });
  const at = (room: string, more = '') => `${hubbub.url}/?room=${room}${more}`;
  const stadium = await crowd(browser, hubbub.url);
  const [ann, long, zoe, mona, olga, eve] = (await Promise.all([ANN, LONG, ZOE, MONA, OLGA, EVE].map((who) => enterAs(browser, at('lounge'), who)))) as [Visitor, Visitor, Visitor, Visitor, Visitor, Visitor];
  await talk(ann.page, long.page, zoe.page, olga.page, eve.page);
  await keepOrder(mona.page);
  await say(olga.page, '@Ann, we start at eight.\nBring:\n– tea\n– biscuits');
  await message(ann.page, 'biscuits').waitFor();
  return { hubbub, at, ann: ann.page, mona: mona.page, goal: () => goal(stadium, hubbub.url) };
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

/** People who are only sockets: in the lounge, in other rooms, and in the stadium, where some talk. */
async function crowd(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${url}/config.json`);
  const tokens = CROWD.map((name) => token({ sub: `fan-${name.toLowerCase().normalize('NFKD').replace(/[^a-z]/g, '')}`, name }));
  await page.evaluate(
    async ({ all, rooms }) => {
      // oxlint-disable-next-line unicorn/consistent-function-scoping -- runs in the page
      const open = (room: string, who: string) =>
        new Promise<WebSocket>((resolve, reject) => {
          const socket = new WebSocket(`ws://${location.host}/ws?room=${room}&token=${who}`);
          socket.addEventListener('open', () => resolve(socket));
          socket.addEventListener('error', () => reject(new Error('the socket failed')));
        });
      const fans: WebSocket[] = [];
      for (const [i, who] of all.entries()) {
        fans.push(await open('stadium', who));
        if (i % 2 === 0) await open('lounge', who);
        await open(rooms[Math.floor(i / 3) % rooms.length] ?? 'rust', who);
      }
      Object.assign(globalThis, { fans });
      const lines = ['kick off', 'come on now', 'nice pass there', 'the keeper is awake', 'midfield looks tired :coffee:', 'corner again', 'who is number seven', 'offside? :thinking:'];
      // What is usual must be known before something can be unusual.
      let turn = 0;
      setInterval(() => {
        turn++;
        fans[turn % 4]?.send(JSON.stringify({ action: 'sendMessage', content: lines[(turn * 5 + (turn % 3)) % lines.length] }));
      }, 2_500);
    },
    { all: tokens, rooms: ROOMS },
  );
  return page;
}

async function goal(stadium: Page, url: string): Promise<number> {
  await stadium.evaluate(async () => {
    const { fans } = globalThis as unknown as { fans: WebSocket[] };
    const cheers = ['GOAL :tada:', 'goooal :fire:', 'what a goal :tada:', 'goal goal goal'];
    for (let round = 0; round < 6; round++) {
      for (const [i, fan] of fans.entries()) if (i >= 4) fan.send(JSON.stringify({ action: 'sendMessage', content: cheers[(i + round) % cheers.length] }));
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  });
  const headers = { authorization: `Bearer ${token(ANN)}` };
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await new Promise((resolve) => setTimeout(resolve, 500))) {
    const { moments } = (await (await fetch(`${url}/api/rooms/stadium/moments`, { headers })).json()) as { moments: unknown[] };
    if (moments.length > 0) return moments.length;
  }
  return 0;
}
