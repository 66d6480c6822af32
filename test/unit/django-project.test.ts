import {chownSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {allowedHost, hostWarning, isAllowed} from '../../src/express/django/hosts.ts';
import {findEnvironment, findProject} from '../../src/express/django/project.ts';
import type {DjangoSettings} from '../../src/express/django/read-settings.ts';
import {planStatic} from '../../src/express/django/static.ts';
import {currentHost} from '../../src/express/index.ts';
import {tempDir} from '../support/temp.ts';

const NOTHING = {managePy: null, settings: null};
const MANAGE = 'from django.core.management import execute_from_command_line\n';
const at = (cwd: string, env: NodeJS.ProcessEnv = {}) => ({...currentHost(), cwd, env});

function folder(...parts: string[]): string {
  const path = join(tempDir(), ...parts);
  mkdirSync(path, {recursive: true});
  return path;
}

describe('finding the project', () => {
  test('the nearest manage.py of Django, upwards', () => {
    const top = folder();
    const deep = join(top, 'shop/deep');
    mkdirSync(deep, {recursive: true});
    writeFileSync(join(top, 'manage.py'), MANAGE);
    writeFileSync(join(top, 'shop/manage.py'), 'from flask_script import Manager\n');
    expect(findProject(NOTHING, at(deep))).toEqual({managePy: join(top, 'manage.py'), folder: top});
    expect(findProject({...NOTHING, managePy: '../..'}, at(deep))).toEqual({managePy: join(top, 'manage.py'), folder: top});
  });

  test('without one, the settings module says that the current directory is the project', () => {
    const cwd = folder();
    expect(findProject({...NOTHING, settings: 'shop.settings'}, at(cwd))).toEqual({managePy: null, folder: cwd});
    expect(findProject(NOTHING, at(cwd, {DJANGO_SETTINGS_MODULE: 'shop.settings'}))).toEqual({managePy: null, folder: cwd});
    expect(findProject(NOTHING, at(cwd))).toMatchObject({severity: 'error'});
  });

  test("a stranger's manage.py further up is not run", {tags: ['root']}, () => {
    const top = folder();
    const cwd = join(top, 'mine');
    mkdirSync(cwd);
    writeFileSync(join(top, 'manage.py'), MANAGE);
    chownSync(join(top, 'manage.py'), 1234, 1234);
    expect(findProject(NOTHING, at(cwd))).toMatchObject({severity: 'error'});
    expect(findProject(NOTHING, at(top))).toMatchObject({managePy: join(top, 'manage.py')});
    chownSync(cwd, 1234, 1234);
    expect(findProject(NOTHING, at(cwd))).toMatchObject({managePy: join(top, 'manage.py')});
  });

  test('its environment: the active one, then .venv and venv beside manage.py, then in the current directory', () => {
    const repository = folder();
    const project = {managePy: join(repository, 'src/manage.py'), folder: join(repository, 'src')};
    const make = (path: string) => {
      mkdirSync(join(repository, path), {recursive: true});
      writeFileSync(join(repository, path, 'pyvenv.cfg'), '');
    };
    expect(findEnvironment(project, at(repository))).toBeNull();
    mkdirSync(join(repository, 'src/venv'), {recursive: true});
    make('venv');
    expect(findEnvironment(project, at(repository))).toBe(join(repository, 'venv'));
    make('src/venv');
    expect(findEnvironment(project, at(repository))).toBe(join(repository, 'src/venv'));
    make('src/.venv');
    expect(findEnvironment(project, at(repository))).toBe(join(repository, 'src/.venv'));
    expect(findEnvironment(project, at(repository, {VIRTUAL_ENV: '/active'}))).toBe('/active');
  });
});

const SETTINGS: DjangoSettings = {
  ok: true,
  django: '5.2',
  settings: 'shop.settings',
  settingsFile: null,
  application: 'shop.wsgi.application',
  applicationFound: true,
  baseDir: null,
  staticUrl: '/static/',
  staticUrlRelative: true,
  staticRoot: null,
  staticfiles: true,
  whitenoise: false,
  debug: false,
  allowedHosts: [],
  environment: {},
  path: [],
};

describe('static files', () => {
  const asked = {noStatic: false, mountPoint: '/', given: []};

  test('Apache serves them from STATIC_ROOT, at the mount point too', () => {
    const staticRoot = folder();
    writeFileSync(join(staticRoot, 'a.css'), '');
    const settings = {...SETTINGS, staticRoot};
    expect(planStatic(settings, asked)).toEqual({aliases: [['/static', staticRoot]], warning: null});
    const below = {...asked, mountPoint: '/shop'};
    expect(planStatic(settings, below).aliases.map(([url]) => url)).toEqual(['/shop/static', '/static']);
    expect(planStatic({...settings, staticUrlRelative: false}, below).aliases.map(([url]) => url)).toEqual(['/static']);
    expect(planStatic(settings, {...below, given: ['/static/']}).aliases.map(([url]) => url)).toEqual(['/shop/static']);
  });

  test.each([
    ['on another host', {staticUrl: 'https://cdn.example.com/'}],
    ['on another host, by a URL without scheme', {staticUrl: '//cdn.example.com/'}],
    ['not set', {staticUrl: null}],
    ['no static files at all', {staticfiles: false}],
  ])('nothing to serve and nothing to say: %s', (_, change) => {
    expect(planStatic({...SETTINGS, ...change}, asked)).toEqual({aliases: [], warning: null});
  });

  test('a STATIC_URL that would hide the application, and a STATIC_ROOT that is a file', () => {
    expect(planStatic({...SETTINGS, staticUrl: '/', staticRoot: '/srv'}, asked)).toEqual({
      aliases: [],
      warning: expect.stringContaining('STATIC_URL is /'),
    });
    const staticRoot = join(folder(), 'file');
    writeFileSync(staticRoot, '');
    expect(planStatic({...SETTINGS, staticRoot}, asked).warning).toContain(`STATIC_ROOT ${staticRoot} is not a directory`);
  });

  test('a link to a directory is one, and WhiteNoise in debug mode needs none', () => {
    const target = folder();
    writeFileSync(join(target, 'a.css'), '');
    const staticRoot = join(folder(), 'link');
    symlinkSync(target, staticRoot);
    expect(planStatic({...SETTINGS, staticRoot}, asked).warning).toBeNull();
    expect(planStatic({...SETTINGS, whitenoise: true, debug: true}, asked)).toEqual({aliases: [], warning: null});
    expect(planStatic({...SETTINGS, whitenoise: true}, asked).warning).toContain('STATIC_ROOT is not set');
  });
});

describe('hosts', () => {
  test.each([
    [[], true, 'localhost', true],
    [[], true, '127.0.0.1', true],
    [[], true, '[::1]', true],
    [[], true, 'shop.localhost', true],
    [[], true, 'example.com', false],
    [[], false, 'localhost', false],
    [['example.com'], true, 'localhost', false],
    [['.example.com'], false, 'example.com', true],
    [['.example.com'], false, 'www.EXAMPLE.com', true],
    [['.example.com'], false, 'badexample.com', false],
    [['*'], false, 'anything', true],
  ])('ALLOWED_HOSTS %j, DEBUG %s: %s is answered: %s', (allowedHosts, debug, host, answer) => {
    expect(isAllowed({allowedHosts, debug}, host)).toBe(answer);
    expect(hostWarning({...SETTINGS, allowedHosts, debug}, host) === null).toBe(answer);
  });

  test('readiness asks for a host that is answered', () => {
    expect(allowedHost({...SETTINGS, allowedHosts: ['.example.com']}, 'localhost')).toBe('example.com');
    expect(allowedHost({...SETTINGS, allowedHosts: ['.example.com', 'localhost']}, 'localhost')).toBe('localhost');
    expect(allowedHost(SETTINGS, 'localhost')).toBeNull();
  });
});
