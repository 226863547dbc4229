import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, message, say, visit } from './browser';
import { startHubbub, type Hubbub } from './hubbub';
import { enterAs, SECRET, token } from './tokens';

let browser: Browser;
let hubbub: Hubbub;

beforeAll(async () => {
  browser = await launch();
  hubbub = await startHubbub({ env: { AUTH_SECRET: SECRET } });
});
afterAll(async () => {
  await browser.close();
  await hubbub.stop();
});

const at = (room: string) => `${hubbub.url}/?room=${room}`;

async function card(page: Page, name: string): Promise<void> {
  await page.locator('.message .name', { hasText: name }).first().click();
  await page.getByRole('dialog').waitFor();
}

describe('a server that wants tokens', () => {
  it('asks for one, takes it from the fragment, and leaves it in no address', async () => {
    const nobody = await visit(browser, hubbub.url);
    await nobody.page.getByLabel('Token').waitFor();
    expect(await nobody.page.getByLabel('Your name').count()).toBe(0);
    await nobody.page.getByLabel('Token').fill(`${token({ sub: 'ann', name: 'Ann' })}x`);
    await nobody.page.getByRole('button', { name: 'Enter' }).click();
    await nobody.page.locator('.state[data-state="refused"]').waitFor();
    await nobody.close();
    const ann = await enterAs(browser, at('court'), { sub: 'ann', name: 'Ann' });
    expect(ann.page.url()).toBe(`${hubbub.url}/?room=court`);
    await ann.close();
  });
});

describe('a moderator', () => {
  it('removes a message, times out and bans; others have no such buttons', async () => {
    const mona = await enterAs(browser, at('court'), { sub: 'mona', name: 'Mona', role: 'moderator' });
    const eve = await enterAs(browser, at('court'), { sub: 'eve', name: 'Eve' });
    const ann = await enterAs(browser, at('court'), { sub: 'ann', name: 'Ann' });
    await say(eve.page, 'something rude');
    await say(eve.page, 'something else');
    await message(mona.page, 'something else').waitFor();
    await message(ann.page, 'something else').waitFor();

    await mona.page.locator('.message', { hasText: 'something rude' }).hover();
    await mona.page.getByRole('button', { name: 'Remove the message of Eve' }).first().click();
    for (const { page } of [mona, eve, ann]) await message(page, 'This message was removed.').waitFor();
    expect(await ann.page.getByText('something rude').count()).toBe(0);

    await card(ann.page, 'Eve');
    expect(await ann.page.getByRole('button', { name: 'Ban…' }).count()).toBe(0);
    await ann.page.keyboard.press('Escape');

    await card(mona.page, 'Eve');
    await mona.page.getByRole('button', { name: 'Time out' }).click();
    await mona.page.getByText('Eve cannot write for 10 minutes.').waitFor();
    await say(eve.page, 'may I?');
    await eve.page.locator('.refusal').waitFor();
    expect(await eve.page.locator('.refusal').innerText()).toMatch(/Again in (9|10) min/);

    await mona.page.getByRole('button', { name: 'Ban…' }).click();
    await mona.page.getByRole('button', { name: 'Yes, ban' }).click();
    await mona.page.getByText('Eve is banned from court.').waitFor();
    await eve.page.locator('.state[data-state="refused"]').waitFor();
    await eve.page.locator('.banner').waitFor();

    await mona.page.getByRole('button', { name: 'Lift a ban' }).click();
    await mona.page.getByText('Eve may come back.').waitFor();
    await eve.page.locator('.banner').getByRole('button', { name: 'Try again' }).click();
    await eve.page.locator('.state[data-state="live"]').waitFor();
    expect([...mona.complaints, ...eve.complaints, ...ann.complaints]).toEqual([]);
    for (const visitor of [mona, eve, ann]) await visitor.close();
  });

  it('sets the rules for messages, which bind the others', async () => {
    const mona = await enterAs(browser, at('ruled'), { sub: 'mona', name: 'Mona', role: 'moderator' });
    const ann = await enterAs(browser, at('ruled'), { sub: 'ann', name: 'Ann' });
    await mona.page.getByRole('button', { name: 'Room settings' }).click();
    await mona.page.getByText('Rules for messages').click();
    await mona.page.getByLabel('Longest message, in characters').fill('40');
    await mona.page.getByLabel('Blocked words, one a line').fill('cabbage\n\n  kale ');
    await mona.page.getByRole('button', { name: 'Save the rules' }).click();
    await mona.page.getByText('The rules are saved.').waitFor();
    await mona.page.locator('.log li', { hasText: 'Rules changed' }).waitFor();
    await say(ann.page, 'I like Kale');
    await ann.page.locator('.refusal').waitFor();
    // Ann's page may still know the longer bound: the server says no, and then the page asks.
    await say(ann.page, 'words '.repeat(10));
    await ann.page.locator('.refusal', { hasText: '40' }).waitFor();
    await ann.page.locator('#composer').fill('words '.repeat(10));
    await ann.page.getByText('59 of 40 characters, 19 too many').waitFor();
    expect(await message(mona.page, 'Kale').count()).toBe(0);
    expect(mona.complaints).toEqual([]);
    await mona.close();
    await ann.close();
  });

  it('announces, and slows the room down', async () => {
    const mona = await enterAs(browser, at('slow'), { sub: 'mona', name: 'Mona', role: 'moderator' });
    const ann = await enterAs(browser, at('slow'), { sub: 'ann', name: 'Ann' });
    await mona.page.getByRole('button', { name: 'Room settings' }).click();
    await mona.page.getByLabel('Announcement to everybody').fill('Dinner is at seven.');
    await mona.page.getByRole('button', { name: 'Announce' }).click();
    await ann.page.locator('.announcement', { hasText: 'Dinner is at seven.' }).waitFor();
    await ann.page.locator('.pinned', { hasText: 'Dinner is at seven.' }).waitFor();
    await mona.page.getByLabel('Slow mode').selectOption('30');
    await mona.page.getByText('One message every 30 s.', { exact: true }).waitFor();
    await say(ann.page, 'one');
    await message(ann.page, 'one').waitFor();
    await say(ann.page, 'two');
    await ann.page.locator('.refusal').waitFor();
    expect(await ann.page.locator('.refusal').innerText()).toMatch(/Again in [23]\d s/);
    await ann.page.getByText('Slow mode: one message every 30 s.').waitFor();
    await mona.close();
    await ann.close();
  });
});
