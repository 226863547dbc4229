/**
 * Reads what the server sends: text frames of one or more JSON objects, separated by newlines.
 * Unknown types and broken lines are left out, as the protocol asks; fields are checked here, once,
 * so that nothing behind this file meets a frame of another shape.
 */
import type { ServerFrame } from './types';

type Fields = Readonly<Record<string, unknown>>;

const text = (value: unknown): value is string => typeof value === 'string';
const number = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const sequence = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
const optional = (value: unknown, is: (value: unknown) => boolean): boolean => value === undefined || value === null || is(value);

const CHECKS: Readonly<Record<ServerFrame['type'], (f: Fields) => boolean>> = {
  chat: (f) =>
    text(f.messageId) &&
    text(f.userId) &&
    text(f.username) &&
    text(f.content) &&
    text(f.timestamp) &&
    optional(f.sequence, sequence) &&
    optional(f.nonce, text) &&
    optional(f.replyTo, sequence) &&
    optional(f.to, text),
  ack: (f) => optional(f.sequence, sequence) && optional(f.nonce, text),
  error: (f) => text(f.code) && text(f.message) && optional(f.nonce, text) && optional(f.retryAfterMs, number),
  join: (f) => text(f.userId) && text(f.username) && text(f.timestamp) && number(f.members),
  leave: (f) => text(f.userId) && text(f.username) && text(f.timestamp) && number(f.members),
  presence: (f) => number(f.members) && text(f.timestamp),
  system: (f) => text(f.content) && text(f.timestamp),
  delete: (f) => sequence(f.sequence),
  analytics: (f) => text(f.roomId),
  pong: () => true,
};

export function parseFrames(data: string): ServerFrame[] {
  const frames: ServerFrame[] = [];
  for (const line of data.split('\n')) {
    if (line === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      continue;
    }
    if (typeof value !== 'object' || value === null) continue;
    const fields = value as Fields;
    const kind = fields.type;
    if (typeof kind === 'string' && Object.hasOwn(CHECKS, kind) && CHECKS[kind as ServerFrame['type']](fields)) {
      frames.push(value as ServerFrame);
    }
  }
  return frames;
}
