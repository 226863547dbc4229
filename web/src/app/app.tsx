/** The page as a whole: who is there, which room, which view. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { ChatView } from '../chat/chat-view';
import type { Config } from '../config';
import { Api, ApiError } from '../http/api';
import type { Identity } from '../session/identity';
import { useRoomSession } from '../session/use-room-session';
import { SurroundingContext } from './context';
import { Entry } from './entry';
import { go, useRoute } from './route';
import { Sidebar } from './sidebar';
import { forgetIdentity, keepRoom, keepToken, storedIdentity, takeTokenOfFragment } from './stored';
import { TopBar } from './top-bar';

/** Its charts are half of the page's weight, and not needed to chat. */
const Dashboard = lazy(() => import('../dashboard/dashboard'));

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What says no says it again; what cannot be reached may be back.
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status >= 400),
      staleTime: 2_000,
    },
  },
});

function firstIdentity(config: Config): Identity | null {
  const token = takeTokenOfFragment();
  const identity = (token === null ? null : keepToken(token)) ?? storedIdentity();
  return config.tokenRequired === true && identity?.token === null ? null : identity;
}

export function App({ config }: { config: Config }) {
  const [me, setMe] = useState(() => firstIdentity(config));
  const leave = () => {
    forgetIdentity();
    queries.clear();
    setMe(null);
  };
  return (
    <QueryClientProvider client={queries}>
      {me === null ? <Entry config={config} onEnter={setMe} /> : <Inside key={`${me.userId} ${me.token ?? ''}`} config={config} me={me} onLeave={leave} />}
    </QueryClientProvider>
  );
}

function Inside({ config, me, onLeave }: { config: Config; me: Identity; onLeave: () => void }) {
  const route = useRoute();
  const api = useMemo(() => new Api(config.httpUrl, me.token), [config, me]);
  const surrounding = useMemo(() => ({ config, api, me }), [config, api, me]);
  const session = useRoomSession(config, api, me, route.room);
  const [drawer, setDrawer] = useState<'rooms' | 'people' | null>(null);

  useEffect(() => keepRoom(route.room), [route.room]);
  useEffect(() => {
    document.title = route.view === 'dashboard' ? `${route.room} in numbers · Hubbub` : `${route.room} · Hubbub`;
  }, [route.room, route.view]);
  useEffect(() => {
    if (drawer === null) return;
    const close = (event: KeyboardEvent) => event.key === 'Escape' && setDrawer(null);
    addEventListener('keydown', close);
    return () => removeEventListener('keydown', close);
  }, [drawer]);

  return (
    <SurroundingContext value={surrounding}>
      <div className="shell" data-drawer={drawer ?? 'none'} data-view={route.view}>
        <a className="skip" href="#main">
          Skip to the room
        </a>
        <Sidebar route={route} onLeave={onLeave} onDone={() => setDrawer(null)} />
        <div className="stage">
          {session !== null && <TopBar route={route} session={session} drawer={drawer} onDrawer={setDrawer} />}
          <main id="main" tabIndex={-1}>
            {session !== null && (
              <ChatView
                key={route.room}
                session={session}
                at={route.at}
                hidden={route.view !== 'chat'}
                peopleOpen={drawer === 'people'}
                onPeopleClose={() => setDrawer(null)}
                onLeave={onLeave}
              />
            )}
            {route.view === 'dashboard' && (
              <Suspense fallback={<p className="quiet pad">Loading the numbers…</p>}>
                <Dashboard room={route.room} onOpen={(at) => go({ room: route.room, view: 'chat', at })} />
              </Suspense>
            )}
          </main>
        </div>
        {drawer !== null && <button type="button" className="scrim" aria-label="Close" onClick={() => setDrawer(null)} />}
      </div>
    </SurroundingContext>
  );
}
