import type { LoadedVariable } from '../env/load.ts'

/** Shorter values stand in too many places by chance. */
const shortest = 12

/** Finds values that are secret (encrypted in an env file, or of a declared name) in what is about to be committed. */
export function createKnownValues(
  variables: Iterable<LoadedVariable>,
  secrets: ReadonlySet<string>,
): (text: string) => { name: string; offset: number } | undefined {
  const known = [...variables].filter(
    ({ name, value, encrypted }) => value.length >= shortest && (encrypted || secrets.has(name)),
  )
  return text => {
    for (const { name, value } of known) {
      const offset = text.indexOf(value)
      if (offset >= 0) return { name, offset }
    }
    return undefined
  }
}
