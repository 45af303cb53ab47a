/** How narrow a route's hosts are: plain names count more than those with a wildcard, any more than none. */
export function hostRules(hosts: readonly string[] | undefined): number {
  if (!hosts) return 0
  return hosts.some(host => host.includes('*')) ? 1 : 2
}

/** `*.example.com` and `example.*` stand for any name that ends or begins so; a port counts only where it is written. */
export function isOneOf(hosts: readonly string[], given: string): boolean {
  const whole = given.toLowerCase()
  const name = whole.replace(/:\d+$/, '')
  return hosts.some(host => {
    const asked = /:\d+$/.test(host) ? whole : name
    if (host.startsWith('*.')) return asked.endsWith(host.slice(1))
    if (host.endsWith('.*')) return asked.startsWith(host.slice(0, -1))
    return host === asked
  })
}
