interface Built {
  outputs: {name: string; bytes: number}[];
  missing: string[];
}

/** See build.mjs. */
export function build(options?: {clean?: boolean}): Promise<Built>;
export function buildNative(): Promise<Built>;
