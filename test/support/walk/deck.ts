import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {expect} from 'vitest';
import {connectDeck} from '../../../src/control/client.ts';
import {httpdCommand} from '../../../src/express/index.ts';
import {AS_USER, prepare, realPlan} from '../../fixtures/express/server.ts';
import {startDeck} from '../deck.ts';
import {get} from '../http.ts';
import type {Column} from '../mod-wsgi.ts';
import {tempDir} from '../temp.ts';
import {Tty} from '../tty.ts';
import {until} from '../wait.ts';
import {reloadPlays} from './reload.ts';
import {fixtureCopy} from './scene.ts';

const BUNDLE = resolve(import.meta.dirname, '../../../dist/wsgideck.cjs');

/** The options of the program around Apache, on the real program. Each returns the keys of the options that were seen to work. */
export const deckPlays: Record<string, (column: Column) => Promise<string[]>> = {
  ...reloadPlays,

  'plain lines, the probe, and reloading': async (column) => {
    const args = ['--isatty', '--probe-path', '/asked', '--log-to-terminal', '--access-log', '--reload-on-changes', '--browser-reload'];
    const globs = ['--reload-include', '*.walk', '--reload-exclude', 'unseen.*'];
    const deck = await startDeck({app: 'options', column, args: [...args, ...globs]});
    const printed = (pattern: RegExp) => until(`${pattern} on the terminal`, () => pattern.test(deck.output()), 40_000);
    await printed(/deck +ready/);
    await printed(/"GET \/asked /);
    await deck.get('/seen-on-the-terminal');
    const live = async () => (await deck.get('/__wsgideck__/live.txt')).body;
    expect(await live()).toMatch(/^\w+\.0 0$/m);
    await printed(/"GET \/seen-on-the-terminal /);
    // The excluded file first: it would be named, and it would come first.
    writeFileSync(join(deck.appDir, 'unseen.py'), '');
    writeFileSync(join(deck.appDir, 'settings.walk'), 'a: 1\n');
    await printed(/reloaded: settings\.walk,/);
    writeFileSync(join(deck.appDir, 'another.py'), '');
    await printed(/reloaded: another\.py,/);
    expect(deck.output()).not.toContain('unseen');
    expect(await live()).toMatch(/^\w+\.2 0$/m);
    await deck.stop();
    return ['isatty', 'probePath', 'logToTerminal', 'plain', 'reloadOnChanges', 'reloadInclude', 'reloadExclude', 'browserReload'];
  },

  'rotated logs are followed, services shown as such': async (column) => {
    const args = ['--rotate-logs', '--service-script', 'loud', 'service.py', '--service-log-file', 'loud', 'loud.log'];
    const deck = await startDeck({app: 'options', column, mode: 'json', args});
    await deck.get('/raise');
    await deck.waitEvent('log', ({entry}) => `${entry.text} ${entry.more?.join(' ')}`.includes('raised on request'));
    await deck.waitEvent('log', ({entry}) => entry.text.includes('service says'));
    const service = await deck.waitEvent('processes', ({rows}) => rows.some(({role, label}) => role === 'service' && label === 'loud'));
    expect(service).toBeDefined();
    await deck.stop();
    return ['rotateLogs', 'serviceScripts', 'serviceLogFiles'];
  },

  'embedded mode reloads': async (column) => {
    const deck = await startDeck({app: 'options', column, args: ['--embedded-mode', '--reload-on-changes']});
    const printed = (pattern: RegExp) => until(`${pattern} on the terminal`, () => pattern.test(deck.output()), 40_000);
    await printed(/deck +ready/);
    const pid = async () => (JSON.parse((await deck.get('/about')).body) as {os: {pid: number}}).os.pid;
    const before = await pid();
    writeFileSync(join(deck.appDir, 'more.py'), '');
    await printed(/graceful restart: more\.py changed/);
    await until('another process', async () => (await pid()) !== before);
    await deck.stop();
    return ['embeddedMode'];
  },

  'events as JSON': async (column) => {
    const deck = await startDeck({app: 'options', column, mode: 'json', args: ['--flight-recorder-size', '1']});
    await deck.waitEvent('phase', ({phase}) => phase === 'ready');
    await deck.stop();
    expect(readdirSync(join(deck.serverRoot, 'wsgideck/recording')).length).toBeGreaterThan(0);
    return ['json', 'flightRecorderSize'];
  },

  'without times by phase': async (column) => {
    const deck = await startDeck({app: 'options', column, args: ['--disable-phase-times']});
    expect((await deck.get('/about')).status).toBe(200);
    expect(existsSync(join(deck.serverRoot, 'wsgideck/times.sock'))).toBe(false);
    expect(readFileSync(join(deck.serverRoot, 'httpd.conf'), 'utf8')).not.toContain('WSGITelemetryService');
    await deck.stop();
    return ['disablePhaseTimes'];
  },

  'in the background, read-only, with a view group': async (column) => {
    const gid = String(process.getuid?.() === 0 ? 33 : process.getgid?.());
    const group = readFileSync('/etc/group', 'utf8')
      .split('\n')
      .find((line) => line.split(':')[2] === gid)!
      .split(':')[0]!;
    const args = ['--detach', '--read-only', '--view-group', group];
    const deck = await startDeck({app: 'options', column, probe: null, args});
    expect(await deck.waitExit()).toEqual({code: 0, signal: null});
    expect((await deck.get('/about')).status).toBe(200);
    const screen = await connectDeck(join(deck.serverRoot, 'wsgideck/view.sock'), {client: 'walk'});
    const {info} = screen.state();
    screen.end();
    expect([screen.readOnly, info?.readOnly]).toEqual([true, true]);
    const own = await connectDeck(join(deck.serverRoot, 'wsgideck/control.sock'), {client: 'walk'});
    expect(await own.send({type: 'stop', now: true})).toMatchObject({ok: false});
    own.end();
    process.kill(info!.supervisorPid, 'SIGTERM');
    await deck.waitGone();
    return ['detach', 'readOnly', 'viewGroup'];
  },

  'only setting up': async (column) => {
    const dir = fixtureCopy();
    const root = join(tempDir(), 'root');
    const env = {...process.env, ...column.env};
    const words = [BUNDLE, 'start-server', 'app.wsgi', '--setup-only', '--server-root', root, ...AS_USER];
    const run = spawnSync(process.execPath, words, {cwd: dir, env, encoding: 'utf8'});
    expect(run).toMatchObject({status: 0, stderr: ''});
    expect(existsSync(join(root, 'apachectl'))).toBe(true);
    expect(existsSync(join(root, 'httpd.pid'))).toBe(false);
    return ['setupOnly'];
  },

  'the debugger on a terminal': async (column) => {
    const dir = fixtureCopy();
    const plan = await realPlan([join(dir, 'app.wsgi'), '--enable-debugger', '--debugger-startup'], column, dir);
    expect((await prepare(plan)).filter(({severity}) => severity === 'error')).toEqual([]);
    const {argv, env, cwd} = httpdCommand(plan, {...process.env});
    using tty = new Tty(argv[0], argv.slice(1), {env, cwd, rows: 40});
    await tty.waitFor(/\(Pdb\)/);
    tty.press('continue\r');
    const url = `http://127.0.0.1:${plan.options.port}`;
    await until('an answer', async () => (await get(`${url}/about`)).status === 200);
    const raised = get(`${url}/raise`, {timeout: 30_000});
    await tty.waitFor((screen) => /raised on request[^]*\(Pdb\)/.test(screen));
    tty.press('p 6 * 7\r');
    await tty.waitFor(/^42$/m);
    tty.press('c\r');
    expect((await raised).status).toBe(500);
    process.kill(tty.pid, 'SIGTERM');
    await tty.waitExit();
    return ['enableDebugger', 'debuggerStartup'];
  },
};
