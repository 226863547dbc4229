/** A room session for as long as a component shows its room. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Config } from '../config';
import { browserSurroundings, watchBrowser } from '../connection/browser';
import type { Api } from '../http/api';
import type { Identity } from './identity';
import { RoomSession, type Snapshot } from './room-session';

/** A hidden page draws nothing, so its frames never come. */
const HIDDEN_MS = 250;

export function useRoomSession(config: Config, api: Api, me: Identity, room: string): RoomSession | null {
  const [session, setSession] = useState<RoomSession | null>(null);
  useEffect(() => {
    const opened = new RoomSession(room, me, config.webSocketUrl, {
      api,
      around: browserSurroundings(() => Promise.resolve(null)),
      now: () => Date.now(),
      nonce: () => crypto.randomUUID(),
      soon: (run) => {
        if (document.visibilityState === 'visible') requestAnimationFrame(run);
        else setTimeout(run, HIDDEN_MS);
      },
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

export function useSnapshot(session: RoomSession): Snapshot {
  return useSyncExternalStore(session.subscribe, session.snapshot);
}
