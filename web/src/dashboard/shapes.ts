/** The numbers' shapes, from the API's own description. */
import type { components } from '../protocol/generated';

type Described = components['schemas'];

export type Window = '15m' | '1h' | '24h';

export type Minute = Described['MinuteFigures'] & {
  /** Users present at its end, where the server says so. */
  readonly members?: number | null;
};
export type Moment = Described['MomentFigures'];
export type RoomNumbers = Omit<Described['RoomAnalytics'], 'series'> & { readonly series: readonly Minute[] };
export type ServiceNumbers = Described['ServiceAnalytics'];
