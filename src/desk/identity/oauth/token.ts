import { accessTokenSeconds, scopeOf, silosOfScope } from '../access-tokens.ts'
import { isResource } from '../addresses.ts'
import { authenticateClient, claimedAgent } from './client.ts'
import { OAuthError } from './errors.ts'
import type { OAuthParts } from './parts.ts'

export interface TokenRequest {
  readonly form: ReadonlyMap<string, string>
  readonly authorization: string | undefined
  /** The desk's address as the request named it. */
  readonly issuer: string
}

export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly scope: string
}

const known = [
  'grant_type',
  'scope',
  'resource',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
]

/** One token request (RFC 6749, 4.4), written to the audit. Throws OAuthError. */
export async function grantToken(parts: OAuthParts, request: TokenRequest): Promise<TokenAnswer> {
  const { form, authorization } = request
  const note = parts.audit.begin('agent.token')
  try {
    const { agent, audience, answer } = await grant(parts, request)
    await note('ok', agent, { input: { scope: answer.scope, audience } })
    return answer
  } catch (error) {
    if (error instanceof OAuthError)
      await note('refused', claimedAgent(parts, form, authorization), { code: error.code })
    throw error
  }
}

async function grant(parts: OAuthParts, { form, authorization, issuer }: TokenRequest) {
  const unknown = [...form.keys()].find(name => !known.includes(name))
  if (unknown !== undefined)
    throw new OAuthError(
      'invalid_request',
      `There is no parameter of that name; known are ${known.join(', ')}`,
    )
  const type = form.get('grant_type')
  if (type === undefined) throw new OAuthError('invalid_request', 'grant_type is missing')
  if (type !== 'client_credentials')
    throw new OAuthError('unsupported_grant_type', 'Only client_credentials is granted here')

  const agent = await authenticateClient(parts, form, authorization)
  const resource = form.get('resource') ?? issuer
  if (!isResource(parts.addresses, resource))
    throw new OAuthError('invalid_target', 'The resource is not this desk')
  const silos = silosOfScope(form.get('scope'), agent.silos)
  if (!silos) throw new OAuthError('invalid_scope', 'The scope asks for more than this client may have')
  const audience = resource.replace(/\/$/, '')
  const answer: TokenAnswer = {
    access_token: await parts.tokens.issue(agent, { issuer, audience, silos }),
    token_type: 'Bearer',
    expires_in: accessTokenSeconds,
    scope: scopeOf(silos),
  }
  return { agent, audience, answer }
}

/** The fields of a form; one that comes twice is refused, so that no two readers can differ about it. */
export function readForm(body: string): Map<string, string> {
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(body)) {
    if (form.has(name)) throw new OAuthError('invalid_request', 'A parameter was given twice')
    form.set(name, value)
  }
  return form
}
