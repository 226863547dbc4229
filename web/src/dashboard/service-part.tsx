/** The whole service in numbers. */
import { useMemo } from 'react';
import { exact } from '../ui/time';
import { Chart, type Line } from './chart';
import { milliseconds, whole } from './figures';
import { Freshness } from './room-part';
import type { ServiceNumbers } from './shapes';
import { Tile } from './tiles';

function latency(ms: number | null | undefined): string | undefined {
  return ms === undefined || ms === null ? undefined : milliseconds(ms);
}

export function ServicePart({ numbers }: { numbers: ServiceNumbers }) {
  const counts = useMemo(() => numbers.messagesPerMinute, [numbers]);
  const lastMinute = Math.floor((Date.parse(numbers.asOf)) / 60_000) * 60;
  const times = useMemo(() => counts.map((_, i) => lastMinute - (counts.length - 1 - i) * 60 + 30), [counts, lastMinute]);
  const lines = useMemo<Line[]>(() => [{ name: 'Messages', colour: '--accent', values: [...counts], filled: true }], [counts]);
  return (
    <>
      <dl className="tiles threes">
        <Tile name="Messages in all" figure={numbers.totalMessages} note={numbers.since === undefined || numbers.since === null ? undefined : `since ${exact(Date.parse(numbers.since))}`} />
        <Tile name="Connections" figure={numbers.activeConnections} note={`at most ${whole(numbers.peakConnections)}`} />
        <Tile name="People" figure={numbers.activeUsers} />
        <Tile name="Delivery, median" text={latency(numbers.latencyP50Ms)} />
        <Tile name="95 of 100 within" text={latency(numbers.latencyP95Ms)} />
        <Tile name="99 of 100 within" text={latency(numbers.latencyP99Ms)} />
      </dl>
      {counts.length > 0 && (
        <section className="card wide">
          <h3>Messages a minute, all rooms</h3>
          <Chart label={`Messages a minute in all rooms over the last ${counts.length} minutes: ${whole(counts.reduce((a, b) => a + b, 0))} in all.`} times={times} lines={lines} height={150} />
        </section>
      )}
      <Freshness asOf={numbers.asOf} lagMs={numbers.lagMs} feed={false} />
    </>
  );
}
