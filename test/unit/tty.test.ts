import {afterEach, expect, it} from 'vitest';
import {alive, descendants, killAll} from '../support/processes.ts';
import {KEY, Tty} from '../support/tty.ts';
import {until} from '../support/wait.ts';

let tty: Tty;

afterEach(() => tty.dispose());

it('shows what a program draws, sends it keys and new sizes, and tells its status', async () => {
  tty = new Tty('/bin/sh', ['-c', 'read -r line; printf "\\033[?1049hgot %s ✓ 👍|\\n" "$line"; read -r _; stty size; read -r _; exit 7'], {
    cols: 40,
    rows: 5,
  });
  tty.press(`hello${KEY.enter}`);
  await tty.waitFor(/^got hello ✓ 👍\|$/m);
  expect(tty.alternate).toBe(true);
  tty.resize(50, 6);
  tty.press(KEY.enter);
  await tty.waitFor(/^6 50$/m);
  tty.press(KEY.enter);
  expect(await tty.waitExit()).toEqual({exitCode: 7, signal: 0});
});

it('closes like a window: the program gets a hang-up from the kernel', async () => {
  tty = new Tty('/bin/sh', ['-c', 'echo up; exec sleep 60']);
  await tty.waitFor(/up/);
  tty.hangUp();
  await until('the end of the program', () => !alive(tty.pid));
});

it('finds a whole family and ends it', async () => {
  tty = new Tty('/bin/sh', ['-c', 'sh -c "sleep 60; :" & sleep 60; :']);
  const family = await until('three descendants', () => {
    const found = descendants(tty.pid);
    return found.length === 3 && found;
  });
  await killAll(family);
  expect(family.filter(({pid}) => alive(pid))).toEqual([]);
});

it('fails with the screen when what is waited for does not come', async () => {
  tty = new Tty('/bin/sh', ['-c', 'echo something else; exec sleep 60']);
  await tty.waitFor(/else/);
  await expect(tty.waitFor(/never/, 50)).rejects.toThrow('something else');
});
