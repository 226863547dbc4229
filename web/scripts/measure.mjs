/**
 * What the page costs: its weight, how soon it shows something, what messages cost it. Starts the built
 * program, drives Chromium, and writes the figures into the README, between the marks `web:begin` and
 * `web:end`, when told `--write-readme FILE`. Build both in release first.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = process.env.HUBBUB_PROGRAM ?? join(process.env.CARGO_TARGET_DIR ?? join(web, '../target'), 'debug/local');
const LOADS = 7;
const RATE = 100;
const SECONDS = 20;
const MANY = 100_000;

function weight() {
  const folder = join(web, 'dist');
  let [all, first] = [0, 0];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|css|html)$/.test(entry.name)) continue;
    const bytes = gzipSync(readFileSync(join(entry.parentPath, entry.name)), { level: 9 }).length;
    all += bytes;
    if (!entry.name.startsWith('dashboard')) first += bytes;
  }
  return { all, first };
}

async function start() {
  const child = spawn(program, ['--port', '0'], { env: { ...process.env, RATE_LIMIT_PER_SEC: '0', LOG_LEVEL: 'error' }, stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve, reject) => {
    let said = '';
    child.once('error', reject);
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const found = /page\s+(http:\S+)\//.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { child, url };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function enter(context, url, room) {
  const page = await context.newPage();
  await page.addInitScript(() => localStorage.setItem('hubbub.name', 'Ann'));
  await page.goto(`${url}/?room=${room}`);
  await page.locator('.state[data-state="live"]').waitFor();
  return page;
}

/** From navigation to the first paint of the open room. */
async function firstPaints(browser, url) {
  const times = [];
  for (let i = 0; i < LOADS; i++) {
    const context = await browser.newContext();
    const page = await enter(context, url, 'paint');
    times.push(
      await page.evaluate(
        () =>
          new Promise((resolve) => {
            new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true });
          }),
      ),
    );
    await context.close();
  }
  return times;
}

/** An open room whose socket is at hand: frames are handed to the page as its socket would, because the
 * server's part is measured elsewhere, and a busy server would pace the page. */
async function roomWithSocket(context, url, room) {
  const page = await context.newPage();
  await page.addInitScript(() => {
    localStorage.setItem('hubbub.name', 'Ann');
    const Real = WebSocket;
    globalThis.WebSocket = class extends Real {
      constructor(...args) {
        super(...args);
        globalThis.theSocket = this;
      }
    };
    globalThis.chatFrame = (into, sequence) => {
      const user = sequence % 50;
      const content = `Message ${sequence}: a line as people write them, some sixty characters :wave:`;
      const timestamp = new Date(1_790_000_000_000 + sequence * 10).toISOString();
      return JSON.stringify({ type: 'chat', messageId: crypto.randomUUID(), roomId: into, sequence, userId: `user-${user}`, username: `User ${user}`, content, timestamp });
    };
  });
  await page.goto(`${url}/?room=${room}`);
  await page.locator('.state[data-state="live"]').waitFor();
  await page.getByText('Nobody has said anything').waitFor();
  // The server has none of these messages: its history would say that they were deleted.
  await page.route('**/messages?*', (route) => route.abort());
  return page;
}

/** Messages that come one by one at a steady rate, each in a frame of its own. */
async function scripting(browser, url) {
  const context = await browser.newContext();
  const page = await roomWithSocket(context, url, 'rate');
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  const read = async () => Object.fromEntries((await session.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
  const count = RATE * SECONDS;
  await page.evaluate((all) => {
    globalThis.prepared = Array.from({ length: all }, (_, i) => globalThis.chatFrame('rate', i + 1));
  }, count);
  const before = await read();
  await page.evaluate(
    (perSecond) =>
      new Promise((resolve) => {
        const frames = globalThis.prepared;
        const began = performance.now();
        let sent = 0;
        const timer = setInterval(() => {
          const due = Math.min(frames.length, Math.floor(((performance.now() - began) / 1_000) * perSecond));
          while (sent < due) globalThis.theSocket.onmessage({ data: frames[sent++] });
          if (sent < frames.length) return;
          clearInterval(timer);
          resolve();
        }, 10);
      }),
    RATE,
  );
  await page.locator('.message .body', { hasText: `Message ${count}:` }).waitFor();
  const after = await read();
  await context.close();
  const perThousand = (name) => ((after[name] - before[name]) / count) * 1_000 * 1_000;
  return { script: perThousand('ScriptDuration'), task: perThousand('TaskDuration') };
}

async function memory(browser, url) {
  const context = await browser.newContext();
  const page = await roomWithSocket(context, url, 'memory');
  const session = await context.newCDPSession(page);
  const used = async () => {
    await session.send('HeapProfiler.collectGarbage');
    return (await session.send('Runtime.getHeapUsage')).usedSize;
  };
  const before = await used();
  await page.evaluate(async (all) => {
    for (let sequence = 1; sequence <= all; sequence++) {
      globalThis.theSocket.onmessage({ data: globalThis.chatFrame('memory', sequence) });
      if (sequence % 1_000 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
  }, MANY);
  await page.locator('.message .body', { hasText: `Message ${MANY}:` }).waitFor();
  const after = await used();
  const rows = await page.locator('.message').count();
  await context.close();
  return { mebibytes: (after - before) / 2 ** 20, rows };
}

const executablePath = [process.env.CHROMIUM ?? '', '/usr/bin/chromium'].find((path) => path !== '' && existsSync(path));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const { child, url } = await start();
try {
  const bytes = weight();
  const paints = await firstPaints(browser, url);
  const cost = await scripting(browser, url);
  const kept = await memory(browser, url);
  const rows = [
    ['weight, gzip: everything', `${(bytes.all / 1_000).toFixed(1)} KB`],
    ['weight, gzip: chat without the numbers', `${(bytes.first / 1_000).toFixed(1)} KB`],
    ['navigation to largest paint of the open room, loopback', `${median(paints).toFixed(0)} ms (median of ${LOADS})`],
    [`scripting per 1,000 messages, at ${RATE} a second`, `${cost.script.toFixed(0)} ms`],
    ['the same with layout and painting', `${cost.task.toFixed(0)} ms`],
    [`memory that ${MANY.toLocaleString('en')} messages take`, `${kept.mebibytes.toFixed(1)} MiB`],
    ['rows in the document then', String(kept.rows)],
  ];
  const date = new Date().toISOString().slice(0, 10);
  const text = [
    `Measured on ${date} in Chromium ${browser.version()}, ${cpus().length} cores shared with the server and others, drawn in software. Command: \`npm run build && npm run measure -- --write-readme ../README.md\` in \`web/\`.`,
    '',
    '| the page | figure |',
    '|---|---:|',
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
  ].join('\n');
  console.log(text);
  const at = process.argv.indexOf('--write-readme');
  const file = process.argv[at + 1];
  if (at >= 0 && file !== undefined) {
    const readme = readFileSync(file, 'utf8');
    const marks = /(<!-- web:begin -->\n)[\s\S]*?(<!-- web:end -->)/;
    if (!marks.test(readme)) throw new Error(`${file} has no marks web:begin and web:end`);
    writeFileSync(file, readme.replace(marks, (_, begin, end) => `${begin}${text}\n${end}`));
  }
} finally {
  await browser.close();
  child.kill('SIGTERM');
}
