import { useCallback, useState } from 'react'
import { type RowsPage, type TableDetail, useAsk } from '../api.ts'
import { bytes } from '../format.ts'
import { Grid } from '../parts/grid.tsx'
import { Icon } from '../parts/icon.tsx'
import { Pager } from '../parts/pager.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { Badge, Empty, Failure, Loading } from '../parts/states.tsx'
import { href } from '../route.ts'
import { Security } from './overview.tsx'

type Tab = 'rows' | 'columns' | 'policies'
const pageSize = 50

export function TableView({ schema, table, tab }: { schema: string; table: string; tab: Tab }) {
  const path = `/api/tables/${encodeURIComponent(schema)}/${encodeURIComponent(table)}`
  const detail = useAsk<TableDetail>(path)
  if (detail.state === 'failed') return <Failure problem={detail.problem} retry={detail.reload} />
  if (!detail.data) return <Loading what={`${schema}.${table}`} />
  const tabs: Record<Tab, string> = {
    rows: 'Rows',
    columns: `Columns ${detail.data.columns.length}`,
    policies: `Policies ${detail.data.policyList.length}`,
  }
  return (
    <>
      <header className="top">
        <div>
          <h1>
            <span className="quiet">{schema}.</span>
            {table}
          </h1>
          <p className="quiet">
            {detail.data.comment ?? `${detail.data.kind}, ${bytes(detail.data.bytes)}`}{' '}
          </p>
        </div>
        <span className="security">
          Row-level security <Security table={detail.data} />
        </span>
      </header>
      <nav className="tabs" aria-label="Parts of the table">
        {(Object.keys(tabs) as Tab[]).map(name => (
          <a
            key={name}
            href={href({ view: 'table', schema, table, tab: name })}
            aria-current={tab === name ? 'page' : undefined}
          >
            {tabs[name]}
          </a>
        ))}
      </nav>
      {tab === 'rows' && <Rows path={path} detail={detail.data} />}
      {tab === 'columns' && <Columns detail={detail.data} />}
      {tab === 'policies' && <Policies detail={detail.data} />}
    </>
  )
}

function Rows({ path, detail }: { path: string; detail: TableDetail }) {
  const [offset, setOffset] = useState(0)
  const [sort, setSort] = useState<{ column: string; order: 'asc' | 'desc' }>()
  const [filterColumn, setFilterColumn] = useState(detail.columns[0]?.name ?? '')
  const [filterText, setFilterText] = useState('')
  const search = useCallback((text: string) => {
    setFilterText(text)
    setOffset(0)
  }, [])
  const query = new URLSearchParams({ limit: String(pageSize), offset: String(offset) })
  if (sort) {
    query.set('sort', sort.column)
    query.set('order', sort.order)
  }
  if (filterText) {
    query.set('filterColumn', filterColumn)
    query.set('filterText', filterText)
  }
  const page = useAsk<RowsPage>(`${path}/rows?${query}`)
  const turn = (column: string) => {
    setOffset(0)
    setSort(now => {
      if (now?.column !== column) return { column, order: 'asc' }
      return now.order === 'asc' ? { column, order: 'desc' } : undefined
    })
  }
  const columns = detail.columns.map(column => ({
    name: column.name,
    note: column.type,
    mark: column.primaryKey ? <Icon name="key" /> : undefined,
  }))
  return (
    <>
      <div className="bar">
        <label className="select">
          <span className="unseen">Column to search</span>
          <select value={filterColumn} onChange={event => setFilterColumn(event.target.value)}>
            {detail.columns.map(column => (
              <option key={column.name}>{column.name}</option>
            ))}
          </select>
        </label>
        <SearchBox label="contains …" onChange={search} />
        <button type="button" className="button" onClick={page.reload}>
          <Icon name="refresh" /> Refresh
        </button>
        <span className="space" />
        {page.data && (
          <Pager
            offset={offset}
            limit={pageSize}
            total={page.data.total}
            exact={page.data.exact}
            onMove={setOffset}
          />
        )}
      </div>
      {page.state === 'failed' && <Failure problem={page.problem} retry={page.reload} />}
      {page.state === 'loading' && !page.data && <Loading what="rows" />}
      {page.data && page.data.rows.length === 0 && (
        <Empty icon="table" title={filterText ? 'No row matches' : 'This table has no rows'}>
          {filterText
            ? `No ${filterColumn} contains “${filterText}”.`
            : 'Rows that are inserted appear after a refresh.'}
        </Empty>
      )}
      {page.data && page.data.rows.length > 0 && (
        <Grid
          label={`Rows of ${detail.name}`}
          columns={columns}
          rows={page.data.rows}
          firstRow={offset + 1}
          sort={sort}
          onSort={turn}
        />
      )}
    </>
  )
}

function Columns({ detail }: { detail: TableDetail }) {
  return (
    <section className="card">
      <table className="plain">
        <caption>Columns of {detail.name}</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            <th scope="col">Null</th>
            <th scope="col">Default</th>
            <th scope="col">References</th>
          </tr>
        </thead>
        <tbody>
          {detail.columns.map(column => (
            <tr key={column.name}>
              <td>
                <code>{column.name}</code> {column.primaryKey && <Badge tone="neutral">primary key</Badge>}
                {column.comment && <div className="quiet">{column.comment}</div>}
              </td>
              <td>
                <code>{column.type}</code>
              </td>
              <td>{column.nullable ? 'yes' : 'no'}</td>
              <td>{column.generated ? 'generated' : column.default && <code>{column.default}</code>}</td>
              <td>{column.references && <code>{column.references}</code>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {detail.indexes.length > 0 && (
        <div className="inside">
          <h2>Indexes</h2>
          {detail.indexes.map(index => (
            <pre key={index.name}>{index.definition}</pre>
          ))}
        </div>
      )}
    </section>
  )
}

function Policies({ detail }: { detail: TableDetail }) {
  if (!detail.rls && detail.kind.endsWith('table')) {
    return (
      <Empty icon="shield" title="Row-level security is off">
        <p>Whoever may use the table sees and changes all its rows. To turn it on:</p>
        <pre>
          alter table {detail.schema}.{detail.name} enable row level security;
        </pre>
      </Empty>
    )
  }
  if (detail.policyList.length === 0) {
    return (
      <Empty icon="shield" title="No policies">
        Row-level security is on and nothing is allowed: only the service role reaches these rows.
      </Empty>
    )
  }
  return (
    <ul className="policies">
      {detail.policyList.map(policy => (
        <li key={policy.name} className="card inside">
          <h2>{policy.name}</h2>
          <p>
            <Badge tone="neutral">{policy.command}</Badge>{' '}
            {!policy.permissive && <Badge tone="warn">restrictive</Badge>}{' '}
            <span className="quiet">to {policy.roles.join(', ')}</span>
          </p>
          {policy.using && (
            <pre>
              <b>using</b> {policy.using}
            </pre>
          )}
          {policy.check && (
            <pre>
              <b>with check</b> {policy.check}
            </pre>
          )}
        </li>
      ))}
    </ul>
  )
}
