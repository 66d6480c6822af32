import {readFileSync} from 'node:fs';
import type {HttpsPlan} from '../plan/https-plan.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {failure, type Problem, warning} from '../problem.ts';

const DAY = 86_400_000;

/** Reads a file as Apache does, before it changes to the run user; a problem when that cannot be. */
function readPem(flag: string, path: string): Buffer | Problem {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read`;
    return failure(`${flag}: ${reason}; correct the path`);
  }
}

const isProblem = (value: Buffer | Problem): value is Problem => 'severity' in value;

/** Certificate and key: Apache refuses a pair that does not fit only in its error log, and asks for a passphrase on a terminal that nobody sees. */
async function checkPair(https: HttpsPlan, flags: {certificate: string; key: string}): Promise<Problem[]> {
  const certificate = readPem(flags.certificate, https.certificate);
  const key = readPem(flags.key, https.key);
  const unread = [certificate, key].filter(isProblem);
  if (unread.length > 0 || isProblem(certificate) || isProblem(key)) return unread;
  // Only servers with HTTPS pay for loading it.
  const {createPrivateKey, X509Certificate} = await import('node:crypto');
  let parsed: InstanceType<typeof X509Certificate>;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return [failure(`${flags.certificate}: ${https.certificate} holds no certificate in PEM form; correct the path`)];
  }
  try {
    if (!parsed.checkPrivateKey(createPrivateKey(key))) {
      return [
        failure(`${flags.key}: ${https.key} is not the key of the certificate ${https.certificate}; give the two that belong together`),
      ];
    }
  } catch (error) {
    const locked = /ENCRYPTED/.test(key.toString('latin1')) || (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE';
    return [
      failure(
        locked
          ? `${flags.key}: ${https.key} is locked with a passphrase, which nobody can type at the start; take it off: openssl pkey -in KEY -out NEW`
          : `${flags.key}: ${https.key} holds no private key in PEM form; correct the path`,
      ),
    ];
  }
  const ends = Date.parse(parsed.validTo);
  if (ends < Date.now())
    return [warning(`certificate expired: ${https.certificate} was valid until ${parsed.validTo}; clients will refuse it`)];
  if (ends < Date.now() + 7 * DAY)
    return [warning(`certificate expires soon: ${https.certificate} is valid until ${parsed.validTo}; renew it`)];
  return [];
}

/** Is all there that HTTPS needs, and does it fit together. */
export async function checkHttps({https, options}: ServerPlan): Promise<Problem[]> {
  if (https === null) return [];
  if (https.port === options.port)
    return [failure(`port ${https.port} is given twice: --https-port and --port are the same; change one of them`)];
  if (https.certificate === '' || https.key === '') {
    const missing = https.certificate === '' ? '--ssl-certificate-file' : '--ssl-certificate-key-file';
    return [
      failure(`HTTPS without a certificate: --https-port needs ${missing}; give certificate and key, or both with --ssl-certificate`),
    ];
  }
  const stem = '--ssl-certificate';
  const problems = await checkPair(https, {
    certificate: options.sslCertificateFile === null ? stem : '--ssl-certificate-file',
    key: options.sslCertificateKeyFile === null ? stem : '--ssl-certificate-key-file',
  });
  const others = [
    ['--ssl-certificate-chain-file', https.chain],
    ['--ssl-ca-certificate-file', https.authorities],
  ] as const;
  for (const [flag, path] of others) {
    const content = path === null ? null : readPem(flag, path);
    if (content === null) continue;
    if (isProblem(content)) problems.push(content);
    else if (!content.includes('-----BEGIN '))
      problems.push(failure(`${flag}: ${path} holds no certificate in PEM form; correct the path`));
  }
  if (https.authorities !== null && !options.httpsOnly) {
    problems.push(
      warning(`client certificates are checked on HTTPS only: port ${options.port} serves the same pages without; add --https-only`),
    );
  }
  return problems;
}
