import {build} from '../../../tools/build.mjs';

/** Before any test: dist/ is what the sources are. Projects share one vitest process: the second call finds it done. */
let done: Promise<unknown> | undefined;

export default async function setup(): Promise<void> {
  done ??= build().then(({missing}) => {
    if (missing.length > 0) console.error(`build: missing sources: ${missing.join(', ')}`);
  });
  await done;
}
