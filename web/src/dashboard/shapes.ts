/** The numbers' shapes, from the API's own description. */
import type { components } from '../protocol/generated';

type Described = components['schemas'];

export type Window = '15m' | '1h' | '24h';

export type Moment = Described['MomentFigures'];
export type RoomNumbers = Described['RoomAnalytics'];
export type ServiceNumbers = Described['ServiceAnalytics'];
