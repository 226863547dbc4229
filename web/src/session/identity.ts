/** Who the person at the keyboard is: a name of their choice, or what a token says. */
import type { Role } from '../protocol/types';

/** The server's bound, in Unicode scalar values; what a token says beyond it is cut off. */
export const LONGEST_NAME = 50;

export interface Identity {
  readonly userId: string;
  readonly username: string;
  readonly token: string | null;
  /** What the token claims; the server decides. */
  readonly role: Role;
  /** The rooms the token names; null: all. */
  readonly rooms: readonly string[] | null;
}

/** In the server's alphabet for user ids, with a tail that tells two people of one name apart. */
export function identityOf(name: string, tail: string): Identity {
  const stem = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9_.@-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48);
  return { userId: `${stem === '' ? 'guest' : stem}-${tail}`, username: name.trim(), token: null, role: 'viewer', rooms: null };
}

/** Reads a token's claims, to show them; whether they are true is the server's business. */
export function identityOfToken(token: string): Identity | null {
  const claims = claimsOf(token);
  if (claims === null || typeof claims.sub !== 'string') return null;
  const username = typeof claims.name === 'string' ? claims.name : claims.sub;
  const role = claims.role === 'moderator' || claims.role === 'owner' ? claims.role : 'viewer';
  const rooms = Array.isArray(claims.rooms) ? claims.rooms.filter((room) => typeof room === 'string') : null;
  return { userId: userIdOf(claims.sub), username: [...username].slice(0, LONGEST_NAME).join(''), token, role, rooms };
}

/** As the server makes it of a subject: bytes outside the alphabet of user ids are percent-encoded. */
function userIdOf(subject: string): string {
  return Array.from(new TextEncoder().encode(subject), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_.@-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

function claimsOf(token: string): Record<string, unknown> | null {
  const part = token.split('.')[1];
  if (part === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(part.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
