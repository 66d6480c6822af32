import {originalDefines} from '../original-names.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {section} from './quote.ts';

/**
 * What the original puts on Apache's command line as -D. In the file, every call of httpd on it has the names: start, restart, `apachectl`, a test of the
 * configuration by hand.
 */
export function namesSection(plan: ServerPlan): string {
  return section(
    'Names for included files',
    originalDefines(plan).map((name) => `Define ${name}`),
  );
}
