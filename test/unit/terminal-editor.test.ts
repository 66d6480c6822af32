import {expect, test} from 'vitest';
import {clipboardSequence} from '../../src/terminal/clipboard.ts';
import {editorCommand} from '../../src/terminal/editor.ts';

test.each([
  [{}, 'vi', ['+7', '/srv/a.py']],
  [{EDITOR: 'nano'}, 'nano', ['+7', '/srv/a.py']],
  [{EDITOR: 'nano', VISUAL: 'emacs -nw'}, 'emacs', ['-nw', '+7', '/srv/a.py']],
  [{VISUAL: '', EDITOR: '  vim  '}, 'vim', ['+7', '/srv/a.py']],
  [{VISUAL: 'code --wait'}, 'code', ['--wait', '--goto', '/srv/a.py:7']],
  [{EDITOR: '/opt/helix/hx'}, '/opt/helix/hx', ['/srv/a.py:7']],
])('with %j it is %s %j', (env, program, args) => expect(editorCommand('/srv/a.py', 7, env)).toEqual({program, args}));

test('what goes to the clipboard can hold no sequence of its own, and is bounded', () => {
  expect(clipboardSequence('/tmp/a\u0007\u001b]0;x')).toBe(`\u001b]52;c;${Buffer.from('/tmp/a\u0007\u001b]0;x').toString('base64')}\u0007`);
  expect(clipboardSequence('x'.repeat(1e6)).length).toBeLessThan(100_000);
});
