/** Looks at a page: nothing runs out of it, axe finds nothing serious; keeps a picture of it if wanted. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** A folder for pictures of every view, for people to look at. */
const PICTURES = process.env.HUBBUB_PICTURES;
if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });

interface Finding {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

interface Axe {
  run(options: object): Promise<{ violations: Finding[] }>;
}

/** The page itself never scrolls, its parts never sideways, and where one writes is always in view. */
function outOfPlace(): string[] {
  const { documentElement: root, body } = document;
  const found = [root, body].filter((element) => element.scrollWidth > innerWidth || element.scrollHeight > innerHeight).map((element) => element.tagName);
  for (const part of document.querySelectorAll('.dashboard, .scroller, .roster ul, .rooms, .dialog, .written, .log, .entry')) {
    if (part.scrollWidth > part.clientWidth) found.push(`${part.className} by ${part.scrollWidth - part.clientWidth} px`);
  }
  for (const part of document.querySelectorAll('.composer, .me, .dialog')) {
    const { bottom, height } = part.getBoundingClientRect();
    if (height > 0 && bottom > innerHeight + 1) found.push(`${part.className} below the window by ${bottom - innerHeight} px`);
  }
  return found;
}

export async function look(page: Page, name: string, { axe }: { axe: boolean }): Promise<void> {
  // Half-way through a transition colours are none of the theme's.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
  if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  expect(await page.evaluate(outOfPlace), `${name}: what runs out of its place`).toEqual([]);
  if (!axe) return;
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const findings = await page.evaluate(async () => {
    return (await (globalThis as unknown as { axe: Axe }).axe.run({ resultTypes: ['violations'] })).violations;
  });
  const serious = findings.filter((finding) => finding.impact === 'serious' || finding.impact === 'critical');
  const told = serious.map((finding) => `${finding.id}: ${finding.nodes.map((node) => `${node.html} ${node.failureSummary}`).join('\n')}`);
  expect(told, name).toEqual([]);
}
