import type { AgentRecord } from '../ports.ts'
import { subjectOf, verifyAssertion } from './assertion.ts'
import { OAuthError } from './errors.ts'
import type { OAuthParts } from './parts.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The agent that a token request comes from, by exactly one of: signed assertion, secret in the Authorization header, secret in the body. */
export async function authenticateClient(
  parts: OAuthParts,
  form: ReadonlyMap<string, string>,
  authorization: string | undefined,
): Promise<AgentRecord> {
  const assertion = form.get('client_assertion')
  const inBody = form.get('client_secret')
  const ways = [assertion, inBody, authorization].filter(way => way !== undefined)
  if (ways.length === 0)
    throw new OAuthError('invalid_client', 'The client did not say how it proves who it is', 401)
  if (ways.length > 1)
    throw new OAuthError('invalid_request', 'More than one client authentication method was used')

  if (assertion !== undefined) {
    if (form.get('client_assertion_type') !== assertionType)
      throw new OAuthError('invalid_request', `client_assertion_type must be ${assertionType}`)
    return verifyAssertion(parts, assertion, form.get('client_id'))
  }
  const [id, secret] = authorization === undefined ? [form.get('client_id'), inBody] : basic(authorization)
  if (authorization !== undefined && form.has('client_id') && form.get('client_id') !== id)
    throw new OAuthError('invalid_request', 'client_id and the Authorization header differ')
  const agent = parts.agents.checkSecret(id ?? '', secret ?? '')
  if (!agent) throw new OAuthError('invalid_client', 'The client or its secret is not known', 401)
  parts.grants.pass(agent.id)
  return agent
}

/** The agent that a request names, whether it proves it or not: for the audit. */
export function claimedAgent(
  { agents }: OAuthParts,
  form: ReadonlyMap<string, string>,
  authorization: string | undefined,
): AgentRecord | undefined {
  const assertion = form.get('client_assertion')
  const id =
    form.get('client_id') ??
    (assertion === undefined ? undefined : subjectOf(assertion)) ??
    Buffer.from(authorization?.slice('Basic '.length) ?? '', 'base64')
      .toString('utf8')
      .split(':')[0]
  const agent = agents.find(id ?? '')
  return agent?.id === id ? agent : undefined
}

/** RFC 6749, 2.3.1: both parts are form-encoded before they are joined. */
function basic(header: string): [string, string] {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(header)?.[1]
  const [id, ...rest] = Buffer.from(encoded ?? '', 'base64')
    .toString('utf8')
    .split(':')
  if (encoded === undefined || rest.length === 0)
    throw new OAuthError(
      'invalid_client',
      'The Authorization header is not of the form "Basic <id:secret>"',
      401,
    )
  try {
    return [id ?? '', rest.join(':')].map(part => decodeURIComponent(part.replace(/\+/g, ' '))) as [
      string,
      string,
    ]
  } catch {
    throw new OAuthError('invalid_client', 'The Authorization header is not form-encoded', 401)
  }
}
