/** Debian's Chromium, and people in it: each has a browser context of their own. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const PROGRAMS = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** A closed network is normal here, and a browser that asks for its updates only fills the log. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launch(more: readonly string[] = []): Promise<Browser> {
  const executablePath = PROGRAMS.find((path) => path !== '' && existsSync(path));
  if (executablePath === undefined) throw new Error('no Chromium: apt-get install chromium, or set CHROMIUM');
  return chromium.launch({ executablePath, args: [...FLAGS, ...more] });
}

/** What the page logged as wrong, a broken Content-Security-Policy among it. */
export interface Visitor {
  readonly page: Page;
  readonly complaints: string[];
  close(): Promise<void>;
}

export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (line) => {
    // The network's own complaints are part of some tests.
    if (line.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(line.text())) complaints.push(line.text());
  });
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

/** Through the door, by name. */
export async function enter(browser: Browser, url: string, name: string, options?: BrowserContextOptions): Promise<Visitor> {
  const visitor = await visit(browser, url, options);
  await visitor.page.getByLabel('Your name').fill(name);
  await visitor.page.getByRole('button', { name: 'Enter' }).click();
  await visitor.page.locator('.state[data-state="live"]').waitFor();
  return visitor;
}

export async function say(page: Page, text: string): Promise<void> {
  const field = page.locator('#composer');
  await field.fill(text);
  await field.press('Enter');
}

/** A message in the list, as opposed to what a screen reader is told of it. */
export function message(page: Page, text: string) {
  return page.locator('.message .body', { hasText: text });
}
