import { useSyncExternalStore } from 'react'

export type Route =
  | { view: 'overview' }
  | { view: 'table'; schema: string; table: string; tab: 'rows' | 'columns' | 'policies' }
  | { view: 'users' }
  | { view: 'storage'; bucket?: string }
  | { view: 'sql' }

/** The place in the address after #, so that every view can be linked and the back button works. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(
    changed => {
      window.addEventListener('hashchange', changed)
      return () => window.removeEventListener('hashchange', changed)
    },
    () => window.location.hash,
  )
  return parse(hash)
}

export function href(route: Route): string {
  const parts: string[] = [route.view]
  if (route.view === 'table') parts.push(route.schema, route.table, route.tab)
  if (route.view === 'storage' && route.bucket) parts.push(route.bucket)
  return `#/${parts.map(encodeURIComponent).join('/')}`
}

function parse(hash: string): Route {
  const [view, a, b, c] = hash
    .replace(/^#\/?/, '')
    .split('/')
    .map(part => {
      try {
        return decodeURIComponent(part)
      } catch {
        return part
      }
    })
  if (view === 'table' && a && b) {
    return { view, schema: a, table: b, tab: c === 'columns' || c === 'policies' ? c : 'rows' }
  }
  if (view === 'users' || view === 'sql') return { view }
  if (view === 'storage') return a ? { view, bucket: a } : { view }
  return { view: 'overview' }
}
