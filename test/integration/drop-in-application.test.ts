import {chmodSync, copyFileSync, mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {beforeAll, describe, expect, test} from 'vitest';
import {type DjangoColumn, newestDjango} from '../fixtures/django/environments.ts';
import {startProject} from '../fixtures/django/project.ts';
import {certificateIn} from '../fixtures/drop-in/certificate.ts';
import {DIFFERENCES} from '../fixtures/drop-in/differences.ts';
import {OPTION_SETS, type OptionSet} from '../fixtures/drop-in/option-sets.ts';
import {type Answer, Serving, type Whose} from '../fixtures/drop-in/serving.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {tempDir} from '../support/temp.ts';

const newest = columns()[1]!;
const original: Whose = {original: join(newest.pythonHome!, 'bin/mod_wsgi-express')};
const PROBE = new URL('../fixtures/drop-in/probe.py', import.meta.url).pathname;
const AS_USER = process.getuid?.() === 0 ? ['--user', 'www-data', '--group', 'www-data'] : [];

/** A folder with all that the option sets name. */
function site(set: OptionSet): string {
  const folder = set.django ? startProject(django.python, SETTINGS) : join(tempDir(), 'site');
  if (!set.django) mkdirSync(folder);
  for (const name of ['public', 'lib', 'open']) mkdirSync(join(folder, name));
  chmodSync(join(folder, 'open'), 0o777);
  for (const name of ['probe.wsgi', 'probe_module.py']) copyFileSync(PROBE, join(folder, name));
  writeFileSync(join(folder, 'public/a.txt'), 'a file\n');
  writeFileSync(join(folder, 'more.conf'), 'SetEnv FROM_FILE "${MOD_WSGI_HTTP_PORT} for ${MOD_WSGI_USER}"\n');
  writeFileSync(join(folder, 'envvars'), 'export FROM_ENVVARS="seen in $MOD_WSGI_WORKING_DIRECTORY"\n');
  writeFileSync(join(folder, 'probe.ini'), '[app:main]\npaste.app_factory = probe_paste:factory\n');
  writeFileSync(
    join(folder, 'probe_paste.py'),
    'import probe_module\ndef factory(settings, **more):\n    return probe_module.application\n',
  );
  if (set.django) writeFileSync(join(folder, 'shop/wsgi.py'), WSGI_OF_PROJECT);
  certificateIn(folder, {uid: process.getuid!(), gid: process.getgid!()});
  chmodSync(folder, 0o755);
  return folder;
}

const SETTINGS = ["INSTALLED_APPS += ['mod_wsgi.server']", "ALLOWED_HOSTS = ['*']"];
/** Django is there and set up; what answers is the probe. */
const WSGI_OF_PROJECT = `import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')
get_wsgi_application()
from probe_module import application
`;

let django: DjangoColumn;
beforeAll(async () => {
  django = await newestDjango();
}, 300_000);

/** Every value by its place, `os.environ/HOME`. */
function flat(value: unknown, place = '', into: Record<string, unknown> = {}): Record<string, unknown> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value)) flat(inner, place === '' ? name : `${place}/${name}`, into);
  } else into[place] = Array.isArray(value) ? JSON.stringify(value) : value;
  return into;
}

/** What differs from one run to the next. */
const MOD_WSGI_OF_THE_RUN =
  'request_(?:id|start)|connection_id|queue_start|daemon_(?:start|connects|restarts)|script_start|.*_time|thread_(?:id|requests)|' +
  'application_start|server_pid|process_requests|total_requests';
const OF_THE_RUN = new RegExp(
  `^(?:os\\.environ/WSGIDECK_TEST_RUN|environ/(?:REMOTE_PORT|UNIQUE_ID|SSL_SESSION_ID|SSL_SERVER_.*|mod_wsgi\\.(?:${MOD_WSGI_OF_THE_RUN})))$`,
);

async function seen(whose: Whose, set: OptionSet): Promise<Record<string, unknown>> {
  const folder = site(set);
  const [port, tls] = [await freePort(), await freePort()];
  const root = join(dirname(folder), 'root');
  const fill = (text: string) => text.replace('FOLDER', folder).replace('TLS', String(tls));
  const place = ['--port', String(port), '--server-root', root];
  const {words, env} = set.django
    ? {words: ['runmodwsgi', ...set.words], env: {...django.env, DJANGO_SETTINGS_MODULE: 'shop.settings'}}
    : {words: ['start-server', ...set.words], env: newest.env};
  const program: Whose = whose === 'ours' ? whose : set.django ? {original: `${django.python} manage.py`} : whose;
  const serving = new Serving(program, [...words.map(fill), ...place, ...AS_USER], folder, {...env, ...set.env});
  const base = {port: set.https ? tls : port, ...(set.https ? {https: true} : {}), headers: {Host: 'localhost', ...set.headers}};
  const path = set.path ?? '/some/path';
  const answers: Record<string, Answer> = {
    get: await serving.ask({
      ...base,
      path: `${path}?q=1&%20`,
      headers: {...base.headers, 'X-Odd_Name': 'x', Authorization: 'Basic YTpi', Cookie: 'a=b'},
    }),
    post: await serving.ask({
      ...base,
      path,
      method: 'POST',
      body: 'a=1',
      headers: {...base.headers, 'Content-Type': 'application/x-www-form-urlencoded'},
    }),
    head: await serving.ask({...base, path: `${path}/headers`, method: 'HEAD'}),
    odd: await serving.ask({...base, path: `${path}/headers`}),
    file: await serving.ask({...base, path: '/static/a.txt'}),
    missing: await serving.ask({...base, path: '/static/missing'}),
    slashes: await serving.ask({...base, path: `/${path}//b%2Fc/../d;e`}),
  };
  await serving.stop();
  const parsed = Object.entries(answers).map(([name, {body, headers, ...answer}]) => {
    const json = body.startsWith('{"os.environ"') ? (JSON.parse(body) as object) : {body};
    const pairs = headers.flatMap((word, index) => (index % 2 === 0 ? [`${word}: ${headers[index + 1]}`] : []));
    return [
      name,
      {
        answer: {...answer, headers: pairs.filter((line) => !/^(?:Date|Content-Length|Last-Modified|ETag): /i.test(line)).toSorted()},
        ...json,
      },
    ];
  });
  const {get, ...others} = Object.fromEntries(parsed);
  // What the others say of the process is the same.
  for (const [name, one] of Object.entries<Record<string, unknown>>(others)) {
    others[name] = Object.fromEntries(Object.entries(one).filter(([part]) => ['answer', 'body', 'environ'].includes(part)));
  }
  const neutral = (value: unknown) =>
    typeof value === 'string'
      ? value.replaceAll(dirname(folder), 'PLACE').replaceAll(String(port), 'PORT').replaceAll(String(tls), 'TLS')
      : value;
  const values = {...flat(get), ...flat(others)};
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => !OF_THE_RUN.test(name.replace(/^(?:post|odd|head|slashes|missing|file)\//, '')))
      .map(([name, value]) => [name, neutral(value)]),
  );
}

const shown = new Set<string>();

describe('an application sees under us what it sees under the original', () => {
  test.each(OPTION_SETS.map((set) => [set.name, set] as const))(
    '%s',
    async (_, set) => {
      const theirs = await seen(original, set);
      const ours = await seen('ours', set);
      const differ = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].filter((place) => theirs[place] !== ours[place]);
      const unmeant = differ.filter((place) => {
        const meant = DIFFERENCES.filter((one) => one.place.test(place) && (one.only?.test(set.name) ?? true));
        for (const one of meant) shown.add(one.reason);
        return meant.length === 0;
      });
      expect(Object.fromEntries(unmeant.map((place) => [place, ours[place]]))).toEqual(
        Object.fromEntries(unmeant.map((place) => [place, theirs[place]])),
      );
    },
    60_000,
  );

  test('each difference that is meant shows somewhere', () => {
    expect(DIFFERENCES.filter(({reason}) => !shown.has(reason))).toEqual([]);
  });
});
