import { type ReactNode, useState } from 'react'
import type { Cell } from '../api.ts'

export interface GridColumn {
  readonly name: string
  readonly note?: string | undefined
  readonly mark?: ReactNode
}

interface GridProps {
  readonly label: string
  readonly columns: readonly GridColumn[]
  readonly rows: readonly (readonly Cell[])[]
  readonly firstRow?: number
  readonly sort?: { column: string; order: 'asc' | 'desc' } | undefined
  readonly onSort?: (column: string) => void
}

/** Rows as PostgreSQL prints them. A value that is cut opens on a click. */
export function Grid({ label, columns, rows, firstRow = 1, sort, onSort }: GridProps) {
  const [open, setOpen] = useState<string>()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <section className="scroll" aria-label={label} tabIndex={0}>
      <table className="grid">
        <thead>
          <tr>
            <th className="number" scope="col">
              <span className="unseen">Row</span>#
            </th>
            {columns.map(column => (
              <th key={column.name} scope="col" aria-sort={ariaSort(sort, column.name)}>
                <Heading column={column} sort={sort} onSort={onSort} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity beyond their place on the page.
            <tr key={r}>
              <td className="number">{firstRow + r}</td>
              {row.map((value, c) => {
                const id = `${r}:${c}`
                return (
                  <td key={columns[c]?.name ?? id}>
                    <Value
                      value={value}
                      open={open === id}
                      toggle={() => setOpen(open === id ? undefined : id)}
                    />
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Heading({ column, sort, onSort }: { column: GridColumn } & Pick<GridProps, 'sort' | 'onSort'>) {
  const inside = (
    <>
      <span className="name">
        {column.mark}
        {column.name}
      </span>
      {column.note && <span className="note">{column.note}</span>}
    </>
  )
  if (!onSort) return <div className="heading">{inside}</div>
  const direction = sort?.column === column.name ? (sort.order === 'asc' ? '↑' : '↓') : ''
  return (
    <button
      type="button"
      className="heading"
      onClick={() => onSort(column.name)}
      title={`Sort by ${column.name}`}
    >
      {inside}
      <span className="direction" aria-hidden="true">
        {direction}
      </span>
    </button>
  )
}

function Value({ value, open, toggle }: { value: Cell; open: boolean; toggle: () => void }) {
  if (value === null) return <span className="null">NULL</span>
  if (value === '') return <span className="null">empty</span>
  if (value.length <= 60 && !value.includes('\n')) return <span className="value">{value}</span>
  return (
    <button
      type="button"
      className={open ? 'value long open' : 'value long'}
      aria-expanded={open}
      onClick={toggle}
    >
      {open ? pretty(value) : value.slice(0, 120)}
    </button>
  )
}

/** JSON over several lines; anything else as it is. */
function pretty(value: string): string {
  if (!/^[[{]/.test(value)) return value
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}

function ariaSort(sort: GridProps['sort'], column: string) {
  if (sort?.column !== column) return undefined
  return sort.order === 'asc' ? 'ascending' : 'descending'
}
