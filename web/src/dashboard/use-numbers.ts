/** A room's numbers: asked for, and kept fresh by the `analytics` feed where the server has one. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useSurrounding } from '../app/context';
import { browserSurroundings, watchBrowser } from '../connection/browser';
import { Connection } from '../connection/connection';
import { connectUrl } from '../session/room-session';
import type { Moments } from '../protocol/types';
import type { Moment, RoomNumbers, ServiceNumbers, Window } from './shapes';

const WITHOUT_FEED_MS = 5_000;
const WITH_FEED_MS = 30_000;
const SERVICE_MS = 5_000;
/** Handshakes that fail before the feed counts as missing. */
const ATTEMPTS = 3;
/** Longer windows follow the feed more slowly: they are larger, and change less. */
const LONG_WINDOW_MS = 10_000;

export function useRoomNumbers(room: string, window: Window) {
  const { api } = useSurrounding();
  const feed = useFeed(room);
  const path = `/api/rooms/${encodeURIComponent(room)}/analytics`;
  const numbers = useQuery({
    queryKey: ['numbers', room, window],
    queryFn: ({ signal }) => api.get<RoomNumbers>(path, { window }, signal),
    refetchInterval: feed && window === '15m' ? WITH_FEED_MS : feed ? LONG_WINDOW_MS : WITHOUT_FEED_MS,
    placeholderData: (before, query) => (query?.queryKey[1] === room ? before : undefined),
  });
  return { ...numbers, feed };
}

export function useServiceNumbers() {
  const { api } = useSurrounding();
  return useQuery({
    queryKey: ['service'],
    queryFn: ({ signal }) => api.get<ServiceNumbers>('/api/analytics', {}, signal),
    refetchInterval: SERVICE_MS,
  });
}

export function useMoments(room: string, given: readonly Moment[] | undefined) {
  const { api } = useSurrounding();
  const asked = useQuery({
    queryKey: ['moments', room],
    queryFn: ({ signal }) => api.get<Moments>(`/api/rooms/${encodeURIComponent(room)}/moments`, { limit: 20 }, signal),
    refetchInterval: LONG_WINDOW_MS,
  });
  return asked.data?.moments ?? given ?? [];
}

/** Whether the feed is open. Its frames have what changed in the window of 15 minutes. */
function useFeed(room: string): boolean {
  const { config, me } = useSurrounding();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  useEffect(() => {
    let failures = 0;
    const none = () => Promise.resolve(++failures < ATTEMPTS ? null : 'no feed');
    const connection = new Connection(() => connectUrl(config.webSocketUrl, room, me, 'analytics'), browserSurroundings(none), {
      state: (state) => setOpen(state === 'live'),
      opened: () => undefined,
      frame: (frame) => {
        if (frame.type !== 'analytics') return;
        queries.setQueryData<RoomNumbers>(['numbers', room, '15m'], (before) => (before === undefined ? before : { ...before, ...frame }));
        void queries.invalidateQueries({ queryKey: ['moments', room], refetchType: 'none' });
      },
    });
    const unwatch = watchBrowser(connection);
    connection.start();
    return () => {
      unwatch();
      connection.stop();
      setOpen(false);
    };
  }, [config, me, room, queries]);
  return open;
}
