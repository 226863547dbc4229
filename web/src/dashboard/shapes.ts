/**
 * The numbers' shapes, as `analytics` answers and feeds them. All fields are optional: a frame of the
 * feed has only those that changed, and a server may be older than this page.
 */
import type { components } from '../protocol/generated';
import type { Figure } from './figures';

type Described = components['schemas'];

export type Window = '15m' | '1h' | '24h';

export type Minute = Described['MinuteFigures'] & {
  /** Users present at its end. */
  readonly members?: number | null;
};

export interface Moment {
  readonly start: string;
  readonly peak?: string;
  readonly end?: string;
  readonly score?: number;
  /** The messages' sequences. */
  readonly first?: number;
  readonly last?: number;
  readonly why?: {
    readonly messages?: number;
    readonly chatters?: number;
    readonly usualChatters?: number;
    readonly words?: readonly Term[];
    readonly emotes?: readonly Term[];
  };
}

export type Term = string | { readonly text?: string; readonly word?: string; readonly emote?: string };

export type RoomNumbers = Partial<Omit<Described['RoomAnalytics'], 'series' | 'topChatters' | 'peakMinute'>> & {
  readonly series?: readonly Minute[];
  readonly peakMinute?: Minute | null;
  readonly topChatters?: readonly (Described['TopChatter'] & { username?: string })[];
  readonly members?: number;
  readonly membersPerMinute?: readonly { minute: string; members: number }[];
  readonly engagement?: Figure | null;
  readonly moments?: readonly Moment[];
};

export type ServiceNumbers = Partial<Described['ServiceAnalytics']> & {
  readonly activeUsers?: number;
  readonly peakConnections?: number;
  readonly latencyP50Ms?: number | null;
  readonly latencyP95Ms?: number | null;
  readonly latencyP99Ms?: number | null;
  readonly since?: string;
};

export function termText(term: Term): string {
  return typeof term === 'string' ? term : (term.text ?? term.word ?? term.emote ?? '');
}
