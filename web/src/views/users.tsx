import { useCallback, useState } from 'react'
import { type UsersPage, useAsk } from '../api.ts'
import { moment } from '../format.ts'
import { Pager } from '../parts/pager.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { Badge, Empty, Failure, Loading } from '../parts/states.tsx'

const pageSize = 50

export function UsersView() {
  const [offset, setOffset] = useState(0)
  const [search, setSearch] = useState('')
  const find = useCallback((text: string) => {
    setSearch(text)
    setOffset(0)
  }, [])
  const page = useAsk<UsersPage>(
    `/api/users?${new URLSearchParams({ limit: `${pageSize}`, offset: `${offset}`, search })}`,
  )
  return (
    <>
      <header className="top">
        <div>
          <h1>Users</h1>
          <p className="quiet">Who signed up with the auth service</p>
        </div>
      </header>
      {page.state === 'failed' && page.problem.status === 404 && (
        <Empty icon="users" title="No users yet">
          {page.problem.message}.
        </Empty>
      )}
      {page.state === 'failed' && page.problem.status !== 404 && (
        <Failure problem={page.problem} retry={page.reload} />
      )}
      {page.state === 'loading' && !page.data && <Loading what="users" />}
      {page.data && (
        <>
          <div className="bar">
            <SearchBox label="Email or id" onChange={find} />
            <span className="space" />
            <Pager offset={offset} limit={pageSize} total={page.data.total} onMove={setOffset} />
          </div>
          {page.data.users.length === 0 ? (
            <Empty icon="users" title={search ? 'Nobody matches' : 'No users yet'}>
              {search ? `No email contains “${search}”.` : 'The first sign-up appears here.'}
            </Empty>
          ) : (
            <People users={page.data.users} />
          )}
        </>
      )}
    </>
  )
}

function People({ users }: { users: UsersPage['users'] }) {
  return (
    <section className="card">
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">User</th>
            <th scope="col">Provider</th>
            <th scope="col">Confirmed</th>
            <th scope="col">Last sign-in</th>
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          {users.map(user => (
            <tr key={user.id}>
              <td>
                {user.email || user.phone || <span className="quiet">anonymous</span>}
                <div className="quiet small">
                  <code>{user.id}</code>
                </div>
              </td>
              <td>{user.provider ?? '–'}</td>
              <td>
                {user.confirmedAt ? <Badge tone="good">yes</Badge> : <Badge tone="warn">not yet</Badge>}
              </td>
              <td>{moment(user.lastSignInAt)}</td>
              <td>{moment(user.createdAt)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
