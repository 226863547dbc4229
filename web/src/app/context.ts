/** What every part of the page may need: where the APIs are, who is at the keyboard. */
import { createContext, useContext } from 'react';
import type { Config } from '../config';
import type { Api } from '../http/api';
import type { Identity } from '../session/identity';

export interface Surrounding {
  readonly config: Config;
  readonly api: Api;
  readonly me: Identity;
}

export const SurroundingContext = createContext<Surrounding | null>(null);

export function useSurrounding(): Surrounding {
  const surrounding = useContext(SurroundingContext);
  if (surrounding === null) throw new Error('used outside of SurroundingContext');
  return surrounding;
}
