import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, describe, expect, test} from 'vitest';
import {type DjangoColumn, newestDjango, systemDjango} from '../fixtures/django/environments.ts';
import {startProject} from '../fixtures/django/project.ts';
import {type DeckOptions, type RunningDeck, startDeck} from '../support/deck.ts';
import {saveByRename} from '../support/save.ts';

const STATIC = 'STATIC_ROOT = BASE_DIR / "collected"';
const CSS = '/static/admin/css/base.css';
const LOGIN = '/admin/login/?next=/admin/';

let newest: DjangoColumn;
beforeAll(async () => {
  newest = await newestDjango();
}, 300_000);

const started = (column: DjangoColumn, settings: string[], options: Partial<DeckOptions> = {}): Promise<RunningDeck> =>
  startDeck({app: startProject(column.python, settings), column, mode: 'json', command: ['runmodwsgi'], probe: LOGIN, ...options});

const configuration = (deck: RunningDeck): string => readFileSync(join(deck.serverRoot, 'httpd.conf'), 'utf8');
const warnings = (deck: RunningDeck): string[] =>
  deck.events().flatMap((event) => (event.type === 'notice' && event.severity === 'warn' ? [event.text] : []));

/** The address of the style sheet that the login page names. */
async function styleSheet(deck: RunningDeck): Promise<string> {
  const login = await deck.get(LOGIN);
  expect(login.status).toBe(200);
  return /href="([^"]*admin\/css\/base[^"]*\.css)"/.exec(login.body)?.[1] ?? '';
}

describe.each([
  ['system', () => systemDjango()],
  ['newest', () => newest],
] as const)('%s Django', (_, column) => {
  test('admin with its style sheet, collected before the start; the project is BASE_DIR', async () => {
    const deck = await started(column(), [STATIC], {args: ['--collectstatic']});
    expect(await styleSheet(deck)).toBe(CSS);
    const css = await deck.get(CSS);
    expect(css).toMatchObject({status: 200, headers: {'content-type': 'text/css'}});
    expect(deck.output()).toMatch(/^wsgideck: collectstatic: \d+ static files copied to /m);
    const {info} = await deck.waitEvent('instance');
    expect(info).toMatchObject({name: 'shop', projectRoot: deck.appDir, workingDirectory: deck.appDir, script: null});
    expect(warnings(deck)).toEqual([]);
    expect(configuration(deck)).toContain('# wsgideck runmodwsgi ');
    await deck.stop();
  });

  test('a request timeout points at the line of the view', async () => {
    const deck = await started(column(), [], {
      args: ['--no-static', '--request-timeout', '2', '--threads', '1', '--shutdown-timeout', '2'],
    });
    const slow = deck.get('/slow/', {timeout: 30_000}).then(
      ({status}) => status,
      () => 0,
    );
    const line =
      readFileSync(join(deck.appDir, 'shop/views.py'), 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('sleep(30)')) + 1;
    const {capture} = await deck.waitEvent('stacks', (event) => event.capture.cause === 'request-timeout');
    const frames = capture.threads.flatMap((thread) => thread.frames);
    expect(frames).toContainEqual(expect.objectContaining({file: join(deck.appDir, 'shop/views.py'), line, func: 'slow'}));
    expect(await slow).not.toBe(200);
    await deck.stop();
  });
});

describe('static files', () => {
  test('STATIC_ROOT that is not there is said with the cure, and served as soon as it is', async () => {
    const deck = await started(systemDjango(), [STATIC]);
    const {text} = await deck.waitEvent('notice', (event) => event.text.includes('STATIC_ROOT'));
    const root = join(deck.appDir, 'collected');
    expect(text).toBe(
      `static files are missing: STATIC_ROOT ${root} does not exist; start with --collectstatic, or run manage.py collectstatic`,
    );
    expect(warnings(deck)).toEqual([text]);
    expect((await deck.get(CSS)).status).toBe(403);
    mkdirSync(join(root, 'admin/css'), {recursive: true});
    writeFileSync(join(root, 'admin/css/base.css'), 'body {}');
    expect(await deck.get(CSS)).toMatchObject({status: 200, body: 'body {}'});
    await deck.stop();
  });

  test('an empty STATIC_ROOT, and none', async () => {
    const app = startProject(systemDjango().python, [STATIC]);
    mkdirSync(join(app, 'collected'));
    const empty = await started(systemDjango(), [], {app});
    await empty.waitEvent('notice', (event) => /STATIC_ROOT .*collected is empty; start with --collectstatic/.test(event.text));
    await empty.stop();
    const none = await started(systemDjango(), []);
    await none.waitEvent('notice', (event) => /STATIC_ROOT is not set in shop\.settings; set it /.test(event.text));
    expect(configuration(none)).not.toContain('Alias');
    await none.stop();
  });

  test("the user's own alias and --no-static win", async () => {
    const app = startProject(systemDjango().python, [STATIC]);
    mkdirSync(join(app, 'mine'));
    writeFileSync(join(app, 'mine/a.txt'), 'mine');
    const own = await started(systemDjango(), [], {app, args: ['--url-alias', '/static/', 'mine/']});
    expect((await own.get('/static/a.txt')).body).toBe('mine');
    expect(warnings(own)).toEqual([]);
    await own.stop();
    const off = await started(systemDjango(), [], {app, args: ['--no-static']});
    expect(configuration(off)).not.toContain('Alias');
    expect(warnings(off)).toEqual([]);
    await off.stop();
  });

  test('on another host they are not ours; below a mount point they are found there', async () => {
    const away = await started(systemDjango(), [STATIC, 'STATIC_URL = "https://cdn.example.com/"']);
    expect(configuration(away)).not.toContain('Alias');
    expect(warnings(away)).toEqual([]);
    await away.stop();
    const mounted = await started(systemDjango(), [STATIC, 'STATIC_URL = "static/"'], {
      args: ['--mount-point', '/shop', '--collectstatic'],
      probe: `/shop${LOGIN}`,
    });
    const page = await mounted.get(`/shop${LOGIN}`);
    const href = /href="([^"]*base\.css)"/.exec(page.body)?.[1] ?? '';
    expect(href).toMatch(/static\/admin\/css\/base\.css$/);
    expect((await mounted.get(href)).status).toBe(200);
    await mounted.stop();
  });

  test.each([
    ['as it comes', 'whitenoise.middleware.WhiteNoiseMiddleware', undefined],
    ['under another name', 'shop.middleware.Wrapped', 'yes'],
    ['under another name, importable only with the applications', 'shop.late_middleware.Late', undefined],
  ])('WhiteNoise serves them itself: %s', async (_, middleware, header) => {
    const settings = [STATIC, 'DEBUG = False', 'ALLOWED_HOSTS = ["localhost", "127.0.0.1"]', `MIDDLEWARE.insert(1, "${middleware}")`];
    const deck = await started(newest, settings, {args: ['--collectstatic']});
    expect(configuration(deck)).not.toContain('Alias');
    const css = await deck.get(await styleSheet(deck));
    expect(css.status).toBe(200);
    expect(css.headers['x-wrapped']).toBe(header);
    // Apache has no such header for files.
    expect(css.headers['cache-control']).toContain('max-age');
    expect(warnings(deck)).toEqual([]);
    await deck.stop();
  });

  test('WhiteNoise without files says so when nothing else can serve them', async () => {
    const settings = [
      STATIC,
      'DEBUG = False',
      'ALLOWED_HOSTS = ["*"]',
      'MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")',
    ];
    const deck = await started(newest, settings);
    await deck.waitEvent('notice', (event) => /^static files are missing: STATIC_ROOT .* does not exist/.test(event.text));
    await deck.stop();
  });
});

describe('hosts', () => {
  test('a host that Django refuses is a warning; readiness asks for one that it answers', async () => {
    const deck = await started(systemDjango(), ['DEBUG = False', 'ALLOWED_HOSTS = [".example.com"]'], {args: ['--no-static']});
    const {text} = await deck.waitEvent('notice', (event) => event.text.includes('ALLOWED_HOSTS'));
    expect(text).toMatch(
      /^requests for 127\.0\.0\.1 are answered 400: ALLOWED_HOSTS in shop\.settings has only \.example\.com with DEBUG off; add /,
    );
    expect(await deck.waitEvent('answered')).toMatchObject({status: 200});
    expect((await deck.get('/')).status).toBe(400);
    expect((await deck.get('/', {headers: {host: 'www.example.com'}})).status).toBe(200);
    await deck.stop();
  });
});

test('a changed view is live, whatever the project prints', async () => {
  const {python} = systemDjango();
  const app = startProject(python, [
    'import sys',
    'print("\\0{}", flush=True)',
    'print("{\\"ok\\": true}\\0", file=sys.stderr, flush=True)',
  ]);
  const deck = await started(systemDjango(), [], {app, args: ['--no-static', '--reload-on-changes']});
  expect((await deck.get('/')).body).toBe('index');
  const views = join(deck.appDir, 'shop/views.py');
  saveByRename(views, readFileSync(views, 'utf8').replace('"index"', '"changed"'));
  await deck.waitEvent('reload', (event) => event.reload.status === 'done');
  expect((await deck.get('/')).body).toBe('changed');
  await deck.stop();
});

test('collectstatic that fails shows why, and nothing is started', async () => {
  const app = startProject(systemDjango().python, ['STATIC_ROOT = "/dev/null/static"']);
  const deck = await started(systemDjango(), [], {app, args: ['--collectstatic'], probe: null});
  expect(await deck.waitExit()).toEqual({code: 1, signal: null});
  expect(deck.output()).toMatch(/NotADirectoryError[^]*^wsgideck: error: collectstatic failed \(status 1\): .*; correct the cause/m);
  await deck.waitGone();
});
