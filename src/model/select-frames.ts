/** Whose code a stack frame is, and which frame of a stack a person wants to see first. Pure. */
import type {InstanceInfo} from './events.ts';
import type {Frame} from './stacks.ts';

export type Owner =
  /** The application's own code: what the reader can change. */
  | 'own'
  /** Installed packages. */
  | 'package'
  /** Python's standard library and built-in modules. */
  | 'python'
  /** The handler and agent that this program puts around the application. */
  | 'deck';

export interface OwnedFrame extends Frame {
  owner: Owner;
  /** The file as a reader would name it: relative to the project, to site-packages, or to the standard library. */
  short: string;
}

type Roots = Pick<InstanceInfo, 'projectRoot' | 'serverRoot'>;

/** The last part before a package's own path; the match is kept as short as possible so that nested environments work. */
const PACKAGES = /^.*\/(?:site|dist)-packages\//;
const LIBRARY = /^.*\/(?:lib|lib64)\/python\d[\d.]*\//;

/** Tells whose code a frame is and shortens its file name. `roots` null (server not known yet): only packages and Python are told apart. */
export function ownFrame(frame: Frame, roots: Roots | null): OwnedFrame {
  const {file} = frame;
  if (PACKAGES.test(file)) return {...frame, owner: 'package', short: file.replace(PACKAGES, '')};
  if (LIBRARY.test(file)) return {...frame, owner: 'python', short: file.replace(LIBRARY, '')};
  if (file.startsWith('<')) return {...frame, owner: 'python', short: file};
  if (roots !== null && inside(file, roots.serverRoot)) return {...frame, owner: 'deck', short: file.slice(file.lastIndexOf('/') + 1)};
  if (roots !== null && inside(file, roots.projectRoot)) {
    return {...frame, owner: 'own', short: file.slice(roots.projectRoot.replace(/\/$/, '').length + 1)};
  }
  // Outside of the project but not installed either: a sibling checkout on the path, most likely the reader's own.
  return {...frame, owner: 'own', short: file};
}

function inside(file: string, folder: string): boolean {
  const base = folder.replace(/\/$/, '');
  return base !== '' && file.startsWith(`${base}/`);
}

/** Index of the innermost frame of the application's own code; the innermost frame when there is none; -1 for an empty stack. */
export function culpritIndex(frames: readonly OwnedFrame[]): number {
  const own = frames.findIndex((frame) => frame.owner === 'own');
  return own === -1 ? Math.min(0, frames.length - 1) : own;
}
