import {describe, expect, test} from 'vitest';
import {httpdConf} from '../../src/express/config/httpd-conf.ts';
import {logLevel} from '../../src/express/config/logging.ts';
import {quote} from '../../src/express/config/quote.ts';
import {handlerScript} from '../../src/express/server-root/handler-script.ts';
import {plan, SIX} from '../fixtures/express/plan.ts';

const conf = (...argv: string[]) => httpdConf(plan(['app.wsgi', ...argv]));
const conf6 = (...argv: string[]) =>
  httpdConf(plan(['app.wsgi', ...argv], {module: SIX, python: {home: '/venv', executable: null, version: '3.11.2'}}));

describe('mod_wsgi always tells why', () => {
  test.each([
    ['warn', 'warn wsgi:info'],
    ['error', 'error wsgi:info'],
    ['warn wsgi:error', 'warn wsgi:error wsgi:info'],
    ['wsgi:debug warn', 'wsgi:debug warn wsgi:info'],
    ['info', 'info'],
    ['debug', 'debug'],
    ['trace3', 'trace3'],
    ['warn wsgi:debug', 'warn wsgi:debug'],
    ['warn ssl:debug', 'warn ssl:debug wsgi:info'],
  ])('%s', (given, expected) => {
    expect(logLevel(given)).toBe(expected);
  });
});

test('nothing in a word gets a meaning of its own', () => {
  expect(quote('plain')).toBe('"plain"');
  expect(quote('a "b" c\\')).toBe('"a \\"b\\" c\\\\"');
  expect(quote('${HOME} $x')).toBe('"${WSGIDECK_DOLLAR}{HOME} $x"');
});

describe('the daemon process group', () => {
  test('knows of each mod_wsgi only what it understands', () => {
    expect(conf()).not.toMatch(/interrupt-timeout|response-flush-delay|switch-interval/);
    expect(conf6()).toContain('interrupt-timeout=0');
    const six = conf6('--switch-interval', '0.01', '--response-flush-delay', '7');
    expect(six).toContain('WSGISwitchInterval 0.01');
    expect(six).toContain(' switch-interval=0.01');
    expect(six).toContain(' response-flush-delay=7');
  });

  test('no --processes and --processes 1 are different things', () => {
    expect(conf()).not.toContain(' processes=');
    expect(conf('--processes', '1')).toContain(' processes=1');
  });

  test('home, name and groups', () => {
    const text = conf6('--process-group', 'shop', '--application-group', 'sub', '--working-directory', '/srv/shop');
    expect(text).toContain('WSGIPythonHome "/venv"');
    expect(text).toContain('WSGIDaemonProcess "shop"');
    expect(text).toContain('home="/srv/shop"');
    expect(text.match(/process-group="shop" application-group="sub"/g)).toHaveLength(3);
    expect(conf()).toContain('process-group="localhost:8000" application-group=%{GLOBAL}');
    expect(conf()).not.toContain('WSGIPythonHome');
  });
});

describe('the rest of the file', () => {
  test('listens everywhere, or on one address', () => {
    expect(conf()).toMatch(/^Listen 8000$/m);
    expect(conf('--host', '127.0.0.1', '--port', '81')).toMatch(/^Listen 127.0.0.1:81$/m);
    expect(conf('--host', '::1')).toMatch(/^Listen \[::1\]:8000$/m);
  });

  test('keep-alive and request time limits can be switched off', () => {
    expect(conf('--keep-alive-timeout', '0')).toMatch(/^KeepAlive Off$/m);
    expect(conf()).toContain('RequestReadTimeout header=15-30,MinRate=500 body=15,MinRate=500\n');
    expect(conf('--header-timeout', '0', '--body-timeout', '0')).toContain('RequestReadTimeout header=0 body=0\n');
  });

  test('the more special alias comes first', () => {
    const text = conf('--url-alias', '/s', '/a', '--url-alias', '/s/t', '/b');
    expect(text.indexOf('Alias "/s/t" "/b"')).toBeLessThan(text.indexOf('Alias "/s" "/a"'));
  });

  test('only the named hosts are served', () => {
    const text = conf('--server-name', 'www.example.com', '--server-alias', '*.example.net');
    expect(text).toContain('Require all denied\n    </Location>');
    expect(text).toContain('ServerAlias "*.example.net"');
    expect(text).toContain('Redirect permanent / "http://www.example.com:8000/"');
    expect(conf()).not.toContain('VirtualHost');
  });

  test('files that are included come last, and no line is broken in two', () => {
    const text = conf('--include-file', 'more.conf', '--setenv', 'A', 'b c');
    expect(text.trimEnd().endsWith('Include "/srv/site/more.conf"')).toBe(true);
    expect(text).toContain('SetEnv "A" "b c"');
    expect(text).not.toContain('undefined');
    expect(text).not.toContain('null');
  });

  test('a compiled-in module is not loaded', () => {
    expect(conf()).toContain('LoadModule mpm_event_module');
    expect(conf()).not.toContain('LoadModule unixd_module');
    expect(conf('--server-mpm', 'prefork')).toContain('LoadModule mpm_prefork_module');
  });
});

test('settings of the handler are Python, whatever they hold', () => {
  const text = handlerScript(plan(['it\'s "odd".wsgi', '--disable-reloading', '--mount-point', '/app/']));
  expect(text).toContain('"script": "/srv/site/it\'s \\"odd\\".wsgi"');
  expect(text).toContain('"reload_scripts": False');
  expect(text).toContain('"mount_point": "/app"');
});
