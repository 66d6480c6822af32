import {StringDecoder} from 'node:string_decoder';

/** Longest line accepted on the control socket, in characters. */
export const MAX_LINE = 4 * 1024 * 1024;

/**
 * Cuts a byte stream into lines of JSON. A line longer than `max` ends the stream with an error: nobody honest sends one.
 * @returns a function to feed with chunks.
 */
export function jsonLines(onValue: (value: unknown) => void, onError: (reason: string) => void, max = MAX_LINE): (chunk: Buffer) => void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let ended = false;
  const fail = (reason: string) => {
    ended = true;
    rest = '';
    onError(reason);
  };
  return (chunk) => {
    if (ended) return;
    const text = decoder.write(chunk);
    let from = 0;
    for (;;) {
      const end = text.indexOf('\n', from);
      if (end < 0) break;
      const line = rest + text.slice(from, end);
      rest = '';
      from = end + 1;
      if (line.length === 0) continue;
      if (line.length > max) return fail(`a line of ${line.length} characters`);
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        return fail('a line that is not JSON');
      }
      onValue(value);
      if (ended) return;
    }
    rest += text.slice(from);
    if (rest.length > max) fail(`a line of over ${max} characters`);
  };
}
