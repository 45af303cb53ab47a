import type { TomlDocument, TomlEntry, TomlTable } from '../toml/document.ts'
import type { Edit } from '../toml/edits.ts'
import { endOfLine, startOfLine, trimmedEnd } from '../toml/scan.ts'

/** Edits of a document that leave its comments, its order and its indentation as they are. */
export class Editor {
  readonly document: TomlDocument
  private readonly text: string
  private readonly eol: string
  private byPath: Map<string, TomlTable> | undefined

  constructor(document: TomlDocument) {
    this.document = document
    this.text = document.text
    this.eol = document.text.includes('\r\n') ? '\r\n' : '\n'
  }

  tables(matches: (path: readonly PropertyKey[], kind: TomlTable['kind']) => boolean): TomlTable[] {
    return this.document.tables.filter(({ path, kind }) => matches(path, kind))
  }

  /** The first table with that path. */
  tableAt(path: readonly PropertyKey[]): TomlTable | undefined {
    if (!this.byPath) {
      this.byPath = new Map()
      for (const table of this.document.tables) {
        const key = JSON.stringify(table.path)
        if (!this.byPath.has(key)) this.byPath.set(key, table)
      }
    }
    return this.byPath.get(JSON.stringify(path))
  }

  valueText(entry: TomlEntry): string {
    return this.text.slice(...entry.valueRange)
  }

  setValue(entry: TomlEntry, text: string): Edit[] {
    return [{ start: entry.valueRange[0], end: entry.valueRange[1], text }]
  }

  renameKey(entry: TomlEntry, key: string): Edit[] {
    return entry.dotted ? [] : [{ start: entry.keyRange[0], end: entry.keyRange[1], text: key }]
  }

  setHeader(table: TomlTable, header: string): Edit[] {
    return [{ start: table.header[0], end: table.header[1], text: header }]
  }

  /** Takes an entry out; a comment behind it stays, on a line of its own. */
  remove(entry: TomlEntry): Edit[] {
    const start = startOfLine(this.text, entry.range[0])
    const indent = this.text.slice(start, entry.range[0])
    if (indent.trim() !== '') return []
    const comment = this.commentBehind(entry)
    if (comment) return [{ start: entry.range[0], end: entry.range[1] + comment.gap, text: '' }]
    return [{ start, end: endOfLine(this.text, entry.range[1]), text: '' }]
  }

  /** Moves an entry to the end of another table, with the comment behind it. Empty when it stands where no edit can reach. */
  move(entry: TomlEntry, target: TomlTable, line: { key?: string; value?: string } = {}): Edit[] {
    const key = line.key ?? entry.key
    const start = startOfLine(this.text, entry.range[0])
    if (this.text.slice(start, entry.range[0]).trim() !== '') return []
    const removal: Edit = { start, end: endOfLine(this.text, entry.range[1]), text: '' }
    if (target.entries.some(other => other.key === key && other !== entry)) return this.remove(entry)
    const comment = this.commentBehind(entry)
    const behind = comment ? ` ${comment.text}` : ''
    const text = `${key} = ${line.value ?? this.valueText(entry)}${behind}`
    return [removal, ...this.insert(target, text, entry.range[0])]
  }

  /** Adds a line at the end of what a table says itself. */
  insert(table: TomlTable, line: string, origin?: number): Edit[] {
    const last = table.entries.at(-1)
    const from = origin === undefined ? {} : { origin }
    if (!last && table.kind === 'root') return [{ start: 0, end: 0, text: `${line}${this.eol}`, ...from }]
    const anchor = last ? last.range[1] : table.header[1]
    const indent = last ? this.indentAt(last.range[0]) : `${this.indentAt(table.header[0])}  `
    const at = trimmedEnd(this.text, anchor)
    return [
      { start: at, end: at, text: `${this.eol}${indent}` },
      { start: at, end: at, text: line, ...from },
    ]
  }

  /** Adds a line directly below the header. */
  insertFirst(table: TomlTable, line: string): Edit[] {
    const at = trimmedEnd(this.text, table.header[1])
    const first = table.entries[0]
    const indent = first ? this.indentAt(first.range[0]) : `${this.indentAt(table.header[0])}  `
    return [{ start: at, end: at, text: `${this.eol}${indent}${line}` }]
  }

  /** Adds a section at the end of the file. */
  append(lines: readonly string[]): Edit[] {
    const at = this.text.length
    const gap = this.text === '' || this.text.endsWith('\n') ? this.eol : `${this.eol}${this.eol}`
    return [{ start: at, end: at, text: `${gap}${lines.join(this.eol)}${this.eol}` }]
  }

  /** A header line directly above another header. */
  insertHeaderBefore(table: TomlTable, header: string): Edit[] {
    const start = startOfLine(this.text, table.header[0])
    const indent = this.indentAt(table.header[0]).slice(2)
    return [{ start, end: start, text: `${indent}${header}${this.eol}` }]
  }

  indentAt(offset: number): string {
    return /^[ \t]*/.exec(this.text.slice(startOfLine(this.text, offset)))?.[0] ?? ''
  }

  private commentBehind(entry: TomlEntry): { text: string; gap: number } | undefined {
    const behind = this.text.slice(entry.range[1], trimmedEnd(this.text, entry.range[1]))
    const hash = behind.indexOf('#')
    return hash === -1 ? undefined : { text: behind.slice(hash), gap: hash }
  }
}
