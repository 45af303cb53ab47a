import { useCallback, useState } from 'react'
import { type Bucket, type ObjectsPage, useAsk } from '../api.ts'
import { bytes, count, moment } from '../format.ts'
import { Icon } from '../parts/icon.tsx'
import { Pager } from '../parts/pager.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { Badge, Empty, Failure, Loading } from '../parts/states.tsx'
import { href } from '../route.ts'

const pageSize = 100

export function StorageView({ bucket }: { bucket?: string | undefined }) {
  const buckets = useAsk<Bucket[]>('/api/buckets')
  const chosen = buckets.data?.find(one => one.id === bucket)
  return (
    <>
      <header className="top">
        <div>
          <h1>{chosen ? chosen.id : 'Storage'}</h1>
          <p className="quiet">
            {chosen
              ? `${count(chosen.objects, 'object')}, ${bytes(chosen.bytes)}`
              : 'Buckets and what is in them'}
          </p>
        </div>
        {chosen && (
          <a className="button" href={href({ view: 'storage' })}>
            All buckets
          </a>
        )}
      </header>
      {buckets.state === 'failed' && buckets.problem.status === 404 && (
        <Empty icon="bucket" title="No buckets yet">
          {buckets.problem.message}.
        </Empty>
      )}
      {buckets.state === 'failed' && buckets.problem.status !== 404 && (
        <Failure problem={buckets.problem} retry={buckets.reload} />
      )}
      {buckets.state === 'loading' && !buckets.data && <Loading what="buckets" />}
      {buckets.data && !chosen && <Buckets buckets={buckets.data} />}
      {chosen && <Objects key={chosen.id} bucket={chosen} />}
    </>
  )
}

function Buckets({ buckets }: { buckets: Bucket[] }) {
  if (buckets.length === 0) {
    return (
      <Empty icon="bucket" title="No buckets yet">
        <p>Make one with the service key:</p>
        <pre>await supabase.storage.createBucket('avatars')</pre>
      </Empty>
    )
  }
  return (
    <ul className="buckets">
      {buckets.map(bucket => (
        <li key={bucket.id}>
          <a className="card" href={href({ view: 'storage', bucket: bucket.id })}>
            <span className="title">
              <Icon name="bucket" /> {bucket.id}
              <Badge tone={bucket.public ? 'warn' : 'neutral'}>{bucket.public ? 'public' : 'private'}</Badge>
            </span>
            <span className="quiet">
              {count(bucket.objects, 'object')}, {bytes(bucket.bytes)}
            </span>
            <span className="quiet small">
              {bucket.fileSizeLimit
                ? `up to ${bytes(bucket.fileSizeLimit)} each`
                : 'no size limit of its own'}
              {bucket.allowedMimeTypes?.length ? `, ${bucket.allowedMimeTypes.join(', ')} only` : ''}
            </span>
          </a>
        </li>
      ))}
    </ul>
  )
}

function Objects({ bucket }: { bucket: Bucket }) {
  const [offset, setOffset] = useState(0)
  const [search, setSearch] = useState('')
  const find = useCallback((text: string) => {
    setSearch(text)
    setOffset(0)
  }, [])
  const query = new URLSearchParams({ limit: `${pageSize}`, offset: `${offset}`, search })
  const page = useAsk<ObjectsPage>(`/api/buckets/${encodeURIComponent(bucket.id)}/objects?${query}`)
  if (page.state === 'failed') return <Failure problem={page.problem} retry={page.reload} />
  if (!page.data) return <Loading what="objects" />
  return (
    <>
      <div className="bar">
        <SearchBox label="Name contains …" onChange={find} />
        <span className="space" />
        <Pager offset={offset} limit={pageSize} total={page.data.total} onMove={setOffset} />
      </div>
      {page.data.objects.length === 0 ? (
        <Empty icon="file" title={search ? 'No object matches' : 'This bucket is empty'}>
          {search ? `No name contains “${search}”.` : 'What is uploaded appears here.'}
        </Empty>
      ) : (
        <section className="card">
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Type</th>
                <th scope="col" className="right">
                  Size
                </th>
                <th scope="col">Changed</th>
              </tr>
            </thead>
            <tbody>
              {page.data.objects.map(object => (
                <tr key={object.name}>
                  <td>
                    <code>{object.name}</code>
                  </td>
                  <td>{object.type ?? '–'}</td>
                  <td className="right">{bytes(object.bytes)}</td>
                  <td>{moment(object.updatedAt)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  )
}
