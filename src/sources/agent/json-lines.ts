/**
 * A function to feed with chunks of a stream of JSON lines. The first line that is too long (bytes) or no JSON ends it: `onError` is called
 * once and everything further is ignored.
 */
export function jsonLines(onValue: (value: unknown) => void, onError: (reason: string) => void, max: number): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let held = 0;
  let ended = false;
  const fail = (reason: string) => {
    ended = true;
    parts = [];
    onError(reason);
  };
  return (chunk) => {
    let from = 0;
    while (!ended) {
      const end = chunk.indexOf(0x0a, from);
      const piece = chunk.subarray(from, end < 0 ? undefined : end);
      held += piece.length;
      if (held > max) return fail(`a line of more than ${max} bytes`);
      parts.push(piece);
      if (end < 0) return;
      const line = Buffer.concat(parts).toString('utf8');
      parts = [];
      held = 0;
      from = end + 1;
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        return fail('a line that is no JSON');
      }
      onValue(value);
    }
  };
}
