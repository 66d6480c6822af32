/**
 * The newest output of a terminal for whoever comes late or has missed something. Positions count all characters since the start.
 */
export class TerminalHistory {
  readonly #most: number;
  #from = 0;
  #text = '';

  /** @param most characters kept. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Characters there have been. */
  get end(): number {
    return this.#from + this.#text.length;
  }

  add(text: string): void {
    this.#text += text;
    // Cut rarely, and to a beginning of a line: half an escape sequence would show as text.
    if (this.#text.length > this.#most * 1.5) this.#drop(this.#text.length - this.#most);
  }

  /** What came after a position; all that is kept when that is not given, or is not a position of this terminal. */
  after(position: number | undefined): {from: number; data: string} {
    if (position === undefined || position < this.#from || position > this.end) return {from: this.#from, data: this.#text};
    return {from: position, data: this.#text.slice(position - this.#from)};
  }

  /** The last characters. */
  tail(count: number): string {
    return this.#text.slice(-count);
  }

  #drop(count: number): void {
    const line = this.#text.indexOf('\n', count - 1) + 1;
    const cut = line === 0 ? count : line;
    this.#from += cut;
    this.#text = this.#text.slice(cut);
  }
}
