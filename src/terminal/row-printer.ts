/**
 * Rows that Ink places but does not take apart. Ink makes an object of every character of a frame and puts the characters together again,
 * which is three quarters of what a frame costs. Our rows are painted and cut to the screen already, so Ink gets one sign for each,
 * compares and positions those, and on the way to the terminal the signs become the rows.
 */

/**
 * Halves of surrogate pairs: one code unit each, and no text holds them alone (`safeText` sees to that). Ink gives them one cell without looking
 * further; for any other sign it would compile a regular expression of all emoji first, which takes 20 ms of the first frame.
 */
const FIRST = 0xd800;
const SIGNS = 0xdfff - FIRST + 1;
const ANY = /\p{Cs}/gu;
/** Rows remembered: those of the last frames of a screen of any size. */
const KEPT = 1024;

export class RowPrinter {
  readonly #signs = new Map<string, string>();
  readonly #rows = new Map<string, string>();
  #next = 0;

  /** The sign that stands for a painted row; the same row has the same sign for as long as it is drawn. */
  sign(row: string): string {
    if (row === '') return '';
    const known = this.#signs.get(row);
    if (known !== undefined) {
      // To the end of the line: what is first in it has not been drawn for longest.
      this.#signs.delete(row);
      this.#signs.set(row, known);
      return known;
    }
    if (this.#signs.size >= KEPT) this.#forget();
    const sign = this.#free();
    this.#signs.set(row, sign);
    this.#rows.set(sign, row);
    return sign;
  }

  /** Ink's output with the rows in the place of their signs. */
  print(output: string): string {
    return output.replace(ANY, (sign) => this.#rows.get(sign) ?? sign);
  }

  /**
   * A stream for Ink: what is written to it arrives with its rows, everything else is the given stream's.
   * Ink erases a line before it writes another sign there, so nothing of a longer row stays behind.
   */
  through<Stream extends NodeJS.WritableStream>(stream: Stream): Stream {
    const write = (chunk: string | Uint8Array, ...rest: never[]) =>
      stream.write(typeof chunk === 'string' ? this.print(chunk) : chunk, ...rest);
    return new Proxy(stream, {
      get(target, name) {
        if (name === 'write') return write;
        // Getters and methods see the stream itself: its private fields are not the proxy's.
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  #free(): string {
    for (;;) {
      const sign = String.fromCharCode(FIRST + this.#next);
      this.#next = (this.#next + 1) % SIGNS;
      if (!this.#rows.has(sign)) return sign;
    }
  }

  #forget(): void {
    const [row, sign] = this.#signs.entries().next().value!;
    this.#signs.delete(row);
    this.#rows.delete(sign);
  }
}
