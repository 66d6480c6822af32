/** Characters looked at: a prompt, and what readline wraps it in. */
export const LOOK = 200;

/** Is somebody asked something at the end of this output: a prompt of pdb (or one of its kin) or gdb that stands alone on its line. Pure. */
export function waitsAtPrompt(output: string): boolean {
  const line =
    output
      .slice(-LOOK)
      .replace(SEQUENCES, '')
      .split(/[\r\n]/)
      .at(-1) ?? '';
  return PROMPT.test(line);
}

/** Escape sequences that move or colour: they are not part of the text. */
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[()][0-2AB]|[=>])|[\u0001\u0002]/g;
const PROMPT = /^(?:\(+(?:Pdb|Pdb\+\+|gdb|bdb)\)+|ipdb>|>>>|\.\.\.) ?$/;
