import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'vitest';
import {parseStartServer, preflight, UsageError} from '../../../src/express/index.ts';
import {OPTIONS} from '../../../src/express/options/table.ts';
import {atLeast} from '../../../src/express/version.ts';
import {realPlan} from '../../fixtures/express/server.ts';
import {get} from '../http.ts';
import type {Column} from '../mod-wsgi.ts';
import {freePort} from '../ports.ts';
import {until} from '../wait.ts';
import {fixtureCopy, play, type Scene} from './scene.ts';

/** Keys of options that are refused on this column, each with the reason that is printed. */
export type Refused = Record<string, string>;

async function errors(column: Column, ...argv: string[]): Promise<string[]> {
  const dir = fixtureCopy();
  const problems = await preflight(await realPlan([join(dir, 'app.wsgi'), ...argv], column, dir));
  return problems.filter(({severity}) => severity === 'error').map(({text}) => text);
}

/** One error, and the reason in it. */
async function reason(column: Column, pattern: RegExp, ...argv: string[]): Promise<string> {
  const found = await errors(column, ...argv);
  expect(found, argv.join(' ')).toEqual([expect.stringMatching(pattern)]);
  return found[0] ?? '';
}

/** Options that mod_wsgi-express itself has given up. */
export function removed(): Refused {
  const refused: Refused = {};
  for (const {flags, dest, arity} of OPTIONS.filter((option) => option.refused)) {
    const words = [flags[0], ...Array.from({length: arity}, () => 'x')];
    try {
      parseStartServer(words, {});
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      refused[dest] = (error as UsageError).message;
    }
  }
  return refused;
}

const SAMPLE: Record<string, string> = {telemetryService: 'unix:/tmp/x', telemetryOptions: '+CaptureUserAgent'};

/** Options that the installed mod_wsgi is too old for: each names the version it needs. */
export async function tooNew(column: Column): Promise<Refused> {
  const refused: Refused = {};
  for (const option of OPTIONS.filter(({needs}) => needs && !atLeast(column.version, needs))) {
    const [flag] = option.flags;
    const value = option.arity === 0 ? [] : [SAMPLE[option.dest] ?? '7'];
    const found = await errors(column, flag, ...value);
    const text = found.find((one) => one.startsWith(`${flag} needs mod_wsgi ${option.needs}: `));
    expect(text, `${flag}: ${found.join('; ')}`).toContain(column.version);
    refused[option.dest] = text ?? '';
  }
  return refused;
}

/** What no Python and no Apache of today's distributions has. */
export async function absent(column: Column): Promise<Refused> {
  const refused: Refused = {withPhp5: await reason(column, /^--with-php5: .*libphp5\.so is not in /, '--with-php5')};
  if (atLeast(column.version, '6.0.0')) {
    refused['freeThreading'] = await reason(column, /^--free-threading: Python 3\.\d+ .* is not a free-threaded build/, '--free-threading');
  }
  if (process.getuid?.() !== 0) Object.assign(refused, await notForUsers(column));
  return refused;
}

/** What only root can do. */
async function notForUsers(column: Column): Promise<Refused> {
  const service = ['--service-script', 'a', join(fixtureCopy(), 'service.py')];
  return {
    supplementaryGroups: await reason(column, /^--supplementary-groups not possible: only root /, '--supplementary-groups', 'adm'),
    serviceUsers: await reason(column, /^--service-user not possible: only root /, ...service, '--service-user', 'a', 'nobody'),
    serviceGroups: await reason(column, /^--service-group not possible: only root /, ...service, '--service-group', 'a', 'nogroup'),
  };
}

function has(column: Column, module: string): boolean {
  try {
    execFileSync(column.python, ['-c', `import ${module}`], {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  }
}

const PASTE_FACTORY = '\n\ndef make(settings, **more):\n    return application\n';

/** Options that run a Python package: seen to work where it is installed, refused with the command that installs it where it is not. */
export async function packages(column: Column): Promise<{seen: string[]; refused: Refused}> {
  const seen: string[] = [];
  const refused: Refused = {};
  if (has(column, 'coverage')) {
    const scene: Scene = {
      name: 'coverage',
      args: (dir) => ['--enable-coverage', '--coverage-directory', join(dir, 'lines')],
      checks: {enableCoverage: async ({about}) => expect((await about()).os.pid).toBeGreaterThan(1)},
      after: {
        coverageDirectory: ({dir}) => expect(execFileSync('ls', [join(dir, 'lines')], {encoding: 'utf8'})).toContain('index.html'),
      },
    };
    seen.push(...(await play(scene, column)));
  } else {
    refused['enableCoverage'] = await reason(column, /^--enable-coverage: .*pip install coverage$/, '--enable-coverage');
    refused['coverageDirectory'] = refused['enableCoverage'];
  }
  if (has(column, 'paste.deploy')) {
    const scene: Scene = {
      name: 'paste',
      script: 'app.ini',
      args: (dir) => {
        writeFileSync(join(dir, 'pasted.py'), readFileSync(join(dir, 'app.wsgi'), 'utf8') + PASTE_FACTORY);
        writeFileSync(join(dir, 'app.ini'), '[app:main]\npaste.app_factory = pasted:make\n');
        return ['--application-type', 'paste'];
      },
      checks: {applicationType: async ({about}) => expect((await about()).os.pid).toBeGreaterThan(1)},
    };
    seen.push(...(await play(scene, column)));
  } else {
    console.log(`application type paste not tried on ${column.version}: its Python has no package PasteDeploy`);
  }
  if (!atLeast(column.version, '6.0.0')) return {seen, refused};
  if (has(column, 'mod_wsgi.telemetry.server')) {
    const port = String(await freePort());
    const page = () => until('the web page', async () => (await get(`http://127.0.0.1:${port}/`)).status === 200);
    const scene: Scene = {
      name: 'telemetry',
      args: () => ['--enable-telemetry', '--telemetry-ui-port', port],
      checks: {enableTelemetry: page, telemetryUiPort: page},
    };
    seen.push(...(await play(scene, column)));
  } else {
    const args = ['--enable-telemetry', '--telemetry-ui-port', '8899'];
    refused['enableTelemetry'] = await reason(column, /^--enable-telemetry: .*pip install mod_wsgi-telemetry$/, ...args);
    refused['telemetryUiPort'] = refused['enableTelemetry'];
  }
  return {seen, refused};
}
