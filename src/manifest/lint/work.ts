import { HangarError } from '#kernel'
import type { Diagnostic } from '../errors.ts'
import { parseFlyDocument } from '../fly/read.ts'
import type { TomlDocument } from '../toml/document.ts'
import { applyEdits, type Edit } from '../toml/edits.ts'
import { Lines } from '../toml/lines.ts'
import type { Finding } from './finding.ts'
import { ruleTable } from './rule-table.ts'
import { wholeGroups } from './whole-groups.ts'

/** What was found in one file, and its text with everything mended that can be. */
export interface Analysis {
  readonly diagnostics: readonly Diagnostic[]
  readonly mended: string
}

type Parsed =
  | { readonly document: TomlDocument; readonly syntax?: undefined }
  | {
      readonly document?: undefined
      readonly syntax: readonly Diagnostic[]
    }

/** Nobody reads more about one file. */
const mostDiagnostics = 1000

/** A text as it is mended step by step, with the way back from each place to the text that was given. */
export class Work {
  text: string
  private readonly file: string
  private readonly lines: Lines
  private readonly ways: ((offset: number) => number)[] = []
  private readonly found = new Map<string, Diagnostic>()
  private readonly known: { text: string; parsed: Parsed }[] = []

  constructor(given: string, file: string) {
    this.text = given
    this.file = file
    this.lines = new Lines(given)
  }

  get document(): TomlDocument | undefined {
    return this.parse(this.text).document
  }

  /** One look at the text, and what can be mended of it; true when something was. */
  pass(look: (text: string) => readonly Finding[]): boolean {
    const findings = look(this.text)
    this.note(findings)
    return this.apply(findings.map(({ edits }) => edits))
  }

  /** The same for a text that is TOML; an edit after which it would be none is left out. */
  passDocument(look: (document: TomlDocument) => readonly Finding[]): boolean {
    const document = this.document
    if (!document) return false
    const findings = look(document)
    const groups = findings.map(({ edits }) => edits)
    if (this.staysToml(groups)) {
      this.note(findings)
      return this.apply(groups)
    }
    const kept = findings.map(finding =>
      this.staysToml([finding.edits]) ? finding : { ...finding, edits: [] },
    )
    this.note(kept)
    // One at a time: together they do not fit.
    const first = kept.find(({ edits }) => edits.length > 0)
    return first ? this.apply([first.edits]) : false
  }

  /** Notes why the text is no TOML. */
  reportSyntax(): void {
    const lines = new Lines(this.text)
    this.note(
      (this.parse(this.text).syntax ?? []).map(({ message, ...position }) => ({
        rule: 'syntax',
        offset: lines.offsetOf(position),
        message,
        edits: [],
      })),
    )
  }

  result(): Analysis {
    const diagnostics = [...this.found.values()].sort((a, b) => a.line - b.line || a.column - b.column)
    return { diagnostics, mended: this.text }
  }

  private parse(text: string): Parsed {
    const known = this.known.find(entry => entry.text === text)
    if (known) return known.parsed
    let parsed: Parsed
    try {
      parsed = { document: parseFlyDocument(text, this.file) }
    } catch (error) {
      if (!(error instanceof HangarError)) throw error
      parsed = { syntax: error.data?.['diagnostics'] as Diagnostic[] }
    }
    this.known.unshift({ text, parsed })
    this.known.length = Math.min(this.known.length, 2)
    return parsed
  }

  private staysToml(groups: readonly (readonly Edit[])[]): boolean {
    const edits = wholeGroups(groups)
    return edits.length === 0 || this.parse(applyEdits(this.text, edits).text).document !== undefined
  }

  private note(findings: readonly Finding[]): void {
    for (const { rule, offset, message, hint, severity, edits } of findings) {
      if (this.found.size >= mostDiagnostics) return
      let origin = offset
      for (let index = this.ways.length - 1; index >= 0; index--) origin = this.ways[index]!(origin)
      const position = this.lines.positionAt(origin)
      const key = `${rule}:${position.line}:${position.column}:${message}`
      if (this.found.has(key)) continue
      this.found.set(key, {
        file: this.file,
        ...position,
        rule,
        severity: severity ?? ruleTable[rule].severity,
        message,
        ...(hint === undefined ? {} : { hint }),
        ...(edits.length > 0 ? { fixable: true } : {}),
      })
    }
  }

  private apply(groups: readonly (readonly Edit[])[]): boolean {
    const edits = wholeGroups(groups)
    if (edits.length === 0) return false
    const edited = applyEdits(this.text, edits)
    if (edited.text === this.text) return false
    this.text = edited.text
    this.ways.push(edited.originOf)
    return true
  }
}
