import type { Loaded, Overview, TableSummary } from '../api.ts'
import { bytes, count, moment } from '../format.ts'
import { Icon } from '../parts/icon.tsx'
import { Badge, Empty, Failure, Loading } from '../parts/states.tsx'
import { href } from '../route.ts'

interface OverviewProps {
  readonly overview: Loaded<Overview> & { reload: () => void }
  readonly tables: Loaded<TableSummary[]> & { reload: () => void }
}

export function OverviewView({ overview, tables }: OverviewProps) {
  if (overview.state === 'failed') return <Failure problem={overview.problem} retry={overview.reload} />
  const facts = overview.data
  if (!facts) return <Loading what="the overview" />
  return (
    <>
      <header className="top">
        <div>
          <h1>{facts.title}</h1>
          <p className="quiet">
            PostgreSQL {facts.version}, up since {moment(facts.startedAt)}
          </p>
        </div>
      </header>
      <dl className="tiles">
        <Tile label="Tables in public" value={facts.tables.toLocaleString('en')} />
        <Tile label="Users" value={facts.users?.toLocaleString('en') ?? '–'} link={href({ view: 'users' })} />
        <Tile
          label="Buckets"
          value={facts.buckets?.toLocaleString('en') ?? '–'}
          link={href({ view: 'storage' })}
        />
        <Tile label="Database size" value={bytes(facts.bytes)} />
      </dl>
      {facts.open > 0 && (
        <div className="notice" role="note">
          <Icon name="shield" />
          <p>
            <strong>
              {count(facts.open, 'table')} in public {facts.open === 1 ? 'has' : 'have'} row-level security
              off.
            </strong>{' '}
            Whoever has the anon key can read and change every row of {facts.open === 1 ? 'it' : 'them'}.
          </p>
        </div>
      )}
      <PublicTables tables={tables} />
    </>
  )
}

function PublicTables({ tables }: Pick<OverviewProps, 'tables'>) {
  if (tables.state === 'failed') return <Failure problem={tables.problem} retry={tables.reload} />
  if (!tables.data) return <Loading what="tables" />
  const shown = tables.data.filter(table => table.schema === 'public')
  if (shown.length === 0) {
    return (
      <Empty icon="table" title="No tables in public yet">
        <p>Connect with psql or run a migration, and what it creates appears here:</p>
        <pre>create table todos (id bigint generated always as identity primary key, title text);</pre>
      </Empty>
    )
  }
  return (
    <section className="card">
      <table className="plain">
        <caption>Tables in public</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Row-level security</th>
            <th scope="col" className="right">
              Rows
            </th>
            <th scope="col" className="right">
              Size
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(table => (
            <tr key={table.name}>
              <td>
                <a href={href({ view: 'table', schema: table.schema, table: table.name, tab: 'rows' })}>
                  {table.name}
                </a>
                {table.comment && <div className="quiet">{table.comment}</div>}
              </td>
              <td>
                <Security table={table} />
              </td>
              <td className="right">
                {table.estimatedRows === null ? '–' : `≈ ${table.estimatedRows.toLocaleString('en')}`}
              </td>
              <td className="right">{bytes(table.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

export function Security({ table }: { table: Pick<TableSummary, 'kind' | 'rls' | 'policies'> }) {
  if (!table.kind.endsWith('table')) return <Badge tone="neutral">{table.kind}</Badge>
  if (!table.rls) return <Badge tone="warn">off</Badge>
  return (
    <Badge tone="good">
      on, {table.policies === 0 ? 'no policies' : count(table.policies, 'policy', 'policies')}
    </Badge>
  )
}

function Tile({ label, value, link }: { label: string; value: string; link?: string }) {
  return (
    <div className="tile">
      <dt>{label}</dt>
      <dd>{link ? <a href={link}>{value}</a> : value}</dd>
    </div>
  )
}
