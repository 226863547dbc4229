/**
 * A Hubbub that has been running for a while when the pictures are taken: twenty people watch a match,
 * some talk, and a hundred seconds later all of them react at once. Started before the first test, because
 * the server only finds unusual what it could compare with a minute and a half of the usual.
 */
import type { Browser } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { launch } from './browser';
import { startHubbub } from './hubbub';
import { SECRET, token } from './tokens';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where that Hubbub is. */
    stadium: string;
  }
}

const GOAL_AFTER_MS = 100_000;
const ROOMS = ['book-club', 'chess', 'cooking', 'music', 'rust', 'speedrun-marathon-winter-2026-qualifiers-group-b-second-stage', 'weather'];
const CROWD = ['Aiko', 'Bjørn', 'Chidi', 'Dolores', 'Emre', 'Fatima', 'Göran', 'Hana', 'Ivo', 'Jamal', 'Kofi', 'Lucía', 'Mehmet', 'Ngozi', 'Øystein', 'Priya', 'Quentin', 'Rosa', 'Søren', 'Tariq'];

export default async function start({ provide }: TestProject): Promise<() => Promise<void>> {
  // Generous for those who talk, and soon used up by who hurries.
  const hubbub = await startHubbub({ env: { AUTH_SECRET: SECRET, RATE_LIMIT_PER_SEC: '1', RATE_LIMIT_BURST: '6' } });
  const browser = await launch(['--disable-background-timer-throttling']);
  await crowd(browser, hubbub.url);
  provide('stadium', hubbub.url);
  return async () => {
    await browser.close();
    await hubbub.stop();
  };
}

/** People who are only sockets: in the lounge, in other rooms, and in the stadium, where some talk. */
async function crowd(browser: Browser, url: string): Promise<void> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${url}/config.json`);
  const tokens = CROWD.map((name) => token({ sub: `fan-${name.toLowerCase().normalize('NFKD').replace(/[^a-z]/g, '')}`, name }));
  await page.evaluate(
    async ({ all, rooms, goalAfter }) => {
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
      const lines = ['kick off', 'come on now', 'nice pass there', 'the keeper is awake', 'midfield looks tired :coffee:', 'corner again', 'who is number seven', 'offside? :thinking:'];
      // What is usual must be known before something can be unusual.
      let turn = 0;
      setInterval(() => {
        turn++;
        fans[turn % 4]?.send(JSON.stringify({ action: 'sendMessage', content: lines[(turn * 5 + (turn % 3)) % lines.length] }));
      }, 2_500);
      setTimeout(() => {
        const cheers = ['GOAL :tada:', 'goooal :fire:', 'what a goal :tada:', 'goal goal goal'];
        let round = 0;
        const cheering = setInterval(() => {
          for (const [i, fan] of fans.entries()) if (i >= 4) fan.send(JSON.stringify({ action: 'sendMessage', content: cheers[(i + round) % cheers.length] }));
          if (++round === 6) clearInterval(cheering);
        }, 2_000);
      }, goalAfter);
    },
    { all: tokens, rooms: ROOMS, goalAfter: GOAL_AFTER_MS },
  );
}
