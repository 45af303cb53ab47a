import type { Call } from '../context.ts'
import { errors } from '../errors.ts'
import { accountOf } from '../external/account.ts'
import { grantSession } from '../sessions/grant.ts'
import type { Json } from '../users/rows.ts'
import { isAllowedRedirect } from '../verify/redirects.ts'
import { parseMessage, type SignInMessage } from './message.ts'

export interface Web3Request {
  readonly chain: string
  /** What the wallet showed and signed. */
  readonly message: string
  readonly signature: string
}

const provider = { name: 'web3', emailOptional: true }
const refuse = (why: string) => errors.oauth('invalid_grant', why)

/** Signs in whoever holds the key of a wallet's address. */
export async function web3Grant(call: Call, request: Web3Request): Promise<Json> {
  const message = await signedMessage(call, request)
  const { chain } = request
  const { address, chainId: network, domain, statement, uri } = message
  const sub = `web3:${chain}:${address}`
  const profile = {
    emails: [],
    claims: {
      sub,
      custom_claims: {
        address,
        chain,
        network,
        domain,
        statement: statement ?? (chain === 'solana' ? '' : null),
      },
      email_verified: false,
      phone_verified: false,
    },
  }
  const result = await call.database.run(async transaction => {
    const user = await accountOf(call, transaction, provider, profile)
    if (user instanceof Error) return user
    return grantSession(call, transaction, user, {
      method: 'web3',
      provider: provider.name,
      traits: { chain, network, address, domain, uri: uri.href },
    })
  })
  if (result instanceof Error) throw result
  return result
}

/** Throws for a message that the address's key did not sign, or not for this app, or not now. */
async function signedMessage(
  call: Call,
  { chain, message: text, signature }: Web3Request,
): Promise<SignInMessage> {
  const { web3 } = call.settings
  if (!web3.solana.enabled && !web3.ethereum.enabled) throw errors.web3Disabled('Web3')
  if (chain !== 'solana' && chain !== 'ethereum') throw errors.web3Chain()
  const title = chain === 'solana' ? 'Solana' : 'Ethereum'
  if (!web3[chain].enabled) throw errors.web3Disabled(`${title} Web3`)
  const bytes = Buffer.byteLength(text)
  if (bytes < 64) throw errors.badRequest('message is too short')
  if (bytes > 20 * 1024) throw errors.badRequest('message must not exceed 20KB')
  const message = chain === 'solana' ? await bySolana(text, signature) : await byEthereum(text, signature)
  if (!message) throw refuse('Signature does not match address in message')
  checkPlace(call, title, message)
  checkTime(call.clock.now(), title, web3[chain].validityMs, message)
  return message
}

/** Undefined: signed by somebody else. Both are loaded with their first use: most services never need them. */
async function bySolana(text: string, signature: string): Promise<SignInMessage | undefined> {
  const { solanaRules, solanaSignature, solanaSigned } = await import('./solana.ts')
  const shown = solanaSignature(signature)
  const message = parseMessage(text, solanaRules)
  return solanaSigned(message, shown) ? message : undefined
}

async function byEthereum(text: string, signature: string): Promise<SignInMessage | undefined> {
  const { ethereumRules, ethereumSignature, ethereumSigned } = await import('./ethereum.ts')
  const shown = ethereumSignature(signature)
  const message = parseMessage(text, ethereumRules)
  return ethereumSigned(message, shown) ? message : undefined
}

/** A message that somebody signed for another app is no proof for this one. */
function checkPlace({ settings }: Call, title: string, { uri, domain }: SignInMessage): void {
  const signed = `Signed ${title} message is using`
  if (uri.protocol !== 'https:' && uri.hostname !== 'localhost') {
    throw refuse(`${signed} URI which does not use HTTPS`)
  }
  if (!isAllowedRedirect(settings, uri.href)) {
    throw refuse(`${signed} URI which is not allowed on this server, message was signed for another app`)
  }
  const allowed = uri.hostname === 'localhost' || isAllowedRedirect(settings, `https://${domain}/`)
  if (uri.host !== domain || !allowed) {
    throw refuse(`${signed} a Domain that does not match the one in URI which is not allowed on this server`)
  }
}

function checkTime(now: number, title: string, validityMs: number, message: SignInMessage): void {
  const { issuedAt, expiresAt, notBefore } = message
  if (notBefore !== undefined && now < notBefore) {
    throw refuse(`Signed ${title} message becomes valid in the future`)
  }
  if (expiresAt !== undefined && now > expiresAt) throw refuse(`Signed ${title} message is expired`)
  if (now > issuedAt + validityMs) throw refuse(`${title} message was issued too long ago`)
  if (now < issuedAt - validityMs) throw refuse(`${title} message was issued too far in the future`)
}
