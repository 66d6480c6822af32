import {execFileSync} from 'node:child_process';
import {request} from 'node:https';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns, type Column} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {ask, live, reloads, save, settled, slots} from '../support/slots.ts';
import {tempDir} from '../support/temp.ts';
import {sleep, until} from '../support/wait.ts';

/** A server with a certificate, good for nothing else. */
async function startSecure(column: Column, args: string[]): Promise<{deck: RunningDeck; port: number}> {
  const dir = tempDir();
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'site.key', '-out', 'site.crt'];
  execFileSync('openssl', ['req', '-x509', '-days', '30', '-subj', '/CN=localhost', ...key], {cwd: dir, stdio: 'ignore'});
  const port = await freePort();
  const https = ['--https-port', String(port), '--ssl-certificate', join(dir, 'site')];
  const deck = await startDeck({app: 'slots', column, mode: 'json', args: ['--reload-on-changes', ...https, ...args]});
  await settled(deck);
  return {deck, port};
}

/** What the application says over HTTPS. @throws Error on anything but 200. */
const secure = (port: number, path = '/'): Promise<string> =>
  new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(40_000);
    const sent = request({host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false, signal}, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('error', reject);
      response.on('end', () => (response.statusCode === 200 ? resolve(body) : reject(new Error(`${response.statusCode}: ${body}`))));
    });
    sent.on('error', reject).end();
  });

// Side by side: what takes long here is waiting.
test.concurrent.each(columns())(
  'requests of ten seconds, plain and HTTPS, end with the old code; new ones get the new ($name)',
  async (column) => {
    const {deck, port} = await startSecure(column, ['--application-group', 'shop', '--graceful-timeout', '20']);
    const began = Date.now();
    const long = Promise.all([ask(deck, '/?sleep=10').then((one) => one.version), secure(port, '/?sleep=10')]);
    await until('both long requests', () => slots(deck).some((one) => one.inFlight === 2));
    save(deck, 'v1');
    await live(deck, 'v1', 5000);
    // Not a wait of a fixed length: it ends with the long requests.
    let ended = false;
    const plain: string[] = [];
    const over: string[] = [];
    const asking = (async () => {
      while (!ended) {
        plain.push((await ask(deck)).version);
        over.push((await secure(port)).split(' ')[0]!);
        await sleep(50);
      }
    })();
    const [first, second] = await long.finally(() => (ended = true));
    expect(Date.now() - began).toBeGreaterThan(10_000);
    expect(first).toBe('v0');
    expect(second).toMatch(/^v0 /);
    await asking;
    expect(new Set([...plain, ...over])).toEqual(new Set(['v1']));
    expect(over.length).toBeGreaterThan(10);
    await until('the report', () => reloads(deck)[0]?.drainedAt !== undefined);
    expect(reloads(deck)).toMatchObject([{status: 'done', strategy: 'swap', finishedByOld: 2, cut: 0}]);
    await deck.stop();
  },
);

test.concurrent.each(columns())('--https-only: a broken save is noticed by nobody, the good one is live ($name)', async (column) => {
  const {deck, port} = await startSecure(column, ['--https-only']);
  expect(await deck.get('/')).toMatchObject({status: 302});
  expect(await secure(port)).toMatch(/^v0 /);
  save(deck, "' +");
  await until('the failed reload', () => reloads(deck)[0]?.status === 'failed');
  expect(await secure(port)).toMatch(/^v0 /);
  save(deck, 'v1');
  await until('the good save', async () => (await secure(port)).startsWith('v1 '));
  expect(await deck.get('/')).toMatchObject({status: 302});
  await deck.stop();
});
