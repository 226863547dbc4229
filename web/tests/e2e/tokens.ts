/** Tokens as an identity provider would sign them. */
import { createHmac } from 'node:crypto';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { visit, type Visitor } from './browser';

export const SECRET = 'a secret of these tests, which is long enough for HS256';

export interface Claims {
  readonly sub: string;
  readonly name: string;
  readonly role?: 'moderator' | 'owner';
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

export function token(claims: Claims): string {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp, ...claims })}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

/** Through the door with a token, to where the address says. */
export async function enterAs(browser: Browser, url: string, claims: Claims, options?: BrowserContextOptions): Promise<Visitor> {
  const visitor = await visit(browser, `${url}#token=${token(claims)}`, options);
  await visitor.page.locator('.state[data-state="live"]').waitFor();
  return visitor;
}
