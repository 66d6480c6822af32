import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import type {ServerPlan} from '../../../src/express/index.ts';
import {realPlan, serve} from '../../fixtures/express/server.ts';
import {get, type GetOptions, type Reply} from '../http.ts';
import type {Column} from '../mod-wsgi.ts';
import {tempCopy} from '../temp.ts';

/** What /about of the fixture application answers. */
export interface About {
  environ: Record<string, string | number | boolean>;
  os: {uid: number; gid: number; groups: number[]; cwd: string; pid: number; env: Record<string, string>};
  python: {path: string[]; prefix: string; bytecode: boolean; hash: string; warnings: string[]; switch: number; locale: string};
  limits: {data: number; space: number};
  mod_wsgi: {processes: number; threads: number; metrics: boolean};
}

/** A running server, and how to look at it. */
export interface Walk {
  column: Column;
  plan: ServerPlan;
  url: string;
  /** The copy of the fixture folder. */
  dir: string;
  /** The generated httpd.conf. */
  conf: string;
  get: (path: string, options?: GetOptions) => Promise<Reply>;
  about: (path?: string, options?: GetOptions) => Promise<About>;
  errorLog: () => string;
  /** What Apache has printed. */
  output: () => string;
  /** What preflight said that did not keep the server from starting. */
  warnings: string[];
}

/** Words of a command line, an option with its values as a list where that reads better. */
export type Words = (string | string[])[];

/** One server with many options, and for each option (by its key in the table) what proves that it works. */
export interface Scene {
  name: string;
  /** Oldest mod_wsgi that has what is shown here. */
  needs?: string;
  /** Arguments; `dir` is the copy of the fixture folder. The first script is app.wsgi there unless the arguments name another. */
  args: (dir: string, column: Column) => Words | Promise<Words>;
  /** What is served instead of app.wsgi: nothing when empty. */
  script?: string;
  checks: Record<string, (walk: Walk) => unknown>;
  /** After all checks, with the server stopped. */
  after?: Record<string, (walk: Walk) => unknown>;
}

const FIXTURES = resolve(import.meta.dirname, '../../fixtures/options');

/** A copy of the fixture folder that the run user can read. */
export const fixtureCopy = (): string => tempCopy(FIXTURES);

/**
 * Starts the scene's server, goes through its checks, stops it.
 * @returns the keys of the options that were seen to work.
 * @throws the first failed check's error, naming the option.
 */
export async function play(scene: Scene, column: Column): Promise<string[]> {
  const dir = fixtureCopy();
  const script = scene.script === undefined ? [join(dir, 'app.wsgi')] : scene.script === '' ? [] : [join(dir, scene.script)];
  const plan = await realPlan([...script, ...(await scene.args(dir, column)).flat()], column, dir);
  const server = await serve(plan);
  const walk: Walk = {
    column,
    plan,
    url: server.url,
    dir,
    conf: readFileSync(plan.paths.conf, 'utf8'),
    get: (path, options) => get(server.url + path, options),
    about: async (path = '/about', options = {}) => JSON.parse((await get(server.url + path, options)).body) as About,
    output: server.output,
    warnings: server.problems.map((problem) => problem.text),
    errorLog: () => readFileSync(plan.paths.errorLog, 'utf8'),
  };
  const seen: string[] = [];
  const all = async (checks: Scene['checks']) => {
    for (const [dest, check] of Object.entries(checks)) {
      try {
        await check(walk);
      } catch (error) {
        throw new Error(`${dest}: ${(error as Error).message.slice(0, 800)}\n${walk.errorLog().slice(-1000)}`, {cause: error});
      }
      seen.push(dest);
    }
  };
  try {
    await all(scene.checks);
  } finally {
    await server.stop();
  }
  await all(scene.after ?? {});
  return seen;
}
