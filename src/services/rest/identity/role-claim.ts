/** Steps into claims: names of properties, and places in lists. */
export type ClaimPath = readonly (string | number)[]

/** Reads a JSPath: `.role`, `.app."https://x/roles"[0]`. Throws when it cannot be read. */
export function readClaimPath(path: string): ClaimPath {
  const form = /\.(?:"([^"]*)"|([\p{L}\p{N}_$@]+))(?:\[(\d+)\])?/uy
  const steps: (string | number)[] = []
  while (form.lastIndex < path.length) {
    const found = form.exec(path)
    if (!found) throw new Error(`"${path}" cannot be read as a path`)
    const [, quoted, plain, index] = found
    steps.push(quoted ?? plain ?? '')
    if (index !== undefined) steps.push(Number(index))
  }
  return steps
}

/** The path as PostgREST's configuration shows it: `."app"[0]`. */
export function claimPathText(path: ClaimPath): string {
  return path.map(step => (typeof step === 'number' ? `[${step}]` : `.${JSON.stringify(step)}`)).join('')
}

/** Finds what stands there; undefined when there is nothing. */
export function claimAt(claims: unknown, path: ClaimPath): unknown {
  let at = claims
  for (const step of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) !== (typeof step === 'number'))
      return undefined
    at = Object.hasOwn(at, step) ? (at as Record<string | number, unknown>)[step] : undefined
  }
  return at
}
