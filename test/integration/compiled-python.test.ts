import {execFileSync} from 'node:child_process';
import {chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {keepCompiledPython, prepareServer, releaseServerRoot} from '../../src/express/index.ts';
import {realPlan} from '../fixtures/express/server.ts';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempCopy, tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const SCRIPT = new URL('../fixtures/express/echo.wsgi', import.meta.url).pathname;

/** Loads a file as handler.wsgi does; says whether anything had to be compiled for that. */
const LOAD = `
import sys
from _frozen_importlib_external import SourceFileLoader
class Loader(SourceFileLoader):
    def source_to_code(self, *args, **more):
        print('compiled')
        return super().source_to_code(*args, **more)
code = Loader('handler', sys.argv[1]).get_code('handler')
print(code.co_filename)
`;

describe.each(columns())('Python compiled by an earlier start ($name)', (column) => {
  test('comes with the server root, is taken by that Python, and not for another source', async () => {
    const kept = tempDir();
    const first = await realPlan([tempCopy(SCRIPT)], column);
    await prepareServer(first, {kept});
    expect(existsSync(join(first.paths.deck, '__pycache__'))).toBe(false);
    await keepCompiledPython(first, kept);
    releaseServerRoot(first);

    const second = await realPlan([tempCopy(SCRIPT)], column);
    await prepareServer(second, {kept});
    const {deck} = second.paths;
    const names = readdirSync(join(deck, '__pycache__')).toSorted();
    expect(names).toEqual([
      expect.stringMatching(/^agent_main\.cpython-3\d+\.pyc$/),
      expect.stringMatching(/^agent_start\./),
      expect.stringMatching(/^handler\./),
    ]);
    // Readable for the run user, writable for nobody else.
    expect(statSync(join(deck, '__pycache__', names[0]!)).mode & 0o137).toBe(0);

    const load = () =>
      execFileSync(column.python, ['-B', '-c', LOAD, join(deck, 'handler.py')], {encoding: 'utf8'})
        .trim()
        .split('\n');
    expect(load()).toEqual([join(deck, 'handler.py')]);
    chmodSync(join(deck, 'handler.py'), 0o600);
    writeFileSync(join(deck, 'handler.py'), `${readFileSync(join(deck, 'handler.py'), 'utf8')}\n`);
    expect(load()).toEqual(['compiled', join(deck, 'handler.py')]);
    releaseServerRoot(second);

    // What a start leaves there is not for the next one: it may be another user's.
    writeFileSync(join(deck, '__pycache__', 'other.pyc'), '');
    await prepareServer(second, {kept: null});
    expect(existsSync(join(deck, '__pycache__'))).toBe(false);
    releaseServerRoot(second);
  });

  test('that is damaged is neither kept nor in the way', async () => {
    const kept = tempDir();
    const first = await realPlan([tempCopy(SCRIPT)], column);
    await prepareServer(first, {kept});
    await keepCompiledPython(first, kept);
    releaseServerRoot(first);
    const [place = ''] = readdirSync(kept);
    for (const name of readdirSync(join(kept, place))) truncateSync(join(kept, place, name), 3000);

    const second = await realPlan([tempCopy(SCRIPT)], column);
    await prepareServer(second, {kept});
    expect(existsSync(join(second.paths.deck, '__pycache__'))).toBe(false);
    await keepCompiledPython(second, kept);
    releaseServerRoot(second);

    const third = await realPlan([tempCopy(SCRIPT)], column);
    await prepareServer(third, {kept});
    const cache = join(third.paths.deck, '__pycache__');
    expect(readdirSync(cache)).toHaveLength(3);
    releaseServerRoot(third);
    // Damaged in the server root itself: the header is whole, the rest is not.
    for (const name of readdirSync(cache)) truncateSync(join(cache, name), 3000);
    const run = 'import runpy, sys; print(callable(runpy.run_path(sys.argv[1])["handle_request"]), "AGENT" in runpy.run_path(sys.argv[2]))';
    const said = execFileSync(column.python, ['-B', '-c', run, third.paths.handler, third.paths.agentScript], {encoding: 'utf8'});
    expect(said).toBe('True True\n');
    // What Python compiles itself is not left there: a folder that is taken away again holds what we know.
    rmSync(cache, {recursive: true});
    const env = {...process.env, PYTHONDONTWRITEBYTECODE: undefined};
    expect(execFileSync(column.python, ['-c', run, third.paths.handler, third.paths.agentScript], {encoding: 'utf8', env})).toBe(said);
    expect(existsSync(cache)).toBe(false);
  });

  test('the second start of the command has it, and serves', async () => {
    const env = {XDG_CACHE_HOME: tempDir()};
    for (const round of [1, 2]) {
      const deck = await startDeck({app: 'options', column, env});
      const answer = await deck.get('/');
      expect(answer.status).toBe(200);
      expect(existsSync(join(deck.serverRoot, 'wsgideck/__pycache__'))).toBe(round === 2);
      await until('the compiled files', () => kept(env.XDG_CACHE_HOME).some((path) => path.endsWith('.pyc')));
      expect(kept(env.XDG_CACHE_HOME).some((path) => /launch-.*\.bin$/.test(path))).toBe(true);
      await deck.stop();
    }
  });
});

const kept = (folder: string) => readdirSync(join(folder, 'wsgideck'), {recursive: true}).map(String);
