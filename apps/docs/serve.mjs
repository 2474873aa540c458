// Serves the built site. node serve.mjs [port] [--plain]: --plain leaves out the headers of cross-origin isolation.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isolation } from './isolation.mjs';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
};

/** A server of a folder; `isolated` adds the headers that threads want. */
export function serve(folder, { isolated = true } = {}) {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    // The path cannot lead out of the folder.
    let file = join(folder, normalize(decodeURIComponent(pathname)));
    const stat = (path) => statSync(path, { throwIfNoEntry: false });
    if (stat(file)?.isDirectory()) file = join(file, 'index.html');
    if (!stat(file)?.isFile() && stat(`${file}.html`)?.isFile()) file = `${file}.html`;
    const found = stat(file)?.isFile();
    response.writeHead(found ? 200 : 404, {
      'Content-Type': types[extname(found ? file : '.html')] ?? 'application/octet-stream',
      ...(isolated && isolation),
    });
    if (found) createReadStream(file).pipe(response);
    else response.end('not found');
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const port = Number(process.argv.find((word) => /^\d+$/.test(word)) ?? 4173);
  const folder = fileURLToPath(new URL('.vitepress/dist', import.meta.url));
  serve(folder, { isolated: !process.argv.includes('--plain') }).listen(port, () => {
    console.log(`http://localhost:${port}/`);
  });
}
