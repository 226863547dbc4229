/** The numbers: this room, and the whole service. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useSurrounding } from '../app/context';
import { ApiError } from '../http/api';
import { readMembers } from '../people/members';
import { Freshness, RoomPart } from './room-part';
import { ServicePart } from './service-part';
import type { Window } from './shapes';
import { useMoments, useRoomNumbers, useServiceNumbers } from './use-numbers';

const WINDOWS: readonly (readonly [Window, string])[] = [
  ['15m', '15 minutes'],
  ['1h', '1 hour'],
  ['24h', '24 hours'],
];

export default function Dashboard({ room, onOpen }: { room: string; onOpen: (sequence: number) => void }) {
  const [window, setWindow] = useState<Window>('15m');
  const numbers = useRoomNumbers(room, window);
  const service = useServiceNumbers();
  const moments = useMoments(room, numbers.data?.moments);
  const names = useNames(room);
  return (
    <div className="dashboard">
      <section aria-labelledby="room-numbers" aria-busy={numbers.isPlaceholderData}>
        <header className="part-head">
          <h2 id="room-numbers">{room}</h2>
          <fieldset className="windows">
            <legend className="unseen">Time shown</legend>
            {WINDOWS.map(([value, name]) => (
              <label key={value}>
                <input type="radio" name="window" value={value} checked={window === value} onChange={() => setWindow(value)} />
                <span>{name}</span>
              </label>
            ))}
          </fieldset>
        </header>
        {numbers.data === undefined ? (
          <Missing error={numbers.error} what="This room's numbers" />
        ) : (
          <>
            <RoomPart numbers={numbers.data} moments={moments} window={window} names={names} onOpen={onOpen} />
            <Freshness asOf={numbers.data.asOf} lagMs={numbers.data.lagMs} feed={numbers.feed} />
          </>
        )}
      </section>
      <section aria-labelledby="service-numbers">
        <header className="part-head">
          <h2 id="service-numbers">Whole service</h2>
        </header>
        {service.data === undefined ? <Missing error={service.error} what="The service's numbers" /> : <ServicePart numbers={service.data} />}
      </section>
    </div>
  );
}

function Missing({ error, what }: { error: Error | null; what: string }) {
  if (error === null) return <p className="quiet">Counting…</p>;
  if (error instanceof ApiError && error.isMissing) return <p className="quiet">This server does not count.</p>;
  if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return <p className="quiet">{what} are not for you: {error.message}</p>;
  return <p className="quiet">{what} cannot be had now; asking again.</p>;
}

/** The numbers know user ids; whoever is here also has a name. */
function useNames(room: string): ReadonlyMap<string, string> {
  const { api } = useSurrounding();
  const members = useQuery({
    queryKey: ['members', room],
    queryFn: ({ signal }) => readMembers(api, room, signal),
    staleTime: 20_000,
  });
  return useMemo(() => new Map((members.data?.members ?? []).map(({ userId, username }) => [userId, username])), [members.data]);
}
