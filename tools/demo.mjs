#!/usr/bin/env node
/** `npm run demo`, after the set-up: wsgideck on the demo shop, with a gentle load so that the screen lives. Further arguments go to start-server. */
import {spawn} from 'node:child_process';
import {chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';

const root = resolve(import.meta.dirname, '..');
const isRoot = process.getuid?.() === 0;

/** Starting at 8000, the first port that nobody listens on. */
async function freePort() {
  for (let port = 8000; port < 8100; port++) {
    const server = createServer();
    const free = await new Promise((done) => {
      server.once('error', () => done(false));
      server.listen({port, host: '127.0.0.1', exclusive: true}, () => server.close(() => done(true)));
    });
    if (free) return port;
  }
  throw new Error('all ports from 8000 to 8099 are taken; give one with: npm run demo -- --port PORT');
}

function rows(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
}

/** Apache refuses to serve as root; its processes run as this user and this user's own group. */
function runAs() {
  const users = rows('/etc/passwd');
  const user = ['www-data', 'apache', 'nobody'].map((name) => users.find((row) => row[0] === name)).find(Boolean);
  if (user === undefined)
    throw new Error('running as root, but none of www-data, apache and nobody exists to serve as; run as a normal user');
  const group = rows('/etc/group').find((row) => row[2] === user[3]);
  return ['--user', user[0], ...(group === undefined ? [] : ['--group', group[0]])];
}

function openToAll(path) {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The demo's folder: in the clone, where edits reload; a copy when root cloned it where the run user cannot look. */
function place() {
  const source = join(root, 'demo');
  if (!isRoot || openToAll(source)) return {folder: source, remove: () => {}};
  const above = mkdtempSync(join(tmpdir(), 'wsgideck-demo-'));
  // The server is called as its folder.
  const folder = join(above, 'demo');
  cpSync(source, folder, {recursive: true});
  for (const path of [above, folder]) chmodSync(path, 0o755);
  console.log(`demo: other users cannot read this clone, so the server runs a copy; edit ${folder} to see a reload`);
  return {folder, remove: () => rmSync(above, {recursive: true, force: true})};
}

async function main() {
  const extra = process.argv.slice(2);
  const given = extra.indexOf('--port');
  const port = given >= 0 ? Number(extra[given + 1]) : await freePort();
  const demo = place();
  const user = isRoot && !extra.includes('--user') ? runAs() : [];
  // Ten seconds, so that the silent bank is given up on while you watch.
  const settings = ['--processes', '2', '--threads', '3', '--request-timeout', '10', '--reload-on-changes'];
  const command = [join(root, 'dist/wsgideck.cjs'), 'start-server', join(demo.folder, 'app.wsgi')];
  const server = spawn(process.execPath, [...command, ...(given >= 0 ? [] : ['--port', String(port)]), ...settings, ...user, ...extra], {
    stdio: 'inherit',
    cwd: demo.folder,
  });
  // Its standard input is how the load learns that we are gone, however we went.
  const load = spawn(process.execPath, [join(root, 'tools/demo-load.mjs'), `http://localhost:${port}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // The terminal sends its Ctrl-C to the server as well; what is sent to us alone is passed on.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill(signal));
  const status = await new Promise((done) => {
    server.on('error', (error) => {
      console.error(`demo: ${error.message}`);
      done(1);
    });
    server.on('exit', (code, signal) => done(signal === null ? code : 1));
  });
  load.kill();
  demo.remove();
  process.exitCode = status;
}

main().catch((error) => {
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
});
