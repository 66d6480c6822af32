import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, describe, expect, test} from 'vitest';
import {prepare, realPlan} from '../fixtures/express/server.ts';
import {command} from '../support/command.ts';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {pythonPackages} from '../support/python-packages.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const SOURCE = `VERSION = 'one'

def create_app(name='nobody', debug=False):
    made = '%s for %s, debug %s' % (VERSION, name, debug)

    def app(environ, start_response):
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return [made.encode()]
    return app

class Site:
    def __init__(self):
        self.wsgi = create_app('a site')

site = Site()

async def asgi(scope, receive, send):
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'x-from', scope['path'].encode())]})
    await send({'type': 'http.response.body', 'body': b'asgi ' + VERSION.encode()})

class Framework:
    async def __call__(self, scope, receive, send):
        await asgi(scope, receive, send)

framework = Framework()

def narrow(request):
    return []
`;

function site(): string {
  const folder = join(tempDir(), 'site');
  mkdirSync(folder);
  writeFileSync(join(folder, 'made.py'), SOURCE);
  return folder;
}

let a2wsgi: string;
beforeAll(() => {
  a2wsgi = pythonPackages('a2wsgi');
}, 120_000);

/** Saves another version of the source, and waits until it answers. */
async function reloaded(deck: RunningDeck, version: string): Promise<string> {
  writeFileSync(join(deck.appDir, 'made.py'), SOURCE.replace("'one'", `'${version}'`));
  return until(`an answer from ${version}`, async () => {
    const {body} = await deck.get('/');
    return body.includes(version) && body;
  });
}

describe.each(columns().map((column) => [column.name, column] as const))('mod_wsgi %s', (_, column) => {
  test.each([
    ['made:create_app()', 'one for nobody, debug False', null],
    ['made:create_app("x", debug=True)', 'one for x, debug True', null],
    ['made.py:create_app("y")', 'one for y, debug False', null],
    ['made:site.wsgi', 'one for a site, debug False', null],
    [
      'made:create_app',
      'one for nobody, debug False',
      'made:create_app makes the application, so it is called; name it "made:create_app()" to say so',
    ],
  ])('%s is served, and a save goes live by swap', async (entry, body, warning) => {
    const deck = await startDeck({app: site(), column, command: ['start-server', entry], args: ['--reload-on-changes']});
    expect(await deck.get('/')).toMatchObject({status: 200, body});
    expect(await reloaded(deck, 'two')).toBe(body.replace('one', 'two'));
    expect(
      deck
        .output()
        .split('\n')
        .filter((line) => line.startsWith('wsgideck: ')),
    ).toEqual(warning === null ? [] : [`wsgideck: warning: ${warning}`]);
    await deck.stop();
  });

  test.each([
    [
      'by the options of the original',
      ['--application-type', 'module', 'made', '--callable-object', 'create_app("z")'],
      'one for z, debug False',
    ],
    ['in a script', ['made.py', '--callable-object', 'create_app'], 'one for nobody, debug False'],
  ])('a factory %s; without swap a changed script restarts the process', async (_name, words, body) => {
    const deck = await startDeck({app: site(), column, command: ['start-server', ...words]});
    expect(await deck.get('/')).toMatchObject({status: 200, body});
    expect(await reloaded(deck, 'two')).toBe(body.replace('one', 'two'));
    await deck.stop();
  });

  test.each(['made:asgi', 'made:framework'])('%s, an ASGI application, is served through a2wsgi', async (entry) => {
    const args = ['--reload-on-changes', '--python-path', a2wsgi];
    const deck = await startDeck({app: site(), column, command: ['start-server', entry], args});
    expect(await deck.get('/some/path')).toMatchObject({status: 200, body: 'asgi one', headers: {'x-from': '/some/path'}});
    expect(await reloaded(deck, 'two')).toBe('asgi two');
    // Of the first a look at the source tells; of the other only what it is once it has been made.
    expect(deck.output()).toContain(`${entry} is an ASGI application: it is served through a2wsgi, without WebSockets and lifespan events`);
    await deck.stop();
  });

  test('an ASGI application without a2wsgi is said before anything is served, or as the reason for the first 500', async () => {
    const plan = await realPlan(['made:asgi'], column, site());
    const pip = `install a2wsgi (${plan.python.executable} -m pip install a2wsgi)`;
    expect(await prepare(plan)).toEqual([
      {severity: 'error', text: expect.stringContaining(`made:asgi is an ASGI application, and mod_wsgi serves WSGI: ${pip}`)},
    ]);
    const deck = await startDeck({app: site(), column, command: ['start-server', 'made:framework']});
    expect((await deck.get('/')).status).toBe(500);
    await until('the reason', () => deck.output().includes(`degraded: / answers 500: TypeError: made:framework is an ASGI application`));
    expect(deck.output()).toContain(pip);
    await deck.stop();
  });
});

const column = columns()[0]!;
/** What is said about an entry point; nothing is left of it. */
const said = async (argv: string[], cwd = site()) =>
  (await prepare(await realPlan(argv, column, cwd))).map(({severity, text}) => `${severity}: ${text}`);

test('what cannot be served is said with its line', async () => {
  const cwd = site();
  expect(await said(['made:narrow'], cwd)).toEqual([
    `error: made:narrow is no WSGI application: it needs 1 argument (${cwd}/made.py, line 27); Apache calls it with (environ, start_response)`,
  ]);
  expect(await said(['made:create_app(name)'], cwd)).toEqual([
    expect.stringMatching(/^error: .*the arguments of the call must be literals/),
  ]);
  expect(await said(['made.py'], cwd)).toEqual([expect.stringMatching(/^error: no callable .*; give --callable-object 'create_app\(\)'$/)]);
  // With a cure on its way the server starts.
  expect(await said(['made:narrow', '--reload-on-changes'], cwd)).toEqual([expect.stringMatching(/^warning: made:narrow is no WSGI/)]);
});

test('a module that hides another one is named', async () => {
  const cwd = site();
  mkdirSync(join(cwd, 'made'));
  writeFileSync(join(cwd, 'made/__init__.py'), '');
  expect(await said(['made:create_app()'], cwd)).toEqual([
    `error: no callable in ${cwd}/made/__init__.py: it does not define "create_app"; it hides ${cwd}/made.py: rename one of the two`,
  ]);
  writeFileSync(join(cwd, 'made/__init__.py'), SOURCE);
  expect(await said(['made:create_app()'], cwd)).toEqual([
    `warning: two modules "made": Python imports ${cwd}/made/, which hides ${cwd}/made.py; rename one of them`,
  ]);
  writeFileSync(join(cwd, 'a2wsgi.py'), `import calendar\n${SOURCE}`);
  writeFileSync(join(cwd, 'calendar.py'), '');
  const told = await said(['a2wsgi.py', '--callable-object', 'create_app()', '--python-path', a2wsgi], cwd);
  expect(told).toEqual([
    expect.stringMatching(
      new RegExp(`^warning: ${cwd}/calendar.py hides Python's own \\S+/calendar.py: "import calendar" finds the file; rename it$`),
    ),
  ]);
});

test('a word too many is left alone, as by the original, and said', async () => {
  const cwd = site();
  expect(await said(['made.py', 'extra-word', '--callable-object', 'create_app()', 'more'], cwd)).toEqual([
    'warning: "extra-word", "more" ignored: one entry point is served, made.py; leave the rest out, or write the option that it belongs to',
  ]);
  const root = join(tempDir(), 'root');
  const user = process.getuid?.() === 0 ? ['--user', 'www-data', '--group', 'www-data'] : [];
  const done = await command(['setup-server', 'made:create_app()', 'extra-word', '--server-root', root, ...user], {cwd, env: column.env});
  expect(done).toMatchObject({status: 0, stderr: expect.stringContaining('warning: "extra-word" ignored')});
});
