import { style, visibleLength } from './style.ts'

/** Columns under headings, as wide as their widest cell. `empty` is said when there are no rows. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  empty: string,
): string {
  if (rows.length === 0) return empty
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map(row => visibleLength(row[column] ?? ''))),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === cells.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - visibleLength(cell)),
      )
      .join('  ')
      .trimEnd()
  return [line(headings.map(heading => style.dim(heading))), ...rows.map(line)].join('\n')
}

/** Names and values, one pair a line. */
export function pairs(entries: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${style.dim(name.padEnd(width))}  ${value}`).join('\n')
}
