import {accessOptions} from './access.ts';
import {capacityOptions} from './capacity.ts';
import {debugOptions} from './debug.ts';
import {deckOptions} from './deck.ts';
import {httpsOptions} from './https.ts';
import {identityOptions} from './identity.ts';
import {limitOptions} from './limits.ts';
import {loggingOptions} from './logging.ts';
import {networkOptions} from './network.ts';
import type {OptionSpec, ValuesOf} from './option.ts';
import {proxyOptions} from './proxies.ts';
import {pythonOptions} from './python.ts';
import {removedOptions} from './removed.ts';
import {serviceOptions} from './services.ts';
import {staticFileOptions} from './static-files.ts';
import {telemetryOptions} from './telemetry.ts';
import {timeoutOptions} from './timeouts.ts';

const supported = [
  ...pythonOptions,
  ...networkOptions,
  ...httpsOptions,
  ...accessOptions,
  ...proxyOptions,
  ...staticFileOptions,
  ...capacityOptions,
  ...limitOptions,
  ...timeoutOptions,
  ...deckOptions,
  ...loggingOptions,
  ...serviceOptions,
  ...telemetryOptions,
  ...debugOptions,
  ...identityOptions,
] as const;

/** Every option of `start-server` and `setup-server`, also those that are only known in order to be refused. */
export const OPTIONS: readonly OptionSpec[] = [...supported, ...removedOptions];

/** Parsed values of all supported options, by `dest`. */
export type OptionValues = ValuesOf<typeof supported>;
