import { useEffect } from 'react'
import { type Overview, type TableSummary, useAsk } from './api.ts'
import { Sidebar } from './parts/sidebar.tsx'
import { type Route, useRoute } from './route.ts'
import { OverviewView } from './views/overview.tsx'
import { SqlView } from './views/sql.tsx'
import { StorageView } from './views/storage.tsx'
import { TableView } from './views/table.tsx'
import { UsersView } from './views/users.tsx'

export function App() {
  const route = useRoute()
  const overview = useAsk<Overview>('/api/overview')
  const tables = useAsk<TableSummary[]>('/api/tables')
  const title = titleOf(route)
  useEffect(() => {
    document.title = `${title} · ${overview.data?.title ?? 'Studio'}`
  }, [title, overview.data?.title])
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <Sidebar route={route} overview={overview} tables={tables} />
      <main id="main" tabIndex={-1}>
        {route.view === 'overview' && <OverviewView overview={overview} tables={tables} />}
        {route.view === 'table' && <TableView key={`${route.schema}.${route.table}`} {...route} />}
        {route.view === 'users' && <UsersView />}
        {route.view === 'storage' && <StorageView bucket={route.bucket} />}
        {route.view === 'sql' && <SqlView />}
      </main>
    </>
  )
}

function titleOf(route: Route): string {
  if (route.view === 'table') return `${route.schema}.${route.table}`
  return { overview: 'Overview', users: 'Users', storage: 'Storage', sql: 'SQL' }[route.view]
}
