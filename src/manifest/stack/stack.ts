import type { Position } from '../toml/lines.ts'
import type { Condition } from './condition.ts'

/** A stack as the program works with it: defaults filled in, paths resolved, checked. */
export interface Stack {
  /** The hangar.toml it came from, as it was given. */
  readonly file: string
  /** Absolute folder of that file. */
  readonly directory: string
  readonly name: string
  readonly description: string | undefined
  /** Names of `{placeholders}` in the files; empty for a stack that is no template. */
  readonly parameters: readonly string[]
  /** Idle minutes until the whole stack sleeps; undefined: not declared, 0: never. */
  readonly autoStopMinutes: number | undefined
  /** Env files in order, absolute; later ones win. */
  readonly envFiles: { readonly local: readonly string[]; readonly fly: readonly string[] }
  /** In the order of `needs`: whoever is needed comes first. */
  readonly apps: readonly StackApp[]
  readonly resources: readonly StackResource[]
  readonly secrets: readonly SecretDeclaration[]
}

export interface StackApp {
  /** Its name in hangar.toml. The name on Fly is `app` of its fly.toml. */
  readonly name: string
  readonly description: string | undefined
  /** Absolute path of its fly.toml. */
  readonly flyFile: string
  /** Absolute folder in which its commands run. */
  readonly directory: string
  readonly needs: readonly string[]
  readonly build: string | undefined
  /** Command by process group; undefined when the image is run. */
  readonly run: Readonly<Record<string, string>> | undefined
  /** Variables of this machine only. */
  readonly env: Readonly<Record<string, string>>
  readonly paths: readonly string[]
  readonly domains: readonly string[]
  readonly private: boolean
  readonly position: Position
}

export interface StackResource {
  readonly name: string
  readonly type: string
  readonly description: string | undefined
  readonly version: string | undefined
  readonly databases: readonly string[]
  readonly extensions: readonly string[]
  readonly provides: Readonly<Record<string, string>>
  readonly needs: readonly string[]
  readonly position: Position
}

/** One variable that apps must, or may, have. */
export interface SecretDeclaration {
  /** As the app sees it. */
  readonly name: string
  readonly description: string | undefined
  /** Apps that get it (names of hangar.toml, `*` resolved). */
  readonly apps: readonly string[]
  /** Without a condition. */
  readonly required: boolean
  readonly requiredWhen: Condition | undefined
  /** App → its name in the env files (the same name when it is not renamed). */
  readonly from: Readonly<Record<string, string>>
  /** Older names in the env files; reading one is worth a warning. */
  readonly legacyFrom: readonly string[]
  /** Absolute path of the file whose content is the value. */
  readonly fromFile: string | undefined
  readonly minLength: number | undefined
  /** The whole value must match. */
  readonly pattern: RegExp | undefined
  /** Bytes that the value must decode to. */
  readonly bytes: number | undefined
  readonly encoding: 'hex' | 'base64' | 'base64url' | 'text' | undefined
  /** The form in which it may be made up; undefined: it comes from outside. */
  readonly generate: 'hex' | 'base64' | 'base64url' | 'uuid' | undefined
  /** Belongs in [env], not in the secrets. */
  readonly public: boolean
  readonly rules: readonly SecretRule[]
  readonly position: Position
}

export interface SecretRule {
  readonly when: Condition | undefined
  readonly set: boolean
  readonly oneOf: readonly string[] | undefined
  readonly notOneOf: readonly string[] | undefined
  readonly minLength: number | undefined
  readonly pattern: RegExp | undefined
  readonly message: string | undefined
  readonly severity: 'error' | 'warning'
  readonly position: Position
}
