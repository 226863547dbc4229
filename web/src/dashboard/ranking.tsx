/** Who or what comes most, as bars; where a number is estimated, with its bounds. */
import type { CSSProperties, ReactNode } from 'react';
import { bounds, highOf, isEstimate, lowOf, valueOf, written, type Figure } from './figures';

export interface Rank {
  readonly key: string;
  readonly name: ReactNode;
  readonly figure: Figure;
}

export function Ranking({ title, ranks, none }: { title: string; ranks: readonly Rank[]; none: string }) {
  const most = Math.max(1, ...ranks.map(({ figure }) => highOf(figure)));
  return (
    <section className="card">
      <h3>{title}</h3>
      {ranks.length === 0 ? (
        <p className="quiet">{none}</p>
      ) : (
        <ol className="ranking">
          {ranks.map(({ key, name, figure }) => (
            <li key={key} style={{ '--share': valueOf(figure) / most, '--low': lowOf(figure) / most, '--high': highOf(figure) / most } as CSSProperties}>
              <span className="rank-name">{name}</span>
              <span className="rank-value" title={bounds(figure) ?? 'counted'}>
                {written(figure)}
                {isEstimate(figure) && <span className="unseen">, between {bounds(figure)}</span>}
              </span>
              <span className="rank-bar" aria-hidden="true">
                <span className="rank-fill" />
                {isEstimate(figure) && <span className="rank-error" />}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
