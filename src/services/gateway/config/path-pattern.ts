export type PathPattern = { readonly prefix: string } | { readonly regex: RegExp }

/** Letters that a plain path is written with; before format 3.0 any other made it a regular expression. */
const plain = /^[A-Za-z0-9._~/%-]*$/

/** How a route's path is compared: `~` begins a regular expression, which holds from the path's begin on; anything else is a prefix. */
export function pathPattern(path: string, format: string): PathPattern | { readonly problem: string } {
  const marked = path.startsWith('~')
  if (!marked && (format === '3.0' || plain.test(path))) return { prefix: path }
  // Named groups are written both ways in Perl's expressions, one way in ours.
  const source = (marked ? path.slice(1) : path).replaceAll('(?P<', '(?<')
  try {
    return { regex: new RegExp(`^(?:${source})`) }
  } catch {
    return { problem: `${path} is no regular expression that is understood here` }
  }
}
