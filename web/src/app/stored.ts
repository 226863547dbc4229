/**
 * What the browser keeps: the name and its tail for good, a token for this tab only, rooms that were
 * visited. Storage can be switched off; then everything is forgotten with the page.
 */
import { identityOf, identityOfToken, type Identity } from '../session/identity';
import { isRoom } from './route';

const NAME = 'hubbub.name';
const TAIL = 'hubbub.tail';
const TOKEN = 'hubbub.token';
const ROOMS = 'hubbub.rooms';
const MOST_ROOMS = 12;

/** The token of the address's fragment, which no server sees; it is taken out of the address at once. */
export function takeTokenOfFragment(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null || token === '') return null;
  history.replaceState(null, '', `${location.pathname}${location.search}`);
  return token;
}

export function storedIdentity(): Identity | null {
  const token = read(() => sessionStorage.getItem(TOKEN));
  const ofToken = token === null ? null : identityOfToken(token);
  if (ofToken !== null) return ofToken;
  const name = read(() => localStorage.getItem(NAME));
  return name === null ? null : identityOf(name, tail());
}

export function storedName(): string {
  return read(() => localStorage.getItem(NAME)) ?? '';
}

export function keepName(name: string): Identity {
  write(() => localStorage.setItem(NAME, name));
  write(() => sessionStorage.removeItem(TOKEN));
  return identityOf(name, tail());
}

export function keepToken(token: string): Identity | null {
  const identity = identityOfToken(token);
  if (identity !== null) write(() => sessionStorage.setItem(TOKEN, token));
  return identity;
}

export function forgetIdentity(): void {
  write(() => sessionStorage.removeItem(TOKEN));
}

export function visitedRooms(): string[] {
  const rooms = (read(() => localStorage.getItem(ROOMS)) ?? '').split(',');
  return rooms.filter(isRoom);
}

export function keepRoom(room: string): void {
  const rooms = [room, ...visitedRooms().filter((other) => other !== room)];
  write(() => localStorage.setItem(ROOMS, rooms.slice(0, MOST_ROOMS).join(',')));
}

let tailOfThisPage: string | null = null;
function tail(): string {
  tailOfThisPage ??= read(() => localStorage.getItem(TAIL)) ?? randomTail();
  const kept = tailOfThisPage;
  write(() => localStorage.setItem(TAIL, kept));
  return kept;
}

function randomTail(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(3)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function read(get: () => string | null): string | null {
  try {
    return get();
  } catch {
    return null;
  }
}

function write(set: () => void): void {
  try {
    set();
  } catch {
    // Without storage the page works, and forgets.
  }
}
