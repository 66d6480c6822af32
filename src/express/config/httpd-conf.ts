import type {ServerPlan} from '../plan/server-plan.ts';
import {capacitySection, header, modulesSection, networkSection, serverSection} from './basics.ts';
import {daemonSection, handlerSection} from './daemon.ts';
import {loggingSection} from './logging.ts';
import {aliasesSection, documentsSection, environSection, includesSection, virtualHostSection} from './url-space.ts';

/** In this order: modules first, because Apache knows a directive only once its module is loaded. */
const SECTIONS = [
  header,
  modulesSection,
  serverSection,
  networkSection,
  capacitySection,
  loggingSection,
  daemonSection,
  documentsSection,
  aliasesSection,
  environSection,
  virtualHostSection,
  handlerSection,
  includesSection,
];

/** The whole httpd.conf. */
export function httpdConf(plan: ServerPlan): string {
  return SECTIONS.map((build) => build(plan))
    .filter((text) => text !== '')
    .join('\n');
}
