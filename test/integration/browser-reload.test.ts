import {execFileSync} from 'node:child_process';
import {request} from 'node:http';
import {request as secureRequest} from 'node:https';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {openPage, type OpenPage} from '../support/page.ts';
import {freePort} from '../support/ports.ts';
import {saveByRename} from '../support/save.ts';
import {reloads, settled} from '../support/slots.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const LIVE = '/__wsgideck__/live.txt';
const SCRIPT = /<script src="\/__wsgideck__\/reload\.js" data-live="([^"]+)" async><\/script>/;

const save = (deck: RunningDeck, version: string) => saveByRename(join(deck.appDir, 'shown.py'), `VERSION = '${version}'\n`);

const live = async (deck: RunningDeck): Promise<string> => {
  const {status, body} = await deck.get(LIVE);
  expect(status).toBe(200);
  return body.trim();
};

describe.each(columns().map((column) => [column.name, column] as const))('mod_wsgi %s', (_, column) => {
  describe('reload by swap', () => {
    let deck: RunningDeck;
    let httpsPort: number;
    const open: OpenPage[] = [];
    beforeAll(async () => {
      const dir = tempDir();
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'site.key', '-out', 'site.crt'];
      execFileSync('openssl', ['req', '-x509', '-days', '30', '-subj', '/CN=localhost', ...key], {cwd: dir, stdio: 'ignore'});
      httpsPort = await freePort();
      const args = ['--reload-on-changes', '--browser-reload', '--access-log', '--mount-point', '/shop', '--compress-responses'];
      const https = ['--https-port', String(httpsPort), '--ssl-certificate', join(dir, 'site')];
      deck = await startDeck({app: 'pages', column, mode: 'json', args: [...args, ...https], probe: '/shop/'});
      await settled(deck);
    });
    afterAll(async () => {
      for (const page of open) page.close();
      await deck?.stop();
    });

    test('the script is in pages, with the right length', async () => {
      for (const path of ['/shop/', '/shop/missing']) {
        const {body, headers, status} = await deck.get(path);
        expect(status).toBe(path.endsWith('g') ? 404 : 200);
        expect(body.replace(SCRIPT, '')).toBe('<!doctype html>\n<html><body><p>version v0</p></body></html>\n');
        expect(SCRIPT.exec(body)?.[1]).toBe(await live(deck));
        expect(headers['content-length']).toBe(String(body.length));
      }
      expect((await deck.get('/shop/file')).body).toMatch(/^<html>\s*<body>\s*a file\s*<script src=[^>]*><\/script><\/body>\s*<\/html>\n$/);
      expect((await deck.get('/shop/nonce')).body).toContain(' nonce="abc123" async></script></body>');
      expect((await deck.get('/shop/fragment', {headers: {'Sec-Fetch-Dest': 'document'}})).body).toMatch(SCRIPT);
      const zipped = await new Promise<Buffer>((resolve, reject) => {
        const sent = request(`${deck.url}/shop/`, {headers: {'Accept-Encoding': 'gzip'}}, (response) => {
          expect(response.headers['content-encoding']).toBe('gzip');
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)));
        });
        sent.on('error', reject).end();
      });
      expect(gunzipSync(zipped).toString()).toMatch(SCRIPT);
    });

    test('nowhere else', async () => {
      const bare = '<!doctype html>\n<html><body><p>version v0</p></body></html>\n';
      for (const name of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP']) {
        expect((await deck.get('/shop/', {headers: {[name]: '203.0.113.9'}})).body).toBe(bare);
        expect((await deck.get(LIVE, {headers: {[name]: '203.0.113.9'}})).status).toBe(403);
      }
      expect((await deck.get('/shop/none')).body).toBe(bare);
      expect((await deck.get('/shop/text')).body).toBe(bare);
      expect((await deck.get('/shop/fragment')).body).toBe('<li>part</li>');
      expect((await deck.get('/shop/', {headers: {'Sec-Fetch-Dest': 'empty'}})).body).toBe(bare);
      expect((await deck.get('/shop/', {headers: {Range: 'bytes=0-14'}})).body).toBe(bare);
      const {headers, body} = await deck.get('/shop/', {method: 'HEAD'});
      expect([headers['content-type'], body]).toEqual(['text/html; charset=utf-8', '']);
      const packed = await new Promise<string>((resolve, reject) => {
        const sent = request(`${deck.url}/shop/gzip`, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(gunzipSync(Buffer.concat(chunks)).toString()));
        });
        sent.on('error', reject).end();
      });
      expect(packed).toBe(bare);
      const said = (words: string) => deck.waitEvent('log', ({entry}) => entry.text.includes(words));
      await said("leaves '/shop/none' as it is: its Content-Security-Policy");
      await said("leaves '/shop/gzip' as it is: the application has compressed it");
    });

    test('a streamed page is not held back', async () => {
      const pieces: string[] = [];
      const done = new Promise<void>((resolve, reject) => {
        const sent = request(`${deck.url}/shop/streamed`, {agent: false}, (response) => {
          response.setEncoding('utf8').on('data', (text: string) => pieces.push(text));
          response.on('end', () => resolve()).on('error', reject);
        });
        sent.on('error', reject).end();
      });
      await until('the first piece', () => pieces.join('') === '<!doctype html>\n<html><body><p>first</p>');
      writeFileSync(join(deck.appDir, 'gate'), '');
      await done;
      expect(pieces.join('')).toMatch(/<p>first<\/p><p>last<\/p><script src=[^>]*><\/script><\/body><\/html>$/);
    });

    test('an open page loads again when new code is live, and only then; nobody is asked about a page that nobody sees', async () => {
      const page = openPage(`${deck.url}/shop/`, (await deck.get('/shop/')).body);
      open.push(page);
      await until('some questions', () => page.questions > 2);
      page.show(false);
      const asked = page.questions;
      const before = reloads(deck).length;
      saveByRename(join(deck.appDir, 'shown.py'), 'VERSION = (\n');
      await until('the failed reload', () => reloads(deck)[before]?.status === 'failed');
      expect(page.questions).toBeLessThanOrEqual(asked + 1);
      page.show(true);
      const seen = page.questions;
      await until('more questions', () => page.questions > seen + 2);
      expect(page.reloads).toBe(0);
      save(deck, 'v1');
      await until('the page to load again', () => page.reloads === 1);
      // By then the new code answers, and its page is content.
      const {body} = await deck.get('/shop/');
      expect(body).toContain('version v1');
      await settled(deck);
      const tab = new Map<string, string>();
      const next = openPage(`${deck.url}/shop/`, body, [], tab);
      open.push(next);
      await until('its questions', () => next.questions > 2);
      expect([next.reloads, page.reloads]).toEqual([0, 1]);
      // One that is handed out by a cache, made by code that is gone: it loads again once, not for ever.
      const old = body.replace(SCRIPT, (tag) => tag.replace(/\.\d+ /, '.0 '));
      const first = openPage(`${deck.url}/shop/`, old, [], tab);
      open.push(first);
      await until('it to load again', () => first.reloads === 1);
      const second = openPage(`${deck.url}/shop/`, old, [], tab);
      open.push(second);
      await until('its questions', () => second.questions > 2);
      expect(second.reloads).toBe(0);
    });

    test('a style sheet is fetched anew without its page; a script of the page loads it again; no code is loaded for either', async () => {
      const before = [reloads(deck).length, await live(deck)] as const;
      const page = openPage(`${deck.url}/shop/`, (await deck.get('/shop/')).body, ['/static/site.css?a=1', 'https://cdn.example/far.css']);
      open.push(page);
      saveByRename(join(deck.appDir, 'static/site.css'), 'p { color: red }\n');
      await until('the new sheet', () => page.sheets[0]?.includes('&wsgideck='));
      expect(page.sheets).toEqual([expect.stringMatching(/static\/site\.css\?a=1&wsgideck=\w+\.\d+\.1$/), 'https://cdn.example/far.css']);
      expect(page.reloads).toBe(0);
      const [name = '', number = ''] = before[1].split(' ')[0]!.split('.');
      expect(await live(deck)).toBe(`${name}.${number} ${Number(before[1].split(' ')[1]) + 1}`);
      writeFileSync(join(deck.appDir, 'static/site.js'), '');
      await until('the page to load again', () => page.reloads === 1);
      expect(reloads(deck)).toHaveLength(before[0]);
    });

    test('what is asked costs Apache no more than a look, and fills no log', async () => {
      const {headers} = await deck.get(LIVE);
      const again = await deck.get(LIVE, {headers: {'If-None-Match': String(headers['etag'])}});
      expect([again.status, again.body]).toEqual([304, '']);
      await deck.get('/__wsgideck__/other');
      await deck.waitEvent('log', ({entry}) => entry.text.includes('/__wsgideck__/other'));
      const logs = ['access_log', 'wsgideck/access.log'].map((name) => readFileSync(join(deck.serverRoot, name), 'utf8'));
      for (const text of logs) {
        expect(text).toContain('/__wsgideck__/other');
        expect(text).not.toMatch(/live\.txt|reload\.js/);
      }
    });

    test('over HTTPS too', async () => {
      const ask = (path: string) =>
        new Promise<string>((resolve, reject) => {
          const sent = secureRequest({host: '127.0.0.1', port: httpsPort, path, rejectUnauthorized: false, agent: false}, (response) => {
            let body = '';
            response.setEncoding('utf8').on('data', (text: string) => (body += text));
            response.on('end', () => resolve(body));
          });
          sent.on('error', reject).end();
        });
      expect(SCRIPT.exec(await ask('/shop/'))?.[1]).toBe((await ask(LIVE)).trim());
      expect(await ask('/__wsgideck__/reload.js')).toContain('location.reload()');
    });
  });

  test.each([
    ['embedded mode', ['--embedded-mode']],
    ['reload by restart', ['--reload-strategy', 'restart']],
  ])('%s', async (_name, more) => {
    const user = ['--auth-user-script', 'auth.py'];
    const deck = await startDeck({app: 'pages', column, mode: 'json', args: ['--reload-on-changes', '--browser-reload', ...user, ...more]});
    await deck.waitEvent('phase', ({phase}) => phase === 'ready');
    const headers = {Authorization: `Basic ${Buffer.from('ada:open').toString('base64')}`};
    expect((await deck.get('/')).status).toBe(401);
    const {body} = await deck.get('/', {headers});
    const before = await live(deck);
    expect(SCRIPT.exec(body)?.[1]).toBe(before);
    const page = openPage(deck.url, body);
    try {
      save(deck, 'v1');
      await until('the page to load again', () => page.reloads === 1);
      expect((await deck.get('/', {headers})).body).toContain('version v1');
    } finally {
      page.close();
    }
    await deck.stop();
  });

  test.each(['restart', 'graceful'])(
    'reload by %s: a page shows the error of new code as well, and loads again when it is mended',
    async (strategy) => {
      const args = ['--reload-on-changes', '--browser-reload', '--reload-strategy', strategy];
      const deck = await startDeck({app: 'pages', column, mode: 'json', args});
      await deck.waitEvent('phase', ({phase}) => phase === 'ready');
      const headers = {Accept: 'text/html,*/*;q=0.8', 'Sec-Fetch-Dest': 'document'};
      const open: OpenPage[] = [];
      const tab = new Map<string, string>();
      const show = async () => {
        const {status, body} = await deck.get('/', {headers});
        const page = openPage(deck.url, body, [], tab);
        open.push(page);
        return {status, body, page};
      };
      try {
        let {page} = await show();
        for (const [version, status, text] of [
          ['error', 500, 'version error'],
          ['raises', 500, 'The application raised an exception'],
          ['v1', 200, 'version v1'],
        ] as const) {
          save(deck, version);
          await until(`the page to load again for ${version}`, () => page.reloads === 1);
          const next = await show();
          await until('its questions', () => next.page.questions > 3);
          expect([next.status, next.body]).toEqual([status, expect.stringContaining(text)]);
          expect(next.page.reloads).toBe(0);
          page.close();
          ({page} = next);
        }
        const bare = await deck.get('/');
        expect(bare.body).toContain('version v1');
        await deck.waitEvent('exception', (event) => event.title === 'ValueError: /');
        // What does not load has no page, and leaves the one that is open alone.
        save(deck, 'v2\nbroken =');
        await until('the failed reload', () => reloads(deck).at(-1)?.status === 'failed');
        const before = page.questions;
        await until('more questions', () => page.questions > before + 20);
        expect(page.reloads).toBe(0);
        save(deck, 'v3');
        await until('the page to load again', () => page.reloads === 1);
        expect((await show()).body).toContain('version v3');
      } finally {
        for (const page of open) page.close();
      }
      await deck.stop();
    },
  );

  test('without the option nothing is there', async () => {
    const deck = await startDeck({app: 'pages', column, args: ['--reload-on-changes']});
    const {body} = await deck.get('/');
    expect(body).not.toContain('script');
    // Not a path of ours: the application answers.
    expect((await deck.get(LIVE)).body).toBe(body);
    for (const name of ['httpd.conf', 'handler.wsgi'])
      expect(readFileSync(join(deck.serverRoot, name), 'utf8')).not.toMatch(/__wsgideck__|browser/);
    expect(readdirSync(join(deck.serverRoot, 'wsgideck'))).toEqual(expect.not.arrayContaining(['pages', 'browser_reload.py']));
    await deck.stop();
  });
});
