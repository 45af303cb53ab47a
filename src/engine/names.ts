import type { Address } from './ports.ts'

/** Finds where a private name leads; undefined when it is not a name of this network. */
export type ResolveName = (name: {
  app: string
  suffix: 'internal' | 'flycast' | 'fly.dev'
  port: number | undefined
}) => Address | undefined

const privateName = /([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.(internal|flycast|fly\.dev)(?::(\d{1,5}))?/g

/**
 * Replaces private names in a text by loopback addresses. In a PostgreSQL URL a Unix socket's folder stands as percent-encoded host (libpq's form);
 * elsewhere only TCP addresses can be written. `https://` before a name that is served plainly here becomes `http://`.
 */
export function rewriteNames(text: string, resolve: ResolveName): string {
  if (!text.includes('.')) return text
  return text.replace(
    /((?:postgres(?:ql)?|https?|wss?):\/\/(?:[^\s@/"']*@)?)?([a-z0-9-]+\.(?:internal|flycast|fly\.dev)(?::\d{1,5})?)(?![a-z0-9-]|\.[a-z0-9])/g,
    (whole, scheme: string | undefined, name: string) => {
      privateName.lastIndex = 0
      const match = privateName.exec(name)
      if (!match) return whole
      const address = resolve({
        app: match[1] ?? '',
        suffix: match[2] as 'internal' | 'flycast' | 'fly.dev',
        port: match[3] === undefined ? undefined : Number(match[3]),
      })
      if (!address) return whole
      if ('path' in address)
        return scheme?.startsWith('postgres') ? `${scheme}${socketHost(address.path)}` : whole
      return `${scheme?.replace(/^https:/, 'http:').replace(/^wss:/, 'ws:') ?? ''}${address.host}:${address.port}`
    },
  )
}

/** `/run/x/.s.PGSQL.5432` → `%2Frun%2Fx:5432` */
function socketHost(path: string): string {
  const slash = path.lastIndexOf('/')
  const port = path.slice(path.lastIndexOf('.') + 1)
  return `${encodeURIComponent(path.slice(0, slash))}:${port}`
}
