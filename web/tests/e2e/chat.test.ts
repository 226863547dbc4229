import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enter, launch, message, say } from './browser';
import { startHubbub, type Hubbub } from './hubbub';

let browser: Browser;
let hubbub: Hubbub;
const folder = mkdtempSync(join(tmpdir(), 'hubbub-web-'));

beforeAll(async () => {
  browser = await launch();
  hubbub = await startHubbub({ data: folder });
});
afterAll(async () => {
  await browser.close();
  await hubbub.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('two people with a browser each', () => {
  it('chat: both see both messages once, in the same order, links safe and emotes drawn', async () => {
    const ann = await enter(browser, `${hubbub.url}/?room=two`, 'Ann');
    const bob = await enter(browser, `${hubbub.url}/?room=two`, 'Bob');
    await say(ann.page, 'Have a look at https://example.com/a?b=c. :tada: <b>not bold</b>');
    await message(bob.page, 'not bold').waitFor();
    await say(bob.page, 'javascript:alert(1) is no link, and neither is https://user:pass@example.com');
    await message(ann.page, 'is no link').waitFor();
    for (const { page } of [ann, bob]) {
      expect(await page.locator('.message .body').allInnerTexts()).toEqual([
        'Have a look at https://example.com/a?b=c. 🎉 <b>not bold</b>',
        'javascript:alert(1) is no link, and neither is https://user:pass@example.com',
      ]);
      const links = page.locator('.message .body a');
      expect(await links.count()).toBe(1);
      expect(await links.first().getAttribute('href')).toBe('https://example.com/a?b=c');
      expect(await links.first().getAttribute('rel')).toContain('noopener');
      expect(await page.locator('.pending').count()).toBe(0);
    }
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
    await ann.close();
    await bob.close();
  });

  it('answer each other by keyboard, and jump to what is answered', async () => {
    const ann = await enter(browser, `${hubbub.url}/?room=reply`, 'Ann');
    await say(ann.page, 'What is for lunch?');
    const reply = ann.page.getByRole('button', { name: 'Reply to Ann' });
    await reply.focus();
    await ann.page.keyboard.press('Enter');
    expect(await ann.page.locator('#composer').evaluate((field) => field === document.activeElement)).toBe(true);
    await ann.page.keyboard.type('Soup');
    await ann.page.keyboard.press('Enter');
    const answered = ann.page.locator('.answered');
    await answered.waitFor();
    expect(await answered.innerText()).toContain('What is for lunch?');
    await answered.click();
    await ann.page.locator('.message[data-lit="true"]').getByText('What is for lunch?').waitFor();
    await ann.close();
  });

  it('see a refusal by name beside the input, and send again', async () => {
    const slow = await startHubbub({ env: { RATE_LIMIT_PER_SEC: '0.2', RATE_LIMIT_BURST: '1' } });
    const ann = await enter(browser, slow.url, 'Ann');
    await say(ann.page, 'first');
    await say(ann.page, 'second');
    const refusal = ann.page.locator('.refusal');
    await refusal.waitFor();
    // It counts down to where trying again makes sense.
    const seconds = async () => Number(/Again in (\d) s/.exec(await refusal.innerText())?.[1] ?? 0);
    const atFirst = await seconds();
    expect(atFirst).toBeGreaterThan(0);
    expect(atFirst).toBeLessThanOrEqual(5);
    await expect.poll(seconds).toBeLessThan(atFirst);
    await ann.page.locator('.pending[data-state="failed"]').waitFor();
    await ann.page.getByText('You can try again now').waitFor();
    await ann.page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => ann.page.locator('.message:not(.pending) .body').allInnerTexts()).toEqual(['first', 'second']);
    await ann.close();
    await slow.stop();
  });

  it('count characters as the server does', async () => {
    const ann = await enter(browser, `${hubbub.url}/?room=count`, 'Ann');
    const field = ann.page.locator('#composer');
    // 1,000 scalar values, though 2,000 UTF-16 units.
    await field.fill('🐱'.repeat(1_001));
    expect(await ann.page.locator('.count-now').innerText()).toContain('1 too many');
    expect(await ann.page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await field.fill('🐱'.repeat(1_000));
    await field.press('Enter');
    await ann.page.locator('.message:not(.pending)').waitFor();
    await ann.close();
  });
});

describe('a server that restarts', () => {
  it('is found again, with nothing lost, nothing doubled, and what was written meanwhile', async () => {
    const ann = await enter(browser, `${hubbub.url}/?room=restart`, 'Ann');
    const bob = await enter(browser, `${hubbub.url}/?room=restart`, 'Bob');
    await say(ann.page, 'before');
    await message(bob.page, 'before').waitFor();
    const { port } = hubbub;
    await hubbub.stop();
    await ann.page.locator('.state[data-state="reconnecting"]').waitFor();
    await say(ann.page, 'during');
    await ann.page.getByText('Goes out when the connection is back').waitFor();
    hubbub = await startHubbub({ data: folder, port });
    await ann.page.locator('.state[data-state="live"]').waitFor();
    await bob.page.locator('.state[data-state="live"]').waitFor();
    await message(bob.page, 'during').waitFor();
    await say(bob.page, 'after');
    for (const { page } of [ann, bob]) {
      await expect.poll(() => page.locator('.message .body').allInnerTexts()).toEqual(['before', 'during', 'after']);
    }
    expect([...ann.complaints, ...bob.complaints]).toEqual([]);
    await ann.close();
    await bob.close();
  });
});
