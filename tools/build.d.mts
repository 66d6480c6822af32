/** See build.mjs. */
export function build(options?: {clean?: boolean}): Promise<{outputs: {name: string; bytes: number}[]; missing: string[]}>;
