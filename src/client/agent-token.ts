import { randomUUID } from 'node:crypto'
import type { AgentFile } from './agent-file.ts'
import { clientErrors } from './errors.ts'

/** Seconds that an assertion is good for; it is sent at once. */
const assertionSeconds = 60

export interface AgentToken {
  readonly access_token: string
  readonly expires_in: number
  readonly scope: string
}

/** A short-lived access token, for an assertion that the agent signs with its own key (RFC 7523). `silos` narrows it to some of its silos. */
export async function fetchAgentToken(agent: AgentFile, silos: readonly string[] = []): Promise<AgentToken> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertionOf(agent),
    ...(silos.length === 0 ? {} : { scope: silos.map(silo => `silo:${silo}`).join(' ') }),
  })
  const response = await fetch(`${agent.issuer}/oauth/token`, {
    method: 'POST',
    body: form,
    redirect: 'error',
  }).catch(error => {
    throw clientErrors.noDesk(agent.issuer, error)
  })
  const body = (await response.json().catch(() => ({}))) as AgentToken & { error_description?: string }
  if (!response.ok)
    throw clientErrors.tokenRefused(agent.name, body.error_description ?? `status ${response.status}`)
  return body
}

async function assertionOf(agent: AgentFile): Promise<string> {
  const { importJWK, SignJWT } = await import('jose')
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT' })
    .setIssuer(agent.client_id)
    .setSubject(agent.client_id)
    .setAudience(agent.issuer)
    .setIssuedAt(now)
    .setExpirationTime(now + assertionSeconds)
    .setJti(randomUUID())
    .sign(await importJWK(agent.private_key as Parameters<typeof importJWK>[0], 'EdDSA'))
}
