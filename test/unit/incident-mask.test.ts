import {describe, expect, test} from 'vitest';
import {maskDeep, maskSource, maskText} from '../../src/instance/incidents/mask.ts';

test.each([
  ['password=hunter2', 'password=***'],
  ['DB_PASSWORD=hunter2 host=db', 'DB_PASSWORD=*** host=db'],
  ['{"api_key": "abc def", "n": 3}', '{"api_key": ***, "n": 3}'],
  ["{'client_secret': 'x y', 'a': 1}", "{'client_secret': ***, 'a': 1}"],
  ['/login?next=/&access_token=abc.def&x=1', '/login?next=/&access_token=***&x=1'],
  ['GET /?key=AIza&page=3 HTTP/1.1', 'GET /?key=***&page=3 HTTP/1.1'],
  ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: ***'],
  ["'HTTP_AUTHORIZATION': 'Bearer abc.def-ghi', 'HTTP_HOST': 'x'", "'HTTP_AUTHORIZATION': '***', 'HTTP_HOST': 'x'"],
  ['sent Bearer abcdefghijkl to the bank', 'sent Bearer *** to the bank'],
  ['Cookie: sessionid=1; theme=dark', 'Cookie: ***'],
  ['Set-Cookie: id=7; Path=/', 'Set-Cookie: ***'],
  ["'HTTP_COOKIE': 'a=1; b=2', 'n': 1", "'HTTP_COOKIE': '***', 'n': 1"],
  ['postgres://shop:geheim@db/shop is gone', 'postgres://shop:***@db/shop is gone'],
  ['token eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl expired', 'token *** expired'],
  ['AKIAIOSFODNN7EXAMPLE', '***'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', '***'],
  ['GET /login?next=%2Freset%3Ftoken%3Dabc%26page%3D2', 'GET /login?next=%2Freset%3Ftoken%3D***'],
  ['GET /login?next=%2Fback%3Fcode%3Dabc&x=1', 'GET /login?next=%2Fback%3Fcode%3D***&x=1'],
  ['GET /door?pin=1234', 'GET /door?pin=***'],
  ['csrfmiddlewaretoken=abc&name=Ann', 'csrfmiddlewaretoken=***&name=Ann'],
])('the secret is taken out of %s', (text, masked) => {
  expect(maskText(text)).toBe(masked);
});

test.each([
  'GET /orders?page=3&sort=date 200',
  'mail to ann@example.com failed',
  'ValueError: invalid literal for int(): 3',
  'the key is on the table, the code is 500',
  'mod_wsgi (pid=12): Shutdown requested',
  'https://example.com:8443/path@home',
])('nothing is taken out of %s', (text) => {
  expect(maskText(text)).toBe(text);
});

test('of source code only literals: what a line does must stay readable', () => {
  expect(maskSource('connect(user="shop", password="geheim", timeout=5)')).toBe('connect(user="shop", password="***", timeout=5)');
  expect(maskSource("API_KEY = 'abc'")).toBe("API_KEY = '***'");
  expect(maskSource('pay(token=token, password=get_password())')).toBe('pay(token=token, password=get_password())');
});

test('everything in a structure is masked but names of things', () => {
  const value = {id: 'token=abc', file: '/srv/token=abc/a.py', url: '/?token=abc', frames: [{source: 'x(token="abc")'}], n: 3, none: null};
  expect(maskDeep(value)).toEqual({
    id: 'token=abc',
    file: '/srv/token=abc/a.py',
    url: '/?token=***',
    frames: [{source: 'x(token="***")'}],
    n: 3,
    none: null,
  });
});

describe('hostile text does not take long', () => {
  test.each([
    ['a long word', `${'a'.repeat(100_000)}password`],
    ['many names', 'password='.repeat(10_000)],
    ['many open quotes', 'secret="'.repeat(10_000)],
    ['many schemes', 'a://b:'.repeat(10_000)],
    ['many private keys', '-----BEGIN PRIVATE KEY-----'.repeat(2000)],
  ])('%s', (_, text) => {
    const before = process.cpuUsage().user;
    maskText(text);
    // Generous: a regular expression that runs away takes minutes for this.
    expect(process.cpuUsage().user - before).toBeLessThan(5_000_000);
  });
});
