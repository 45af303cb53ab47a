/** A piece of a statement: text and the values that stand in it. Values never become text; `render` numbers them. */
export interface Sql {
  readonly parts: readonly (string | Parameter)[]
}

interface Parameter {
  readonly value: string | null
}

/** What goes to the database: text with $1, $2 … and their values. */
export interface Statement {
  readonly text: string
  readonly values: readonly (string | null)[]
}

/** Composes pieces; what is inserted is always a piece itself, so that no text from outside gets in by accident. */
export function sql(strings: TemplateStringsArray, ...inserts: readonly Sql[]): Sql {
  const parts: (string | Parameter)[] = []
  for (const [index, text] of strings.entries()) {
    if (text !== '') parts.push(text)
    const insert = inserts[index]
    if (insert) parts.push(...insert.parts)
  }
  return { parts }
}

export const nothing: Sql = { parts: [] }

/** A value from outside, sent apart from the text. PostgreSQL gives it the type that its place asks for. */
export function value(of: string | number | null): Sql {
  return { parts: [{ value: of === null ? null : String(of) }] }
}

/** A name of a table, column or function, in quotes. */
export function ident(name: string): Sql {
  return { parts: [`"${name.replaceAll('\0', '').replaceAll('"', '""')}"`] }
}

/** `"schema"."name"` */
export function qualified({ schema, name }: { readonly schema: string; readonly name: string }): Sql {
  return sql`${ident(schema)}.${ident(name)}`
}

/** Text that this service or the catalogue made (keywords, operators, type names): never what a caller sent. */
export function trusted(text: string): Sql {
  return { parts: [text] }
}

export function join(pieces: readonly Sql[], separator: string): Sql {
  const parts: (string | Parameter)[] = []
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) parts.push(separator)
    parts.push(...piece.parts)
  }
  return { parts }
}

export function render({ parts }: Sql): Statement {
  const values: (string | null)[] = []
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') text += part
    else text += `$${values.push(part.value)}`
  }
  return { text, values }
}
