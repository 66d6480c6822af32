import {spawnSync} from 'node:child_process';
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import {userInfo} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {COMMANDS} from '../../src/cli/command-table.ts';
import {completionScript, SHELLS, type Shell} from '../../src/express/completion.ts';
import {serverOptions} from '../../src/express/completion/words.ts';
import {djangoOptions} from '../../src/express/django/options.ts';
import {tempDir} from '../support/temp.ts';
import {KEY, Tty} from '../support/tty.ts';

const user = userInfo().username;
let folder: string;
let terminal: Tty | null = null;

beforeEach(() => {
  folder = tempDir();
  mkdirSync(join(folder, 'a root'));
  writeFileSync(join(folder, 'a script.wsgi'), '');
  writeFileSync(join(folder, 'wsgideck'), '#!/bin/sh\necho "got:" "$@"\n');
  chmodSync(join(folder, 'wsgideck'), 0o755);
  for (const shell of SHELLS) writeFileSync(join(folder, `complete.${shell}`), completionScript(shell, 'wsgideck', COMMANDS));
});
afterEach(() => {
  terminal?.dispose();
  terminal = null;
});

/** How a shell is started without anybody's own settings, and with what it is made to read the script. */
const INTERACTIVE: Record<Shell, [string, string[], string]> = {
  bash: ['bash', ['--norc', '--noprofile', '-i'], "PS1='ready> '; bind 'set bell-style none'; source complete.bash"],
  zsh: [
    'zsh',
    ['-f', '-i'],
    "PS1='ready> '; unsetopt list_beep beep prompt_sp; autoload -U compinit && compinit -u -D; source complete.zsh",
  ],
  fish: ['fish', ['--no-config', '-i'], "function fish_prompt; echo -n 'ready> '; end; source complete.fish"],
};

/** Types a beginning of a line, asks the shell to complete it, runs it; returns the words that the program got. */
async function typed(shell: Shell, text: string): Promise<string> {
  const [file, args, setUp] = INTERACTIVE[shell];
  const env = {PATH: `${folder}:/usr/bin:/bin`, HOME: folder, LANG: 'C.UTF-8', LC_ALL: undefined, XDG_CONFIG_HOME: undefined};
  const tty = (terminal ??= new Tty(file, args, {cwd: folder, cols: 200, rows: 30, env}));
  if (!tty.raw.includes('ready> ')) {
    // Nothing is lost that is typed before the shell reads: the terminal keeps it.
    tty.press(`${setUp}\r`);
    await tty.waitFor(/^ready>$/m);
  }
  tty.press('clear\r');
  await tty.waitFor((screen) => screen === 'ready>');
  tty.press(`wsgideck ${text}${KEY.tab}`);
  await tty.waitFor((screen) => !screen.endsWith(`wsgideck ${text}`));
  tty.press(KEY.enter);
  return /^got:(.*)$/m.exec(await tty.waitFor(/^got:.*\nready>/m))![1]!.trim();
}

describe.each(SHELLS)('%s, as a person uses it', (shell) => {
  test('completes commands, options, choices, files and directories', async () => {
    expect(await typed(shell, 'setup-s')).toBe('setup-server');
    expect(await typed(shell, 'start-server --queue-t')).toBe('start-server --queue-timeout');
    expect(await typed(shell, 'start-server --server-mpm wor')).toBe('start-server --server-mpm worker');
    expect(await typed(shell, 'start-server --server-root a')).toMatch(/^start-server --server-root a root\/?$/);
    expect(await typed(shell, 'start-server --threads 3 --url-alias /x a\\ s')).toBe(
      'start-server --threads 3 --url-alias /x a script.wsgi',
    );
    expect(await typed(shell, 'start-server --port 1 a\\ s')).toBe('start-server --port 1 a script.wsgi');
    expect(await typed(shell, 'attach a')).toMatch(/^attach a root\/?$/);
    expect(await typed(shell, 'runmodwsgi --collects')).toBe('runmodwsgi --collectstatic');
    expect(await typed(shell, 'completion zs')).toBe('completion zsh');
  });
});

test.each(SHELLS)('%s takes the script without a word', (shell) => {
  const [file] = INTERACTIVE[shell];
  const done = spawnSync(file, ['-n', join(folder, `complete.${shell}`)], {encoding: 'utf8'});
  expect(done).toMatchObject({status: 0, stdout: '', stderr: ''});
});

/** What bash offers for a line of words; the last one is the one at the cursor. */
function offered(...words: string[]): string[] {
  const program =
    'source complete.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _wsgideck 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"';
  const done = spawnSync('bash', ['-c', program, 'bash', 'wsgideck', ...words], {cwd: folder, encoding: 'utf8'});
  expect(done.stderr).toBe('');
  return done.stdout.split('\n').filter(Boolean);
}

describe('what bash offers', () => {
  test('every option of the table, and every command', () => {
    expect(offered('start-server', '--').toSorted()).toEqual(
      serverOptions()
        .map(({flag}) => flag)
        .toSorted(),
    );
    expect(offered('')).toEqual([...COMMANDS.map(({name}) => name), '--help', '--version']);
    expect(offered('install-module', '-')).toEqual(['--modules-directory', '--help']);
  });

  test('for a Django project its own options and those of the server, without those that name the application', () => {
    const offers = offered('runmodwsgi', '--');
    const visible = djangoOptions.filter((option) => !('hidden' in option)).map(({flags}) => flags[0]);
    expect(offers).toEqual(expect.arrayContaining([...visible, '--port', '--reload-on-changes', '--help', '--version']));
    expect(offers.filter((flag) => /--(?:application-type|entry-point|callable-object|no-color)$/.test(flag))).toEqual([]);
    expect(offered('runmodwsgi', '--collect')).toEqual(['--collectstatic']);
    expect(offered('runmodwsgi', '--pythonpath', 'a')).toEqual(['a root']);
    expect(offered('runmodwsgi', '--manage-py', 'a').toSorted()).toEqual(['a root', 'a script.wsgi']);
    expect(offered('runmodwsgi', '--verbosity', '')).toEqual(['0', '1', '2', '3']);
    expect(offered('runmodwsgi', 'a')).toEqual([]);
    expect(offered('start-server', '--collect')).toEqual([]);
  });

  test('the values of an option, after a blank or an equals sign', () => {
    expect(offered('start-server', '--map-head-to-get', '')).toEqual(['Off', 'On', 'Auto']);
    expect(offered('start-server', '--map-head-to-get', '=', 'O')).toEqual(['Off', 'On']);
    expect(offered('start-server', '--map-head-to-get', '=')).toEqual(['Off', 'On', 'Auto']);
    expect(offered('start-server', '--log-level', 'de')).toEqual(['debug']);
    expect(offered('start-server', '--user', user)).toContain(user);
    expect(offered('start-server', '--document-root', 'a')).toEqual(['a root']);
    expect(offered('start-server', '--include-file', 'a').toSorted()).toEqual(['a root', 'a script.wsgi']);
  });

  test('the second of two values, and what follows them', () => {
    expect(offered('start-server', '--error-document', '404', '')).toEqual([]);
    expect(offered('start-server', '--url-alias', '/a', 'a s')).toEqual(['a script.wsgi']);
    expect(offered('start-server', '--url-alias', '/a', 'x', '--http-p')).toEqual(offered('start-server', '--http-p'));
    expect(offered('start-server', '--host', '127.0.0.1', 'a s')).toEqual(['a script.wsgi']);
    expect(offered('start-server', '--threads', '')).toEqual([]);
  });

  test('nothing after a command that does not exist', () => {
    expect(offered('no-such-command', '')).toEqual([]);
  });
});
