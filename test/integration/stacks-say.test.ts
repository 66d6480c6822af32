import {createConnection} from 'node:net';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {connectDeck} from '../../src/control/client.ts';
import {diagnoseStack} from '../../src/diagnose/index.ts';
import {stackRules} from '../../src/diagnose/rules/stacks.ts';
import type {Deck} from '../../src/model/deck.ts';
import type {StackCapture} from '../../src/model/stacks.ts';
import type {RequestVerdict} from '../../src/model/verdict.ts';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';

/** A page for each rule that is about a thread which waits or works; the path is the rule's name. */
const PAGES = [...stackRules.map(({rule}) => `/${rule}`), '/stack-socket/http', '/stack-sqlite-lock/cursor'].filter(
  // The last ones take a database server, or a kernel that tells nothing: test/unit/diagnose-stack.test.ts.
  (path) => !['/stack-regex', '/stack-foreign-call', '/stack-row-lock', '/stack-postgres', '/stack-mysql', '/stack-sqlite'].includes(path),
);

describe.each(columns())('stacks of threads that are stuck (mod_wsgi $name)', (column) => {
  let deck: RunningDeck;
  let control: Deck & {end(): void};

  beforeAll(async () => {
    const args = ['--processes', '1', '--threads', '30', '--request-timeout', '0', '--shutdown-timeout', '1'];
    deck = await startDeck({app: 'diagnose/stuck', column, mode: 'json', args});
    await deck.waitEvent('agent', (event) => event.state === 'connected');
    const socket = join(deck.serverRoot, 'wsgideck', 'control.sock');
    control = await until('the control socket', () => connectDeck(socket, {client: 'test'}));
  });
  afterAll(async () => {
    control?.end();
    await deck?.stop();
  });

  const ask = (path: string) => void deck.get(path, {timeout: 60_000}).catch(() => undefined);
  const served = (paths: string[]) =>
    until(`requests ${paths.join(' ')}`, () => paths.every((path) => control.state().requests.some((one) => one.url === path)));
  /** A capture that passes the test: a request is known before its thread has come to the line where it stays. */
  const captured = (what: string, test: (capture: StackCapture) => boolean, ms = 5000) =>
    until(
      what,
      async () => {
        const result = await control.send({type: 'stacks', pid: control.state().agents[0]!.pid});
        const id = result.captures?.[0]?.id;
        const capture = id === undefined ? null : await control.ask({type: 'capture', id});
        return capture && test(capture) ? capture : null;
      },
      ms,
    );
  /** What the stack of one request says, the best first. */
  const says = (capture: StackCapture, url: string) => {
    const request = capture.threads.find((one) => one.request?.url === url)?.request;
    return request ? diagnoseStack(capture, {requestId: request.id} as RequestVerdict, control.state().info) : [];
  };

  it('two that wait for the lock of the other are a deadlock', async () => {
    const paths = ['/deadlock/one', '/deadlock/two'];
    for (const path of paths) ask(path);
    await served(paths);
    const capture = await captured('a deadlock', (one) => says(one, paths[0]!)[0]?.rule === 'stack-deadlock');
    const [found] = diagnoseStack(capture, null, control.state().info);
    expect(found).toMatchObject({
      rule: 'stack-deadlock',
      severity: 'error',
      place: {file: expect.stringMatching(/app\.wsgi$/), func: 'waits_for'},
    });
    expect(found!.evidence!.map((one) => one.replace(/app\.wsgi:\d+/, 'app.wsgi:N')).toSorted()).toEqual(
      paths.map((path) => `GET ${path} at app.wsgi:N in waits_for`),
    );
  });

  it('each says what it is at, and at which line of the application', async () => {
    for (const path of PAGES.filter((one) => one !== '/stack-request-body')) ask(path);
    const slow = createConnection(deck.port, '127.0.0.1');
    slow.write('POST /stack-request-body HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbegun');
    await served(PAGES);
    const named = (capture: StackCapture) => PAGES.map((url) => `${url} ${says(capture, url)[0]?.rule}`);
    const wanted = PAGES.map((url) => `${url} ${url.split('/')[1]}`);
    let newest: string[] = [];
    const capture = await captured('all stacks recognised', (one) => {
      newest = named(one);
      return newest.join() === wanted.join();
    }).catch(() => null);
    slow.destroy();
    expect(newest).toEqual(wanted);
    for (const url of PAGES) expect(says(capture!, url)[0]!.place, url).toMatchObject({file: expect.stringMatching(/app\.wsgi$/)});
  });

  it.each([
    ['/foreign', 'stack-foreign-call', 'foreign'],
    ['/regex', 'stack-regex', 'regex'],
  ])('%s holds the interpreter: the dump without it names the line', async (path, rule, func) => {
    await until(
      'a calm server',
      () => control.state().agents.some((one) => one.state === 'connected') && control.state().requests.length <= 2,
      30_000,
    );
    const before = deck.events().filter((event) => event.type === 'stacks').length;
    ask(path);
    const capture = await until(
      'the dump of a wedged process',
      () =>
        deck
          .events()
          .filter((event) => event.type === 'stacks')
          .slice(before)
          .find((event) => event.capture.cause === 'wedged' && event.capture.culprit !== undefined)?.capture,
      20_000,
    );
    const [found] = diagnoseStack(capture, null, control.state().info);
    expect(found).toMatchObject({rule: 'stack-gil-held', severity: 'error', place: {file: expect.stringMatching(/app\.wsgi$/), func}});
    const {short} = stackRules.find((one) => one.rule === rule)!;
    expect(found!.cause).toContain(short);
  });
});
