import {createHash} from 'node:crypto';
import {join} from 'node:path';
import {expect} from 'vitest';
import type {Scene, Walk} from './scene.ts';

const basic = (user: string, password = 'secret') => ({
  headers: {Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`},
});

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** Answers the server's challenge as a browser does (RFC 7616, MD5, qop=auth). */
async function digest({get}: Walk, path: string, password: string): Promise<number> {
  const challenge = String((await get(path)).headers['www-authenticate']);
  const part = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
  const [realm, nonce, cnonce, nc] = [part('realm'), part('nonce'), 'abcdef', '00000001'];
  const response = md5(`${md5(`ada:${realm}:${password}`)}:${nonce}:${nc}:${cnonce}:auth:${md5(`GET:${path}`)}`);
  const words = `username="ada", realm="${realm}", nonce="${nonce}", uri="${path}", response="${response}", algorithm=MD5, qop=auth, nc=${nc}, cnonce="${cnonce}"`;
  return (await get(path, {headers: {Authorization: `Digest ${words}`}})).status;
}

/** Who gets in, by address, by password and by group. */
export const basicAccessScene: Scene = {
  name: 'access by host, password and group',
  args: (dir) => [
    ['--host-access-script', join(dir, 'allow.py'), '--auth-user-script', join(dir, 'password.py')],
    ['--auth-group-script', join(dir, 'groups.py'), '--auth-group', 'walkers', '--server-status'],
  ],
  checks: {
    hostAccessScript: async ({get}) => expect((await get('/forbidden', basic('ada'))).status).toBe(403),
    authUserScript: async ({get, about, plan}) => {
      const asked = await get('/about');
      expect(asked).toMatchObject({status: 401, headers: {'www-authenticate': `Basic realm="${plan.processGroup}"`}});
      expect((await get('/about', basic('ada', 'wrong'))).status).toBe(401);
      expect((await get('/about', basic('nobody'))).status).toBe(401);
      expect((await about('/about', basic('ada'))).environ['REMOTE_USER']).toBe('ada');
    },
    authGroupScript: async ({get}) => expect((await get('/about', basic('bob'))).status).toBe(401),
    authGroup: async ({get}) => expect((await get('/about', basic('ada'))).status).toBe(200),
    serverStatus: async ({get}) => expect((await get('/server-status?auto')).status).toBe(200),
  },
};

export const digestAccessScene: Scene = {
  name: 'access by digest',
  args: (dir) => ['--auth-user-script', join(dir, 'password.py'), '--auth-type', 'digest'],
  checks: {
    authType: async (walk) => {
      expect(await digest(walk, '/about', 'secret')).toBe(200);
      expect(await digest(walk, '/about', 'wrong')).toBe(401);
    },
  },
};
