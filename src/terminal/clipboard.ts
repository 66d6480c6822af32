/** Most terminals drop longer ones. */
const MOST = 74_000;

/**
 * The sequence (OSC 52) that puts text into the clipboard of whoever sits at the terminal, also at the other end of an ssh connection. Terminals that
 * do not know it ignore it; tmux passes it on when its `set-clipboard` is `on`.
 */
export function clipboardSequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text.slice(0, MOST)).toString('base64')}\u0007`;
}
