import { useState } from 'react'
import type { Loaded, Overview, TableSummary } from '../api.ts'
import { href, type Route } from '../route.ts'
import { Icon, type IconName } from './icon.tsx'
import { ThemeButton } from './theme-button.tsx'

interface SidebarProps {
  readonly route: Route
  readonly overview: Loaded<Overview>
  readonly tables: Loaded<TableSummary[]>
}

export function Sidebar({ route, overview, tables }: SidebarProps) {
  const all = tables.data ?? []
  const schemas = [...new Set(all.map(table => table.schema))]
  const [chosen, setChosen] = useState<string>()
  const [filter, setFilter] = useState('')
  const schema = chosen ?? (route.view === 'table' ? route.schema : (schemas[0] ?? 'public'))
  const shown = all.filter(
    table => table.schema === schema && table.name.toLowerCase().includes(filter.toLowerCase()),
  )
  return (
    <nav className="sidebar" aria-label="Studio">
      <a className="brand" href={href({ view: 'overview' })}>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M4 27V15a12 12 0 0 1 24 0v12h-7V16a5 5 0 0 0-10 0v11z" />
        </svg>
        <span>
          <strong>Studio</strong>
          <small title={overview.data?.title}>{overview.data?.title ?? ' '}</small>
        </span>
      </a>
      <ul className="links">
        <Link icon="home" label="Overview" to={{ view: 'overview' }} current={route.view === 'overview'} />
        <Link icon="users" label="Users" to={{ view: 'users' }} current={route.view === 'users'} />
        <Link icon="bucket" label="Storage" to={{ view: 'storage' }} current={route.view === 'storage'} />
        <Link icon="code" label="SQL" to={{ view: 'sql' }} current={route.view === 'sql'} />
      </ul>
      <div className="picker">
        <label>
          <span className="unseen">Schema</span>
          <select value={schema} onChange={event => setChosen(event.target.value)}>
            {(schemas.length > 0 ? schemas : ['public']).map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          <span className="unseen">Filter tables</span>
          <input
            type="search"
            placeholder="Filter tables"
            value={filter}
            onChange={event => setFilter(event.target.value)}
          />
        </label>
      </div>
      <ul className="links tables" aria-label={`Tables of ${schema}`}>
        {shown.map(table => (
          <Link
            key={table.name}
            icon={table.kind.endsWith('view') ? 'view' : 'table'}
            label={table.name}
            to={{ view: 'table', schema: table.schema, table: table.name, tab: 'rows' }}
            current={route.view === 'table' && route.schema === table.schema && route.table === table.name}
            warning={table.kind.endsWith('table') && table.schema === 'public' && !table.rls}
          />
        ))}
        {tables.state === 'ready' && shown.length === 0 && (
          <li className="quiet none">{filter ? 'No table of that name' : 'No tables yet'}</li>
        )}
      </ul>
      <ThemeButton />
    </nav>
  )
}

interface LinkProps {
  readonly icon: IconName
  readonly label: string
  readonly to: Route
  readonly current: boolean
  readonly warning?: boolean
}

function Link({ icon, label, to, current, warning }: LinkProps) {
  return (
    <li>
      <a href={href(to)} aria-current={current ? 'page' : undefined} title={label}>
        <Icon name={icon} />
        <span className="label">{label}</span>
        {warning && (
          <span className="dot" title="Row-level security is off">
            <span className="unseen">row-level security is off</span>
          </span>
        )}
      </a>
    </li>
  )
}
