/** A Hubbub of its own for each test file: the built program, a free port, ended by its process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const START_WITHIN_MS = 30_000;

export interface Hubbub {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface Options {
  readonly port?: number;
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function program(): string {
  const path = process.env.HUBBUB_PROGRAM ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug/local');
  if (!existsSync(path)) throw new Error(`${path} is missing: cargo build --workspace --locked`);
  return path;
}

export async function startHubbub({ port = 0, data, env = {} }: Options = {}): Promise<Hubbub> {
  const flags = ['--port', String(port), ...(data === undefined ? [] : ['--data', data])];
  // No limit: one test says 5,000 things in a row.
  const child = spawn(program(), flags, { env: { ...process.env, RATE_LIMIT_PER_SEC: '0', LOG_LEVEL: 'warn', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const url = await addressOf(child);
  return {
    url,
    port: Number(new URL(url).port),
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`no address within ${START_WITHIN_MS} ms: ${said}`)), START_WITHIN_MS);
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      const found = /page\s+(http:\/\/127\.0\.0\.1:\d+)\//.exec(said)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
}
