/**
 * Undoes what Apache does to text before it writes a log line: control and 8-bit characters become `\n`, `\t`, `\x1b`, `\xc3\xa9`,
 * a backslash becomes two (ap_escape_errorlog_item, ap_escape_logitem). Bytes that are not UTF-8 are read as Latin-1.
 */
const ESCAPES = /(?:\\x[0-9a-f]{2})+|\\[\\nrtbv"]/gi;
const SINGLE: Record<string, string> = {'\\': '\\', n: '\n', r: '\r', t: '\t', b: '\b', v: '\v', '"': '"'};
const strict = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/** The text as its author wrote it. Safe only after `safeText`: escape characters are real again. */
export function unescapeLogText(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(ESCAPES, (match) => (match[1] === 'x' || match[1] === 'X' ? decodeHex(match) : SINGLE[match[1]!]!));
}

function decodeHex(match: string): string {
  const bytes = Buffer.from(match.replaceAll(/\\x/gi, ''), 'hex');
  return decodeBytes(bytes);
}

/** Bytes as UTF-8 where they are, as Latin-1 where not: nothing is lost or replaced. */
export function decodeBytes(bytes: Buffer): string {
  try {
    return strict.decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
