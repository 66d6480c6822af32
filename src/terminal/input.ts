/**
 * The one owner of the terminal's input. Ink gets this stream as `stdin`; mouse and focus reports never reach it (a second listener on
 * the real stdin starves Ink, and Ink 8 drops what it does not know: QwenLM/qwen-code#4146, ink#1013).
 */
import {StringDecoder} from 'node:string_decoder';
import {Transform, type TransformCallback} from 'node:stream';

export interface MouseEvent {
  kind: 'down' | 'up' | 'drag' | 'move' | 'wheel-up' | 'wheel-down';
  /** 0 left, 1 middle, 2 right. */
  button: number;
  /** Cells from the top left corner, 0-based. */
  x: number;
  y: number;
}

/** What this needs of a tty.ReadStream. */
export interface TtySource extends NodeJS.ReadableStream {
  setRawMode?(on: boolean): unknown;
  ref?(): unknown;
  unref?(): unknown;
}

export interface InputListeners {
  onMouse(event: MouseEvent): void;
  /** The terminal is gone: end of file, hang-up, I/O error. Called once. */
  onGone(): void;
}

/** Who gets what is typed instead of the screen, while somebody works in another program's terminal. */
export interface Capture {
  /** Keys as bytes. */
  send(keys: string): void;
  /** The way back was pressed. */
  leave(): void;
}

/** ctrl-]: the way out of another terminal since telnet, and no key of any editor or debugger. */
const WAY_OUT = '\u001d';

const MOUSE = /\u001b\[<(\d+);(\d+);(\d+)([Mm])/g;
/** Some terminals keep reporting focus after a program that asked for it has died. */
const FOCUS = /\u001b\[[IO]/g;
/** The beginning of a report whose rest is in the next chunk. A lone escape is a key and must not wait. */
const UNFINISHED = /\u001b\[<[\d;]{0,16}$/;

export class TerminalInput extends Transform {
  readonly isTTY = true;
  /** Set: all keys but ctrl-] go there, mouse and focus reports do not. ctrl-] ends it. */
  capture: Capture | null = null;
  readonly #source: TtySource;
  readonly #listeners: InputListeners;
  readonly #decoder = new StringDecoder('utf8');
  #held = '';
  #gone = false;

  constructor(source: TtySource, listeners: InputListeners) {
    super({encoding: 'utf8', decodeStrings: false});
    this.#source = source;
    this.#listeners = listeners;
    source.on('error', () => this.#lose());
    source.on('end', () => this.#lose());
    source.on('close', () => this.#lose());
    source.pipe(this, {end: false});
  }

  setRawMode(on: boolean): this {
    try {
      this.#source.setRawMode?.(on);
    } catch {
      // The terminal has gone between two key presses (EIO): the same as its end.
      this.#lose();
    }
    return this;
  }

  ref(): this {
    this.#source.ref?.();
    return this;
  }

  unref(): this {
    this.#source.unref?.();
    return this;
  }

  /** Another program reads the terminal until `takeBack`. */
  lend(): void {
    this.#source.unpipe(this);
    this.#source.pause();
    this.setRawMode(false);
  }

  takeBack(): void {
    if (this.#gone) return;
    this.#source.pipe(this, {end: false});
  }

  /** Lets go of the real stream, so that the process can end. */
  release(): void {
    this.#gone = true;
    this.#source.unpipe(this);
    this.#source.pause();
    this.#source.unref?.();
  }

  override _transform(chunk: string | Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let text = this.#held + (typeof chunk === 'string' ? chunk : this.#decoder.write(chunk));
    this.#held = '';
    const unfinished = UNFINISHED.exec(text);
    if (unfinished) {
      this.#held = unfinished[0];
      text = text.slice(0, unfinished.index);
    }
    const keys = text
      .replace(MOUSE, (_all, code: string, x: string, y: string, end: string) => {
        this.#listeners.onMouse(decode(Number(code), Number(x) - 1, Number(y) - 1, end === 'M'));
        return '';
      })
      .replace(FOCUS, '');
    const own = this.capture === null ? keys : this.#captured(keys, this.capture);
    if (own !== '') this.push(own);
    done();
  }

  /** What is left for the screen: the keys after the way out. */
  #captured(keys: string, capture: Capture): string {
    const out = keys.indexOf(WAY_OUT);
    const theirs = out < 0 ? keys : keys.slice(0, out);
    if (theirs !== '') capture.send(theirs);
    if (out < 0) return '';
    this.capture = null;
    capture.leave();
    return keys.slice(out + 1);
  }

  #lose(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#listeners.onGone();
  }
}

function decode(code: number, x: number, y: number, pressed: boolean): MouseEvent {
  const button = code & 3;
  if (code & 64) return {kind: button === 1 ? 'wheel-down' : 'wheel-up', button: 0, x, y};
  if (code & 32) return {kind: button === 3 ? 'move' : 'drag', button, x, y};
  return {kind: pressed ? 'down' : 'up', button, x, y};
}
