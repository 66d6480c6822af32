import {execFileSync} from 'node:child_process';
import {readlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {askAll} from '../fixtures/terminal/ask-all.ts';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {processInfo} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';

/** Apache leads a session without a controlling terminal, and its standard input is empty. */
async function noTerminal(deck: RunningDeck): Promise<void> {
  const [, parent, , session, terminal] = (await deck.get('/stat')).body.split(' ');
  expect(terminal).toBe('0');
  expect(session).toBe(parent);
  expect(processInfo(Number(parent))?.pgid).toBe(Number(parent));
  expect(readlinkSync(`/proc/${parent}/fd/0`)).toBe('/dev/null');
}

for (const column of columns()) {
  test(`a request that asks the terminal gets the end of the file, and the server keeps serving, with the dashboard (${column.name})`, async () => {
    const deck = await startDeck({app: 'terminal', column, mode: 'tty'});
    await deck.tty.waitFor(/ready/);
    await noTerminal(deck);
    await askAll(deck);
    await deck.tty.waitFor((screen) => /ready/.test(screen) && !/degraded/.test(screen));
    await deck.stop();
  });

  test(`the same with reload by swap, and its code that asks while it loads (${column.name})`, async () => {
    const deck = await startDeck({app: 'terminal', column, mode: 'json', args: ['--reload-on-changes']});
    await deck.waitEvent('phase', (event) => event.phase === 'ready');
    await noTerminal(deck);
    await askAll(deck);
    writeFileSync(join(deck.appDir, 'breakpoints.py'), 'view = None\ninput("which database? ")\n');
    const {reload} = await deck.waitEvent('reload', (event) => event.reload.status === 'failed');
    expect(reload.detail).toContain('EOF');
    expect((await deck.get('/')).body).toBe('hello');
    await deck.stop();
  });

  test(`the same in the background (${column.name})`, async () => {
    const deck = await startDeck({app: 'terminal', column, args: ['--detach']});
    await deck.waitExit();
    await noTerminal(deck);
    await askAll(deck);
    const supervisor = deck.processes().find((one) => one.command.includes('wsgideck.cjs'))!;
    process.kill(supervisor.pid, 'SIGTERM');
    await deck.waitGone(20_000);
  });
}

test('the same in embedded mode, without a terminal', async () => {
  const deck = await startDeck({app: 'terminal', column: columns()[0]!, args: ['--embedded-mode']});
  await askAll(deck);
  await deck.stop();
});

test('a locked key in an included file is an error that says what to do, not a start that waits for ever', async () => {
  const folder = tempDir();
  const [key, certificate, include] = ['key.pem', 'certificate.pem', 'https.conf'].map((name) => join(folder, name));
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-passout', 'pass:secret', '-subj', '/CN=localhost', '-days', '2'];
  execFileSync('openssl', [...request, '-keyout', key!, '-out', certificate!], {stdio: 'ignore'});
  const port = await freePort();
  writeFileSync(
    include!,
    [
      'LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so',
      `Listen 127.0.0.1:${port}`,
      `<VirtualHost 127.0.0.1:${port}>`,
      'SSLEngine on',
      `SSLCertificateFile ${certificate}`,
      `SSLCertificateKeyFile ${key}`,
      '</VirtualHost>',
    ].join('\n'),
  );
  const deck = await startDeck({app: 'terminal', column: columns()[0]!, mode: 'tty', args: ['--include-file', include!], probe: null});
  expect((await deck.waitExit()).code).toBe(1);
  expect(deck.output()).toContain('is locked with a passphrase, which nobody can type at the start; take it off (openssl pkey');
  await deck.waitGone();
});
