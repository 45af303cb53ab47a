import type { WireRequest, WireResponse } from '#wire'
import { nothingSaid, type RestError } from '../errors.ts'
import type { RestSettings } from '../settings.ts'
import { postgrestVersion } from '../version.ts'
import { crossOrigin } from './cross-origin.ts'

export interface Answer {
  readonly status: number
  /** What stands beside the status; default: what HTTP says. */
  readonly statusText?: string | undefined
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body: string | Buffer
}

/** Headers that come with every answer, whatever it is. */
export type SendRules = Pick<RestSettings, 'origins' | 'traceHeader'>

export function send(request: WireRequest, response: WireResponse, answer: Answer, rules: SendRules): void {
  const { body, status } = answer
  const headers: Record<string, string | string[]> = {
    server: `postgrest/${postgrestVersion}`,
    ...crossOrigin(request, rules.origins),
    ...traced(request, rules.traceHeader),
  }
  for (const name in answer.headers) {
    const text = answer.headers[name] ?? ''
    headers[name] = typeof text === 'string' ? asBytes(text) : text.map(asBytes)
  }
  const statusText = answer.statusText?.replace(/[^\t\x20-\x7e]/g, ' ')
  response.answer(status, headers, request.method === 'HEAD' ? '' : body, statusText || undefined)
}

/** Header texts are sent as bytes: those of UTF-8. Line ends would start another header, and no other control may be in one. */
function asBytes(text: string): string {
  return plainText.test(text) ? text : Buffer.from(text.replace(controls, ' ')).toString('latin1')
}

const controls = /[\x00-\x08\x0a-\x1f\x7f]/g

const plainText = /^[\x20-\x7e\t]*$/

/** A request without it gets it back empty. */
function traced({ headers }: WireRequest, name: string | undefined): Record<string, string> {
  return name === undefined ? {} : { [name.toLowerCase()]: String(headers[name.toLowerCase()] ?? '') }
}

export function errorAnswer({ status, statusText, headers, body }: RestError): Answer {
  return {
    status,
    statusText,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      // Seconds. It is tried again with every request, so that there is no longer wait to tell of.
      ...(status === 503 ? { 'retry-after': '1' } : {}),
      ...headers,
    },
    body: body.code === nothingSaid ? '{}' : JSON.stringify(body),
  }
}
