/** An app as far as the files of a folder tell. Paths are relative to the folder. */
export interface FoundApp {
  readonly name: string
  /** Its name on Fly; undefined when its fly.toml does not say. */
  readonly flyName: string | undefined
  readonly flyFile: string
  readonly directory: string
  /** Names in its [env]. */
  readonly variables: ReadonlySet<string>
  readonly isPrivate: boolean
  readonly needs: string[]
  /** Where its commands run, when that is not the folder of its fly.toml. */
  workDirectory?: string
  build?: string
  run?: string
  paths?: readonly string[]
}

export interface FoundResource {
  readonly name: string
  readonly type: string
  readonly version: string | undefined
}

/** A variable that the apps may need. */
export interface FoundSecret {
  readonly name: string
  /** Names of apps; empty when nothing tells. */
  readonly apps: Set<string>
  /** App → its name in the env files. */
  readonly from: Map<string, string>
  description?: string
  optional?: boolean
  isPublic?: boolean
}

/** What `hangar init` has read from a folder, and what it could not know. */
export interface Findings {
  readonly apps: FoundApp[]
  readonly resources: FoundResource[]
  readonly secrets: Map<string, FoundSecret>
  readonly envFiles: { local: string[]; fly: string[] }
  /** Sentences for the user, with the file they are about. */
  readonly notes: string[]
}

export function secretIn(findings: Findings, name: string): FoundSecret {
  const known = findings.secrets.get(name)
  if (known) return known
  const secret: FoundSecret = { name, apps: new Set(), from: new Map() }
  findings.secrets.set(name, secret)
  return secret
}

/** The app that a word means: its name, its name on Fly, or the last part of either. */
export function appFor(findings: Findings, word: string): FoundApp | undefined {
  const exact = findings.apps.find(({ name, flyName }) => name === word || flyName === word)
  if (exact) return exact
  const near = findings.apps.filter(
    ({ name, flyName }) => name.split('-').includes(word) || (flyName ?? '').split('-').includes(word),
  )
  return near.length === 1 ? near[0] : undefined
}
