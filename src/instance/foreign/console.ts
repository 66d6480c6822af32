import {FileFollower} from '../../sources/logs/follower.ts';

/** The file is cut back when it has been read and is larger than this, in bytes: with --log-to-terminal Apache's logs go there. */
const CUT_ABOVE = 16 * 1024 * 1024;
/** A line of the original's own account: label, padded to 19 columns, colon, value. */
const BANNER = /^[A-Z][A-Za-z ()]{18}: \S/;
/** The start of a line in Apache's common or combined format. */
const ACCESS = /^\S+ \S+ \S+ \[\d\d\/\w{3}\/\d{4}:[\d:]{8} [+-]\d{4}\] "/;

/** What the original and Apache print, in a file: a file holds nobody up, and is no terminal, which makes the original become Apache itself. */
export class Console {
  /** What the original has told about the server before it started Apache. */
  readonly banner: string[] = [];
  readonly #follower: FileFollower;

  /** @param line gets all other lines; those of an access log are left out, ours has them. */
  constructor(path: string, line: (text: string) => void) {
    this.#follower = new FileFollower(path, {
      from: 'start',
      truncateAbove: CUT_ABOVE,
      onLines: (lines) => {
        for (const text of lines) {
          if (BANNER.test(text)) this.#bannerLine(text);
          else if (!ACCESS.test(text)) line(text);
        }
      },
    });
  }

  start(): Promise<void> {
    return this.#follower.start();
  }

  /** Reads what is there now. */
  look(): Promise<void> {
    return this.#follower.look();
  }

  stop(): Promise<void> {
    return this.#follower.stop();
  }

  /** Said again at each start. */
  #bannerLine(text: string): void {
    if (!this.banner.includes(text)) this.banner.push(text);
  }
}
