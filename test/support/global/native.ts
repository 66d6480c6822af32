import {buildNative} from '../../../tools/build.mjs';

/** Before the unit tests: what they run of the native side is what the sources are. They need no bundle. */
export default async function setup(): Promise<void> {
  await buildNative();
}
