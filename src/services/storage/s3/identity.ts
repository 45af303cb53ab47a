import type { FastifyRequest } from '#http'
import type { StorageContext } from '../context.ts'
import { errors } from '../errors.ts'
import { scopeText } from '../sigv4/keys.ts'
import type { Claims } from '../tokens.ts'
import type { ChunkSigning } from './chunked.ts'
import { type ClientSignature, readSignature, verifySignature } from './signature.ts'

/** Who signed a request, and what further signatures in its body hang on. */
export interface Identity {
  readonly claims: Claims
  readonly token: string
  readonly signing: ChunkSigning | undefined
}

/** Checks the signature of the request's head. Throws accessDenied without one, signatureMismatch when it is wrong. */
export async function identify(context: StorageContext, request: FastifyRequest): Promise<Identity> {
  const signature = readSignature(request, context.clock.now())
  if (!signature) throw errors.accessDenied('Missing signature')
  const secrets = await secretsFor(context, signature)
  const key = verifySignature(context.settings, request, signature, secrets)
  if (!key) throw mismatch(signature)
  const signing = {
    key,
    date: signature.date,
    scope: scopeText(signature.scope),
    seed: signature.signature,
  }
  return { ...(await claimsOf(context, signature)), signing }
}

/**
 * What the signer must have known: the secret of the access key; or, with a session token, the project's own name or its public key,
 * because then the token is the proof.
 */
export async function secretsFor(
  { settings, tokens }: StorageContext,
  { scope, sessionToken }: ClientSignature,
): Promise<readonly string[]> {
  const { accessKeyId, secretAccessKey, enforceRegion } = settings.s3
  if (scope.service !== 's3') throw errors.accessDenied('Invalid Service')
  if (enforceRegion && scope.region !== settings.region) throw errors.accessDenied('Invalid Region')
  if (sessionToken !== undefined) {
    if (scope.accessKeyId !== settings.tenantId) throw errors.accessDenied('Invalid Access Key')
    return [settings.tenantId, settings.anonKey ?? (await tokens.anonKey())]
  }
  if (!accessKeyId || !secretAccessKey)
    throw errors.accessDenied('Missing S3 Protocol Access Key ID or Secret Key Environment variables')
  if (scope.accessKeyId !== accessKeyId) throw errors.accessDenied('Invalid Access Key')
  return [secretAccessKey]
}

/** As whom the signer acts: the session's user, or the service itself. */
export async function claimsOf(
  { tokens }: StorageContext,
  { sessionToken }: ClientSignature,
): Promise<{ claims: Claims; token: string }> {
  if (sessionToken === undefined) return tokens.service
  const claims = await tokens.verify(sessionToken).catch(error => {
    throw errors.accessDenied((error as Error).message, error)
  })
  return { claims, token: sessionToken }
}

export function mismatch({ sessionToken }: ClientSignature) {
  return sessionToken === undefined
    ? errors.signatureMismatch()
    : errors.signatureMismatch(
        'The request signature we calculated does not match the signature you provided, Check your credentials. The session token should be a valid JWT token',
      )
}
