/** Compares dotted version numbers: negative when `a` is older than `b`. Anything after the numbers is ignored. */
export function compareVersions(a: string, b: string): number {
  const numbers = (text: string) => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Is this version at least `wanted`. */
export const atLeast = (version: string, wanted: string): boolean => compareVersions(version, wanted) >= 0;
