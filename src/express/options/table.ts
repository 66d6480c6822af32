import {capacityOptions} from './capacity.ts';
import {deckOptions} from './deck.ts';
import {identityOptions} from './identity.ts';
import {laterOptions} from './later.ts';
import {loggingOptions} from './logging.ts';
import {networkOptions} from './network.ts';
import type {OptionSpec, ValuesOf} from './option.ts';
import {pythonOptions} from './python.ts';
import {staticFileOptions} from './static-files.ts';
import {timeoutOptions} from './timeouts.ts';

const supported = [
  ...pythonOptions,
  ...networkOptions,
  ...capacityOptions,
  ...timeoutOptions,
  ...deckOptions,
  ...loggingOptions,
  ...staticFileOptions,
  ...identityOptions,
] as const;

/** Every option of `start-server` and `setup-server`, also those that are only known in order to be refused. */
export const OPTIONS: readonly OptionSpec[] = [...supported, ...laterOptions];

/** Parsed values of all supported options, by `dest`. */
export type OptionValues = ValuesOf<typeof supported>;
