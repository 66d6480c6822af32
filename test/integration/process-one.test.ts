/** wsgideck as the first process of a container, which a pid namespace makes of it. */
import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {dirname, join, resolve} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {PID_NAMESPACE} from '../support/global/needs.ts';
import {get} from '../support/http.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {descendants, killAll, type ProcessInfo} from '../support/processes.ts';
import {tempCopy, tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const AS_ROOT = process.getuid?.() === 0;
const USER = AS_ROOT ? ['--user', 'www-data', '--group', 'www-data'] : [];
const [debian] = columns();

let container: Container | undefined;

afterEach(async () => {
  if (container)
    await killAll(descendants(process.pid).filter(({pid}) => pid === container?.pid || container?.inside().some((one) => one.pid === pid)));
  container = undefined;
});

class Container {
  readonly port: number;
  readonly root = join(tempDir(), 'root');
  readonly #child: ChildProcess;
  output = '';

  constructor(port: number, wrap: (command: string[]) => string[], ...args: string[]) {
    this.port = port;
    const app = join(tempCopy(resolve(import.meta.dirname, '../fixtures/left-behind')), 'app.wsgi');
    const place = ['--host', '127.0.0.1', '--port', String(port), '--server-root', this.root, ...USER];
    const command = wrap([process.execPath, BUNDLE, 'start-server', app, ...place, ...args]);
    this.#child = spawn('unshare', [...PID_NAMESPACE, ...command], {
      cwd: dirname(app),
      env: {...process.env, ...debian!.env},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get exit(): number | null {
    return this.#child.exitCode;
  }

  /** Everything in it, its process 1 first. */
  inside(): ProcessInfo[] {
    return descendants(this.pid);
  }

  get init(): number {
    return this.inside().find(({ppid}) => ppid === this.pid)!.pid;
  }

  answers(): Promise<number> {
    return until(
      'an answer',
      async () => {
        if (this.exit !== null) throw new Error(`ended with ${this.exit}: ${this.output}`);
        return (await get(`http://127.0.0.1:${this.port}/`, {timeout: 5000})).status;
      },
      30_000,
    );
  }

  ended(): Promise<boolean> {
    return until('the end of the container', () => this.exit !== null, 20_000);
  }
}

async function start(wrap: (command: string[]) => string[], ...args: string[]): Promise<Container> {
  container = new Container(await freePort(), wrap, ...args);
  expect(await container.answers()).toBe(200);
  return container;
}

/** Somebody enters the container, as `docker exec` does, and leaves an orphan that ends at once. */
async function leaveOrphan(one: Container): Promise<void> {
  const enter = ['--target', String(one.init), '--pid', ...(AS_ROOT ? [] : ['--user', '--preserve-credentials'])];
  const done = spawnSync('nsenter', [...enter, 'sh', '-c', 'sh -c "sleep 0.05" & echo $!'], {encoding: 'utf8'});
  expect(done).toMatchObject({status: 0, stdout: expect.stringMatching(/^\d+\n$/)});
  const zombies = () => one.inside().filter(({state}) => state === 'Z');
  await until(
    'no child of ours in there, and no zombie',
    () => !one.inside().some(({command}) => command.includes('sleep 0.05')) && zombies().length === 0,
  );
}

const plainly = (command: string[]) => command;
/** As in `ENTRYPOINT exec wsgideck …`, with something that the shell has started before. */
const behindShell = (command: string[]) => ['sh', '-c', 'sleep 0.05 & exec "$@"', 'sh', ...command];

test.each([
  {name: 'as it is', wrap: plainly, mode: '--json'},
  {name: 'after exec in a shell', wrap: behindShell, mode: '--plain'},
])('as process 1: orphans are collected, TERM stops it cleanly ($name)', {tags: ['namespace']}, async ({wrap, mode}) => {
  const one = await start(wrap, mode);
  await leaveOrphan(one);
  process.kill(one.init, 'SIGTERM');
  await one.ended();
  expect(one.exit).toBe(0);
  expect(one.inside()).toEqual([]);
  expect(one.output).not.toContain('Warning');
  await expect(get(`http://127.0.0.1:${one.port}/`)).rejects.toThrow(/ECONNREFUSED/);
});

test('as process 1, HUP restarts, and a start that fails has its status', {tags: ['namespace']}, async () => {
  const one = await start(plainly, '--json');
  const before = (await get(`http://127.0.0.1:${one.port}/`)).body;
  process.kill(one.init, 'SIGHUP');
  await until('another daemon', async () => (await get(`http://127.0.0.1:${one.port}/`, {timeout: 5000})).body !== before, 20_000);
  process.kill(one.init, 'SIGINT');
  await one.ended();
  expect(one.exit).toBe(0);
  const wrong = spawnSync('unshare', [...PID_NAMESPACE, process.execPath, BUNDLE, 'start-server', '--no-such-option'], {encoding: 'utf8'});
  expect(wrong.status).toBe(2);
});

test('as process 1, --detach keeps the container up for as long as the server runs', {tags: ['namespace']}, async () => {
  const one = await start(plainly, '--detach');
  await until('its word', () => one.output.includes('in the background'));
  await leaveOrphan(one);
  expect(one.exit).toBeNull();
  process.kill(one.init, 'SIGTERM');
  await one.ended();
  expect(one.exit).toBe(0);
});

test.each([
  {how: 'by it', front: 'sleep 60'},
  {how: 'by itself at that moment', front: "trap 'exit 0' TERM; while :; do sleep 0.05; done"},
])(
  'as process 1, a signal reaches what the program in front has put in the background, when that ends $how',
  {tags: ['namespace']},
  async ({front}) => {
    const server = `trap 'echo told; exit 0' TERM; echo up; while :; do sleep 0.05; done`;
    const guard = resolve(import.meta.dirname, '../../dist/native/wsgideck-guard');
    const command = [guard, '--init', '--stay', '--', 'sh', '-c', `setsid sh -c "$1" & ${front}`, 'sh', server];
    const child = spawn('unshare', [...PID_NAMESPACE, ...command], {stdio: ['ignore', 'pipe', 'inherit']});
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    try {
      await until('the server', () => output.includes('up'));
      process.kill(descendants(child.pid!).find(({ppid}) => ppid === child.pid)!.pid, 'SIGTERM');
      await until('its end', () => child.exitCode !== null, 20_000);
      expect(output).toBe('up\ntold\n');
      expect(child.exitCode).toBe(0);
    } finally {
      await killAll(
        descendants(process.pid).filter(({pid}) => pid === child.pid || descendants(child.pid!).some((one) => one.pid === pid)),
      );
    }
  },
);
