/**
 * Runs `npm run demo` in the current folder on a terminal of util-linux's `script`: waits for the dashboard, asks for a page, presses ctrl-c,
 * and wants nothing left of it. For any Node with npm, because it runs before the set-up; fails with one line.
 */
import {spawn} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {get} from 'node:http';

const before = new Set(processes());
const minutes = 15;
let screen = '';
const script = spawn('script', ['-qefc', 'stty rows 40 cols 120; exec npm run demo', '/dev/null'], {
  stdio: ['pipe', 'pipe', 'inherit'],
  env: {...process.env, TERM: 'xterm-256color'},
});
script.stdout.on('data', (bytes) => {
  // Until the dashboard takes the screen this is the set-up's account of what it does.
  if (!screen.includes('\u001b[?1049h')) process.stdout.write(bytes);
  screen += bytes;
});
const ended = new Promise((done) => script.on('exit', (code, signal) => done(signal ?? code)));

function processes() {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

/** New processes that are not ours and not dead, with their command lines. */
function left() {
  return processes().flatMap((pid) => {
    try {
      if (before.has(pid) || Number(pid) === process.pid || /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`];
    } catch {
      return [];
    }
  });
}

async function until(what, seconds, look) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const found = await look();
    if (found) return found;
    if (script.exitCode !== null) break;
    await new Promise((done) => setTimeout(done, 200));
  }
  if (await look()) return;
  throw new Error(`no ${what} within ${seconds} s; the last of the screen: ${JSON.stringify(screen.slice(-600))}`);
}

const answer = (url) =>
  new Promise((done) => {
    get(url, (reply) => done(reply.resume().statusCode)).on('error', () => done(0));
  });

try {
  await until('dashboard', minutes * 60, () => screen.includes('\u001b[?1049h') && /http:\/\/[^\s\u001b]+/.exec(screen));
  const url = await until('address', 30, () => /http:\/\/localhost:\d+/.exec(screen)?.[0]);
  await until(`200 from ${url}/health`, 60, async () => (await answer(`${url}/health`)) === 200);
  await until('"ready" on the screen', 60, () => screen.includes('ready'));
  script.stdin.write('\u0003');
  const status = await Promise.race([ended, new Promise((done) => setTimeout(done, 30_000, 'none within 30 s'))]);
  if (status !== 0) throw new Error(`status after ctrl-c: ${status}`);
  for (const end = Date.now() + 10_000; left().length > 0 && Date.now() < end;) await new Promise((done) => setTimeout(done, 100));
  if (left().length > 0) throw new Error(`still running after ctrl-c: ${left().join('; ')}`);
  console.log(`demo: dashboard, 200 from ${url}, ctrl-c, nothing left`);
} catch (error) {
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
  script.kill();
}
