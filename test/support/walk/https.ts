import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {connect} from 'node:http2';
import {request} from 'node:https';
import {join} from 'node:path';
import {expect} from 'vitest';
import {freePort} from '../ports.ts';
import type {Reply} from '../http.ts';
import type {About, Scene, Walk} from './scene.ts';

/** An authority, a certificate of the server and one of a client, all made here and worth nothing elsewhere. */
function makeCertificates(dir: string): void {
  const openssl = (...args: string[]) => execFileSync('openssl', args, {cwd: dir, stdio: ['ignore', 'ignore', 'pipe']});
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-days', '30', '-subj', '/CN=Walk Authority', '-keyout', 'ca.key', '-out', 'ca.crt');
  for (const [name, subject] of [
    ['site', '/CN=www.walk.test'],
    ['client', '/CN=ada'],
  ] as const) {
    openssl('req', ...key, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    writeFileSync(join(dir, 'names'), 'subjectAltName=DNS:www.walk.test,DNS:walk.test,DNS:localhost,IP:127.0.0.1\n');
    const serial = name === 'site' ? '1' : '2';
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-set_serial',
      serial,
      '-days',
      '30',
      '-extfile',
      'names',
      '-out',
      `${name}.crt`,
    );
  }
}

/** One HTTPS request; the server's certificate is checked against our authority. */
function secure(walk: Walk, path: string, {host = 'www.walk.test', client = false} = {}): Promise<Reply> {
  const file = (name: string) => readFileSync(join(walk.dir, name));
  const identity = client ? {cert: file('client.crt'), key: file('client.key')} : {};
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: walk.plan.https?.port,
        path,
        servername: 'localhost',
        headers: {Host: `${host}:${walk.plan.https?.port}`},
        ca: file('ca.crt'),
        agent: false,
        ...identity,
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('error', reject);
        response.on('end', () => resolve({status: response.statusCode ?? 0, headers: response.headers, body}));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

const about = async (walk: Walk, how: Parameters<typeof secure>[2] = {}): Promise<About['environ']> =>
  (JSON.parse((await secure(walk, '/about', how)).body) as About).environ;

function http2Status(walk: Walk): Promise<number> {
  return new Promise((resolve, reject) => {
    const origin = `https://localhost:${walk.plan.https?.port}`;
    const session = connect(origin, {ca: readFileSync(join(walk.dir, 'ca.crt'))});
    session.on('error', reject);
    const stream = session.request({':path': '/about', ':authority': 'www.walk.test'});
    stream.on('error', reject);
    stream.on('response', (headers) => {
      session.close();
      resolve(Number(headers[':status']));
    });
    stream.resume();
  });
}

/** A site with a name: the redirects, the names, and client certificates for a part of it. */
export const namedHttpsScene: Scene = {
  name: 'HTTPS with a server name',
  async args(dir) {
    makeCertificates(dir);
    return [
      ['--https-port', String(await freePort()), '--ssl-certificate-file', join(dir, 'site.crt')],
      ['--ssl-certificate-key-file', join(dir, 'site.key'), '--ssl-certificate-chain-file', join(dir, 'ca.crt')],
      ['--ssl-ca-certificate-file', join(dir, 'ca.crt'), '--ssl-verify-client', '/about/members', '--ssl-environment', '--https-only'],
      ['--hsts-policy', 'max-age=77', '--server-name', 'www.walk.test', '--server-alias', '*.alias.test', '--allow-localhost', '--http2'],
    ];
  },
  checks: {
    httpsPort: async (walk) => expect(await about(walk)).toMatchObject({'wsgi.url_scheme': 'https', SERVER_NAME: 'www.walk.test'}),
    sslCertificateFile: async (walk) => expect((await secure(walk, '/')).status).toBe(200),
    sslCertificateKeyFile: ({conf}) => expect(conf).toMatch(/SSLCertificateKeyFile ".*site.key"/),
    sslCertificateChainFile: ({conf}) => expect(conf).toMatch(/SSLCertificateChainFile ".*ca.crt"/),
    sslCaCertificateFile: async (walk) => expect((await secure(walk, '/about/members', {client: true})).status).toBe(200),
    sslVerifyClient: async (walk) => expect((await secure(walk, '/about/members')).status).toBe(403),
    sslEnvironment: async (walk) => expect(await about(walk, {client: true})).toMatchObject({SSL_CLIENT_S_DN_CN: 'ada'}),
    httpsOnly: async (walk) => {
      const there = `https://www.walk.test:${walk.plan.https?.port}`;
      expect(await walk.get('/x?y=1', {headers: {Host: 'www.walk.test'}})).toMatchObject({
        status: 302,
        headers: {location: `${there}/x?y=1`},
      });
      expect((await walk.get('/x', {headers: {Host: 'walk.test'}})).headers['location']).toBe(`${there}/x`);
    },
    hstsPolicy: async (walk) => expect((await secure(walk, '/')).headers['strict-transport-security']).toBe('max-age=77'),
    serverName: async (walk) => {
      expect((await secure(walk, '/x', {host: 'walk.test'})).headers['location']).toBe(`https://www.walk.test:${walk.plan.https?.port}/x`);
      expect(walk.conf).toMatch(/ServerName "_wsgi_"/);
    },
    serverAliases: async (walk) => expect(await about(walk, {host: 'a.alias.test'})).toMatchObject({'wsgi.url_scheme': 'https'}),
    // Any name will do from this machine; from elsewhere none but ours.
    allowLocalhost: async (walk) => expect((await secure(walk, '/', {host: 'stranger.test'})).status).toBe(200),
    http2: async (walk) => expect(await http2Status(walk)).toBe(200),
  },
};

/** A site without a name, where the original serves no HTTPS at all. */
export const namelessHttpsScene: Scene = {
  name: 'HTTPS without a server name',
  async args(dir) {
    makeCertificates(dir);
    return [
      ['--ssl-port', String(await freePort()), '--ssl-certificate', join(dir, 'site'), '--https-only'],
      ['--ssl-ca-certificate-file', join(dir, 'ca.crt')],
    ];
  },
  checks: {
    sslCertificate: async (walk) => expect((await secure(walk, '/', {client: true})).status).toBe(200),
    sslCaCertificateFile: async (walk) => {
      await expect(secure(walk, '/')).rejects.toThrow(/certificate required|alert|reset/i);
    },
    httpsOnly: async (walk) =>
      expect((await walk.get('/deep', {headers: {Host: 'any.test'}})).headers['location']).toBe(
        `https://any.test:${walk.plan.https?.port}/deep`,
      ),
  },
};
