import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {expect, test} from 'vitest';
import {askAll} from '../fixtures/terminal/ask-all.ts';
import {express, olderExpress, startOriginal} from '../fixtures/run/original.ts';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {tempDir} from '../support/temp.ts';

const ASK = ['sh', new URL('../fixtures/run/ask.sh', import.meta.url).pathname];
/** Runs a command in a process group that is not the terminal's foreground. */
const BACKGROUND = 'import os, subprocess, sys; subprocess.run(sys.argv[1:], preexec_fn=os.setpgrp)';
const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');
const [, newest] = columns();

for (const [name, program] of [
  ['6.x', undefined],
  ['4.9.4', olderExpress],
] as const)
  test(`what the command asks before it serves is asked on our terminal; afterwards nothing can be asked (${name})`, async () => {
    const more = program ? {program: await program()} : {};
    const deck = await startOriginal({app: 'terminal', mode: 'tty', launcher: ASK, probe: null, ...more});
    const {tty} = deck;
    await tty.waitFor(/Which database\?$/m);
    tty.press('orders\r');
    await tty.waitFor(/Password:$/m);
    tty.press('secret\r');
    await tty.waitFor(/ready/, 30_000);
    // The terminal did not show the password.
    expect(tty.raw).not.toContain('secret');
    expect((await deck.get('/stat')).body.split(' ')[4]).toBe('0');
    await askAll(deck);
    await deck.stop();
  });

test('a server that was started without a terminal asks nobody', async () => {
  const deck = await startOriginal({app: 'terminal'});
  await askAll(deck);
  await deck.stop();
});

test('without a terminal the question fails at once', async () => {
  const words = ['run', '--json', '--', ...ASK, express, 'start-server', 'app.wsgi', '--server-root', join(tempDir(), 'root')];
  // In a session without a terminal, wherever the tests run.
  const child = spawn(process.execPath, [BUNDLE, ...words], {detached: true, stdio: ['ignore', 'ignore', 'pipe']});
  let errors = '';
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const [status] = await once(child, 'close');
  expect(status).toBe(3);
  expect(errors).toMatch(/cannot open \/dev\/tty[^]*ended with status 3 before anything was served/);
});

test('a launcher that asks from the background is stopped, and said to be', async () => {
  const deck = await startOriginal({
    app: 'terminal',
    mode: 'tty',
    launcher: ['python3', '-c', BACKGROUND, ...ASK],
    probe: null,
  });
  await deck.tty.waitFor(/the command waits: process \d+ \(\w+\) is stopped by (SIGTTIN|SIGTTOU|a signal)/);
  deck.tty.press('\x03');
  await deck.waitExit();
  await deck.waitGone();
});

test('ctrl-c at the question ends the command, and nothing is left', async () => {
  const deck = await startOriginal({app: 'terminal', mode: 'tty', launcher: ASK, probe: null});
  await deck.tty.waitFor(/Which database\?$/m);
  deck.tty.press('\x03');
  await deck.waitExit();
  expect(deck.output()).not.toContain('error');
  await deck.waitGone();
});

test('Apache asks for the passphrase of a key', async () => {
  const folder = tempDir();
  const [key, certificate, include] = ['key.pem', 'certificate.pem', 'https.conf'].map((name) => join(folder, name));
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-passout', 'pass:secret', '-subj', '/CN=localhost', '-days', '2'];
  execFileSync('openssl', [...request, '-keyout', key!, '-out', certificate!], {stdio: 'ignore'});
  const port = await freePort();
  const lines = [
    'LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so',
    `Listen 127.0.0.1:${port}`,
    `<VirtualHost 127.0.0.1:${port}>`,
    'SSLEngine on',
    `SSLCertificateFile ${certificate}`,
    `SSLCertificateKeyFile ${key}`,
    '</VirtualHost>',
  ];
  writeFileSync(include!, lines.join('\n'));
  const deck = await startOriginal({app: 'terminal', column: newest!, mode: 'tty', probe: null, args: ['--include-file', include!]});
  await deck.tty.waitFor(/Enter pass phrase:/);
  deck.tty.press('secret\r');
  await deck.tty.waitFor(/ready/, 30_000);
  await askAll(deck);
  await deck.stop();
});

test('in debug mode without a dashboard the application keeps the terminal', async () => {
  const command = ['run', '--plain', '--', express, 'start-server', 'app.wsgi'];
  const deck = await startDeck({app: 'terminal', column: newest!, mode: 'tty', command, args: ['--debug-mode']});
  const {tty} = deck;
  await tty.waitFor(/deck +ready/);
  const answer = deck.get('/input');
  await tty.waitFor(/sure\?/);
  tty.press('yes\r');
  expect((await answer).body).toBe('yes');
  tty.press('\x03');
  await deck.waitExit();
  await deck.waitGone();
});
