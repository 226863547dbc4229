/** Without a mouse, and without motion. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enter, launch, message, visit } from './browser';
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

/** Presses a key until what has the focus is called `name`; fails where it never is. */
async function reach(page: Page, key: 'Tab' | 'Shift+Tab', name: RegExp): Promise<void> {
  const met: string[] = [];
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press(key);
    const focused = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement | null;
      const seen = element !== null && getComputedStyle(element).outlineStyle !== 'none';
      const label = element?.id === '' ? null : document.querySelector(`label[for="${element?.id}"]`)?.textContent;
      return { name: element?.getAttribute('aria-label') ?? label ?? element?.textContent ?? '', seen };
    });
    met.push(focused.name);
    if (!name.test(focused.name)) continue;
    expect(focused.seen, `${focused.name} shows that it has the focus`).toBe(true);
    return;
  }
  throw new Error(`no ${name.source} among ${met.join(' | ')}`);
}

describe('by keyboard alone', () => {
  it('one comes in, writes, completes an emote, looks at a person, writes privately, and reads the numbers', async () => {
    const bob = await enter(browser, `${hubbub.url}/?room=keys`, 'Bob');
    const { page, complaints, close } = await visit(browser, `${hubbub.url}/?room=keys`);
    await page.getByLabel('Your name').waitFor();
    await reach(page, 'Tab', /^Your name/);
    await page.keyboard.type('Ann');
    await page.keyboard.press('Enter');
    await page.locator('.state[data-state="live"]').waitFor();
    await page.getByText('Nobody has said anything').waitFor();

    // The first stop skips the list of rooms.
    await page.keyboard.press('Tab');
    await reach(page, 'Shift+Tab', /^Skip to the room/);
    await page.keyboard.press('Enter');
    await reach(page, 'Tab', /^Message to keys/);
    await page.keyboard.type('Done :tad');
    await page.locator('.suggestions').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await message(bob.page, 'Done 🎉').waitFor();
    await page.keyboard.type('One line');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('and another');
    await page.keyboard.press('Enter');
    await message(bob.page, 'One line\nand another').waitFor();

    await page.locator('.roster .member', { hasText: 'Bob' }).waitFor();
    await reach(page, 'Tab', /^B?Bob/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    // The window keeps the focus, and gives it back.
    await reach(page, 'Tab', /^Mention/);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Bob');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await reach(page, 'Tab', /^Write privately/);
    await page.keyboard.press('Enter');
    await page.getByPlaceholder('Only Bob sees this').waitFor();
    await page.keyboard.type('psst');
    await page.keyboard.press('Enter');
    await bob.page.locator('.private', { hasText: 'psst' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByPlaceholder('Say something in keys').waitFor();

    await reach(page, 'Shift+Tab', /^Numbers/);
    await page.keyboard.press('Enter');
    await page.locator('.tile').first().waitFor();
    await reach(page, 'Tab', /^15 minutes|^$/);
    await page.keyboard.press('ArrowRight');
    expect(await page.getByLabel('1 hour').isChecked()).toBe(true);
    expect([...complaints, ...bob.complaints]).toEqual([]);
    await close();
    await bob.close();
  });
});

describe('whoever wants no motion', () => {
  it.each(['reduce', 'no-preference'] as const)('(%s) gets it', async (reducedMotion) => {
    const { page, close } = await enter(browser, `${hubbub.url}/?room=still`, 'Ann', { viewport: { width: 390, height: 780 }, reducedMotion });
    await page.getByRole('button', { name: 'Rooms' }).click();
    const moving = await page.evaluate(() => document.getAnimations().length);
    expect(moving > 0).toBe(reducedMotion === 'no-preference');
    await close();
  });
});
