/** The oldest Node that the parts we use support together. */
const MINIMUM = [22, 22];

/** Null when this Node will do; otherwise one line that says what to do. */
export function belowMinimum(version: string): string | null {
  const parts = version.split('.').map(Number);
  const [major, minor] = [parts[0] || 0, parts[1] || 0];
  const enough = major > MINIMUM[0]! || (major === MINIMUM[0] && minor >= MINIMUM[1]!);
  return enough
    ? null
    : `this is Node ${version}, wsgideck needs ${MINIMUM.join('.')} or newer; install a newer one, or work in the clone with "npm run"`;
}
