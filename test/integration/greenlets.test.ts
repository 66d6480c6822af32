import {execFileSync} from 'node:child_process';
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {connectDeck} from '../../src/control/client.ts';
import type {StackCapture} from '../../src/model/stacks.ts';
import {command} from '../support/command.ts';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {pythonPackages} from '../support/python-packages.ts';
import {until} from '../support/wait.ts';

/** Milliseconds that four visitors keep the server busy. */
const BUSY = 5000;
const PATIENT = {timeout: 60_000};
const WAYS = [
  ['gevent', []],
  ['gevent', ['--reload-on-changes']],
  ['eventlet', []],
  ['eventlet', ['--reload-on-changes']],
] as const;
const CASES = columns().flatMap((column) =>
  WAYS.map(
    ([library, args]) =>
      [`${library}${args.length > 0 ? ' and reload by swap' : ''}, mod_wsgi ${column.name}`, column, library, args] as const,
  ),
);

describe.each(CASES)('an application whose sleep, locks and threads are replaced: %s', (_, column, library, args) => {
  let deck: RunningDeck;
  let pid: number;
  beforeAll(async () => {
    const all = ['--threads', '4', '--python-path', pythonPackages('gevent', 'eventlet'), ...args];
    deck = await startDeck({app: 'greenlets', script: `${library}.wsgi`, column, mode: 'json', args: all});
    pid = await until('who serves', () => served()[0]);
  }, 60_000);
  afterAll(() => deck?.stop());

  /** Processes whose agent has answered with a request, or with none. */
  const served = () => deck.events().flatMap((event) => (event.type === 'requests' ? [event.pid] : []));
  const alarms = () => deck.events().filter((event) => event.type === 'agent' && ['silent', 'wedged', 'gone'].includes(event.state));
  const lineOf = (text: string) =>
    readFileSync(join(deck.appDir, 'served.py'), 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(text)) + 1;

  test('two first requests that wait are answered, and shown where the application waits', async () => {
    const answers = Promise.all([deck.get('/slow', PATIENT), deck.get('/slow', PATIENT)]);
    const place = `served.py:${lineOf('time.sleep(0.5)')} in application`;
    const event = await deck.waitEvent('requests', ({requests}) => requests.filter((one) => one.at === place).length === 2);
    const {stdout} = await command(['stacks', deck.serverRoot, '--pid', String(event.pid), '--json'], {env: column.env});
    const [capture] = JSON.parse(stdout) as StackCapture[];
    expect(capture).toMatchObject({method: 'agent', pid: event.pid});
    const waiting = capture!.threads.filter((one) => one.request?.url === '/slow');
    expect(waiting).toHaveLength(2);
    for (const {frames} of waiting) expect(frames.map((one) => one.line)).toContain(lineOf('time.sleep(0.5)'));
    expect(capture!.uncovered ?? '').not.toContain('greenlet');
    // An exception from outside would end the event loop of its thread, and every later request on it.
    const control = await connectDeck(join(deck.serverRoot, 'wsgideck', 'control.sock'), {client: 'test'});
    const refused = await control.send({type: 'interrupt', requestId: waiting[0]!.request!.id});
    control.end();
    expect(refused).toMatchObject({ok: false, text: expect.stringContaining('it waits in a greenlet') as string});
    writeFileSync(join(deck.appDir, 'go'), '');
    expect((await answers).map((one) => one.status)).toEqual([200, 200]);
    pid = event.pid;
  });

  test('under load nothing is called held or silent', async () => {
    const end = Date.now() + BUSY;
    // No lock that the visitors share: those of gevent and eventlet starve, or stop, several threads with event loops of their own.
    const paths = ['/nap', '/', '/thread'];
    let answered = 0;
    const visitor = async () => {
      while (Date.now() < end) {
        for (const path of paths) expect((await deck.get(path, PATIENT)).status).toBe(200);
        answered += paths.length;
      }
    };
    await Promise.all(Array.from({length: 4}, visitor));
    expect(answered).toBeGreaterThan(20);
    expect(alarms()).toEqual([]);
  });

  test('an exception is passed on with its request', async () => {
    expect((await deck.get('/raises')).status).toBe(500);
    const event = await deck.waitEvent('exception', (one) => one.title === 'ValueError: on purpose');
    expect(event).toMatchObject({request: 'GET /raises', line: lineOf('raise ValueError')});
  });

  test('an interpreter that is really held is named, and taken back', async () => {
    execFileSync('mkfifo', ['-m', '666', join(deck.appDir, 'release')]);
    const answer = deck.get('/held', PATIENT);
    const wedged = await deck.waitEvent('agent', (event) => event.state === 'wedged');
    expect(wedged).toMatchObject({pid, detail: `holds the interpreter: served.py:${lineOf('LIBC.open')} in hold`});
    writeFileSync(join(deck.appDir, 'release'), 'x');
    expect((await answer).status).toBe(200);
    await deck.waitEvent('agent', (event) => event.state === 'recovered' && event.at > wedged.at);
    expect(alarms().filter((event) => event.type === 'agent' && event.state === 'wedged')).toHaveLength(1);
  });

  if (args.length === 0) return;
  test('a save is live, and the new process is seen as well', async () => {
    const file = join(deck.appDir, 'served.py');
    writeFileSync(file, readFileSync(file, 'utf8').replace('b"answered"', 'b"anew"'));
    await until('the new code', async () => (await deck.get('/')).body === 'anew', 20_000);
    rmSync(join(deck.appDir, 'go'));
    const answer = deck.get('/slow', PATIENT);
    const place = `served.py:${lineOf('time.sleep(0.5)')} in application`;
    await deck.waitEvent('requests', (event) => event.pid !== pid && event.requests.some((one) => one.at === place));
    writeFileSync(join(deck.appDir, 'go'), '');
    expect((await answer).status).toBe(200);
  });
});
