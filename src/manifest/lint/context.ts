import type { Severity } from '../errors.ts'
import type { FlyConfig } from '../fly/schema.ts'
import type { SecretDeclaration } from '../stack/stack.ts'
import type { TomlDocument, TomlEntry } from '../toml/document.ts'
import type { Edit } from '../toml/edits.ts'
import { Lines } from '../toml/lines.ts'
import { Editor } from './editor.ts'
import type { Finding } from './finding.ts'
import type { RuleName } from './rule-table.ts'

/** What the stack says about the app whose fly.toml is looked at. */
export interface AppView {
  readonly name: string
  /** Has no public address. */
  readonly private: boolean
  /** Idle minutes of the stack; undefined when it has none. */
  readonly autoStopMinutes: number | undefined
  /** Declarations for this app. */
  readonly declarations: readonly SecretDeclaration[]
}

interface Extra {
  readonly hint?: string | undefined
  readonly severity?: Severity
  readonly edits?: readonly Edit[]
}

/** What a rule sees of one fly.toml, and where it puts what it finds. */
export class FlyContext {
  readonly findings: Finding[] = []
  readonly document: TomlDocument
  /** What of it can be understood. */
  readonly fly: FlyConfig
  readonly editor: Editor
  readonly app: AppView | undefined
  private readonly lines: Lines
  private entries: Map<number, TomlEntry> | undefined

  constructor(document: TomlDocument, fly: FlyConfig, app: AppView | undefined) {
    this.document = document
    this.fly = fly
    this.app = app
    this.editor = new Editor(document)
    this.lines = new Lines(document.text)
  }

  say(rule: RuleName, at: readonly PropertyKey[], message: string, extra: Extra = {}): void {
    const { hint, severity, edits } = extra
    this.findings.push({
      rule,
      offset: this.offsetOf(at),
      message,
      edits: edits ?? [],
      ...(hint === undefined ? {} : { hint }),
      ...(severity === undefined ? {} : { severity }),
    })
  }

  /** The entry that is written at a path; undefined when it is within an inline table or not there. */
  entryAt(path: readonly PropertyKey[]): TomlEntry | undefined {
    this.entries ??= new Map(
      this.document.tables.flatMap(table =>
        table.entries.map((entry): [number, TomlEntry] => [entry.keyRange[0], entry]),
      ),
    )
    const entry = this.entries.get(this.offsetOf(path))
    return entry?.key === path.at(-1) ? entry : undefined
  }

  /** Edits that give the entry at a path another value. */
  setValue(path: readonly PropertyKey[], text: string): Edit[] {
    const entry = this.entryAt(path)
    return entry ? this.editor.setValue(entry, text) : []
  }

  private offsetOf(path: readonly PropertyKey[]): number {
    return this.lines.offsetOf(this.document.positionOf(path))
  }
}

export type FlyRule = (context: FlyContext) => void

/** A value that is filled in later: `{region}`. */
export function isPlaceholder(value: string): boolean {
  return /\{[a-z_]+\}/.test(value)
}
