/** Finds a value in claims by a JSPath: `.role`, `.app."https://x/roles"[0]`. Throws when the path cannot be read. */
export function compileClaimPath(path: string): (claims: unknown) => unknown {
  const steps: (string | number)[] = []
  const form = /\.?"([^"]*)"|\.([\w$@-]+)|\[(\d+)\]/y
  while (form.lastIndex < path.length) {
    const found = form.exec(path)
    if (!found) throw new Error(`"${path}" cannot be read as a path`)
    const [, quoted, plain, index] = found
    steps.push(index === undefined ? (quoted ?? plain ?? '') : Number(index))
  }
  return claims => {
    let at = claims
    for (const step of steps) {
      if (typeof at !== 'object' || at === null) return undefined
      at = (at as Record<string | number, unknown>)[step]
    }
    return at
  }
}
