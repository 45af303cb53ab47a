import { errors } from '../errors.ts'

/** What a wallet signed (EIP-4361 and its like for Solana), line by line. Times in milliseconds since 1970. */
export interface SignInMessage {
  readonly raw: string
  /** Who asks, as the wallet shows it: a host, with its port if it has one. */
  readonly domain: string
  readonly address: string
  readonly statement: string | undefined
  readonly uri: URL
  readonly chainId: string
  readonly issuedAt: number
  readonly expiresAt: number | undefined
  readonly notBefore: number | undefined
}

/** What differs between chains. */
export interface MessageRules {
  /** Before every refusal: `siwe`, `siws`. */
  readonly name: string
  /** As the first line says it. */
  readonly chain: string
  readonly address: RegExp
  readonly badAddress: string
  readonly isChainId: (text: string) => boolean
}

const domainPattern =
  /^(localhost|(?:[a-zA-Z\d](?:[a-zA-Z\d-]{0,61}[a-zA-Z\d])?\.)+[a-zA-Z]{2,})(?::\d{1,5})?$/

/** Throws validation_failed for a message that is not of this form. */
export function parseMessage(raw: string, rules: MessageRules): SignInMessage {
  const refuse = (why: string) => errors.badRequest(`${rules.name}: ${why}`)
  const lines = raw.split('\n')
  if (lines.length < 6) throw refuse('message needs at least 6 lines')
  const [first = '', second = '', third, fourth, fifth] = lines
  const ending = ` wants you to sign in with your ${rules.chain} account:`
  if (!first.endsWith(ending)) {
    throw refuse(`message first line does not end in ${JSON.stringify(ending)}`)
  }
  const domain = first.slice(0, -ending.length).trim()
  if (!domainPattern.test(domain)) throw refuse('domain in first line of message is not valid')
  const address = second.trim()
  if (!rules.address.test(address)) throw refuse(rules.badAddress)
  if (third !== '') throw refuse('third line must be empty')
  const statement = fourth !== '' && fifth === '' ? fourth : undefined
  const fields = readFields(lines, statement === undefined ? 3 : 5, refuse)

  const version = fields.get('Version') ?? ''
  if (version !== '1') {
    throw refuse(`Version value is not supported, expected 1 got ${JSON.stringify(version)}`)
  }
  const uri = fields.get('URI')
  if (uri === undefined) throw refuse('URI is not specified')
  if (!URL.canParse(uri)) throw refuse('URI is not valid')
  const chainId = fields.get('Chain ID') ?? ''
  if (fields.has('Chain ID') && !rules.isChainId(chainId)) throw refuse('Chain ID is not valid')
  const time = (name: string) => {
    const text = fields.get(name)
    if (text === undefined) return undefined
    const ms = timeOf(text)
    if (ms === undefined) throw refuse(`${name} is not a valid ISO8601 timestamp`)
    return ms
  }
  const [issuedAt, expiresAt, notBefore] = [time('Issued At'), time('Expiration Time'), time('Not Before')]
  if (issuedAt === undefined) throw refuse('Issued At is not specified')
  if (expiresAt !== undefined && issuedAt > expiresAt) throw refuse('Issued At is after Expiration Time')
  if (expiresAt !== undefined && notBefore !== undefined && notBefore > expiresAt) {
    throw refuse('Not Before is after Expiration Time')
  }
  return {
    raw,
    domain,
    address,
    statement,
    uri: new URL(uri),
    chainId,
    issuedAt,
    expiresAt,
    notBefore,
  }
}

function readFields(
  lines: readonly string[],
  from: number,
  refuse: (why: string) => Error,
): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  let inResources = false
  let resources = 0
  for (const [index, untrimmed] of lines.entries()) {
    const line = untrimmed.trim()
    if (index < from || line === '') continue
    if (inResources && line.startsWith('- ')) {
      if (!URL.canParse(line.slice(2).trim()))
        throw refuse(`Resource at position ${resources} has invalid URI`)
      resources++
      continue
    }
    inResources = line === 'Resources:'
    if (inResources) continue
    const at = line.indexOf(':')
    if (at < 0) throw refuse(`encountered unparsable line at index ${index}`)
    fields.set(line.slice(0, at), line.slice(at + 1).trim())
  }
  return fields
}

/** RFC 3339. */
function timeOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
