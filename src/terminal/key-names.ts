/** Ink's key events as names of the key table: `a`, `A`, `:`, `enter`, `shift-tab`, `ctrl-p`. */
import type {Key} from 'ink';

type Flags = Partial<Key>;

/** The name of one key press, or null for what is no key of ours. `input` of several characters (typed fast) is not one key. */
export function keyName(input: string, key: Flags): string | null {
  if (key.eventType === 'release') return null;
  if (key.upArrow) return 'up';
  if (key.downArrow) return 'down';
  if (key.leftArrow) return 'left';
  if (key.rightArrow) return 'right';
  if (key.pageUp) return 'pageup';
  if (key.pageDown) return 'pagedown';
  if (key.home) return 'home';
  if (key.end) return 'end';
  if (key.return || input === '\n') return 'enter';
  if (key.escape) return 'esc';
  if (key.tab) return key.shift ? 'shift-tab' : 'tab';
  // Terminals send DEL for the backspace key; Ink calls that `delete` or `backspace` depending on the byte.
  if (key.backspace || key.delete) return 'backspace';
  if (key.ctrl) return input === '' ? null : `ctrl-${input.toLowerCase()}`;
  if (key.meta || key.super || key.hyper) return null;
  if (input === ' ') return 'space';
  return [...input].length === 1 && input >= ' ' ? input : null;
}

export interface TypedKey {
  name: string;
  /** The text it stands for; empty for keys that are none. */
  text: string;
}

/** The keys in a piece of input that arrived at once (typed faster than it was read, over a slow line). */
export function typedKeys(input: string): TypedKey[] {
  const keys: TypedKey[] = [];
  for (const character of input) {
    const name = CONTROLS[character] ?? (character === ' ' ? 'space' : character < ' ' ? controlName(character) : character);
    keys.push({name, text: character >= ' ' && character !== '\u007f' ? character : ''});
  }
  return keys;
}

const CONTROLS: Record<string, string> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u001b': 'esc',
};

function controlName(character: string): string {
  return `ctrl-${String.fromCharCode(character.charCodeAt(0) + 0x60)}`;
}
