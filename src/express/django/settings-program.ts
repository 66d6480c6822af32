/**
 * Runs in the project's own Python. Lets manage.py choose the settings module exactly as it does for every command (it is run with Django's entry
 * point replaced by one that does nothing), loads the settings, and writes one JSON object and a NUL to file descriptor 3: standard output
 * and error belong to the project. Ends at once after that, whatever threads or exit handlers the settings have started.
 *
 * Argument: JSON with managePy, folder, settings, pythonpath, seconds (after which it is given up, with a stack dump on standard error).
 * Works with Python 3.8 and Django 2.2 or newer.
 */
export const SETTINGS_PROGRAM = `
import json, os, sys

answer = os.fdopen(3, 'wb')
os.set_inheritable(3, False)
request = json.loads(sys.argv[1])
folder = request['folder']

import faulthandler
faulthandler.dump_traceback_later(request['seconds'], exit=True, file=os.dup(2))

def say(**fields):
    answer.write(json.dumps(fields).encode('utf-8', 'replace') + b'\\0')
    answer.flush()
    os._exit(0)

def explain(stage, error):
    import traceback
    if os.environ.get('WSGIDECK_TRACEBACK'):
        traceback.print_exception(type(error), error, error.__traceback__)
        sys.stderr.flush()
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    frames = [(file, line) for file, line in frames if os.path.isfile(file)]
    foreign = tuple({os.path.dirname(os.__file__), sys.prefix + os.sep + 'lib'})
    own = [(file, line) for file, line in frames if not file.startswith(foreign) and '-packages' + os.sep not in file]
    place = (own or frames or [(None, None)])[-1]
    if isinstance(error, SyntaxError) and error.filename:
        place = (error.filename, error.lineno)
        text = error.msg
    else:
        text = str(error)
    text = ' '.join(text.split())[:500]
    say(ok=False, stage=stage, type=type(error).__name__, text=text, file=place[0], line=place[1],
        module=getattr(error, 'name', None) if isinstance(error, ImportError) else None, settings=os.environ.get('DJANGO_SETTINGS_MODULE'))

def plain(value):
    """A path or text as str; None for anything else."""
    if value is None or value == '':
        return None
    if isinstance(value, (str, os.PathLike)):
        value = os.fspath(value)
    value = str(value) if not isinstance(value, bytes) else os.fsdecode(value)
    return value

def find(name):
    from importlib import import_module
    module, _, attribute = name.rpartition('.')
    return getattr(import_module(module), attribute)

def find_anyhow(name):
    try:
        return find(name)
    except (Exception, SystemExit):
        pass
    # It may need the applications to be loaded.
    try:
        import django
        django.setup()
        return find(name)
    except (Exception, SystemExit):
        return None

def exists(name):
    """Is the module there, as far as that can be told without running it."""
    import importlib.util
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError as error:
        return not (name + '.').startswith((error.name or '?') + '.')
    except Exception:
        return True

def has_whitenoise(middleware, apps):
    if 'whitenoise.middleware.WhiteNoiseMiddleware' in middleware:
        return True
    import importlib.util
    if importlib.util.find_spec('whitenoise') is None:
        return False
    doubtful = False
    for name in middleware:
        if name.startswith('django.'):
            continue
        found = find_anyhow(name)
        if isinstance(found, type):
            if any(base.__module__.partition('.')[0] == 'whitenoise' for base in found.__mro__):
                return True
        else:
            doubtful = True
    return doubtful and 'whitenoise.runserver_nostatic' in apps

def read():
    from django.conf import settings
    import django
    name = os.environ['DJANGO_SETTINGS_MODULE']
    def get(key, default=None):
        return getattr(settings, key, default)
    middleware = [str(one) for one in get('MIDDLEWARE') or []]
    apps = [str(one) for one in get('INSTALLED_APPS') or []]
    module = sys.modules.get(name)
    static_url = plain(get('STATIC_URL'))
    application = plain(get('WSGI_APPLICATION'))
    static_root = plain(get('STATIC_ROOT'))
    raw = plain(getattr(module, 'STATIC_URL', None))
    return dict(
        django=django.get_version(),
        settings=name,
        settingsFile=plain(getattr(module, '__file__', None)),
        application=application,
        applicationFound=application is None or exists(application.rpartition('.')[0] or application),
        baseDir=plain(get('BASE_DIR')),
        staticUrl=static_url,
        staticUrlRelative=bool(raw) and not raw.startswith(('/', 'http://', 'https://')),
        staticRoot=static_root and os.path.abspath(static_root),
        staticfiles='django.contrib.staticfiles' in apps or any(app.startswith('django.contrib.staticfiles.') for app in apps),
        whitenoise=has_whitenoise(middleware, apps),
        debug=bool(get('DEBUG')),
        allowedHosts=[str(one) for one in get('ALLOWED_HOSTS') or []],
    )

# As manage.py and django-admin have it: the project's folder first, not an empty entry.
if sys.path and sys.path[0] == '':
    del sys.path[0]
path_before = list(sys.path)
environment_before = dict(os.environ)
sys.path.insert(0, folder)
if request['pythonpath']:
    sys.path.insert(0, request['pythonpath'])
if request['settings']:
    os.environ['DJANGO_SETTINGS_MODULE'] = request['settings']

try:
    import django.core.management as management
except ImportError as error:
    explain('django', error)
management.execute_from_command_line = lambda argv=None: None
management.ManagementUtility.execute = lambda self: None

if request['managePy']:
    import runpy
    sys.argv = [request['managePy'], 'runmodwsgi']
    if request['settings']:
        sys.argv.append('--settings=' + request['settings'])
    if request['pythonpath']:
        sys.argv.append('--pythonpath=' + request['pythonpath'])
    try:
        runpy.run_path(request['managePy'], run_name='__main__')
    except SystemExit as error:
        if not os.environ.get('DJANGO_SETTINGS_MODULE'):
            explain('manage', error)
    except Exception as error:
        explain('manage', error)

if not os.environ.get('DJANGO_SETTINGS_MODULE'):
    say(ok=False, stage='unnamed', type='', text='', file=None, line=None, module=None, settings=None)
environment = {key: value for key, value in os.environ.items() if environment_before.get(key) != value}
try:
    found = read()
except (Exception, SystemExit) as error:
    explain('settings', error)
folders = [os.path.abspath(one) for one in sys.path if one not in path_before and os.path.isdir(one)]
say(ok=True, environment=environment, path=list(dict.fromkeys(folders)), **found)
`;
