/** One room in numbers. */
import { useMemo } from 'react';
import { EMOTES } from '../chat/emotes';
import { clock, duration, exact } from '../ui/time';
import { useNow } from '../ui/use-now';
import { Chart, type Line } from './chart';
import { milliseconds, percent, valueOf, whole } from './figures';
import { Ranking } from './ranking';
import type { Moment, RoomNumbers, Window } from './shapes';
import { Tile } from './tiles';

const OVER_TIME: Readonly<Record<Window, string>> = { '15m': 'the last 15 minutes', '1h': 'the last hour', '24h': 'the last 24 hours' };

interface Props {
  numbers: RoomNumbers;
  moments: readonly Moment[];
  window: Window;
  names: ReadonlyMap<string, string>;
  onOpen: (sequence: number) => void;
}

export function RoomPart({ numbers, moments, window, names, onOpen }: Props) {
  const { series, members } = useMemo(() => ({ series: numbers.series, members: membersOf(numbers) }), [numbers]);
  const times = useMemo(() => series.map(middleOf), [series]);
  const said = useMemo<Line[]>(
    () => [
      { name: 'Messages', colour: '--accent', values: series.map((point) => point.messages), filled: true },
      { name: 'Different chatters', colour: '--good', values: series.map((point) => valueOf(point.uniqueChatters)) },
    ],
    [series],
  );
  const present = useMemo<Line[]>(() => [{ name: 'Members', colour: '--accent', values: members.map((point) => point.members), filled: true }], [members]);
  const presentTimes = useMemo(() => members.map(middleOf), [members]);
  const marks = useMemo(() => moments.map((moment) => ({ at: Date.parse(moment.start) / 1_000 })), [moments]);
  const total = numbers.messages;
  const peak = numbers.peakMinute;
  const length = numbers.messageLength;
  return (
    <>
      <dl className="tiles">
        <Tile name="Messages" figure={total} />
        <Tile name="Chatters" figure={numbers.uniqueChatters} />
        <Tile name="New here" figure={numbers.newChatters} />
        <Tile name="Returning" figure={numbers.returningChatters} />
        <Tile name="Members now" figure={numbers.members.now} note={`at most ${whole(numbers.members.peak)}`} />
        <Tile name="Engagement" text={engagement(numbers)} note={engagement(numbers) === undefined ? undefined : 'of members wrote'} />
        <Tile name="Busiest minute" figure={peak?.messages} note={peak === undefined || peak === null ? undefined : clock(Date.parse(peak.minute))} />
        <Tile name="Median length" figure={length.p50} note={length.p95 === undefined || length.p95 === null ? undefined : `characters; 95 % up to ${whole(valueOf(length.p95))}`} />
      </dl>
      <section className="card wide">
        <h3>Messages and chatters a minute</h3>
        {total === 0 && <p className="quiet">Nothing was said in {OVER_TIME[window]}.</p>}
        <Chart label={`Messages and different chatters a minute in ${OVER_TIME[window]}: ${whole(total)} messages in all${peak ? `, at most ${whole(peak.messages)} in a minute, at ${clock(Date.parse(peak.minute))}` : ''}.`} times={times} lines={said} marks={marks} />
      </section>
      {numbers.hours.length > 0 && <Hours hours={numbers.hours} />}
      {members.length > 0 && (
        <section className="card wide">
          <h3>Members</h3>
          <Chart label={`Members over ${OVER_TIME[window]}: now ${whole(members.at(-1)?.members ?? 0)}, at most ${whole(Math.max(...members.map((point) => point.members)))}.`} times={presentTimes} lines={present} height={140} />
        </section>
      )}
      <Moments moments={moments} onOpen={onOpen} />
      <div className="columns">
        <Ranking title="Most messages" none="Nobody yet." ranks={numbers.topChatters.map(({ userId, messages }) => ({ key: userId, name: <bdi>{names.get(userId) ?? userId}</bdi>, figure: messages }))} />
        <Ranking title="Words" none="None yet." ranks={numbers.topWords.map(({ word, count }) => ({ key: word, name: <bdi>{word}</bdi>, figure: count }))} />
        <Ranking title="Emotes" none="None yet." ranks={numbers.topEmotes.map(({ emote, count }) => ({ key: emote, name: <EmoteName emote={emote} />, figure: count }))} />
      </div>
    </>
  );
}

/** Of the day's hours: who speaks twice in an hour is one chatter of it, which minutes do not say. */
function Hours({ hours }: { hours: RoomNumbers['hours'] }) {
  const times = useMemo(() => hours.map(({ start }) => Date.parse(start) / 1_000 + 1_800), [hours]);
  const lines = useMemo<Line[]>(
    () => [
      { name: 'Messages', colour: '--accent', values: hours.map((hour) => hour.messages), filled: true },
      { name: 'Different chatters', colour: '--good', values: hours.map((hour) => valueOf(hour.uniqueChatters)) },
    ],
    [hours],
  );
  const most = Math.max(...hours.map((hour) => valueOf(hour.uniqueChatters)));
  return (
    <section className="card wide">
      <h3>Messages and chatters an hour</h3>
      <Chart label={`Messages and different chatters of each hour of the last 24: at most ${whole(most)} chatters in an hour.`} times={times} lines={lines} height={140} />
    </section>
  );
}

/** Where a minute is drawn, in seconds: at its beginning, what happened in it would come before its moments. */
function middleOf({ minute }: { minute: string }): number {
  return Date.parse(minute) / 1_000 + 30;
}

/** Members at the end of each minute; nothing to draw where nobody was there. */
function membersOf(numbers: RoomNumbers): readonly { minute: string; members: number }[] {
  return numbers.series.some(({ members }) => members > 0) ? numbers.series : [];
}

function engagement({ engagement: given }: RoomNumbers): string | undefined {
  return given === undefined || given === null ? undefined : percent(valueOf(given));
}

function EmoteName({ emote }: { emote: string }) {
  const drawn = EMOTES.get(emote.replaceAll(':', '').toLowerCase());
  return (
    <>
      {drawn !== undefined && <span className="drawn">{drawn} </span>}
      {emote}
    </>
  );
}

function EmoteOrWord({ text }: { text: string }) {
  const drawn = EMOTES.get(text.replaceAll(':', '').toLowerCase());
  return (
    <>
      {drawn === undefined ? text : <span className="drawn" role="img" aria-label={text} title={text}>{drawn}</span>}{' '}
    </>
  );
}

function Moments({ moments, onOpen }: { moments: readonly Moment[]; onOpen: (sequence: number) => void }) {
  return (
    <section className="card wide">
      <h3>Moments</h3>
      {moments.length === 0 ? (
        <p className="quiet">None yet: a moment is when far more people than usual speak at once.</p>
      ) : (
        <ol className="moments">
          {moments.map((moment) => {
            const words = [...moment.why.emotes, ...moment.why.words].slice(0, 5);
            return (
              <li key={moment.firstSequence}>
                <time dateTime={moment.start} title={exact(Date.parse(moment.start))}>
                  {clock(Date.parse(moment.start))}
                </time>
                <span className="moment-words">
                  {words.length === 0 && 'A burst of messages'}
                  {words.map(({ text }) => (
                    <EmoteOrWord key={text} text={text} />
                  ))}
                </span>
                <small>
                  {whole(moment.why.messages)} messages, {whole(moment.why.chatters)} people at once
                </small>
                <button type="button" aria-label={`Open the history at ${clock(Date.parse(moment.start))}`} onClick={() => onOpen(moment.firstSequence)}>
                  Open
                </button>
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}

/** How fresh the numbers are. */
export function Freshness({ asOf, lagMs, feed }: { asOf: string | undefined; lagMs: number | undefined; feed: boolean }) {
  const now = useNow(1_000);
  if (asOf === undefined) return null;
  const age = Math.max(0, now - Date.parse(asOf));
  return (
    <p className="quiet freshness">
      {feed ? 'Live' : 'Asked every few seconds'} · counted up to {exact(Date.parse(asOf))}
      {age > 90_000 && `, ${duration(age)} ago`}
      {lagMs !== undefined && ` · ${milliseconds(lagMs)} behind`}
    </p>
  );
}
