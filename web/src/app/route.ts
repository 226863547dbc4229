/** What the address says: `/?room=global&view=dashboard&at=42`. A token never stands in it. */
import { useSyncExternalStore } from 'react';

export type View = 'chat' | 'dashboard';

export interface Route {
  readonly room: string;
  readonly view: View;
  /** A sequence to open history at. */
  readonly at: number | null;
}

export const DEFAULT_ROOM = 'global';
const ROOM = /^[A-Za-z0-9_-]{1,64}$/;

export function isRoom(name: string): boolean {
  return ROOM.test(name);
}

export function parseRoute(search: string): Route {
  const query = new URLSearchParams(search);
  const room = query.get('room') ?? DEFAULT_ROOM;
  const at = Number(query.get('at'));
  return {
    room: isRoom(room) ? room : DEFAULT_ROOM,
    view: query.get('view') === 'dashboard' ? 'dashboard' : 'chat',
    at: Number.isSafeInteger(at) && at > 0 ? at : null,
  };
}

export function hrefOf({ room, view, at }: Route): string {
  const query = new URLSearchParams({ room });
  if (view !== 'chat') query.set('view', view);
  if (at !== null) query.set('at', String(at));
  return `/?${query.toString()}`;
}

const CHANGED = 'hubbub-route';

export function go(route: Route): void {
  if (hrefOf(route) !== `${location.pathname}${location.search}`) history.pushState(null, '', hrefOf(route));
  dispatchEvent(new Event(CHANGED));
}

export function useRoute(): Route {
  const search = useSyncExternalStore(subscribe, () => location.search);
  return parseRoute(search);
}

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener);
  addEventListener(CHANGED, listener);
  return () => {
    removeEventListener('popstate', listener);
    removeEventListener(CHANGED, listener);
  };
}
