import {execFileSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync, writeFileSync} from 'node:fs';
import {request} from 'node:https';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {SetUp} from '../fixtures/setup/server-root.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {until} from '../support/wait.ts';

const newest = columns().find((column) => column.pythonHome !== null)!;
const original = join(newest.pythonHome!, 'bin', 'mod_wsgi-express');

/** As people write them: the program by its name, its files by their places. What it prints is what such scripts look at. */
const SCRIPT = `
set -u
mod_wsgi-express setup-server "$APP" --host 127.0.0.1 --port "$PORT" --server-root "$ROOT" --include-file "$EXTRA" \\
    --https-port "$TLS_PORT" --ssl-certificate "$CERTIFICATE" --server-name localhost --allow-localhost \\
    --processes 2 --threads 3 --log-level info --url-alias /files "$FILES" --locale C.UTF-8 "$@" >banner
echo "setup-server: $?"
cut -c1-19 banner
sed -n 's/^Control Script *: //p' banner
for file in apachectl httpd.conf handler.wsgi envvars rewrite.conf htdocs python-eggs; do
    [ -e "$ROOT/$file" ] && echo "there: $file"
done
"$ROOT/apachectl" configtest 2>&1
echo "configtest: $?"
"$ROOT/apachectl" start
echo "start: $?"
tries=0
until [ -s "$ROOT/httpd.pid" ] && kill -0 "$(cat "$ROOT/httpd.pid")"; do
    tries=$((tries + 1)); [ $tries -lt 100 ] || { echo 'no pid file'; exit 1; }
    sleep 0.1
done
echo "pid file: ok"
"$ROOT/apachectl" start >again; echo "start again: $?"; sed 's/pid [0-9]*/pid N/' again
"$ROOT/apachectl" graceful; echo "graceful: $?"
"$ROOT/apachectl" restart; echo "restart: $?"
`;
const END = `
"$ROOT/apachectl" stop; echo "stop: $?"
tries=0
while [ -e "$ROOT/httpd.pid" ]; do
    tries=$((tries + 1)); [ $tries -lt 150 ] || { echo 'still there'; exit 1; }
    sleep 0.1
done
grep -q 'seen by the application' "$ROOT/error_log"; echo "logged: $?"
"$ROOT/apachectl" stop; echo "stop again: $?"
`;

/** The application's page by HTTPS; the certificate is nobody's. */
function secure(port: number): Promise<{status: number | undefined; body: string}> {
  return new Promise((resolve, reject) => {
    const sent = request({host: '127.0.0.1', port, rejectUnauthorized: false, agent: false, headers: {Host: 'localhost'}}, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({status: response.statusCode, body}));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Runs the script with one program and tells everything that it, and a browser, could see. */
async function transcript(program?: string): Promise<unknown> {
  const server = await SetUp.make(newest, undefined, program);
  const files = join(server.folder, 'files');
  const extra = join(server.folder, 'extra.conf');
  mkdirSync(files, {mode: 0o755});
  writeFileSync(join(files, 'a.txt'), 'a file');
  writeFileSync(extra, 'Redirect 307 /moved /files/a.txt\n');
  const tlsPort = await freePort();
  const certificate = join(server.folder, 'site');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${certificate}.key`];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', `${certificate}.crt`, '-days', '30', '-subj', '/CN=localhost'], {
    stdio: 'ignore',
  });
  const env = {
    TLS_PORT: String(tlsPort),
    CERTIFICATE: certificate,
    PATH: `${server.bin}:/usr/sbin:/usr/bin:/bin`,
    APP: server.script,
    PORT: String(server.port),
    ROOT: server.root,
    EXTRA: extra,
    FILES: files,
  };
  const steps = (text: string) => {
    const done = server.run('/bin/sh', ['-c', text, 'sh', ...server.caller.args], env);
    const neutral = (output: string) =>
      output.replaceAll(server.folder, 'FOLDER').replaceAll(String(server.port), 'PORT').replaceAll(String(tlsPort), 'TLS');
    return {status: done.status, stdout: neutral(done.stdout), stderr: neutral(done.stderr)};
  };
  const begin = steps(SCRIPT);
  await server.answer('/log');
  const seen = async (path: string) => {
    const {status, body} = await server.get(path);
    return {status, body: body.slice(0, 30)};
  };
  const pages = [await secure(tlsPort), await seen('/files/a.txt'), await seen('/moved'), await seen('/files/missing')];
  await until('the application in the error log', () => server.read('error_log').includes('seen by the application'));
  const end = steps(END);
  await until('the last process to go', () => server.processes().length === 0);
  return {begin, pages, end};
}

test('a script written for mod_wsgi-express sees no difference', async () => {
  if (!existsSync(original)) throw new Error(`${original} is missing`);
  const theirs = await transcript(original);
  expect(theirs).toMatchObject({begin: {status: 0, stderr: ''}, end: {status: 0, stdout: expect.stringContaining('stop: 0')}});
  expect(theirs).toMatchObject({
    pages: [{status: 200, body: expect.stringMatching(/^uid \d+, alone$/)}, {status: 200}, {status: 307}, {status: 404}],
  });
  expect(await transcript()).toEqual(theirs);
});

describe('called from a virtual environment that is not active', () => {
  test('by a link in the place of the original, it uses that environment', async () => {
    const server = await SetUp.make({...newest, env: {VIRTUAL_ENV: undefined}});
    // A venv is what has a pyvenv.cfg; this one has the packages of the real one.
    const venv = join(server.folder, 'venv');
    server.run('/usr/bin/python3', ['-m', 'venv', '--without-pip', '--symlinks', venv]);
    const packages = server.run(join(venv, 'bin/python'), ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']).stdout.trim();
    mkdirSync(join(packages, 'mod_wsgi/server'), {recursive: true});
    const name = newest.modulePath.slice(newest.modulePath.lastIndexOf('/') + 1);
    copyFileSync(newest.modulePath, join(packages, 'mod_wsgi/server', name));
    mkdirSync(join(packages, `mod_wsgi-${newest.version}.dist-info`));
    const link = join(venv, 'bin', 'mod_wsgi-express');
    server.run('/bin/cp', ['-P', join(server.bin, 'mod_wsgi-express'), link]);
    const found = server.run(link, ['module-location'], {PATH: `${server.bin}:/usr/bin:/bin`});
    expect(found).toEqual({status: 0, stdout: `${packages}/mod_wsgi/server/${name}\n`, stderr: ''});
  });
});
