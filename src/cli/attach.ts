import {existsSync, statSync} from 'node:fs';
import {spawn} from 'node:child_process';
import {join} from 'node:path';
import {builtAsset} from '../express/assets.ts';
import {dashboardArguments} from '../instance/dashboard-child.ts';
import {hasTerminal} from '../instance/terminal.ts';

/** `wsgideck attach SERVER-ROOT`: a second dashboard on a running instance; leaving it does not touch the server. */
export async function attach(argv: string[]): Promise<void> {
  const root = argv.find((one) => !one.startsWith('-'));
  const problem =
    argv.length !== 1 || root === undefined ? 'usage: wsgideck attach SERVER-ROOT (the banner of start-server names it)' : wrong(root);
  if (problem !== null || root === undefined) {
    process.stderr.write(`wsgideck: error: ${problem}\n`);
    process.exitCode = 2;
    return;
  }
  const dashboard = builtAsset('dashboard.mjs');
  const child = spawn(process.execPath, dashboardArguments(dashboard, ['--socket', socketOf(root), '--quit', 'detach']), {
    stdio: 'inherit',
  });
  process.exitCode = await new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}

function socketOf(root: string): string {
  return join(root, 'wsgideck', 'control.sock');
}

function wrong(root: string): string | null {
  if (!existsSync(root) || !statSync(root).isDirectory()) return `${root}: there is no such server root`;
  if (!existsSync(socketOf(root)))
    return `${root}: no wsgideck runs there (its control socket is missing); start one with wsgideck start-server`;
  if (!hasTerminal()) return 'attach needs a terminal in the foreground; standard input or output is none';
  return null;
}
