/**
 * Writes `src/protocol/generated.ts` from the API's own description, `/api/openapi.json`, which the
 * built program serves. `--check` writes nothing and fails where the file is not what it would write.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = process.env.HUBBUB_PROGRAM ?? join(process.env.CARGO_TARGET_DIR ?? join(web, '../target'), 'debug/local');
const file = join(web, 'src/protocol/generated.ts');

const child = spawn(program, ['--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const url = await new Promise((resolve, reject) => {
    let said = '';
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}`)));
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const found = /page\s+(http:\S+)\//.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  const description = await (await fetch(`${url}/api/openapi.json`)).json();
  // The version is the program's, and says nothing of shapes.
  description.info.version = '';
  const head = '/** Made by `npm run types` from /api/openapi.json: not edited by hand. */\n\n';
  const text = head + astToString(await openapiTS(description, { alphabetize: true }));
  const before = (() => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  })();
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (text !== before) {
    console.error('src/protocol/generated.ts is not what the API describes: npm run types');
    process.exitCode = 1;
  }
} finally {
  child.removeAllListeners('exit');
  child.kill('SIGTERM');
}
