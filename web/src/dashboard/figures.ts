/** Numbers with their error bounds, and how they are written. Pure. */

import type { components } from '../protocol/generated';

/** A plain number is exact; the bounds of an estimate hold in 95 of 100 cases. */
export type Figure = components['schemas']['Figure_f64'];

export const valueOf = (figure: Figure): number => (typeof figure === 'number' ? figure : figure.value);
export const lowOf = (figure: Figure): number => (typeof figure === 'number' ? figure : figure.low);
export const highOf = (figure: Figure): number => (typeof figure === 'number' ? figure : figure.high);
export const isEstimate = (figure: Figure): figure is Exclude<Figure, number> => typeof figure !== 'number';

const WHOLE = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const TENTH = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });

export const whole = (n: number): string => WHOLE.format(n);
export const tenth = (n: number): string => TENTH.format(n);
export const percent = (share: number): string => PERCENT.format(share);

/** "1,234" or "about 1,234": the bounds are said beside it. */
export function written(figure: Figure): string {
  return isEstimate(figure) ? `≈ ${whole(figure.value)}` : whole(figure);
}

/** "1,200 to 1,270", for estimates. */
export function bounds(figure: Figure): string | null {
  return isEstimate(figure) ? `${whole(figure.low)} to ${whole(figure.high)}` : null;
}

export function milliseconds(ms: number): string {
  if (ms < 10) return `${TENTH.format(ms)} ms`;
  return ms < 10_000 ? `${WHOLE.format(ms)} ms` : `${TENTH.format(ms / 1_000)} s`;
}
