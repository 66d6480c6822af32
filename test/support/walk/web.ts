import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import {connect} from 'node:http2';
import {connect as connectTcp} from 'node:net';
import {join} from 'node:path';
import {expect} from 'vitest';
import type {Scene, Walk, Words} from './scene.ts';

/** Another web server, behind ours: answers with the headers it was sent. */
async function backend(): Promise<{url: string; server: Server}> {
  const server = createServer((request, response) => {
    if (request.url === '/slow') return;
    response.setHeader('Location', request.url === '/away' ? `http://${request.headers.host}/elsewhere` : '/none');
    response.end(JSON.stringify({path: request.url, headers: request.headers}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {url: `http://127.0.0.1:${address.port}`, server};
}

let behind: Awaited<ReturnType<typeof backend>> | null = null;

/** Status of one request over HTTP/2 without encryption. */
function http2Status({url}: Walk): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = connect(url);
    session.on('error', reject);
    const stream = session.request({':path': '/about'});
    stream.on('response', (headers) => {
      session.close();
      resolve(Number(headers[':status']));
    });
    stream.on('error', reject);
    stream.resume();
  });
}

/** What the server says when a client sends this and then nothing more, and after how many milliseconds. */
function stall({plan}: Walk, text: string): Promise<{answer: string; ms: number}> {
  const began = Date.now();
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connectTcp(plan.options.port, '127.0.0.1', () => socket.write(text));
    socket.setTimeout(15_000, () => socket.destroy(new Error('the server waits for ever')));
    socket.on('data', (data: Buffer) => (answer += data.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve({answer, ms: Date.now() - began}));
  });
}

type Behind = {path: string; headers: Record<string, string>};
const passed = async (walk: Walk, path: string, headers: Record<string, string> = {}): Promise<Behind> =>
  JSON.parse((await walk.get(path, {headers})).body) as Behind;

const files = async (dir: string): Promise<Words> => {
  behind = await backend();
  const docs = join(dir, 'docs');
  for (const folder of [docs, join(docs, 'list'), join(docs, 'index'), join(dir, 'aliased')]) mkdirSync(folder);
  writeFileSync(join(docs, 'list', 'seen.txt'), 'x');
  writeFileSync(join(docs, 'index', 'first.html'), 'the index');
  writeFileSync(join(docs, 'plain.walk'), 'typed');
  writeFileSync(join(docs, 'big.bin'), 'b'.repeat(200_000));
  writeFileSync(join(docs, 'x.made'), '');
  writeFileSync(join(docs, 'gone.html'), `our own page for it${' '.repeat(2000)}`);
  writeFileSync(join(docs, '.htaccess'), 'Header set X-Override yes\n');
  writeFileSync(join(docs, 'run.cgi'), '#!/bin/sh\necho Content-Type: text/plain\necho\necho ran $QUERY_STRING\n');
  chmodSync(join(docs, 'run.cgi'), 0o755);
  writeFileSync(join(dir, 'aliased', 'a.css'), 'body {}');
  writeFileSync(join(dir, 'types'), 'text/x-walk walk\ntext/html html\n');
  writeFileSync(join(dir, 'rules'), 'RewriteRule ^turned$ /plain.walk [R=303,L]\n');
  writeFileSync(join(dir, 'more.conf'), 'Header set X-Included yes\n');
  return [
    ['--document-root', docs, '--url-alias', '/static', join(dir, 'aliased'), '--directory-index', 'first.html', '--directory-listing'],
    ['--allow-override', 'FileInfo', '--rewrite-rules', join(dir, 'rules'), '--mime-types', join(dir, 'types'), '--enable-sendfile'],
    ['--compress-responses', '--add-handler', '.made', join(dir, 'made.py'), '--with-cgi', '--chunked-request', '--map-head-to-get', 'On'],
    [
      '--error-document',
      '404',
      '/gone.html',
      '--error-override',
      '--include-file',
      join(dir, 'more.conf'),
      '--http2',
      '--mount-point',
      '/',
    ],
    ['--limit-request-body', '1000', '--keep-alive-timeout', '7', '--proxy-mount-point', '/behind/', `${behind.url}/`],
    ['--proxy-virtual-host', 'other.test', behind.url, '--proxy-timeout', '1', '--server-status', '--enable-docs'],
    ['--trust-proxy-header', 'X-Forwarded-For', '--trust-proxy', '127.0.0.1', '--socket-timeout', '20', '--response-socket-timeout', '21'],
    ['--header-timeout', '1', '--header-max-timeout', '3', '--header-min-rate', '400', '--body-timeout', '2', '--body-max-timeout', '4'],
    ['--body-min-rate', '300', '--connect-timeout', '11'],
  ];
};

/** Files, proxies, and what happens to requests and responses on their way. */
export const webScene: Scene = {
  name: 'files, proxies, requests and responses',
  args: (dir) => files(dir),
  checks: {
    documentRoot: async ({get}) => expect((await get('/plain.walk')).body).toBe('typed'),
    mimeTypes: async ({get}) => expect((await get('/plain.walk')).headers['content-type']).toBe('text/x-walk'),
    urlAliases: async ({get}) => expect((await get('/static/a.css')).body).toBe('body {}'),
    directoryIndex: async ({get}) => expect((await get('/index/')).body).toBe('the index'),
    directoryListing: async ({get}) => expect((await get('/list/')).body).toContain('seen.txt'),
    allowOverride: async ({get}) => expect((await get('/plain.walk')).headers['x-override']).toBe('yes'),
    rewriteRules: async ({get}) => expect((await get('/turned')).status).toBe(303),
    enableSendfile: async ({get, conf}) => {
      expect((await get('/file')).body).toContain('def application');
      expect((await get('/big.bin')).body).toHaveLength(200_000);
      expect(conf).toMatch(/^EnableSendfile On$[^]*^WSGIEnableSendfile On$/m);
    },
    compressResponses: async ({get}) => {
      const headers = {'Accept-Encoding': 'gzip'};
      expect((await get('/about', {headers})).headers['content-encoding'], 'JSON').toBe('gzip');
      expect((await get('/gone.html', {headers})).headers['content-encoding'], 'HTML').toBe('gzip');
      expect((await get('/plain.walk', {headers})).headers['content-encoding'], 'an unknown type').toBeUndefined();
    },
    addHandlers: async ({get}) => expect((await get('/x.made')).body).toBe('made of /x.made'),
    withCgi: async ({get}) => expect((await get('/run.cgi?well')).body).toBe('ran well\n'),
    chunkedRequest: async ({get}) => {
      const reply = await get('/body', {method: 'POST', headers: {'Transfer-Encoding': 'chunked'}, body: 'in pieces'});
      expect(reply).toMatchObject({status: 200, body: 'in pieces'});
    },
    limitRequestBody: async ({get}) => {
      expect((await get('/body', {method: 'POST', body: 'x'.repeat(1000)})).status).toBe(200);
      expect((await get('/body', {method: 'POST', body: 'x'.repeat(1001)})).status).toBe(413);
    },
    mapHeadToGet: async ({get, conf}) => {
      expect((await get('/about', {method: 'HEAD'})).status).toBe(200);
      expect(conf).toMatch(/^WSGIMapHEADToGET On$/m);
    },
    errorDocuments: async ({get}) => expect((await get('/missing')).body).toContain('our own page for it'),
    errorOverride: async ({get}) => expect((await get('/fail')).body).not.toContain('said by the application'),
    includeFiles: async ({get}) => expect((await get('/about')).headers['x-included']).toBe('yes'),
    http2: async (walk) => expect(await http2Status(walk)).toBe(200),
    keepAliveTimeout: async ({get}) =>
      expect((await get('/about', {headers: {Connection: 'keep-alive'}})).headers['keep-alive']).toMatch(/^timeout=7/),
    proxyMountPoints: async (walk) => {
      expect(await passed(walk, '/behind/x?y', {'X-Forwarded-Scheme': 'claimed'})).toMatchObject({
        path: '/x?y',
        headers: {'x-forwarded-prefix': '/behind', 'x-forwarded-scheme': 'http', 'x-forwarded-port': String(walk.plan.options.port)},
      });
      expect((await walk.get('/behind')).headers['location']).toMatch(/\/behind\/$/);
      expect((await walk.get('/behind/away')).headers['location']).toMatch(/\/behind\/elsewhere$/);
    },
    proxyVirtualHosts: async (walk) => {
      expect((await passed(walk, '/some/path', {Host: 'other.test'})).path).toBe('/some/path');
      expect((await walk.about('/about', {headers: {Host: 'unknown.test'}})).os.pid).toBeGreaterThan(1);
    },
    proxyTimeout: async ({get}) => expect((await get('/behind/slow')).status).toBe(502),
    trustProxyHeaders: async ({about}) =>
      expect((await about('/about', {headers: {'X-Forwarded-For': '192.0.2.7'}})).environ['REMOTE_ADDR']).toBe('192.0.2.7'),
    trustProxies: async ({about}) => {
      // Of a chain of addresses, the last one that is not trusted counts.
      const headers = {'X-Forwarded-For': '192.0.2.8, 192.0.2.9, 127.0.0.1'};
      expect((await about('/about', {headers})).environ['REMOTE_ADDR']).toBe('192.0.2.9');
    },
    serverStatus: async ({get}) => expect((await get('/server-status?auto')).body).toMatch(/BusyWorkers: \d/),
    enableDocs: async ({get}) => expect([200, 302]).toContain((await get('/__wsgi__/docs/')).status),
    socketTimeout: ({conf}) => {
      expect(conf).toMatch(/^Timeout 20$/m);
      expect(conf).toMatch(/\ssocket-timeout=20\s/);
    },
    responseSocketTimeout: ({conf}) => expect(conf).toMatch(/\sresponse-socket-timeout=21\s/),
    connectTimeout: ({conf}) => expect(conf).toMatch(/\sconnect-timeout=11\s/),
    headerTimeout: async (walk) => {
      const {answer, ms} = await stall(walk, 'GET / HTTP/1.1\r\nHost: x\r\n');
      expect(answer).toMatch(/^(?:HTTP\/1\.1 408|$)/);
      expect(ms).toBeLessThan(10_000);
    },
    bodyTimeout: async (walk) => {
      const {ms} = await stall(walk, 'POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n');
      expect(ms).toBeGreaterThan(1500);
    },
    headerMaxTimeout: ({conf}) => expect(conf).toContain('header=1-3,MinRate=400'),
    headerMinRate: ({conf}) => expect(conf).toContain('header=1-3,MinRate=400'),
    bodyMaxTimeout: ({conf}) => expect(conf).toContain('body=2-4,MinRate=300'),
    bodyMinRate: ({conf}) => expect(conf).toContain('body=2-4,MinRate=300'),
    mountPoint: ({plan}) => expect(plan.application.mountPoint).toBe('/'),
  },
  after: {
    proxyMountPoints: () => behind?.server.close(),
  },
};
