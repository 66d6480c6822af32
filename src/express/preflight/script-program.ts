/**
 * Runs in the Python that will serve: compiles the entry point without executing any of it, and looks for the callable.
 * Nothing is imported beyond what every Python has loaded anyway (for a module, importlib.util): each import would be paid on every start.
 *
 * Arguments: `script` or `module`, entry point, callable, then folders of the module path. Output: lines, the first is the verdict:
 * `ok`; `syntax`, file, line number, message, source line; `missing`, file, names that look like what was meant; `unreadable`, message;
 * `nowhere` (no such module). A NUL ends it, so that nobody need wait for Python's own end.
 */
export const SCRIPT_PROGRAM = `
import sys

def say(*lines):
    text = '\\n'.join(str(line).replace('\\r', ' ').replace('\\n', ' ') for line in lines)
    sys.stdout.buffer.write((text + '\\0').encode('utf-8', 'replace'))
    sys.stdout.buffer.flush()
    sys.exit(0)

def find(name, folders):
    import importlib.util, os
    sys.path[0:0] = folders
    top, *rest = name.split('.')
    spec = importlib.util.find_spec(top)
    if spec is None:
        say('nowhere')
    for part in rest:
        places = list(spec.submodule_search_locations or []) if spec else []
        found = [os.path.join(place, part, '__init__.py') for place in places] + [os.path.join(place, part + '.py') for place in places]
        found = [path for path in found if os.path.exists(path)]
        if not found:
            # A namespace, an extension module or a package that plays tricks with its path: not for us to judge.
            say('ok')
        folder = os.path.dirname(found[0])
        locations = [folder] if found[0].endswith('__init__.py') else None
        spec = importlib.util.spec_from_file_location(part, found[0], submodule_search_locations=locations)
    if not spec.origin or not spec.origin.endswith('.py'):
        say('ok')
    return spec.origin

kind, entry, wanted, *folders = sys.argv[1:]
path = find(entry, folders) if kind == 'module' else entry
try:
    with open(path, 'rb') as stream:
        source = stream.read()
except OSError as error:
    say('unreadable', error.strerror)
try:
    code = compile(source, path, 'exec', dont_inherit=True)
except SyntaxError as error:
    say('syntax', error.filename or path, error.lineno or 1, error.msg, (error.text or '').strip())
except (ValueError, MemoryError, RecursionError) as error:
    say('syntax', path, 1, error, '')

# Names that can put others into the module behind the compiler's back; with any of them the callable may be there after all.
TRICKS = {'globals', 'vars', 'locals', 'exec', 'eval', 'setattr', '__dict__', 'modules', 'update', '__import__', 'import_module'}

def certain(unit):
    if wanted in unit.co_names or TRICKS.intersection(unit.co_names):
        return False
    for constant in unit.co_consts:
        if constant == ('*',) or (hasattr(constant, 'co_names') and not certain(constant)):
            return False
    return True

if certain(code):
    say('missing', path, ' '.join(name for name in code.co_names if name.lower() in ('app', 'application', 'wsgi', 'wsgi_app', 'main', 'handler', 'server')))
say('ok')
`;
