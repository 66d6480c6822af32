import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {pythonPackages} from '../support/python-packages.ts';

const listed = (folder: string, ending: string) => readdirSync(folder).filter((name) => name.endsWith(ending));

describe.each(columns())('$name', (column) => {
  test('--enable-profiler: a pstats file at the end, in which the application and its requests are counted', async () => {
    const deck = await startDeck({app: 'debug', column, args: ['--enable-profiler']});
    for (let n = 0; n < 3; n++) expect((await deck.get('/')).status).toBe(200);
    const folder = join(deck.serverRoot, 'pstats');
    expect(listed(folder, '.pstats')).toEqual([]);
    await deck.stop();
    const [name, ...others] = listed(folder, '.pstats');
    expect(others).toEqual([]);
    const program = `
import pstats, sys
stats = pstats.Stats(sys.argv[1]).stats
print(sum(value[1] for key, value in stats.items() if key[2] == 'application' and key[0].endswith('app.wsgi')))`;
    const calls = Number(execFileSync(column.python, ['-c', program, join(folder, name!)], {encoding: 'utf8'}));
    // Those of the test and of the probes.
    expect(calls).toBeGreaterThanOrEqual(4);
  });

  test('--enable-recorder: each request and its answer as files of the run user alone', async () => {
    const deck = await startDeck({app: 'debug', column, args: ['--enable-recorder']});
    expect((await deck.get('/recorded?with=query')).status).toBe(200);
    expect((await deck.get('/boom')).status).toBe(500);
    await deck.stop();
    const folder = join(deck.serverRoot, 'archive');
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    const asked = listed(folder, '.iheaders').find((name) => read(name).includes('/recorded'))!;
    expect(JSON.parse(read(asked))).toMatchObject({REQUEST_METHOD: 'GET', QUERY_STRING: 'with=query'});
    const key = asked.slice(0, -'.iheaders'.length);
    expect(JSON.parse(read(`${key}.oheaders`))).toMatchObject({status: '200 OK'});
    expect(read(`${key}.ocontent`)).toBe('fine\n');
    expect(listed(folder, '.oexcept').map(read).join('')).toContain('ZeroDivisionError');
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  test('--enable-coverage: pages that know which lines of a request have run', async () => {
    const packages = pythonPackages('coverage');
    const deck = await startDeck({app: 'debug', column, args: ['--enable-coverage', '--python-path', packages]});
    expect((await deck.get('/print')).status).toBe(200);
    await deck.stop();
    const folder = join(deck.serverRoot, 'htmlcov');
    const page = readdirSync(folder).find((name) => name.includes('app_wsgi') && name.endsWith('.html'))!;
    const html = readFileSync(join(folder, page), 'utf8');
    // The line of the branch that was taken, and one of the function that was not called.
    const classOf = (line: number) => new RegExp(`<p class="(\\w+)[^"]*"><span class="n"><a id="t${line}"`).exec(html)?.[1];
    const lines = readFileSync(join(deck.appDir, 'app.wsgi'), 'utf8').split('\n');
    expect(classOf(lines.findIndex((line) => line.includes('sys.stdout.flush()')) + 1)).toBe('run');
    expect(classOf(lines.findIndex((line) => line.includes('total = order')) + 1)).toBe('mis');
  });

  test('--application-type paste serves what a PasteDeploy configuration describes', async () => {
    const args = ['--application-type', 'paste', '--python-path', pythonPackages('PasteDeploy')];
    const deck = await startDeck({app: 'debug', script: 'shop.ini', column, args});
    expect(await deck.get('/')).toMatchObject({status: 200, body: 'made by paste'});
    await deck.stop();
  });

  test('--debugger-startup stops before the application is loaded; nothing is served until c', async () => {
    const deck = await startDeck({app: 'debug', column, mode: 'tty', args: ['--enable-debugger', '--debugger-startup'], probe: null});
    const {tty} = deck;
    await tty.waitFor(/the debugger waits at its prompt/);
    tty.press('8\r');
    await tty.waitFor(/app\.wsgi[^]*\(Pdb\)/);
    await tty.waitFor(/ctrl-\] leaves/);
    // A breakpoint set here stops requests, which run in another thread.
    tty.press('b 13\r');
    await tty.waitFor(/Breakpoint 1 at .*app\.wsgi:13/);
    tty.press('c\r');
    await tty.waitFor(/app\.wsgi\(13\)application\(\)/);
    tty.press('cl 1\r');
    await tty.waitFor(/Deleted breakpoint 1/);
    tty.press('c\r');
    expect((await deck.get('/')).status).toBe(200);
    expect(await deck.stop()).toEqual({code: 0, signal: null});
  });
});

test('--enable-coverage without the package: one line that says what to install', async () => {
  // The distribution's Python has no coverage; the environment with the newest mod_wsgi has.
  const deck = await startDeck({app: 'debug', column: columns()[0]!, args: ['--enable-coverage'], probe: null});
  expect(await deck.waitExit()).toEqual({code: 1, signal: null});
  expect(deck.output()).toMatch(/^wsgideck: error: --enable-coverage: .*pip install coverage\n$/);
  await deck.waitGone();
});
