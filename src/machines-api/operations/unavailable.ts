import type { ApiOperation } from './operation.ts'

/** What else is in Fly's OpenAPI file; answered with 501 and a sentence, never with a pretended success. */
export const unavailable: readonly Pick<ApiOperation, 'method' | 'path'>[] = [
  { method: 'POST', path: '/apps/{app_name}/certificates/acme' },
  { method: 'POST', path: '/apps/{app_name}/certificates/custom' },
  { method: 'GET', path: '/apps/{app_name}/certificates/{hostname}' },
  { method: 'DELETE', path: '/apps/{app_name}/certificates/{hostname}' },
  { method: 'DELETE', path: '/apps/{app_name}/certificates/{hostname}/acme' },
  { method: 'POST', path: '/apps/{app_name}/certificates/{hostname}/check' },
  { method: 'DELETE', path: '/apps/{app_name}/certificates/{hostname}/custom' },
  { method: 'POST', path: '/apps/{app_name}/deploy_token' },
  { method: 'GET', path: '/apps/{app_name}/secretkeys' },
  { method: 'GET', path: '/apps/{app_name}/secretkeys/{secret_name}' },
  { method: 'POST', path: '/apps/{app_name}/secretkeys/{secret_name}' },
  { method: 'DELETE', path: '/apps/{app_name}/secretkeys/{secret_name}' },
  { method: 'POST', path: '/apps/{app_name}/secretkeys/{secret_name}/decrypt' },
  { method: 'POST', path: '/apps/{app_name}/secretkeys/{secret_name}/encrypt' },
  { method: 'POST', path: '/apps/{app_name}/secretkeys/{secret_name}/generate' },
  { method: 'POST', path: '/apps/{app_name}/secretkeys/{secret_name}/sign' },
  { method: 'POST', path: '/apps/{app_name}/secretkeys/{secret_name}/verify' },
  { method: 'POST', path: '/platform/placements' },
  { method: 'POST', path: '/tokens/authenticate' },
  { method: 'POST', path: '/tokens/authorize' },
  { method: 'POST', path: '/tokens/kms' },
  { method: 'POST', path: '/tokens/oidc' },
]
