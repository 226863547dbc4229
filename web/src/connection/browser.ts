/** The browser's own sockets, timers and chance. */
import type { Connection, Surroundings } from './connection';

export function browserSurroundings(refusal: () => Promise<string | null>): Surroundings {
  return {
    open: (url) => new WebSocket(url),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
    online: () => navigator.onLine,
    refusal,
  };
}

/** Tells the connection what the browser notices. Returns how to stop that. */
export function watchBrowser(connection: Connection): () => void {
  const wake = () => connection.wake();
  const lost = () => connection.networkLost();
  const visible = () => document.visibilityState === 'visible' && connection.wake();
  addEventListener('online', wake);
  addEventListener('offline', lost);
  document.addEventListener('visibilitychange', visible);
  return () => {
    removeEventListener('online', wake);
    removeEventListener('offline', lost);
    document.removeEventListener('visibilitychange', visible);
  };
}
