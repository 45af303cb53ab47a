import { wholeScope } from '../access-tokens.ts'
import { paths } from '../addresses.ts'

/** RFC 8414 and, with what it asks for besides, OpenID discovery: the desk as authorization server. */
export function serverMetadata(origin: string) {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}${paths.authorize}`,
    token_endpoint: `${origin}${paths.token}`,
    registration_endpoint: `${origin}${paths.register}`,
    jwks_uri: `${origin}${paths.keys}`,
    // Nobody logs in here: there are agents only, and the authorization endpoint says so.
    response_types_supported: [],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_basic', 'client_secret_post'],
    token_endpoint_auth_signing_alg_values_supported: ['EdDSA', 'Ed25519'],
    scopes_supported: [wholeScope],
    code_challenge_methods_supported: ['S256'],
  }
}

export function openidMetadata(origin: string) {
  return {
    ...serverMetadata(origin),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['EdDSA'],
  }
}

/** RFC 9728: the desk (or its MCP face) as protected resource. */
export function resourceMetadata(origin: string, path: string) {
  return {
    resource: `${origin}${path}`,
    authorization_servers: [origin],
    bearer_methods_supported: ['header'],
    scopes_supported: [wholeScope],
    resource_name: 'Hangar service desk',
  }
}
