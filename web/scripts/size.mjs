/** The weight of the built page, as a browser loads it with gzip: at most 200 KB with everything. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const MOST = 200_000;
const folder = process.argv[2] ?? 'dist';

let all = 0;
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(js|css|html)$/.test(entry.name)) continue;
  const bytes = gzipSync(readFileSync(join(entry.parentPath, entry.name)), { level: 9 }).length;
  all += bytes;
  console.log(`${String(bytes).padStart(8)}  ${entry.name}`);
}
console.log(`${String(all).padStart(8)}  of at most ${MOST}`);
if (all > MOST) process.exitCode = 1;
