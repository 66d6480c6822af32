import {prepareVenv} from '../venv.ts';

/** Before any test with a real server: the virtual environment with the newest mod_wsgi 6.x. Fails the whole run when it cannot be had. */
export default async function setup(): Promise<void> {
  await prepareVenv();
}
