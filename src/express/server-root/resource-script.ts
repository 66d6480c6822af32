import type {ServerPlan} from '../plan/server-plan.ts';

/** What mod_wsgi loads for one --add-handler: it wants a function of a certain name, and looks at its own script's age only. */
export function resourceScript({extension, script}: ServerPlan['resources'][number]): string {
  const name = `__wsgi_resource${extension.replaceAll(/\W/g, '_')}__`;
  return `# Written by wsgideck; each start writes it anew.
import os
import sys

PATH = ${JSON.stringify(script)}


def modified():
    try:
        return os.stat(PATH).st_mtime_ns
    except OSError:
        return None


LOADED = modified()
MODULE = type(sys)(${JSON.stringify(name)})
MODULE.__file__ = PATH
sys.modules[MODULE.__name__] = MODULE
with open(PATH, 'rb') as source:
    exec(compile(source.read(), PATH, 'exec', dont_inherit=True), MODULE.__dict__)

handle_request = getattr(MODULE, 'handle_request', None) or MODULE.application


def reload_required(resource):
    return modified() != LOADED or getattr(MODULE, 'reload_required', lambda resource: False)(resource)
`;
}
