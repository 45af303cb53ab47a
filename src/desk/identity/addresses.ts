/** The addresses under which one desk is reached: `http://127.0.0.1:4281` first, then its other names. No slash at the end. */
export interface DeskAddresses {
  all(): readonly string[]
}

/** One listener on loopback has several names; clients use any of them, and what they are told must match. */
export function namesOf(origin: string): string[] {
  const { protocol, hostname, port } = new URL(origin)
  const loopback = ['127.0.0.1', 'localhost', '[::1]']
  if (!loopback.includes(hostname)) return [origin]
  const others = loopback.map(name => `${protocol}//${name}${port === '' ? '' : `:${port}`}`)
  return [origin, ...others.filter(other => other !== origin)]
}

/** Where the MCP face is, and the OAuth2 endpoints, below the desk's address. */
export const paths = {
  mcp: '/mcp',
  token: '/oauth/token',
  register: '/oauth/register',
  authorize: '/oauth/authorize',
  keys: '/oauth/jwks.json',
  resource: '/.well-known/oauth-protected-resource',
  server: '/.well-known/oauth-authorization-server',
  openid: '/.well-known/openid-configuration',
} as const

/** The desk's address as this request names it, if that is one of ours; else the first. What a metadata document says must match where it was asked. */
export function addressFor(addresses: DeskAddresses, host: string | undefined): string {
  const all = addresses.all()
  const named = all.find(address => new URL(address).host === host?.toLowerCase())
  return named ?? all[0] ?? ''
}

/** Resources that tokens are for: the desk (with everything below it), or its MCP face alone. */
export function isResource(addresses: DeskAddresses, resource: string): boolean {
  return resourcesOf(addresses).includes(resource.replace(/\/$/, ''))
}

export function resourcesOf(addresses: DeskAddresses): string[] {
  return addresses.all().flatMap(address => [address, `${address}${paths.mcp}`])
}
