export interface Line {
  what: string;
  value: string;
  /** What the design allows, where it says so. */
  budget?: string;
}

/** Prints aligned columns: what, value, budget. */
export function printTable(title: string, lines: Line[]): void {
  const wide = (pick: (line: Line) => string) => Math.max(...lines.map((line) => pick(line).length));
  const [what, value] = [wide((line) => line.what), wide((line) => line.value)];
  console.log(`\n${title}`);
  for (const line of lines) {
    const budget = line.budget === undefined ? '' : `   budget: ${line.budget}`;
    console.log(`  ${line.what.padEnd(what)}  ${line.value.padStart(value)}${budget}`);
  }
}
