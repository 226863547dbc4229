/** Many messages at once, said from within a browser: Node.js 20 has no WebSocket of its own. */
import type { Browser } from 'playwright-core';

/** Says `count` messages as several people, at most `inFlight` of them unacknowledged. */
export async function sayMany(browser: Browser, url: string, room: string, count: number, inFlight = 32): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${url}/config.json`);
  await page.evaluate(
    async ({ chatRoom, all, atOnce }) => {
      const base = `ws://${location.host}/ws?room=${chatRoom}`;
      const people = ['Ida', 'Max', 'Ola', 'Pia'];
      let sent = 0;
      let acknowledged = 0;
      await new Promise<void>((resolve, reject) => {
        for (const name of people) {
          const socket = new WebSocket(`${base}&userId=${name.toLowerCase()}&username=${name}`);
          const next = () => {
            if (sent < all) socket.send(JSON.stringify({ action: 'sendMessage', content: `Number ${++sent} of ${all}, said by ${name}` }));
          };
          socket.addEventListener('open', () => {
            for (let i = 0; i < atOnce / people.length; i++) next();
          });
          socket.addEventListener('error', () => reject(new Error('the socket failed')));
          socket.addEventListener('message', ({ data }) => {
            for (const line of String(data).split('\n')) {
              if (line.includes('"type":"error"')) reject(new Error(line));
              if (!line.includes('"type":"ack"')) continue;
              if (++acknowledged === all) resolve();
              else next();
            }
          });
        }
      });
    },
    { chatRoom: room, all: count, atOnce: inFlight },
  );
  await context.close();
}
