/**
 * TOML text of plain values: strings, numbers, booleans, dates, lists, tables. What is undefined is left out.
 * Reading it again gives the same value.
 */
export function printToml(value: Readonly<Record<string, unknown>>): string {
  const lines: string[] = []
  printTable(value, [], lines)
  return `${lines.join('\n').replace(/^\n+/, '')}\n`
}

function printTable(
  table: Readonly<Record<string, unknown>>,
  path: readonly string[],
  lines: string[],
): void {
  const entries = Object.entries(table).filter(([, value]) => value !== undefined)
  for (const [key, value] of entries)
    if (!isSection(value)) lines.push(`${printKey(key)} = ${printValue(value)}`)
  for (const [key, value] of entries) {
    const here = [...path, key]
    const name = here.map(printKey).join('.')
    if (isTableList(value)) {
      for (const element of value) {
        lines.push('', `[[${name}]]`)
        printTable(element, here, lines)
      }
    } else if (isTable(value)) {
      lines.push('', `[${name}]`)
      printTable(value, here, lines)
    }
  }
}

function isSection(value: unknown): boolean {
  return isTable(value) || isTableList(value)
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function isTableList(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable)
}

/** A bare key where TOML allows one. */
export function printKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : printString(key)
}

export function printValue(value: unknown): string {
  if (typeof value === 'string') return printString(value)
  if (typeof value === 'number') return printNumber(value)
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return `[${value.map(printValue).join(', ')}]`
  const entries = Object.entries(value as Record<string, unknown>).filter(([, entry]) => entry !== undefined)
  if (entries.length === 0) return '{}'
  return `{ ${entries.map(([key, entry]) => `${printKey(key)} = ${printValue(entry)}`).join(', ')} }`
}

function printNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.0'
  // TOML wants digits on both sides of the point; an exponent makes a float without one.
  const text = String(value)
  return Number.isInteger(value) && !Number.isSafeInteger(value) && !text.includes('e') ? `${text}.0` : text
}

function printString(text: string): string {
  const escaped = text.replace(/["\\\u0000-\u001F\u007F]/g, char => {
    const short = shortEscapes[char]
    return short ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return `"${escaped}"`
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
}
