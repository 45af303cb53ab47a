import { type PluginFactory, texts } from './plugin.ts'

const challenge = { 'www-authenticate': 'Key' }

/** A key in a header or the query names the consumer. */
export const keyAuth: PluginFactory = (config, { consumers }) => {
  const names = texts(config['key_names']).length > 0 ? texts(config['key_names']) : ['apikey']
  const hide = config['hide_credentials'] === true
  const inHeader = config['key_in_header'] !== false
  const inQuery = config['key_in_query'] !== false
  return passage => {
    if (passage.method === 'OPTIONS' && config['run_on_preflight'] === false) return undefined
    const query = new URLSearchParams(passage.query)
    for (const name of names) {
      const header = inHeader ? passage.headers[name.toLowerCase()] : undefined
      const key = (Array.isArray(header) ? header[0] : header) ?? (inQuery ? query.get(name) : null)
      if (key === undefined || key === null || key === '') continue
      const consumer = consumers.byKey(key)
      if (!consumer) return { status: 401, message: 'Invalid authentication credentials', headers: challenge }
      passage.consumer = consumer
      passage.upstream.set('x-consumer-username', consumer.username)
      if (hide) {
        passage.upstream.set(name.toLowerCase(), null)
        if (query.has(name)) {
          query.delete(name)
          passage.query = query.toString()
        }
      }
      return undefined
    }
    return { status: 401, message: 'No API key found in request', headers: challenge }
  }
}
