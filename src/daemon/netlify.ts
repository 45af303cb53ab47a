import { HangarError } from '#kernel'
import type { FrontendHost } from '#silos'

export interface NetlifyOptions {
  /** Default: https://api.netlify.com/api/v1 */
  readonly baseUrl?: string | undefined
  readonly token: string
}

const timeoutMs = 15_000
const longestAnswer = 5_000_000

interface Variable {
  readonly key: 'VITE_SUPABASE_URL' | 'VITE_SUPABASE_ANON_KEY'
  readonly value: string
}

/**
 * Netlify's API, as far as a silo's frontend needs it: two variables of one site, and a build. There is no way to send anything else: the
 * names are fixed, the address must carry no secret, and the key must say of itself that it is an anon key.
 */
export function createNetlify({
  baseUrl = 'https://api.netlify.com/api/v1',
  token,
}: NetlifyOptions): FrontendHost {
  const root = baseUrl.replace(/\/+$/, '')

  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    let response: Response
    try {
      response = await fetch(`${root}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
      })
    } catch (error) {
      throw failed(
        `${method} ${path}`,
        error instanceof Error && error.name === 'TimeoutError' ? 'no answer' : 'it could not be reached',
      )
    }
    if (!response.ok) throw failed(`${method} ${path}`, `status ${response.status}`)
    const text = await boundedText(response)
    if (text === undefined) throw failed(`${method} ${path}`, 'its answer is too long')
    return text === '' ? undefined : JSON.parse(text)
  }

  return {
    async publish(siteId, { url, anonKey }) {
      const variables: Variable[] = [
        { key: 'VITE_SUPABASE_URL', value: publicUrl(url) },
        { key: 'VITE_SUPABASE_ANON_KEY', value: anonymous(anonKey) },
      ]
      const site = encodeURIComponent(siteId)
      const { account_id: account } = (await call('GET', `/sites/${site}`)) as { account_id?: string }
      if (!account) throw failed(`the site ${siteId}`, 'it names no account')
      const place = `/accounts/${encodeURIComponent(account)}/env`
      const known = (await call('GET', `${place}?site_id=${site}`)) as { key: string }[]
      for (const { key, value } of variables) {
        const variable = { key, values: [{ context: 'all', value }] }
        if (known.some(one => one.key === key)) await call('PUT', `${place}/${key}?site_id=${site}`, variable)
        else await call('POST', `${place}?site_id=${site}`, [variable])
      }
      // A site reads its variables when it is built.
      await call('POST', `/sites/${site}/builds`, {})
    },
  }
}

async function boundedText(response: Response): Promise<string | undefined> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > longestAnswer) return undefined
  }
  return text
}

function publicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.password !== '' ||
    url.search !== ''
  )
    throw refused('the address is no plain http address')
  return text
}

/** An anon key says so in its payload; anything else, above all a service role key, is never sent. */
function anonymous(key: string): string {
  const parts = key.split('.')
  let role: unknown
  try {
    role = (JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString()) as { role?: unknown }).role
  } catch {
    role = undefined
  }
  if (parts.length !== 3 || role !== 'anon') throw refused('the key is no anon key')
  return key
}

function refused(why: string): HangarError {
  return new HangarError(`Nothing was sent to Netlify: ${why}`, { code: 'HGR_NETLIFY_REFUSED', status: 409 })
}

function failed(what: string, why: string): HangarError {
  return new HangarError(`Netlify did not do ${what}: ${why}`, {
    code: 'HGR_NETLIFY_FAILED',
    status: 502,
    kind: 'user',
  })
}
