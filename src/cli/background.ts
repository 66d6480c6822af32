const MARK = 'WSGIDECK_BACKGROUND';
const mark = process.env[MARK];
// Taken out of the environment at once: it is nothing for Apache and the application.
Reflect.deleteProperty(process.env, MARK);

/** Are we what `--detach` has started. */
export const inBackground = mark !== undefined;
/** And has it made the server root for us, so that it goes when the start comes to nothing. */
export const freshRoot = mark === 'fresh';

/** Descriptor of the server root's lock that we have been given, see detach.ts. */
export const passedLock = inBackground ? 3 : null;

/** The environment that makes a process of ours know it. */
export const backgroundEnvironment = (fresh: boolean): NodeJS.ProcessEnv => ({...process.env, [MARK]: fresh ? 'fresh' : 'kept'});
