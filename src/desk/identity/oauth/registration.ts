import * as z from 'zod'
import { agentNameSchema } from '#contract'
import { HangarError } from '#kernel'
import { OAuthError } from './errors.ts'
import type { OAuthParts } from './parts.ts'

const methods = ['private_key_jwt', 'client_secret_basic', 'client_secret_post'] as const

/** RFC 7591, as far as a client without a browser needs it. What it does not name is refused, not ignored. */
const requestSchema = z.strictObject({
  client_name: agentNameSchema,
  token_endpoint_auth_method: z.enum(methods).default('client_secret_basic'),
  grant_types: z.array(z.literal('client_credentials')).optional(),
  response_types: z.array(z.never()).optional(),
  redirect_uris: z.array(z.string().max(2048)).max(8).optional(),
  application_type: z.enum(['web', 'native']).optional(),
  jwks: z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())).length(1) }).optional(),
  scope: z.string().max(1024).optional(),
  software_id: z.string().max(200).optional(),
  software_version: z.string().max(200).optional(),
})

/** Registers a client with an admission token; role and silos are the admission's, whatever the client asks for. Throws OAuthError. */
export async function registerClient(
  { agents, audit }: OAuthParts,
  authorization: string | undefined,
  body: unknown,
) {
  const note = audit.begin('agent.register')
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) {
    await note('refused', undefined, { code: 'invalid_token' })
    throw new OAuthError('invalid_token', 'Registration needs an admission token ("hangar agent admit")', 401)
  }
  try {
    const admission = agents.checkAdmission(token)
    const parsed = requestSchema.safeParse(body)
    if (!parsed.success) throw metadataError(describe(parsed.error))
    const { client_name: name, token_endpoint_auth_method: method, jwks } = parsed.data
    const key = jwks?.keys[0]
    if ((method === 'private_key_jwt') !== (key !== undefined))
      throw metadataError('jwks with one Ed25519 public key belongs to private_key_jwt, and to that alone')
    await note('begun', admission, { input: { name, method } })
    const { agent, secret } = await agents.registerByAdmission(token, {
      name,
      publicKey: key,
      withSecret: method !== 'private_key_jwt',
    })
    await note('ok', admission, { input: { name, client_id: agent.id } })
    return {
      client_id: agent.id,
      client_id_issued_at: Math.floor(agent.createdAt / 1000),
      client_name: agent.name,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: method,
      scope: agent.silos.map(silo => `silo:${silo}`).join(' '),
      ...(agent.publicKey === null ? {} : { jwks: { keys: [agent.publicKey] } }),
      ...(secret === null ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    }
  } catch (error) {
    if (!(error instanceof HangarError)) throw error
    if (error.status === 401) {
      await note('refused', undefined, { code: 'invalid_token' })
      throw new OAuthError('invalid_token', error.message, 401)
    }
    throw metadataError(error.message)
  }
}

function metadataError(description: string): OAuthError {
  return new OAuthError('invalid_client_metadata', description)
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues
  return `${issue?.path.join('.') || 'The request'}: ${issue?.message ?? 'is not valid'}`
}
