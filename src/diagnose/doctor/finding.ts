/** One thing that was looked at. */
export interface Finding {
  /** What it is, in one or two words. */
  what: string;
  /** `missing` keeps a server from running; `limited` takes something away that the text names. */
  state: 'ok' | 'limited' | 'missing';
  /** What was found, or what is wrong and what to do. One line. */
  text: string;
}

export const ok = (what: string, text: string): Finding => ({what, state: 'ok', text});
export const limited = (what: string, text: string): Finding => ({what, state: 'limited', text});
export const missing = (what: string, text: string): Finding => ({what, state: 'missing', text});
