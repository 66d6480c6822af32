import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, writeFileSync} from 'node:fs';
import {createServer, type AddressInfo} from 'node:net';
import {join, resolve} from 'node:path';
import {expect, test} from 'vitest';
import {get} from '../support/http.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {allProcesses, descendants, killAll} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {sleep, until} from '../support/wait.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const user = process.getuid?.() === 0 ? ['--user', 'www-data', '--group', 'www-data'] : [];
const [debian] = columns();

/** One start of the command in a fresh server root. */
function start(words: string[]) {
  const folder = tempDir();
  const script = join(folder, 'app.wsgi');
  const root = join(folder, 'root');
  writeFileSync(script, 'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"ok"]\n');
  const child = spawn(process.execPath, [BUNDLE, 'start-server', script, '--server-root', root, '--plain', ...user, ...words], {
    env: {...process.env, ...debian!.env},
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: folder,
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  const ended = once(child, 'close').then(([code]) => ({code: code as number | null, err}));
  return {child, root, ended};
}

const TAKEN = /^wsgideck: error: port \d+ is in use: by .*; stop it or give another --port$/m;

test('of two that start at once on one port one serves, the other says who has it and leaves nothing', async () => {
  for (let round = 0; round < 3; round++) {
    const port = await freePort();
    const pair = [1, 2].map(() => start(['--host', '127.0.0.1', '--port', String(port)]));
    try {
      const loser = await Promise.race(pair.map(async (one) => ({one, ...(await one.ended)})));
      expect(loser.code).toBe(1);
      expect(loser.err).toMatch(TAKEN);
      expect(existsSync(loser.one.root)).toBe(false);
      await until('the winner to answer', async () => (await get(`http://127.0.0.1:${port}/`)).status === 200);
      expect(pair.filter(({child}) => child.exitCode === null)).toHaveLength(1);
    } finally {
      const family = pair.flatMap(({child}) => (child.pid === undefined ? [] : [child.pid])).flatMap((pid) => descendants(pid));
      for (const {child} of pair) child.kill('SIGTERM');
      await Promise.race([Promise.all(pair.map((one) => one.ended)), sleep(15_000)]);
      const left = family.filter((one) => allProcesses().some(({pid, started}) => pid === one.pid && started === one.started));
      await killAll(left);
      expect(left).toEqual([]);
    }
  }
});

// Where there is no ::1 nobody can be in the way on it.
test('without --host somebody on ::1 alone is in the way', {tags: ['ipv6']}, async () => {
  const server = createServer().listen({port: 0, host: '::1', ipv6Only: true});
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  try {
    const one = start(['--port', String(port)]);
    const {code, err} = await one.ended;
    expect(code).toBe(1);
    expect(err).toMatch(TAKEN);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(one.root)).toBe(false);
  } finally {
    server.close();
  }
});
