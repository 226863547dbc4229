import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** `npm run dev` shows the page of these sources with the APIs of a Hubbub that runs here. */
const hubbub = process.env.HUBBUB_URL ?? 'http://127.0.0.1:8080';
const proxied = { target: hubbub, changeOrigin: true, headers: { origin: hubbub } };

/** Below this many bytes a file fits one packet anyway. */
const WORTH_COMPRESSING = 1_400;

/** Puts `.br` and `.gz` beside each text file, so that the server need not compress. */
function precompress(): Plugin {
  let folder = 'dist';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved: (config) => {
      folder = join(config.root, config.build.outDir);
      if (config.build.outDir.startsWith('/')) folder = config.build.outDir;
    },
    closeBundle: () => {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(path)) continue;
        const bytes = readFileSync(path);
        if (bytes.length < WORTH_COMPRESSING) continue;
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), precompress()],
  build: {
    target: 'es2022',
    // Inlined files would need a looser Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { '/api': proxied, '/health': proxied, '/config.json': proxied, '/ws': { ...proxied, ws: true } },
  },
});
