/**
 * Where the APIs are. Read when the page opens, so that one build serves every stack; without a
 * `config.json` the page's own server is meant.
 */
export interface Config {
  /** Base of the HTTP API, without a slash at the end; empty: this page's server. */
  readonly httpUrl: string;
  /** Where the WebSocket connects. */
  readonly webSocketUrl: string;
  /** Whether a token is needed; null: not known before somebody tries. */
  readonly tokenRequired: boolean | null;
}

export function readConfig(given: unknown, page: { protocol: string; host: string }): Config {
  const fields = (typeof given === 'object' && given !== null ? given : {}) as Record<string, unknown>;
  const own = `${page.protocol === 'https:' ? 'wss:' : 'ws:'}//${page.host}/ws`;
  return {
    httpUrl: address(fields.httpUrl) ?? '',
    webSocketUrl: address(fields.webSocketUrl) ?? own,
    tokenRequired: typeof fields.tokenRequired === 'boolean' ? fields.tokenRequired : null,
  };
}

function address(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.replace(/\/+$/, '') : null;
}

export async function loadConfig(): Promise<Config> {
  const given: unknown = await fetch('/config.json', { cache: 'no-cache' })
    .then((response) => (response.ok ? response.json() : null))
    .catch(() => null);
  return readConfig(given, location);
}
