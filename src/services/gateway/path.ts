/**
 * The path as Kong reads it before it looks for a route: needless percent-encoding undone, dot segments resolved, slashes merged.
 * Without this `/open/../closed` or `//closed` would go round the plugins of `/closed` to a service that reads it so.
 */
export function normalizePath(path: string): string {
  if (!needsWork.test(path)) return path
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (whole, hex: string) => {
    const letter = String.fromCharCode(Number.parseInt(hex, 16))
    return unreserved.test(letter) ? letter : whole.toUpperCase()
  })
  const kept: string[] = []
  const segments = decoded.split('/')
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(segment)
  }
  const last = segments[segments.length - 1]
  const folder = kept.length > 0 && (last === '' || last === '.' || last === '..')
  return `/${kept.join('/')}${folder ? '/' : ''}`
}

const needsWork = /%|\/\.|\/\//
const unreserved = /[A-Za-z0-9\-._~]/
