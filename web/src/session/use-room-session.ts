/** A room session for as long as a component shows its room. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Config } from '../config';
import { browserSurroundings, watchBrowser } from '../connection/browser';
import type { Api } from '../http/api';
import type { Identity } from './identity';
import { RoomSession, type Snapshot } from './room-session';

/** A hidden page draws nothing, so its frames never come. */
const HIDDEN_MS = 250;
/** Between two renderings: a room in which 100 messages a second are said is not drawn 60 times a second. */
const BETWEEN_MS = 80;

export function useRoomSession(config: Config, api: Api, me: Identity, room: string): RoomSession | null {
  const [session, setSession] = useState<RoomSession | null>(null);
  useEffect(() => {
    const opened = new RoomSession(room, me, config.webSocketUrl, {
      api,
      around: browserSurroundings(() => Promise.resolve(null)),
      now: () => Date.now(),
      nonce: () => crypto.randomUUID(),
      soon: paced(),
    });
    const unwatch = watchBrowser(opened.connection);
    opened.start();
    setSession(opened);
    return () => {
      unwatch();
      opened.stop();
      setSession(null);
    };
  }, [config, api, me, room]);
  // Between two rooms the old session may still be there for one rendering.
  return session?.room === room ? session : null;
}

/** What comes after a pause is shown at once, what comes in a burst together. */
function paced(): (run: () => void) => void {
  let last = 0;
  return (run) => {
    const show = () => {
      last = performance.now();
      run();
    };
    const wait = document.visibilityState === 'visible' ? last + BETWEEN_MS - performance.now() : HIDDEN_MS;
    if (wait > 0) setTimeout(show, wait);
    else requestAnimationFrame(show);
  };
}

export function useSnapshot(session: RoomSession): Snapshot {
  return useSyncExternalStore(session.subscribe, session.snapshot);
}
