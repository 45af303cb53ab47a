import type { ApiOperation } from './operation.ts'

interface Unavailable extends Pick<ApiOperation, 'method' | 'path'> {
  /** Plural, as the subject of the sentence. */
  readonly what: string
  /** What to do here instead. */
  readonly instead: string
}

const named = (
  what: string,
  instead: string,
  calls: readonly (readonly [ApiOperation['method'], string])[],
): Unavailable[] => calls.map(([method, path]) => ({ method, path, what, instead }))

const certificates = '/apps/{app_name}/certificates'
const secretKeys = '/apps/{app_name}/secretkeys'
const secretKey = `${secretKeys}/{secret_name}`

/** What else is in Fly's OpenAPI file or asked by its clients; answered with 501 and a sentence, never with a pretended success. */
export const unavailable: readonly Unavailable[] = [
  ...named(
    'Certificates for own hostnames',
    'The edge serves every app as <app>.localhost; Fly.io issues certificates for what is deployed there.',
    [
      ['POST', `${certificates}/acme`],
      ['POST', `${certificates}/custom`],
      ['GET', `${certificates}/{hostname}`],
      ['DELETE', `${certificates}/{hostname}`],
      ['DELETE', `${certificates}/{hostname}/acme`],
      ['POST', `${certificates}/{hostname}/check`],
      ['DELETE', `${certificates}/{hostname}/custom`],
    ],
  ),
  ...named('Secret keys', 'Keep a key as a secret of the app: fly secrets set NAME=value.', [
    ['GET', secretKeys],
    ['GET', secretKey],
    ['POST', secretKey],
    ['DELETE', secretKey],
    ['POST', `${secretKey}/decrypt`],
    ['POST', `${secretKey}/encrypt`],
    ['POST', `${secretKey}/generate`],
    ['POST', `${secretKey}/sign`],
    ['POST', `${secretKey}/verify`],
  ]),
  ...named('Simulated placements', 'Every machine of every region runs on this computer.', [
    ['POST', '/platform/placements'],
  ]),
  ...named('Tokens of its own kind', 'FLY_API_TOKEN as "hangar fly env" prints it opens everything here.', [
    ['POST', '/apps/{app_name}/deploy_token'],
    ['POST', '/tokens/authenticate'],
    ['POST', '/tokens/authorize'],
    ['POST', '/tokens/kms'],
    ['POST', '/tokens/oidc'],
  ]),
  ...named(
    'Managed Postgres clusters',
    'A silo has a PostgreSQL of its own: hangar silo create, then hangar silo connect.',
    [
      ['GET', '/postgres'],
      ['POST', '/postgres'],
      ...(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).map(method => [method, '/postgres/*'] as const),
    ],
  ),
]
