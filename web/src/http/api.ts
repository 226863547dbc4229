/** The HTTP API: addresses, the token, errors by their code. What it answers is in `protocol/types`. */
import type { Cursor } from '../store/page-range';
import type { ErrorBody, HistoryAnswer, HistoryPage } from '../protocol/types';

/** An answer that says no, or none. `status` is 0 where the server was not reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** Not there yet, or not any longer: whoever asks does without. */
  get isMissing(): boolean {
    return this.status === 404;
  }
}

export interface Request {
  readonly method?: 'GET' | 'PUT';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export class Api {
  /** `base` is empty for the page's own server. */
  constructor(
    readonly base: string,
    private readonly token: string | null,
    private readonly request: typeof fetch = (...args) => fetch(...args),
  ) {}

  async get<T>(path: string, query: Readonly<Record<string, string | number | undefined>> = {}, signal?: AbortSignal): Promise<T> {
    const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
    const search = new URLSearchParams(given).toString();
    return this.send<T>(search === '' ? path : `${path}?${search}`, signal === undefined ? {} : { signal });
  }

  async put<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>(path, { method: 'PUT', body });
  }

  async history(room: string, cursor: Cursor, limit: number): Promise<HistoryPage> {
    const at = cursor.kind === 'newest' ? {} : { [cursor.kind]: cursor.sequence };
    const page = await this.get<HistoryAnswer>(`/api/rooms/${encodeURIComponent(room)}/messages`, { limit, ...at });
    return { ...page, next: page.next ?? null };
  }

  private async send<T>(path: string, { method = 'GET', body, signal }: Request): Promise<T> {
    const headers = new Headers({ accept: 'application/json' });
    if (this.token !== null) headers.set('authorization', `Bearer ${this.token}`);
    const init: RequestInit = { method, headers, cache: 'no-store' };
    if (signal !== undefined) init.signal = signal;
    if (body !== undefined) {
      headers.set('content-type', 'application/json');
      init.body = JSON.stringify(body);
    }
    let response: Response;
    try {
      response = await this.request(`${this.base}${path}`, init);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new ApiError(0, 'unreachable', 'The server cannot be reached.');
    }
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok || response.status === 503) return answer as T;
    const { code, message } = (answer as Partial<ErrorBody> | null)?.error ?? {};
    throw new ApiError(response.status, code ?? 'http', message ?? `The server answered ${response.status}.`);
  }
}
