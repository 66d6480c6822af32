import {cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync} from 'node:fs';
import {request} from 'node:http';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {connectDeck} from '../../src/control/client.ts';
import type {EventOf} from '../../src/model/events.ts';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {saveByRename} from '../support/save.ts';
import {ask, live, reloads, save, settled, slots, versionFile} from '../support/slots.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const RELOAD = ['--reload-on-changes'];

describe.each(columns().map((column) => [column.name, column] as const))('slots over their life with mod_wsgi %s', (_, column) => {
  test('code that does not load at the start: the developer sees why, others do not, and the corrected code goes live', async () => {
    const deck = await startDeck({app: 'slots', column, mode: 'json', script: 'broken.wsgi', args: RELOAD});
    const page = await deck.get('/');
    expect(page.status).toBe(500);
    expect(page.body).toMatch(/NameError: name &#x27;missing_at_start&#x27;|NameError: name 'missing_at_start'/);
    expect(page.body).toMatch(/http-equiv="refresh"/);
    const other = await deck.get('/', {headers: {'X-Forwarded-For': '192.0.2.1'}});
    expect(other.status).toBe(500);
    expect(other.body).not.toMatch(/NameError|broken\.wsgi/);
    await until('the slot to be known as failed', () => slots(deck).some((one) => one.state === 'failed'));
    const script = join(deck.appDir, 'broken.wsgi');
    saveByRename(script, readFileSync(script, 'utf8').replace('missing_at_start', 'still_missing'));
    await until('the newest reason', async () => (await deck.get('/')).body.includes('still_missing'));
    saveByRename(script, readFileSync(join(deck.appDir, 'app.wsgi'), 'utf8'));
    await until('the corrected code', async () => (await deck.get('/')).status === 200);
    await deck.waitEvent('phase', ({phase}) => phase === 'ready');
    await deck.stop();
  });

  test('a request that comes to the idle slot is served, and the slot is emptied for the next reload', async () => {
    const deck = await startDeck({
      app: 'slots',
      column,
      mode: 'json',
      args: [...RELOAD, '--include-file', 'to-green.conf', '--process-group', 'shop'],
    });
    await settled(deck);
    const before = slots(deck).find((one) => one.state === 'empty');
    expect(before?.processGroup).toBe('shop:green');
    const late = await ask(deck, '/to-green');
    expect(late).toMatchObject({version: 'v0', group: 'shop:green', pid: before?.pids[0]});
    await until('another process', () => slots(deck).some((one) => one.state === 'empty' && one.pids[0] !== late.pid));
    save(deck, 'v1');
    expect((await live(deck, 'v1')).group).toBe('shop:green');
    await deck.stop();
  });

  test('a signal to an idle process is heard at once, and the next reload finds another one', async () => {
    const deck = await startDeck({app: 'slots', column, mode: 'json', args: RELOAD});
    await settled(deck);
    const idle = slots(deck).find((one) => one.state === 'empty')!.pids[0]!;
    await deck.waitEvent('processes', ({rows}) => rows.some((row) => row.pid === idle && row.role === 'daemon'));
    const control = await connectDeck(join(deck.serverRoot, 'wsgideck/control.sock'), {client: 'test'});
    try {
      expect(await control.send({type: 'signal', pid: idle, signal: 'SIGTERM'})).toMatchObject({ok: true});
    } finally {
      control.end();
    }
    await until('another process', () => slots(deck).some((one) => one.state === 'empty' && one.pids[0] !== idle));
    save(deck, 'v1');
    await live(deck, 'v1');
    await deck.stop();
  });

  test('Apache restarts and stops without waiting for idle processes; a sub-interpreter reloads', async () => {
    // mod_wsgi's own reporter of times takes up to its interval to end, and Apache then waits three seconds.
    const args = [...RELOAD, '--application-group', 'sub', '--threads', '2', '--disable-phase-times'];
    const deck = await startDeck({app: 'slots', column, mode: 'json', args});
    await settled(deck);
    save(deck, 'v1');
    const first = await live(deck, 'v1');
    await settled(deck);
    const asked = Date.now();
    deck.signal('SIGHUP');
    await until('another process', async () => (await ask(deck)).pid !== first.pid);
    // An idle process that heard no signal would be waited for three seconds.
    expect(Date.now() - asked).toBeLessThan(3000);
    expect(await ask(deck)).toMatchObject({version: 'v1', group: first.group});
    await until('both slots again', () => slots(deck).every((one) => one.pids.length === 1 && !one.pids.includes(first.pid)));
    await settled(deck);
    save(deck, 'v2');
    await live(deck, 'v2');
    await settled(deck);
    const stopping = Date.now();
    expect(await deck.stop()).toMatchObject({code: 0});
    expect(Date.now() - stopping).toBeLessThan(3000);
  });

  test('a module that was imported a moment ago, in a process that is too busy to tell of it: its save is loaded', async () => {
    const deck = await startDeck({app: 'slots', column, mode: 'json', args: RELOAD});
    await settled(deck);
    // From now on it is known what the application has imported.
    save(deck, 'v1');
    await live(deck, 'v1');
    await settled(deck);
    await new Promise<void>((resolve, reject) => {
      const sent = request(`${deck.url}/held`, {agent: false}, (response) => {
        response.once('data', () => saveByRename(join(deck.appDir, 'lazily.py'), "VERSION = 'v1'\n"));
        response.on('end', () => resolve()).on('error', reject);
      });
      sent.on('error', reject).end();
    });
    const record = await until('the reload', () => reloads(deck)[1]);
    expect(record.names).toEqual(['lazily.py']);
    await until('the new code', () => reloads(deck)[1]?.status === 'done');
    expect((await deck.get('/held')).body).toMatch(/^v1 /);
    await deck.stop();
  });

  test('an application in releases, behind a link: a save is one reload, and a switch of the link is one', async () => {
    const site = tempDir();
    mkdirSync(join(site, 'releases'));
    const fixture = new URL('../fixtures/slots', import.meta.url).pathname;
    for (const [release, version] of [
      ['1', 'v0'],
      ['2', 'v2'],
    ] as const) {
      cpSync(fixture, join(site, 'releases', release), {recursive: true, filter: (path) => !path.includes('__pycache__')});
      writeFileSync(join(site, 'releases', release, 'shop/__init__.py'), `VERSION = '${version}'\n`);
    }
    const link = join(site, 'current');
    symlinkSync('releases/1', link);
    // One folder under two names.
    const args = [...RELOAD, '--python-path', join(site, 'releases/1'), '--working-directory', site];
    const deck = await startDeck({app: 'slots', column, mode: 'json', command: ['start-server', join(link, 'app.wsgi')], args});
    await settled(deck);
    saveByRename(join(link, 'shop/__init__.py'), "VERSION = 'v1'\n");
    await live(deck, 'v1');
    await settled(deck);
    expect(reloads(deck), JSON.stringify(reloads(deck))).toHaveLength(1);
    symlinkSync('releases/2', join(site, 'next'));
    renameSync(join(site, 'next'), link);
    await until('the reload', () => reloads(deck)[1]?.status === 'done');
    await settled(deck);
    expect(reloads(deck), JSON.stringify(reloads(deck))).toHaveLength(2);
    await deck.stop();
  });

  test('a second application of an include file follows the switch', async () => {
    const dir = tempDir();
    const second = join(dir, 'second.wsgi');
    const body = "('%s %s' % (shop.VERSION, mod_wsgi.process_group)).encode()";
    writeFileSync(
      second,
      `import mod_wsgi, shop\n\ndef application(environ, start_response):\n    start_response('200 OK', [])\n    return [${body}]\n`,
    );
    const place = 'process-group=%{ENV:WSGIDECK_SLOT} application-group=%{GLOBAL}';
    const conf = join(dir, 'second.conf');
    writeFileSync(conf, `WSGIScriptAlias /second ${second} ${place}\n<Directory ${dir}>\nRequire all granted\n</Directory>\n`);
    const deck = await startDeck({app: 'slots', column, mode: 'json', args: [...RELOAD, '--include-file', conf]});
    await settled(deck);
    const {group} = await ask(deck);
    expect((await deck.get('/second')).body).toBe(`v0 ${group}`);
    save(deck, 'v1');
    const next = await live(deck, 'v1');
    expect(next.group).not.toBe(group);
    expect((await deck.get('/second')).body).toBe(`v1 ${next.group}`);
    await deck.stop();
  });

  test('what is saved right before, or right after, Apache is told to restart is loaded afterwards', async () => {
    const deck = await startDeck({app: 'slots', column, mode: 'json', args: [...RELOAD, '--processes', '2', '--disable-phase-times']});
    await settled(deck);
    saveByRename(versionFile(deck), "import time\ntime.sleep(1)\nVERSION = 'slow'\n");
    await until('the slow save to load', () => slots(deck).some((one) => one.state === 'loading'));
    deck.signal('SIGHUP');
    await live(deck, 'slow');
    await until('its reload', () => reloads(deck)[0]?.status === 'done');
    await settled(deck);
    deck.signal('SIGUSR1');
    await deck.waitEvent('phase', ({phase, detail}) => phase === 'reloading' && detail.startsWith('graceful'));
    save(deck, 'v1');
    await live(deck, 'v1');
    await settled(deck);
    expect(reloads(deck).map((one) => one.status)).toEqual(['done', 'done']);
    await until('two processes in each slot', () => slots(deck).every((one) => one.pids.length === 2));
    await deck.stop();
  });

  test('a process that is replaced while the disk holds a broken save leaves its share to the others, as long as there are any', async () => {
    const deck = await startDeck({app: 'slots', column, mode: 'json', args: [...RELOAD, '--processes', '2', '--disable-phase-times']});
    await settled(deck);
    const notice = () =>
      deck.events().findLast((event): event is EventOf<'notice'> => event.type === 'notice' && event.key === 'reload-disk');
    save(deck, "' +");
    await until('the failed reload', () => reloads(deck)[0]?.status === 'failed');
    await until(
      'the notice',
      () => notice()?.text === 'the disk holds code that does not load: a process that is replaced now cannot serve',
    );

    const serving = () => slots(deck).find((one) => one.state === 'live')?.pids ?? [];
    const [first, second] = serving() as [number, number];
    process.kill(first, 'SIGKILL');
    await until('the one that waits', () => notice()?.text.includes('so 1 of 2 processes waits: 1 with the older code serves'));
    const third = await until('its process', () => serving().length === 2 && serving().find((pid) => pid !== first && pid !== second));
    for (let n = 0; n < 30; n++) expect(await ask(deck)).toMatchObject({version: 'v0', pid: second});
    // Told to end by hand it hears that, and the next one waits in its place.
    await deck.waitEvent('processes', ({rows}) => rows.some((row) => row.pid === third));
    const control = await connectDeck(join(deck.serverRoot, 'wsgideck/control.sock'), {client: 'test'});
    try {
      expect(await control.send({type: 'signal', pid: third, signal: 'SIGTERM'})).toMatchObject({ok: true});
    } finally {
      control.end();
    }
    await until('the next one', () => serving().length === 2 && !serving().includes(third));
    for (let n = 0; n < 30; n++) expect(await ask(deck)).toMatchObject({version: 'v0', pid: second});

    process.kill(second, 'SIGKILL');
    const page = await until('the reason', async () => {
      const {status, body} = await deck.get('/').catch(() => ({status: 0, body: ''}));
      return status === 500 && body.includes('SyntaxError') && body;
    });
    expect(page).toMatch(/http-equiv="refresh"/);
    save(deck, 'v1');
    await live(deck, 'v1');
    expect(notice()).toMatchObject({cleared: true});
    await settled(deck);
    const stopping = Date.now();
    await deck.stop();
    expect(Date.now() - stopping).toBeLessThan(2500);
  });

  test('a changed service script restarts that service only; a slow save makes way for the next', async () => {
    const args = [...RELOAD, '--service-script', 'clock', 'service.py'];
    const deck = await startDeck({app: 'slots', column, mode: 'json', args});
    await settled(deck);
    const service = async () => {
      const {rows} = await deck.waitEvent('processes', (event) => event.rows.some((row) => row.role === 'service'));
      return rows.find((row) => row.role === 'service')!.pid;
    };
    const first = await service();
    const script = join(deck.appDir, 'service.py');
    saveByRename(script, `${readFileSync(script, 'utf8')}# changed\n`);
    await deck.waitEvent('processes', ({rows}) => rows.some((row) => row.role === 'service' && row.pid !== first));
    expect(reloads(deck)).toEqual([]);

    saveByRename(versionFile(deck), 'import time\ntime.sleep(600)\n');
    await until('the slow save to load', () => slots(deck).some((one) => one.state === 'loading'));
    const since = Date.now();
    await until('two seconds of it', () => Date.now() - since > 2200);
    save(deck, 'v1');
    await live(deck, 'v1');
    expect(reloads(deck)[0]).toMatchObject({status: 'failed', failure: {place: {file: versionFile(deck), line: 2}}});
    await deck.stop();
  });
});
