/** A mistake in the command line: printed as one line `wsgideck: error: …`, exit status 2. */
export class UsageError extends Error {
  readonly exitCode = 2;
  override readonly name = 'UsageError';

  /** The line to print. */
  get line(): string {
    return `wsgideck: error: ${this.message}`;
  }
}
