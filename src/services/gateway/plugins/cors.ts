import { type PluginFactory, texts } from './plugin.ts'

const allMethods = 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT'

/** Answers preflights and says which origins may read the answer. */
export const cors: PluginFactory = config => {
  const origins = texts(config['origins'])
  const methods = texts(config['methods']).join(',') || allMethods
  const headers = texts(config['headers']).join(',')
  const exposed = texts(config['exposed_headers']).join(',')
  const credentials = config['credentials'] === true
  const any = origins.length === 0 || origins.includes('*')
  return ({ method, headers: sent, answer }) => {
    const origin = sent.origin
    const allowed = any ? (credentials && origin ? origin : '*') : origins.find(known => known === origin)
    if (allowed !== undefined) answer.set('access-control-allow-origin', allowed)
    if (allowed !== '*') answer.set('vary', 'Origin')
    if (credentials && allowed !== undefined) answer.set('access-control-allow-credentials', 'true')
    if (exposed) answer.set('access-control-expose-headers', exposed)
    const asked = sent['access-control-request-method']
    if (method !== 'OPTIONS' || asked === undefined || config['preflight_continue'] === true) return undefined
    answer.set('access-control-allow-methods', methods)
    const wanted = headers || String(sent['access-control-request-headers'] ?? '')
    if (wanted) answer.set('access-control-allow-headers', wanted)
    if (typeof config['max_age'] === 'number') answer.set('access-control-max-age', String(config['max_age']))
    return { answered: 200 }
  }
}
